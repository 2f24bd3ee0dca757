"""For everyone: each control has a name, and Tab reaches it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QRadioButton, QScrollBar, QWidget

from core.tags.values import CLASS
from desktop.app import Session
from desktop.dialogs.settings import Section
from desktop.labelling.proposals import Proposal
from desktop.main_window import MainWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

SHIFT = Qt.KeyboardModifier.ShiftModifier
MOST_TABS = 200
KEY = re.compile(r"\([^)]*\)$")  # "Remove (Del)"


def controls(root: QWidget) -> list[QWidget]:
    """All that is visible and can be used."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisible()
        and widget.window() is root.window()
        and (widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, QAbstractButton))
        and not isinstance(widget, QScrollBar | QLabel)  # a label that can be copied by mouse does nothing
        and not isinstance(widget.parentWidget(), QLineEdit)  # its buttons have keys: Esc and Ctrl+Shift+F
        and not widget.objectName().startswith("qt_")  # parts of Qt's own widgets, which answer for them
    ]


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def describe(widget: QWidget) -> str:
    owner = widget.parentWidget()
    return f"{type(widget).__name__} {widget.objectName() or widget.toolTip()} in {type(owner).__name__}"


def nameless(root: QWidget) -> list[str]:
    return [describe(widget) for widget in controls(root) if not name_of(widget).strip()]


def reached_by_tab(start: QWidget, qtbot: QtBot) -> set[QWidget]:
    start.setFocus()
    reached: set[QWidget] = set()
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused is start and len(reached) > 1:
            break
        reached.add(focused)  # a label with a link takes Tab twice
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    return reached


def unreachable(root: QWidget, start: QWidget, qtbot: QtBot) -> list[str]:
    """Controls that neither Tab reaches nor a key that their tool tip names. Tab reaches one of a group of choices."""
    reached = reached_by_tab(start, qtbot)
    proxies = {widget.focusProxy() for widget in reached if widget.focusProxy() is not None}
    missed = [
        widget
        for widget in controls(root)
        if widget.isEnabled()
        and widget not in reached | proxies
        and widget.focusProxy() not in reached
        and not isinstance(widget, QRadioButton)
        and not (widget.focusPolicy() == Qt.FocusPolicy.NoFocus and KEY.search(widget.toolTip()))
    ]
    return [describe(widget) for widget in missed]


@pytest.fixture
def window(session: Session) -> MainWindow:
    session.window.activateWindow()
    session.window.header.info_action.setChecked(True)
    return session.window


def browse(window: MainWindow, qtbot: QtBot) -> None:
    window.gallery.grid.setFocus()
    qtbot.keyClick(window.gallery.grid, Qt.Key.Key_Home)
    qtbot.keyClick(window.gallery.grid, Qt.Key.Key_Right, SHIFT)
    qtbot.waitUntil(window.selection_bar.isVisible)


def search(window: MainWindow, qtbot: QtBot) -> None:
    window.search_for("2*red circle - square format:jpeg")
    qtbot.waitUntil(lambda: window.gallery.listing.strengths is not None, timeout=30_000)


def find_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.search_for("name:unicorn")
    qtbot.waitUntil(window.gallery.empty_state.isVisible, timeout=10_000)


def view(window: MainWindow, qtbot: QtBot) -> None:
    window.navigation.view(window.gallery.listing.ids[1:2])


def compare(window: MainWindow, qtbot: QtBot) -> None:
    window.navigation.compare(window.gallery.listing.ids[:3])


def show_duplicates(window: MainWindow, qtbot: QtBot) -> None:
    window.navigation.show_duplicates()
    qtbot.waitUntil(lambda: window.duplicates.exact.is_known, timeout=10_000)


def label(window: MainWindow, qtbot: QtBot) -> None:
    window.begin_labelling()
    qtbot.waitUntil(lambda: window.labelling_bar.isVisible() and bool(window.labelling_bar.offers), timeout=10_000)


def train(window: MainWindow, qtbot: QtBot) -> None:
    """Without labels: how to begin."""
    window.learning.show_training()
    qtbot.waitUntil(lambda: window.learning.training.train.empty.isVisible(), timeout=10_000)


def train_on_labels(window: MainWindow, qtbot: QtBot) -> None:
    ids = window.gallery.listing.ids
    window.library.labels.set(ids[:3], CLASS, "one")
    window.library.labels.set(ids[3:], CLASS, "other")
    window.learning.show_training()
    qtbot.waitUntil(lambda: window.learning.training.train.labels.isVisible(), timeout=10_000)


def show_runs(window: MainWindow, qtbot: QtBot) -> None:
    window.learning.show_training()
    window.learning.training.show_tab(window.learning.runs)


def show_report(window: MainWindow, qtbot: QtBot) -> None:
    window.learning.show_training()
    window.learning.training.show_tab(window.learning.report)


def review(window: MainWindow, qtbot: QtBot) -> None:
    proposals = [Proposal(each, CLASS, "one", None, 0.9, None, "A guess") for each in window.gallery.listing.ids]
    window.learning.review.show_proposals("Look", "Why.", proposals)
    window.navigation.show(window.learning.review)


STATES = (browse, search, find_nothing, view, compare, show_duplicates)
STATES_OF_LEARNING = (label, train, train_on_labels, show_runs, show_report, review)


@pytest.mark.parametrize("state", STATES + STATES_OF_LEARNING, ids=lambda state: state.__name__)
class TestTheWindow:
    def test_every_control_has_a_name(
        self, state: Callable[[MainWindow, QtBot], None], window: MainWindow, qtbot: QtBot
    ) -> None:
        state(window, qtbot)
        assert nameless(window) == []

    def test_every_control_is_reached_by_tab(
        self, state: Callable[[MainWindow, QtBot], None], window: MainWindow, qtbot: QtBot
    ) -> None:
        state(window, qtbot)
        focused = QApplication.focusWidget()
        assert focused is not None, "the keyboard is nowhere"
        assert unreachable(window, focused, qtbot) == []


@pytest.mark.parametrize("section", list(Section), ids=lambda section: section.name.lower())
def test_the_settings_are_named_and_reached(section: Section, window: MainWindow, qtbot: QtBot) -> None:
    dialog = window.dialogs.settings
    dialog.open_at(section)
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    assert nameless(dialog) == []
    assert unreachable(dialog, dialog.sections, qtbot) == []
    dialog.close()


@pytest.mark.parametrize("name", ["folders", "problems", "models"])
def test_the_dialogs_are_named_and_reached(name: str, window: MainWindow, qtbot: QtBot) -> None:
    getattr(window.dialogs, f"show_{name}")()
    dialog = getattr(window.dialogs, name)
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog and QApplication.focusWidget() is not None)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert nameless(dialog) == []
    assert unreachable(dialog, focused, qtbot) == []
    dialog.close()


def test_the_dialog_of_labels_is_named_and_reached(window: MainWindow, qtbot: QtBot) -> None:
    window.learning.show_labels()
    dialog = window.learning.labels
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    for place in range(dialog.tabs.count()):
        dialog.tabs.setCurrentIndex(place)
        assert nameless(dialog) == []
        assert unreachable(dialog, dialog.tabs.tabBar(), qtbot) == []
    dialog.close()


def test_the_pages_of_learning_work_in_a_narrow_window(window: MainWindow, qtbot: QtBot) -> None:
    learning, widest = window.learning, window.duplicates.minimumSizeHint().width()
    for page in (learning.training, learning.review, window.labelling_bar):
        assert page.minimumSizeHint().width() <= widest
    window.header.info_action.setChecked(False)
    window.resize(800, 800)
    learning.show_training()
    assert window.width() == 800
