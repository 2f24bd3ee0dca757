"""One size of a filter: a number and its unit."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QWidget

from desktop.search.editors.part_editor import INDENT_PX
from desktop.theme import STEP_PX

_UNITS = (
    ("kb", "kB"),
    ("mb", "MB"),
    ("gb", "GB"),
    ("mp", "megapixels"),
    ("px", "pixels (longer edge)"),
    ("b", "bytes"),
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gib", "GiB"),
)
_MOST = 999_999_999_999.0  # twelve digits and six decimals, as many as the query language takes
_DECIMALS = 6


class _Number(QDoubleSpinBox):
    """Without zeros at the end: the last digit that is written tells how finely the size is meant."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "f", _decimals(value)).replace(self.locale().groupSeparator(), "")


class SizeValue(QWidget):
    """Chooses one size in the way the query language writes it."""

    edited = Signal()
    """By the user."""

    def __init__(self, name: str, text: str, *, open_ended: bool = False) -> None:
        """`text` in its canonical form; "" is no limit, which can be chosen if the end of a range may be open."""
        super().__init__()
        self._text = text  # until a control is touched: no control may round what was typed
        self.number = _Number(minimum=0, maximum=_MOST, decimals=_DECIMALS, value=2)
        self.number.setAccessibleName(f"{name}: number")
        self.number.lineEdit().setTextMargins(INDENT_PX, 0, 0, 0)
        self.unit = QComboBox()
        self.unit.setAccessibleName(f"{name}: unit")
        for unit, caption in _UNITS:
            self.unit.addItem(caption, unit)
        if open_ended:
            self.unit.addItem("no limit", "")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(STEP_PX)
        row.addWidget(self.number, stretch=1)
        row.addWidget(self.unit, stretch=1)
        self.setFocusProxy(self.number)
        unit = text.lstrip("0123456789.")
        if text:
            self.number.setValue(float(text.removesuffix(unit)))
        self.unit.setCurrentIndex(self.unit.findData(unit))
        self.number.setEnabled(bool(unit))
        self.number.valueChanged.connect(self._take)
        self.unit.activated.connect(self._take)

    def text(self) -> str:
        return self._text

    def _take(self) -> None:
        unit, value = self.unit.currentData(), self.number.value()
        self._text = f"{value:.{_decimals(value)}f}{unit}" if unit else ""
        self.number.setEnabled(bool(unit))
        self.edited.emit()


def _decimals(value: float) -> int:
    """How many decimals the number needs."""
    return len(f"{value:.{_DECIMALS}f}".rstrip("0").partition(".")[2])
