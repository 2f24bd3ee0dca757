"""Small labelled folders and their examples, for the tests of training data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.tags.values import Split
from trainer.data.examples import Example

MakePicture = Callable[..., Path]


@pytest.fixture
def make_picture(tmp_path: Path) -> MakePicture:
    """Writes a picture that no other number makes: `make_picture("red/1.jpg", 7)`; soft, so that it compresses well."""

    def make(name: str, number: int, *, size: tuple[int, int] = (96, 96), quality: int = 92) -> Path:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(number)
        blocks = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        picture = blocks.resize((192, 192), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
        picture.resize(size, Image.Resampling.LANCZOS).save(path, quality=quality)
        return path

    return make


def example(
    number: int,
    label: str = "red",
    *,
    folder: str = "folder",
    instance: str | None = None,
    second: float | None = None,
    content: str | None = None,
    split: Split | None = None,
    **attributes: str,
) -> Example:
    """One without a file: what dividing and checking look at."""
    taken_at = None if second is None else datetime(2024, 5, 1) + timedelta(seconds=second)
    return Example(
        Path("/photos") / folder / f"{number}.jpg",
        content or f"{number:032x}",
        {"class": label, **attributes},
        split,
        instance,
        taken_at,
    )
