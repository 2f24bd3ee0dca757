"""How a process ended: as it should, or by a crash that the next start tells of; and threads that faults interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import background
from core.events import EndedUnexpectedly, ErrorRaised, Event
from core.library import Library
from tests.core.conftest import OpenLibrary
from tests.error_logs import ErrorLogs
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
    monkeypatch.setattr(background, "RETRY_S", 0.2)
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
