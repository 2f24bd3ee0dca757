"""Pictures and their files, for the tests of this folder."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms


def corners(width: int = 120, height: int = 80) -> Image.Image:
    """Red, green, blue and white quarters, from the upper left in reading order: any turn or flip shows."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (255, 0, 0)
    picture[: height // 2, width // 2 :] = (0, 255, 0)
    picture[height // 2 :, : width // 2] = (0, 0, 255)
    picture[height // 2 :, width // 2 :] = (255, 255, 255)
    return Image.fromarray(picture)


def encoded(image: Image.Image, file_format: str = "JPEG", **options: Any) -> bytes:
    """The picture as the content of a file."""
    file = BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def exif_of(**tags: Any) -> Image.Exif:
    """EXIF with tags by name; those of the inner directories as `Exif_NAME` and `GPS_NAME`."""
    exif = Image.Exif()
    for name, value in tags.items():
        directory, _, inner = name.partition("_")
        if directory == "GPS":
            exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS[inner]] = value
        elif directory == "Exif":
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[inner]] = value
        else:
            exif[ExifTags.Base[name]] = value
    return exif


def profile_with_red_and_green_exchanged() -> bytes:
    """A colour space that nobody has, so that its conversion cannot be overlooked."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"#XYZ", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"#XYZ", b"gXYZ", 1)
    return profile.replace("sRGB".encode("utf-16-be"), "odd ".encode("utf-16-be"))


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255, whatever their sizes."""
    size = (64, 64)
    left, right = (np.asarray(picture.convert("RGB").resize(size), np.float32) for picture in (first, second))
    return float(np.abs(left - right).mean())
