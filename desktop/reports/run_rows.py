"""What the history of runs is made of: each run, and each tagger that came from none. Read on a worker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.projections import IN_A_RUN, Standing
from core.tags.values import CLASS, TagSource
from desktop.adapting.adapt_words import share_in_list
from desktop.adapting.adapt_work import TIER as ADAPTATION
from desktop.alike.alike_work import TIER as ALIKE
from desktop.reports.value_table import Cell, Row, number
from desktop.reports.words import STATES, share, spent, title_of_run, when, with_margin
from desktop.tagging.tag_words import head_in_sentence
from trainer.report.texts import readable, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library
    from core.tags.values import TaggerInfo
    from trainer.runs.run_history import RunSummary

HEADINGS = ("Run", "How", "When", "State", "Accuracy (95% interval)", "Photos", "Time")
LONGEST_NAME = 48  # characters, of the button that leads back
ADAPTED_TIP = "MAP@R on photos that were held out: how much of its label stands near a photo, and what it was before"
IN_USE, COMING = "● In use", "Looking at your photos"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run, a tagger, or both: what stands in one row."""

    run: RunSummary | None
    tagger: TaggerInfo | None
    coming: bool = False  # it looks at the photos, and answers when it has seen all of them
    answers: bool = False  # it has taught search, and is what answers or orders now
    orders: bool = False  # it has learned what is alike, and can order photos by it

    @property
    def key(self) -> str:
        """The same one after the list was read anew."""
        return f"run {self.run.key}" if self.run is not None else f"tagger {self.tagger.id if self.tagger else 0}"

    @property
    def path(self) -> Path | None:
        return self.run.path if self.run is not None else None

    @property
    def name(self) -> str:
        named = self.run.name if self.run is not None else self.tagger.name if self.tagger is not None else ""
        return title_of_run(named)

    @property
    def is_live(self) -> bool:
        return self.tagger is not None and self.tagger.live

    @property
    def is_trained(self) -> bool:
        """A tagger that was taken into use once, and was trained."""
        return self.tagger is not None and self.tagger.source is TagSource.MODEL

    @property
    def is_of_search(self) -> bool:
        """It has taught search, or was to: no tagger came of it."""
        return self.run is not None and self.run.tier in (ADAPTATION, ALIKE)

    @property
    def can_be_used(self) -> bool:
        if self.is_of_search:
            return self.orders or (self.run is not None and self.run.headline.get("alpha", 0) > 0)
        if self.is_live or self.coming:
            return False
        return self.tagger is not None or (self.run is not None and self.run.has_checkpoint)


@dataclass(frozen=True, slots=True)
class Listing:
    """The history as it is now."""

    entries: tuple[Entry, ...]  # the newest first
    back_to: str | None  # the tagger that "Go back" leads to; None: nowhere


def read_listing(library: Library) -> Listing:
    """On a worker."""
    from trainer.runs.run_history import history

    taggers, coming = library.tags.taggers(), library.tags.on_its_way()
    runs = history(library.paths.runs)
    by_run: dict[str, TaggerInfo] = {}
    for tagger in taggers:  # the newest first; the one in use stands for its run
        if tagger.run is not None and (tagger.run not in by_run or tagger.live):
            by_run[tagger.run] = tagger
    on_its_way = coming.id if coming is not None else None
    teaching = {_answering(library, runs), _ordering(library)}
    entries = [
        replace(_entry(run, by_run.get(run.key), on_its_way), answers=run.key in teaching, orders=_orders(run))
        for run in runs
    ]
    with_run = {entry.tagger.id for entry in entries if entry.tagger is not None}
    entries += [_entry(None, tagger, on_its_way) for tagger in taggers if tagger.id not in with_run]
    entries.sort(key=_moment, reverse=True)
    back_to = library.tags.back_to()
    return Listing(tuple(entries), short(title_of_run(back_to.name), LONGEST_NAME) if back_to is not None else None)


def row_of(entry: Entry) -> Row:
    run, tagger = entry.run, entry.tagger
    began = entry_moment(entry)
    return Row(
        (
            Cell(entry.name, entry.name.casefold(), str(run.path) if run is not None else ""),
            Cell(_how(entry), _how(entry)),
            Cell(when(began), began.isoformat() if began is not None else ""),
            Cell(_state(entry), _state(entry), readable(run.message) if run is not None and run.message else ""),
            _accuracy(run, tagger),
            number(f"{run.photos:,}" if run is not None and run.photos else "-", run.photos if run else None),
            number(spent(run.seconds) if run is not None else "-", run.seconds if run is not None else None),
        ),
        entry.key,
    )


def entry_moment(entry: Entry) -> datetime | None:
    if entry.run is not None:
        return entry.run.started_at
    if entry.tagger is None or entry.tagger.source is TagSource.ZERO_SHOT:
        return None
    return entry.tagger.created_at.astimezone()


def _entry(run: RunSummary | None, tagger: TaggerInfo | None, on_its_way: int | None) -> Entry:
    return Entry(run, tagger, tagger is not None and tagger.id == on_its_way and not tagger.live)


def _answering(library: Library, runs: Sequence[RunSummary]) -> str | None:
    """The adaptation whose model answers; nothing is loaded where there is none."""
    if not any(run.tier == ADAPTATION and run.headline for run in runs):
        return None
    from trainer.contrastive.promotion import taken_in_as

    adapted = [run for run in runs if run.tier == ADAPTATION and run.headline]
    home = library.paths.home
    return next((run.key for run in adapted if library.encoder_name in taken_in_as(run.path, home)), None)


def _ordering(library: Library) -> str | None:
    """The run by whose projection photos are ordered; nothing is loaded where none is chosen."""
    chosen = library.settings.projection
    try:
        return chosen if chosen and library.projection_standing() is Standing.ORDERS else None
    except ModelError:  # no model answers
        return None


def _orders(run: RunSummary) -> bool:
    return run.tier == ALIKE and bool(run.headline) and (run.path / IN_A_RUN).is_dir()


def _moment(entry: Entry) -> float:
    began = entry_moment(entry)
    return began.timestamp() if began is not None else 0.0


def _how(entry: Entry) -> str:
    if entry.run is not None:
        return readable(entry.run.recipe) if entry.run.recipe else "-"
    assert entry.tagger is not None
    if entry.tagger.source is TagSource.ZERO_SHOT:
        return "words, without training"
    return "taken in" if entry.tagger.metrics else "ensemble or taken in"


def _state(entry: Entry) -> str:
    if entry.is_live or entry.answers:
        return IN_USE
    if entry.coming:
        return COMING
    if entry.run is None:
        return "Ready" if entry.tagger is not None and entry.tagger.usable else "Cannot be used now"
    return STATES.get(entry.run.state.value, entry.run.state.value)


def _accuracy(run: RunSummary | None, tagger: TaggerInfo | None) -> Cell:
    if run is not None and run.accuracy is not None:
        head = "" if run.head == CLASS else f"{head_in_sentence(readable(run.head))}: "
        return number(f"{head}{with_margin(run.accuracy)}", run.accuracy.value, f"On {run.part} photos")
    if run is not None and run.tier in (ADAPTATION, ALIKE):
        return number(share_in_list(run.headline), None, ADAPTED_TIP)
    measured = tagger.metrics.get(f"{CLASS} accuracy") if tagger is not None else None
    return number(share(measured), measured)
