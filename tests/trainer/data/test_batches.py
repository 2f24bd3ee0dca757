import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from core.files.decode import decode, read_content
from core.models.taggers.config import PreprocessingConfig
from core.models.taggers.preprocessing import TaggerPreprocessing
from tests.trainer.data.conftest import MakePicture
from tests.trainer.data.test_augment import SYSTEM_2
from trainer.data.augment import Augmentation
from trainer.data.batches import Batch, Batches
from trainer.data.cache import ImageCache
from trainer.data.forms import form_for
from trainer.data.samplers import balanced, class_weights, in_order, shuffled
from trainer.data.sources import read_examples

PREPROCESSING = PreprocessingConfig(height_px=24, width_px=24)
TARGETS = {"class": np.arange(10) % 2, "color": np.array([0, -1] * 5)}


class Numbered:
    """Ten photos of one colour each: 10, 20, ..."""

    def __len__(self) -> int:
        return 10

    def planes(self, row: int) -> np.ndarray:
        return np.full((3, 24, 24), 10 * (row + 1), np.uint8)


class Noise(Numbered):
    def planes(self, row: int) -> np.ndarray:
        return np.random.default_rng(row).integers(0, 256, (3, 30, 30)).astype(np.uint8)


def batches(photos: Numbered | None = None, **options) -> Batches:
    given = {"order": shuffled(10, 1), "batch_size": 4, "augmentation": SYSTEM_2, "seed": 1, **options}
    return Batches(photos or Noise(), TARGETS, PREPROCESSING, **given)


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.pixels, b.pixels) and torch.equal(a.rows, b.rows) for a, b in zip(one, other, strict=True)
    )


def test_an_epoch_shows_each_photo_once_with_its_targets():
    plain = batches(Numbered(), augmentation=None)
    seen: list[int] = []

    for batch in plain.epoch(3):
        for place, row in enumerate(batch.rows.tolist()):
            expected = (10 * (row + 1) / 255 - np.array(PREPROCESSING.mean)) / np.array(PREPROCESSING.std)
            assert np.allclose(batch.pixels[place].numpy(), expected[:, None, None], atol=1e-5)
            assert batch.targets["class"][place] == row % 2
            assert batch.targets["color"][place] == (0, -1)[row % 2]
            seen.append(row)

    assert sorted(seen) == list(range(10))
    assert len(plain) == 3
    assert len(batches(drop_last=True)) == 2


def test_the_number_of_threads_changes_nothing():
    assert same([*batches(workers=1).epoch(2)], [*batches(workers=4).epoch(2)])


def test_a_run_goes_on_in_the_middle_of_an_epoch():
    mixing = Augmentation(crop_scale=(0.5, 1), mixup_alpha=0.3, cutmix_alpha=1.0)
    whole = [*batches(augmentation=mixing).epoch(5)]

    assert same(whole[1:], [*batches(augmentation=mixing).epoch(5, from_step=1)])
    assert all(batch.mixing is not None for batch in whole)


def test_epochs_and_seeds_differ():
    first, second = ([*batches().epoch(number)] for number in (0, 1))
    other = [*batches(seed=2).epoch(0)]

    assert not same(first, second)
    assert torch.equal(first[0].rows, other[0].rows)
    assert not torch.equal(first[0].pixels, other[0].pixels)


def test_leaving_early_ends_the_threads():
    started = batches(workers=3).epoch(0)
    next(started)
    assert any(thread.name.startswith("recollect-batches") for thread in threading.enumerate())

    started.close()

    assert not any(thread.name.startswith("recollect-batches") for thread in threading.enumerate())


def test_an_error_of_a_photo_comes_out():
    class Broken(Numbered):
        def planes(self, row: int) -> np.ndarray:
            if row == 7:
                raise OSError("gone")
            return super().planes(row)

    with pytest.raises(OSError, match="gone"):
        list(batches(Broken(), augmentation=None).epoch())


def test_photos_of_another_size_are_not_taken_for_prepared_ones():
    with pytest.raises(ValueError, match="24"):
        list(batches(Noise(), augmentation=None).epoch())


def test_erasing_leaves_the_mean_colour():
    batch = next(iter(batches(Numbered(), augmentation=Augmentation(erasing=1.0), batch_size=10).epoch()))
    erased = (batch.pixels == 0).all(1).float().mean((1, 2))

    assert erased.min() > 0.005
    assert erased.max() < 0.45


def test_validation_sees_what_the_tagger_sees(make_picture: MakePicture, tmp_path: Path):
    for number in range(4):
        make_picture(f"{'ab'[number % 2]}/{number}.jpg", number, size=(130, 90))
    dataset = read_examples(make_picture("a/9.jpg", 9).parent.parent)
    preprocessing = PreprocessingConfig(height_px=32, width_px=32, resize="crop", shorter_edge_px=36)
    images = ImageCache(tmp_path / "cache").images(dataset.examples, form_for(preprocessing, None))
    plain = Batches(images, {}, preprocessing, order=in_order(len(images)), batch_size=8)

    (batch,) = plain.epoch()

    tagger = TaggerPreprocessing(preprocessing)
    for pixels, example in zip(batch.pixels, images.examples, strict=True):
        prepared = tagger.prepare(decode(read_content(example.path)[0], edge_px=256)).astype(np.float32)
        expected = (prepared / 255 - np.array(preprocessing.mean)) / np.array(preprocessing.std)
        assert np.allclose(pixels.numpy(), expected.transpose(2, 0, 1), atol=1e-5)


def test_balanced_orders_show_each_class_equally_often():
    targets = np.array([0] * 900 + [1] * 90 + [2] * 10)
    order = balanced(targets, seed=3)

    shown = Counter(targets[order(0)].tolist())

    assert all(280 < shown[label] < 390 for label in range(3))
    assert np.array_equal(order(4), order(4))
    assert not np.array_equal(order(4), order(5))


def test_class_weights_balance_and_are_one_on_average():
    weights = class_weights(np.array([0, 0, 0, 1, -1]), 3)

    assert weights[0] * 3 == pytest.approx(weights[1] * 1)
    assert weights[2] == 0
    assert weights[[0, 0, 0, 1]].mean() == pytest.approx(1)
