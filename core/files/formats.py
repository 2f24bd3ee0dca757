"""Which picture formats Recollect reads. Names only: importing this loads no decoder."""

from __future__ import annotations

from types import MappingProxyType

SUFFIXES_BY_FORMAT = MappingProxyType(
    {
        "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        "PNG": (".png", ".apng"),
        "WEBP": (".webp",),
        "GIF": (".gif",),
        "BMP": (".bmp", ".dib"),
        "TIFF": (".tif", ".tiff"),
        "HEIF": (".heic", ".heif", ".hif"),
        "AVIF": (".avif",),
    }
)
"""Pillow's name of a format -> the suffixes that its files have."""

FORMATS = tuple(SUFFIXES_BY_FORMAT)
"""The only formats that Pillow may try: its other plugins see far less use, and each is a way in for a hostile file."""

SUFFIXES = frozenset(suffix for suffixes in SUFFIXES_BY_FORMAT.values() for suffix in suffixes)
"""Lower case, with the dot."""

FORMAT_NAMES = MappingProxyType({"MPO": "JPEG"})
"""How Pillow calls a picture -> how we call it, where they differ. An MPO is a JPEG with further pictures behind it."""
