"""What stands on the page of proposals while there are none: being looked for, none found, all decided, an error;
and what stands above the proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.empty_pages import Page, Remedy

if TYPE_CHECKING:
    from core.errors import RecollectError

UNSURE = "Each photo shows what the model takes it for. Accept what is right, and change or skip the rest."
ALIKE = "They look like the photos that you labelled. Accept what is right, and change or skip the rest."
WRONG = "These labels do not fit what the photos look like. Accept what is proposed, or skip it to keep your label."


def looking(what: str) -> Page:
    """
    Args:
        what: As in "Looking for photos like these".
    """
    text = "You can go on working meanwhile."
    return Page("search", f"{what}…", text, other="Cancel", other_remedy=Remedy.CANCEL)


def failed(error: RecollectError) -> Page:
    return Page(
        "warning",
        "Nothing can be proposed",
        str(error),
        "Try again",
        Remedy.TRY_AGAIN,
        "Back to the photos",
        Remedy.CANCEL,
    )


def nothing(title: str, text: str) -> Page:
    return Page("similar", title, text, other="Back to the photos", other_remedy=Remedy.CANCEL)


NOTHING_ALIKE = nothing(
    "Nothing looks alike enough",
    "No photo without a label looks enough like these. Label a few more of the same kind, and try again.",
)
NOTHING_UNSURE = nothing("Nothing is unsure", "There is no photo here of which the model is unsure.")
NOTHING_WRONG = nothing("Nothing to correct", "These labels were corrected already, or their photos are gone.")
NOTHING_WORTH = nothing("Everything is labelled", "There is no photo left that has no label here.")
ALL_DECIDED = Page(
    "check",
    "All looked at",
    "What you accepted is labelled now. It can be undone.",
    "Back to the photos",
    Remedy.CANCEL,
)
