"""The page that shows two to four photos side by side, zoomed and panned together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.types import PhotoId
from desktop.organise.wording import photos as photos_in_words
from desktop.viewer.canvas import PAN_KEYS, STEP, ZOOM_KEYS, Canvas
from desktop.viewer.compared_photo import ComparedPhoto, tab_order
from desktop.viewer.geometry import ViewState
from desktop.viewer.glimpses import Glimpses
from desktop.viewer.parts import IconButton, describe
from desktop.viewer.pictures import Pictures, Wanted

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from core.library import Library
    from desktop.tasks import Tasks
    from desktop.theme import Theme

MOST = 4  # more would be too small to see a difference
HEADER_PX = 48
NUMBER_KEYS: tuple[int, ...] = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)


class ComparePage(QWidget):
    """It changes no photo itself: its signals say what the user wants done."""

    closed = Signal()
    trash_wanted = Signal(object)
    """list of PhotoId."""
    favorite_toggled = Signal(object, bool)
    """PhotoId, and what it shall be."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._theme = tasks, theme
        self._linked = True
        self.cells: list[ComparedPhoto] = []
        self._gone: dict[PhotoId, tuple[int, float | None]] = {}  # number and strength, for one that is taken back
        self.glimpses = Glimpses(library, tasks, self)
        self.pictures = Pictures(library, tasks, self)
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self.back_button = IconButton("Back to the photos", "back", "Esc")
        self.link_button = IconButton("", "linked")
        self.link_button.setCheckable(True)
        self.zoom_out_button = IconButton("Zoom out", "zoom-out", "-")
        self.zoom_in_button = IconButton("Zoom in", "zoom-in", "+")
        self.fit_button = IconButton("Whole photos or actual pixels", "fit", "0, Z")
        self._grid = QGridLayout()
        self._build()
        self._connect()
        self.set_linked(True)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    @property
    def ids(self) -> list[PhotoId]:
        return [cell.photo_id for cell in self.cells]

    @property
    def focused(self) -> ComparedPhoto | None:
        """The photo that the keys act upon."""
        here = self.focusWidget()
        found = next((cell for cell in self.cells if here is not None and cell.isAncestorOf(here)), None)
        return found or next(iter(self.cells), None)

    def show_photos(self, ids: Sequence[PhotoId], strengths: Mapping[PhotoId, float] | None = None) -> None:
        """Open on two to four photos; of more, on the first four.

        Args:
            strengths: 0..1, where the photos answer a search.
        """
        strengths = strengths or {}
        self._clear()
        for number, photo_id in enumerate(ids[:MOST], start=1):
            self._add(ComparedPhoto(photo_id, number, strengths.get(photo_id), self._tasks, self._theme))
        self._settle()

    def take_changes(self, ids: Sequence[PhotoId]) -> None:
        """Photos of the library have changed; empty means all of them."""
        self.glimpses.forget(ids)
        self.pictures.retry()

    def set_linked(self, linked: bool) -> None:
        """Whether zoom and pan concern all photos or the one alone that they are done to."""
        self._linked = linked
        self.link_button.setChecked(linked)
        self.link_button.set_icon_name("linked" if linked else "unlinked")
        describe(self.link_button, "Zoom each photo alone" if linked else "Zoom all photos together", "L")
        if linked and self.focused is not None:
            self._follow(self.focused.canvas, self.focused.canvas.view)

    def close_page(self) -> None:
        self._clear()
        self.closed.emit()

    # The photos

    def _add(self, cell: ComparedPhoto) -> None:
        self.cells = sorted([*self.cells, cell], key=lambda each: each.number)
        cell.canvas.view_changed.connect(partial(self._follow, cell.canvas))
        cell.canvas.detail_wanted.connect(self._request)
        cell.favorite_toggled.connect(self.favorite_toggled)
        cell.trash_wanted.connect(partial(self._trash, cell))
        cell.keep_wanted.connect(partial(self._keep, cell))
        glimpse = self.glimpses.get(cell.photo_id)
        cell.canvas.begin()
        if glimpse is not None:
            cell.show_glimpse(glimpse)

    def _remove(self, cell: ComparedPhoto) -> None:
        had_focus = self.focused is cell
        self.cells.remove(cell)
        self._gone[cell.photo_id] = (cell.number, cell.strength)
        self._discard(cell)
        if len(self.cells) < 2:
            self.close_page()
            return
        self._settle()
        if had_focus:
            self.cells[0].canvas.setFocus()

    def _clear(self) -> None:
        for cell in self.cells:
            self._discard(cell)
        self.cells = []
        self._gone = {}
        self.glimpses.want(())
        self.pictures.clear()

    def _discard(self, cell: ComparedPhoto) -> None:
        cell.canvas.clear()  # what a worker still makes for it is of no use
        self._grid.removeWidget(cell)
        cell.hide()
        cell.deleteLater()

    def _settle(self) -> None:
        """Other photos than before."""
        self._arrange()
        self._title.setText(f"Compare {photos_in_words(len(self.cells))}")
        for before, after in pairwise([*tab_order(self.cells), self.back_button]):
            QWidget.setTabOrder(before, after)
        if self.cells:
            self.cells[0].canvas.setFocus()
        self._judge()
        self._request()

    def _request(self) -> None:
        self.glimpses.want([*self.ids, *self._gone])
        self.pictures.want([Wanted(cell.photo_id, cell.canvas.edge_px) for cell in self.cells])

    def _take_glimpse(self, photo_id: PhotoId) -> None:
        cell, glimpse = self._cell(photo_id), self.glimpses.get(photo_id)
        if cell is None and glimpse is not None and glimpse.photo is not None and photo_id in self._gone:
            self._add(ComparedPhoto(photo_id, *self._gone.pop(photo_id), self._tasks, self._theme))
            self._settle()
            self._take_picture(photo_id)  # it may be kept from before
            return
        if cell is None or glimpse is None:
            return
        if glimpse.photo is None:
            self._remove(cell)
            return
        picture = self.pictures.get(photo_id)
        if picture is not None and picture.mtime_ns != glimpse.photo.mtime_ns:
            self.pictures.forget([photo_id])
        cell.show_glimpse(glimpse)
        self._judge()

    def _take_picture(self, photo_id: PhotoId) -> None:
        cell, picture, error = self._cell(photo_id), self.pictures.get(photo_id), self.pictures.error(photo_id)
        if cell is None:
            return
        if picture is not None:
            cell.canvas.show_picture(picture)
        elif error is not None:
            cell.canvas.show_message("This photo cannot be shown", str(error))

    def _judge(self) -> None:
        """What speaks for one of them: it has the most pixels or, with as many, the largest file."""
        verdicts = (
            ("Most pixels", _leader(self.cells, lambda cell: cell.pixels)),
            ("Largest file", _leader(self.cells, _size_bytes)),
        )
        merit, winner = next((verdict for verdict in verdicts if verdict[1] is not None), ("", None))
        for cell in self.cells:
            cell.show_merit(merit if cell is winner else "")

    def _cell(self, photo_id: PhotoId) -> ComparedPhoto | None:
        return next((cell for cell in self.cells if cell.photo_id == photo_id), None)

    def _follow(self, canvas: Canvas, state: ViewState) -> None:
        if self._linked:
            for cell in self.cells:
                if cell.canvas is not canvas:
                    cell.canvas.set_view(state)

    # How it looks

    def _build(self) -> None:
        header = QFrame()
        header.setObjectName("viewerBar")
        header.setFixedHeight(HEADER_PX)
        row = QHBoxLayout(header)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(2)
        row.addWidget(self.back_button)
        row.addSpacing(6)
        row.addWidget(self._title)
        row.addStretch()
        for button in (self.link_button, self.zoom_out_button, self.zoom_in_button, self.fit_button):
            row.addWidget(button)
        self._grid.setContentsMargins(8, 0, 8, 8)
        self._grid.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addLayout(self._grid, stretch=1)

    def _arrange(self) -> None:
        """Side by side, four in two rows; one below the other where the page is tall."""
        count = len(self.cells)
        columns = 2 if count == MOST else (count if self.width() >= self.height() else 1)
        for place, cell in enumerate(self.cells):
            self._grid.addWidget(cell, place // columns, place % columns)
        for index in range(MOST):
            self._grid.setColumnStretch(index, 1 if index < columns else 0)
            self._grid.setRowStretch(index, 1 if index * columns < count else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.cells:
            self._arrange()

    def _paint_icons(self) -> None:
        for button in (self.back_button, self.link_button, self.zoom_out_button, self.zoom_in_button, self.fit_button):
            button.paint_icon(self._theme.colors)

    # What the user does

    def _connect(self) -> None:
        self.glimpses.arrived.connect(self._take_glimpse)
        self.pictures.arrived.connect(self._take_picture)
        self.back_button.clicked.connect(lambda: self.close_page())
        self.link_button.clicked.connect(self.set_linked)
        self.zoom_out_button.clicked.connect(lambda: self._with_canvas(lambda canvas: canvas.zoom(1 / STEP)))
        self.zoom_in_button.clicked.connect(lambda: self._with_canvas(lambda canvas: canvas.zoom(STEP)))
        self.fit_button.clicked.connect(lambda: self._with_canvas(lambda canvas: canvas.toggle_zoom()))

    def event(self, event: QEvent) -> bool:
        """What means something here does not reach the shortcuts of the window, where it may mean something else."""
        if event.type() is QEvent.Type.ShortcutOverride and self._action_for(event) is not None:  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._action_for(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _action_for(self, event: QKeyEvent) -> Callable[[], object] | None:
        cell, key = self.focused, event.key()
        held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        if cell is None or held:
            return None
        if key in NUMBER_KEYS:
            return partial(self._focus, NUMBER_KEYS.index(key))
        if key in ZOOM_KEYS:
            return partial(cell.canvas.press_zoom_key, key)
        if key in PAN_KEYS:
            return partial(cell.canvas.press_pan_key, key)
        actions: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Escape: self.close_page,
            Qt.Key.Key_L: lambda: self.set_linked(not self._linked),
            Qt.Key.Key_Z: cell.canvas.toggle_zoom,
            Qt.Key.Key_F: cell.toggle_favorite,
            Qt.Key.Key_K: partial(self._keep, cell),
            Qt.Key.Key_Delete: partial(self._trash, cell),
        }
        return actions.get(key)

    def _focus(self, place: int) -> None:
        if place < len(self.cells):
            self.cells[place].canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _with_canvas(self, act: Callable[[Canvas], object]) -> None:
        if self.focused is not None:
            act(self.focused.canvas)

    def _trash(self, cell: ComparedPhoto) -> None:
        self.trash_wanted.emit([cell.photo_id])

    def _keep(self, cell: ComparedPhoto) -> None:
        self.trash_wanted.emit([other.photo_id for other in self.cells if other is not cell])


def _size_bytes(cell: ComparedPhoto) -> int:
    return cell.photo.size_bytes if cell.photo is not None else 0


def _leader(cells: Sequence[ComparedPhoto], measure: Callable[[ComparedPhoto], int]) -> ComparedPhoto | None:
    """The one that has more than each of the others; None where there is no such one."""
    ranked = sorted(cells, key=measure, reverse=True)
    return ranked[0] if len(ranked) > 1 and measure(ranked[0]) > measure(ranked[1]) else None
