"""Waiting for a condition. No test sleeps for luck."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_EVERY_S = 0.01


def wait_until(condition: Callable[[], object], *, timeout_s: float = 20.0, what: str = "the condition") -> None:
    """Return as soon as `condition()` is true.

    Raises:
        AssertionError: it was not within `timeout_s`.
    """
    give_up_at = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"Waited {timeout_s:g} s in vain for {what}.")
        time.sleep(LOOK_EVERY_S)
