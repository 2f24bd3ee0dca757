"""Teaching: linear heads on vectors, from one photo a class to a run of a real library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.errors import TrainingError
from core.tags.values import Split
from tests.photo_maker import PhotoMaker
from tests.trainer.tiny_library import indexed_library, label_by_name, make_coloured_photos

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder

DIM = 16


def clusters(
    classes: int, of_each: int, *, seed: int = 0, spread: float = 0.4
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors (N, DIM) around a centre for each class, and their classes (N,)."""
    centres = np.random.default_rng(7).standard_normal((classes, DIM))
    truth = np.repeat(np.arange(classes), of_each)
    vectors = centres[truth] + spread * np.random.default_rng(seed).standard_normal((len(truth), DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), truth


def named(truth: NDArray[np.int64]) -> list[str | None]:
    return [f"class {each}" for each in truth]


def test_what_was_taught_holds_for_other_photos() -> None:
    from trainer.teach.result import teach

    vectors, truth = clusters(4, 20)
    result = teach(vectors, {"class": named(truth)})
    others, wanted = clusters(4, 50, seed=1)
    probabilities = result.heads["class"].probabilities(others)
    assert (probabilities.argmax(axis=1) == wanted).mean() > 0.95
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert result.metrics["class accuracy"] > 0.9  # cross-validated
    assert result.warnings == ()


def test_the_solver_finds_what_scikit_learn_finds() -> None:
    from trainer.teach.heads import fit

    vectors, truth = clusters(3, 40, spread=0.8)
    truth[5:40] = 1  # uneven classes
    weights, bias = fit(vectors, truth, 3, freedom=0.1)
    centred = vectors - vectors.mean(axis=0)
    spread = np.sqrt(np.square(centred).mean())
    theirs = LogisticRegression(C=0.1, max_iter=500).fit(centred / spread, truth)
    ours = vectors @ weights.T + bias
    ours = np.exp(ours) / np.exp(ours).sum(axis=1, keepdims=True)
    assert np.abs(ours - theirs.predict_proba(centred / spread)).max() < 0.01


def test_a_head_that_knows_nothing_is_no_worse_than_the_most_frequent_label() -> None:
    """An attribute by chance, seven in ten alike. A class has to find its rare labels instead."""
    from trainer.teach.result import teach

    vectors, _ = clusters(3, 100, spread=2.0)
    chance = np.random.default_rng(5).random(300)
    labels: list[str | None] = ["common" if each < 0.7 else "rare" for each in chance]
    result = teach(vectors, {"color": labels, "class": labels})
    assert result.metrics["color accuracy"] >= result.metrics["color majority"] - 0.01
    assert result.metrics["class macro F1"] >= result.metrics["color macro F1"]


def test_folds_keep_groups_together_and_share_labels_out() -> None:
    from trainer.teach.heads import folds_of

    targets = np.repeat([0, 1, 2], [200, 80, 20])
    groups = np.arange(300) // 2
    folds = list(folds_of(targets, groups, seed=3))
    assert len(folds) == 5
    assert np.sort(np.concatenate([test for _, test in folds])).tolist() == list(range(300))
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
        assert np.bincount(targets[test], minlength=3).tolist() == [40, 16, 4]


def test_one_photo_of_each_class_is_enough_to_begin_with() -> None:
    from trainer.teach.result import teach

    vectors, truth = clusters(5, 1)
    result = teach(vectors, {"class": named(truth)})
    others, wanted = clusters(5, 20, seed=1)
    head = result.heads["class"]
    assert (head.logits(others).argmax(axis=1) == wanted).mean() > 0.8
    assert result.metrics == {}  # nothing could be held out
    assert head.temperature == 1.0
    assert head.threshold == 0.9  # and so little is sure


def test_photos_without_a_label_say_nothing() -> None:
    from trainer.teach.result import teach

    vectors, truth = clusters(3, 20)
    labels = named(truth)
    half: list[str | None] = [label if row % 2 else None for row, label in enumerate(labels)]
    masked = teach(vectors, {"class": half})
    alone = teach(vectors[1::2], {"class": labels[1::2]})
    others, _ = clusters(3, 20, seed=1)
    assert np.allclose(masked.heads["class"].logits(others), alone.heads["class"].logits(others), atol=1e-4)
    assert masked.held_out["class"].known.tolist() == [False, True] * 30


def test_a_head_with_a_single_label_is_left_out_and_said() -> None:
    from trainer.teach.result import teach

    vectors, truth = clusters(2, 5)
    result = teach(vectors, {"color": ["red"] * 10, "class": named(truth), "empty": [None] * 10})
    assert list(result.heads) == ["class"]
    assert result.warnings == ("color is left out: all photos that are labelled have the same, red.",)


def test_nothing_to_tell_apart_is_an_error_with_a_remedy() -> None:
    from trainer.teach.result import teach

    vectors, _ = clusters(2, 5)
    with pytest.raises(TrainingError, match="two different labels") as caught:
        teach(vectors, {"class": ["cat"] * 10})
    assert caught.value.remedy
    with pytest.raises(TrainingError, match="finite"):
        teach(np.full_like(vectors, np.nan), {"class": ["a", "b"] * 5})


def test_photos_of_one_group_never_answer_for_each_other() -> None:
    """Labels by chance, but each photo ten times: without groups, copies would give the answer away."""
    from trainer.teach.result import teach

    once, _ = clusters(1, 30, spread=2.0)
    chance = np.random.default_rng(3).integers(0, 2, 30)
    vectors, labels, groups = np.repeat(once, 10, axis=0), named(np.repeat(chance, 10)), np.repeat(np.arange(30), 10)
    honest = teach(vectors, {"class": labels}, groups).metrics["class accuracy"]
    assert teach(vectors, {"class": labels}).metrics["class accuracy"] > honest + 0.15


def test_probabilities_mean_what_they_say() -> None:
    from trainer.report.calibration import ece
    from trainer.report.outputs import HeadOutputs
    from trainer.teach.result import teach

    vectors, truth = clusters(3, 150, spread=1.5)
    head = teach(vectors, {"class": named(truth)}).heads["class"]
    others, wanted = clusters(3, 300, seed=1, spread=1.5)
    probabilities = head.probabilities(others)
    assert ece(probabilities, wanted) < 0.08
    outputs = HeadOutputs(head.labels, head.logits(others), wanted)
    sure = probabilities.max(axis=1) >= head.threshold
    assert sure.any()
    assert (outputs.predicted == wanted)[sure].mean() > 0.85


def test_going_on_from_an_earlier_lesson_leads_to_the_same_place() -> None:
    from trainer.teach.result import teach

    vectors, truth = clusters(4, 20)
    before = teach(vectors[:60], {"class": named(truth[:60])})  # it does not know the fourth class
    cold = teach(vectors, {"class": named(truth)})
    warm = teach(vectors, {"class": named(truth)}, start=before.heads)
    others, _ = clusters(4, 20, seed=1)
    difference = warm.heads["class"].probabilities(others) - cold.heads["class"].probabilities(others)
    assert np.abs(difference).max() < 0.03


def test_a_taught_checkpoint_answers_through_the_loader_as_the_heads_do(tmp_path: Path) -> None:
    from core.models.taggers.config import TrainedConfig
    from core.models.taggers.loaded import load_tagger
    from trainer.teach.result import Source, teach, write_checkpoint

    vectors, truth = clusters(3, 20)
    result = teach(vectors, {"f. 2/größe": named(truth), "class": named(truth)})
    write_checkpoint(
        tmp_path / "taught", result.heads, Source("starter:1:2", "starter", DIM),
        name="mine", metrics=result.metrics, trained=TrainedConfig(recipe="teach"),
    )  # fmt: skip
    tagger = load_tagger(tmp_path / "taught")
    assert tagger.encoder_key == "starter:1:2"
    assert list(tagger.heads) == ["class", "f. 2/größe"]
    said = tagger.tag_prepared([()] * len(vectors), vectors)
    probabilities = result.heads["class"].probabilities(vectors)
    assert [each["class"].probability for each in said] == pytest.approx(probabilities.max(axis=1), abs=1e-3)
    assert [each["class"].label for each in said] == [
        result.heads["class"].labels[row] for row in probabilities.argmax(axis=1)
    ]


def test_a_library_is_taught_and_the_run_is_like_any_other(
    library_home: Path, make_photo: PhotoMaker, starter: ClipEncoder
) -> None:
    from core.models.taggers.loaded import load_tagger
    from trainer.data.examples import Dataset
    from trainer.report.outputs import load_outputs
    from trainer.runs.run_folder import RunFolder, RunState, list_runs
    from trainer.teach.lesson_runs import teach_library

    make_coloured_photos(make_photo, 6)
    with indexed_library(library_home, make_photo.folder, starter) as library:
        with pytest.raises(TrainingError, match="labelled"):
            teach_library(library)
        labelled = label_by_name(library)
        run = teach_library(library)
        folder = RunFolder(run.folder)
        assert [each.path for each in list_runs(library.paths.runs)] == [run.folder]
        assert folder.status is not None
        assert folder.status.state is RunState.FINISHED
        assert run.metrics["class accuracy"] > 0.8
        assert folder.status.metrics == run.metrics
        outputs = load_outputs(folder.outputs("validation"))
        assert len(outputs) == len(labelled) == 18  # each was held out in turn
        assert all(each.split is Split.TRAIN for each in Dataset.read(folder.data).examples)
        assert json.loads(folder.metrics.read_text())["validation"]["heads"]["class"]["n"] == 18
        assert load_tagger(folder.checkpoint).encoder_key == starter.key
        assert folder.report.is_file()


def test_lessons_follow_the_labels_without_a_run(
    library_home: Path, make_photo: PhotoMaker, starter: ClipEncoder
) -> None:
    from trainer.teach.live import LiveTeacher

    make_coloured_photos(make_photo, 4)
    now = [0.0]
    with indexed_library(library_home, make_photo.folder, starter) as library:
        teacher = LiveTeacher(library, clock=lambda: now[0])
        assert teacher.due_in_s() is None
        label_by_name(library, lambda name: name.startswith("red"))
        teacher.note_change()
        assert teacher.due_in_s() == pytest.approx(0.7)
        now[0] = 1.0
        assert teacher.due_in_s() == 0.0
        # Only one class so far, but two shapes: there is something to tell apart.
        lesson = teacher.refit()
        assert lesson is not None
        assert list(lesson.result.heads) == ["shape"]
        assert teacher.due_in_s() is None
        label_by_name(library, lambda name: name.endswith(" 0.jpg"))
        teacher.note_change()
        teacher.refit()
        ids = [hit.photo_id for hit in library.search("").hits]
        said = teacher.predictions(ids)
        names = {hit.photo_id: hit.path.name for hit in library.search("").hits}
        right = [said[photo_id]["class"].label == names[photo_id].split(" ")[0] for photo_id in ids]
        assert sum(right) >= 9  # of 12, from one or a few photos of each colour
        assert not any(library.paths.runs.iterdir())
        kept = teacher.keep()
        assert (kept.folder / "checkpoint").is_dir()


def test_folders_are_embedded_taught_and_measured_on_their_own_split(
    tmp_path: Path, make_photo: PhotoMaker, starter: ClipEncoder
) -> None:
    from trainer.config import TrainConfig
    from trainer.data.sources import read_examples
    from trainer.data.splits import split_dataset
    from trainer.events import Event
    from trainer.report.outputs import load_outputs
    from trainer.runs.run_folder import RunFolder
    from trainer.teach.lesson_runs import train_teach

    for colour in ("red", "blue"):
        for number in range(10):
            make_photo(
                f"{colour}/{number}.jpg", f"{colour} {'circle' if number % 2 else 'square'}", size=(90 + number, 80)
            )
    dataset = split_dataset(read_examples(make_photo.folder), validation=0.3, test=0.2, near=())
    folder, told = RunFolder.create(tmp_path / "runs", "teach"), list[Event]()
    config = TrainConfig(recipe="teach", tier="teach")
    figures = train_teach(config, dataset, folder, told.append, home=tmp_path / "home", encoder=starter)
    assert figures["class accuracy"] > 0.7
    validation = load_outputs(folder.outputs("validation"))
    assert set(validation.ids) == {each.content_hash for each in dataset.of(Split.VALIDATION)}
    assert len(load_outputs(folder.outputs("test"))) == len(dataset.of(Split.TEST))
    unseen = RunFolder.create(tmp_path / "runs", "teach")
    without_test = config.changed(look_at_test=False)
    shown = train_teach(without_test, dataset, unseen, told.append, home=tmp_path / "other home", encoder=starter)
    assert shown["class accuracy"] == json.loads(unseen.metrics.read_text())["validation"]["heads"]["class"]["accuracy"]
    assert "test" not in json.loads(unseen.metrics.read_text())
    assert not unseen.outputs("test").exists()
    # The vectors were kept: photos that are gone meanwhile are known all the same.
    for each in dataset.examples:
        each.path.unlink()
    again = RunFolder.create(tmp_path / "runs", "teach")
    assert train_teach(config, dataset, again, told.append, home=tmp_path / "home", encoder=starter) == figures


def test_a_cancelled_lesson_leaves_no_checkpoint() -> None:
    from trainer.control import CancelledError
    from trainer.teach.result import teach

    vectors, truth = clusters(3, 20)
    with pytest.raises(CancelledError):
        teach(vectors, {"class": named(truth)}, cancelled=lambda: True)


def test_the_cache_of_vectors_survives_damage(tmp_path: Path) -> None:
    from trainer.teach.embeddings import EmbeddingCache

    vectors, _ = clusters(2, 3)
    cache = EmbeddingCache(tmp_path, "starter:1", DIM, most=4)
    cache.add(list("abcdef"), vectors)
    cache.save()
    known = EmbeddingCache(tmp_path, "starter:1", DIM)
    assert [each in known for each in "abcdef"] == [False, False, True, True, True, True]  # the first ones went
    assert np.allclose(known.vectors(["f", "c"]), vectors[[5, 2]], atol=1e-3)
    assert "f" not in EmbeddingCache(tmp_path, "other:1", DIM)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:50])
    assert "f" not in EmbeddingCache(tmp_path, "starter:1", DIM)
