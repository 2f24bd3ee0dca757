"""How numbers of photos and names of albums stand in a sentence: the same in menus, messages, dialogs and errors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.errors import MachineError

NAMED = 3  # files that an error names one by one


def photos(count: int) -> str:
    """As in "1 photo" and "1,234 photos"."""
    return "1 photo" if count == 1 else f"{count:,} photos"


def are(count: int) -> str:
    """The verb behind `photos`."""
    return "is" if count == 1 else "are"


def quoted(name: str) -> str:
    return f"“{name}”"


def isolated(word: str) -> str:
    """A word of the user in quotation marks: one that is written from right to left leaves the sentence as it is."""
    return f"“\u2068{word}\u2069”"


def in_menu(text: str) -> str:
    """An album may be called "You & me": alone, the sign would underline the letter behind it."""
    return text.replace("&", "&&")


def failure(failures: Mapping[Path, str], what: str, remedy: str) -> MachineError | None:
    """One error for all files with which something did not work; None if there are none.

    Args:
        failures: For each file one sentence that says why.
        what: Behind "3 photos", such as "could not be exported".
    """
    if not failures:
        return None
    named = [f"{path.name}: {reason}" for path, reason in list(failures.items())[:NAMED]]
    if len(failures) > NAMED:
        named.append(f"And {len(failures) - NAMED:,} more.")
    title = f"{photos(len(failures))} {what}"
    return MachineError(" ".join(named), title=title, remedy=remedy, path=next(iter(failures)))
