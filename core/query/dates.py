"""Dates as people type them, and the stretch of days that each one means. Nothing here knows filters or SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import QueryError
from core.query.vocabulary import nearest

_NUMERIC = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_LAST_DAYS = re.compile(r"last-([1-9][0-9]{0,3})-days?")
_TWO_YEARS = re.compile(r"([0-9]{4})\s*[-\u2013\u2014]\s*([0-9]{4})")
_GAPS = re.compile(r"[\s_]+")

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days: from `start` up to, and not with, `end`."""

    start: date
    end: date


def tidy_date(text: str) -> str:
    """The canonical form of one date: `2023/5` is `2023-05`, `Last Week` is `last-week`.

    Raises:
        QueryError: it is no date; the remedy shows how one is written.
    """
    word = _GAPS.sub("-", text.strip().casefold())
    if word in _NAMED or _LAST_DAYS.fullmatch(word):
        return word
    match = _NUMERIC.fullmatch(word) or _COMPACT.fullmatch(word)
    if match is None:
        raise QueryError(f"\u201c{text}\u201d is not a date.", remedy=_remedy(text, word))
    year, *rest = (part for part in match.groups() if part is not None)
    tidy = "-".join([year, *(part.zfill(2) for part in rest)])
    _check_calendar(tidy)
    return tidy


def period_of(tidy: str, today: date) -> Period:
    """The days that a date in its canonical form means, seen from `today`. Weeks begin on Monday."""
    if named := _NAMED.get(tidy):
        return named(today)
    if match := _LAST_DAYS.fullmatch(tidy):
        return Period(today - (int(match[1]) - 1) * _DAY, today + _DAY)
    year, *rest = (int(part) for part in tidy.split("-"))
    if not rest:
        return _year(year)
    return _month(year, rest[0]) if len(rest) == 1 else _day(date(year, rest[0], rest[1]))


def _day(day: date) -> Period:
    return Period(day, day + _DAY)


def _week(day: date) -> Period:
    monday = day - day.weekday() * _DAY
    return Period(monday, monday + 7 * _DAY)


def _month(year: int, month: int) -> Period:
    return Period(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def _year(year: int) -> Period:
    return Period(date(year, 1, 1), date(year + 1, 1, 1))


def _month_before(today: date) -> Period:
    last_day = today.replace(day=1) - _DAY
    return _month(last_day.year, last_day.month)


_NAMED: dict[str, Callable[[date], Period]] = {
    "today": _day,
    "yesterday": lambda today: _day(today - _DAY),
    "this-week": _week,
    "last-week": lambda today: _week(today - 7 * _DAY),
    "this-month": lambda today: _month(today.year, today.month),
    "last-month": _month_before,
    "this-year": lambda today: _year(today.year),
    "last-year": lambda today: _year(today.year - 1),
}

NAMED_DATES = (*_NAMED, "last-30-days")
"""The dates with a name, for suggestions; any number of days may stand in the last one."""


def _check_calendar(tidy: str) -> None:
    try:
        period_of(tidy, date.min)
    except (ValueError, OverflowError) as error:
        raise QueryError(f"The calendar has no {tidy}.", remedy="Write year-month-day, such as 2023-05-01.") from error


def _remedy(text: str, word: str) -> str:
    if match := _TWO_YEARS.fullmatch(text.strip()):
        return f"Did you mean {match[1]}..{match[2]}?"
    if found := nearest(word, NAMED_DATES):
        return f"Did you mean {found}?"
    return "Write 2023, 2023-05, 2023-05-01, a range such as 2022..2023-06, or a word such as yesterday or last-month."
