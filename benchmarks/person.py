"""Somebody at the window: clicks and keys that are counted, and patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from desktop.app import Session
    from desktop.organise.sidebar_rows import Row

PATIENCE_MS = 30_000
LEFT = Qt.MouseButton.LeftButton


class Person:
    """One click, one key press and one phrase that is typed are a step each."""

    def __init__(self, session: Session) -> None:
        self.session, self.window = session, session.window
        self.steps = 0

    def wait(self, condition: Callable[[], object]) -> None:
        """Until what was asked for is there.

        Raises:
            TimeoutError: it did not come.
        """
        deadline = QDeadlineTimer(PATIENCE_MS)
        while not condition():
            if deadline.hasExpired():
                raise TimeoutError("What was waited for did not come.")
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)

    def click(self, button: QAbstractButton) -> None:
        self.wait(lambda: button.isVisible() and button.isEnabled())
        self.steps += 1
        QTest.mouseClick(button, LEFT)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Where the keyboard is."""
        if QApplication.activeWindow() is None:  # without a window manager nobody gives the keyboard back to the window
            self.window.activateWindow()
            self.wait(lambda: QApplication.activeWindow() is not None)
        self.steps += 1
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)

    def type(self, text: str) -> None:
        self.steps += 1
        QTest.keyClicks(QApplication.focusWidget() or self.window, text)

    def choose(self, menu: QMenu, text: str) -> None:
        """An entry of a menu that is open."""
        self.steps += 1
        entry: QAction = next(action for action in menu.actions() if action.text().startswith(text))
        menu.close()
        entry.trigger()

    def click_photo(self, row: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        grid = self.window.gallery.grid
        self.steps += 1
        place = grid.visualRect(grid.model().index(row, 0)).center()
        QTest.mouseClick(grid.viewport(), LEFT, modifiers, place)

    def click_in_sidebar(self, text: str) -> None:
        tree = self.window.sidebar.tree
        rows: list[Row] = []

        def found() -> list[Row]:
            rows[:] = [row for index in tree.rows.indexes() if (row := tree.rows.row_at(index)) and row.text == text]
            return rows

        self.wait(found)
        self.steps += 1
        QTest.mouseClick(tree.viewport(), LEFT, pos=tree.visualRect(tree.rows.index_of(rows[0].key)).center())

    @property
    def shown(self) -> int:
        """Photos in the grid."""
        return len(self.window.gallery.listing.ids)

    def wait_for_answer(self) -> None:
        self.wait(lambda: not self.window.searcher.is_waiting)

    def wait_for_toast(self, text: str) -> None:
        toast = self.window.organiser.toast
        self.wait(lambda: toast.isVisible() and text in toast.text)

    def wait_for_dialog(self) -> None:
        """Until one has come, with the keyboard in it."""

        def has_the_keyboard() -> bool:
            dialog, focused = QApplication.activeModalWidget(), QApplication.focusWidget()
            if dialog is None:
                return False
            dialog.activateWindow()
            return focused is not None and dialog.isAncestorOf(focused)

        self.wait(has_the_keyboard)

    def popup(self) -> QWidget:
        """The menu or editor that is open."""
        self.wait(lambda: QApplication.activePopupWidget() is not None)
        popup = QApplication.activePopupWidget()
        assert popup is not None
        return popup
