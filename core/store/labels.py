"""The user's labels in the database: what a photo is said to be, apart from what a tagger takes it for.

A label belongs to the photo's row, which outlives moves, renames and unplugged drives. Each change raises a number by
which another process notices it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from core.store.database import Database, chunks, marks
from core.store.folders import now_utc
from core.store.path_text import path_to_text, text_to_path
from core.store.photos import PRESENT
from core.store.remembered import Remembered
from core.tags.values import LabelledPhoto, LabelsBefore, Origin, Split

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from core.types import PhotoId

Change = tuple["PhotoId", str, "str | None"]
"""A photo, a head, and the value that it gets; None: it has none any more."""

SEQUENCE_KEY = "labels_sequence"  # remembered: how often labels or attributes were changed

_LABELLED = f"""
    SELECT l.photo_id, l.head, l.value, p.path, p.content_hash, p.taken_at, o.split, o.instance
    FROM labels l JOIN photos p ON p.id = l.photo_id LEFT JOIN label_origins o ON o.photo_id = l.photo_id
    WHERE {PRESENT} AND p.status != 'failed' AND p.content_hash IS NOT NULL
    ORDER BY l.photo_id, l.head
"""


class LabelStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered(database)

    def sequence(self) -> int:
        """Raised by every change, of whichever process."""
        return self._remembered.get(SEQUENCE_KEY, 0)

    def raise_sequence(self) -> None:
        """Part of the caller's transaction."""
        self._remembered.change(SEQUENCE_KEY, lambda sequence: sequence + 1, 0)

    # What is said

    def of(self, ids: Iterable[PhotoId]) -> dict[PhotoId, dict[str, str]]:
        """Labels by head, of those photos that have any."""
        found: dict[PhotoId, dict[str, str]] = {}
        for chunk in chunks(dict.fromkeys(ids)):
            for photo_id, head, value in self._database.read_tuples(
                f"SELECT photo_id, head, value FROM labels WHERE photo_id IN ({marks(chunk)})", chunk
            ):
                found.setdefault(photo_id, {})[head] = value
        return found

    def of_head(self, head: str) -> dict[PhotoId, str]:
        """The value of each photo, on disk or not, that has a label of this head."""
        return dict(self._database.read_tuples("SELECT photo_id, value FROM labels WHERE head = ?", (head,)))

    def counts(self) -> dict[str, dict[str, int]]:
        """How many photos on disk have each value, most frequent first."""
        counts: dict[str, dict[str, int]] = {}
        for head, value, count in self._database.read_tuples(
            "SELECT l.head, l.value, COUNT(*) FROM labels l JOIN photos p ON p.id = l.photo_id"
            f" WHERE {PRESENT} GROUP BY l.head, l.value ORDER BY l.head, COUNT(*) DESC, l.value"
        ):
            counts.setdefault(head, {})[value] = count
        return counts

    def count(self) -> int:
        """Photos on disk that have a label."""
        return self._database.read_column(
            f"SELECT COUNT(*) FROM photos p WHERE {PRESENT} AND p.id IN (SELECT photo_id FROM labels)"
        )[0]

    def present(self, ids: Iterable[PhotoId]) -> list[PhotoId]:
        """Those of the photos that are on disk, by path."""
        return self._database.read_column(
            f"SELECT p.id FROM photos p WHERE {PRESENT} AND p.id IN (SELECT value FROM json_each(?)) ORDER BY p.path",
            (json.dumps(list(ids)),),
        )

    def values_in_use(self, head: str) -> list[str]:
        """By any photo, also those that are not there at the moment."""
        return self._database.read_column("SELECT DISTINCT value FROM labels WHERE head = ? ORDER BY value", (head,))

    def labelled(self) -> list[LabelledPhoto]:
        """Photos on disk that were read and have a label."""
        photos: list[LabelledPhoto] = []
        labels: dict[str, str] = {}
        last: PhotoId | None = None
        for photo_id, head, value, path, content_hash, taken_at, split, instance in self._database.read_tuples(
            _LABELLED
        ):
            if photo_id != last:
                last, labels = photo_id, {}
                photos.append(
                    LabelledPhoto(
                        photo_id,
                        text_to_path(path),
                        content_hash,
                        labels,
                        datetime.fromisoformat(taken_at) if taken_at else None,
                        Split(split) if split else None,
                        instance,
                    )
                )
            labels[head] = value
        return photos

    def rows(self) -> list[tuple[PhotoId, Path, dict[str, str], Origin]]:
        """All that was said of photos that are not gone, by path."""
        labels: dict[PhotoId, dict[str, str]] = {}
        for photo_id, head, value in self._database.read_tuples("SELECT photo_id, head, value FROM labels"):
            labels.setdefault(photo_id, {})[head] = value
        found = self._database.read_tuples(
            """
            SELECT p.id, p.path, o.split, o.instance, o.caption
            FROM photos p LEFT JOIN label_origins o ON o.photo_id = p.id
            WHERE p.status != 'gone' AND p.id IN (SELECT photo_id FROM labels UNION SELECT photo_id FROM label_origins)
            ORDER BY p.path
            """
        )
        return [
            (photo_id, text_to_path(path), labels.get(photo_id, {}), _origin(split, instance, caption))
            for photo_id, path, split, instance, caption in found
        ]

    def predicted(self, ids: Iterable[PhotoId], heads: Collection[str] | None = None) -> list[Change]:
        """What the live taggers are sure of, where the user has said nothing."""
        return [
            (photo_id, head, value)
            for chunk in chunks(dict.fromkeys(ids))
            for photo_id, head, value in self._database.read_tuples(
                f"SELECT photo_id, head, value FROM tags WHERE photo_id IN ({marks(chunk)})"
                " AND source != 'user' AND sure = 1",
                chunk,
            )
            if heads is None or head in heads
        ]

    def at(self, paths: Iterable[Path]) -> dict[Path, PhotoId]:
        """The photos at these paths; gone ones are left out."""
        by_text = {path_to_text(path): path for path in paths}
        return {
            by_text[text]: photo_id
            for chunk in chunks(by_text)
            for text, photo_id in self._database.read_tuples(
                f"SELECT path, id FROM photos WHERE path IN ({marks(chunk)}) AND status != 'gone'", chunk
            )
        }

    # What changes

    def put(self, changes: Iterable[Change]) -> LabelsBefore:
        """Set and take away labels of photos that exist. Returns those that are others now, as they were."""
        wanted = {(photo_id, head): value for photo_id, head, value in changes}
        with self._database.write() as db:
            existing = self._existing(photo_id for photo_id, _ in wanted)
            current = self.of(existing)
            changed = {
                (photo_id, head): value
                for (photo_id, head), value in wanted.items()
                if photo_id in existing and current.get(photo_id, {}).get(head) != value
            }
            now = now_utc()
            db.executemany(
                "DELETE FROM labels WHERE photo_id = ? AND head = ?",
                [place for place, value in changed.items() if value is None],
            )
            db.executemany(
                "INSERT OR REPLACE INTO labels (photo_id, head, value, labelled_at) VALUES (?, ?, ?, ?)",
                [(*place, value, now) for place, value in changed.items() if value is not None],
            )
            if changed:
                self.raise_sequence()
        return LabelsBefore(tuple((photo_id, head, current.get(photo_id, {}).get(head)) for photo_id, head in changed))

    def put_origins(self, origins: Mapping[PhotoId, Origin | None]) -> tuple[tuple[PhotoId, Origin | None], ...]:
        """Note what a file said. Returns the notes that are others now, as they were."""
        with self._database.write() as db:
            existing = self._existing(origins)
            current = self._origins(existing)
            changed = {
                photo_id: origin
                for photo_id, origin in origins.items()
                if photo_id in existing and current.get(photo_id) != origin
            }
            db.executemany(
                "DELETE FROM label_origins WHERE photo_id = ?",
                [(photo_id,) for photo_id, origin in changed.items() if origin is None],
            )
            db.executemany(
                "INSERT OR REPLACE INTO label_origins (photo_id, split, instance, caption) VALUES (?, ?, ?, ?)",
                [(key, each.split, each.instance, each.caption) for key, each in changed.items() if each is not None],
            )
            if changed:
                self.raise_sequence()
        return tuple((photo_id, current.get(photo_id)) for photo_id in changed)

    def with_value(self, head: str, value: str | None = None) -> list[PhotoId]:
        """Photos, on disk or not, that have this label, or any of this head."""
        condition, parameters = ("", (head,)) if value is None else (" AND value = ?", (head, value))
        return self._database.read_column(f"SELECT photo_id FROM labels WHERE head = ?{condition}", parameters)

    def copy(self, source: PhotoId, target: PhotoId) -> bool:
        """Give a photo the labels of another one, if that has the same content. What the user has said of the photo
        itself stays. Returns whether it has got any.
        """
        with self._database.write() as db:
            same_content = self._database.read_column(
                "SELECT 1 FROM photos s JOIN photos t ON t.content_hash = s.content_hash WHERE s.id = ? AND t.id = ?",
                (source, target),
            )
            if not same_content or source == target:
                return False
            copied = db.execute(
                "INSERT OR IGNORE INTO labels (photo_id, head, value, labelled_at)"
                " SELECT ?, head, value, labelled_at FROM labels WHERE photo_id = ?",
                (target, source),
            ).rowcount
            db.execute(
                "INSERT OR IGNORE INTO label_origins (photo_id, split, instance, caption)"
                " SELECT ?, split, instance, caption FROM label_origins WHERE photo_id = ?",
                (target, source),
            )
            if copied:
                self.raise_sequence()
        return copied > 0

    def _existing(self, ids: Iterable[PhotoId]) -> set[PhotoId]:
        return {
            photo_id
            for chunk in chunks(dict.fromkeys(ids))
            for photo_id in self._database.read_column(f"SELECT id FROM photos WHERE id IN ({marks(chunk)})", chunk)
        }

    def _origins(self, ids: Iterable[PhotoId]) -> dict[PhotoId, Origin]:
        return {
            photo_id: _origin(split, instance, caption)
            for chunk in chunks(ids)
            for photo_id, split, instance, caption in self._database.read_tuples(
                f"SELECT photo_id, split, instance, caption FROM label_origins WHERE photo_id IN ({marks(chunk)})",
                chunk,
            )
        }


def _origin(split: str | None, instance: str | None, caption: str | None) -> Origin:
    return Origin(Split(split) if split else None, instance, caption)
