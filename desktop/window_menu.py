"""The menu of the window: all that is done rarely, each with its key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

    from desktop.main_window import MainWindow
    from desktop.theme import Choice, Theme

_Key = QKeySequence.StandardKey
_APPEARANCES: tuple[tuple[Choice, str], ...] = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))


def fill_menu(menu: QMenu, window: MainWindow, theme: Theme) -> None:
    """Its keys work in the whole window, whether the menu is open or not."""
    menu.addAction("Add a folder…", QKeySequence(_Key.Open), window.choose_folder)
    menu.addAction("Folders…", window.dialogs.show_folders)
    menu.addAction("Look through all folders again", QKeySequence("F5"), window.rescan)
    menu.addSeparator()
    menu.addAction(window.organiser.undo.undo_action)
    menu.addAction(window.organiser.undo.redo_action)
    menu.addSeparator()
    menu.addAction(window.labelling_bar.toggle_action)
    menu.addAction("Most worth labelling", window.learning.show_worth_labelling)
    menu.addAction("Go through unsure photos…", lambda: window.learning.review_unsure())
    menu.addAction("Unknown photos…", window.learning.show_unknown)
    menu.addAction("Labels…", window.learning.show_labels)
    menu.addAction("Training", window.learning.show_training)
    menu.addSeparator()
    menu.addAction("Duplicates", window.navigation.show_duplicates)
    menu.addAction("Files that cannot be read…", window.dialogs.show_problems)
    menu.addSeparator()
    menu.addAction(window.header.sidebar_action)
    menu.addAction(window.header.info_action)
    _add_appearance(menu, window, theme)
    menu.addSeparator()
    menu.addAction("Models…", window.dialogs.show_models)
    menu.addAction("Settings…", QKeySequence("Ctrl+,"), window.dialogs.show_settings)
    menu.addSeparator()
    menu.addAction("Quit", QKeySequence("Ctrl+Q"), window.close)
    for action in menu.actions():
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        window.addAction(action)


def _add_appearance(menu: QMenu, window: MainWindow, theme: Theme) -> None:
    appearance = menu.addMenu("Appearance")
    choices = QActionGroup(menu)
    actions: dict[str, QAction] = {}
    for choice, name in _APPEARANCES:
        actions[choice] = QAction(name, choices, checkable=True)
        actions[choice].triggered.connect(partial(window.choose_theme, choice))
        appearance.addAction(actions[choice])
    appearance.aboutToShow.connect(lambda: actions[theme.choice].setChecked(True))  # the settings change it, too
