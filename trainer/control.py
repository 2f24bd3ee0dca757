"""How a running training is told to stop, to rest or to make room: a file in its folder, and the signals of the system.

The window writes `control.json` (`{"cancel": false, "speed": "full"}`); the loop asks after every step.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from core.models.json_cache import read_object, write_object
from core.pace import GENTLE_SHARE

TrainingSpeed = Literal["full", "gentle", "paused"]
_SPEEDS: dict[object, TrainingSpeed] = {speed: speed for speed in get_args(TrainingSpeed)}

POLL_S = 0.25  # a click on "cancel" is heeded within that, and a step that took longer
_NICE = 10  # while gentle: whatever else runs comes first


class CancelledError(Exception):
    """The user does not want to go on. Never leaves what trains: the run says so instead."""


class Control:
    """Asked by the loop after each step."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._cancelled = threading.Event()
        self._asked_at = float("-inf")
        self._speed: TrainingSpeed = "full"
        self._is_nice = False
        self._heeds_signals = False

    @property
    def is_cancelled(self) -> bool:
        self._ask()
        return self._cancelled.is_set()

    @property
    def speed(self) -> TrainingSpeed:
        self._ask()
        return self._speed

    def cancel(self) -> None:
        self._cancelled.set()

    def rest(self, worked_s: float) -> None:
        """After a stretch of work: nothing at full speed, a sleep while gentle, a long one while paused."""
        if self.speed == "gentle":
            self._make_room()
            self._cancelled.wait(worked_s * (1 - GENTLE_SHARE) / GENTLE_SHARE)
        while self.speed == "paused" and not self.is_cancelled:
            self._cancelled.wait(POLL_S)

    @contextlib.contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """Ctrl+C and `kill` end the training in order, with the best network so far; a second one ends it at once.
        Inside of another training with the same control, that one heeds them.
        """
        if threading.current_thread() is not threading.main_thread() or self._heeds_signals:
            yield
            return
        self._heeds_signals = True
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}

        def heed(number: int, frame: object) -> None:
            self.cancel()
            signal.signal(number, before[number])

        for number in numbers:
            signal.signal(number, heed)
        try:
            yield
        finally:
            self._heeds_signals = False
            for number, handler in before.items():
                signal.signal(number, handler)

    def _make_room(self) -> None:
        if not self._is_nice and hasattr(os, "nice"):
            self._is_nice = True  # for good: a process without rights cannot take it back
            with contextlib.suppress(OSError):
                os.nice(_NICE)

    def _ask(self) -> None:
        if self._file is None or time.monotonic() - self._asked_at < POLL_S:
            return
        self._asked_at = time.monotonic()
        document = read_object(self._file)
        if document.get("cancel") is True:
            self._cancelled.set()
        self._speed = _SPEEDS.get(str(document.get("speed")), self._speed)


def ask_to_cancel(file: Path) -> None:
    """Written by another process, such as the window."""
    write_object(file, {**read_object(file), "cancel": True})


def ask_for_speed(file: Path, speed: TrainingSpeed) -> None:
    write_object(file, {**read_object(file), "speed": speed})
