"""The actions on runs: their names, keys and signs, and which of them fit what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.tags.values import TagSource
from trainer.runs.run_folder import RunState

if TYPE_CHECKING:
    from desktop.reports.run_rows import Entry


@dataclass(frozen=True, slots=True)
class RunAction:
    name: str
    text: str
    tip: str
    key: str = ""


REPORT = RunAction("report", "Report", "How good it is: figures, classes, mistakes", "Return")
COMPARE = RunAction("compare", "Compare", "Select two runs to see which is better on the same photos")
USE = RunAction("use", "Use it", "Let it tag your photos, or answer your searches, if it is better than what is in use")
COMBINE = RunAction("combine", "Combine", "Select taggers that were in use: together they are often better")
EXPORT = RunAction("export", "Export", "As files for other programs")
GO_ON = RunAction("go_on", "Go on", "Go on with a training that was interrupted")
FOLDER = RunAction("folder", "Open folder", "Where its files lie")
DELETE = RunAction("delete", "Delete", "Delete the run with its report", "Del")
ALL = (REPORT, USE, COMPARE, COMBINE, GO_ON, EXPORT, FOLDER, DELETE)


def fits(action: RunAction, entries: Sequence[Entry]) -> bool:
    """Whether it can be done with what is selected."""
    one = entries[0] if len(entries) == 1 else None
    if action is COMPARE:
        return len(entries) == 2 and all(entry.run is not None and entry.run.has_outputs for entry in entries)
    if action is COMBINE:
        return len(entries) > 1 and all(
            entry.is_trained and entry.tagger is not None and entry.tagger.usable for entry in entries
        )
    if action is DELETE:
        return bool(entries) and all(_can_go(entry) for entry in entries)
    if one is None:
        return False
    if action is USE:
        return one.can_be_used
    return _fits_run(action, one)


def _fits_run(action: RunAction, entry: Entry) -> bool:
    run = entry.run
    if run is None:
        return False
    if action is GO_ON:
        return run.can_go_on
    return run.has_checkpoint and not entry.is_of_search if action is EXPORT else True


def _can_go(entry: Entry) -> bool:
    if entry.run is not None:
        return entry.run.state is not RunState.RUNNING
    tagger = entry.tagger
    return tagger is not None and tagger.source is TagSource.MODEL and not tagger.live and not entry.coming
