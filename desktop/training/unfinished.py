"""Runs that did not come to their end, because the window closed or the process was killed: found at the next start."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from core.errors import RecollectError
from trainer.config import load_config
from trainer.runs.run_folder import RunFolder, RunState, list_runs

if TYPE_CHECKING:
    from pathlib import Path

CLOSED = "window_closed"  # in control.json, which a run that is taken up again deletes
LOOKED_AT = 20  # of the newest runs
GO_ON = ("fine-tune", "contrastive", "metric")  # kinds of training that keep where they are, and that the window starts


def note_closed(folder: RunFolder) -> None:
    """The run is cancelled because the window closes, and not because the user wanted it so."""
    with contextlib.suppress(RecollectError):  # then the next start does not offer to go on, and that is all
        folder.write_json(folder.control, {"cancel": True, CLOSED: True})


def can_go_on(folder: RunFolder) -> bool:
    """All is there that a resumed run needs, and there is something to go on with."""
    if not (folder.config.is_file() and folder.data.is_file()):
        return False
    try:
        return load_config(folder.config).tier in GO_ON
    except RecollectError:
        return False


def find_unfinished(runs: Path) -> RunFolder | None:
    """The newest run that was interrupted and may go on. Reads files: not for the thread that draws."""
    for folder in list_runs(runs)[:LOOKED_AT]:
        if _is_interrupted(folder) and can_go_on(folder):
            return folder
    return None


def leave(folder: RunFolder) -> None:
    """The user does not want to go on with it: it is not offered again."""
    status = folder.status
    with contextlib.suppress(RecollectError, OSError):
        if status is not None and status.state is RunState.INTERRUPTED:
            folder.end(RunState.CANCELLED, metrics=status.metrics)
        folder.control.unlink(missing_ok=True)


def _is_interrupted(folder: RunFolder) -> bool:
    status = folder.status
    if status is None:
        return False
    return status.state is RunState.INTERRUPTED or (status.state is RunState.CANCELLED and _was_closed(folder))


def _was_closed(folder: RunFolder) -> bool:
    try:
        document = json.loads(folder.control.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get(CLOSED) is True
