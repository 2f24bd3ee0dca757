"""Pictures and their files, for the tests of this folder."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image


def corners(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green, blue and white quarters, from the upper left in reading order: any turn or flip shows."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (255, 0, 0)
    picture[: height // 2, width // 2 :] = (0, 255, 0)
    picture[height // 2 :, : width // 2] = (0, 0, 255)
    picture[height // 2 :, width // 2 :] = (255, 255, 255)
    return Image.fromarray(picture)


def encoded(image: Image.Image, file_format: str = "JPEG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def exif_of(**tags: Any) -> Image.Exif:
    """EXIF with tags by name: `Base` ones as such, `Exif_...` and `GPS_...` in their own directories."""
    from PIL import ExifTags

    exif = Image.Exif()
    for name, value in tags.items():
        if name.startswith("GPS_"):
            exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS[name.removeprefix("GPS_")]] = value
        elif name.startswith("Exif_"):
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[name.removeprefix("Exif_")]] = value
        else:
            exif[ExifTags.Base[name]] = value
    return exif
