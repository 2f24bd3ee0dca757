"""The orders in which photos are shown, as SQL over `photos p`, and the months of an order by date."""

from __future__ import annotations

from collections import Counter
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from core.types import Arrangement, PhotoId, Section, Sort, SortKey

if TYPE_CHECKING:
    from collections.abc import Sequence

# Photos of the same second, name or size stand in the same order at every look.
_COLUMNS = {
    SortKey.DATE: "p.dated_at {direction}, p.id",
    SortKey.NAME: "p.name_key {direction}, p.path {direction}",
    SortKey.SIZE: "p.size_bytes {direction}, p.id",
    SortKey.UNCERTAIN: """(SELECT r.probability FROM answering a
        JOIN predictions r ON r.tagger_id = a.tagger_id AND r.head = a.head AND r.photo_id = p.id
        WHERE a.head = 'class') {direction}, p.id""",
}


def is_by_date(sort: Sort) -> bool:
    """Whether photos that were compared with nothing stand by date in this order."""
    return sort.key in (SortKey.DATE, SortKey.RELEVANCE)


def order_by(sort: Sort) -> str:
    """What follows ORDER BY. Relevance means newest first here: SQLite compares no photos."""
    key, descending = (SortKey.DATE, True) if sort.key is SortKey.RELEVANCE else (sort.key, sort.descending)
    return _COLUMNS[key].format(direction="DESC" if descending else "ASC")


def selected(sort: Sort) -> str:
    """The columns that `arrangement` takes."""
    return "p.id, substr(p.dated_at, 1, 7)" if is_by_date(sort) else "p.id"


def arrangement(rows: Sequence[tuple[Any, ...]], sort: Sort) -> Arrangement:
    """From rows of the `selected` columns in the order of `order_by`."""
    ids: tuple[PhotoId, ...] = tuple(map(itemgetter(0), rows))
    if not is_by_date(sort):
        return Arrangement(ids)
    # A month stands in one piece, and a Counter keeps the order in which it met its keys: a tenth of groupby's time.
    months: Counter[str] = Counter(map(itemgetter(1), rows))
    return Arrangement(ids, tuple(Section(_first_day(month), count) for month, count in months.items()))


def _first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:7]), 1)
