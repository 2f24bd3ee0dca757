"""The dialogs of the window, each made when it is first wanted: at the start of the program none of them is needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.dialogs.folders import FoldersDialog
from desktop.dialogs.models import ModelsDialog
from desktop.dialogs.problems import ProblemsDialog
from desktop.dialogs.settings import Section, SettingsDialog

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QWidget

    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme


class Dialogs(QObject):
    """They stay open beside the window, and lead to each other."""

    add_folder_wanted = Signal(object)
    """Path."""
    photo_folder_wanted = Signal(object)
    """PhotoId: show its file in its folder."""
    strictness_changed = Signal(float)
    order_changed = Signal()
    """Photos like one photo are ordered by something else now."""
    failed = Signal(object)
    """RecollectError."""
    job_moved = Signal(str, object, object, object)
    """A long job of a dialog, as `StatusLine.show_job` takes it."""
    job_ended = Signal(str)

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._library, self._tasks, self._bridge, self._theme = library, tasks, bridge, theme
        self._window = window

    @cached_property
    def folders(self) -> FoldersDialog:
        dialog = FoldersDialog(self._library, self._tasks, self._bridge, self._window)
        dialog.add_wanted.connect(self.add_folder_wanted)
        dialog.patterns_wanted.connect(lambda: self.settings.open_at(Section.INDEXING))
        return dialog

    @cached_property
    def problems(self) -> ProblemsDialog:
        dialog = ProblemsDialog(self._library, self._tasks, self._bridge, self._window)
        dialog.folder_wanted.connect(self.photo_folder_wanted)
        return dialog

    @cached_property
    def models(self) -> ModelsDialog:
        dialog = ModelsDialog(self._library, self._tasks, self._bridge, self._window)
        dialog.failed.connect(self.failed)
        dialog.job_moved.connect(self.job_moved)
        dialog.job_ended.connect(self.job_ended)
        return dialog

    @cached_property
    def settings(self) -> SettingsDialog:
        dialog = SettingsDialog(self._library, self._tasks, self._bridge, self._theme, self._window)
        dialog.models_wanted.connect(self.show_models)
        dialog.strictness_changed.connect(self.strictness_changed)
        dialog.order_changed.connect(self.order_changed)
        dialog.job_moved.connect(self.job_moved)
        dialog.job_ended.connect(self.job_ended)
        return dialog

    def show_folders(self) -> None:
        _show(self.folders)

    def show_problems(self) -> None:
        _show(self.problems)

    def show_models(self) -> None:
        _show(self.models)

    def show_settings(self) -> None:
        _show(self.settings)

    def stop(self) -> None:
        """The window closes: end what goes on behind a dialog that was opened."""
        if "models" in self.__dict__:
            self.models.stop()
        if "settings" in self.__dict__:
            self.settings.stop()


def _show(dialog: QDialog) -> None:
    """To the front, where it is open already."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
