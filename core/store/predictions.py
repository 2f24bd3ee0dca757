"""What taggers say of photos, keyed by tagger, photo and head. Reads for the window are in `core.store.tags`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from core.store.database import chunks, marks
from core.store.intake import Claim
from core.store.path_text import text_to_path
from core.store.vectors import STORED
from core.store.wordings import WordingStore
from core.types import PhotoId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.database import Database
    from core.tags.values import Prediction, Predictions, TaggerId
    from core.tags.wording import Wording
    from core.types import Vectors

FORGET = 5000  # photos whose predictions are deleted in one transaction: some 50 ms


class PredictionStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._wordings = WordingStore(database)

    def put(self, tagger_id: TaggerId, ids: Sequence[PhotoId], predictions: Sequence[Predictions]) -> None:
        """Store or replace what a tagger says of photos, all of its heads, in the user's words. Part of the caller's
        transaction.

        A tagger or photos that were deleted meanwhile are left out.
        """
        with self._database.write() as db:
            there = self._existing(tagger_id, ids)
            wording = self._wordings.of(tagger_id)
            rows = [
                (tagger_id, photo_id, *_columns(wording, head, said))
                for photo_id, heads in zip(ids, predictions, strict=True)
                if photo_id in there
                for head, said in heads.items()
            ]
            db.executemany(
                "INSERT OR REPLACE INTO predictions (tagger_id, photo_id, head, label, probability, top, sure, own,"
                " unknown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            db.execute("UPDATE taggers SET sequence = sequence + 1 WHERE id = ?", (tagger_id,))

    def copy(self, source: PhotoId, target: PhotoId) -> None:
        """Give a photo the predictions of another one, if that has the same content. Part of a transaction."""
        with self._database.write() as db:
            db.execute(
                """
                INSERT OR REPLACE INTO predictions
                    (tagger_id, photo_id, head, label, probability, top, sure, own, unknown)
                SELECT p.tagger_id, t.id, p.head, p.label, p.probability, p.top, p.sure, p.own, p.unknown
                FROM photos s JOIN photos t ON t.content_hash = s.content_hash
                JOIN predictions p ON p.photo_id = s.id
                WHERE s.id = ? AND t.id = ?
                """,
                (source, target),
            )

    def twin(self, content_hash: str, tagger_id: TaggerId) -> PhotoId | None:
        """A photo with this content that this tagger has looked at."""
        ids = self._database.read_column(
            "SELECT id FROM photos p WHERE content_hash = ? AND EXISTS"
            " (SELECT 1 FROM predictions d WHERE d.tagger_id = ? AND d.photo_id = p.id) LIMIT 1",
            (content_hash, tagger_id),
        )
        return ids[0] if ids else None

    def count(self, tagger_id: TaggerId) -> int:
        """Photos that it has looked at."""
        sql = "SELECT COUNT(DISTINCT photo_id) FROM predictions WHERE tagger_id = ?"
        return self._database.read_column(sql, (tagger_id,))[0]

    def has_any(self, tagger_id: TaggerId) -> bool:
        return bool(self._database.read_column("SELECT 1 FROM predictions WHERE tagger_id = ? LIMIT 1", (tagger_id,)))

    def untagged(self, tagger_id: TaggerId, limit: int, *, encoder_id: int | None = None) -> list[Claim]:
        """Photos that were read, and that this tagger has not looked at, newest first.

        Args:
            encoder_id: Only those with a vector of this encoder.
        """
        rows = self._database.read(
            f"SELECT p.id, p.path, p.size_bytes, p.mtime_ns {_UNTAGGED} ORDER BY p.mtime_ns DESC LIMIT ?",
            (tagger_id, encoder_id, encoder_id, limit),
        )
        return [Claim(row["id"], text_to_path(row["path"]), row["size_bytes"], row["mtime_ns"]) for row in rows]

    def count_untagged(self, tagger_id: TaggerId, encoder_id: int | None = None) -> int:
        return self._database.read_column(f"SELECT COUNT(*) {_UNTAGGED}", (tagger_id, encoder_id, encoder_id))[0]

    def untagged_vectors(
        self, tagger_id: TaggerId, encoder_id: int, *, after: int, limit: int
    ) -> tuple[list[PhotoId], Vectors]:
        """Vectors of photos that this tagger has not looked at, in the order of their ids, from behind `after` on."""
        rows = self._database.read_tuples(
            f"SELECT v.photo_id, v.vector {_UNTAGGED_VECTORS} AND v.photo_id > ? ORDER BY v.photo_id LIMIT ?",
            (encoder_id, tagger_id, after, limit),
        )
        if not rows:
            return [], np.empty((0, 0), np.float32)
        joined = np.frombuffer(b"".join(vector for _, vector in rows), STORED)
        return [PhotoId(photo_id) for photo_id, _ in rows], joined.reshape(len(rows), -1).astype(np.float32)

    def count_untagged_vectors(self, tagger_id: TaggerId, encoder_id: int) -> int:
        sql = f"SELECT COUNT(*) {_UNTAGGED_VECTORS}"
        return self._database.read_column(sql, (encoder_id, tagger_id))[0]

    def forget(self, tagger_id: TaggerId) -> bool:
        """Delete some of a tagger's predictions. Returns whether there are more."""
        with self._database.write() as db:
            deleted = db.execute(
                "DELETE FROM predictions WHERE tagger_id = ? AND photo_id IN"
                " (SELECT DISTINCT photo_id FROM predictions WHERE tagger_id = ? LIMIT ?)",
                (tagger_id, tagger_id, FORGET),
            )
            return deleted.rowcount > 0

    def _existing(self, tagger_id: TaggerId, ids: Sequence[PhotoId]) -> set[PhotoId]:
        return {
            photo_id
            for chunk in chunks(ids)
            for photo_id in self._database.read_column(
                f"SELECT id FROM photos WHERE id IN ({marks(chunk)}) AND EXISTS (SELECT 1 FROM taggers WHERE id = ?)",
                (*chunk, tagger_id),
            )
        }


def _columns(wording: Wording, head: str, said: Prediction) -> tuple[object, ...]:
    """What is stored of a prediction, from its head on."""
    shown = wording.of_prediction(head, said)
    own = None if shown is said else json.dumps(said.top)
    return wording.head(head), shown.label, shown.probability, json.dumps(shown.top), shown.sure, own, shown.unknown


_UNTAGGED = """
    FROM photos p
    WHERE p.status = 'ready' AND p.folder_id IN (SELECT id FROM folders WHERE online = 1 AND removed_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM predictions d WHERE d.tagger_id = ? AND d.photo_id = p.id)
      AND (? IS NULL OR EXISTS (SELECT 1 FROM vectors v WHERE v.encoder_id = ? AND v.photo_id = p.id))
"""

_UNTAGGED_VECTORS = """
    FROM vectors v JOIN encoders e ON e.id = v.encoder_id AND length(v.vector) = 2 * e.dim
    WHERE v.encoder_id = ?
      AND NOT EXISTS (SELECT 1 FROM predictions d WHERE d.tagger_id = ? AND d.photo_id = v.photo_id)
"""
