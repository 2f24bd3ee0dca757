"""Taggers that are compared say the words of now: what the user has renamed since they were trained, they mean too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.paths import LibraryPaths
from core.store.database import Database
from core.store.taggers import TaggerStore
from core.store.wordings import WordingStore
from core.tags.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainer.report.outputs import Outputs


def wording_of(home: Path, heads: Mapping[str, tuple[str, ...]], key: str | None = None) -> Wording:
    """
    Args:
        home: Of the library; where there is none, nobody has renamed anything.
        heads: In the tagger's own words.
        key: Of a tagger of the library; None: it is not in it yet.

    Raises:
        LibraryError: the library cannot be opened.
    """
    paths = LibraryPaths(home)
    if not paths.database.is_file():
        return Wording()
    database = Database(paths.database)
    try:
        known = next((row.id for row in TaggerStore(database).all() if row.key == key), None)
        wordings = WordingStore(database)
        return wordings.for_new(heads) if known is None else wordings.of(known)
    finally:
        database.close()


def in_words_of(wording: Wording, outputs: Outputs) -> Outputs:
    """Values that were merged stand in a head as often as they were merged."""
    if not wording:
        return outputs
    heads = {
        wording.head(name): replace(head, labels=tuple(wording.value(name, label) for label in head.labels))
        for name, head in outputs.heads.items()
    }
    return replace(outputs, heads=heads)
