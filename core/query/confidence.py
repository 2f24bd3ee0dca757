"""Probabilities as people type them: 0.8, .8 or 80%. Nothing here knows filters or SQL."""

from __future__ import annotations

import re

from core.errors import QueryError

_PROBABILITY = re.compile(r"([0-9]{0,3}(?:[.,][0-9]{1,4})?)\s*(%?)")
_REMEDY = "Write a number from 0 to 1 or a percentage, such as >0.8, <50% or 0.4..0.6."

Bound = tuple[str, float | None]
"""An operator of SQL and what stands behind it; None: there is no such bound."""


def tidy_probability(text: str, unit: str = "") -> str:
    """The canonical form of one probability: `80 %` is `80%`, `,5` is `0.5`.

    Raises:
        QueryError: it is none, or more than 1.
    """
    match = _PROBABILITY.fullmatch(text.strip())
    if match is None or not match[1]:
        raise QueryError(f"\u201c{text}\u201d is not a probability.", remedy=_REMEDY)
    number = match[1].replace(",", ".")
    percent = match[2] or (unit if float(number) > 1 else "")
    tidy = ("0" if number.startswith(".") else "") + number + percent
    if _amount(tidy) > 1:
        raise QueryError(f"{tidy} is more than certain.", remedy=_REMEDY)
    return tidy


def tidy_range(first: str, last: str) -> tuple[str, str]:
    """The canonical forms of both ends of a range; an end may be empty, and `40..60%` has one unit for both.

    Raises:
        QueryError: an end is no probability.
    """
    tidy_last = tidy_probability(last) if last else ""
    return tidy_probability(first, unit="%" if tidy_last.endswith("%") else "") if first else "", tidy_last


def bounds_of(tidy: str, comparison: str) -> tuple[Bound, Bound]:
    """What a probability has to be at least and at most. Without a comparison: what rounds to the value as typed."""
    if comparison == "..":
        ends = [_amount(end) if end else None for end in tidy.split("..")]
        if None not in ends:
            ends.sort(key=lambda end: end or 0.0)  # typed the wrong way round it means the same
        return (">=", ends[0]), ("<=", ends[1])
    amount = _amount(tidy)
    if comparison:
        return (comparison, amount), ("<=", None)
    half = _step(tidy) / 2
    # Rounded, because 0.9 + 0.05 is a little more than the 0.95 that it must not reach.
    return (">=", round(amount - half, 9)), ("<", round(amount + half, 9))


def _amount(tidy: str) -> float:
    return float(tidy.rstrip("%")) / (100 if tidy.endswith("%") else 1)


def _step(tidy: str) -> float:
    """Of the last digit that was typed: 0.1 for 0.8, 0.01 for 80%."""
    decimals = len(tidy.rstrip("%").partition(".")[2])
    return 10.0**-decimals / (100 if tidy.endswith("%") else 1)
