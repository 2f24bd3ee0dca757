"""Tags without training: sure only where a photo stands out from the noise, and right then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.tags import zero_shot
from core.tags.values import CLASS, TOP_K
from core.tags.vocabulary import Vocabulary, VocabularyHead, bundled_vocabulary
from core.tags.zero_shot import ZeroShotTagger, best_of, zero_shot_key
from core.types import Vectors

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

PRODUCTS = {
    "clothing_cap": "hat",
    "clothing_wrist_watch": "watch",
    "food_storage_plastic_container": "box",
    "footwear_sneakers": "sneakers",
    "personal_care_deodorant": "shampoo",
    "personal_care_shampoo_bottle": "shampoo",
    "personal_care_soap_bar": "soap",
    "tableware_water_bottle": "bottle",
    "travel_backpack": "backpack",
    "travel_handbag": "handbag",
}
SHAPES = Vocabulary((VocabularyHead(CLASS, ("circle", "square")),))


@pytest.fixture(scope="module")
def tagger(starter: ClipEncoder) -> ZeroShotTagger:
    return ZeroShotTagger(starter, bundled_vocabulary())


def random_vectors(count: int, dim: int) -> Vectors:
    vectors = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_that_show_nothing_are_sure_of_nothing(tagger: ZeroShotTagger, starter: ClipEncoder) -> None:
    said = tagger.tag_prepared([()] * 500, random_vectors(500, starter.dim))
    assert np.mean([photo[CLASS].sure for photo in said]) < 0.01
    for photo in said:
        assert set(photo) == {"class", "color", "material", "condition"}
        for prediction in photo.values():
            values = [value for _, value in prediction.top]
            assert len(values) == min(TOP_K, len(values))
            assert values == sorted(values, reverse=True)
            assert sum(values) <= 1.001
            assert prediction.top[0] == (prediction.label, prediction.probability)


def test_a_vector_that_lies_on_a_word_is_sure_of_it(tagger: ZeroShotTagger) -> None:
    words = tagger._words[CLASS]
    said = tagger.tag_prepared([()] * len(words), words)
    right = [photo[CLASS].label == label for photo, label in zip(said, tagger.heads[CLASS], strict=True)]
    assert np.mean(right) > 0.97
    assert np.mean([photo[CLASS].sure for photo in said]) > 0.8


def test_what_it_is_sure_of_on_real_photos_is_right(
    tagger: ZeroShotTagger, starter: ClipEncoder, shared_data: Path
) -> None:
    from trainer.evaluate.photos import embed_photos, read_products

    photos = read_products(shared_data, "val")
    said = [photo[CLASS] for photo in tagger.tag_prepared([()] * len(photos), embed_photos(starter, photos))]
    right = np.array([one.label == PRODUCTS[photo.label] for one, photo in zip(said, photos, strict=True)])
    sure = np.array([one.sure for one in said])
    assert sure.sum() >= 5
    assert right[sure].mean() >= 0.8  # 100 photos of ten kinds, 96 px
    assert right[sure].mean() > right[~sure].mean()
    assert right.mean() > 0.35


def test_pictures_and_their_vectors_are_tagged_alike(tagger: ZeroShotTagger, starter: ClipEncoder) -> None:
    from tests.photo_maker import draw

    images = [draw("red circle"), draw("blue square")]
    assert tagger.tag(images) == tagger.tag_prepared([(), ()], starter.encode_images(images))
    assert tagger.tag_prepared([], np.empty((0, starter.dim), np.float32)) == []


def test_the_key_changes_with_the_words_alone(tagger: ZeroShotTagger, starter: ClipEncoder) -> None:
    assert tagger.key == zero_shot_key(starter.key, bundled_vocabulary())
    assert zero_shot_key(starter.key, SHAPES) != tagger.key
    assert zero_shot_key("another", bundled_vocabulary()) != tagger.key


def test_words_are_encoded_once_and_a_damaged_cache_is_made_anew(
    tmp_path: Path, starter: ClipEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = random_vectors(20, starter.dim)
    monkeypatch.setattr(zero_shot, "_made", {})
    first = ZeroShotTagger(starter, SHAPES, tmp_path).tag_prepared([()] * 20, vectors)
    (file,) = tmp_path.iterdir()
    zero_shot._made.clear()
    with monkeypatch.context() as patch:
        patch.setattr(type(starter), "encode_texts", lambda *_: pytest.fail("encoded twice"))
        assert ZeroShotTagger(starter, SHAPES, tmp_path).tag_prepared([()] * 20, vectors) == first
    file.write_bytes(file.read_bytes()[:100])
    zero_shot._made.clear()
    assert ZeroShotTagger(starter, SHAPES, tmp_path).tag_prepared([()] * 20, vectors) == first
    assert list(tmp_path.iterdir()) == [file]


def test_the_best_come_first_and_the_threshold_decides() -> None:
    (said,) = best_of(np.array([[0.1, 0.6, 0.3]]), ("a", "b", "c"), 0.5)
    assert (said.label, said.sure) == ("b", True)
    assert said.top == (("b", 0.6), ("c", 0.3), ("a", 0.1))
    (unsure,) = best_of(np.array([[0.1, 0.4, 0.3]]), ("a", "b", "c"), 0.5)
    assert not unsure.sure
