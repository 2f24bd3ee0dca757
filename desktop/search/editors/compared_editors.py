"""Editors of dates and sizes: a comparison and one value, or two for a range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from desktop.search.editors.date_value import DateValue
from desktop.search.editors.filter_editors import FilterEditor
from desktop.search.editors.size_value import SizeValue

if TYPE_CHECKING:
    from core.query import Filter

_RANGE = ".."
_FIRST_DATE = "this-year"  # what a new filter begins with
_FIRST_SIZE = "2mb"


class MomentEditor(FilterEditor):
    """after, before: one date."""

    starts_valid = True  # a new one has a value from the first

    def __init__(self, key: str, given: Filter | None) -> None:
        super().__init__(key, given)
        self.date = DateValue(self.title, given.value if given is not None else _FIRST_DATE)
        self.date.edited.connect(self.edited)
        self.column.addWidget(self.date)
        self.setFocusProxy(self.date)

    def value(self) -> str:
        return self.date.text()


class ComparedEditor(FilterEditor):
    """A comparison, a value, and for a range a second value."""

    starts_valid = True  # a new one has a value from the first

    def __init__(self, key: str, given: Filter | None, comparisons: Sequence[tuple[str, str]]) -> None:
        super().__init__(key, given)
        self.comparison = QComboBox()
        self.comparison.setAccessibleName(f"{self.title}: comparison")
        for sign, caption in comparisons:
            self.comparison.addItem(caption, sign)
        self.column.addWidget(self.comparison)
        self.setFocusProxy(self.comparison)

    def _add_values(self, first: DateValue | SizeValue, last: DateValue | SizeValue, sign: str) -> None:
        self.first, self.last = first, last
        for value in (first, last):
            value.edited.connect(self.edited)
            self.column.addWidget(value)
        self.comparison.setCurrentIndex(self.comparison.findData(sign))
        self._show_last()
        self.comparison.activated.connect(self._compare)

    def value(self) -> str:
        sign = self.comparison.currentData()
        if sign == _RANGE:
            return f"{self.first.text()}{_RANGE}{self.last.text()}"
        return f"{sign}{self.first.text()}" if self.first.text() else ""

    def _compare(self) -> None:
        self._show_last()
        self.edited.emit()

    def _show_last(self) -> None:
        self.last.setVisible(self.comparison.currentData() == _RANGE)


class DateEditor(ComparedEditor):
    """date."""

    def __init__(self, key: str, given: Filter | None) -> None:
        comparisons = (
            ("", "in or on"),
            (_RANGE, "between"),
            (">=", "since"),
            (">", "later than"),
            ("<", "earlier than"),
            ("<=", "up to"),
        )
        super().__init__(key, given, comparisons)
        first, last, sign = _ends(given, _FIRST_DATE)
        self._add_values(DateValue(self.title, first, open_ended=True), DateValue("End", last, open_ended=True), sign)


class SizeEditor(ComparedEditor):
    """size."""

    def __init__(self, key: str, given: Filter | None) -> None:
        comparisons = (
            (">", "more than"),
            (">=", "at least"),
            ("", "about"),
            ("<=", "at most"),
            ("<", "less than"),
            (_RANGE, "between"),
        )
        super().__init__(key, given, comparisons)
        first, last, sign = _ends(given, _FIRST_SIZE)
        sign = ">" if given is None else sign
        self._add_values(SizeValue(self.title, first, open_ended=True), SizeValue("End", last, open_ended=True), sign)


def _ends(given: Filter | None, default: str) -> tuple[str, str, str]:
    """First value, last value, comparison. Without a range, the last value is where one would begin."""
    if given is None:
        return default, default, ""
    if given.comparison == _RANGE:
        first, last = given.value.split(_RANGE)
        return first, last, _RANGE
    return given.value, given.value, given.comparison
