"""One date of a filter: a named one, the last days, a year, a month or a day, each with a fitting control."""

from __future__ import annotations

import re

from PySide6.QtCore import QDate, QLocale, Signal
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QSpinBox, QStackedWidget, QWidget

from core.query import NAMED_DATES
from desktop.search.editors.part_editor import INDENT_PX
from desktop.theme import STEP_PX

_LAST_DAYS = re.compile(r"last-([0-9]+)-days?")
_DAYS, _YEAR, _MONTH, _DAY, _OPEN = "days", "year", "month", "day", "open"
_MOST_DAYS = 9999  # four digits, as many as the query language takes
# Four digits from the first: while somebody types 2019, "20" is not taken for a year. No photo is older.
_FIRST_YEAR, _LAST_YEAR = 1000, 9999


class DateValue(QWidget):
    """Chooses one date in the way the query language writes it."""

    edited = Signal()
    """By the user."""

    def __init__(self, name: str, text: str, *, open_ended: bool = False) -> None:
        """`text` in its canonical form; "" is no limit, which can be chosen if the end of a range may be open."""
        super().__init__()
        self._text = text  # until a control is touched: no control may round what was typed
        self.kind = QComboBox()
        self.kind.setAccessibleName(f"{name}: kind of date")
        for named in NAMED_DATES:
            if not _LAST_DAYS.fullmatch(named):
                self.kind.addItem(named.replace("-", " ").capitalize(), named)
        kinds = [("Last … days", _DAYS), ("Year", _YEAR), ("Month", _MONTH), ("Day", _DAY)]
        for caption, kind in [*kinds, ("No limit", _OPEN)] if open_ended else kinds:
            self.kind.addItem(caption, kind)
        today = QDate.currentDate()
        self.days = _number(f"{name}: days", 1, _MOST_DAYS, 30)
        self.year = _number(f"{name}: year", _FIRST_YEAR, _LAST_YEAR, today.year())
        self.month = QComboBox()
        self.month.setAccessibleName(f"{name}: month")
        english = QLocale(QLocale.Language.English)
        self.month.addItems([english.standaloneMonthName(month) for month in range(1, 13)])
        self.month.setCurrentIndex(today.month() - 1)
        self.month_year = _number(f"{name}: year of the month", _FIRST_YEAR, _LAST_YEAR, today.year())
        self.day = QDateEdit(today)
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setAccessibleName(f"{name}: day")
        self.day.setDateRange(QDate(_FIRST_YEAR, 1, 1), QDate(_LAST_YEAR, 12, 31))
        self._build()
        self._show(text)
        self._connect()

    def text(self) -> str:
        return self._text

    def _build(self) -> None:
        month = QWidget()
        month_row = _row(month)
        month_row.addWidget(self.month, stretch=1)
        month_row.addWidget(self.month_year, stretch=1)
        self._none = QWidget()
        self._controls: dict[str, QWidget] = {_DAYS: self.days, _YEAR: self.year, _MONTH: month, _DAY: self.day}
        self._stack = QStackedWidget()
        for control in (self._none, *self._controls.values()):
            self._stack.addWidget(control)
        row = _row(self)
        row.addWidget(self.kind)
        row.addWidget(self._stack, stretch=1)
        self.setFocusProxy(self.kind)

    def _connect(self) -> None:
        self.kind.activated.connect(self._take)
        self.month.activated.connect(self._take)
        for number in (self.days, self.year, self.month_year):
            number.valueChanged.connect(self._take)
        self.day.dateChanged.connect(self._take)

    def _show(self, text: str) -> None:
        """Set the controls to a date in its canonical form."""
        kind = text or _OPEN
        if match := _LAST_DAYS.fullmatch(text):
            kind = _DAYS
            self.days.setValue(int(match[1]))
        elif text[:1].isdigit():
            year, *rest = (int(part) for part in text.split("-"))
            kind = (_YEAR, _MONTH, _DAY)[len(rest)]
            self.year.setValue(year)
            self.month_year.setValue(year)
            if rest:
                self.month.setCurrentIndex(rest[0] - 1)
                self.day.setDate(QDate(year, rest[0], rest[1] if len(rest) > 1 else 1))
        self.kind.setCurrentIndex(max(self.kind.findData(kind), 0))
        self._show_control()

    def _show_control(self) -> None:
        self._stack.setCurrentWidget(self._controls.get(self.kind.currentData(), self._none))

    def _take(self) -> None:
        kind: str = self.kind.currentData()
        written = {
            _DAYS: f"last-{self.days.value()}-days",
            _YEAR: f"{self.year.value():04}",
            _MONTH: f"{self.month_year.value():04}-{self.month.currentIndex() + 1:02}",
            _DAY: self.day.date().toString("yyyy-MM-dd"),
            _OPEN: "",
        }
        self._text = written.get(kind, kind)
        self._show_control()
        self.edited.emit()


def _number(name: str, least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox(minimum=least, maximum=most, value=value)
    box.lineEdit().setTextMargins(INDENT_PX, 0, 0, 0)
    box.setAccessibleName(name)
    return box


def _row(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(STEP_PX)
    return row
