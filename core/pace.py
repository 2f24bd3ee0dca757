"""How fast the indexer may go: paused, gentle or full speed."""

from __future__ import annotations

import threading
import time
from typing import Literal

import psutil

Speed = Literal["full", "gentle", "auto"]

GENTLE_SHARE = 0.5  # of the time that is spent working while gentle
BATTERY_CHECK_S = 10.0  # reading the battery takes up to 50 ms on some systems


class Pace:
    """Asked by the indexer before each photo and after each batch. Safe to use from any thread."""

    def __init__(self, speed: Speed = "auto") -> None:
        self.speed: Speed = speed
        self._stopped = threading.Event()
        self._running = threading.Event()
        self._running.set()
        self._on_battery = False
        self._battery_checked_at = float("-inf")

    @property
    def is_paused(self) -> bool:
        return not self._running.is_set()

    @property
    def is_gentle(self) -> bool:
        return self.speed == "gentle" or (self.speed == "auto" and self._runs_on_battery())

    def pause(self) -> None:
        self._running.clear()

    def resume(self) -> None:
        self._running.set()

    def stop(self) -> None:
        """For good: the library is being closed."""
        self._stopped.set()

    def may_go_on(self) -> bool:
        return self._running.is_set() and not self._stopped.is_set()

    def look_ahead(self, photos: int) -> int:
        """How many photos may be decoded ahead: few while gentle, so that decoding rests too."""
        return max(1, photos // 8) if self.is_gentle else photos

    def rest(self, worked_s: float) -> None:
        """After a stretch of work: sleep while gentle, so that the machine stays cool and quiet."""
        if self.is_gentle:
            self._stopped.wait(worked_s * (1 - GENTLE_SHARE) / GENTLE_SHARE)

    def _runs_on_battery(self) -> bool:
        if time.monotonic() - self._battery_checked_at > BATTERY_CHECK_S:
            self._battery_checked_at = time.monotonic()
            self._on_battery = _on_battery()
        return self._on_battery


def _on_battery() -> bool:
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):  # not on every system
        return False
    return battery is not None and battery.power_plugged is False
