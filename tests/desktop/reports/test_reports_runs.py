"""The history of runs in the window: what it lists, and what is done with runs and taggers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox

from core.errors import RecollectError
from core.tags.values import TagSource
from desktop.reports import run_deeds
from desktop.reports.run_actions import COMBINE, COMPARE, DELETE, EXPORT, FOLDER, GO_ON, REPORT, USE, RunAction
from desktop.reports.runs_view import RunsView
from tests.desktop.reports.conftest import ReportsStage
from tests.desktop.test_accessibility import nameless, unreachable

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme
    from tests.desktop.opened_files import OpenedFiles

ROWS = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class Stage:
    """The view, and what it tells."""

    def __init__(self, reports: ReportsStage, theme: Theme, qtbot: QtBot) -> None:
        self.reports, self.qtbot = reports, qtbot
        self.view = RunsView(reports.library, reports.tasks, theme)
        self.said: list[str] = []
        self.errors: list[RecollectError] = []
        self.view.said.connect(self.said.append)
        self.view.failed.connect(self.errors.append)
        qtbot.addWidget(self.view)
        self.view.resize(1000, 600)
        self.view.show()
        qtbot.waitExposed(self.view)
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.view.is_busy, timeout=60_000)

    @property
    def names(self) -> list[str]:
        return [row[0] for row in self.view.table.texts]

    @property
    def states(self) -> dict[str, str]:
        return {row[0]: row[3] for row in self.view.table.texts}

    def select(self, *names: str) -> None:
        self.view.table.select([entry.key for entry in self.view.entries if entry.name in names])

    def press(self, action: RunAction) -> None:
        assert self.view.buttons[action].isEnabled(), action.name
        self.view.buttons[action].click()
        self.settle()

    def answer(self, kind: type[QMessageBox], text: str) -> None:
        box = self.view.findChild(kind)
        assert box is not None
        next(button for button in box.buttons() if button.text() == text).click()
        self.settle()


@pytest.fixture
def stage(reports: ReportsStage, theme: Theme, qtbot: QtBot) -> Stage:
    return Stage(reports, theme, qtbot)


def test_all_runs_and_what_tags_without_a_run(stage: Stage) -> None:
    assert stage.names[:2] == ["right", "few"]  # the newest first
    assert stage.states["right"] == "Finished"
    live = [name for name, state in stage.states.items() if "In use" in state]
    assert len(live) == 1
    assert live[0].startswith("Zero-shot")
    row = stage.view.table.texts[0]
    assert row[1] == "teach"
    assert row[4].endswith("%)")
    assert row[5] == "18"


def test_a_better_one_is_used_and_one_click_goes_back(stage: Stage) -> None:
    stage.select("right")
    stage.press(USE)
    assert stage.errors == []
    assert stage.said == ["right tags your photos as soon as it has seen all"]
    assert stage.states["right"] == "Looking at your photos"
    assert stage.view.back_button.text().startswith("Go back to Zero-shot")
    stage.view.back_button.click()
    stage.settle()
    assert stage.states["right"] == "Finished"
    assert not stage.view.back_button.isVisible()


def test_what_is_not_better_is_used_only_if_the_user_insists(stage: Stage) -> None:
    stage.select("few")
    stage.press(USE)
    box = stage.view.findChild(QMessageBox)
    assert box is not None
    assert "too few to tell" in box.text()
    stage.answer(QMessageBox, "Cancel")
    assert stage.states["few"] == "Finished"
    stage.qtbot.waitUntil(lambda: stage.view.findChild(QMessageBox) is None)
    stage.press(USE)
    stage.answer(QMessageBox, "Use anyway")
    assert stage.states["few"] == "Looking at your photos"
    assert stage.errors == []


def test_a_run_is_deleted_and_its_tagger_stays(stage: Stage) -> None:
    stage.select("right")
    stage.press(USE)
    deleted: list[Path] = []
    stage.view.deleted.connect(deleted.append)
    stage.select("right")
    stage.press(DELETE)
    box = stage.view.findChild(QMessageBox)
    assert box is not None
    assert "The tagger that came from it stays" in box.informativeText()
    stage.answer(QMessageBox, "Delete")
    run = stage.reports.runs["right"]
    assert deleted == [run]
    assert not run.exists()
    assert list(run.parent.glob(".*")) == []
    assert stage.states["right"] == "Looking at your photos"  # the tagger, without its run
    stage.select("right")
    assert not stage.view.buttons[DELETE].isEnabled()  # in use
    assert not stage.view.buttons[REPORT].isEnabled()


def test_two_runs_are_compared_on_the_same_photos(stage: Stage) -> None:
    stage.select("right")
    assert not stage.view.buttons[COMPARE].isEnabled()
    stage.select("right", "few")
    stage.press(COMPARE)
    view = stage.view.comparison
    stage.qtbot.waitUntil(lambda: view.comparison is not None)
    assert view.title.text() == "few and right"  # the older one first
    assert "photos that both kept back, few has" in view.summary.text()
    assert view.comparison is not None
    head = view.comparison.heads["class"]
    assert len(view.gained.wall.photos) == len(head.gained)
    assert len(view.lost.wall.photos) == len(head.lost)
    assert [row[0] for row in view.table.texts] == ["Accuracy", "Balanced accuracy", "Weighted F1", "Macro F1"]
    assert nameless(stage.view) == []
    view.head.setCurrentIndex(view.head.findData("shape"))
    shape = view.comparison.heads["shape"]
    assert f"few has {shape.right[0]} right and right {shape.right[1]}" in view.summary.text()
    stage.qtbot.mouseClick(view.back_button, Qt.MouseButton.LeftButton)
    assert stage.view.table.isVisible()


def test_runs_without_photos_in_common_say_so(stage: Stage) -> None:
    file = stage.reports.runs["few"] / "outputs-validation.npz"
    file.write_bytes(b"damaged")
    stage.view.compare(stage.reports.runs["few"], stage.reports.runs["right"])
    stage.qtbot.waitUntil(lambda: bool(stage.errors))
    assert "no photos in common" in stage.view.comparison.empty.text


def test_a_checkpoint_is_exported_and_nothing_is_overwritten(stage: Stage, tmp_path: Path) -> None:
    entry = next(entry for entry in stage.view.entries if entry.name == "right")
    for _ in range(2):
        stage.view.export(entry, tmp_path, run_deeds.CHECKPOINT)
        stage.settle()
    made = sorted(path for path in tmp_path.iterdir() if path.name.startswith(stage.reports.runs["right"].name))
    assert [path.name.removeprefix(stage.reports.runs["right"].name) for path in made] == [
        "-checkpoint", "-checkpoint-2",
    ]  # fmt: skip
    assert all((path / "weights.safetensors").is_file() for path in made)
    assert str(made[1]) in stage.view.note.text()


def test_an_export_that_fails_says_why_and_ends_its_job(stage: Stage, tmp_path: Path) -> None:
    moved: list[str] = []
    ended: list[str] = []
    stage.view.job_moved.connect(lambda name, *_: moved.append(name))
    stage.view.job_ended.connect(ended.append)
    (stage.reports.runs["right"] / "checkpoint" / "weights.safetensors").write_bytes(b"damaged")
    entry = next(entry for entry in stage.view.entries if entry.name == "right")
    stage.view.export(entry, tmp_path, run_deeds.ONNX)
    stage.settle()
    assert len(stage.errors) == 1
    assert moved == ended != []
    assert not stage.view.note.isVisible()


def test_an_interrupted_run_can_go_on(stage: Stage) -> None:
    assert not stage.view.buttons[GO_ON].isVisible()
    status = stage.reports.runs["few"] / "status.json"
    document = json.loads(status.read_text())
    status.write_text(json.dumps({**document, "state": "running", "pid": None, "process_started_at": None}))
    stage.view.refresh()
    stage.settle()
    assert stage.states["few"] == "Interrupted"
    stage.select("few")
    with stage.qtbot.waitSignal(stage.view.resume_wanted) as told:
        stage.press(GO_ON)
    assert told.args == [stage.reports.runs["few"]]


def test_two_taggers_are_combined_into_one(stage: Stage) -> None:
    for name in ("right", "few"):
        entry = next(entry for entry in stage.view.entries if entry.name == name)
        stage.view.use(entry, force=True)
        stage.settle()
    stage.select("right")
    assert not stage.view.buttons[COMBINE].isEnabled()
    stage.select("right", "few")
    stage.press(COMBINE)
    dialog = stage.view.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("Both")
    dialog.accept()
    stage.settle()
    assert stage.errors == []
    assert stage.states["Both"] == "Looking at your photos"
    trained = [info for info in stage.reports.library.tags.taggers() if info.source is TagSource.MODEL]
    assert {info.name for info in trained} == {"right", "few", "Both"}


def test_report_and_folder_of_a_run(stage: Stage, opened_files: OpenedFiles) -> None:
    stage.select("right")
    with stage.qtbot.waitSignal(stage.view.report_wanted) as told:
        stage.qtbot.keyClick(stage.view.table, Qt.Key.Key_Return)
    assert told.args == [stage.reports.runs["right"]]
    stage.press(FOLDER)
    assert opened_files.paths == [stage.reports.runs["right"]]


def test_every_control_has_a_name_and_is_reached(stage: Stage) -> None:
    stage.view.activateWindow()
    stage.select("right")
    assert stage.view.buttons[EXPORT].isEnabled()
    assert nameless(stage.view) == []
    assert unreachable(stage.view, stage.view.table, stage.qtbot) == []


def test_where_nothing_was_trained_the_page_says_how(library: object, theme: Theme, qtbot: QtBot) -> None:
    from core.library import Library
    from desktop.tasks import Tasks

    assert isinstance(library, Library)
    tasks = Tasks()
    view = RunsView(library, tasks, theme)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(view.empty.isVisible)
    with qtbot.waitSignal(view.train_wanted):
        view.empty.button.click()
    tasks.finish()
