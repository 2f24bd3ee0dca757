"""The page that shows one photo of a listing, large, and leads to the next. How it is laid out is in `stage`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal

from core.types import PhotoId
from desktop.viewer.canvas import PAN_KEYS, STEP, ZOOM_KEYS
from desktop.viewer.glimpses import Glimpses
from desktop.viewer.pictures import Pictures, Wanted
from desktop.viewer.stage import Stage

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QKeyEvent
    from PySide6.QtWidgets import QWidget

    from core.library import Library
    from core.types import Photo
    from desktop.tasks import Tasks
    from desktop.theme import Theme

SLIDE_MS = 4_000  # long enough to look around in a photo

NO_MODIFIER, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


class KeyTaker(Protocol):
    """Takes keys that would mean something else here, while it is on: the labelling bar does."""

    def takes_key(self, text: str) -> bool: ...

    def take_key(self, text: str) -> bool: ...


class ViewerPage(Stage):
    """One photo at a time. It changes no photo itself: its signals say what the user wants done."""

    closed = Signal(object)
    """PhotoId that was shown last; None if there was none left."""
    current_changed = Signal(object)
    """PhotoId."""
    favorite_toggled = Signal(object, bool)
    """PhotoId, and what it shall be."""
    trash_wanted = Signal(object)
    """list of PhotoId."""
    copy_wanted = Signal(object)
    """PhotoId: its picture is to be copied to the clipboard."""
    actions_requested = Signal(object, QPoint)
    """list of PhotoId, and the place on the screen where their menu is to open."""
    info_toggled = Signal()

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(tasks, theme, parent)
        self.glimpses = Glimpses(library, tasks, self)
        self.pictures = Pictures(library, tasks, self)
        self._ids: Sequence[PhotoId] = ()
        self._row = 0
        self._turns: dict[PhotoId, int] = {}
        self._slides = QTimer(self, interval=SLIDE_MS)
        self._keys = self._key_table()
        self.key_taker: KeyTaker | None = None
        self._connect()

    # What is shown

    @property
    def is_open(self) -> bool:
        return bool(self._ids)

    @property
    def current(self) -> PhotoId | None:
        return self._ids[self._row] if self._ids else None

    @property
    def photo(self) -> Photo | None:
        """The row of the current photo, once it has been read."""
        current = self.current
        glimpse = self.glimpses.get(current) if current is not None else None
        return glimpse.photo if glimpse is not None else None

    def show_photos(self, ids: Sequence[PhotoId], row: int = 0) -> None:
        """Open on one photo of a listing."""
        self._ids = ids
        self.canvas.setFocus()
        self.wake()
        self._go(row, always=True)

    def set_ids(self, ids: Sequence[PhotoId]) -> None:
        """The listing has changed: stay on the photo, or go on with the next one; without photos, close."""
        if not self._ids or ids == self._ids:
            return
        current, following = self._ids[self._row], self._ids[self._row + 1 : self._row + 2]
        before, self._ids = self._row, ids
        if not ids:
            self._row = 0
            self.close_page()
        elif before < len(ids) and ids[before] == current:
            self._describe()
            self._request()
        elif current in ids:
            self._row = ids.index(current)
            self._describe()
            self._request()
        else:
            self._go(ids.index(following[0]) if following and following[0] in ids else before, always=True)

    def take_changes(self, ids: Sequence[PhotoId]) -> None:
        """Photos of the library have changed; empty means all of them."""
        self.glimpses.forget(ids)
        if not ids or any(self.pictures.error(photo_id) is not None for photo_id in ids):
            self.pictures.retry()

    def set_info_shown(self, shown: bool) -> None:
        self.bar.info_button.setChecked(shown)

    # Ways through the listing

    def go_on(self, steps: int) -> None:
        """Forward, or back where `steps` is negative; the listing has two ends."""
        if self._ids:
            self._go(self._row + steps)

    def close_page(self) -> None:
        current, self._ids, self._row = self.current, (), 0
        self.set_playing(False)
        self.set_full_screen(False)
        self.sleep()
        self._turns.clear()
        self.pictures.clear()
        self.glimpses.want(())
        self.canvas.clear()
        self.closed.emit(current)

    def set_playing(self, playing: bool) -> None:
        """The slideshow; after the last photo it begins again."""
        self._slides.start() if playing else self._slides.stop()
        self.bar.show_playing(playing)

    @property
    def is_playing(self) -> bool:
        return self._slides.isActive()

    def _go(self, row: int, *, always: bool = False) -> None:
        row = min(max(row, 0), len(self._ids) - 1)
        if row == self._row and not always:
            return
        self._row = row
        photo_id = self._ids[row]
        glimpse = self.glimpses.get(photo_id)
        if glimpse is not None:
            self.canvas.begin(glimpse.thumbnail, glimpse.size)
        else:
            self.canvas.begin()
        self.canvas.set_turns(self._turns.get(photo_id, 0))
        self._show_picture(photo_id)
        self._describe()
        self._request()
        if self.is_playing:
            self._slides.start()  # the whole time for this photo
        self.current_changed.emit(photo_id)

    def _request(self) -> None:
        """Have the photo read at the size that is looked at, and those beside it made ready."""
        if not self._ids:
            return
        beside = [self._row + step for step in (1, -1, 2, -2)]
        ids = [self._ids[row] for row in beside if 0 <= row < len(self._ids)]
        current, fitting = self._ids[self._row], self.canvas.fitting_edge_px
        self.glimpses.want((current, *ids))
        self.pictures.want([Wanted(current, self.canvas.edge_px)], [Wanted(beside, fitting) for beside in ids[:2]])

    def _take_glimpse(self, photo_id: PhotoId) -> None:
        glimpse = self.glimpses.get(photo_id)
        if glimpse is None or photo_id not in self._ids[max(0, self._row - 2) : self._row + 3]:
            return
        picture = self.pictures.get(photo_id)
        if glimpse.photo is None:
            self.set_ids([other for other in self._ids if other != photo_id])
        elif picture is not None and picture.mtime_ns != glimpse.photo.mtime_ns:
            self.pictures.forget([photo_id])
        if photo_id == self.current:
            if glimpse.thumbnail is not None and self.pictures.error(photo_id) is None:
                self.canvas.show_preview(glimpse.thumbnail, glimpse.size)
            self._describe()

    def _show_picture(self, photo_id: PhotoId) -> None:
        if photo_id != self.current:
            return
        picture, error = self.pictures.get(photo_id), self.pictures.error(photo_id)
        if picture is not None:
            self.canvas.show_picture(picture)
        elif error is not None:
            self.canvas.show_message("This photo cannot be shown", str(error))
        self.bar.show_zoom(self.canvas.pixel_scale)

    def _describe(self) -> None:
        photo = self.photo
        name = photo.path.name if photo is not None else ""
        position = f"{self._row + 1:,} of {len(self._ids):,}"
        self.bar.show_name(name, str(photo.path) if photo is not None else "", position)
        self.bar.show_favorite(photo is not None and photo.favorite)
        self.canvas.setAccessibleName(f"Photo {name}, {position}")
        self.previous_button.setVisible(self._row > 0)
        self.next_button.setVisible(self._row < len(self._ids) - 1)

    # What the user does

    def _connect(self) -> None:
        bar, canvas = self.bar, self.canvas
        self.glimpses.arrived.connect(self._take_glimpse)
        self.pictures.arrived.connect(self._show_picture)
        canvas.detail_wanted.connect(self._request)
        canvas.settled.connect(lambda: bar.show_zoom(canvas.pixel_scale))
        self._slides.timeout.connect(lambda: self._go((self._row + 1) % max(1, len(self._ids))))
        for button, action in (
            (self.previous_button, partial(self.go_on, -1)),
            (self.next_button, partial(self.go_on, 1)),
            (bar.back_button, self.close_page),
            (bar.zoom_out_button, lambda: canvas.zoom(1 / STEP)),
            (bar.zoom_button, canvas.toggle_zoom),
            (bar.zoom_in_button, lambda: canvas.zoom(STEP)),
            (bar.fit_button, canvas.zoom_to_fit),
            (bar.left_button, partial(self._turn, -1)),
            (bar.right_button, partial(self._turn, 1)),
            (bar.play_button, self._toggle_playing),
            (bar.favorite_button, self._toggle_favorite),
            (bar.info_button, self.info_toggled.emit),
            (bar.more_button, self._show_more),
        ):
            button.clicked.connect(partial(_press, action))

    def _key_table(self) -> dict[tuple[int, Qt.KeyboardModifier], Callable[[], object]]:
        key = Qt.Key
        back, on = partial(self.go_on, -1), partial(self.go_on, 1)
        plain = {
            (key.Key_Left, key.Key_Up, key.Key_PageUp, key.Key_Backspace): back,
            (key.Key_Right, key.Key_Down, key.Key_PageDown): on,
            (key.Key_Home,): lambda: self._go(0),
            (key.Key_End,): lambda: self._go(len(self._ids) - 1),
            (key.Key_Escape,): self._step_back,
            (key.Key_Space,): self.close_page,
            (key.Key_F11,): self.toggle_full_screen,
            (key.Key_F,): self._toggle_favorite,
            (key.Key_R,): partial(self._turn, 1),
            (key.Key_S,): self._toggle_playing,
            (key.Key_Delete,): self._want_trash,
        }
        table: dict[tuple[int, Qt.KeyboardModifier], Callable[[], object]] = {
            (each, NO_MODIFIER): action for keys, action in plain.items() for each in keys
        }
        table[key.Key_R, SHIFT] = partial(self._turn, -1)
        table[key.Key_C, CTRL] = self._want_copy
        return table

    def event(self, event: QEvent) -> bool:
        """What means something here does not reach the shortcuts of the window, where it may mean something else."""
        if event.type() is QEvent.Type.ShortcutOverride and self._action_for(event) is not None:  # type: ignore[arg-type]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._action_for(event) if self._ids else None
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _action_for(self, event: QKeyEvent) -> Callable[[], object] | None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key, text, taker = event.key(), event.text(), self.key_taker
        if modifiers in (NO_MODIFIER, SHIFT) and text and taker is not None and taker.takes_key(text):
            return partial(taker.take_key, text)
        if modifiers == NO_MODIFIER and self.canvas.is_zoomed and key in PAN_KEYS:
            return partial(self.canvas.press_pan_key, key)
        if key in ZOOM_KEYS and modifiers in (NO_MODIFIER, SHIFT, CTRL):
            return partial(self.canvas.press_zoom_key, key)
        if key == Qt.Key.Key_F and self.photo is None:  # not read yet: the library knows what it is, and turns it over
            return None
        return self._keys.get((key, modifiers))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.current is not None:
            self.actions_requested.emit([self.current], event.globalPos())

    def _step_back(self) -> None:
        if self.is_full_screen:
            self.set_full_screen(False)
        else:
            self.close_page()

    def _turn(self, quarters: int) -> None:
        current = self.current
        if current is not None:
            self.canvas.set_turns(self.canvas.turns + quarters)
            self._turns[current] = self.canvas.turns

    def _toggle_playing(self) -> None:
        self.set_playing(not self.is_playing)

    def _toggle_favorite(self) -> None:
        if self.photo is not None:
            self.bar.show_favorite(not self.bar.is_favorite)  # at once: the library's answer follows
            self.favorite_toggled.emit(self.current, self.bar.is_favorite)

    def _want_trash(self) -> None:
        self.trash_wanted.emit([self.current])

    def _want_copy(self) -> None:
        self.copy_wanted.emit(self.current)

    def _show_more(self) -> None:
        button = self.bar.more_button
        self.actions_requested.emit([self.current], button.mapToGlobal(QPoint(0, button.height())))


def _press(action: Callable[[], object], _checked: bool = False) -> None:
    """A button's `clicked` brings along whether it is checked, which most actions do not ask."""
    action()
