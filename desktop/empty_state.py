"""What stands where no photos do: which page fits the situation, and how a page looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.types import Activity
from desktop.icons import picture
from desktop.theme import Theme

TEXT_PX = 440  # about 65 characters a line: comfortable to read


class Remedy(Enum):
    """What the button of a page does."""

    CHOOSE_FOLDER = "choose folder"
    SHOW_FOLDERS = "show folders"
    SHOW_WEAK = "show weak"
    CLEAR_SEARCH = "clear search"


@dataclass(frozen=True, slots=True)
class Page:
    """Icon, title, text and button of an empty window."""

    icon: str
    title: str
    text: str
    button: str = ""
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that decides which page is shown."""

    folders: int | None = None  # None: the library has not told yet
    answered: bool = False  # it has told its photos at least once
    folders_online: int = 0
    searching: bool = False  # there is a query
    compares: bool = False  # it has words or pictures, which take a model, and not filters alone
    waiting: bool = False  # its answer has not come yet
    model_ready: bool = True
    shown: int = 0  # photos in the grid
    weak_hidden: int = 0
    activity: Activity = Activity.IDLE


FIRST_START = Page(
    "folder-add",
    "Choose a folder of photos",
    "Recollect looks through it and keeps watching it. Then you find any photo by describing it. "
    "Your photos stay where they are, and nothing leaves this computer.",
    "Choose a folder…",
    Remedy.CHOOSE_FOLDER,
)
OPENING = Page("photos", "", "")
LOOKING = Page("refresh", "Looking through your folders…", "The first photos appear here in a moment.")
NO_PHOTOS = Page(
    "photos",
    "There are no photos in your folders",
    "Recollect shows JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF. New ones appear here by themselves.",
    "Add another folder…",
    Remedy.CHOOSE_FOLDER,
)
OFFLINE = Page(
    "unplugged",
    "Your folders are not connected",
    "Plug in the drive, or connect to the network. Nothing is lost: the photos come back by themselves.",
    "Folders…",
    Remedy.SHOW_FOLDERS,
)
MODEL_LOADING = Page("model", "The model is loading…", "Your search is answered as soon as it is ready.")
SEARCHING = Page("search", "Searching…", "")
NOTHING_FOUND = Page(
    "search",
    "Nothing found",
    "No photo fits this search. Try other words, or remove a filter.",
    "Clear the search",
    Remedy.CLEAR_SEARCH,
)


def page_for(situation: Situation) -> Page | None:
    """The page that fits; None where there are photos to show. Those of the query before stay until a new one is
    answered, except where that takes long: they would look like its answer."""
    if situation.compares and situation.waiting and not situation.model_ready:
        return MODEL_LOADING
    if situation.shown:
        return None
    if situation.folders is None or not situation.answered:
        return OPENING
    if not situation.folders:
        return FIRST_START
    return _search_page(situation) if situation.searching else _browse_page(situation)


def _search_page(situation: Situation) -> Page:
    if situation.waiting:
        return SEARCHING
    return _weak_only(situation.weak_hidden) if situation.weak_hidden else NOTHING_FOUND


def _browse_page(situation: Situation) -> Page:
    if not situation.folders_online:
        return OFFLINE
    busy = situation.activity in (Activity.SCANNING, Activity.INDEXING, Activity.LOADING_MODEL, Activity.FOLLOWING)
    return LOOKING if busy else NO_PHOTOS


def _weak_only(count: int) -> Page:
    photos = "1 photo matches" if count == 1 else f"{count:,} photos match"
    return Page(
        "filter",
        "No photo fits well",
        f"{photos} a little.",
        "Show it" if count == 1 else "Show them",
        Remedy.SHOW_WEAK,
    )


class EmptyState(QWidget):
    """Draws a page in the middle of its place."""

    chosen = Signal(object)
    """Remedy: the button was pressed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._page = OPENING
        self._icon, self._title, self._text = QLabel(), QLabel(), QLabel()
        self.button = QPushButton()
        self._title.setProperty("role", "title")
        self._text.setProperty("role", "lead")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(TEXT_PX)
        self.button.setProperty("role", "main")
        self.button.clicked.connect(self._press)
        self._build()
        theme.changed.connect(self._take_colors)
        self.show_page(OPENING)

    @property
    def title(self) -> str:
        return self._title.text()

    def show_page(self, page: Page) -> None:
        self._page = page
        self._icon.setPixmap(picture(page.icon, self._theme.colors.muted, 64, self.devicePixelRatio()))
        self._icon.setVisible(page is not OPENING)
        self._title.setText(page.title)
        self._text.setText(page.text)
        # A layout that centres its labels gives a wrapped one the height of fewer lines than it takes.
        self._text.setMinimumHeight(max(0, self._text.heightForWidth(TEXT_PX)))
        self.button.setText(page.button)
        self.button.setVisible(page.remedy is not None)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(16)
        column.addStretch(2)
        for label in (self._icon, self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label, alignment=Qt.AlignmentFlag.AlignHCenter)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.button)
        row.addStretch()
        column.addLayout(row)
        column.addStretch(3)

    def _take_colors(self) -> None:
        self.show_page(self._page)

    def _press(self) -> None:
        if self._page.remedy is not None:
            self.chosen.emit(self._page.remedy)
