"""Garbage collection while other threads work: widgets are destroyed on their own thread, and soon."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.garbage import LOOK_MS, GarbageCollector

if TYPE_CHECKING:
    import pytest
    from pytestqt.qtbot import QtBot

    from desktop.app import Session


class _Cyclic(QWidget):
    """Holds itself, so that only garbage collection can find it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


def _abandon_a_widget() -> list[threading.Thread]:
    """Returns the list to which its destruction will add the thread that it happens on."""
    destroyed_on: list[threading.Thread] = []
    widget = _Cyclic()
    widget.destroyed.connect(
        lambda *_: destroyed_on.append(threading.current_thread()), Qt.ConnectionType.DirectConnection
    )
    return destroyed_on


def _allocate_on_another_thread(objects: int = 200_000) -> None:
    thread = threading.Thread(target=lambda: [[number] for number in range(objects)])
    thread.start()
    thread.join()


def test_a_thread_that_allocates_destroys_no_widget(qtbot: QtBot) -> None:
    destroyed_on = _abandon_a_widget()
    _allocate_on_another_thread()
    assert not destroyed_on
    kept = [[number] for number in range(2 * gc.get_threshold()[0])]  # so much that a look is due
    qtbot.waitUntil(lambda: bool(destroyed_on), timeout=20 * LOOK_MS)
    assert destroyed_on == [threading.main_thread()]
    assert kept


def test_a_look_collects_as_python_would(qtbot: QtBot) -> None:
    """Older generations too, or a long session would fill the memory."""
    seen: set[int] = set()
    gc.callbacks.append(note := lambda phase, info: seen.add(info["generation"]))
    thresholds = gc.get_threshold()
    try:
        gc.set_threshold(1, 1, 1)
        qtbot.waitUntil(lambda: seen == {0, 1, 2}, timeout=40 * LOOK_MS)
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*thresholds)


def test_what_was_set_aside_is_not_looked_at_until_it_is_replaced(garbage: GarbageCollector) -> None:
    try:
        model = [[number] for number in range(10_000)]
        garbage.set_aside_what_stays()
        with_model = gc.get_freeze_count()
        assert with_model > len(model)
        del model
        garbage.set_aside_what_stays()
        assert gc.get_freeze_count() < with_model - 9_000
    finally:
        gc.unfreeze()


def test_stopping_leaves_collecting_to_whoever_did_it_before(garbage: GarbageCollector) -> None:
    inner = GarbageCollector()
    inner.stop()
    assert not gc.isenabled()
    gc.enable()
    try:
        outer = GarbageCollector()
        assert not gc.isenabled()
        outer.stop()
        assert gc.isenabled()
        gc.disable()
        outer.stop()
        assert not gc.isenabled(), "it was stopped already"
    finally:
        gc.disable()


def test_the_application_collects_on_its_own_thread_until_it_ends(
    open_window: Callable[..., Session], photo_folder: Path
) -> None:
    gc.enable()
    try:
        session = open_window(photo_folder)
        assert not gc.isenabled()
        session.window.close()
        session.close()
        assert gc.isenabled()
    finally:
        gc.disable()


def test_a_thread_that_outlives_the_window_never_collects(
    open_window: Callable[..., Session], photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.app.LONGEST_CLOSE_S", 0.1)
    go_on = threading.Event()
    loading = threading.Thread(target=go_on.wait)  # as a model from a slow disk would be
    gc.enable()
    try:
        session = open_window(photo_folder)
        loading.start()
        session.library._background._threads.append(loading)
        session.window.close()
        session.close()
        assert not gc.isenabled()
    finally:
        go_on.set()
        loading.join()
        session.close()  # in time now
        gc.disable()
