"""How fast the indexer may go."""

from __future__ import annotations

import threading
import time
from collections import namedtuple

import psutil
import pytest

from core.meter import Meter
from core.pace import Pace
from core.types import Activity

Battery = namedtuple("Battery", "percent secsleft power_plugged")


class TestPace:
    def test_full_speed_never_rests(self) -> None:
        pace = Pace("full")
        began = time.monotonic()
        pace.rest(5)
        assert time.monotonic() - began < 1
        assert pace.look_ahead(64) == 64

    def test_gentle_rests_as_long_as_it_worked_and_decodes_less_ahead(self) -> None:
        pace = Pace("gentle")
        began = time.monotonic()
        pace.rest(0.2)
        assert time.monotonic() - began >= 0.2
        assert pace.look_ahead(64) == 8

    @pytest.mark.parametrize(
        ("battery", "gentle"), [(None, False), (Battery(50, 100, True), False), (Battery(50, 100, False), True)]
    )
    def test_on_battery_it_is_gentle_by_itself(
        self, monkeypatch: pytest.MonkeyPatch, battery: Battery | None, gentle: bool
    ) -> None:
        monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
        assert Pace("auto").is_gentle is gentle
        assert Pace("full").is_gentle is False

    def test_a_rest_ends_when_the_library_is_closed(self) -> None:
        pace = Pace("gentle")
        threading.Timer(0.1, pace.stop).start()
        began = time.monotonic()
        pace.rest(30)
        assert time.monotonic() - began < 10
        assert not pace.may_go_on()

    def test_pause_and_resume(self) -> None:
        pace = Pace()
        pace.pause()
        assert pace.is_paused
        assert not pace.may_go_on()
        pace.resume()
        assert pace.may_go_on()


class TestMeter:
    def test_no_time_left_is_told_before_the_rate_has_settled(self) -> None:
        meter = Meter()
        meter.count(10)
        progress = meter.progress(Activity.INDEXING, 90, throttled=False)
        assert (progress.done, progress.total, progress.eta_s) == (10, 100, None)

    def test_rate_and_time_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 100.0
        monkeypatch.setattr("core.meter.time.monotonic", lambda: now)
        meter = Meter()
        for _ in range(20):  # 10 photos/s, and the window forgets what is long ago
            now += 1
            meter.count(10)
        progress = meter.progress(Activity.INDEXING, 50, throttled=False)
        assert progress.rate == pytest.approx(10)
        assert progress.eta_s == pytest.approx(5)
