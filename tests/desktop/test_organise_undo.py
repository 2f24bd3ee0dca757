"""Undo and redo: one deed after the other, each taken back exactly, and words that say what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from core.errors import MachineError
from desktop.organise.undo import DEEDS_KEPT, Outcome, Tell, UndoStack
from desktop.tasks import Tasks
from desktop.toast import Message

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.desktop.organise_stage import Stage


@dataclass
class Note:
    """A deed that writes a word into a list, and takes it out again."""

    written: list[str]
    word: str
    gate: threading.Event | None = None
    broken: bool = False
    threads: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        return f"write {self.word}"

    def do(self, tell: Tell) -> Outcome:
        self.threads.add(threading.current_thread().name)
        if self.gate is not None:
            self.gate.wait(10)
        if self.broken:
            raise MachineError("The pencil is broken.")
        self.written.append(self.word)
        return Outcome(f"{self.word} written")

    def undo(self, tell: Tell) -> Outcome:
        self.written.remove(self.word)
        return Outcome(f"{self.word} gone")


@pytest.fixture
def undo() -> Iterator[UndoStack]:
    tasks = Tasks()
    yield UndoStack(tasks)
    tasks.finish()


def test_deeds_are_undone_in_reverse_and_done_again_in_order(undo: UndoStack, qtbot: QtBot) -> None:
    written: list[str] = []
    for word in ("one", "two", "three"):
        undo.perform(Note(written, word))
    qtbot.waitUntil(lambda: written == ["one", "two", "three"] and not undo.is_busy)
    assert undo.undo_action.text() == "Undo: write three"
    undo.undo()
    undo.undo()
    qtbot.waitUntil(lambda: written == ["one"] and not undo.is_busy)
    assert (undo.undo_action.text(), undo.redo_action.text()) == ("Undo: write one", "Redo: write two")
    undo.redo()
    undo.redo()
    qtbot.waitUntil(lambda: written == ["one", "two", "three"] and not undo.is_busy)
    assert not undo.redo_action.isEnabled()


def test_a_new_deed_forgets_what_was_undone(undo: UndoStack, qtbot: QtBot) -> None:
    written: list[str] = []
    undo.perform(Note(written, "one"))
    undo.undo()
    undo.perform(Note(written, "two"))
    undo.redo()
    qtbot.waitUntil(lambda: written == ["two"] and not undo.is_busy)
    assert not undo.redo_action.isEnabled()


def test_undo_waits_for_the_deed_that_is_being_done(undo: UndoStack, qtbot: QtBot) -> None:
    written: list[str] = []
    gate = threading.Event()
    deed = Note(written, "slow", gate)
    undo.perform(deed)
    undo.undo()
    assert undo.undo_action.isEnabled()
    gate.set()
    with qtbot.waitSignal(undo.undone):
        pass
    assert written == []
    assert all(name.startswith("recollect-general") for name in deed.threads)


def test_what_fails_is_told_and_forgotten(undo: UndoStack, qtbot: QtBot) -> None:
    with qtbot.waitSignal(undo.failed) as failed:
        undo.perform(Note([], "one", broken=True))
    assert failed.args[0].message == "The pencil is broken."
    assert not undo.undo_action.isEnabled()


def test_who_asks_for_a_deed_can_take_its_failure(undo: UndoStack, qtbot: QtBot) -> None:
    errors: list[object] = []
    undo.failed.connect(lambda _: errors.append("told to all"))
    undo.perform(Note([], "one", broken=True), failed=errors.append)
    qtbot.waitUntil(lambda: len(errors) == 1)
    assert isinstance(errors[0], MachineError)


def test_the_oldest_deeds_are_forgotten(undo: UndoStack, qtbot: QtBot) -> None:
    written: list[str] = []
    for number in range(DEEDS_KEPT + 5):
        undo.perform(Note(written, str(number)))
    for _ in range(DEEDS_KEPT + 5):
        undo.undo()
    qtbot.waitUntil(lambda: not undo.undo_action.isEnabled(), timeout=10_000)
    assert written == ["0", "1", "2", "3", "4"]


def test_an_album_with_an_ampersand_keeps_it_in_the_menu(undo: UndoStack, qtbot: QtBot) -> None:
    with qtbot.waitSignal(undo.done):
        undo.perform(Note([], "you & me"))
    assert undo.undo_action.text() == "Undo: write you && me"


class TestMarks:
    def test_undo_takes_back_only_what_had_changed(self, stage: Stage, qtbot: QtBot) -> None:
        one, other = stage.named("red circle.jpg", "blue square.jpg")
        stage.library.set_favorite([one], True)
        actions, undo = stage.organiser.actions, stage.organiser.undo
        actions.set_favorite([one, other], True)
        qtbot.waitUntil(lambda: [photo.favorite for photo in stage.library.photos([one, other])] == [True, True])
        undo.undo()
        qtbot.waitUntil(lambda: [photo.favorite for photo in stage.library.photos([one, other])] == [True, False])
        undo.redo()
        qtbot.waitUntil(lambda: [photo.favorite for photo in stage.library.photos([one, other])] == [True, True])

    def test_one_favourite_needs_no_words_and_takes_older_words_away(self, stage: Stage, qtbot: QtBot) -> None:
        one, other = stage.named("red circle.jpg", "blue square.jpg")
        stage.organiser.actions.set_favorite([one, other], True)
        qtbot.waitUntil(lambda: stage.toast_text == "2 photos are favourites now")
        stage.organiser.actions.set_favorite([one], False)
        qtbot.waitUntil(lambda: stage.toast_text == "")
        assert stage.organiser.undo.undo_action.text() == "Undo: remove 1 photo from the favourites"

    def test_words_of_something_else_stay(self, stage: Stage, qtbot: QtBot) -> None:
        stage.organiser.toast.say(Message("214 photos exported", "Show"))
        with qtbot.waitSignal(stage.organiser.undo.done):
            stage.organiser.actions.set_favorite(stage.named("red circle.jpg"), True)
        assert stage.toast_text == "214 photos exported"
