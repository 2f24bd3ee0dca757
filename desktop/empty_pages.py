"""What stands where no photos do: which page fits the situation. How a page looks is `empty_state`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from core.errors import RecollectError
from core.types import Activity


class Remedy(Enum):
    """What a button of a page does."""

    CHOOSE_FOLDER = "choose folder"
    SHOW_FOLDERS = "show folders"
    SHOW_WEAK = "show weak"
    SHOW_UNKNOWN = "show unknown"
    SHOW_MODELS = "show models"
    CLEAR_SEARCH = "clear search"
    TRY_AGAIN = "try again"
    SEARCH = "search"
    CANCEL = "cancel"
    LABEL = "label"
    IMPORT_LABELS = "import labels"
    TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Page:
    """Icon, title, text and buttons of an empty window."""

    icon: str
    title: str
    text: str
    button: str = ""
    remedy: Remedy | None = None
    other: str = ""  # a second, quiet button
    other_remedy: Remedy | None = None
    filters: tuple[str, ...] = ()  # each of them has a button that removes it
    progress: float | None = None  # 0..1 of what is being done


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
    hardly_known: str = ""  # why what was found is not shown: a sentence without its full stop
    noise_hidden: int = 0  # photos that are not shown for that reason
    filters: tuple[str, ...] = ()  # of the query, in canonical text
    error: RecollectError | None = None  # why the query has no answer
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
MODEL_LOADING = Page(
    "model",
    "The model is loading…",
    "Your search is answered as soon as it is ready. Meanwhile you can look through your photos.",
    other="Show all photos",
    other_remedy=Remedy.CLEAR_SEARCH,
)
SEARCHING = Page("search", "Searching…", "")
NOTHING_FOUND = Page(
    "search",
    "Nothing found",
    "No photo fits this search. Try other or fewer words.",
    "Clear the search",
    Remedy.CLEAR_SEARCH,
)
NOTHING_YET = Page(
    "search",
    "Nothing found yet",
    "Your photos are still being indexed. What fits this search appears here by itself.",
    "Clear the search",
    Remedy.CLEAR_SEARCH,
)


def page_for(situation: Situation) -> Page | None:
    """The page that fits; None where there are photos to show. Those of the query before stay until a new one is
    answered, except where that takes long: they would look like its answer."""
    if situation.error is not None and not situation.waiting:
        return _failed(situation.error)
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
    if situation.hardly_known:  # until the next answer comes: with each letter of a word it would go and come again
        return _hardly_known(situation)
    if situation.waiting:
        return SEARCHING
    if situation.weak_hidden:
        return _weak_only(situation.weak_hidden)
    if situation.compares and situation.activity in (Activity.INDEXING, Activity.FOLLOWING):
        return NOTHING_YET
    if situation.filters:
        fewer = "Remove a filter, or try other words." if situation.compares else "Remove a filter."
        return replace(NOTHING_FOUND, text=f"No photo fits all of this. {fewer}", filters=situation.filters)
    return NOTHING_FOUND


def _browse_page(situation: Situation) -> Page:
    if not situation.folders_online:
        return OFFLINE
    busy = situation.activity in (Activity.SCANNING, Activity.INDEXING, Activity.LOADING_MODEL, Activity.FOLLOWING)
    return LOOKING if busy else NO_PHOTOS


def _hardly_known(situation: Situation) -> Page:
    return Page(
        "model",
        situation.hardly_known,
        "Hardly any photo that it was trained with was called that, so what it finds would have little to do with your "
        "search. Larger models know more words.",
        "Show them anyway" if situation.noise_hidden else "",
        Remedy.SHOW_UNKNOWN if situation.noise_hidden else None,
        "Larger models…",
        Remedy.SHOW_MODELS,
    )


def _weak_only(count: int) -> Page:
    photos = "1 photo matches" if count == 1 else f"{count:,} photos match"
    return Page(
        "filter",
        "No photo fits well",
        f"{photos} a little.",
        "Show it" if count == 1 else "Show them",
        Remedy.SHOW_WEAK,
        "Clear the search",
        Remedy.CLEAR_SEARCH,
    )


def _failed(error: RecollectError) -> Page:
    return Page(
        "warning",
        error.title,
        str(error),
        "Try again",
        Remedy.TRY_AGAIN,
        "Clear the search",
        Remedy.CLEAR_SEARCH,
    )
