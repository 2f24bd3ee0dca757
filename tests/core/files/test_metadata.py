"""What photos say about themselves, from whole and from broken EXIF."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.files.decode import decode, decode_with_metadata
from core.files.metadata import read_metadata
from core.types import Metadata
from tests.core.files.pictures import corners, encoded, exif_of


def metadata_with(**tags: Any) -> Metadata:
    return read_metadata(encoded(corners(), exif=exif_of(**tags)))


class TestTime:
    def test_local_time_and_offset(self) -> None:
        metadata = metadata_with(
            Exif_DateTimeOriginal="2021:07:06 16:08:14",
            Exif_OffsetTimeOriginal="+03:00",
            DateTime="2022:01:01 00:00:00",
        )

        assert metadata.taken_at == datetime(2021, 7, 6, 16, 8, 14)
        assert metadata.taken_offset_min == 180

    @pytest.mark.parametrize(
        ("text", "minutes"),
        [("+05:30", 330), ("-0800", -480), ("Z", 0), ("+00:00", 0), ("+15:00", None), ("   :  ", None), ("noon", None)],
    )
    def test_offsets(self, text: str, minutes: int | None) -> None:
        metadata = metadata_with(Exif_DateTimeOriginal="2021:07:06 16:08:14", Exif_OffsetTimeOriginal=text)

        assert metadata.taken_offset_min == minutes

    @pytest.mark.parametrize(
        "text", ["2008:05:30 15:56:01", "2008-05-30 15:56:01", "2008/05/30T15:56:01", " 2008:05:30 15:56:01\0\0 "]
    )
    def test_spellings_of_time(self, text: str) -> None:
        assert metadata_with(Exif_DateTimeOriginal=text).taken_at == datetime(2008, 5, 30, 15, 56, 1)

    @pytest.mark.parametrize(
        "text",
        ["0000:00:00 00:00:00", "    :  :     :  :  ", "2008:13:01 00:00:00", "2008:05:30 25:00:00", "", "x" * 99],
    )
    def test_what_is_no_time(self, text: str) -> None:
        assert metadata_with(Exif_DateTimeOriginal=text).taken_at is None

    def test_the_next_best_time_stands_in(self) -> None:
        assert metadata_with(
            Exif_DateTimeOriginal="0000:00:00 00:00:00", DateTime="2001:02:03 04:05:06"
        ).taken_at == datetime(2001, 2, 3, 4, 5, 6)


class TestCamera:
    @pytest.mark.parametrize(
        ("make", "model", "camera"),
        [
            ("Canon", "Canon EOS 40D", "Canon EOS 40D"),
            ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
            ("EASTMAN KODAK COMPANY", "KODAK CX7530", "KODAK CX7530"),
            ("OLYMPUS OPTICAL CO.,LTD", "C960Z,D460Z", "OLYMPUS C960Z,D460Z"),
            ("SONY", "DSC-D700", "SONY DSC-D700"),
            ("Apple", None, "Apple"),
            (None, "iPhone", "iPhone"),
            (None, None, None),
            ("  ", "\0\0", None),
        ],
    )
    def test_make_and_model(self, make: str | None, model: str | None, camera: str | None) -> None:
        tags = {name: value for name, value in (("Make", make), ("Model", model)) if value is not None}

        assert metadata_with(**tags).camera == camera

    def test_utf8_names_although_exif_knows_ascii_only(self) -> None:
        content = encoded(corners(), exif=exif_of(Model="123456"))

        assert read_metadata(content.replace(b"123456", "相机".encode())).camera == "相机"
        assert read_metadata(content.replace(b"123456", b"Caf\xe9  ")).camera == "Café"

    def test_long_texts_are_cut(self) -> None:
        assert len(metadata_with(Model="m" * 5000).camera or "") == 120

    def test_lens_by_name(self) -> None:
        assert metadata_with(Exif_LensModel="FE 24-70mm F2.8 GM").lens == "FE 24-70mm F2.8 GM"
        assert metadata_with(Exif_LensMake="Sigma", Exif_LensModel="50mm").lens == "Sigma 50mm"

    def test_lens_by_its_numbers(self) -> None:
        zoom, fixed = (18.0, 55.0, 3.5, 5.6), (50.0, 50.0, 1.8, 1.8)

        assert metadata_with(Exif_LensModel="----", Exif_LensSpecification=zoom).lens == "18-55mm f/3.5-5.6"
        assert metadata_with(Exif_LensSpecification=fixed).lens == "50mm f/1.8"
        assert metadata_with(Exif_LensSpecification=(0.0, 0.0, 0.0, 0.0)).lens is None


class TestPlace:
    def test_south_and_west_are_negative_and_below_the_sea_too(self) -> None:
        metadata = metadata_with(
            GPS_GPSLatitudeRef="S",
            GPS_GPSLatitude=(10.0, 30.0, 0.0),
            GPS_GPSLongitudeRef="W",
            GPS_GPSLongitude=(20.0, 0.0, 36.0),
            GPS_GPSAltitude=12.5,
            GPS_GPSAltitudeRef=b"\x01",
        )

        assert (metadata.latitude, metadata.longitude) == (pytest.approx(-10.5), pytest.approx(-20.01))
        assert metadata.altitude_m == -12.5

    @pytest.mark.parametrize(
        ("latitude", "longitude"),
        [
            ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
            ((91.0, 0.0, 0.0), (20.0, 0.0, 0.0)),
            ((10.0, 0.0, 0.0), (181.0, 0.0, 0.0)),
        ],
    )
    def test_impossible_places_are_none(self, latitude: tuple[float, ...], longitude: tuple[float, ...]) -> None:
        metadata = metadata_with(
            GPS_GPSLatitudeRef="N", GPS_GPSLatitude=latitude, GPS_GPSLongitudeRef="E", GPS_GPSLongitude=longitude
        )

        assert (metadata.latitude, metadata.longitude) == (None, None)

    def test_half_a_place_is_none(self) -> None:
        metadata = metadata_with(GPS_GPSLatitudeRef="N", GPS_GPSLatitude=(10.0, 0.0, 0.0))

        assert (metadata.latitude, metadata.longitude) == (None, None)

    def test_without_its_letter_a_half_of_the_globe_is_unknown(self) -> None:
        metadata = metadata_with(GPS_GPSLatitude=(10.0, 0.0, 0.0), GPS_GPSLongitude=(20.0, 0.0, 0.0))

        assert metadata.latitude is None


class TestRealPhotos:
    def test_a_phone_photo_with_everything(self, shared_data: Path) -> None:
        content = (shared_data / "awkward" / "heif" / "empty_icc.heic").read_bytes()

        metadata = read_metadata(content)

        assert metadata.camera == "Apple iPhone XS"
        assert metadata.lens == "Apple iPhone XS back dual camera 4.25mm f/1.8"
        assert (metadata.taken_at, metadata.taken_offset_min) == (datetime(2021, 7, 6, 16, 8, 14), 180)
        assert (metadata.latitude, metadata.longitude) == (pytest.approx(46.754703), pytest.approx(33.336106))
        assert metadata.altitude_m == pytest.approx(7.69, abs=0.01)

    def test_a_place_whose_seconds_are_in_the_minutes(self, shared_data: Path) -> None:
        metadata = read_metadata((shared_data / "awkward" / "exif" / "Kodak_CX7530.jpg").read_bytes())

        assert (metadata.latitude, metadata.longitude) == (pytest.approx(-0.3713), pytest.approx(36.056417))

    def test_every_photo_of_the_collection_is_read(self, shared_data: Path) -> None:
        photos = sorted((shared_data / "awkward" / "exif").iterdir())

        metadata = {photo.name: read_metadata(photo.read_bytes(), name=str(photo)) for photo in photos}

        assert len(metadata) > 40
        assert sum(each.camera is not None for each in metadata.values()) > 25
        assert metadata["Nikon_D70.jpg"].camera == "NIKON D70"
        assert metadata["canon-ixus.jpg"].taken_at == datetime(2001, 6, 9, 15, 17, 32)
        assert all(each.width > 0 and each.height > 0 for each in metadata.values())

    def test_what_decoding_says_is_what_reading_says(self, shared_data: Path) -> None:
        for photo in sorted((shared_data / "awkward" / "exif").glob("*.jpg")):
            content = photo.read_bytes()
            assert decode_with_metadata(content, edge_px=64)[1] == read_metadata(content)


class TestBrokenExif:
    def test_damage_anywhere_never_raises(self, shared_data: Path) -> None:
        content = (shared_data / "awkward" / "exif" / "Kodak_CX7530.jpg").read_bytes()
        start = content.index(b"Exif\0\0") + 6
        for place in range(start, start + 900, 3):
            damaged = content[:place] + b"\xff\xff" + content[place + 2 :]
            assert read_metadata(damaged).width > 0

    @pytest.mark.parametrize("length", [0, 6, 7, 8, 14, 30, 60, 90])
    def test_exif_that_ends_too_early(self, length: int) -> None:
        exif = exif_of(Make="Canon", Model="EOS", Exif_DateTimeOriginal="2020:01:01 00:00:00").tobytes()

        metadata, whole = read_metadata(encoded(corners(), exif=exif[:length] or b"Exif\0\0")), corners()

        assert (metadata.width, metadata.height) == whole.size

    def test_values_of_the_wrong_type(self) -> None:
        metadata = metadata_with(Make=7, Exif_DateTimeOriginal=5, Exif_LensModel=b"\xff\xfe")

        assert metadata.taken_at is None
        assert (metadata.width, metadata.height) == (120, 80)


def test_metadata_costs_little_beside_decoding() -> None:
    exif = exif_of(Make="Canon", Model="EOS", Exif_DateTimeOriginal="2020:01:01 00:00:00", GPS_GPSLatitudeRef="N")
    content = encoded(corners(4000, 3000), exif=exif)

    decoding = min(_cpu_seconds(lambda: decode(content, edge_px=224)) for _ in range(5))
    reading = min(_cpu_seconds(lambda: read_metadata(content)) for _ in range(5))

    assert reading < 0.1 * decoding  # 2 % on a quiet machine


def _cpu_seconds(work: Callable[[], object]) -> float:
    """Of this thread, so that other work on the machine does not count."""
    start = time.thread_time()
    work()
    return time.thread_time() - start
