"""Finds threads that a test started and did not end, and the line that started each."""

from __future__ import annotations

import threading
import time
import traceback
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A thread that was told to stop may need a moment to see it on a busy machine.
GRACE_S = 3.0

# Threads of foreign libraries that live as long as the process, with the reason why that is no leak of ours.
ALLOWED = {
    "tqdm_monitor": "tqdm starts one watcher for all bars and keeps it",
    "AsyncCompile": "torch's compiler keeps its workers",
}

_started_at: weakref.WeakKeyDictionary[threading.Thread, str] = weakref.WeakKeyDictionary()
_LIBRARY = Path(threading.__file__).parent


def note_where_threads_start() -> None:
    """Remember, from now on, the line that starts each thread."""
    start = threading.Thread.start

    def start_and_note(thread: threading.Thread) -> None:
        _started_at[thread] = _first_line_outside_the_standard_library()
        start(thread)

    threading.Thread.start = start_and_note  # type: ignore[method-assign]


def _first_line_outside_the_standard_library() -> str:
    frames = traceback.extract_stack()[:-2]
    for frame in reversed(frames):
        path = Path(frame.filename)
        if not path.is_relative_to(_LIBRARY) or "site-packages" in path.parts:
            return f"{path}:{frame.lineno}"
    return "an unknown line"


@contextmanager
def threads_left() -> Iterator[list[str]]:
    """Yield a list that holds, after the block, one line for each thread that the block left running."""
    before = set(threading.enumerate())
    left: list[str] = []
    yield left
    give_up_at = time.monotonic() + GRACE_S
    for thread in _new_since(before):
        thread.join(max(0.0, give_up_at - time.monotonic()))
    left += [f"  {thread.name}, started at {_started_at.get(thread, '?')}" for thread in _new_since(before)]


def _new_since(before: set[threading.Thread]) -> list[threading.Thread]:
    # A dummy stands for a thread that Qt or another C++ library owns: it never leaves the list, running or not.
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith(tuple(ALLOWED))
        and type(thread).__name__ != "TMonitor"
    ]
