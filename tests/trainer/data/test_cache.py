import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from core.errors import TrainingError
from core.files.decode import decode, read_content
from core.models.taggers.config import PreprocessingConfig
from core.models.taggers.preprocessing import TaggerPreprocessing
from tests.trainer.data.conftest import MakePicture
from trainer.data import cache as cache_module
from trainer.data.augment import Augmentation
from trainer.data.cache import ImageCache
from trainer.data.examples import Dataset, Example
from trainer.data.forms import as_tagged, form_for, with_room
from trainer.data.sources import read_examples

SMALL = PreprocessingConfig(height_px=32, width_px=32)
CROPPED = PreprocessingConfig(height_px=32, width_px=32, resize="crop", shorter_edge_px=40)


@pytest.fixture
def examples(make_picture: MakePicture) -> tuple[Example, ...]:
    for number in range(6):
        make_picture(f"{'ab'[number % 2]}/{number}.jpg", number, size=(120, 90))
    return read_examples(make_picture("a/6.jpg", 6, size=(60, 300)).parent.parent).examples


@pytest.mark.parametrize("preprocessing", [SMALL, CROPPED])
def test_photos_are_what_the_tagger_sees(
    examples: tuple[Example, ...], tmp_path: Path, preprocessing: PreprocessingConfig
):
    images = ImageCache(tmp_path / "cache").images(examples, form_for(preprocessing, None))

    for row, example in enumerate(images.examples):
        image = decode(read_content(example.path)[0], edge_px=256)
        assert np.array_equal(images[row], TaggerPreprocessing(preprocessing).prepare(image))
        assert np.array_equal(images.planes(row), images[row].transpose(2, 0, 1))


def test_the_second_time_nothing_is_decoded(
    examples: tuple[Example, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cache, form = ImageCache(tmp_path / "cache"), as_tagged(SMALL)
    first = cache.images(examples, form)
    monkeypatch.setattr(cache_module, "decode", None)

    again = ImageCache(tmp_path / "cache").images(tuple(reversed(examples)), form)

    assert all(np.array_equal(first[row], again[len(examples) - 1 - row]) for row in range(len(examples)))


def test_photos_with_room_keep_their_shape_and_are_not_enlarged(examples: tuple[Example, ...], tmp_path: Path):
    cache = ImageCache(tmp_path / "cache")

    in_shape = cache.images(examples, with_room(CROPPED, 0.8))
    squashed = cache.images(examples, with_room(SMALL, 0.8))
    large = cache.images(examples, with_room(PreprocessingConfig(height_px=512, width_px=512, resize="crop"), 0.8))

    assert in_shape[0].shape == (36, 48, 3)
    assert squashed[0].shape == (36, 36, 3)
    assert large[0].shape == (90, 120, 3)
    tall = next(row for row, each in enumerate(examples) if each.path.name == "6.jpg")
    assert large[tall].shape == (180, 60, 3)


def test_damaged_pixels_are_decoded_anew(
    examples: tuple[Example, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    cache, form = ImageCache(tmp_path / "cache"), as_tagged(SMALL)
    before = [np.array(pixels) for pixels in map(cache.images(examples, form).__getitem__, range(len(examples)))]
    pixels = tmp_path / "cache" / form.key / "pixels.bin"
    content = bytearray(pixels.read_bytes())
    content[4000:4010] = bytes(10)
    content[-50:-40] = b"0123456789"
    pixels.write_bytes(content)

    after = cache.images(examples, form)

    assert "2 photos" in caplog.text
    assert all(np.array_equal(before[row], after[row]) for row in range(len(examples)))


@pytest.mark.parametrize("damage", ["index", "short pixels", "no pixels"])
def test_a_damaged_cache_is_made_anew(
    examples: tuple[Example, ...], tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
):
    cache, form = ImageCache(tmp_path / "cache"), as_tagged(SMALL)
    before = np.array(cache.images(examples, form)[3])
    folder = tmp_path / "cache" / form.key
    if damage == "index":
        (folder / "index.npy").write_bytes(b"\x93NUMPY nonsense")
    elif damage == "no pixels":
        (folder / "pixels.bin").unlink()
    else:
        with (folder / "pixels.bin").open("r+b") as file:
            file.truncate(5000)

    assert np.array_equal(cache.images(examples, form)[3], before)
    assert np.array_equal(ImageCache(tmp_path / "cache").images(examples, form)[3], before)


def test_filling_goes_on_where_it_was_cancelled(
    examples: tuple[Example, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cache_module, "_PHOTOS_AT_A_TIME", 2)
    cache, form = ImageCache(tmp_path / "cache"), as_tagged(SMALL)
    told: list[tuple[int, int]] = []

    part = cache.images(examples, form, on_progress=lambda *step: told.append(step), cancelled=lambda: len(told) == 2)
    assert told == [(2, 7), (4, 7)]
    assert part[6].shape == (32, 32, 3)  # decoded now
    told.clear()
    cache.images(examples, form, on_progress=lambda *step: told.append(step))

    assert told == [(2, 3), (3, 3)]


def test_unreadable_photos_are_left_out(examples: tuple[Example, ...], tmp_path: Path):
    examples[2].path.unlink()
    examples[4].path.write_bytes(examples[0].path.read_bytes())  # another photo by now: its label is not of this one

    images = ImageCache(tmp_path / "cache").images(examples, as_tagged(SMALL))

    assert len(images) == 5
    assert [each.example for each in images.left_out] == [examples[2], examples[4]]
    assert all(each.reason for each in images.left_out)
    assert examples[2] not in images.examples
    assert Dataset(images.examples).targets(images.examples)["class"].shape == (5,)


def test_what_does_not_fit_is_decoded_each_time(
    examples: tuple[Example, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(cache_module, "_PHOTOS_AT_A_TIME", 1)
    whole = ImageCache(tmp_path / "whole").images(examples, as_tagged(SMALL))

    images = ImageCache(tmp_path / "cache", budget_bytes=3 * 32 * 32 * 3).images(examples, as_tagged(SMALL))

    assert (tmp_path / "cache" / images.form.key / "pixels.bin").stat().st_size == 3 * 32 * 32 * 3
    assert all(np.array_equal(images[row], whole[row]) for row in range(7))
    assert "full" in caplog.text
    examples[6].path.unlink()
    with pytest.raises(TrainingError, match="no longer"):
        images[6]


def test_forms_that_were_not_used_lately_make_room(examples: tuple[Example, ...], tmp_path: Path):
    size = 7 * 3 * 32 * 32
    cache = ImageCache(tmp_path / "cache", budget_bytes=3 * size)
    old = PreprocessingConfig(height_px=32, width_px=32, interpolation="bilinear")
    cache.images(examples, as_tagged(old))
    cache.images(examples, as_tagged(SMALL))
    larger = PreprocessingConfig(height_px=40, width_px=40)

    cache.images(examples, as_tagged(larger))

    assert not (tmp_path / "cache" / as_tagged(old).key).exists()
    assert sum(file.stat().st_size for file in (tmp_path / "cache").rglob("pixels.bin")) <= 3 * size


def test_a_disk_that_takes_no_more_slows_down_and_breaks_nothing(
    examples: tuple[Example, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    form = as_tagged(SMALL)
    (tmp_path / "cache" / form.key / "pixels.bin").mkdir(parents=True)

    with caplog.at_level(logging.WARNING):
        images = ImageCache(tmp_path / "cache").images(examples, form)

    assert images[0].shape == (32, 32, 3)
    assert "cannot be written" in caplog.text


def test_two_trainings_fill_one_cache(examples: tuple[Example, ...], tmp_path: Path):
    form = with_room(SMALL, Augmentation(crop_scale=(0.5, 1)).crop_scale[0])  # pyright: ignore[reportOptionalSubscript]
    found: list[list[np.ndarray]] = []

    def fill() -> None:
        images = ImageCache(tmp_path / "cache").images(examples, form)
        found.append([np.array(images[row]) for row in range(len(images))])

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert all(np.array_equal(one, other) for each in found for one, other in zip(each, found[0], strict=True))
