"""Small pictures for a page, inside of it: no file beside the page has to stay where it is."""

from __future__ import annotations

import base64
import io
import logging
from pathlib import Path

from core.errors import RecollectError
from core.files.decode import decode, read_content

log = logging.getLogger(__name__)

EDGE_PX = 144
_QUALITY = 78  # 5 kB a picture
MOST = 400  # pictures in one page, where nobody says otherwise: 2 MB


class Thumbnails:
    """Makes each picture once, and no more than `most` of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._made: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """A `data:` address; empty where the photo cannot be read, is gone, or the page has enough pictures."""
        if path not in self._made:
            self._made[path] = self._make(Path(path)) if self._count < self._most else ""
        return self._made[path]

    @property
    def _count(self) -> int:
        return len(self._made)

    def _make(self, path: Path) -> str:
        try:
            content, _ = read_content(path)
            return address_of(content, path.name)
        except (RecollectError, OSError, ValueError) as error:  # ValueError: no file system has such a name
            log.info("%s has no picture in the report: %s", path, error)
            return ""


def address_of(content: bytes, name: str = "") -> str:
    """A small picture of an image file as a `data:` address.

    Raises:
        PhotoError: it cannot be read.
    """
    image = decode(content, edge_px=EDGE_PX, name=name)
    image.thumbnail((EDGE_PX, EDGE_PX))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
