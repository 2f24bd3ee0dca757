"""Checks the value of a filter and brings it into its canonical form. What the value selects is `filters`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from core.errors import QueryError
from core.query import confidence
from core.query.dates import tidy_date
from core.query.folding import fold_tag
from core.query.query import Comparison
from core.query.sizes import tidy_range, tidy_size
from core.query.vocabulary import Key, choice_of, nearest_choice

_COMPARED = re.compile(r"(>=|<=|>|<|=|\u2265|\u2264)?(.*)", re.DOTALL)
_PLAIN_COMPARISON = {"=": "", "\u2265": ">=", "\u2264": "<="}

# Longer than any path that people type. It holds at most 500 words, each one step of an expression in SQLite, which
# takes 1,000; its patterns end at 50,000 bytes.
_MAX_CHARACTERS = 1000


def read_value(key: Key, text: str) -> tuple[str, Comparison]:
    """The canonical value and the comparison in front of it.

    Raises:
        QueryError: the value is missing, too long, or not one of this filter. Its place in the line is the caller's.
    """
    value = text.strip()
    if not value:
        raise QueryError(
            f"{key.name}: needs a value right behind the colon.",
            remedy=f'Write {key.name}:{key.example}, or put "{key.name}:" in quotes to search for the word.',
        )
    if len(value) > _MAX_CHARACTERS:
        raise QueryError(f"The value of {key.name}: is too long.", remedy=f"{_MAX_CHARACTERS} characters are allowed.")
    if key.name in _TIDY:
        return _read_compared(key, value)
    if key.name in ("after", "before"):
        return tidy_date(value), ""
    if key.name == "tag":
        return _read_tag(value), ""
    return (_read_choice(key, value) if key.choices else value), ""


def _read_choice(key: Key, value: str) -> str:
    choice = choice_of(key, value)
    if choice is not None:
        return choice
    near = nearest_choice(key, value)
    known = ", ".join(key.choices)
    raise QueryError(
        f"{key.name}: knows no \u201c{value}\u201d.",
        remedy=f"Did you mean {key.name}:{near}?" if near else f"It takes one of: {known}.",
    )


def _read_tag(value: str) -> str:
    """`red`, or `style=casual` without blanks around the sign."""
    head, equals, wanted = (part.strip() for part in value.partition("="))
    if equals and not (fold_tag(head) and wanted):
        raise QueryError("tag: needs words on both sides of the =.", remedy="Write tag:style=casual or tag:style=*.")
    return head + equals + wanted


def _read_compared(key: Key, value: str) -> tuple[str, Comparison]:
    match = _COMPARED.fullmatch(value)
    sign, amount = (match[1] or "", match[2].strip()) if match else ("", value)
    if not sign and ".." in amount:
        return _read_range(key, amount), ".."
    tidy = _TIDY[key.name](amount)
    return tidy, cast("Comparison", _PLAIN_COMPARISON.get(sign, sign))


def _read_range(key: Key, value: str) -> str:
    first, _, last = (end.strip() for end in value.partition(".."))
    if not first and not last:
        raise QueryError(
            "A range needs a beginning or an end.", remedy=f"Write {key.name}:{_RANGE_EXAMPLES[key.name]}."
        )
    if key.name == "size":
        return "..".join(tidy_range(first, last))
    if key.name == "conf":
        return "..".join(confidence.tidy_range(first, last))
    return "..".join(tidy_date(end) if end else "" for end in (first, last))


_TIDY: dict[str, Callable[[str], str]] = {
    "date": tidy_date,
    "size": tidy_size,
    "conf": confidence.tidy_probability,
}
_RANGE_EXAMPLES = {"date": "2022..2023-06", "size": "2mb..5mb", "conf": "0.4..0.6"}
