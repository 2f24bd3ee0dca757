"""The progress bar of long work in the background of a library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from core.errors import RecollectError
from core.events import ErrorRaised, Event
from core.types import Activity

if TYPE_CHECKING:
    from rich.console import Console

    from core.library import Library

POLL_S = 0.1


def wait_until_indexed(library: Library, output: Console) -> None:
    """Start the background work, and show its progress until nothing waits any more.

    Raises:
        RecollectError: the background work reported an error that concerns the whole library.
    """
    errors: list[RecollectError] = []
    unsubscribe = library.subscribe(lambda event: _collect(event, errors))
    library.start()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(*columns, console=output, transient=True) as bar:
        task = bar.add_task("starting", total=None, rate="")
        while not library.is_up_to_date:
            now = library.progress
            if errors or now.activity is Activity.STOPPED:
                raise errors[0] if errors else RecollectError(now.detail)
            total = now.total or None
            bar.update(task, description=now.activity.value, completed=now.done, total=total, rate=rate_text(library))
            time.sleep(POLL_S)
    unsubscribe()


def rate_text(library: Library) -> str:
    """ "12 photos/s, 3 min left", as far as it can be told."""
    now = library.progress
    if now.activity is Activity.FOLLOWING or not now.rate:
        return now.detail if now.activity is Activity.FOLLOWING else ""
    left = "" if now.eta_s is None else f", {_duration(now.eta_s)} left"
    return f"{now.rate:.0f} photos/s{left}" + (" (gentle)" if now.throttled else "")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _collect(event: Event, errors: list[RecollectError]) -> None:
    if isinstance(event, ErrorRaised):
        errors.append(event.error)
