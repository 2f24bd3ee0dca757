"""What comes of an adaptation in the window: said in plain words, taken into use, taken back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from core.errors import ModelError
from core.events import ErrorRaised, ProgressChanged
from core.indexing import EncoderFailure
from core.types import Activity, Progress
from desktop.adapting.adapt_words import GAINED, MAYBE, NOTHING
from desktop.adapting.encoder_arrival import PAUSED
from desktop.reports.run_rows import IN_USE, read_listing, row_of
from desktop.training.outcome_panel import Choice
from tests.desktop.adapted_home import ENCODER, GOOD, PHOTOS, POOR, press, run_of, show_run
from tests.desktop.training_stage import TrainingStage
from trainer.promotion.judge import promote
from trainer.teach.lesson_runs import teach_library

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.errors import RecollectError

LEFT = Qt.MouseButton.LeftButton


def test_what_it_gained_is_said_and_it_can_be_used_and_taken_back(adapting: TrainingStage, qtbot: QtBot) -> None:
    library, course = adapting.library, adapting.page.train.course
    run = show_run(adapting, GOOD)
    assert course.outcome.title in (GAINED, MAYBE)
    assert list(course.outcome.buttons) == [Choice.USE_FOR_SEARCH, Choice.COMPARE, Choice.REPORT, Choice.LEAVE]
    assert "the nearest photo has the same label" in course.outcome.lines[0]
    assert course.outcome.lines[1].startswith("Search by words")
    press(adapting, Choice.REPORT)
    assert adapting.what("report_wanted") == [(run,)]
    press(adapting, Choice.USE_FOR_SEARCH)
    qtbot.waitUntil(lambda: course.outcome.title == "In use for search", timeout=60_000)
    adapted = library.encoder_name
    assert adapted is not None
    assert adapted.startswith(f"{ENCODER}, adapted")
    assert len(library.search("red", strictness=0).hits) == PHOTOS
    entry = next(each for each in read_listing(library).entries if each.path == run)
    assert row_of(entry).cells[3].text == IN_USE
    show_run(adapting, GOOD)  # as after another start
    assert Choice.USE_FOR_SEARCH not in course.outcome.buttons
    press(adapting, Choice.ROLL_BACK)
    qtbot.waitUntil(lambda: course.outcome.title.endswith("answers again"), timeout=60_000)
    assert library.encoder_name == ENCODER
    press(adapting, Choice.USE_FOR_SEARCH)  # it was taken in already, and knows the photos
    qtbot.waitUntil(lambda: course.outcome.title == "In use for search", timeout=60_000)
    assert library.encoder_name == adapted
    assert [name for name in library.settings.encoders if name != ENCODER] == [adapted]
    assert adapting.errors == []


def test_where_the_guard_left_nothing_nothing_is_offered(adapting: TrainingStage) -> None:
    show_run(adapting, POOR)
    outcome = adapting.page.train.course.outcome
    assert outcome.title == NOTHING
    assert list(outcome.buttons) == [Choice.REPORT, Choice.DISMISS]
    assert "nothing to use" in outcome.lines[0]
    press(adapting, Choice.DISMISS)
    assert not outcome.isVisible()


def test_a_run_that_was_not_measured_says_so(adapting: TrainingStage) -> None:
    run = run_of(adapting.library.paths.home, GOOD)
    (run / "guard.json").write_text("{", encoding="utf-8")
    show_run(adapting, GOOD)
    outcome = adapting.page.train.course.outcome
    assert outcome.title == "Adapted, but not measured"
    assert Choice.USE_FOR_SEARCH not in outcome.buttons


def test_files_that_are_lost_are_told_with_a_remedy(adapting: TrainingStage, qtbot: QtBot) -> None:
    run = show_run(adapting, GOOD)
    shutil.rmtree(run / "checkpoint")
    press(adapting, Choice.USE_FOR_SEARCH)
    outcome = adapting.page.train.course.outcome
    qtbot.waitUntil(lambda: "gone" in "".join(outcome.lines), timeout=20_000)
    assert Choice.USE_FOR_SEARCH not in outcome.buttons
    assert adapting.library.settings.encoder == ENCODER


def test_a_taught_tagger_rests_while_it_answers_and_comes_back(adapting: TrainingStage, qtbot: QtBot) -> None:
    library, course = adapting.library, adapting.page.train.course
    for photo in library.photos(library.all_photos()):
        library.labels.set([photo.id], "class", photo.path.parent.name)
    taught = promote(library, teach_library(library, with_report=False).folder, force=True)

    def is_live() -> bool:
        return next(each for each in library.tags.taggers() if each.id == taught.id).live

    qtbot.waitUntil(is_live, timeout=60_000)
    show_run(adapting, GOOD)
    assert any("it rests while the adapted model answers" in line for line in course.outcome.lines)
    press(adapting, Choice.USE_FOR_SEARCH)
    qtbot.waitUntil(lambda: course.outcome.title == "In use for search", timeout=60_000)
    qtbot.waitUntil(lambda: not is_live(), timeout=60_000)
    press(adapting, Choice.ROLL_BACK)
    qtbot.waitUntil(is_live, timeout=60_000)


def test_a_model_that_had_failed_already_is_not_waited_for(adapting: TrainingStage, qtbot: QtBot) -> None:
    library, arrival = adapting.library, adapting.page.train.course.adaptation.arrival
    missing = next(each.name for each in library.models.all() if not each.installed)
    library.change_settings(encoder=missing)
    qtbot.waitUntil(lambda: library.encoder_failure is not None, timeout=20_000)
    lost: list[RecollectError] = []
    arrival.lost.connect(lost.append)
    arrival.wait_for(missing)
    assert library.encoder_failure is not None
    assert lost == [library.encoder_failure.error]
    assert not arrival.is_waiting
    library.change_settings(encoder=ENCODER)


def test_while_it_looks_at_the_photos_it_says_how_far_it_is(adapting: TrainingStage, qtbot: QtBot) -> None:
    library, course = adapting.library, adapting.page.train.course
    library.pause()
    show_run(adapting, GOOD)
    press(adapting, Choice.USE_FOR_SEARCH)
    qtbot.waitUntil(lambda: course.outcome.title == "Looking at your photos", timeout=20_000)
    assert course.adaptation.arrival.is_waiting
    assert library.encoder_name == ENCODER  # it goes on answering
    library._bus.publish(ProgressChanged(Progress(Activity.PAUSED)))
    qtbot.waitUntil(lambda: course.outcome.lines[0] == PAUSED, timeout=20_000)
    library._bus.publish(ProgressChanged(Progress(Activity.REEMBEDDING, done=12, total=48)))
    qtbot.waitUntil(lambda: "12 of 48 photos" in course.outcome.lines[0], timeout=20_000)
    adapting.bridge.error_raised.emit(ModelError("A tagger cannot be read.", remedy="Train it again."))
    assert course.adaptation.arrival.is_waiting  # that is another model
    error = ModelError("Its weights are damaged.", remedy="Train it again.")
    library._background._indexing.failure = EncoderFailure(library.settings.encoder, error)
    library._bus.publish(ErrorRaised(error))
    qtbot.waitUntil(lambda: course.outcome.lines[0] == "Its weights are damaged.", timeout=20_000)
    press(adapting, Choice.ROLL_BACK)
    qtbot.waitUntil(lambda: course.outcome.title == f"{ENCODER} answers again", timeout=20_000)
    library.resume()
