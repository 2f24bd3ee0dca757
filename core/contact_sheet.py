"""Draws search results as one picture: a title, and thumbnails with captions in a grid. Knows no library."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

Tile = tuple[bytes | Image.Image, str, bool]
"""A picture or its encoded bytes, its caption (what follows a newline is drawn smaller), and whether it is weak."""

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PAPER, _CARD, _INK, _SOFT_INK, _WEAK_INK = "#f5f5f2", "#ffffff", "#1d1d1f", "#6e6e73", "#b26a00"
_MARGIN_PX, _GAP_PX, _TITLE_PX, _CAPTION_PX = 24, 16, 56, 46
_TITLE_SIZE, _CAPTION_SIZE, _NOTE_SIZE = 24, 15, 12
# Weak results are washed out by this share: still recognisable, plainly second to the others.
_FADE = 0.55

# Wider than Pillow's own font, which has Latin letters only; looked for where the system keeps its fonts.
_FONT_FILES = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf", "Helvetica.ttc")


def contact_sheet(title: str, tiles: Sequence[Tile], *, columns: int = 4, tile_px: int = 224) -> Image.Image:
    """One RGB picture of all tiles, `columns` in a row, each `tile_px` wide and high plus its caption.

    Raises:
        OSError: bytes of a tile are not a picture.
    """
    rows = max(1, -(-len(tiles) // columns))
    cell_width, cell_height = tile_px + _GAP_PX, tile_px + _CAPTION_PX + _GAP_PX
    width = 2 * _MARGIN_PX + columns * cell_width - _GAP_PX
    height = _MARGIN_PX + _TITLE_PX + rows * cell_height - _GAP_PX + _MARGIN_PX
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN_PX, _MARGIN_PX), _fitted(pen, title, _font(_TITLE_SIZE), width - 2 * _MARGIN_PX), _INK,
             _font(_TITLE_SIZE))  # fmt: skip
    if not tiles:
        pen.text((_MARGIN_PX, _MARGIN_PX + _TITLE_PX), "Nothing found", _SOFT_INK, _font(_CAPTION_SIZE))
    for position, tile in enumerate(tiles):
        row, column = divmod(position, columns)
        corner = (_MARGIN_PX + column * cell_width, _MARGIN_PX + _TITLE_PX + row * cell_height)
        _draw_tile(sheet, pen, tile, corner, tile_px)
    return sheet


def _draw_tile(sheet: Image.Image, pen: ImageDraw.ImageDraw, tile: Tile, corner: tuple[int, int], tile_px: int) -> None:
    source, caption, weak = tile
    left, top = corner
    pen.rounded_rectangle((left, top, left + tile_px - 1, top + tile_px + _CAPTION_PX - 1), 8, fill=_CARD)
    picture = _thumbnail(source, tile_px - 12)
    if weak:
        picture = Image.blend(picture, Image.new("RGB", picture.size, _CARD), _FADE)
    sheet.paste(picture, (left + (tile_px - picture.width) // 2, top + 6 + (tile_px - 12 - picture.height) // 2))
    first, _, second = caption.partition("\n")
    _write(pen, first, (left + 8, top + tile_px), _CAPTION_SIZE, _SOFT_INK if weak else _INK, tile_px - 16)
    note, ink = (f"weak · {second}" if second else "weak", _WEAK_INK) if weak else (second, _SOFT_INK)
    _write(pen, note, (left + 8, top + tile_px + 22), _NOTE_SIZE, ink, tile_px - 16)


def _thumbnail(source: bytes | Image.Image, edge_px: int) -> Image.Image:
    image = Image.open(io.BytesIO(source)) if isinstance(source, bytes) else source
    return ImageOps.contain(image.convert("RGB"), (edge_px, edge_px))


def _write(
    pen: ImageDraw.ImageDraw, text: str, corner: tuple[int, int], size: int, color: str, max_width_px: int
) -> None:
    font = _font(size)
    pen.text(corner, _fitted(pen, text, font, max_width_px), color, font)


def _fitted(pen: ImageDraw.ImageDraw, text: str, font: _Font, max_width_px: int) -> str:
    """The text on one line, cut with an ellipsis where it would be too wide."""
    text = _drawable(" ".join(text.split()), font)
    if pen.textlength(text, font) <= max_width_px:
        return text
    while text and pen.textlength(text + "…", font) > max_width_px:
        text = text[:-1]
    return text + "…"


def _drawable(text: str, font: _Font) -> str:
    # A name that is not valid in the file system's encoding holds lone surrogates, which FreeType refuses; the bitmap
    # font of a Pillow without FreeType knows Latin-1 alone.
    encoding = "utf-8" if isinstance(font, ImageFont.FreeTypeFont) else "latin-1"
    return text.encode(encoding, "replace").decode(encoding)


def _font(size: int) -> _Font:
    for name in _FONT_FILES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
