"""Files become upright RGB pictures, whatever the format, and broken ones become sentences."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import xxhash
from PIL import Image

from core.errors import PhotoError
from core.files import decode as decode_module
from core.files import opening, pixels
from core.files.decode import SUFFIXES, decode, decode_with_metadata, open_image, read_content
from core.files.metadata import read_metadata
from tests.core.files.pictures import corners, difference, encoded, exif_of, profile_with_red_and_green_exchanged

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")


@pytest.fixture(autouse=True, scope="module")
def _heif_writer() -> None:
    pillow_heif.register_heif_opener()


class TestFormats:
    @pytest.mark.parametrize("file_format", FORMATS)
    def test_each_format_decodes_to_the_same_picture(self, file_format: str) -> None:
        picture, metadata = decode_with_metadata(encoded(corners(), file_format), edge_px=64)

        assert picture.mode == "RGB"
        assert difference(picture, corners()) < 6
        assert (metadata.format, metadata.width, metadata.height) == (file_format, 120, 80)

    def test_suffixes_are_lower_case_with_a_dot(self) -> None:
        assert {
            ".jpg",
            ".jpeg",
            ".png",
            ".webp",
            ".gif",
            ".bmp",
            ".tif",
            ".tiff",
            ".heic",
            ".heif",
            ".hif",
            ".avif",
        } <= SUFFIXES
        assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)

    def test_a_jpeg_with_further_pictures_behind_it_is_a_jpeg(self) -> None:
        content = encoded(corners(), "MPO", save_all=True, append_images=[Image.new("RGB", (40, 40))])

        picture, metadata = decode_with_metadata(content, edge_px=64)

        assert metadata.format == "JPEG"
        assert difference(picture, corners()) < 6

    @pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_the_first_frame_is_taken(self, file_format: str) -> None:
        content = encoded(corners(), file_format, save_all=True, append_images=[Image.new("RGB", (120, 80))])

        assert difference(decode(content, edge_px=64), corners()) < 6

    def test_formats_outside_the_list_are_refused(self) -> None:
        with pytest.raises(PhotoError, match="not a picture in a format"):
            decode(encoded(corners(), "PPM"), edge_px=64)


class TestModes:
    @pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "RGBA"])
    def test_every_mode_becomes_rgb(self, mode: str) -> None:
        file_format = "TIFF" if mode == "CMYK" else "PNG"

        picture = decode(encoded(corners().convert(mode), file_format), edge_px=16)

        assert picture.mode == "RGB"
        red, white = picture.getpixel((2, 2)), picture.getpixel((picture.width - 3, picture.height - 3))
        assert isinstance(red, tuple)
        assert isinstance(white, tuple)
        assert min(white) > 245
        assert sum(red) < sum(white)

    def test_a_cmyk_jpeg_keeps_its_colours(self) -> None:
        assert difference(decode(encoded(corners().convert("CMYK")), edge_px=64), corners()) < 8

    @pytest.mark.parametrize(
        ("mode", "file_format"), [("RGB", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "WEBP")]
    )
    def test_colours_are_those_of_the_colour_space_that_the_file_names(self, mode: str, file_format: str) -> None:
        content = encoded(corners().convert(mode), file_format, icc_profile=profile_with_red_and_green_exchanged())

        picture = decode(content, edge_px=80)

        assert picture.getpixel((20, 20)) == pytest.approx((0, 255, 0), abs=12)
        assert picture.getpixel((100, 20)) == pytest.approx((255, 0, 0), abs=12)
        assert not picture.info

    @pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
    def test_a_broken_colour_space_changes_nothing(self, profile: bytes) -> None:
        assert difference(decode(encoded(corners(), icc_profile=profile), edge_px=80), corners()) < 6

    @pytest.mark.parametrize(
        ("values", "file_format"),
        [
            (np.uint16([[0, 32768, 65535]]), "PNG"),
            (np.uint16([[0, 32768, 65535]]), "TIFF"),
            (np.int32([[0, 32768, 65535]]), "TIFF"),
            (np.float32([[0.0, 0.5, 1.0]]), "TIFF"),
            (np.float32([[-1000.0, 0.0, 1000.0]]), "TIFF"),
            (np.float32([[np.nan, 1e6, 2e6]]), "TIFF"),
        ],
    )
    def test_deep_grey_is_scaled_and_not_clipped(self, values: np.ndarray, file_format: str) -> None:
        picture = decode(encoded(Image.fromarray(values), file_format), edge_px=16)

        assert [picture.getpixel((x, 0))[0] for x in range(3)] == pytest.approx([0, 128, 255], abs=1)  # type: ignore[index]

    @pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
    def test_transparency_lies_on_white(self, file_format: str) -> None:
        clear = corners().convert("RGBA")
        clear.putalpha(0)

        assert decode(encoded(clear, file_format), edge_px=16).getextrema() == ((255, 255),) * 3

    def test_a_transparent_palette_lies_on_white_also_when_reduced(self) -> None:
        palette = Image.new("P", (800, 600), 1)
        palette.putpalette([0, 0, 0, 9, 9, 9])

        content = encoded(palette, "PNG", transparency=bytes([255, 0]))

        assert decode(content, edge_px=50).getextrema() == ((255, 255),) * 3


class TestSize:
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
    def test_large_pictures_come_reduced_but_not_below_what_was_asked_for(self, file_format: str) -> None:
        picture, metadata = decode_with_metadata(encoded(corners(3000, 2000), file_format), edge_px=224)

        assert 224 <= min(picture.size) < 4 * 224
        assert (metadata.width, metadata.height) == (3000, 2000)

    def test_small_pictures_stay_as_they_are(self) -> None:
        assert decode(encoded(corners()), edge_px=224).size == (120, 80)

    def test_long_strips_keep_their_shorter_side(self) -> None:
        assert min(decode(encoded(corners(6000, 30)), edge_px=224).size) == 30

    @pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
    def test_a_large_jpeg_is_never_whole_in_memory(self) -> None:
        content = encoded(Image.new("RGB", (8000, 6000)), quality=50)
        script = (
            "import sys\nfrom core.files.decode import decode\n"
            "def peak_kb():\n"
            "    lines = open('/proc/self/status').read().splitlines()\n"
            "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
            "content = sys.stdin.buffer.read()\n"
            "before = peak_kb()\ndecode(content, edge_px=224)\nprint(peak_kb() - before)\n"
        )

        answer = subprocess.run([sys.executable, "-c", script], input=content, capture_output=True, check=True)

        assert int(answer.stdout) < 48 * 1024  # kB, decoders included; the picture as a whole would be 192 MB

    def test_too_many_pixels_are_refused_before_they_are_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(opening, "MAX_PIXELS", 9_000)

        with pytest.raises(PhotoError, match="megapixels; the limit is"):
            decode(encoded(corners()), edge_px=16)

    def test_the_limit_for_pixels_in_memory_counts_after_drafting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pixels, "MAX_DECODED_PIXELS", 9_000)

        assert decode(encoded(corners()), edge_px=16).size == (30, 20)
        with pytest.raises(PhotoError, match="a PNG may have"):
            decode(encoded(corners(), "PNG"), edge_px=16)

    def test_a_decompression_bomb_is_refused_at_once(self) -> None:
        bomb = bytearray(encoded(Image.new("L", (1, 1)), "PNG"))
        bomb[16:24] = (60_000).to_bytes(4, "big") * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")

        with pytest.raises(PhotoError, match="3600 megapixels"):
            decode(bytes(bomb), edge_px=16)


class TestOrientation:
    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_all_eight_orientations_come_upright(self, orientation: int, file_format: str) -> None:
        stored = _as_the_sensor_saw_it(corners(), orientation)

        content = encoded(stored, file_format, exif=exif_of(Orientation=orientation))
        picture, metadata = decode_with_metadata(content, edge_px=80)

        assert difference(picture, corners()) < 6
        assert (metadata.width, metadata.height) == (120, 80)

    @pytest.mark.parametrize("orientation", [0, 9, 300])
    def test_an_orientation_that_does_not_exist_is_no_turn(self, orientation: int) -> None:
        content = encoded(corners(), exif=exif_of(Orientation=orientation))

        assert difference(decode(content, edge_px=80), corners()) < 6

    @pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
    def test_the_real_photos_all_look_the_same(self, shared_data: Path, shape: str) -> None:
        photos = sorted((shared_data / "awkward" / "orientation").glob(f"{shape}_*.jpg"))
        pictures = [open_image(photo, edge_px=128) for photo in photos]

        assert len(pictures) >= 3
        assert len({picture.size for picture in pictures}) == 1
        assert all(difference(pictures[0], picture) < 2 for picture in pictures)

    def test_exif_behind_the_pixels_of_a_png_counts(self) -> None:
        content = encoded(_as_the_sensor_saw_it(corners(), 6), "PNG", exif=exif_of(Orientation=6))

        picture, metadata = decode_with_metadata(_with_exif_last(content), edge_px=80)

        assert difference(picture, corners()) < 6
        assert (metadata.width, metadata.height) == (120, 80)


class TestBroken:
    @pytest.mark.parametrize("file_format", FORMATS)
    def test_a_file_that_is_cut_off_is_a_photo_error_with_a_sentence(self, file_format: str) -> None:
        noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (80, 120, 3), np.uint8))
        content = encoded(noise, file_format)

        for share in (0.02, 0.3, 0.6, 0.9):
            with pytest.raises(PhotoError, match=r"^The (file|picture).*\.$") as caught:
                decode(content[: int(len(content) * share)], edge_px=64, name="/photos/cut.jpg")
            assert caught.value.path == Path("/photos/cut.jpg")

    @pytest.mark.parametrize("file_format", FORMATS)
    def test_random_damage_never_raises_anything_else(self, file_format: str) -> None:
        random = np.random.default_rng(7)
        whole = encoded(corners(), file_format)
        for _ in range(40):
            damaged = bytearray(whole)
            for place in random.integers(0, len(whole), 8):
                damaged[place] = random.integers(0, 256)
            with suppress(PhotoError):
                assert decode(bytes(damaged), edge_px=32).mode == "RGB"
            with suppress(PhotoError):
                assert read_metadata(bytes(damaged)).format

    @pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"no picture at all", b"<html></html>" * 99])
    def test_what_is_no_picture_is_a_photo_error(self, content: bytes) -> None:
        with pytest.raises(PhotoError):
            decode(content, edge_px=64)
        with pytest.raises(PhotoError):
            read_metadata(content)

    def test_nothing_is_said_to_the_terminal(self, shared_data: Path) -> None:
        script = (
            "import sys\nfrom pathlib import Path\nfrom core.errors import PhotoError\n"
            "from core.files.decode import open_image\n"
            "for path in Path(sys.argv[1]).rglob('*.*'):\n"
            "    try:\n        open_image(path, edge_px=64)\n    except PhotoError:\n        pass\n"
        )
        command = [sys.executable, "-W", "always", "-c", script, str(shared_data / "awkward")]

        answer = subprocess.run(command, capture_output=True, check=True, text=True)

        assert (answer.stdout, answer.stderr) == ("", "")


class TestThreads:
    def test_warnings_stay_quiet_and_filters_stay_in_place_in_many_threads(self) -> None:
        contents = [encoded(corners(), name) for name in FORMATS] * 4
        contents += [_with_broken_exif() for _ in range(8)]

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with ThreadPoolExecutor(4) as pool:
                pictures = list(pool.map(lambda content: decode(content, edge_px=64), contents))

        assert len(pictures) == len(contents)
        assert not caught


class TestReading:
    def test_content_and_digest(self, tmp_path: Path) -> None:
        path = tmp_path / "a photo.jpg"
        path.write_bytes(b"content")

        content, digest = read_content(path)

        assert content == b"content"
        assert digest == xxhash.xxh3_128(b"content").hexdigest()
        assert len(digest) == 32

    def test_a_file_that_has_vanished(self, tmp_path: Path) -> None:
        with pytest.raises(PhotoError, match="no longer there") as caught:
            read_content(tmp_path / "gone.jpg")
        assert isinstance(caught.value.__cause__, FileNotFoundError)

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "empty.jpg").touch()
        with pytest.raises(PhotoError, match="empty"):
            read_content(tmp_path / "empty.jpg")

    def test_a_file_beyond_the_limit(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(decode_module, "MAX_FILE_BYTES", 3 * 1024**2)
        with (tmp_path / "large.tif").open("wb") as file:
            file.truncate(4 * 1024**2)
        with pytest.raises(PhotoError, match="4 MB; the limit is 3 MB"):
            read_content(tmp_path / "large.tif")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
    def test_a_pipe_does_not_block(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.jpg")
        with pytest.raises(PhotoError, match="not a file"):
            read_content(tmp_path / "pipe.jpg")

    def test_an_example_can_be_a_file_or_a_pasted_picture(self, tmp_path: Path) -> None:
        path = tmp_path / "example.png"
        path.write_bytes(encoded(corners(), "PNG"))

        assert difference(open_image(path, edge_px=64), open_image(path.read_bytes(), edge_px=64)) == 0

    def test_an_error_names_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "text.jpg"
        path.write_text("no picture")
        with pytest.raises(PhotoError) as caught:
            open_image(path, edge_px=64)
        assert caught.value.path == path


def _as_the_sensor_saw_it(upright: Image.Image, orientation: int) -> Image.Image:
    """What a camera stores that was held so that `orientation` makes it upright again."""
    transpose = Image.Transpose
    undo = {
        2: transpose.FLIP_LEFT_RIGHT,
        3: transpose.ROTATE_180,
        4: transpose.FLIP_TOP_BOTTOM,
        5: transpose.TRANSPOSE,
        6: transpose.ROTATE_90,
        7: transpose.TRANSVERSE,
        8: transpose.ROTATE_270,
    }
    return upright.transpose(undo[orientation]) if orientation in undo else upright


def _with_exif_last(png: bytes) -> bytes:
    """The same PNG with its eXIf chunk moved behind the pixels, as some programs write it."""
    place = png.index(b"eXIf") - 4
    end = place + 12 + int.from_bytes(png[place : place + 4], "big")
    chunk, rest = png[place:end], png[:place] + png[end:]
    tail = rest.index(b"IEND") - 4
    return rest[:tail] + chunk + rest[tail:]


def _with_broken_exif() -> bytes:
    """A JPEG whose EXIF points outside the file: Pillow warns about it."""
    exif = exif_of(Make="A maker with a long name", Model="A model with a long name").tobytes()
    return encoded(corners(), exif=exif[:-20])
