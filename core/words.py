"""The words of a text in which people look for something, and which words are the same to them."""

from __future__ import annotations

import re

from core.query.folding import fold_tag

LITTLE_WORDS = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "her", "his", "in", "into", "is",
        "it", "its", "my", "no", "of", "off", "on", "or", "our", "out", "over", "that", "the", "their", "this", "to",
        "up", "very", "was", "were", "with", "without",
    }
)  # fmt: skip
"""They stand in every other caption and show in no picture. English, because most models know nothing else."""

PICTURE_WORDS = frozenset({"image", "photo", "photograph", "picture"})
"""What all of a library is."""

_WORD = re.compile(r"[^\W_]+")


def tag_words(text: str) -> tuple[str, ...]:
    """The words of a label, or of what is looked for among labels, each once: `Red T-Shirts` is red, t, shirt."""
    found = (_singular(word) for word in _WORD.findall(fold_tag(text)) if word not in LITTLE_WORDS)
    return tuple(dict.fromkeys(word for word in found if word not in PICTURE_WORDS))


def _singular(word: str) -> str:
    """Without the s of the plural. Rough: it need not be right, only the same for both sides."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]
