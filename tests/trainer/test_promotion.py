"""Is the new tagger better? Verdicts on real checkpoints, and going live and back in a real library."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import ModelError, TrainingError
from core.tags.values import TagSource
from tests.photo_maker import PhotoMaker
from tests.trainer.tiny_library import indexed_library, label_by_name, make_coloured_photos

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder


@pytest.fixture
def coloured_photos(make_photo: PhotoMaker) -> Path:
    make_coloured_photos(make_photo, 8)
    return make_photo.folder


def test_better_goes_live_worse_does_not_and_there_is_a_way_back(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion.judge import judge, live_tagger, promote, roll_back
    from trainer.runs.run_folder import RunFolder
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        right = teach_library(library, with_report=False)
        verdict = judge(right.folder, live_tagger(library), encoder=starter)
        assert verdict.better, verdict.reason
        assert verdict.heads["class"].accuracy > verdict.heads["class"].live_accuracy
        assert verdict.photos == 24
        kept = json.loads(RunFolder(right.folder).verdict.read_text())
        assert (kept["better"], kept["reason"]) == (True, verdict.reason)
        first = promote(library, right.folder)
        assert (first.run, first.metrics["class accuracy"]) == (right.folder.name, right.metrics["class accuracy"])
        _wait_for(library, first.id)
        # One that learned half of the photos wrongly is judged by the labels of today, and does not go live by itself.
        reds = label_by_name(library, lambda name: name.startswith("red"))
        library.labels.set(reds[::2], "class", "blue")
        wrong = teach_library(library, with_report=False)
        label_by_name(library)
        same = teach_library(library, with_report=False)
        with pytest.raises(TrainingError, match="no better") as caught:
            promote(library, same.folder)
        assert caught.value.remedy
        second = promote(library, wrong.folder, force=True)
        _wait_for(library, second.id)
        assert roll_back(library).id == first.id
        assert [info.id for info in library.tags.taggers() if info.live and info.source is TagSource.MODEL] == [
            first.id
        ]


def test_a_tagger_is_called_as_its_run(library_home: Path, coloured_photos: Path, starter: ClipEncoder) -> None:
    from core.models.json_cache import read_object, write_object
    from trainer.promotion.judge import promote
    from trainer.runs.run_folder import RunFolder
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        folder = RunFolder(teach_library(library, with_report=False).folder)
        said = {"started_at": "2026-01-02T03:04:05+00:00", "name": "shapes of spring"}
        write_object(folder.status_file, {**read_object(folder.status_file), **said})
        assert promote(library, folder.path, force=True).name == "shapes of spring"
        write_object(folder.config, {**read_object(folder.config), "recipe": "starter-finetune"})
        write_object(folder.status_file, {**read_object(folder.status_file), "name": "starter-finetune"})
        assert promote(library, folder.path, force=True).name.startswith("starter-finetune, 2026-01-0")
        label_by_name(library)
        with pytest.raises(TrainingError) as caught:
            promote(library, teach_library(library, with_report=False).folder)
        assert "--force" in caught.value.remedy


def _wait_for(library: object, tagger_id: int) -> None:
    from core.library import Library
    from tests.waiting import wait_until

    assert isinstance(library, Library)
    wait_until(
        lambda: any(info.id == tagger_id and info.live for info in library.tags.taggers()), what="the new tagger"
    )


def test_renamed_and_merged_words_are_no_errors_of_either(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion.judge import judge, live_tagger, promote
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        first = teach_library(library, with_report=False)
        _wait_for(library, promote(library, first.folder, force=True).id)
        second = teach_library(library, with_report=False)
        before = judge(second.folder, live_tagger(library), encoder=starter)
        library.labels.rename_value("class", "red", "crimson")
        library.labels.rename_attribute("shape", "outline")
        after = judge(second.folder, live_tagger(library), encoder=starter)
        assert set(after.heads) == {"class", "outline"}
        assert after.heads["class"] == before.heads["class"]
        assert after.heads["outline"] == before.heads["shape"]
        assert (after.labels_changed, after.labels_removed) == (0, 0)
        library.labels.rename_value("class", "crimson", "blue")
        merged = judge(second.folder, live_tagger(library), encoder=starter).heads["class"]
        assert merged.accuracy >= before.heads["class"].accuracy
        assert merged.live_accuracy >= before.heads["class"].live_accuracy


def test_rolling_back_where_nothing_was_before_is_an_error(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion.judge import roll_back

    with indexed_library(library_home, coloured_photos, starter) as library, pytest.raises(ModelError):
        roll_back(library)


def test_a_live_tagger_that_has_seen_the_photos_is_not_flattered(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    """Its run lies beside the new one: its cross-validation answers. Without the run, the verdict says so."""
    from trainer.promotion.judge import judge
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        live = teach_library(library, with_report=False)
        new = teach_library(library, with_report=False)
        checkpoint = live.folder / "checkpoint"
        fair = judge(new.folder, checkpoint, encoder=starter)
        assert not fair.flatters_live
        assert fair.heads["class"].live_accuracy == pytest.approx(fair.heads["class"].accuracy)
        copied = library_home / "elsewhere"
        shutil.copytree(checkpoint, copied)
        shutil.rmtree(live.folder)
        blind = judge(new.folder, copied, encoder=starter)
        assert blind.flatters_live
        assert any("not known" in note for note in blind.notes)
        assert blind.heads["class"].live_accuracy >= fair.heads["class"].live_accuracy


def test_labels_that_the_live_tagger_does_not_know_are_its_errors(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion.judge import judge
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library, lambda name: not name.startswith("green"))
        two_colours = teach_library(library, with_report=False)
        label_by_name(library)
        three_colours = teach_library(library, with_report=False)
        verdict = judge(three_colours.folder, two_colours.folder / "checkpoint", encoder=starter)
        assert verdict.better
        assert verdict.heads["class"].unknown_to_live == 8
        assert any("class: 8 photos" in note for note in verdict.notes)
        # The other way round, a head that would be lost stands against the new one.
        library.labels.clear([hit.photo_id for hit in library.search("").hits], "shape")
        without_shape = teach_library(library, with_report=False)
        verdict = judge(without_shape.folder, three_colours.folder / "checkpoint", encoder=starter)
        assert not verdict.better
        assert "does not know shape" in verdict.reason


def test_without_a_live_tagger_it_has_to_beat_the_most_frequent_label(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion.judge import judge
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        run = teach_library(library, with_report=False)
        assert judge(run.folder, None).better
        few = label_by_name(library, lambda name: " 0." in name or " 1." in name)
        library.labels.clear([hit.photo_id for hit in library.search("").hits if hit.photo_id not in few])
        verdict = judge(teach_library(library, with_report=False).folder, None)
        assert not verdict.better
        assert "too few" in verdict.reason


def test_zero_shot_is_judged_like_any_other(library_home: Path, coloured_photos: Path, starter: ClipEncoder) -> None:
    from trainer.promotion.judge import judge, live_tagger
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        run = teach_library(library, with_report=False)
        verdict = judge(run.folder, live_tagger(library), encoder=starter)
        assert verdict.better
        assert not verdict.flatters_live
        assert verdict.heads["class"].photos == 24


def test_right_is_what_the_user_says_now(library_home: Path, coloured_photos: Path, starter: ClipEncoder) -> None:
    """Taught with colours that were all mixed up, it is right by the labels of then, and wrong by those of now."""
    from trainer.promotion.judge import judge, live_tagger, promote
    from trainer.teach.lesson_runs import teach_library

    mixed_up = {"red": "blue", "blue": "green", "green": "red"}
    with indexed_library(library_home, coloured_photos, starter) as library:
        for said, called in mixed_up.items():
            ids = label_by_name(library, lambda name, said=said: name.startswith(said))
            library.labels.set(ids, "class", called)
        wrong = teach_library(library, with_report=False)
        assert wrong.metrics["class accuracy"] > 0.8  # it agrees with what it was told
        assert judge(wrong.folder, live_tagger(library), encoder=starter).better
        reds = label_by_name(library)[:1]
        library.labels.clear(reds, "class")
        verdict = judge(wrong.folder, live_tagger(library), encoder=starter)
        assert not verdict.better
        assert (verdict.labels_changed, verdict.labels_removed, verdict.photos) == (23, 1, 23)
        assert any("23 labels have changed" in note for note in verdict.notes)
        assert verdict.heads["shape"].photos == 24
        with pytest.raises(TrainingError):
            promote(library, wrong.folder)
        assert not judge(wrong.folder, None, home=library_home).better


def test_a_head_is_compared_on_photos_that_both_can_answer(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    """What the live tagger has learned from, and has no cross-validated answer to, is no error of it."""
    from trainer.promotion.judge import judge
    from trainer.report.outputs import load_outputs
    from trainer.runs.run_folder import RunFolder
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        ids = label_by_name(library)
        library.labels.clear(ids[12:], "shape")
        live = teach_library(library, with_report=False)
        label_by_name(library)
        new = teach_library(library, with_report=False)
        verdict = judge(new.folder, live.folder / "checkpoint", encoder=starter)
        assert not verdict.flatters_live
        # Of the 24 shapes, 12 were cross-validated, and the 12 others are asked for: the head has not learned them.
        assert verdict.heads["shape"].photos == 24
        # Two shapes of one photo each: no head could answer for them, and the tagger has learned from them.
        library.labels.clear(ids, "shape")
        library.labels.set(ids[:1], "shape", "round")
        library.labels.set(ids[1:2], "shape", "edgy")
        lonely = teach_library(library, with_report=False)
        assert not load_outputs(RunFolder(lonely.folder).outputs("validation")).heads["shape"].known.any()
        label_by_name(library)
        newer = teach_library(library, with_report=False)
        verdict = judge(newer.folder, lonely.folder / "checkpoint", encoder=starter)
        assert verdict.heads["shape"].photos == 22
        assert verdict.heads["class"].photos == 24


def test_lessons_that_were_replaced_are_forgotten(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion.judge import promote
    from trainer.runs.run_folder import list_runs
    from trainer.teach.kept import forget_replaced
    from trainer.teach.lesson_runs import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        named = teach_library(library, name="my best one", with_report=False).folder.name
        first, second = (teach_library(library, seed=seed, with_report=False).folder for seed in (1, 2))
        for folder in (first, second):
            _wait_for(library, promote(library, folder, force=True).id)
        lessons = [teach_library(library, seed=seed, with_report=False).folder.name for seed in range(3, 8)]
        runs = {folder.path.name for folder in list_runs(library.paths.runs)}
        assert runs == {named, first.name, second.name, *lessons}  # in use, and where rolling back leads
        third = promote(library, library.paths.runs / lessons[-1], force=True)
        _wait_for(library, third.id)
        forget_replaced(library, kept=1)
        assert {folder.path.name for folder in list_runs(library.paths.runs)} == {named, second.name, lessons[-1]}
        trained = [info.run for info in library.tags.taggers() if info.source is TagSource.MODEL]
        assert set(trained) == {second.name, lessons[-1]}
        assert len([place for place in library.paths.taggers.iterdir() if place.is_dir()]) == len(trained)


def test_a_tagger_that_was_taught_on_a_folder_is_no_lesson(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    """It bears the name of one, and nobody asked for its end."""
    from trainer.config import TrainConfig
    from trainer.data.sources import read_examples
    from trainer.data.splits import split_dataset
    from trainer.promotion.judge import promote
    from trainer.runs.run_folder import RunFolder, RunState
    from trainer.teach.kept import UNNAMED, forget_replaced
    from trainer.teach.lesson_runs import teach_library, train_teach

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        (library_home / "by class").mkdir()
        library.labels.export_folders(library_home / "by class")
        dataset = split_dataset(read_examples(library_home / "by class"), validation=0.3, test=0.0, near=())
        folder, config = RunFolder.create(library.paths.runs, UNNAMED), TrainConfig(recipe="teach", tier="teach")
        folder.begin(UNNAMED)
        folder.write_json(folder.config, config.model_dump(mode="json"))
        dataset.write(folder.data)
        train_teach(config, dataset, folder, lambda event: None, home=library_home, encoder=starter)
        folder.end(RunState.FINISHED, metrics={})
        taught = promote(library, folder.path, force=True)
        assert taught.name == UNNAMED
        _wait_for(library, taught.id)
        for seed in (1, 2, 3):
            _wait_for(
                library, promote(library, teach_library(library, seed=seed, with_report=False).folder, force=True).id
            )
        forget_replaced(library, kept=0)
        assert taught.id in {info.id for info in library.tags.taggers()}
        assert len([info for info in library.tags.taggers() if info.source is TagSource.MODEL]) == 3
        assert folder.path.is_dir()
