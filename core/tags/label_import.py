"""From what a file or a folder says to labels in the library: which photos are meant, and what becomes of them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.tags.label_files import LabelFile, LabelRow, LabelWarning
from core.tags.values import LabelsBefore, Origin

if TYPE_CHECKING:
    from core.store.labels import LabelStore
    from core.types import PhotoId


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file or a folder of labels."""

    photos: int  # of the library that it speaks of
    labels: int  # that are others now; those that were so already are not counted
    replaced: int  # of these: where the user had said something else
    warnings: tuple[LabelWarning, ...]  # the first ones, in words
    warning_count: int
    missing: tuple[Path, ...]  # not on disk
    not_in_library: tuple[Path, ...]  # on disk: add their folder, then import again
    before: LabelsBefore  # what undoes it


@dataclass(frozen=True, slots=True)
class Matched:
    """The rows of a file by what there is of their photos."""

    rows: list[tuple[PhotoId, LabelRow]]
    missing: tuple[Path, ...]
    not_in_library: tuple[Path, ...]


def match(file: LabelFile, store: LabelStore) -> Matched:
    """Find the photos that the rows mean. Looks at the disk for those alone that the library does not have."""
    known = store.at(row.path for row in file.rows)
    strangers = [row.path for row in file.rows if row.path not in known]
    known |= _by_another_name(strangers, store)
    rows = [(known[row.path], row) for row in file.rows if row.path in known]
    unknown = [path for path in strangers if path not in known]
    missing = {path for path in unknown if not os.path.lexists(path)}
    return Matched(
        rows,
        tuple(path for path in unknown if path in missing),
        tuple(path for path in unknown if path not in missing),
    )


def _by_another_name(paths: Sequence[Path], store: LabelStore) -> dict[Path, PhotoId]:
    """Photos whose path is written in another way: through a linked folder, or with accents composed otherwise."""
    folders: dict[Path, Path] = {}
    others: dict[Path, Path] = {}
    for path in paths:
        if path.parent not in folders:
            folders[path.parent] = _resolved(path.parent)
        real = folders[path.parent] / path.name
        for form in ("NFC", "NFD"):
            others.setdefault(Path(unicodedata.normalize(form, str(real))), path)
        others[real] = path
    return {others[other]: photo_id for other, photo_id in store.at(others).items()}


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return folder


def origins(rows: Iterable[tuple[PhotoId, LabelRow]]) -> dict[PhotoId, Origin]:
    """What the rows say beside labels, where they say anything."""
    said = {photo_id: Origin(row.split, row.instance, row.caption) for photo_id, row in rows}
    return {photo_id: origin for photo_id, origin in said.items() if origin != Origin()}
