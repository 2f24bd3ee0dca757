"""What the keys and the wheel do in the grid, beside the arrows, which Qt knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView

from desktop.grid.layout import MARGIN_PX, USUAL_CELL_PX

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QWheelEvent

    from desktop.grid.view import GridView

NOTCH = 120  # what a notch of the wheel says
ZOOM = 1.1  # a notch; finer than the keys, which go from one number of columns to the next

_Key = Qt.Key
_NONE = Qt.KeyboardModifier.NoModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_CTRL_SHIFT = _CTRL | Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier


def take_key(view: GridView, event: QKeyEvent) -> bool:
    """Do what a key asks for; False where it is left to Qt."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    action = ACTIONS.get((_Key(event.key()), modifiers))
    if action is None:
        return False
    action(view)
    return True


def take_wheel(view: GridView, event: QWheelEvent) -> bool:
    """Ctrl and the wheel: larger and smaller pictures; False where it is left to Qt."""
    if event.modifiers() != _CTRL:
        return False
    factor = ZOOM ** (event.angleDelta().y() / NOTCH)
    _resize(view, round(view.cell_px * factor), lambda px: view.set_cell_px(px, event.position().toPoint()))
    event.accept()
    return True


def larger(view: GridView) -> None:
    """One picture a line fewer."""
    columns = max(1, view.places.columns - 1)
    _resize(view, (view.places.width - 2 * MARGIN_PX) // columns, view.set_cell_px)


def smaller(view: GridView) -> None:
    """One picture a line more."""
    _resize(view, (view.places.width - 2 * MARGIN_PX) // (view.places.columns + 1), view.set_cell_px)


def usual_size(view: GridView) -> None:
    _resize(view, USUAL_CELL_PX, view.set_cell_px)


def _resize(view: GridView, cell_px: int, resize: Callable[[int], None]) -> None:
    before = view.cell_px
    resize(cell_px)
    if view.cell_px != before:
        view.cell_px_changed.emit(view.cell_px)


def _open(view: GridView) -> None:
    current = view.current_id()
    if current is not None:
        view.opened.emit([current])
    else:
        view.go_to_first()


def _open_outside(view: GridView) -> None:
    if ids := view.ids_to_act_on():
        view.open_outside.emit(ids)


def _trash(view: GridView) -> None:
    if ids := view.ids_to_act_on():
        view.trash_wanted.emit(ids)


def _select_section(view: GridView) -> None:
    row = view.currentIndex().row()
    section = view.places.section_of(row) if row >= 0 else None
    if section is not None:
        view.toggle_section(section)


def _next_section(view: GridView) -> None:
    _go_to_section(view, 1)


def _previous_section(view: GridView) -> None:
    _go_to_section(view, -1)


def _go_to_section(view: GridView, step: int) -> None:
    """To the first photo of a section, with its heading at the top."""
    row = view.currentIndex().row()
    section = view.places.section_of(max(row, 0))
    if section is None:
        return
    at_first = row == view.places.rows_of(section).start
    section += step if step > 0 or at_first else 0  # upwards first to the beginning of the own one
    if 0 <= section < len(view.places.sections):
        index = view.index_of(view.places.rows_of(section).start)
        view.setCurrentIndex(index)
        view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)


ACTIONS: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[GridView], None]] = {
    (_Key.Key_Return, _NONE): _open,
    (_Key.Key_Enter, _NONE): _open,
    (_Key.Key_Space, _NONE): _open,
    (_Key.Key_Return, _CTRL): _open_outside,
    (_Key.Key_Enter, _CTRL): _open_outside,
    (_Key.Key_Delete, _NONE): _trash,
    (_Key.Key_A, _CTRL_SHIFT): _select_section,
    (_Key.Key_Down, _ALT): _next_section,
    (_Key.Key_Up, _ALT): _previous_section,
    (_Key.Key_Plus, _CTRL): larger,
    (_Key.Key_Plus, _CTRL_SHIFT): larger,  # where it is above another sign
    (_Key.Key_Equal, _CTRL): larger,  # where that other sign is this one
    (_Key.Key_Minus, _CTRL): smaller,
    (_Key.Key_0, _CTRL): usual_size,
}
