"""The one place that opens a picture with Pillow: allowed formats, pixel limit, quiet decoders, plain sentences.

Turning the open picture into upright RGB is `core.files.decode`; reading what it says about itself is
`core.files.metadata`.
"""

from __future__ import annotations

import functools
import logging
import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import Image, UnidentifiedImageError

from core.errors import PhotoError
from core.files.formats import FORMATS

MAX_PIXELS = 500_000_000
"""Twice the largest phone sensor (200 MP) and some more for stitched panoramas. A progressive JPEG of this size keeps
1.5 GB of coefficients while it is decoded, which is as far as a computer with 8 GB should be pushed."""

_QUIET = ("ignore", None, Warning, re.compile(r"PIL\.|pillow_heif\."), 0)
"""A filter for `warnings`: what these two packages say about a broken file, they say to the terminal of a user who
cannot do anything about it. What concerns the user becomes a PhotoError."""


@contextmanager
def opened(content: bytes, name: str = "") -> Generator[Image.Image]:
    """The picture with its header read and no pixel decoded yet. `name` is the path that an error points at.

    Whatever the decoders raise inside the `with` block comes out as a PhotoError.

    Raises:
        PhotoError: empty, not a known picture, damaged, or more than `MAX_PIXELS`.
    """
    path = Path(name) if name else None
    if not content:
        raise PhotoError("The file is empty.", remedy="Copy it again from where it came.", path=path)
    _prepare_pillow()
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            yield image
    except PhotoError as error:
        error.path = error.path or path
        raise
    except Exception as error:  # the decoders raise some fifteen types for damaged files
        raise PhotoError(_reason(error), path=path) from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoError(
            f"The picture has {width * height // 1_000_000} megapixels; the limit is {MAX_PIXELS // 1_000_000}.",
            remedy="Save a smaller copy beside it.",
        )


def _reason(error: Exception) -> str:
    """A sentence for the user. What the decoder said is kept as the error's cause."""
    if isinstance(error, UnidentifiedImageError):
        return "The file is not a picture in a format that Recollect reads, or its beginning is damaged."
    if isinstance(error, MemoryError):
        return "There was not enough memory to open the picture."
    if isinstance(error, EOFError) or re.search(r"truncated|end of file|too early|unexpected end", str(error), re.I):
        return "The picture is cut off: the file ends too early."
    return "The picture's data is damaged."


def _prepare_pillow() -> None:
    """Set up the decoders of this process. Cheap to call again, from any thread."""
    _configure_decoders()
    # `warnings.catch_warnings` around each file would be the usual way, but it swaps a list that all threads share.
    # One filter stays in the list instead; programs that replace the list (pytest does) get it back here.
    if _QUIET not in warnings.filters:
        warnings.filters.insert(0, _QUIET)  # type: ignore[attr-defined]


@functools.cache
def _configure_decoders() -> None:
    """Once a process: HEIF, our own pixel limit instead of Pillow's, no log lines about broken files.

    HEIF decodes on one thread a picture, because a pool decodes several pictures at once; depth maps and auxiliary
    pictures are never looked at.
    """
    pillow_heif.register_heif_opener(decode_threads=1, depth_images=False, aux_images=False)  # pyright: ignore[reportUnknownMemberType]
    Image.MAX_IMAGE_PIXELS = None  # it warns far below our limit; `_check_size` refuses before anything is decoded
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
