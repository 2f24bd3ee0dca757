"""Filters as a condition in SQL over `photos p`. Values travel as parameters, never inside the text of a statement."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from core.query import tags
from core.query.dates import period_of
from core.query.folding import fold as fold
from core.query.folding import register_functions as register_functions
from core.query.query import Filter
from core.query.sizes import Measure, size_of

Condition = tuple[str, list[object]]
"""SQL that is 0 or 1, never NULL, so that `NOT` selects exactly the other photos; and its parameters."""

_WILDCARDS = re.compile(r"[*?]")

_SIZE_COLUMNS = {
    Measure.BYTES: "p.size_bytes",
    Measure.PIXELS: "p.width * p.height",
    Measure.EDGE: "max(p.width, p.height)",
}
_ORIENTATIONS = {"landscape": "p.width > p.height", "portrait": "p.width < p.height", "square": "p.width = p.height"}
_HAS = {
    "gps": "p.latitude IS NOT NULL AND p.longitude IS NOT NULL",
    "date": "p.taken_at IS NOT NULL",
    "camera": "p.camera IS NOT NULL",
    "lens": "p.lens IS NOT NULL",
    "album": "p.id IN (SELECT photo_id FROM album_photos)",
}
_IS = {"favorite": "p.favorite", "hidden": "p.hidden", **tags.IS}

_DIRECTORY = "substr({photo}path, 1, length({photo}path) - length({photo}name))"
"""The directory of a photo with the separator at its end. An index of the database holds just this expression."""


def wants_hidden(filters: Iterable[Filter]) -> bool:
    """Whether the user asked for hidden photos, which are left out otherwise."""
    return any(each.key == "is" and each.value == "hidden" and not each.negated for each in filters)


def compile_filters(filters: Iterable[Filter], *, today: date, beside: Iterable[Filter] = ()) -> Condition:
    """The condition that all filters make together; `1` without filters.

    The connection needs `register_functions`. Filters of different keys must all hold. Of one key any may hold, because
    a photo has one camera, one folder, one date, and photos of two albums are wanted together; what narrows a search
    (`has:`, `is:`, `tag:`, bounds) must hold.

    Args:
        beside: Other filters of the same line, which are not compiled here: what `class:` means depends on them.
    """
    filters = tuple(dict.fromkeys(filters))
    unsure = any(map(tags.tells_how_sure, (*filters, *beside)))
    unknown = any(map(tags.asks_for_unknown, (*filters, *beside)))
    alternatives: dict[str, list[Condition]] = {}
    required: list[Condition] = []
    for each in filters:
        if each.key in _CARRIED:
            sql, parameters = tags.carries(each, unsure=unsure, unknown=unknown)
        else:
            sql, parameters = _CONDITIONS[each.key](each, today)
        if each.negated:
            required.append((f"NOT ({sql})", parameters))
        elif _narrows(each):
            required.append((sql, parameters))
        else:
            alternatives.setdefault(each.key, []).append((sql, parameters))
    return _joined("AND", [*required, *(_joined("OR", group) for group in alternatives.values())])


def _narrows(each: Filter) -> bool:
    """Whether a second filter of the same key narrows the search further, instead of being another choice."""
    return each.key in ("has", "is", "tag", "after", "before") or each.comparison in ("<", "<=", ">", ">=")


def _joined(operator: str, conditions: Sequence[Condition]) -> Condition:
    if not conditions:
        return "1", []
    sql = f" {operator} ".join(f"({sql})" for sql, _ in conditions)
    return sql, [parameter for _, parameters in conditions for parameter in parameters]


def _folder(each: Filter, today: date) -> Condition:
    """Whole names of folders, one below the other, anywhere in the path; a slash in front ties them to its start."""
    value = fold(each.value).replace("\\", "/")
    anchored = value.startswith("/")
    written = r"casefold(replace(known.value, '\', '/'))"  # however the system writes paths
    subject = written if anchored else f"'/' || {written}"
    wanted = ("" if anchored else "/") + value.rstrip("/") + "/"
    directory, known = _DIRECTORY.format(photo="p."), _DIRECTORY.format(photo="")
    if _WILDCARDS.search(value):
        return _among(directory, known, f"{subject} GLOB ?"), [_glob(wanted if anchored else f"*{wanted}") + "*"]
    return _among(directory, known, f"instr({subject}, ?) {'= 1' if anchored else '> 0'}"), [wanted]


def _name(each: Filter, today: date) -> Condition:
    value = fold(each.value)
    if _WILDCARDS.search(value):
        return "casefold(p.name) GLOB ?", [_glob(value)]
    return "instr(casefold(p.name), ?) > 0", [value]


def _album(each: Filter, today: date) -> Condition:
    """The whole name. Smart albums hold no photos: they are searches themselves."""
    value = fold(each.value)
    named, wanted = ("GLOB", _glob(value)) if _WILDCARDS.search(value) else ("=", value)
    held = "SELECT held.photo_id FROM album_photos held JOIN albums ON albums.id = held.album_id"
    return f"p.id IN ({held} WHERE casefold(albums.name) {named} ?)", [wanted]


def _words_of(column: str) -> Callable[[Filter, date], Condition]:
    """Every word of the value stands somewhere in the column, in any order."""

    def condition(each: Filter, today: date) -> Condition:
        # As one parameter: a condition for each word would make expressions deeper than SQLite allows.
        missing_word = "SELECT 1 FROM json_each(?) AS word WHERE instr(casefold(known.value), word.value) = 0"
        words = json.dumps(fold(each.value).split())
        return _among(f"p.{column}", column, f"NOT EXISTS ({missing_word})"), [words]

    return condition


def _among(subject: str, column: str, condition: str) -> str:
    """The subject is one of the column's values for which a condition over `known.value` holds.

    A library has many photos and few cameras and directories: the condition, which calls Python, is asked for each of
    these once, out of an index.
    """
    values = f"SELECT DISTINCT {column} AS value FROM photos WHERE {column} IS NOT NULL"
    return f"({subject} IS NOT NULL AND {subject} IN (SELECT value FROM ({values}) AS known WHERE {condition}))"


def _glob(pattern: str) -> str:
    """SQLite's GLOB takes `[` for the start of a set of characters; in a file name it is a bracket."""
    return pattern.replace("[", "[[]")


def _date(each: Filter, today: date) -> Condition:
    if each.comparison == "..":
        return _date_range(each.value, today)
    period = period_of(each.value, today)
    if each.comparison == "":
        return _dated(period.start, period.end)
    if each.comparison.startswith(">"):
        return _dated(period.end if each.comparison == ">" else period.start, None)
    return _dated(None, period.start if each.comparison == "<" else period.end)


def _date_range(value: str, today: date) -> Condition:
    """Both ends belong to the range. Typed the wrong way round it means the same."""
    first, last = (period_of(end, today) if end else None for end in value.split(".."))
    if first and last and last.start < first.start:
        first, last = last, first
    return _dated(first.start if first else None, last.end if last else None)


def _dated(start: date | None, end: date | None) -> Condition:
    """`dated_at` is text of ISO 8601, so that the order of texts is the order of times and the index on it serves."""
    bounds = [("p.dated_at >= ?", start), ("p.dated_at < ?", end)]
    present = [(sql, bound.isoformat()) for sql, bound in bounds if bound is not None]
    return " AND ".join(sql for sql, _ in present), [bound for _, bound in present]


def _size(each: Filter, today: date) -> Condition:
    if each.comparison == "..":
        return _size_range(each.value)
    size = size_of(each.value)
    column = _SIZE_COLUMNS[size.measure]
    if each.comparison:
        return f"coalesce({column} {each.comparison} ?, 0)", [size.amount]
    return f"coalesce({column} >= ? AND {column} < ?, 0)", list(size.rounded_from)


def _size_range(value: str) -> Condition:
    """Both ends belong to the range. Typed the wrong way round it means the same."""
    first, last = (size_of(end) if end else None for end in value.split(".."))
    if first and last and last.amount < first.amount:
        first, last = last, first
    bounds = [(size, operator) for size, operator in ((first, ">="), (last, "<=")) if size is not None]
    sql = " AND ".join(f"{_SIZE_COLUMNS[size.measure]} {operator} ?" for size, operator in bounds)
    return f"coalesce({sql}, 0)", [size.amount for size, _ in bounds]


def _format(each: Filter, today: date) -> Condition:
    return "coalesce(p.format = ?, 0)", [each.value.upper()]


_CARRIED = (*tags.HEADS_WITH_A_FILTER, "tag")

_CONDITIONS: dict[str, Callable[[Filter, date], Condition]] = {
    "folder": _folder,
    "album": _album,
    "date": _date,
    "after": lambda each, today: _dated(period_of(each.value, today).start, None),
    "before": lambda each, today: _dated(None, period_of(each.value, today).start),
    "camera": _words_of("camera"),
    "lens": _words_of("lens"),
    "format": _format,
    "size": _size,
    "orientation": lambda each, today: (f"coalesce({_ORIENTATIONS[each.value]}, 0)", []),
    "has": lambda each, today: (_HAS[each.value], []),
    "is": lambda each, today: (_IS[each.value], []),
    "name": _name,
    "conf": lambda each, today: tags.has_confidence(each),
}
