"""A smaller JPEG of a photo to pass on: upright, in the colours and with the EXIF of the original."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import ExifTags, Image

from core.files.exif import attempt, directory, exif_of
from core.files.opening import opened
from core.files.pixels import upright_rgb

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

JPEG_QUALITY = 90
"""No loss to be seen at full size, a third of the bytes of a camera's own files."""

MAX_EXIF_BYTES = 65533
"""What fits into the one segment of a JPEG that EXIF may have."""

_OF_THE_FILE = frozenset(
    {
        254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291,
        292, 293, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 333, 334, 336, 337, 338, 339, 340, 341,
        342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
        700, 33723, 34377, 34675,  # XMP, IPTC, Photoshop, colour profile: not EXIF, and large
        ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop,  # where directories stood in the original
    }
)  # fmt: skip
"""Tags that say how a TIFF stores its pixels. In a JPEG they would be wrong."""


def resized_jpeg(content: bytes, *, edge_px: int, name: str = "") -> bytes:
    """A JPEG whose longer edge has at most `edge_px`. A smaller picture keeps its size.

    Raises:
        PhotoError: not a picture, damaged, too large.
    """
    with opened(content, name) as image:
        shorter, longer = sorted(image.size)
        enough_px = math.ceil(min(edge_px, longer) * shorter / longer)
        profile = _profile(image)
        picture = upright_rgb(image, edge_px=max(1, enough_px), keep_colours=profile is not None)
        picture.thumbnail((edge_px, edge_px), Image.Resampling.LANCZOS)
        exif = _exif_of_copy(exif_of(image), picture.size)
    file = BytesIO()
    picture.save(file, "JPEG", quality=JPEG_QUALITY, icc_profile=profile, exif=exif)
    return file.getvalue()


def _profile(image: Image.Image) -> bytes | None:
    """The colour profile, where it fits the RGB that the picture becomes. All else is converted to sRGB."""
    profile = image.info.get("icc_profile")
    is_rgb = image.mode in ("RGB", "RGBA", "P") and isinstance(profile, bytes) and profile[16:20] == b"RGB "
    return profile if is_rgb else None


def _exif_of_copy(original: Image.Exif, size: tuple[int, int]) -> bytes:
    """All that can be written again, for pixels that stand upright and are `size` now."""
    copy = Image.Exif()
    _copy_tags(original, copy)
    shot = copy.get_ifd(ExifTags.IFD.Exif)
    _copy_tags(directory(original, ExifTags.IFD.Exif), shot)
    _copy_tags(directory(original, ExifTags.IFD.GPSInfo), copy.get_ifd(ExifTags.IFD.GPSInfo))
    if not (copy or shot):
        return b""
    base = ExifTags.Base
    for tags, tag, value in (
        (copy, base.Orientation, 1),
        (shot, base.ExifImageWidth, size[0]),
        (shot, base.ExifImageHeight, size[1]),
    ):
        if tag in tags:
            tags[tag] = value
    written = copy.tobytes()
    if len(written) > MAX_EXIF_BYTES:
        shot.pop(base.MakerNote, None)  # the camera maker's secrets, by far the largest field
        written = copy.tobytes()
    return written if len(written) <= MAX_EXIF_BYTES else b""


def _copy_tags(source: MutableMapping[int, Any], target: MutableMapping[int, Any]) -> None:
    """Those that can be read and written: broken ones would take the others with them."""
    for tag in set(source) - _OF_THE_FILE:
        value = attempt(lambda tag=tag: source[tag])
        alone = Image.Exif()
        alone[tag] = value
        if value is not None and attempt(alone.tobytes) is not None:
            target[tag] = value
