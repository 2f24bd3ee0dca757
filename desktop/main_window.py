"""The main window: lays out its parts and connects their signals. Each part does its own work elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMainWindow, QMenu, QToolButton, QVBoxLayout, QWidget

from core.errors import QueryError, RecollectError
from core.types import Folder, Progress
from desktop.dialogs.folder_chooser import choose_folder
from desktop.dialogs.folders import FoldersDialog
from desktop.dialogs.models import ModelsDialog
from desktop.dialogs.problems import ProblemsDialog
from desktop.empty_state import Remedy
from desktop.grid.gallery import Gallery
from desktop.grid.model import GridModel
from desktop.grid.photo_cache import PhotoCache
from desktop.grid.thumbnails import Thumbnails
from desktop.icons import icon
from desktop.notices import NoticeBar
from desktop.organise.photo_menu import PhotoMenu
from desktop.search.bar import SearchBar
from desktop.search.field import folder_in, picture_in
from desktop.search.searcher import Searcher
from desktop.status_line import StatusLine

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.tasks import Tasks
    from desktop.theme import Theme

COUNT_MS = 1_000  # the counts of folders and photos are read anew at most once a second


class Census(NamedTuple):
    """What the window knows of the library as a whole."""

    folders: list[Folder]
    photos: int


class MainWindow(QMainWindow):
    """One library in one window. It neither opens nor closes the library."""

    painted = Signal()
    """For the first time: what was put off so that the window shows at once may begin."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setWindowTitle("Recollect")
        self.resize(1280, 800)
        self.setAcceptDrops(True)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._was_painted = False
        self.thumbnails = Thumbnails(library, tasks, self)
        self.photos = PhotoCache(library, tasks, self)
        self.searcher = Searcher(library, tasks, self)
        self.photo_menu = PhotoMenu(library, tasks, self)
        self.notice_bar = NoticeBar(theme)
        self.search_bar = SearchBar(library, tasks, theme)
        self.gallery = Gallery(GridModel(self.thumbnails, self.photos, self), theme, library.settings.strictness)
        self.status_line = StatusLine(theme)
        self.folders_dialog = FoldersDialog(library, tasks, bridge, self)
        self.problems_dialog = ProblemsDialog(library, tasks, bridge, self)
        self.models_dialog = ModelsDialog(library, tasks, bridge, self)
        self.folders_button, self.menu_button = QToolButton(), QToolButton()
        self._count_timer = QTimer(self, singleShot=True, interval=COUNT_MS)
        self._build()
        self._connect_search()
        self._connect_library(bridge)
        self._connect_actions()
        self.search_bar.field.setFocus()
        self._count()
        self._show_progress(library.progress)
        self.searcher.ask(self.search_bar.query)

    def add_folder(self, path: Path) -> None:
        self._tasks.run(partial(self._library.add_folder, path), lambda _folder: self._count())

    def choose_folder(self) -> QFileDialog:
        return choose_folder(self, self.add_folder)

    def stop(self) -> None:
        """The application ends: stop what would go on without the window."""
        self.models_dialog.stop()

    # How it looks

    def _build(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(16, 16, 16, 8)
        header.setSpacing(8)
        header.addWidget(self.search_bar, stretch=1)
        for button, name in ((self.folders_button, "Folders"), (self.menu_button, "More")):
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setIconSize(QSize(24, 24))
            button.setFixedSize(40, 40)
            column = QVBoxLayout()  # the buttons stay beside the line when chips come below it
            column.addWidget(button)
            column.addStretch()
            header.addLayout(column)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self._menu())
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice_bar)
        column.addLayout(header)
        column.addWidget(self.gallery, stretch=1)
        column.addWidget(self.status_line)
        self.setCentralWidget(page)
        self._theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Add a folder…", QKeySequence.StandardKey.Open, self.choose_folder)
        menu.addAction("Folders…", self.folders_dialog.show)
        menu.addAction("Look through all folders again", QKeySequence("F5"), self._rescan)
        menu.addSeparator()
        menu.addAction("Models…", self.models_dialog.show)
        menu.addAction("Files that cannot be read…", self.problems_dialog.show)
        appearance = menu.addMenu("Appearance")
        choices = QActionGroup(menu)
        for choice, name in (("system", "As the system"), ("light", "Light"), ("dark", "Dark")):
            action = QAction(name, choices, checkable=True, checked=self._theme.choice == choice)
            action.triggered.connect(partial(self._choose_theme, choice))
            appearance.addAction(action)
        menu.addSeparator()
        menu.addAction("Quit", QKeySequence.StandardKey.Quit, self.close)
        return menu

    def _paint_icons(self) -> None:
        self.folders_button.setIcon(icon("folder", self._theme.colors.text, 24))
        self.menu_button.setIcon(icon("more", self._theme.colors.text, 24))

    # What leads to what

    def _connect_search(self) -> None:
        grid = self.gallery.grid
        self.search_bar.query_changed.connect(self.searcher.ask)
        self.search_bar.query_broken.connect(self.searcher.hold)
        self.search_bar.left.connect(self._enter_grid)
        self.searcher.asked.connect(self.gallery.expect)
        self.searcher.answered.connect(self.gallery.show_answer)
        self.searcher.failed.connect(self._show_search_error)
        self.gallery.results_line.strictness_chosen.connect(self.searcher.set_strictness)
        self.gallery.results_line.strictness_settled.connect(self._keep_strictness)
        self.gallery.remedy_chosen.connect(self._remedy)
        grid.typed.connect(self._type_on)
        grid.opened.connect(self.photo_menu.open)
        grid.menu_requested.connect(self.photo_menu.show)
        self.photo_menu.similar_wanted.connect(lambda photo_id: self.search_bar.search_for(f"photo:{photo_id}"))

    def _connect_library(self, bridge: Bridge) -> None:
        for errors in (bridge.error_raised, self._tasks.failed, self.photo_menu.failed, self.models_dialog.failed):
            errors.connect(self.notice_bar.show_error)
        bridge.progress_changed.connect(self._show_progress)
        bridge.encoder_changed.connect(lambda _name: self._show_progress(self._library.progress))
        bridge.encoder_changed.connect(lambda _name: self.searcher.refresh())
        bridge.folders_changed.connect(self._count)
        bridge.folders_changed.connect(self.searcher.refresh)
        bridge.photos_changed.connect(self._take_changes)
        self._count_timer.timeout.connect(self._count)

    def _connect_actions(self) -> None:
        self.folders_button.clicked.connect(self.folders_dialog.show)
        self.folders_dialog.add_wanted.connect(self.add_folder)
        self.problems_dialog.folder_wanted.connect(self.photo_menu.show_in_folder)
        self.status_line.problems_chosen.connect(self.problems_dialog.show)
        self.status_line.pause_chosen.connect(self._pause)
        for key, action in (("Ctrl+F", self._find), ("Escape", self._step_back), ("Ctrl+V", self._paste)):
            QShortcut(QKeySequence(key), self, action)

    # What the user does

    def _find(self) -> None:
        self.search_bar.field.setFocus()
        self.search_bar.field.selectAll()

    def _step_back(self) -> None:
        """From the photos to the search, from a search to all photos."""
        if self.search_bar.field.hasFocus():
            self.search_bar.field.clear()
        else:
            self._find()

    def _type_on(self, text: str) -> None:
        self.search_bar.field.setFocus()
        self.search_bar.field.insert(text)

    def _enter_grid(self) -> None:
        grid = self.gallery.grid
        grid.setFocus()
        if not grid.currentIndex().isValid() and self.gallery.listing.ids:
            grid.setCurrentIndex(grid.model().index(0, 0))

    def _paste(self) -> None:
        given = picture_in(QGuiApplication.clipboard().mimeData())
        if given is not None:
            self.search_bar.add_picture(given, replace=True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if folder_in(event.mimeData()) is not None or picture_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder is watched from now on; a picture is searched by."""
        folder, given = folder_in(event.mimeData()), picture_in(event.mimeData())
        event.acceptProposedAction()
        if folder is not None:
            self.add_folder(folder)
        elif given is not None:
            self.search_bar.add_picture(given, replace=True)

    def _remedy(self, remedy: Remedy) -> None:
        actions = {
            Remedy.CHOOSE_FOLDER: self.choose_folder,
            Remedy.SHOW_FOLDERS: self.folders_dialog.show,
            Remedy.CLEAR_SEARCH: self.search_bar.field.clear,
        }
        actions[remedy]()

    def _pause(self, pause: bool) -> None:
        self._tasks.run(self._library.pause if pause else self._library.resume)

    def _rescan(self) -> None:
        self._tasks.run(self._library.rescan)

    def _choose_theme(self, choice: str) -> None:
        self._theme.choose(choice)  # type: ignore[arg-type]
        self._tasks.run(partial(self._library.change_settings, theme=choice))

    def _keep_strictness(self, strictness: float) -> None:
        self._tasks.run(partial(self._library.change_settings, strictness=strictness))

    # What the library tells

    def _take_changes(self, ids: tuple) -> None:
        self.thumbnails.forget(ids)
        self.photos.forget(ids)
        self.searcher.refresh()
        if not self._count_timer.isActive():
            self._count_timer.start()

    def _count(self) -> None:
        self._tasks.run(partial(_census, self._library), self._show_census)

    def _show_census(self, census: Census) -> None:
        online = sum(folder.online for folder in census.folders)
        self.gallery.note(folders=len(census.folders), folders_online=online)
        self.status_line.show_photos(census.photos)
        self.status_line.show_problems(sum(folder.failed for folder in census.folders))

    def _show_progress(self, progress: Progress) -> None:
        self.status_line.show_progress(progress)
        self.gallery.note(activity=progress.activity, model_ready=self._library.encoder_name is not None)

    def _show_search_error(self, error: RecollectError) -> None:
        self.gallery.note(waiting=False)
        if isinstance(error, QueryError):
            self.search_bar.show_error(error)
        else:
            self.notice_bar.show_error(error)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)  # after the parts inside were painted, too


def _census(library: Library) -> Census:
    return Census(library.folders(), library.photo_count())
