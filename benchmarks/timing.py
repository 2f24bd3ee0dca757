"""Clocks and percentiles."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median_ms(action: Callable[[], object], *, repeat: int) -> float:
    return statistics.median(seconds(action) for _ in range(repeat)) * 1000


def p50_p95_ms(times_s: Iterable[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times_s, n=20, method="inclusive")
    return cuts[9] * 1000, cuts[18] * 1000
