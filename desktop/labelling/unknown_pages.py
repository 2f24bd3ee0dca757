"""What stands on the page of unknown photos while there are no groups: being looked for, nothing unknown, no tagger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.empty_pages import Page, Remedy
from desktop.organise.wording import photos

if TYPE_CHECKING:
    from core.errors import RecollectError
    from core.tags.unknown import UnknownPhotos

LEAD = (
    "The tagger knows none of these. Type what a group shows, and Enter labels its photos. A click takes a photo out, "
    "or puts it in."
)
TAUGHT_NEXT = "What you have named, the tagger knows once it is taught again."
_BACK = "Back to the photos"

LOOKING = Page(
    "search",
    "Looking for unknown photos that are alike…",
    "You can go on working meanwhile.",
    other="Cancel",
    other_remedy=Remedy.CANCEL,
)
NO_TAGGER = Page(
    "training",
    "No tagger was trained yet",
    "Once it has learned from your labels it can tell which photos show something else. Label photos of two kinds at "
    "least, and teach it.",
    "Training",
    Remedy.TRAIN,
    _BACK,
    Remedy.CANCEL,
)
CANNOT_TELL = Page(
    "unknown",
    "This tagger cannot tell what it does not know",
    "It was trained by an earlier Recollect, or with too few photos. Label some more, twenty at least, and teach it "
    "again.",
    "Training",
    Remedy.TRAIN,
    _BACK,
    Remedy.CANCEL,
)
ALL_KNOWN = Page(
    "check",
    "Nothing is unknown",
    "Every photo that the tagger has looked at is of a class that it knows, or has a label of yours.",
    other=_BACK,
    other_remedy=Remedy.CANCEL,
)
ALL_ASIDE = Page(
    "check",
    "Nothing else is unknown",
    "The others you have put aside.",
    other=_BACK,
    other_remedy=Remedy.CANCEL,
)
ALL_NAMED = Page("check", "All groups are looked at", TAUGHT_NEXT, "Training", Remedy.TRAIN, _BACK, Remedy.CANCEL)


def when_empty(found: UnknownPhotos, *, named: bool) -> Page:
    """The page where no group is left.

    Args:
        named: There were groups, and the user has gone through them.
    """
    if not found.trained:
        return NO_TAGGER
    if named:
        return ALL_NAMED
    if found.alone:
        return _only_alone(len(found.alone))
    if not found.tells:
        return CANNOT_TELL
    return ALL_ASIDE if found.aside else ALL_KNOWN


def _only_alone(count: int) -> Page:
    alike = "It looks like no other" if count == 1 else "They do not look alike"
    return Page(
        "unknown",
        f"{photos(count)} that the tagger does not know",
        f"{alike}, so there are no groups to name. They can be looked at and labelled one by one.",
        "Show it" if count == 1 else "Show them",
        Remedy.SHOW_UNKNOWN,
        _BACK,
        Remedy.CANCEL,
    )


def failed(error: RecollectError) -> Page:
    return Page("warning", error.title, str(error), "Try again", Remedy.TRY_AGAIN, _BACK, Remedy.CANCEL)
