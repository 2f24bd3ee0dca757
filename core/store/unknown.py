"""Photos that are none of what the live tagger knows, and those of them that the user has put aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from core.store.database import chunks, marks
from core.store.photos import VISIBLE
from core.tags.values import CLASS, TagSource

if TYPE_CHECKING:
    from core.store.database import Database
    from core.types import PhotoId

_UNKNOWN = f"""
    FROM answering a CROSS JOIN predictions r ON r.tagger_id = a.tagger_id AND r.head = a.head
    JOIN photos p ON p.id = r.photo_id
    WHERE a.head = '{CLASS}' AND r.unknown = 1 AND {VISIBLE} AND p.status = 'ready'
      AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = p.id AND l.head = '{CLASS}')
"""
_ASIDE = "EXISTS (SELECT 1 FROM put_aside s WHERE s.photo_id = p.id)"


class UnknownStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ids(self, *, aside: bool = False) -> list[PhotoId]:
        """Visible photos of whose class the user has said nothing, and of which the live tagger says that it is none of
        its own.

        Args:
            aside: Those that were put aside, instead of the others.
        """
        return self._database.read_column(f"SELECT p.id {_UNKNOWN} AND {'' if aside else 'NOT '}{_ASIDE} ORDER BY p.id")

    def put_aside(self, ids: Iterable[PhotoId]) -> list[PhotoId]:
        """Returns those that were not aside yet; photos that are gone are left out. Part of a transaction."""
        with self._database.write() as db:
            new = [
                photo_id
                for chunk in chunks(dict.fromkeys(ids))
                for photo_id in self._database.read_column(
                    f"SELECT p.id FROM photos p WHERE p.id IN ({marks(chunk)}) AND NOT {_ASIDE} ORDER BY p.id", chunk
                )
            ]
            db.executemany("INSERT INTO put_aside (photo_id) VALUES (?)", [(photo_id,) for photo_id in new])
        return new

    def bring_back(self, ids: Sequence[PhotoId]) -> None:
        """They are aside no longer."""
        with self._database.write() as db:
            db.executemany("DELETE FROM put_aside WHERE photo_id = ?", [(photo_id,) for photo_id in ids])

    def answering(self) -> tuple[bool, bool, frozenset[str]]:
        """Whether a trained tagger answers for the class, whether it can tell what it does not know, and the classes
        that it knows, in the user's words.
        """
        rows = self._database.read_tuples(
            "SELECT t.tells_unknown, t.heads FROM answering a JOIN taggers t ON t.id = a.tagger_id"
            " WHERE a.head = ? AND a.source = ?",
            (CLASS, TagSource.MODEL.value),
        )
        if not rows:
            return False, False, frozenset()
        tells, heads = rows[0]
        return True, bool(tells), frozenset(json.loads(heads).get(CLASS, ()))

    def surely(self, limit: int) -> dict[PhotoId, str]:
        """Photos of whose class somebody is sure, the user or the tagger, with the class: of each class as many as of
        the others, spread over the library.
        """
        rows = self._database.read_tuples(
            f"SELECT t.value, p.id FROM tags t JOIN photos p ON p.id = t.photo_id"
            f" WHERE t.head = ? AND t.sure = 1 AND t.source != ? AND {VISIBLE} ORDER BY t.value, p.id",
            (CLASS, TagSource.ZERO_SHOT.value),
        )
        by_class: dict[str, list[PhotoId]] = {}
        for value, photo_id in rows:
            by_class.setdefault(value, []).append(photo_id)
        each = max(2, limit // max(1, len(by_class)))
        return {photo_id: value for value, ids in by_class.items() for photo_id in ids[:: -(-len(ids) // each)]}

    def guesses(self, ids: Iterable[PhotoId]) -> dict[PhotoId, tuple[tuple[str, float], ...]]:
        """What the words that need no training say of the class of photos: the best ones with their probabilities."""
        found: dict[PhotoId, tuple[tuple[str, float], ...]] = {}
        for chunk in chunks(dict.fromkeys(ids)):
            rows = self._database.read_tuples(
                "SELECT r.photo_id, r.top FROM taggers t CROSS JOIN predictions r ON r.tagger_id = t.id"
                f" WHERE t.live = 1 AND t.source = ? AND r.head = ? AND r.photo_id IN ({marks(chunk)})",
                (TagSource.ZERO_SHOT.value, CLASS, *chunk),
            )
            for photo_id, top in rows:
                found[photo_id] = tuple((label, float(probability)) for label, probability in json.loads(top))
        return found
