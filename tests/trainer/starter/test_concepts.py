"""What photos are called, as targets and as texts."""

from __future__ import annotations

import numpy as np

from trainer.data.examples import NOT_LABELLED
from trainer.starter.concepts import Concepts, Texts, imagenet_names, targets_of
from trainer.starter.corpus import Corpus, Photo
from trainer.starter.phrases import plural, reading_list, text_corpus, whole_words


def corpus() -> Corpus:
    def photos(label: str, count: int, split: str = "train", **more: object) -> list[Photo]:
        return [Photo(f"{label}{split}{n}", "drawn", split, label=label, **more) for n in range(count)]  # type: ignore[arg-type]

    return Corpus(
        (
            *photos("dog", 4),
            *photos("golden retriever", 4, broader=("dog",), color="gold"),
            *photos("automobile", 4, synonyms=("car",), color="red"),
            *photos("car", 4, color="red", material="metal"),
            *photos("abacus", 1),
            *photos("dog", 2, "val"),
            Photo("caption", "flickr", "train", ("A dog runs in the snow towards a man.",)),
            Photo("other", "flickr", "val", ("A cat.",)),
        )
    )


def test_names_that_may_be_true_as_well_are_no_counterexamples() -> None:
    concepts = Concepts.of(corpus())
    assert concepts.labels == ("automobile", "car", "dog", "golden retriever")  # one abacus is not enough to learn it
    together = {
        (concepts.labels[row], concepts.labels[column])
        for row, column in zip(*np.nonzero(concepts.overlap), strict=True)
    }
    assert together == {
        ("automobile", "car"), ("car", "automobile"), ("dog", "golden retriever"), ("golden retriever", "dog"),
    }  # fmt: skip


def test_targets_point_into_the_lists() -> None:
    concepts = Concepts.of(corpus())
    texts = Texts(corpus(), concepts, ("tench", "goldfish"))
    targets = targets_of(corpus(), concepts, texts)
    assert targets.labels.tolist()[:4] == [2, 2, 2, 2]
    assert targets.labels[16] == NOT_LABELLED
    assert concepts.colors == ("gold", "red")
    assert concepts.materials == ("metal",)
    assert targets.colors[4:12].tolist() == [0] * 4 + [1] * 4
    assert [texts.captions[place] for place in targets.captions[-2]] == ["A dog runs in the snow towards a man."]
    assert targets.captions[-1] == ()  # what is said of validation photos is never a text to learn from


def test_rows_lead_back_to_the_texts() -> None:
    concepts = Concepts.of(corpus())
    texts = Texts(corpus(), concepts, ("tench",))
    assert texts.all[texts.name_rows[0][1][0]] == "a photo of a car"  # a synonym of automobile
    assert texts.all[texts.color_rows[1][0]] == "a photo of a gold car"
    assert texts.all[texts.material_rows[1][0]] == "a photo of a metal car"
    assert [texts.all[row] for row in texts.imagenet_rows] == ["a photo of a tench"]
    assert len(set(texts.all)) == len(texts.all)


def test_the_classes_of_the_image_teacher_are_in_its_order() -> None:
    names = imagenet_names()
    assert len(names) == 1000
    assert (names[0], names[1], names[386]) == ("tench", "goldfish", "African bush elephant")


def test_texts_for_the_text_tower_are_the_same_each_time() -> None:
    texts = text_corpus(corpus(), ["dog", "berry"], ["evening", "two"], seed=3)
    assert texts == text_corpus(corpus(), ["dog", "berry"], ["evening", "two"], seed=3)
    assert texts != text_corpus(corpus(), ["dog", "berry"], ["evening", "two"], seed=4)
    assert len(set(texts)) == len(texts)
    assert {"A dog runs in the snow towards a man.", "a photo of a dog", "berries", "evening"} <= set(texts)
    assert "A cat." not in texts


def test_plurals_and_words() -> None:
    assert [plural(word) for word in ("dog", "berry", "toy", "box", "glass", "bench")] == [
        "dogs", "berries", "toys", "boxes", "glass", "benches",
    ]  # fmt: skip
    assert whole_words(["the", "##ing", "[CLS]", "of", "dog", "héros", "42", "the"]) == ["the", "dog"]


def test_an_epoch_reads_single_words_more_often_than_sentences() -> None:
    texts = ["A dog runs.", "evening", "a photo of a evening", "red evening"]
    assert reading_list(texts, ["evening", "two"], 3).tolist() == [0, 1, 1, 1, 2, 2, 2, 3]
