"""From a file to an upright RGB picture and its metadata: what the indexer and image terms of a query call.

A file is read once and its header is parsed once. Everything that can go wrong with one file comes out as a PhotoError
with a sentence for the user. All functions may run in several threads at once.
"""

from __future__ import annotations

import errno
import math
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from core.errors import PhotoError
from core.files.formats import SUFFIXES
from core.files.metadata import metadata_of
from core.files.opening import opened
from core.files.pixels import MAX_DECODED_PIXELS, upright_rgb
from core.types import Metadata

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MAX_FILE_BYTES",
    "SUFFIXES",
    "decode",
    "decode_whole",
    "decode_with_metadata",
    "open_image",
    "read_content",
    "unreadable",
]

MAX_FILE_BYTES = 512 * 1024**2
"""A whole file is held in memory while it is hashed and decoded. An uncompressed 16-bit scan of 80 MP just fits."""


def read_content(path: Path) -> tuple[bytes, str]:
    """The whole file and its XXH3-128 digest (32 hexadecimal characters), which is the photo's identity.

    Raises:
        PhotoError: vanished (its cause is FileNotFoundError), not permitted, empty, too large, not a file, disk error.
    """
    try:
        size_bytes = _checked_size(path)
        with path.open("rb") as file:
            content = file.read(size_bytes + 1)  # one more than expected, to notice a file that is still growing
    except OSError as error:
        raise unreadable(error, path) from error
    if len(content) != size_bytes:
        raise PhotoError("The file changed while it was read.", remedy="It will be read again.", path=path)
    return content, xxhash.xxh3_128_hexdigest(content)


def decode(content: bytes, *, edge_px: int, name: str = "") -> Image:
    """Upright RGB whose shorter side has at least `edge_px` where the original has them, and not many more.

    Raises:
        PhotoError: not a picture, damaged, too large.
    """
    with opened(content, name) as image:
        return upright_rgb(image, edge_px=edge_px)


def decode_whole(content: bytes, *, edge_px: int | None = None, name: str = "") -> Image:
    """Upright RGB for the eye: whole, or with at least `edge_px` at the longer side where the original has them.

    A JPEG of so many pixels that they would not fit into memory comes at half its size.

    Raises:
        PhotoError: not a picture, damaged, too large.
    """
    with opened(content, name) as image:
        shorter, longer = sorted(image.size)
        if edge_px is not None and edge_px < longer:
            return _no_larger(upright_rgb(image, edge_px=max(1, math.ceil(edge_px * shorter / longer))), edge_px)
        too_large = shorter * longer > MAX_DECODED_PIXELS
        return upright_rgb(image, edge_px=shorter // 2 if too_large else shorter)


def _no_larger(image: Image, edge_px: int) -> Image:
    """Less than twice the size, so that a picture that could not be drafted does not fill the memory of a viewer."""
    factor = max(image.size) // edge_px
    return image.reduce(factor) if factor > 1 else image


def decode_with_metadata(content: bytes, *, edge_px: int, name: str = "") -> tuple[Image, Metadata]:
    """`decode` and `read_metadata` in one go.

    Raises:
        PhotoError: not a picture, damaged, too large.
    """
    with opened(content, name) as image:
        size = image.size
        return upright_rgb(image, edge_px=edge_px), metadata_of(image, size)


def open_image(source: Path | bytes, *, edge_px: int) -> Image:
    """A picture that the user gives as an example: a file, or the bytes of a pasted one.

    Raises:
        PhotoError: not readable, not a picture, damaged, too large.
    """
    if isinstance(source, bytes):
        return decode(source, edge_px=edge_px)
    content, _ = read_content(source)
    return decode(content, edge_px=edge_px, name=str(source))


def unreadable(error: OSError, path: Path) -> PhotoError:
    """What the system says about a file, in a sentence for the user."""
    return PhotoError(_reason(error), remedy=_remedy(error), path=path)


def _checked_size(path: Path) -> int:
    """Bytes of a regular file that may be read whole. Pipes and devices would block or never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise PhotoError("It is a folder or a device, not a file.", path=path)
    if status.st_size == 0:
        raise PhotoError("The file is empty.", remedy="Copy it again from where it came.", path=path)
    if status.st_size > MAX_FILE_BYTES:
        raise PhotoError(
            f"The file has {status.st_size // 1024**2} MB; the limit is {MAX_FILE_BYTES // 1024**2} MB.",
            remedy="Save it compressed, or smaller.",
            path=path,
        )
    return status.st_size


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "The file is no longer there."
    if isinstance(error, PermissionError):
        return "Recollect may not read the file."
    if error.errno == errno.EIO:
        return "The disk could not read the file."
    return f"The file could not be read: {error.strerror or error}."


def _remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "Give your user account permission to read it."
    if error.errno == errno.EIO:
        return "Check the drive and its cable; the drive may be failing."
    return ""
