"""Which of several files of one picture should stay, and why. Always the same answer for the same files."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.store.contents import Content

_MADE_BY_COPYING = re.compile(
    r"(?:\bcop(?:y|ie|ia)\b|\bkopie\b|\(\d+\)\s*$|[-_ ]edited\b|~\d+\s*$|[-_ ]\d+x\d+\s*$)", re.IGNORECASE
)
"""`IMG_1 (2)`, `IMG_1 copy`, `Kopie von IMG_1`, `IMG_1-edited`, `IMG_1~2`, `IMG_1-300x200`: as programs do."""


@dataclass(frozen=True, slots=True)
class _Virtue:
    """Something that speaks for a file: the more, the better. `reason` continues "Keep: "."""

    of: Callable[[Content], Any]
    reason: str


# In this order: what the user did to a photo, then what cannot be had back from the others, then the look of things.
_VIRTUES = (
    _Virtue(lambda content: content.favorite, "a favourite"),
    _Virtue(lambda content: content.in_album, "in an album"),
    _Virtue(lambda content: content.pixels, "most pixels"),
    _Virtue(lambda content: content.taken_at is not None, "knows when it was taken"),
    _Virtue(lambda content: content.size_bytes, "largest file"),
    _Virtue(lambda content: _MADE_BY_COPYING.search(content.path.stem) is None, "original name"),
)


def best_first(contents: Sequence[Content]) -> list[Content]:
    """The file that should stay first; what nothing tells apart by path."""
    by_path = sorted(contents, key=lambda content: (str(content.path), content.photo_id))
    return sorted(by_path, key=lambda content: tuple(virtue.of(content) for virtue in _VIRTUES), reverse=True)


def reason_to_keep(ordered: Sequence[Content]) -> str:
    """Why the first of them should stay, in a few words; empty where nothing but the path tells them apart."""
    reasons: list[str] = []
    rivals = list(ordered)
    for virtue in _VIRTUES:
        left = [content for content in rivals if virtue.of(content) == virtue.of(rivals[0])]
        if len(left) < len(rivals):
            reasons.append(virtue.reason)
        rivals = left
    return ", ".join(reasons)
