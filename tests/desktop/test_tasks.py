"""Work off the GUI thread: where it runs, where its results arrive, what is dropped, how it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from core.errors import DiskFullError, RecollectError
from desktop.tasks import Lane, Tasks
from tests.error_logs import ErrorLogs

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()


def test_work_runs_on_a_lane_and_its_result_arrives_on_the_gui_thread(tasks: Tasks, qtbot: QtBot) -> None:
    arrived: list[tuple[str, str]] = []
    tasks.run(
        lambda: threading.current_thread().name,
        lambda worker: arrived.append((worker, threading.current_thread().name)),
    )
    qtbot.waitUntil(lambda: bool(arrived))
    worker, receiver = arrived[0]
    assert worker.startswith("recollect-general")
    assert receiver == threading.main_thread().name


def test_an_error_meant_for_the_user_reaches_failed(tasks: Tasks, qtbot: QtBot) -> None:
    errors: list[RecollectError] = []

    def fill_the_disk() -> None:
        raise DiskFullError("There is no room.")

    tasks.run(fill_the_disk, failed=errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert errors[0].title == "The disk is full"


def test_an_error_that_nobody_takes_is_announced(tasks: Tasks, qtbot: QtBot) -> None:
    def fill_the_disk() -> None:
        raise DiskFullError("There is no room.")

    with qtbot.waitSignal(tasks.failed) as announced:
        tasks.run(fill_the_disk)
    assert isinstance(announced.args[0], DiskFullError)


def test_a_bug_of_ours_is_told_as_such_and_logged(tasks: Tasks, qtbot: QtBot, error_logs: ErrorLogs) -> None:
    error_logs.expect("A background task failed")
    with qtbot.waitSignal(tasks.failed) as announced:
        tasks.run(lambda: 1 // 0)
    assert "mistake in Recollect" in announced.args[0].message
    assert "report" in announced.args[0].remedy


def test_the_newest_query_wins(tasks: Tasks, qtbot: QtBot) -> None:
    release, begun, ran, answers = threading.Event(), threading.Event(), [], []

    def first() -> str:
        begun.set()
        release.wait(10)
        return "first"

    tasks.run(first, answers.append, lane=Lane.QUERY)
    assert begun.wait(10)
    tasks.run(lambda: ran.append("second"), answers.append, lane=Lane.QUERY)
    tasks.run(lambda: "third", answers.append, lane=Lane.QUERY)
    release.set()
    qtbot.waitUntil(lambda: answers == ["third"])
    assert ran == [], "a query that was never needed was run"


def test_a_cancelled_task_calls_nobody(tasks: Tasks, qtbot: QtBot) -> None:
    release, answers = threading.Event(), []
    task = tasks.run(lambda: release.wait(10), lambda _: answers.append("cancelled"))
    task.cancel()
    release.set()
    tasks.run(lambda: "next", answers.append)
    qtbot.waitUntil(lambda: "next" in answers)
    assert answers == ["next"]


def test_after_the_end_nothing_runs_and_nothing_arrives(qtbot: QtBot) -> None:
    tasks, arrived = Tasks(), []
    tasks.run(lambda: "late", arrived.append)
    tasks.finish()
    assert tasks.run(lambda: "never", arrived.append).cancelled
    qtbot.wait(1)  # one turn of the event loop, for what may have been queued
    assert arrived == []
