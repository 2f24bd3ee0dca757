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
    from trainer.promotion import judge, live_tagger, promote, roll_back
    from trainer.run_folder import RunFolder
    from trainer.teach import teach_library

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


def _wait_for(library: object, tagger_id: int) -> None:
    from core.library import Library
    from tests.waiting import wait_until

    assert isinstance(library, Library)
    wait_until(
        lambda: any(info.id == tagger_id and info.live for info in library.tags.taggers()), what="the new tagger"
    )


def test_rolling_back_where_nothing_was_before_is_an_error(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    from trainer.promotion import roll_back

    with indexed_library(library_home, coloured_photos, starter) as library, pytest.raises(ModelError):
        roll_back(library)


def test_a_live_tagger_that_has_seen_the_photos_is_not_flattered(
    library_home: Path, coloured_photos: Path, starter: ClipEncoder
) -> None:
    """Its run lies beside the new one: its cross-validation answers. Without the run, the verdict says so."""
    from trainer.promotion import judge
    from trainer.teach import teach_library

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
    from trainer.promotion import judge
    from trainer.teach import teach_library

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
    from trainer.promotion import judge
    from trainer.teach import teach_library

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
    from trainer.promotion import judge, live_tagger
    from trainer.teach import teach_library

    with indexed_library(library_home, coloured_photos, starter) as library:
        label_by_name(library)
        run = teach_library(library, with_report=False)
        verdict = judge(run.folder, live_tagger(library), encoder=starter)
        assert verdict.better
        assert not verdict.flatters_live
        assert verdict.heads["class"].photos == 24
