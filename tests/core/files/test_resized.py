"""Smaller copies: upright, in the original's colours, with what it says about itself."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from core.errors import PhotoError
from core.files.decode import decode
from core.files.exposure import read_exposure
from core.files.metadata import read_metadata
from core.files.resized import MAX_EXIF_BYTES, resized_jpeg
from tests.core.files.pictures import corners, difference, encoded, exif_of, profile_with_red_and_green_exchanged


def resized(content: bytes, edge_px: int = 60) -> Image.Image:
    image = Image.open(BytesIO(resized_jpeg(content, edge_px=edge_px)))
    assert image.format == "JPEG"
    return image


class TestPixels:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_it_stands_upright_and_does_not_ask_to_be_turned(self, orientation: int) -> None:
        content = encoded(corners(), exif=exif_of(Orientation=orientation))
        image = resized(content)
        assert max(image.size) == 60
        assert difference(image, decode(content, edge_px=60)) < 8
        assert image.getexif()[ExifTags.Base.Orientation] == 1

    @pytest.mark.parametrize(
        ("edge_px", "size"), [(60, (60, 40)), (119, (119, 79)), (120, (120, 80)), (999, (120, 80))]
    )
    def test_it_is_never_enlarged(self, edge_px: int, size: tuple[int, int]) -> None:
        assert resized(encoded(corners()), edge_px).size == size

    def test_a_narrow_one_keeps_a_pixel(self) -> None:
        assert resized(encoded(corners(900, 4), "PNG"), 100).size == (100, 1)

    def test_transparency_becomes_white(self) -> None:
        image = resized(encoded(Image.new("RGBA", (100, 100), (255, 0, 0, 0)), "PNG"))
        assert image.getpixel((30, 30)) == (255, 255, 255)

    @pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
    def test_from_any_format(self, file_format: str) -> None:
        assert difference(resized(encoded(corners(), file_format)), corners()) < 12

    def test_what_is_no_picture(self) -> None:
        with pytest.raises(PhotoError):
            resized_jpeg(b"no picture", edge_px=100)


class TestColours:
    def test_a_profile_is_kept_with_the_colours_that_it_explains(self) -> None:
        profile = profile_with_red_and_green_exchanged()
        content = encoded(corners(), quality=95, icc_profile=profile)
        image = resized(content)
        assert image.info["icc_profile"] == profile
        assert difference(image, corners()) < 8

    def test_one_that_does_not_fit_rgb_is_used_up(self) -> None:
        gray = b"\0" * 16 + b"GRAY" + b"\0" * 108
        image = resized(encoded(Image.new("L", (100, 80), 90), icc_profile=gray))
        assert "icc_profile" not in image.info
        assert image.mode == "RGB"


class TestWhatItSays:
    def test_exif_comes_along(self) -> None:
        content = encoded(
            corners(),
            exif=exif_of(
                Make="Canon",
                Model="Canon EOS 40D",
                Artist="Ada",
                Orientation=6,
                Exif_DateTimeOriginal="2021:07:06 16:08:14",
                Exif_ExposureTime=IFDRational(1, 250),
                Exif_ExifImageWidth=120,
                Exif_ExifImageHeight=80,
                GPS_GPSLatitudeRef="S",
                GPS_GPSLatitude=(10.0, 30.0, 0.0),
                GPS_GPSLongitudeRef="W",
                GPS_GPSLongitude=(20.0, 0.0, 36.0),
            ),
        )
        copy = resized_jpeg(content, edge_px=60)
        assert says(copy) == says(content)
        shot = Image.open(BytesIO(copy)).getexif().get_ifd(ExifTags.IFD.Exif)
        assert (shot[ExifTags.Base.ExifImageWidth], shot[ExifTags.Base.ExifImageHeight]) == (40, 60)

    def test_how_a_tiff_stores_its_pixels_does_not(self) -> None:
        content = encoded(corners(), "TIFF", compression="tiff_lzw", exif=exif_of(Artist="Ada"))
        exif = resized(content).getexif()
        assert exif[ExifTags.Base.Artist] == "Ada"
        assert not {ExifTags.Base.Compression, ExifTags.Base.StripOffsets, ExifTags.Base.ImageWidth} & set(exif)

    def test_what_is_too_long_for_a_jpeg_is_left_out(self) -> None:
        large: dict[str, Any] = {"Exif_MakerNote": b"x" * 40_000, "Exif_UserComment": b"y" * 40_000}
        content = encoded(corners(), "WEBP", exif=exif_of(Artist="Ada", **large))
        exif = resized(content).getexif()
        assert exif[ExifTags.Base.Artist] == "Ada"
        shot = exif.get_ifd(ExifTags.IFD.Exif)
        assert ExifTags.Base.MakerNote not in shot
        assert len(shot[ExifTags.Base.UserComment]) == 40_000
        too_much = encoded(corners(), "WEBP", exif=exif_of(Artist="Ada" * MAX_EXIF_BYTES))
        assert not resized(too_much).getexif()

    def test_real_cameras(self, shared_data: Path) -> None:
        for path in sorted((shared_data / "awkward" / "exif").iterdir()):
            content = path.read_bytes()
            assert says(resized_jpeg(content, edge_px=300)) == says(content), path.name

    def test_real_photos_look_alike(self, shared_data: Path) -> None:
        for path in sorted((shared_data / "awkward" / "orientation").glob("Portrait_*.jpg")):
            image = resized(path.read_bytes(), 400)
            assert image.size == (267, 400)
            assert difference(image, decode(path.read_bytes(), edge_px=267)) < 3


def says(content: bytes) -> tuple[object, object]:
    """All that Recollect reads from a file, but for its format and size."""
    return replace(read_metadata(content), format="", width=0, height=0), read_exposure(content)
