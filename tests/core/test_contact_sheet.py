"""Contact sheets: everything on them, whatever the names and pictures are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from core.contact_sheet import contact_sheet
from tests.photo_maker import draw

if TYPE_CHECKING:
    from PIL import Image


def jpeg(subject: str) -> bytes:
    buffer = io.BytesIO()
    draw(subject).save(buffer, "JPEG")
    return buffer.getvalue()


def test_pictures_stand_in_rows() -> None:
    tiles = [(jpeg("red square on red"), f"{n}", False) for n in range(5)]
    one_row = contact_sheet("five", tiles[:4], columns=4, tile_px=100)
    two_rows = contact_sheet("five", tiles, columns=4, tile_px=100)
    assert one_row.width == two_rows.width > 400
    assert two_rows.height > one_row.height + 100
    assert any(count > 20_000 and rgb[0] > 240 > 20 > rgb[1] for count, rgb in colors(two_rows))


def test_weak_ones_are_washed_out() -> None:
    strong = contact_sheet("x", [(draw("black square on black"), "a", False)], columns=1)
    weak = contact_sheet("x", [(draw("black square on black"), "a", True)], columns=1)
    assert darkest(weak) > darkest(strong)


@pytest.mark.parametrize(
    "text", ["müde Füße", "日本の写真", "צילום", "🌅🏖️", "broken \udcff name", "two\nlines", "a" * 500, "", "\t\0"]
)
def test_any_name_can_be_written(text: str) -> None:
    sheet = contact_sheet(text, [(draw("red circle"), text, True), (draw("red circle"), text, False)])
    assert sheet.mode == "RGB"


def test_nothing_found_is_a_sheet_too() -> None:
    assert contact_sheet("nothing", []).size[1] > 100


def test_pictures_of_any_mode_are_taken() -> None:
    for mode in ("L", "P", "RGBA", "CMYK", "1"):
        contact_sheet(mode, [(draw("red circle").convert(mode), mode, False)])


def colors(image: Image.Image) -> list[tuple[int, tuple[int, int, int]]]:
    return image.getcolors(maxcolors=1 << 24) or []


def darkest(image: Image.Image) -> int:
    area = image.crop((60, 120, 180, 220))
    return min(sum(rgb) for _, rgb in colors(area))
