"""Vectors on disk, keyed by photo and encoder: float16 in SQLite, float32 in memory.

Each encoder counts the changes of its vectors in a sequence, and each vector carries the number at which it was
written. Whoever holds vectors in memory, in this process or in another, asks for what came after its own number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError
from core.store.database import chunks, marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.store.database import Database
    from core.types import PhotoId, Vectors

STORED = np.dtype("<f2")  # half the space; float16 keeps a cosine to about 0.0005. Arithmetic stays in float32


def as_stored(vectors: Vectors) -> Vectors:
    """(N, D) rounded as the database rounds them: what is said of a photo beside embedding it is what is said of it
    later, from its stored vector.
    """
    return vectors.astype(STORED).astype(np.float32)


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """What changed since a sequence number."""

    ids: NDArray[np.int64]  # (N,)
    vectors: Vectors  # (N, D)
    sequence: int  # up to which this reaches


class VectorStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def encoder_id(self, key: str, name: str, dim: int) -> int:
        """The row of an encoder, made when it is new."""
        with self._database.write() as db:
            db.execute("INSERT OR IGNORE INTO encoders (key, name, dim) VALUES (?, ?, ?)", (key, name, dim))
        row = self._database.read("SELECT id, dim FROM encoders WHERE key = ?", (key,))[0]
        if row["dim"] != dim:
            raise ModelError(
                f"The model {name} makes vectors of {dim} numbers, the library knows it with {row['dim']}.",
                remedy="Import the model again.",
            )
        return row["id"]

    def keys(self, name: str) -> list[str]:
        """Of all encoders that the library knows under this name: its weights may have changed."""
        return self._database.read_column("SELECT key FROM encoders WHERE name = ?", (name,))

    def delete(self, key: str) -> None:
        """An encoder with all its vectors."""
        with self._database.write() as db:
            db.execute("DELETE FROM encoders WHERE key = ?", (key,))

    def put(self, encoder_id: int, ids: Sequence[PhotoId], vectors: Vectors) -> None:
        """Store or replace vectors. Part of the caller's transaction.

        Args:
            vectors: (len(ids), D) finite, unit length.
        """
        with self._database.write() as db:
            sequence = self._raise_sequence(encoder_id)
            stored = np.ascontiguousarray(vectors, dtype=STORED)
            db.executemany(
                "INSERT OR REPLACE INTO vectors (encoder_id, photo_id, vector, sequence) VALUES (?, ?, ?, ?)",
                [(encoder_id, photo_id, row.tobytes(), sequence) for photo_id, row in zip(ids, stored, strict=True)],
            )

    def copy(self, source: PhotoId, target: PhotoId) -> None:
        """Give a photo the vectors of another one, if that still has the same content: it may just have been edited."""
        with self._database.write() as db:
            encoders = self._database.read_column(
                "SELECT v.encoder_id FROM vectors v JOIN photos s ON s.id = v.photo_id JOIN photos t ON t.id = ?"
                " WHERE s.id = ? AND s.content_hash = t.content_hash",
                (target, source),
            )
            for encoder_id in encoders:
                db.execute(
                    "INSERT OR REPLACE INTO vectors (encoder_id, photo_id, vector, sequence)"
                    " SELECT encoder_id, ?, vector, ? FROM vectors WHERE encoder_id = ? AND photo_id = ?",
                    (target, self._raise_sequence(encoder_id), encoder_id, source),
                )

    def twin(self, content_hash: str, encoder_ids: Sequence[int]) -> PhotoId | None:
        """A photo with this content that has vectors of all these encoders."""
        wanted = " AND ".join(
            "EXISTS (SELECT 1 FROM vectors v WHERE v.photo_id = p.id AND v.encoder_id = ?)" for _ in encoder_ids
        )
        ids = self._database.read_column(
            f"SELECT p.id FROM photos p WHERE p.content_hash = ? AND {wanted or '1'} LIMIT 1",
            (content_hash, *encoder_ids),
        )
        return ids[0] if ids else None

    def sequence(self, encoder_id: int) -> int:
        found = self._database.read_column("SELECT sequence FROM encoders WHERE id = ?", (encoder_id,))
        return found[0] if found else 0

    def count(self, encoder_id: int) -> int:
        return self._database.read_column("SELECT COUNT(*) FROM vectors WHERE encoder_id = ?", (encoder_id,))[0]

    def ids(self, encoder_id: int) -> NDArray[np.int64]:
        """(N,) all photos that have a vector of this encoder."""
        return np.array(
            self._database.read_column("SELECT photo_id FROM vectors WHERE encoder_id = ?", (encoder_id,)), np.int64
        )

    def of(self, encoder_id: int, ids: Sequence[PhotoId]) -> Vectors | None:
        """(len(ids), D) in the order given; None if one of the photos has no vector of this encoder."""
        stored: dict[PhotoId, bytes] = {}
        for chunk in chunks(ids):
            stored |= self._database.read_tuples(
                f"SELECT photo_id, vector FROM vectors WHERE encoder_id = ? AND photo_id IN ({marks(chunk)})",
                (encoder_id, *chunk),
            )
        if any(photo_id not in stored for photo_id in ids):
            return None
        joined = np.frombuffer(b"".join(stored[photo_id] for photo_id in ids), STORED)
        return joined.reshape(len(ids), -1).astype(np.float32)

    def changed_since(self, encoder_id: int, dim: int, sequence: int) -> StoredVectors:
        """Vectors written after a sequence number; all of them for 0. Blobs of a wrong length are left out."""
        upto = self.sequence(encoder_id)
        rows = self._database.connection.execute(
            "SELECT photo_id, vector FROM vectors WHERE encoder_id = ? AND sequence > ? AND length(vector) = ?",
            (encoder_id, sequence, dim * STORED.itemsize),
        ).fetchall()
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        joined = b"".join(row[1] for row in rows)
        vectors = np.frombuffer(joined, STORED).reshape(len(rows), dim).astype(np.float32)
        return StoredVectors(ids, vectors, upto)

    def _raise_sequence(self, encoder_id: int) -> int:
        with self._database.write() as db:
            db.execute("UPDATE encoders SET sequence = sequence + 1 WHERE id = ?", (encoder_id,))
        return self.sequence(encoder_id)
