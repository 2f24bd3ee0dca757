"""Reads a file of text in whatever encoding a spreadsheet wrote it."""

from __future__ import annotations

import codecs
from pathlib import Path

from core.errors import LabelFileError

LARGEST_BYTES = 512 * 1024**2  # some million photos; what is larger is a film that was picked by mistake

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str | None]:
    """The text of a file, and a warning where its encoding is a guess.

    Args:
        encoding: As Python calls it; None: found out.

    Raises:
        LabelFileError: it is not there, may not be read, is no text, or is empty.
    """
    content = _content(path)
    try:
        text, warning = _decoded(content, encoding or _marked(content))
    except (UnicodeDecodeError, LookupError) as error:
        raise LabelFileError(
            f"{path.name} cannot be read as {encoding}: {error}.",
            remedy="Name another encoding, or save it as UTF-8.",
            path=path,
        ) from error
    if "\0" in text:
        raise LabelFileError(f"{path.name} is no text file.", remedy="Choose a CSV file of labels.", path=path)
    if not text.strip():
        raise LabelFileError(f"{path.name} is empty.", remedy="Choose a file that has labels.", path=path)
    return text, warning


def _content(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > LARGEST_BYTES:
            raise LabelFileError(
                f"{path.name} has more than {LARGEST_BYTES // 1024**2} MB.",
                remedy="Choose a CSV file of labels, or split it into several.",
                path=path,
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LabelFileError(
            f"{path} cannot be read: {reason}.", remedy="Check the path and its permissions.", path=path
        ) from error


def _marked(content: bytes) -> str | None:
    """The encoding that the first bytes tell."""
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    if marked is not None:
        return marked
    if content[1:4:2] == b"\0\0":  # two letters of ASCII in UTF-16 without a mark
        return "utf-16-le"
    return "utf-16-be" if content[:3:2] == b"\0\0" else None


def _decoded(content: bytes, encoding: str | None) -> tuple[str, str | None]:
    if encoding is not None:
        return content.decode(encoding).removeprefix("\ufeff"), None
    try:
        return content.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing there
        text = content.decode("latin-1")
    return text, (
        "The file is not UTF-8; it was read as Western European (Windows-1252). If names with accents or in another"
        " script are wrong, say what it is: --encoding shift_jis, for example."
    )
