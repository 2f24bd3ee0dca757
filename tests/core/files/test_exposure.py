"""How photos say that they were taken, in whole and in broken EXIF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.TiffImagePlugin import IFDRational

from core.errors import PhotoError
from core.files.exposure import read_exposure
from core.types import Exposure
from tests.core.files.pictures import corners, encoded, exif_of


def exposure_with(**tags: Any) -> Exposure:
    return read_exposure(encoded(corners(), exif=exif_of(**tags)))


def test_a_file_that_says_all() -> None:
    exposure = exposure_with(
        Exif_ExposureTime=IFDRational(1, 250),
        Exif_FNumber=2.8,
        Exif_ISOSpeedRatings=400,
        Exif_FocalLength=50.0,
        Exif_FocalLengthIn35mmFilm=75,
        Exif_Flash=0x19,
        ImageDescription="Grandma  at the\nlake",
        Artist="Ada Lovelace",
        Software="darktable 4.6",
    )
    assert exposure == Exposure(
        exposure_s=pytest.approx(0.004),
        f_number=pytest.approx(2.8),
        iso=400,
        focal_length_mm=50.0,
        focal_length_35mm=75.0,
        flash=True,
        description="Grandma at the lake",
        artist="Ada Lovelace",
        software="darktable 4.6",
    )


def test_a_file_that_says_nothing() -> None:
    assert read_exposure(encoded(corners())) == Exposure()
    assert read_exposure(encoded(corners(), "PNG")) == Exposure()


def test_logarithmic_units_stand_in_for_plain_ones() -> None:
    exposure = exposure_with(Exif_ShutterSpeedValue=8.0, Exif_ApertureValue=4.0)
    assert exposure.exposure_s == pytest.approx(1 / 256, rel=0.01)
    assert exposure.f_number == 4.0


@pytest.mark.parametrize(
    ("tags", "iso"),
    [
        ({"Exif_ISOSpeedRatings": (200, 200)}, 200),
        ({"Exif_ISOSpeedRatings": 65535, "Exif_RecommendedExposureIndex": 102400}, 102400),
        ({"Exif_ISOSpeedRatings": 0, "Exif_ISOSpeed": 1600}, 1600),
        ({"Exif_ISOSpeedRatings": 65535}, None),
    ],
)
def test_the_sensitivity_as_old_and_new_cameras_write_it(tags: dict[str, Any], iso: int | None) -> None:
    assert exposure_with(**tags).iso == iso


@pytest.mark.parametrize(("value", "flash"), [(0x0, False), (0x1, True), (0x10, False), (0x20, False), (0x5F, True)])
def test_whether_the_flash_fired(value: int, flash: bool) -> None:
    assert exposure_with(Exif_Flash=value).flash is flash


def test_what_cameras_do_not_know_is_none() -> None:
    exposure = exposure_with(
        Exif_ExposureTime=IFDRational(0, 0),
        Exif_FNumber=0.0,
        Exif_FocalLength=IFDRational(0, 1),
        Exif_FocalLengthIn35mmFilm=0,
        Exif_ShutterSpeedValue=-1000.0,
    )
    assert exposure == Exposure()


@pytest.mark.parametrize("text", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "<Digimax i50 MP3, Samsung #1 MP3>", "   "])
def test_what_the_camera_says_of_each_photo_is_no_description(text: str) -> None:
    assert exposure_with(ImageDescription=text).description is None


def test_a_long_description_is_kept_up_to_a_limit() -> None:
    assert exposure_with(ImageDescription="word " * 300).description == ("word " * 300).strip()
    assert len(exposure_with(ImageDescription="x" * 9000).description or "") == 2000


def test_what_is_no_picture() -> None:
    with pytest.raises(PhotoError):
        read_exposure(b"no picture")


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=30))
@settings(deadline=None, database=None)
def test_damage_anywhere_in_the_header_is_no_error(damage: list[tuple[int, int]]) -> None:
    """Fields may be lost; the picture is still one, unless its first bytes are gone."""
    content = bytearray(WHOLE)
    for place, value in damage:
        content[EXIF_AT + place] = value
    exposure = read_exposure(bytes(content))
    assert exposure.iso is None or exposure.iso > 0
    assert exposure.exposure_s is None or 0 < exposure.exposure_s < 1e6


WHOLE = encoded(
    corners(),
    exif=exif_of(
        Exif_ExposureTime=IFDRational(1, 250),
        Exif_FNumber=2.8,
        Exif_ISOSpeedRatings=400,
        Exif_FocalLength=50.0,
        ImageDescription="d" * 300,
        Artist="a" * 100,
    ),
)
EXIF_AT = WHOLE.index(b"Exif\0\0") + 6


class TestRealCameras:
    @pytest.mark.parametrize(
        ("name", "exposure"),
        [
            ("Nikon_D70.jpg", Exposure(0.005, 9.0, 200, 100.0, 150.0, False, None, None, "GIMP 2.4.5")),
            ("Konica_Minolta_DiMAGE_Z3.jpg", Exposure(0.025, 2.8, 200, 5.859375, 35.0, True, None, None, "GIMP 2.4.5")),
            ("sony-powershota5.jpg", Exposure()),
        ],
    )
    def test_what_they_write(self, shared_data: Path, name: str, exposure: Exposure) -> None:
        assert read_exposure((shared_data / "awkward" / "exif" / name).read_bytes()) == exposure

    def test_a_photographers_own_words(self, shared_data: Path) -> None:
        exposure = read_exposure((shared_data / "awkward" / "exif" / "long_description.jpg").read_bytes())
        assert exposure.artist == "SSG KYLE DAVIS"
        assert (exposure.description or "").startswith("Operation Mountain Viper put the soldiers")

    def test_a_phone(self, shared_data: Path) -> None:
        exposure = read_exposure((shared_data / "awkward" / "heif" / "empty_icc.heic").read_bytes())
        assert (exposure.iso, exposure.f_number, exposure.focal_length_35mm) == (800, 1.8, 26.0)

    def test_none_of_them_stumbles(self, shared_data: Path) -> None:
        for path in (shared_data / "awkward" / "exif").iterdir():
            assert isinstance(read_exposure(path.read_bytes()), Exposure), path.name
