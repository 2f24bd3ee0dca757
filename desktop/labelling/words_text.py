"""The words of guesses as a text that people edit: one value a line, and behind an equals sign what else it is called.

meal = plate of food; meal on a table
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.prompts import BARE
from core.tags.vocabulary import VocabularyHead

if TYPE_CHECKING:
    from collections.abc import Mapping

BEHIND, BETWEEN = "=", ";"


def values_text(head: VocabularyHead) -> str:
    return "\n".join(
        f"{value} {BEHIND} {f'{BETWEEN} '.join(head.prompts[value])}" if value in head.prompts else value
        for value in head.values
    )


def templates_text(head: VocabularyHead) -> str:
    return "\n".join(head.templates)


def head_of(name: str, values: str, templates: str) -> VocabularyHead | None:
    """What the texts say; None where there are no values. Whether it makes sense, the library tells."""
    words = dict(_line(line) for line in _lines(values))
    if not words:
        return None
    prompts: Mapping[str, tuple[str, ...]] = {value: said for value, said in words.items() if said}
    return VocabularyHead(name, tuple(words), tuple(_lines(templates)) or BARE, prompts)


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _line(line: str) -> tuple[str, tuple[str, ...]]:
    value, _, said = line.partition(BEHIND)
    prompts = tuple(each.strip() for each in said.split(BETWEEN) if each.strip())
    return value.strip(), prompts
