"""Photos that the user has not labelled yet, and how sure the live tagger is of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.store.photos import VISIBLE

if TYPE_CHECKING:
    from core.store.database import Database
    from core.types import PhotoId

_OPEN = (
    f"{VISIBLE} AND p.status = 'ready' AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = p.id AND l.head = ?)"
)

# Equally uncertain photos come in no order of theirs: ids rise with the time at which folders were added. The factor
# is that of Knuth's multiplicative hash.
_SHUFFLED = "(p.id * 2654435761) % 4294967296"


class UnlabelledStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ids(self, head: str) -> list[PhotoId]:
        """Visible photos that were read and have no label of a head."""
        return self._database.read_column(f"SELECT p.id FROM photos p WHERE {_OPEN} ORDER BY p.id", (head,))

    def most_uncertain(self, head: str, limit: int) -> dict[PhotoId, float]:
        """Those of which the live tagger is least sure, with 1 minus the margin between its two best labels (1 where it
        has not looked yet); Scheffer et al. 2001, "Active Hidden Markov Models for Information Extraction".
        """
        rows = self._database.read_tuples(
            f"""
            SELECT p.id, t.top
            FROM photos p LEFT JOIN predictions t
              ON t.photo_id = p.id AND t.head = ?1
              AND t.tagger_id = (SELECT a.tagger_id FROM answering a WHERE a.head = ?1)
            WHERE {_OPEN.replace("?", "?1")}
            ORDER BY COALESCE(t.probability, 0), {_SHUFFLED} LIMIT ?2
            """,
            (head, limit),
        )
        return {photo_id: 1.0 if top is None else 1.0 - _margin(top) for photo_id, top in rows}


def _margin(top: str) -> float:
    best, second, *_ = sorted((float(probability) for _, probability in json.loads(top)), reverse=True) + [0.0] * 2
    return best - second
