"""Every file of the collection of awkward HEIF pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.errors import PhotoError
from core.files.decode import open_image
from tests.core.files.pictures import difference


@pytest.fixture
def heif(shared_data: Path) -> Path:
    return shared_data / "awkward" / "heif"


@pytest.mark.parametrize("size", ["29x100", "128x128"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_10_and_12_bits_look_like_8(heif: Path, mode: str, size: str) -> None:
    eight, ten, twelve = (open_image(heif / f"{mode}_{bits}__{size}.heif", edge_px=64) for bits in (8, 10, 12))
    if mode != "L":
        eight = eight.transpose(Image.Transpose.TRANSPOSE)  # the collection has these mirrored at the diagonal

    assert {eight.mode, ten.mode, twelve.mode} == {"RGB"}
    assert ten.size == twelve.size
    assert difference(ten, twelve) < 2
    assert difference(eight, ten) < 8


@pytest.mark.parametrize("size", ["29x100", "128x128"])
def test_alpha_lies_on_white(heif: Path, size: str) -> None:
    grey = open_image(heif / f"L_8__{size}.heif", edge_px=64)
    with_alpha = open_image(heif / f"LA_8__{size}.heif", edge_px=64)

    assert with_alpha.size == grey.size
    assert sum(with_alpha.resize((1, 1)).getpixel((0, 0))) > sum(grey.resize((1, 1)).getpixel((0, 0)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["corrupted.heic", "corrupted.hif", "empty.heic"])
def test_broken_files_say_so_in_a_sentence(heif: Path, name: str) -> None:
    with pytest.raises(PhotoError, match=r"^The file .*\.$") as caught:
        open_image(heif / name, edge_px=64)
    assert caught.value.path == heif / name


def test_the_picture_shown_first_is_read_although_a_later_one_is_cut_off(heif: Path) -> None:
    assert open_image(heif / "truncated.heic", edge_px=64).size == (16, 16)


@pytest.mark.parametrize(
    ("name", "size"),
    [("zPug_3.heic", (64, 64)), ("invalid_id.heic", (141, 218)), ("RGB_8_chroma444.heif", (29, 100))],
)
def test_odd_but_whole_files_are_read(heif: Path, name: str, size: tuple[int, int]) -> None:
    assert open_image(heif / name, edge_px=64).size == size
