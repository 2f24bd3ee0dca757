"""What photos are tagged with, as the window reads it: the user's labels, else what the live taggers predict."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from core.store.database import chunks, marks
from core.store.photos import PRESENT, VISIBLE
from core.tags.values import ATTRIBUTES, CLASS, Facet, Prediction, Tag, TagSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.store.database import Database
    from core.types import PhotoId

    Counts = dict[tuple[str, str], Counter[bool]]
    """How many photos are sure and unsure to have each value of each head."""

_LIVE = "answering a CROSS JOIN predictions r ON r.tagger_id = a.tagger_id AND r.head = a.head"


class TagStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, ids: Iterable[PhotoId]) -> dict[PhotoId, dict[str, Tag]]:
        """The tags of each photo by head, the class first; photos without any are left out."""
        found: dict[PhotoId, dict[str, Tag]] = {}
        for chunk in chunks(dict.fromkeys(ids)):
            for photo_id, tag in self._predicted(chunk):
                found.setdefault(photo_id, {})[tag.head] = tag
            for photo_id, head, value in self._labelled(chunk):
                tags = found.setdefault(photo_id, {})
                said = tags[head].prediction if head in tags else None
                tags[head] = Tag(head, value, TagSource.USER, sure=True, prediction=said)
        return {photo_id: dict(sorted(found[photo_id].items(), key=_class_first)) for photo_id in found}

    def heads(self) -> list[str]:
        """What any photo is tagged with, the class first, then by name."""
        sql = "SELECT head FROM answering UNION SELECT DISTINCT head FROM labels"
        return sorted(self._database.read_column(sql), key=lambda head: (head != CLASS, head))

    def values(self, head: str | None) -> list[str]:
        """The values that visible photos have, the most frequent first.

        Args:
            head: None for what `tag:` takes: `red`, and `style=casual` for an attribute of the user's own.
        """
        facets = sorted(self.facets(head), key=lambda each: -each.count - each.unsure)
        own = {CLASS, *ATTRIBUTES} if head is None else {head}
        return [each.value if each.head in own else f"{each.head}={each.value}" for each in facets]

    def facets(
        self, head: str | None, condition: str = "1", parameters: Sequence[object] = (), *, hidden: bool = False
    ) -> list[Facet]:
        """How many visible photos have each value, the most frequent first.

        Args:
            head: Of this one; None for those of all heads, the class first.
            condition: Of photos `p` for which this holds.
            hidden: Hidden ones among them.
        """
        seen = f"{PRESENT if hidden else VISIBLE} AND ({condition})"
        # Left to itself, SQLite looks up photo by photo; for all of them it is quicker to run through the index.
        index = "INDEXED BY predictions_by_label" if condition == "1" else ""
        counts: Counts = {}
        for tagger_id, heads in self._answering(head).items():
            for of, value, sure, count in self._counted(index, seen, [tagger_id, head, head, *parameters]):
                if of in heads:
                    counts.setdefault((of, value), Counter())[bool(sure)] += count
        self._count_labels(counts, head, seen, parameters)
        facets = [
            Facet(of, value, count[True], count[False]) for (of, value), count in counts.items() if any(count.values())
        ]
        return sorted(facets, key=lambda each: (each.head != CLASS, each.head, -each.count, -each.unsure, each.value))

    def _predicted(self, ids: Sequence[PhotoId]) -> list[tuple[PhotoId, Tag]]:
        rows = self._database.read_tuples(
            f"SELECT r.photo_id, r.head, r.label, r.probability, r.top, r.sure, r.unknown, a.source FROM {_LIVE}"
            f" WHERE r.photo_id IN ({marks(ids)})",
            ids,
        )
        return [
            (photo_id, _tag(head, Prediction(label, probability, _ranked(top), bool(sure), bool(unknown)), source))
            for photo_id, head, label, probability, top, sure, unknown, source in rows
        ]

    def _labelled(self, ids: Sequence[PhotoId]) -> list[tuple[PhotoId, str, str]]:
        return self._database.read_tuples(
            f"SELECT photo_id, head, value FROM labels WHERE photo_id IN ({marks(ids)})", ids
        )

    def _answering(self, head: str | None) -> dict[int, set[str]]:
        """The heads that each live tagger answers for."""
        found: dict[int, set[str]] = {}
        for of, tagger_id in self._database.read_tuples("SELECT head, tagger_id FROM answering"):
            if head in (None, of):
                found.setdefault(tagger_id, set()).add(of)
        return found

    def _counted(self, index: str, seen: str, parameters: Sequence[object]) -> list[tuple[str, str, int, int]]:
        """Head, label, sure and how often one tagger says so, as if there were no labels."""
        return self._database.read_tuples(
            f"SELECT r.head, r.label, r.sure, COUNT(*) FROM predictions r {index}"
            f" WHERE r.tagger_id = ? AND (? IS NULL OR r.head = ?) AND r.unknown = 0"
            f" AND r.photo_id IN (SELECT p.id FROM photos p WHERE {seen}) GROUP BY r.head, r.label, r.sure",
            parameters,
        )

    def _count_labels(self, counts: Counts, head: str | None, seen: str, parameters: Sequence[object]) -> None:
        """Each label counts, and the prediction that it takes the place of no longer does."""
        rows = self._database.read_tuples(
            "SELECT l.head, l.value, r.label, r.sure, COUNT(*)"
            " FROM labels l CROSS JOIN photos p ON p.id = l.photo_id LEFT JOIN answering a ON a.head = l.head"
            " LEFT JOIN predictions r ON r.tagger_id = a.tagger_id AND r.photo_id = l.photo_id AND r.head = l.head"
            " AND r.unknown = 0"
            f" WHERE (? IS NULL OR l.head = ?) AND {seen} GROUP BY l.head, l.value, r.label, r.sure",
            [head, head, *parameters],
        )
        for of, value, label, sure, count in rows:
            counts.setdefault((of, value), Counter())[True] += count
            if label is not None:
                counts[of, label][bool(sure)] -= count


def _class_first(item: tuple[str, Tag]) -> tuple[bool, str]:
    return item[0] != CLASS, item[0]


def _tag(head: str, said: Prediction, source: str) -> Tag:
    return Tag(head, said.label, TagSource(source), said.sure, said)


def _ranked(top: str) -> tuple[tuple[str, float], ...]:
    return tuple((label, float(probability)) for label, probability in json.loads(top))
