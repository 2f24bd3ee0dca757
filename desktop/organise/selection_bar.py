"""The bar that comes while photos are selected: how many, what can be done with them, all of them, none of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QWidget

from desktop.icons import icon
from desktop.organise.action_table import ACTS, Act
from desktop.organise.marks import Marks

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from core.types import PhotoId
    from desktop.bridge import Bridge
    from desktop.organise.actions import PhotoActions
    from desktop.theme import Theme

HEIGHT_PX = 48
NARROWEST_PX = 400
_SHORT = {
    Act.FAVORITE: "Favourite",
    Act.LABEL: "Label",
    Act.ACCEPT_TAGS: "Accept",
    Act.ADD_TO_ALBUM: "Album",
    Act.COMPARE: "Compare",
    Act.EXPORT: "Export",
    Act.HIDE: "Hide",
    Act.TRASH: "Trash",
}
"""The buttons from left to right; the whole words stand in their tool tips."""


class SelectionBar(QFrame):
    """Follows a selection. It waits as long as a double-click takes before it comes or goes: under the mouse, between
    two clicks, nothing may move."""

    all_wanted = Signal()
    none_wanted = Signal()
    came = Signal()
    """It takes room from the photos now: the one that was clicked may lie below it."""

    def __init__(self, actions: PhotoActions, theme: Theme, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("selectionBar")
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName("Selected photos")
        self._actions, self._theme = actions, theme
        self._ids: tuple[PhotoId, ...] = ()
        self._marks = Marks()
        self._more = False  # than are selected
        self._count = QLabel()
        self._count.setProperty("role", "heading")
        self.all_button, self.clear_button = QPushButton(), QToolButton()
        self.buttons = {act: QToolButton() for act in _SHORT}
        self._timer = QTimer(self, singleShot=True, interval=QApplication.doubleClickInterval())
        self._timer.timeout.connect(self._come_or_go)
        self._build()
        bridge.photos_changed.connect(lambda _ids: self._read_marks())
        theme.changed.connect(self._describe)
        self._describe()
        self.hide()

    @property
    def text(self) -> str:
        return self._count.text()

    def show_selection(self, ids: Sequence[PhotoId], total: int) -> None:
        """The photos that are selected now, out of so many that are shown."""
        self._ids, self._marks = tuple(ids), Marks()
        self._timer.start() if bool(ids) is self.isHidden() else self._timer.stop()
        if not ids:
            return  # what it says stays until it goes
        self._count.setText(f"{len(ids):,} selected")
        self.all_button.setText(f"Select all {total:,}")
        self._more = len(ids) < total
        self._fit()
        self._describe()
        self._read_marks()

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST_PX, HEIGHT_PX)  # not that of the words, which give way

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _build(self) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(4)
        self.all_button.setProperty("role", "link")
        self.all_button.setToolTip("Select all photos that are shown (Ctrl+A)")
        self.all_button.clicked.connect(self.all_wanted)
        self.clear_button.setAccessibleName("Select nothing")
        self.clear_button.setToolTip("Select nothing")
        self.clear_button.clicked.connect(self.none_wanted)
        row.addWidget(self._count)
        row.addSpacing(8)
        row.addWidget(self.all_button)
        row.addStretch()
        for act, button in self.buttons.items():
            button.setText(f"\N{THIN SPACE}{_SHORT[act]}")  # Qt leaves hardly any room behind the icon
            button.clicked.connect(partial(self._press, act))
            row.addWidget(button)
        row.addSpacing(8)
        row.addWidget(self.clear_button)
        for button in (*self.buttons.values(), self.clear_button):
            button.setIconSize(QSize(20, 20))
        for button in (self.all_button, *self.buttons.values(), self.clear_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus with the photos

    def _press(self, act: Act, _checked: bool = False) -> None:
        if act is Act.ADD_TO_ALBUM:
            self.show_albums()
        else:
            self._actions.perform(act, self._ids, self._marks)

    def show_albums(self) -> QMenu:
        """Above its button, because the bar lies at the bottom."""
        ids = self._ids
        menu, button = self._actions.album_menu(lambda: ids, self), self.buttons[Act.ADD_TO_ALBUM]
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
        return menu

    def _come_or_go(self) -> None:
        self.setVisible(bool(self._ids))
        if self._ids:
            self._fit()
            self.came.emit()

    def _read_marks(self) -> None:
        ids = self._ids
        self._actions.read_marks(ids, lambda marks: self._take_marks(ids, marks))

    def _take_marks(self, ids: tuple[PhotoId, ...], marks: Marks) -> None:
        if ids == self._ids and marks != self._marks:
            self._marks = marks
            self._describe()

    def _describe(self) -> None:
        count, color = len(self._ids), self._theme.colors.text
        for act, button in self.buttons.items():
            entry = ACTS[act]
            name = entry.text(count, self._marks)
            button.setEnabled(entry.least <= count <= entry.most)
            button.setAccessibleName(name)
            button.setToolTip(f"{name} ({entry.key})" if entry.key else name)
            button.setIcon(icon(self._icon_of(act), color if button.isEnabled() else self._theme.colors.muted))
        self.clear_button.setIcon(icon("close", color))

    def _icon_of(self, act: Act) -> str:
        """What is so already looks so."""
        if act is Act.FAVORITE and self._marks.favorite:
            return "heart-filled"
        return "eye" if act is Act.HIDE and self._marks.hidden else ACTS[act].icon

    def _fit(self) -> None:
        """Without room for the words the icons stay."""
        self.all_button.setVisible(self._more)
        self._set_style(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        if self._row.sizeHint().width() > self.width():
            self._set_style(Qt.ToolButtonStyle.ToolButtonIconOnly)
        if self._row.sizeHint().width() > self.width():
            self.all_button.hide()  # it has a key
            self._row.invalidate()

    def _set_style(self, style: Qt.ToolButtonStyle) -> None:
        for button in self.buttons.values():
            button.setToolButtonStyle(style)
        self._row.invalidate()
