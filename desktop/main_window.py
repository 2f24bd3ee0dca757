"""The main window: lays out its parts and connects their signals. Each part does its own work elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QPaintEvent,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from core.errors import QueryError, RecollectError
from core.query import Query
from core.types import PhotoId, Progress
from desktop.answering_model import AnsweringModel
from desktop.census import Census, Counts
from desktop.connections import connect
from desktop.dialogs.dialogs import Dialogs
from desktop.dialogs.folder_chooser import choose_folder
from desktop.empty_pages import Remedy
from desktop.grid.gallery import Gallery
from desktop.grid.model import GridModel
from desktop.grid.photo_cache import PhotoCache
from desktop.grid.thumbnails import Thumbnails
from desktop.header import Header
from desktop.learning import Learning
from desktop.navigation import Navigation
from desktop.notices import NoticeBar
from desktop.organise.duplicates_page import DuplicatesPage
from desktop.organise.organiser import Organiser
from desktop.organise.selection_bar import SelectionBar
from desktop.organise.sidebar import Sidebar
from desktop.search.bar import SearchBar
from desktop.search.field import folders_in, picture_in
from desktop.search.searcher import Searcher
from desktop.status_line import StatusLine
from desktop.surroundings import Surroundings
from desktop.tagging.labelling_bar import LabellingBar
from desktop.viewer.compare import ComparePage
from desktop.viewer.info_panel import InfoPanel
from desktop.viewer.viewer import ViewerPage
from desktop.window_menu import fill_menu

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.search.searcher import Answer
    from desktop.tasks import Tasks
    from desktop.theme import Choice, Theme


class MainWindow(QMainWindow):
    """One library in one window. It neither opens nor closes the library."""

    painted = Signal()
    """For the first time: what was put off so that the window shows at once may begin."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setWindowTitle("Recollect")
        self.resize(1280, 800)
        self.setAcceptDrops(True)
        self.library, self.tasks, self._theme = library, tasks, theme
        self._was_painted = False
        self._title_to_select = ""  # of photos that are on their way into the grid
        self._make_parts(library, tasks, bridge, theme)
        self._build()
        fill_menu(self.header.menu, self, theme)
        connect(self, bridge)
        self.surroundings.recall(library)
        self.search_bar.field.setFocus()
        self.census.take()
        self.show_progress(library.progress)
        self.searcher.ask(self.search_bar.query)

    def _make_parts(self, library: Library, tasks: Tasks, bridge: Bridge, theme: Theme) -> None:
        settings = library.settings
        self.thumbnails = Thumbnails(library, tasks, self)
        self.photos = PhotoCache(library, tasks, self)
        self.searcher = Searcher(library, tasks, self)
        self.answering_model = AnsweringModel(library, tasks, self)
        self.census = Census(library, tasks, self)
        self.notice_bar = NoticeBar(theme)
        self.search_bar = SearchBar(library, tasks, theme)
        self.header = Header(self.search_bar, theme)
        model = GridModel(self.thumbnails, self.photos, self)
        self.gallery = Gallery(model, theme, settings.strictness, cell_px=settings.grid_cell_px)
        self.viewer = ViewerPage(library, tasks, theme)
        self.compare = ComparePage(library, tasks, theme)
        self.duplicates = DuplicatesPage(library, tasks, bridge, theme)
        self.pages = QStackedWidget()
        self.navigation = Navigation(self.pages, self.gallery, self.viewer, self.compare, self.duplicates)
        self.organiser = Organiser(library, tasks, theme, bridge, self, self.pages)
        self.actions_on_photos = self.organiser.actions
        self.sidebar = Sidebar(library, tasks, theme, bridge, self.organiser)
        self.labelling_bar = LabellingBar(library, tasks, theme, self.sidebar.tag_facts, self.ids_to_label)
        self.viewer.key_taker = self.labelling_bar
        self.info_panel = InfoPanel(library, tasks, theme)
        self.selection_bar = SelectionBar(self.organiser.actions, theme, bridge)
        self.status_line = StatusLine(theme)
        self.dialogs = Dialogs(library, tasks, bridge, theme, self)
        undo = self.organiser.undo
        self.learning = Learning(library, tasks, bridge, theme, self.navigation, undo, self)

    def add_folder(self, path: Path) -> None:
        self.tasks.run(partial(self.library.add_folder, path), lambda _folder: self.census.take())

    def choose_folder(self) -> QFileDialog:
        return choose_folder(self, self.add_folder)

    def rescan(self) -> None:
        """Compare all folders with the disk."""
        self.tasks.run(self.library.rescan)

    def choose_theme(self, choice: Choice) -> None:
        self._theme.choose(choice)
        self.keep_settings(theme=choice)

    def stop(self) -> None:
        """The application ends: stop what would go on without the window."""
        self.dialogs.stop()
        self.organiser.stop()
        self.duplicates.stop()
        self.learning.stop()

    # How it looks

    def _build(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.addWidget(self.pages, stretch=1)
        column.addWidget(self.labelling_bar)
        column.addWidget(self.selection_bar)
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._body.setChildrenCollapsible(False)
        self._body.setHandleWidth(1)
        for widget in (self.sidebar, middle, self.info_panel):
            self._body.addWidget(widget)
        self._body.setStretchFactor(1, 1)
        self.info_panel.hide()
        parts = (self.header, self.sidebar, self.info_panel, self.status_line, self._body)
        self.surroundings = Surroundings(self, *parts)
        page = QWidget()
        rows = QVBoxLayout(page)
        for layout in (column, rows):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        rows.addWidget(self.notice_bar)
        rows.addWidget(self.header)
        rows.addWidget(self._body, stretch=1)
        rows.addWidget(self.status_line)
        self.setCentralWidget(page)

    # What the user does

    def search_for(self, text: str) -> None:
        """Search, and go to the photos that are found."""
        self.navigation.show_gallery()
        self.search_bar.search_for(text)
        if self.searcher.shows_choice:  # above an empty line
            self.searcher.ask(self.search_bar.query)
        self.gallery.take_focus()

    def show_photos(self, ids: Sequence[PhotoId], title: str) -> None:
        """Photos that something speaks of, in the grid."""
        self._title_to_select = ""
        self.navigation.show_gallery()
        self.search_bar.field.clear()
        self.searcher.choose(ids, title)
        self.gallery.take_focus()

    def begin_labelling(self) -> None:
        """Photos in the grid, and the keys that label them."""
        self.navigation.show_gallery()
        self.labelling_bar.toggle_action.setChecked(True)
        self.gallery.take_focus()

    def label_photos(self, ids: Sequence[PhotoId], title: str) -> None:
        """The same, with all of them selected: one key labels them."""
        self.show_photos(ids, title)
        self.begin_labelling()
        self._title_to_select = title

    def select_what_came(self, answer: Answer) -> None:
        """Only now: who has asked for something else meanwhile did not wait for it."""
        title, self._title_to_select = self._title_to_select, ""
        if title and answer.title == title:
            self.gallery.grid.selectAll()

    def show_what_is_labelled(self) -> None:
        """Labelling was turned on where there are no photos."""
        if not self.navigation.shows_photos:
            self.navigation.show_gallery()

    def ids_to_label(self) -> Sequence[PhotoId]:
        """The photo that is looked at, or those that are selected."""
        if self.navigation.shows_viewer:
            return self.viewed()
        return self.gallery.grid.ids_to_act_on() if self.navigation.shows_gallery else []

    def take_query(self, query: Query) -> None:
        self.navigation.show_gallery()  # what is found shall be seen
        self.searcher.ask(query)
        self.sidebar.show_query(query)
        self.actions_on_photos.note_query(query)
        self.info_panel.set_query(query)

    def search_again(self) -> None:
        self.viewer.set_full_screen(False)  # there is no line on it
        self.search_bar.field.setFocus()
        self.search_bar.field.selectAll()

    def step_back(self) -> None:
        """From a page to the photos, from these to the search, from a search to all photos."""
        if not self.navigation.shows_gallery:
            self.navigation.go_back()
        elif self.gallery.grid.selected_count() > 1:
            self.gallery.grid.clearSelection()
        elif self.searcher.shows_choice:
            self.searcher.ask(self.search_bar.query)
        elif self.search_bar.field.hasFocus():
            self.search_bar.field.clear()
        else:
            self.search_again()

    def type_on(self, text: str) -> None:
        if self.labelling_bar.take_key(text):
            return
        self.search_bar.field.setFocus()
        self.search_bar.field.insert(text)

    def enter_grid(self) -> None:
        self.navigation.show_gallery()
        self.gallery.take_focus()
        self.gallery.grid.go_to_first()

    def paste(self) -> None:
        self._search_by(picture_in(QGuiApplication.clipboard().mimeData()))

    def _search_by(self, picture: Path | QImage | None) -> None:
        if picture is not None:
            self.navigation.show_gallery()  # also where it is searched by already
            self.search_bar.add_picture(picture, replace=True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        ours = event.source() is not None  # photos that are dragged out are not searched by
        if not ours and (folders_in(event.mimeData()) or picture_in(event.mimeData()) is not None):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Folders are watched from now on; a picture is searched by."""
        folders = folders_in(event.mimeData())
        event.acceptProposedAction()
        for folder in folders:
            self.add_folder(folder)
        if not folders:
            self._search_by(picture_in(event.mimeData()))

    def remedy(self, remedy: Remedy) -> None:
        actions = {
            Remedy.CHOOSE_FOLDER: self.choose_folder,
            Remedy.SHOW_FOLDERS: self.dialogs.show_folders,
            Remedy.CLEAR_SEARCH: self.search_bar.field.clear,
            Remedy.TRY_AGAIN: self.searcher.refresh,
            Remedy.SHOW_MODELS: self.dialogs.show_models,
        }
        if remedy in actions:
            actions[remedy]()

    def remove_filter(self, text: str) -> None:
        query = self.search_bar.query
        for part in query.filters:
            if str(part) == text:
                self.search_for(str(query.without(part)))
                return

    def pause(self, pause: bool) -> None:
        self.tasks.run(self.library.pause if pause else self.library.resume)

    def keep_settings(self, **settings: object) -> None:
        self.tasks.run(partial(self.library.change_settings, **settings))

    # What is shown

    def show_page(self) -> None:
        """Another page has come: what stands around it belongs to it."""
        if self.navigation.shows_duplicates:
            self.sidebar.show_duplicates()
        elif self.learning.shows_training:
            self.sidebar.show_training()
        elif self.learning.shows_review:
            self.sidebar.show_review()
        elif self.learning.shows_unknown:
            self.sidebar.show_unknown()
        else:
            self.sidebar.show_query(self.search_bar.query)
        learns = self.learning.shows_training or self.learning.shows_review or self.learning.shows_unknown
        self.surroundings.set_page_of_photos(not learns)
        self.labelling_bar.give_place(self.navigation.shows_photos)
        self.show_selection()

    def show_selection(self) -> None:
        grid = self.gallery.grid
        ids = grid.selected_ids() if self.navigation.shows_gallery else []
        self.selection_bar.show_selection(ids, len(self.gallery.listing.ids))
        self.look_closer()

    def look_closer(self) -> None:
        """Let the information panel follow, if it is there, and the labels."""
        self.labelling_bar.show_photos(self.ids_to_label())
        if self.info_panel.isHidden():
            return
        ids = self.viewed() if self.navigation.shows_viewer else self.gallery.grid.ids_to_act_on()
        self.info_panel.show_photos(ids)

    def viewed(self) -> Sequence[PhotoId]:
        return [] if self.viewer.current is None else [self.viewer.current]

    def closeEvent(self, event: QCloseEvent) -> None:
        self.surroundings.remember(self.library)
        super().closeEvent(event)

    # What the library tells

    def take_changes(self, ids: tuple) -> None:
        self.thumbnails.forget(ids)
        self.photos.forget(ids)
        self.viewer.take_changes(ids)
        self.compare.take_changes(ids)
        self.info_panel.refresh(ids)
        self.searcher.refresh()
        self.census.take_soon()

    def show_counts(self, counts: Counts) -> None:
        online = sum(folder.online for folder in counts.folders)
        self.gallery.note(folders=len(counts.folders), folders_online=online)
        self.status_line.show_photos(counts.photos)
        self.status_line.show_problems(sum(folder.failed for folder in counts.folders))

    def show_progress(self, progress: Progress) -> None:
        self.status_line.show_progress(progress)
        self.gallery.note(activity=progress.activity, model_ready=self.library.encoder_name is not None)

    def show_search_error(self, error: RecollectError) -> None:
        self.gallery.show_error(error)
        if isinstance(error, QueryError):
            self.search_bar.show_error(error)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)  # after the parts inside were painted, too
