"""The page of unknown photos: groups of those that look alike, each to be named or put aside. What is done can be
undone, and then the group is there again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from core.tags.values import CLASS
from desktop.back_page import BackPage
from desktop.empty_pages import Page, Remedy
from desktop.empty_state import EmptyState
from desktop.labelling import unknown_pages as pages
from desktop.labelling.unknown_deeds import BringBack, PutAside
from desktop.labelling.unknown_row import UnknownRow
from desktop.organise.duplicate_pictures import PagePictures
from desktop.organise.wording import photos
from desktop.tagging.deeds import SetLabel
from desktop.tasks import Lane

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from core.errors import RecollectError
    from core.library import Library
    from core.tags.unknown import UnknownPhotos
    from core.types import PhotoId
    from desktop.bridge import Bridge
    from desktop.organise.undo import Deed, UndoStack
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme

ROWS = 12  # groups at once: the others move up when these are done
CHANGED_MS = 200  # labels and tags change in bursts; what is still unknown is read once for all of them


class UnknownPage(BackPage):
    """Shows one look at the unknown photos, less what became of them since."""

    failed = Signal(object)
    """RecollectError."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of those of its group: look at it in large."""
    photos_wanted = Signal(object, str)
    """tuple of PhotoId, title: show these photos, to be labelled."""
    training_wanted = Signal()
    wanted = Signal()
    """The window should turn to this page."""

    def __init__(
        self,
        library: Library,
        tasks: Tasks,
        bridge: Bridge,
        theme: Theme,
        undo: UndoStack,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._library, self._tasks, self._undo = library, tasks, undo
        self._task: Task | None = None
        self._found: UnknownPhotos | None = None
        self._left: frozenset[PhotoId] = frozenset()  # those that are still unknown
        self._out: dict[int, set[PhotoId]] = {}  # taken out of groups that were named, by the place of the group
        self.rows: dict[int, UnknownRow] = {}  # by the place of their group
        self._names = QStringListModel(self)
        self._pictures = PagePictures(library, tasks, self)
        self.empty = EmptyState(theme)
        self.title, self.lead = QLabel("Unknown"), QLabel(pages.LEAD)
        self.aside_button, self.alone_button = QPushButton(), QPushButton()
        self.again_button = QPushButton("Look again")
        self._more, self._scroll, self._stack = QLabel(), QScrollArea(), QStackedWidget()
        self._changed = QTimer(self, singleShot=True, interval=CHANGED_MS)
        self._changed.timeout.connect(self._read)
        self._build()
        self._pictures.arrived.connect(self._show_picture)
        bridge.tags_changed.connect(lambda _ids: self._changed.start())
        bridge.photos_changed.connect(lambda _ids: self._changed.start())

    # Looking

    def look(self) -> None:
        """Look for groups anew, and show them."""
        self._cancel()
        self._found = None
        self._out.clear()
        self._show_empty(pages.LOOKING)
        self.wanted.emit()
        self._task = self._tasks.run(partial(_look, self._library), self._take, self._fail, Lane.GROUPING)

    def stop(self) -> None:
        """The user went elsewhere."""
        self._cancel()

    def _take(self, looked: tuple[UnknownPhotos, list[str]]) -> None:
        self._task = None
        self._found, names = looked
        self._names.setStringList(names)
        for row in self.rows.values():
            self._drop(row)
        self.rows = {}
        grouped = (photo_id for each in self._found.groups for photo_id in each.ids)
        self._left = frozenset((*grouped, *self._found.alone))
        self._show_aside(self._found.aside)
        self._draw()
        self._scroll.verticalScrollBar().setValue(0)
        self._take_focus()

    def _fail(self, error: RecollectError) -> None:
        self._task = None
        self._show_empty(pages.failed(error))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _read(self) -> None:
        """What is still unknown, where somebody looks."""
        if self._found is not None and self.isVisible():
            self._tasks.run(partial(_still_unknown, self._library), self._take_left)

    def _take_left(self, read: tuple[list[PhotoId], int]) -> None:
        ids, aside = read
        self._show_aside(aside)
        if self._found is not None and self._left != frozenset(ids):
            returned = frozenset(ids) - self._left
            for place in [place for place in self._out if returned.intersection(self._found.groups[place].ids)]:
                del self._out[place]  # what was named is undone: the group is as it was
            self._left = frozenset(ids)
            self._draw()

    # What the user does

    def _name(self, row: UnknownRow, value: str) -> None:
        self._perform(row, SetLabel(self._library, row.chosen, CLASS, value))
        if value not in self._names.stringList():
            self._names.setStringList(sorted([*self._names.stringList(), value], key=str.casefold))

    def _put_aside(self, row: UnknownRow) -> None:
        self._perform(row, PutAside(self._library, row.chosen))

    def _perform(self, row: UnknownRow, deed: Deed) -> None:
        """With all photos of a group but those that were taken out. The keyboard goes on to the next group at once."""
        place = next(place for place, each in self.rows.items() if each is row)
        self._out.setdefault(place, set()).update(set(row.ids) - set(row.chosen))
        self._move(row, 1)
        row.setEnabled(False)
        self._undo.perform(deed, lambda _outcome: self._end(row), partial(self._fail_to_do, row, place))

    def _end(self, row: UnknownRow) -> None:
        if isValid(row):  # on a slow machine the library has told of it before
            row.setEnabled(True)
            row.field.clear()
        self._read()

    def _fail_to_do(self, row: UnknownRow, place: int, error: RecollectError) -> None:
        self._out.pop(place, None)  # the group is as it was
        self._draw()
        if isValid(row):
            row.setEnabled(True)
        self.failed.emit(error)

    def _move(self, row: UnknownRow, step: int) -> None:
        """The keyboard goes from group to group."""
        rows = [each for each in self.rows.values() if each.isEnabled() or each is row]
        place = rows.index(row) + step
        if len(rows) > 1:
            to = rows[place] if 0 <= place < len(rows) else rows[place - 2 * step] if step > 0 else row
            to.field.setFocus()
            self._scroll.ensureWidgetVisible(to, 0, 16)

    def _remedy(self, remedy: Remedy) -> None:
        if remedy is Remedy.TRY_AGAIN:
            self.look()
        elif remedy is Remedy.TRAIN:
            self.training_wanted.emit()
        elif remedy is Remedy.SHOW_UNKNOWN:
            self._show_alone()
        else:
            self.close_page()

    def close_page(self) -> None:
        self._cancel()
        super().close_page()

    def _show_alone(self) -> None:
        self.photos_wanted.emit(self._alone(), "Unknown, and like no others")

    # What is shown

    def _draw(self) -> None:
        """The groups that have photos left, each row in its place; what was typed in one stays."""
        assert self._found is not None
        shown: dict[int, UnknownRow] = {}
        changed = False
        left = {place: self._ids_left(place, each.ids) for place, each in enumerate(self._found.groups)}
        places = [place for place, ids in left.items() if ids]
        for at, place in enumerate(places[:ROWS]):
            row = self.rows.pop(place, None) or self._new_row(place)
            changed |= row.show_ids(left[place])
            if self._column.indexOf(row) != at:
                self._column.insertWidget(at, row)
            shown[place] = row
        for gone in self.rows.values():
            self._drop(gone)
        self.rows = shown
        self._say(len(places))
        if not shown:
            self._show_empty(pages.when_empty(self._found, named=bool(self._found.groups)))
        elif self._stack.currentIndex() == 0:
            self._stack.setCurrentIndex(1)
        if changed:
            self._want_pictures()

    def _drop(self, row: UnknownRow) -> None:
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _ids_left(self, place: int, ids: Sequence[PhotoId]) -> list[PhotoId]:
        out = self._out.get(place, ())
        return [photo_id for photo_id in ids if photo_id in self._left and photo_id not in out]

    def _alone(self) -> tuple[PhotoId, ...]:
        """Those that look like no others, and those that were taken out of groups."""
        assert self._found is not None
        out = {photo_id for each in self._out.values() for photo_id in each}
        return tuple(photo_id for photo_id in (*self._found.alone, *sorted(out)) if photo_id in self._left)

    def _say(self, groups: int) -> None:
        self.lead.setVisible(bool(self.rows))
        self.again_button.setVisible(bool(self.rows))
        alone = len(self._alone())
        self.alone_button.setText(f"{photos(alone)} like no others")
        self.alone_button.setVisible(alone > 0 and bool(self._found is not None and self._found.groups))
        more = groups - len(self.rows)
        self._more.setText(f"{more:,} smaller groups follow when these are done." if more > 1 else "One group follows.")
        self._more.setVisible(more > 0)

    def _show_aside(self, count: int) -> None:
        self.aside_button.setText(f"Bring back {photos(count)}")
        self.aside_button.setToolTip("Those that you have put aside")
        self.aside_button.setVisible(count > 0)

    def _show_empty(self, page: Page) -> None:
        self.lead.hide()
        self.again_button.hide()
        self.empty.show_page(page)
        self._stack.setCurrentIndex(0)
        if self.isVisible():
            self._take_focus()

    def _take_focus(self) -> None:
        if self._stack.currentIndex() == 1 and self.rows:
            next(iter(self.rows.values())).field.setFocus()
        elif (button := self.empty.first_button) is not None:
            button.setFocus()

    def _new_row(self, place: int) -> UnknownRow:
        assert self._found is not None
        row = UnknownRow(self._found.groups[place].suggestion, self._names, self._pictures, self._theme)
        row.named.connect(self._name)
        row.aside_wanted.connect(self._put_aside)
        row.opened.connect(self.opened)
        row.unfolded.connect(self._want_pictures)
        row.move_wanted.connect(self._move)
        return row

    def _want_pictures(self) -> None:
        self._pictures.want([photo_id for row in self.rows.values() for photo_id in row.shown])

    def _show_picture(self, photo_id: PhotoId) -> None:
        for row in self.rows.values():
            row.show_picture(photo_id)

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()

    # How it looks

    def _build(self) -> None:
        self.title.setProperty("role", "title")
        for label in (self.lead, self._more):
            label.setProperty("role", "muted")
            label.setWordWrap(True)
        self.empty.chosen.connect(self._remedy)
        self.again_button.clicked.connect(self.look)
        self.again_button.setToolTip("Look for groups anew")
        self.alone_button.clicked.connect(self._show_alone)
        self.alone_button.setToolTip("Show them, to be labelled one by one")
        self.aside_button.clicked.connect(lambda: self._undo.perform(BringBack(self._library), self._end_bringing))
        for button in (self.aside_button, self.again_button, self.alone_button):
            button.setProperty("role", "link")
            button.setAutoDefault(False)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.back_button)
        top.addWidget(self.title, stretch=1)
        for button in (self.aside_button, self.alone_button, self.again_button):
            top.addWidget(button)
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, 8, 8)
        self._column.setSpacing(8)
        self._column.addWidget(self._more)
        self._column.addStretch()
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._scroll)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.lead)
        column.addWidget(self._stack, stretch=1)
        for button in (self.aside_button, self.again_button, self.alone_button):
            button.hide()

    def _end_bringing(self, _outcome: object) -> None:
        """Which groups they belong to takes another look."""
        self.look()


def _look(library: Library) -> tuple[UnknownPhotos, list[str]]:
    """On a worker: the groups, and the classes that there are."""
    names: dict[str, None] = {}
    for attribute in library.labels.attributes():
        if attribute.name == CLASS:
            names.update(dict.fromkeys(attribute.values))
    for tagger in library.tags.taggers():
        if tagger.live:
            names.update(dict.fromkeys(tagger.heads.get(CLASS, ())))
    return library.unknown.look(), sorted(names, key=str.casefold)


def _still_unknown(library: Library) -> tuple[list[PhotoId], int]:
    """On a worker."""
    return library.unknown.ids(), len(library.unknown.aside())
