"""A photo for the eye: upright, whole or large enough."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.errors import PhotoError
from core.files import decode as decode_module
from core.files import pixels
from core.files.decode import decode_whole
from tests.core.files.pictures import corners, difference, encoded, exif_of

_TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""EXIF orientation -> how the camera was held."""


@pytest.mark.parametrize("edge_px", [None, 50])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(orientation: int, edge_px: int | None) -> None:
    turn = _TURNED[orientation]
    held = corners() if turn is None else corners().transpose(turn)
    image = decode_whole(encoded(held, exif=exif_of(Orientation=orientation), quality=95), edge_px=edge_px)
    assert difference(image, corners()) < 8
    assert image.size == ((120, 80) if edge_px is None else (60, 40))


def test_transparency_lies_on_white() -> None:
    image = decode_whole(encoded(Image.new("RGBA", (90, 60), (255, 0, 0, 0)), "PNG"))
    assert image.size == (90, 60)
    assert (np.asarray(image) == 255).all()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("edge_px", [30, 100, 101, 299, 300, 450, 599])
def test_no_smaller_than_asked_for_and_not_twice_as_large(file_format: str, edge_px: int) -> None:
    image = decode_whole(encoded(corners(600, 200), file_format), edge_px=edge_px)
    assert edge_px <= image.width <= min(2 * edge_px, 600)
    assert image.height == pytest.approx(image.width / 3, abs=1)


@pytest.mark.parametrize("size", [(9, 4000), (4000, 1), (1, 1)])
def test_narrow_ones_too(size: tuple[int, int]) -> None:
    image = decode_whole(encoded(corners(*size), "PNG"), edge_px=500)
    assert max(image.size) >= min(500, max(size))
    assert min(image.size) >= 1


def test_whole_where_it_has_no_more() -> None:
    content = encoded(corners())
    assert decode_whole(content, edge_px=120).size == (120, 80)
    assert decode_whole(content, edge_px=5000).size == (120, 80)


def test_a_jpeg_that_is_too_large_for_the_memory_comes_at_half_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (decode_module, pixels):
        monkeypatch.setattr(module, "MAX_DECODED_PIXELS", 100_000)
    assert decode_whole(encoded(corners(400, 300))).size == (200, 150)
    with pytest.raises(PhotoError, match="megapixels"):
        decode_whole(encoded(corners(400, 300), "PNG"))
