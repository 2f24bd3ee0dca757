"""The list under the search line: what could be typed, and what was searched for before. What stands in it, others say.

It is a child of the window, laid over its other parts, and never takes the focus. A window of its own (QCompleter has
one) would take the keyboard from input methods on some systems, cannot be placed freely under Wayland, and swallows
the first click beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QVBoxLayout, QWidget

from desktop.search.suggestion_delegate import CROSS_ROOM_PX, ROW_PX, SuggestionDelegate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.query import Suggestion
    from desktop.theme import Theme

MOST_ROWS = 8
GAP_PX = 4  # between the line and the list, and within the list around its rows

Index = QModelIndex | QPersistentModelIndex


class Kind(Enum):
    """What a row of the list is."""

    SUGGESTION = auto()
    RECENT = auto()
    CLEAR = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One offer."""

    kind: Kind
    text: str
    icon: str
    explanation: str = ""
    suggestion: Suggestion | None = None  # of that kind

    @property
    def can_be_removed(self) -> bool:
        return self.kind is Kind.RECENT


CLEAR_ROW = Row(Kind.CLEAR, "Clear recent searches", "trash")


class _Rows(QAbstractListModel):
    """The rows of the list; the Row itself is the user role."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()

    def replace(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row)
        if role == Qt.ItemDataRole.ToolTipRole and row.kind is Kind.RECENT:
            return f"{row.text}\nDel removes it from the recent searches"
        return None


def spoken(row: Row) -> str:
    """What a screen reader says."""
    if row.kind is Kind.RECENT:
        return f"Recent search: {row.text}. Press Delete to remove it from the list"
    return f"{row.text} {row.explanation}".strip()


class SuggestionList(QFrame):
    """At most eight rows high, as wide as the line."""

    taken = Signal(object)
    """Row: clicked."""
    forgotten = Signal(object)
    """Row of a recent search whose cross was clicked."""

    def __init__(self, theme: Theme, field: QWidget) -> None:
        super().__init__(field)
        self.setObjectName("suggestions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._field = field
        self._rows = _Rows(self)
        self._delegate = SuggestionDelegate(theme, self)
        self.view = QListView()
        self.view.setAccessibleName("Suggestions")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setModel(self._rows)
        self.view.setItemDelegate(self._delegate)
        self.view.viewport().installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP_PX, GAP_PX, GAP_PX, GAP_PX)
        column.addWidget(self.view)
        theme.changed.connect(self.view.viewport().update)
        self.hide()

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows.rows

    @property
    def chosen(self) -> Row | None:
        """The row that Enter takes; none until the user has chosen one."""
        index = self.view.currentIndex()
        return self._rows.rows[index.row()] if index.isValid() else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these with none chosen; nothing at all if there are none."""
        self._rows.replace(rows)
        self.view.scrollToTop()
        if not rows:
            self.close()
            return
        if not self.isVisible():
            window = self._field.window()
            self.setParent(window)
            window.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def choose_none(self) -> None:
        self.view.setCurrentIndex(QModelIndex())

    def step(self, step: int) -> None:
        """Choose the next row or the one before; behind the last one comes none, so that the line is reached again.

        From none, a step up leads to the last row that is no command.
        """
        places = [-1, *range(len(self._rows.rows))]
        place = self.view.currentIndex().row()  # -1 for none
        if place == -1 and step < 0 and self._rows.rows[-1].kind is Kind.CLEAR:
            step -= 1
        place = places[(place + 1 + step) % len(places)]
        self.view.setCurrentIndex(self._rows.index(place) if place >= 0 else QModelIndex())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.window().removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Of the rows: the mouse. Of the window: a click beside the list closes it, another size moves it."""
        if watched is self.view.viewport():
            return self._use_mouse(event)
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.WindowDeactivate):
            self.close()
        elif event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _use_mouse(self, event: QEvent) -> bool:
        """A row under the mouse lights up but is not chosen: Enter must not take what the mouse happens to lie on."""
        if not isinstance(event, QMouseEvent) or event.type() == QEvent.Type.MouseMove:
            return False
        index = self.view.indexAt(event.position().toPoint())
        if event.type() == QEvent.Type.MouseButtonRelease and index.isValid():
            row = self._rows.rows[index.row()]
            on_cross = event.position().x() >= self.view.viewport().width() - CROSS_ROOM_PX
            (self.forgotten if row.can_be_removed and on_cross else self.taken).emit(row)
        return True

    def _place(self) -> None:
        """Under the line, and not beyond the end of the window."""
        window = self.window()
        corner = self._field.mapTo(window, QPoint(0, self._field.height() + GAP_PX))
        wanted_px = min(len(self._rows.rows), MOST_ROWS) * ROW_PX + 2 * (GAP_PX + self.frameWidth())
        self.setGeometry(corner.x(), corner.y(), self._field.width(), min(wanted_px, window.height() - corner.y()))
