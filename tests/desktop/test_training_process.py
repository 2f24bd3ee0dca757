"""Real trainings in processes of their own, from the page: to the end, cancelled, killed, gone on with, closed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PySide6.QtCore import Qt

from desktop.training.outcome_panel import Choice
from desktop.training.request import Request
from desktop.training.unfinished import can_go_on, find_unfinished, leave
from tests.desktop.indexed_library import index
from tests.desktop.training_stage import PROCESS_MS, TrainingStage, tiny_request
from tests.trainer.tiny_library import label_by_name, make_coloured_photos
from tests.trainer.tiny_training import tiny_config, write_backbone
from trainer.events import Prepared
from trainer.runs.run_folder import RunFolder, RunState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme
    from tests.photo_maker import PhotoMaker

LEFT = Qt.MouseButton.LeftButton
LONG = 5_000  # epochs: it does not end by itself


@pytest.fixture
def stage(library: Library, theme: Theme, make_photo: PhotoMaker, qtbot: QtBot) -> Iterator[TrainingStage]:
    """24 small photos of three colours, all labelled."""
    make_coloured_photos(make_photo, 8)
    index(library, make_photo.folder)
    label_by_name(library)
    stage = TrainingStage(library, theme, qtbot)
    stage.page.train.estimate.ask = lambda request: None  # type: ignore[method-assign]  # a process for itself
    stage.show()
    yield stage
    stage.close()


def epochs_done(stage: TrainingStage) -> int:
    return len(stage.page.train.course.run_panel.history.done)


def start(stage: TrainingStage, request: Request, *, epochs: int = 1) -> None:
    """Until some epochs are done."""
    stage.page.train.course.start(request)
    stage.qtbot.waitUntil(lambda: epochs_done(stage) >= epochs, timeout=PROCESS_MS)


def test_a_training_runs_to_its_verdict(stage: TrainingStage, tmp_path: Path, qtbot: QtBot) -> None:
    course = stage.page.train.course
    stage.page.train._start(tiny_request(tmp_path, 1))
    assert course.run_panel.isVisible()
    assert not stage.page.train.recipe.isVisible()
    assert not stage.page.train.teaching.teach_button.isEnabled()
    qtbot.waitUntil(lambda: Choice.REPORT in course.outcome.buttons, timeout=PROCESS_MS)
    assert course.outcome.title in ("Better", "Not better")
    assert course.outcome.isVisible()
    assert course.run is not None
    assert course.run.parent == stage.library.paths.runs
    assert (course.run / "verdict.json").is_file()
    status = RunFolder(course.run).status
    assert status is not None
    assert status.state is RunState.FINISHED
    assert course.run_panel.history.score_curves().length == 2
    assert "Phase “all”" in course.run_panel.log.toPlainText()
    jobs = stage.what("job_moved")
    assert any(values[2] > 0 for values in jobs)
    assert stage.what("job_ended") == [("Training",)]
    assert stage.page.train.recipe.isVisible()
    assert stage.errors == []


def test_killed_gone_on_with_and_closed(stage: TrainingStage, tmp_path: Path, qtbot: QtBot) -> None:
    course = stage.page.train.course
    start(stage, tiny_request(tmp_path, LONG), epochs=2)
    psutil.Process(course.process.pid).kill()
    qtbot.waitUntil(lambda: not course.process.is_running, timeout=20_000)
    assert course.outcome.title == "The training ended unexpectedly"
    before = epochs_done(stage)
    qtbot.mouseClick(course.outcome.buttons[Choice.GO_ON], LEFT)
    qtbot.waitUntil(lambda: course.process.is_running, timeout=20_000)
    assert epochs_done(stage) >= before  # the curves are there again
    qtbot.waitUntil(lambda: epochs_done(stage) > before + 1, timeout=PROCESS_MS)
    run, pid = course.process.run, course.process.pid
    assert run is not None
    stage.page.stop()  # the window closes
    assert not psutil.pid_exists(pid)
    found = find_unfinished(stage.library.paths.runs)
    assert found is not None
    assert found.path == run
    stage.page.look_for_unfinished()  # the next start
    qtbot.waitUntil(lambda: course.outcome.title == "A training can go on", timeout=20_000)
    assert course.run == run
    qtbot.mouseClick(course.outcome.buttons[Choice.LEAVE], LEFT)
    qtbot.waitUntil(lambda: find_unfinished(stage.library.paths.runs) is None, timeout=20_000)


def test_stop_keeps_the_best(stage: TrainingStage, tmp_path: Path, qtbot: QtBot) -> None:
    course = stage.page.train.course
    start(stage, tiny_request(tmp_path, LONG))
    run = course.process.run
    assert run is not None
    course.run_panel.speeds["paused"].setChecked(True)
    qtbot.waitUntil(lambda: "paused" in course.run_panel.status, timeout=20_000)
    assert '"paused"' in RunFolder(run).control.read_text()
    qtbot.mouseClick(course.run_panel.cancel_button, LEFT)
    assert not course.run_panel.cancel_button.isEnabled()
    qtbot.waitUntil(lambda: Choice.REPORT in course.outcome.buttons, timeout=PROCESS_MS)
    assert any("stopped early" in line for line in course.outcome.lines)
    assert (run / "checkpoint").is_dir()
    assert find_unfinished(stage.library.paths.runs) is None  # the user wanted it so


def test_cancelled_before_it_has_begun(stage: TrainingStage, tmp_path: Path, qtbot: QtBot) -> None:
    course = stage.page.train.course
    course.start(tiny_request(tmp_path, LONG))
    course.cancel()
    qtbot.waitUntil(lambda: not course.process.is_running, timeout=PROCESS_MS)
    assert course.outcome.title == "The training was stopped"
    assert list(course.outcome.buttons) == [Choice.DISMISS]
    qtbot.mouseClick(course.outcome.buttons[Choice.DISMISS], LEFT)
    assert not course.run_panel.isVisible()


def test_what_cannot_be_trained_is_said_with_its_remedy(stage: TrainingStage, qtbot: QtBot) -> None:
    course = stage.page.train.course
    course.start(Request("starter-finetune", ("no_such_value=1",)))
    qtbot.waitUntil(lambda: not course.process.is_running, timeout=PROCESS_MS)
    assert "no_such_value" in course.outcome.lines[0]
    assert len(course.outcome.lines) == 2  # and a remedy
    assert Choice.GO_ON not in course.outcome.buttons


def test_who_looks_elsewhere_gets_a_notice(stage: TrainingStage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    stage.page.hide()
    stage.page.train.course.start(Request("starter-finetune"))
    qtbot.waitUntil(lambda: len(stage.errors) == 1, timeout=20_000)
    assert stage.errors[0].title == "The training could not be started"


def test_the_estimate_comes_from_a_rehearsal(stage: TrainingStage, tmp_path: Path, qtbot: QtBot) -> None:
    estimate = stage.page.train.estimate
    del estimate.ask  # the real one again
    request = tiny_request(tmp_path, 3)
    with qtbot.waitSignal(estimate.known, timeout=PROCESS_MS) as answer:
        estimate.ask(request)
    assert answer.args is not None
    assert answer.args[0] == request
    assert 1 < answer.args[1] < 600
    with qtbot.waitSignal(estimate.known, timeout=100):  # remembered
        estimate.ask(request)
    estimate.ask(tiny_request(tmp_path, 4))
    qtbot.waitUntil(lambda: estimate.is_running, timeout=20_000)
    estimate.stop()
    assert not estimate.is_running


def test_only_runs_that_can_go_on_are_offered(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert find_unfinished(runs) is None
    folder = RunFolder.create(runs, "tiny")
    folder.begin("tiny")
    status = folder.status_file.read_text().replace('"process_started_at"', '"was"')  # as if its process were gone
    folder.status_file.write_text(status)
    assert folder.status is not None
    assert folder.status.state is RunState.INTERRUPTED
    assert find_unfinished(runs) is None  # nothing was prepared yet
    folder.config.write_text(tiny_config(write_backbone(tmp_path / "tiny")).model_dump_json())
    folder.data.write_text("{}")
    assert can_go_on(folder)
    assert find_unfinished(runs) == folder
    leave(folder)
    assert find_unfinished(runs) is None


def test_events_of_other_kinds_are_no_harm(stage: TrainingStage) -> None:
    process = stage.page.train.course.process
    told: list = []
    process.happened.connect(told.append)
    line = '{"type": "Prepared", "run": "", "config": {}, "data": {}, "estimate_s": null}\nno json\n{"type": "New"}\n'
    process._take(process._reader.feed(line))
    assert [type(each) for each in told] == [Prepared]
