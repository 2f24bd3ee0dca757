"""How a process ended: as it should, or by a crash that the next start tells of; and threads that faults interrupt."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from core import background, indexing
from core.errors import LibraryBusyError
from core.events import EndedUnexpectedly, ErrorRaised, Event
from core.files import watch
from core.library import Library
from core.paths import LibraryPaths
from core.protocols import Encoder
from core.store import database
from tests.core.conftest import OpenLibrary
from tests.error_logs import ErrorLogs
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

INDEX_AND_WAIT = """
import sys, time
from pathlib import Path
from core.library import Library
library = Library.open(Path(sys.argv[1]))
library.start()
print("at work", flush=True)
time.sleep(60)
"""


def events_of_a_start(home: Path, **options: object) -> list[Event]:
    events: list[Event] = []
    library = Library.open(home, **options)  # type: ignore[arg-type]
    try:
        library.subscribe(events.append)
        library.start()
        wait_until(lambda: library.is_indexer)
    finally:
        library.close()
    return events


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that nothing can catch")
def test_a_crash_is_told_once(library_home: Path, starter: object) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", INDEX_AND_WAIT, str(library_home)], stdout=subprocess.PIPE, env=os.environ
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"at work\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert EndedUnexpectedly() in events_of_a_start(library_home, encoder=starter)
    assert EndedUnexpectedly() not in events_of_a_start(library_home, encoder=starter)


def test_the_photos_that_were_being_read_are_named(
    library: Library, library_home: Path, photo_folder: Path, starter: object
) -> None:
    wait_until(lambda: library.is_up_to_date)
    often, once = (library.find_photo(photo_folder / name) for name in ("red circle.jpg", "blue square.jpg"))
    assert often is not None
    assert once is not None
    library._intake.take_off([often, once])
    library._intake.take_off([often])
    library.close()
    library.paths.run_mark.touch()  # as a process leaves it that was killed
    (end,) = [
        event for event in events_of_a_start(library_home, encoder=starter) if isinstance(event, EndedUnexpectedly)
    ]
    assert [path.name for path in end.reading] == ["red circle.jpg", "blue square.jpg"]


def test_a_second_process_is_no_crash(open_library: OpenLibrary, starter: object, library_home: Path) -> None:
    first = open_library()
    wait_until(lambda: first.is_indexer)
    events: list[Event] = []
    second = Library.open(library_home, encoder=starter)  # type: ignore[arg-type]
    second.subscribe(events.append)
    second.start()
    second.close()
    assert EndedUnexpectedly() not in events
    first.close()
    assert EndedUnexpectedly() not in events_of_a_start(library_home, encoder=starter)


def test_a_fault_while_keeping_house_is_told_once_and_survived(
    open_library: OpenLibrary, photo_folder: Path, error_logs: ErrorLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TICK_S", 0.05)
    library = open_library()
    wait_until(lambda: library.is_up_to_date)
    events: list[Event] = []
    library.subscribe(events.append)
    error_logs.expect("Housekeeping failed")
    rounds = 0
    recovered = threading.Event()
    update = library._background._watched.update

    def fail_three_times(rules: object) -> None:
        nonlocal rounds
        rounds += 1
        if rounds <= 3:
            raise OSError("the system is out of order")
        update(rules)  # type: ignore[arg-type]
        recovered.set()

    monkeypatch.setattr(library._background._watched, "update", fail_three_times)
    assert recovered.wait(20)
    told = [event for event in events if isinstance(event, ErrorRaised)]
    assert len(told) == 1
    assert "goes on by itself" in str(told[0].error)
    library.add_folder(photo_folder)
    wait_until(lambda: library.photo_count() == 6 and library.is_up_to_date)


def test_an_indexer_that_a_fault_interrupts_says_so_and_goes_on(
    open_library: OpenLibrary, photo_folder: Path, error_logs: ErrorLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "RETRY_S", 0.2)
    library = open_library()
    wait_until(lambda: library.is_up_to_date)
    events: list[Event] = []
    library.subscribe(events.append)
    error_logs.expect("The indexer failed")
    live = library._encoders.live
    assert live is not None
    encode = live.encoder.encode_pixels
    faults = iter([RuntimeError("the graphics card is gone")])

    def fail_once(pixels: object) -> object:
        for fault in faults:
            raise fault
        return encode(pixels)  # type: ignore[arg-type]

    monkeypatch.setattr(live.encoder, "encode_pixels", fail_once)
    library.add_folder(photo_folder)
    wait_until(lambda: library.photo_count() == 6 and library.is_up_to_date)
    assert [event for event in events if isinstance(event, ErrorRaised)]
    assert library.search("red circle").hits


def test_a_watcher_that_a_fault_interrupts_says_so_once_and_misses_nothing(
    open_library: OpenLibrary,
    photo_folder: Path,
    make_photo: PhotoMaker,
    error_logs: ErrorLogs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "FAULT_PAUSE_S", 0.05)
    library = open_library(photo_folder)
    wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
    events: list[Event] = []
    library.subscribe(events.append)
    error_logs.expect("Watching the folders failed")
    faults = iter([RuntimeError("no such event"), RuntimeError("again")])
    settled = watch.ChangeCollector.settled

    def fail_twice(collector: watch.ChangeCollector, now: float) -> object:
        for fault in faults:
            raise fault
        return settled(collector, now)

    monkeypatch.setattr(watch.ChangeCollector, "settled", fail_twice)
    make_photo("new.jpg", "red square")
    wait_until(lambda: library.photo_count() == 7 and library.is_up_to_date)
    told = [event for event in events if isinstance(event, ErrorRaised)]
    assert len(told) == 1
    assert "goes on by itself" in str(told[0].error)


def test_a_scan_that_a_fault_interrupts_says_so_and_is_made_again(
    open_library: OpenLibrary, photo_folder: Path, error_logs: ErrorLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "RETRY_S", 0.2)
    library = open_library()
    wait_until(lambda: library.is_up_to_date)
    events: list[Event] = []
    library.subscribe(events.append)
    error_logs.expect("Looking through a folder failed")
    look_through = library._reconciler.look_through
    faults = iter([ValueError("a name that nobody thought of")])

    def fail_once(*arguments: object, **options: object) -> object:
        for fault in faults:
            raise fault
        return look_through(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(library._reconciler, "look_through", fail_once)
    library.add_folder(photo_folder)
    wait_until(lambda: library.photo_count() == 6 and library.is_up_to_date)
    assert len([event for event in events if isinstance(event, ErrorRaised)]) == 1


class TestADatabaseThatSomebodyElseHolds:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
        monkeypatch.setattr(background, "RETRY_S", 0.2)
        monkeypatch.setattr(indexing, "RETRY_S", 0.2)
        monkeypatch.setattr(background, "TICK_S", 0.1)

    @staticmethod
    def held(home: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(LibraryPaths(home).database, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def test_at_the_start_is_told_and_the_work_begins_when_it_is_free(
        self, library_home: Path, photo_folder: Path, starter: Encoder
    ) -> None:
        library = Library.open(library_home, encoder=starter)
        library.add_folder(photo_folder)
        events: list[Event] = []
        library.subscribe(events.append)
        try:
            with closing(self.held(library_home)):
                library.start()
                wait_until(lambda: any(isinstance(event, ErrorRaised) for event in events))
            wait_until(lambda: library.photo_count() == 6 and library.is_up_to_date)
        finally:
            library.close()
        assert isinstance(next(e.error for e in events if isinstance(e, ErrorRaised)), LibraryBusyError)

    def test_in_the_middle_is_told_and_the_work_goes_on_when_it_is_free(
        self, open_library: OpenLibrary, library_home: Path, photo_folder: Path
    ) -> None:
        library = open_library()
        wait_until(lambda: library.is_up_to_date)
        library.pause()
        library.add_folder(photo_folder)
        wait_until(lambda: library.photo_count() == 6)
        events: list[Event] = []
        library.subscribe(events.append)
        with closing(self.held(library_home)):
            library._pace.resume()
            library._background.wake()
            wait_until(lambda: any(isinstance(event, ErrorRaised) for event in events))
        wait_until(lambda: library.is_up_to_date)
        assert library.search("red circle").hits[0].path.name == "red circle.jpg"


def test_thumbnails_that_cannot_be_kept_hold_nothing_up(
    open_library: OpenLibrary, library_home: Path, photo_folder: Path
) -> None:
    LibraryPaths(library_home).thumbnails.mkdir(parents=True)  # where the file should be
    library = open_library(photo_folder)
    wait_until(lambda: library.photo_count() == 6 and library.is_up_to_date)
    assert library.thumbnail(library.all_photos()[0], 128)
    assert library.search("red circle").hits
