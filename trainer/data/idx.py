"""IDX files, the format in which MNIST and Fashion-MNIST are published: numbers of one kind in one to four dimensions.

A file begins with two zero bytes, a byte for the kind of its numbers and one for how many dimensions it has; then each
dimension follows in four bytes, the most significant first, then the numbers (LeCun, Cortes and Burges, The MNIST
database of handwritten digits). Only bytes are read: all of these data sets are made of them.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from core.errors import LabelFileError
from core.tags.values import Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = {"train": Split.TRAIN, "t10k": Split.TEST}
"""How names of files begin, and the part of a data set that they hold."""

NAMES = "classes.txt"
"""Beside the files: what the classes are called, one a line, in the order of their numbers."""

_UNSIGNED_BYTE = 0x08
_KINDS = {0x09: "signed bytes", 0x0B: "16-bit numbers", 0x0C: "32-bit numbers", 0x0D: "fractions", 0x0E: "fractions"}
_AGAIN = "Get the file again from where the data set is published."


def idx_rows(folder: Path, classes: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Each picture as a PNG file with what is known of it, in the columns of `trainer.data.unpacking`.

    Args:
        classes: Their names in the order of their numbers; empty: those of `classes.txt`, else the numbers themselves.

    Raises:
        LabelFileError: a file is missing or damaged, or a class has no name.
    """
    names = tuple(classes) or _names_beside(folder)
    for part, split in PARTS.items():
        found = idx_files(folder, part)
        if found is None:
            continue
        pictures, labels = read_part(*found)
        own = names or tuple(str(number) for number in range(int(labels.max()) + 1))
        _check_names(own, int(labels.max()), found[1])
        for pixels, label in zip(pictures, labels.tolist(), strict=True):
            yield {
                "image": _png(pixels), "captions": (), "label": own[label], "attributes": "",
                "source": part, "split": split.value,
            }  # fmt: skip


def has_idx_files(folder: Path) -> bool:
    """Raises LabelFileError where a part has images without labels, or the other way round."""
    return any([idx_files(folder, part) is not None for part in PARTS])


def idx_files(folder: Path, part: str) -> tuple[Path, Path] | None:
    """Images and labels of a part, plain or as .gz; None where the folder has neither.

    Raises:
        LabelFileError: one of the two is missing.
    """
    images, labels = (_there(folder, f"{part}-{what}-ubyte") for what in ("images-idx3", "labels-idx1"))
    if images is None and labels is None:
        return None
    if images is None or labels is None:
        have, lacks = ("images", "labels") if labels is None else ("labels", "images")
        digits = 1 if lacks == "labels" else 3
        raise LabelFileError(
            f"{folder} has the {have} of the part {part}, but not its {lacks}.",
            remedy=f"Put {part}-{lacks}-idx{digits}-ubyte.gz beside them.",
            path=folder,
        )
    return images, labels


def read_part(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures (N, H, W), 0 is black, and their classes (N,).

    Raises:
        LabelFileError: a file is no IDX file, is damaged, or the two speak of different numbers of pictures.
    """
    pictures, classes = read_idx(images, dimensions=3), read_idx(labels, dimensions=1)
    if len(pictures) != len(classes):
        raise LabelFileError(
            f"{images.name} holds {len(pictures)} pictures, and {labels.name} labels for {len(classes)}.",
            remedy="Take both files from the same data set.",
            path=images,
        )
    if not pictures.size:
        raise LabelFileError(f"{images.name} holds no pictures.", remedy=_AGAIN, path=images)
    return pictures, classes


def read_idx(file: Path, *, dimensions: int) -> NDArray[np.uint8]:
    """The numbers of a file, plain or packed with gzip.

    Raises:
        LabelFileError: it cannot be read, is no IDX file of bytes in so many dimensions, or has another length.
    """
    content = _content(file)
    head_bytes = 4 + 4 * dimensions
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in {_UNSIGNED_BYTE, *_KINDS}:
        raise LabelFileError(
            f"{file.name} is no IDX file: it does not begin with the format's magic number.", remedy=_AGAIN, path=file
        )
    if content[2] != _UNSIGNED_BYTE:
        raise LabelFileError(
            f"{file.name} holds {_KINDS[content[2]]}, and only bytes are read.",
            remedy="Choose a data set of 8-bit pictures.",
            path=file,
        )
    if content[3] != dimensions:
        raise LabelFileError(
            f"{file.name} has {content[3]} dimensions where {dimensions} are expected.",
            remedy="Check that images and labels were not exchanged.",
            path=file,
        )
    if len(content) < head_bytes:
        raise LabelFileError(f"{file.name} ends within its head.", remedy=_AGAIN, path=file)
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", content[4:head_bytes])
    promised = int(np.prod(shape, dtype=object))
    if len(content) - head_bytes != promised:
        raise LabelFileError(
            f"{file.name} promises {promised} bytes and holds {len(content) - head_bytes}.", remedy=_AGAIN, path=file
        )
    return np.frombuffer(content, np.uint8, offset=head_bytes).reshape(shape)


def _names_beside(folder: Path) -> tuple[str, ...]:
    file = folder / NAMES
    if not file.is_file():
        return ()
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise LabelFileError(
            f"{file.name} cannot be read: {error}.", remedy="Write one name a line, in UTF-8.", path=file
        ) from error
    return tuple(line.strip() for line in lines if line.strip())


def _check_names(names: Sequence[str], greatest: int, file: Path) -> None:
    """Raises LabelFileError."""
    if not all(names) or len(set(names)) < len(names):
        raise LabelFileError(
            "Two classes have the same name, or one has none.", remedy="Give each class a name of its own.", path=file
        )
    if greatest >= len(names):
        raise LabelFileError(
            f"{file.name} has a class with the number {greatest}, and only {len(names)} names are given.",
            remedy=f"Name all {greatest + 1}, in the order of their numbers, the first of which is 0.",
            path=file,
        )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def _there(folder: Path, name: str) -> Path | None:
    """By a name with a hyphen, or with a point as some archives have it; the plain file first."""
    names = (name, name.replace("-idx", ".idx"))
    paths = (folder / f"{each}{suffix}" for each in names for suffix in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def _content(file: Path) -> bytes:
    try:
        if file.suffix == ".gz":
            with gzip.open(file) as packed:
                return packed.read()
        return file.read_bytes()
    except (OSError, EOFError, zlib.error) as error:  # OSError: also what gzip says of a file that is none
        raise LabelFileError(f"{file.name} cannot be read: {error}.", remedy=_AGAIN, path=file) from error
