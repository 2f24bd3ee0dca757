"""What the window has done on a worker about what was learned to be alike: what came of it, what is in use, use and way
back. The projection of a run orders "more like this"; see `core.projections`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.projections import IN_A_RUN, Standing
from core.tags.values import CLASS
from desktop.adapting.adapt_work import titles_of
from desktop.tagging.tag_words import head_in_sentence
from trainer.openset.outcome import Outcome, read_outcome
from trainer.runs.run_folder import RunFolder
from trainer.runs.run_history import config_of, moment_of, tier_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.library import Library

TIER = "metric"
FROM_LABELS = "learned from your labels"
_BEGAN = re.compile(r"^(\d{4}-\d{2}-\d{2}-\d{6})-")  # of a run's folder: all that is left of one that was deleted


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of a training, and what has become of it."""

    run: Path
    outcome: Outcome
    model: str  # title of the one whose vectors it was learned from
    has_projection: bool  # else a network on pixels learned, which orders nothing in the window
    fits: bool  # that model answers
    chosen: bool


@dataclass(frozen=True, slots=True)
class InUse:
    """By what photos like one photo are ordered."""

    standing: Standing
    run: Path | None = None  # that is chosen, whatever became of it
    title: str = ""


def is_of_alike(run: Path) -> bool:
    return tier_of(RunFolder(run)) == TIER


def read_learned(library: Library, run: Path) -> Learned:
    """
    Raises:
        TrainingError: the run did not come so far, or its figures are damaged.
        ModelError: no model can be loaded.
    """
    outcome = read_outcome(run)
    model = str(config_of(RunFolder(run)).get("encoder") or "")
    return Learned(
        run,
        outcome,
        titles_of(library).get(model, model),
        (run / IN_A_RUN).is_dir(),
        run.name in library.projections(),
        library.settings.projection == run.name,
    )


def read_in_use(library: Library) -> InUse:
    """
    Raises:
        ModelError: no model can be loaded.
    """
    chosen = library.settings.projection
    if not chosen:
        return InUse(Standing.NONE)
    run = library.paths.runs / chosen
    return InUse(library.projection_standing(), run, title_of(run))


def use(library: Library, run: Path) -> None:
    """Let it order photos like one photo.

    Raises:
        ModelError: it is gone, or goes with another model than the one that answers.
        MachineError: the settings cannot be written.
    """
    if run.name not in library.projections():
        raise ModelError(
            "What was learned goes with another model than the one that answers, or was deleted.",
            remedy="Let that model answer again, or learn anew.",
            title="It cannot be used",
        )
    library.change_settings(projection=run.name)


def go_back(library: Library) -> None:
    """Let the model alone order.

    Raises:
        MachineError: the settings cannot be written.
    """
    library.change_settings(projection="")


def read_choices(library: Library) -> list[tuple[str, str]]:
    """What photos like one photo can be ordered by, beside the model alone: (label, value of the setting). Those that
    go with the model that answers, the newest first, and the one that is chosen, whatever became of it.

    Raises:
        ModelError: no model can be loaded.
    """
    runs, in_use = library.projections(), read_in_use(library)
    choices = _told_apart((title_of(library.paths.runs / run), run) for run in runs)
    if in_use.run is not None and library.settings.projection not in runs:
        said = {Standing.LOST: "deleted", Standing.OF_ANOTHER_MODEL: "of another model"}.get(in_use.standing, "")
        label = f"{in_use.title}: {said}" if said else in_use.title
        choices.append((label, library.settings.projection))
    return [(f"{label[:1].upper()}{label[1:]}", run) for label, run in choices]


def title_of(run: Path) -> str:
    """As in "learned from your labels, 21 November 2026, 14:32"; of a run that was deleted, as far as the name of its
    folder tells."""
    folder = RunFolder(run)
    status = folder.status
    began = moment_of(status.started_at) if status is not None else _moment_of_name(run.name)
    if began is None:
        return run.name
    source, head = _source_of(folder), str(config_of(folder).get("head") or CLASS)
    what = FROM_LABELS if source in ("", "library") else f"learned from {source}"
    of_head = "" if head == CLASS else f" ({head_in_sentence(head)})"
    return f"{what}{of_head}, {began.day} {began:%B %Y, %H:%M}"


def _told_apart(choices: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of two that began in the same minute, the folder's name tells which is which."""
    found = list(choices)
    labels = [label for label, _ in found]
    return [(label if labels.count(label) == 1 else f"{label} ({run})", run) for label, run in found]


def _source_of(folder: RunFolder) -> str:
    """What it was trained with; empty where that is not known."""
    from trainer.events import Prepared

    prepared = next((event for event in folder.events() if isinstance(event, Prepared)), None)
    return str(prepared.data.get("name") or "") if prepared is not None else ""


def _moment_of_name(name: str) -> datetime | None:
    found = _BEGAN.match(name)
    try:
        return datetime.strptime(found[1], "%Y-%m-%d-%H%M%S").astimezone() if found else None
    except ValueError:
        return None
