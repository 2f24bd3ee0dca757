"""The panel beside the photos: what is known of the one that is looked at, or of those that are selected together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from core.errors import RecollectError
from core.types import PhotoStatus
from desktop.organise.wording import photos as photos_in_words
from desktop.tagging.tag_section import TagSection
from desktop.tagging.tag_sheet import TagSheet, read_sheet
from desktop.viewer.fact_sheet import CONTENT_PX, INSET_PX, FactRow, FactSheet
from desktop.viewer.facts import Total, add_up, file_size
from desktop.viewer.match_view import MatchView

if TYPE_CHECKING:
    from core.library import Library
    from core.query import Query
    from core.types import Photo, PhotoId
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme

T = TypeVar("T")

MARGIN_PX, SCROLL_BAR_PX = 12, 12
WIDTH_PX = CONTENT_PX + 2 * MARGIN_PX + SCROLL_BAR_PX
TEXT_PX = CONTENT_PX - 2 * INSET_PX
PAUSE_MS = 40  # while one leafs through photos, the panel follows when the fingers rest
LOADING_MS = 400  # quicker answers simply come

NOTHING = "No photo is selected", "Select one to see what is known of it, or several to add them up."
LOADING = "", "Loading…"
GONE = "This photo is gone", "Its file is no longer there."


class _Known(NamedTuple):
    photo: Photo | None  # None: it is gone
    albums: Sequence[str]
    tags: TagSheet


class InfoPanel(QFrame):
    """Follows what it is told to show. The newest wins; what is on its way for another photo is dropped."""

    folder_wanted = Signal(object)
    """PhotoId: it is to be shown in its folder."""
    query_wanted = Signal(str)
    """The photos that have one of the tags."""
    deed_wanted = Signal(object)
    """Deed: what the user does to labels."""

    def __init__(self, library: Library, tasks: Tasks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("infoPanel")
        self.setAccessibleName("Information")
        self.setFixedWidth(WIDTH_PX)
        self._library, self._tasks, self._theme = library, tasks, theme
        self._ids: tuple[PhotoId, ...] = ()
        self._query: Query | None = None
        self._running: list[Task] = []
        self._explaining: Task | None = None
        self._generation = 0  # raised whenever something else is to be shown
        self.sheet, self.match = FactSheet(theme), MatchView(theme, TEXT_PX)
        self.tags, self.common_tags = (TagSection(library, tasks, theme, TEXT_PX) for _ in range(2))
        self.total = QLabel()
        self.total_size, self.total_dates = FactRow("folder", "Size together"), FactRow("calendar", "Dates")
        self._title, self._text = QLabel(), QLabel()
        self._match_part = QWidget()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._read)
        self._late = QTimer(self, singleShot=True, interval=LOADING_MS)
        self._late.timeout.connect(partial(self._say, *LOADING))
        self._build()
        self.sheet.folder_button.clicked.connect(lambda: self.folder_wanted.emit(self._ids[0]))
        for section in (self.tags, self.common_tags):
            section.query_wanted.connect(self.query_wanted)
            section.deed_wanted.connect(self.deed_wanted)
        theme.changed.connect(self._paint_signs)
        self._paint_signs()
        self.clear()

    @property
    def message(self) -> str:
        """What stands there instead of facts."""
        shown = self._pages.currentWidget() is self._message_page
        return f"{self._title.text()} {self._text.text()}".strip() if shown else ""

    def show_photos(self, ids: Sequence[PhotoId]) -> None:
        """One photo, several together, or none."""
        if tuple(ids) != self._ids:
            self._ids = tuple(ids)
            self._begin()

    def set_query(self, query: Query | None) -> None:
        """What is searched for: the panel then says how well the photo fits."""
        if query != self._query:
            self._query = query
            self._explain()

    def clear(self) -> None:
        self._ids = ()
        self._begin()

    def refresh(self, ids: Sequence[PhotoId] = ()) -> None:
        """Photos, their tags, or the albums that they are in, have changed; empty means all of them."""
        if self._ids and (not ids or not set(ids).isdisjoint(self._ids)):
            self._begin()

    # Reading, in the background

    def _begin(self) -> None:
        self._generation += 1
        for task in self._running:
            task.cancel()
        self._running.clear()
        self._stop_explaining()
        if self._ids:
            self._pause.start()
            self._late.start()
        else:
            self._pause.stop()
            self._say(*NOTHING)

    def _read(self) -> None:
        if len(self._ids) == 1:
            self._run(partial(_known_of, self._library, self._ids[0]), self._show_known)
        else:
            generation = self._generation
            work = partial(add_up, self._library, self._ids, lambda: self._generation != generation)
            self._run(work, self._show_total)
            self._run(partial(read_sheet, self._library, self._ids), self.common_tags.show_sheet)

    def _run(
        self, work: Callable[[], T], take: Callable[[T], None], failed: Callable[[RecollectError], None] | None = None
    ) -> None:
        self._running.append(self._tasks.run(work, take, failed or self._give_up))

    def _show_known(self, known: _Known) -> None:
        if known.photo is None:
            self._say(*GONE)
            return
        photo = known.photo
        self.sheet.show_photo(photo, known.albums)
        self.tags.show_sheet(known.tags)
        self._show_page(self._photo_page)
        self._run(partial(self._library.exposure, photo.id), partial(self.sheet.show_exposure, photo), _ignore)
        self._explain()

    def _show_total(self, total: Total) -> None:
        self.total.setText(f"{photos_in_words(total.count)} selected")
        self.total_size.show_text(file_size(total.size_bytes))
        self.total_dates.show_text(total.dates)
        self._show_page(self._total_page)

    def _explain(self) -> None:
        """Only searches that describe something can say how well a photo fits."""
        self._stop_explaining()
        wanted = self._query is not None and bool(self._query.terms) and len(self._ids) == 1
        self._match_part.setVisible(wanted)
        if wanted and self._query is not None:
            work = partial(self._library.explain, self._query, self._ids[0])
            self._explaining = self._tasks.run(work, self.match.show_explanation, self._show_no_match)

    def _stop_explaining(self) -> None:
        if self._explaining is not None:
            self._explaining.cancel()
            self._explaining = None

    def _show_no_match(self, error: RecollectError) -> None:
        self.match.show_message(error.message)

    def _give_up(self, error: RecollectError) -> None:
        self._say(error.title, str(error))

    # How it looks

    def _say(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(text)
        self._show_page(self._message_page)

    def _show_page(self, page: QWidget) -> None:
        self._late.stop()
        self._pages.setCurrentWidget(page)

    def _build(self) -> None:
        self._title.setProperty("role", "heading")
        self._text.setProperty("role", "muted")
        self.total.setProperty("role", "heading")
        self.total.setContentsMargins(INSET_PX, INSET_PX, INSET_PX, 8)
        heading = QLabel("Why it was found")
        heading.setProperty("role", "muted")
        part = QVBoxLayout(self._match_part)
        part.setContentsMargins(INSET_PX, 16, INSET_PX, 0)
        part.setSpacing(4)
        part.addWidget(heading)
        part.addWidget(self.match)
        self._photo_page = _scrolled(self.sheet, self.tags, self._match_part)
        self._total_page = _scrolled(self.total, self.total_size, self.total_dates, self.common_tags)
        self._message_page = QWidget()
        column = QVBoxLayout(self._message_page)
        column.setContentsMargins(24, 0, 24, 0)
        column.addStretch(2)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(3)
        self._pages = QStackedLayout(self)
        for page in (self._message_page, self._photo_page, self._total_page):
            self._pages.addWidget(page)

    def _paint_signs(self) -> None:
        for fact in (self.total_size, self.total_dates):
            fact.paint_sign(self._theme.colors)


def _scrolled(*parts: QWidget) -> QScrollArea:
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
    column.setSpacing(0)
    for part in parts:
        column.addWidget(part)
    column.addStretch()
    area = QScrollArea(widgetResizable=True)
    area.setAccessibleName("Information")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


def _known_of(library: Library, photo_id: PhotoId) -> _Known:
    """On a worker."""
    photo = next(iter(library.photos([photo_id])), None)
    if photo is None or photo.status is PhotoStatus.GONE:
        return _Known(None, (), TagSheet((), (), 0))
    return _Known(photo, library.albums.holding(photo_id), read_sheet(library, [photo_id]))


def _ignore(error: RecollectError) -> None:
    """A file that cannot be read tells nothing about itself; why it cannot be read stands elsewhere."""
