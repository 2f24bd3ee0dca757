"""A library's database with photos that were read, for tests of labels: real rows, made as the indexer makes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from core.events import Event, EventBus
from core.files.scan import FoundFile
from core.store.database import Database
from core.store.folders import FolderStore
from core.store.intake import Claim, Indexed, Intake
from core.tags.labels import Labels
from core.types import Metadata, PhotoId, Vectors

DIM = 16


class Shelf:
    """Photos below one folder, with vectors that the test chooses."""

    def __init__(self, home: Path, folder: Path) -> None:
        home.mkdir(exist_ok=True)
        folder.mkdir(exist_ok=True)
        self.folder = folder.resolve()
        self.database = Database(home / "library.db")
        self.intake = Intake(self.database)
        self.folder_id = FolderStore(self.database).add(self.folder).id
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(self.events.append)
        self.vectors: dict[PhotoId, np.ndarray] = {}
        self.labels = Labels(self.database, self.bus, self.vectors_of)

    def vectors_of(self, ids: Sequence[PhotoId]) -> tuple[list[PhotoId], Vectors]:
        found = [photo_id for photo_id in ids if photo_id in self.vectors]
        rows = np.array([self.vectors[photo_id] for photo_id in found], np.float32).reshape(len(found), DIM)
        return found, rows

    def found(self, name: str, content: bytes | None = None) -> FoundFile:
        """A file on disk; its content is its name unless another is given."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(name.encode("utf-8", "surrogateescape") if content is None else content)
        return FoundFile(path, path.stat().st_size, path.stat().st_mtime_ns)

    def queue(self, name: str, content: bytes | None = None) -> PhotoId:
        """A photo that waits to be read."""
        file = self.found(name, content)
        self.intake.queue(self.folder_id, [file])
        known = self.intake.known_at(file.path)
        assert known is not None
        return known.photo_id

    def read(self, photo_id: PhotoId, name: str, taken_at: datetime | None = None) -> PhotoId | None:
        """What the indexer does with a photo that waits."""
        file = self.found(name)
        digest = hashlib.md5(file.path.read_bytes(), usedforsecurity=False).hexdigest()
        claim = Claim(photo_id, file.path, file.size_bytes, file.mtime_ns)
        return self.intake.finish(Indexed(claim, file, digest, Metadata("JPEG", 4, 3, taken_at)))

    def photo(self, name: str, content: bytes | None = None, *, taken_at: datetime | None = None) -> PhotoId:
        """A photo that was read."""
        photo_id = self.read(self.queue(name, content), name, taken_at)
        assert photo_id is not None
        return photo_id

    def photos(self, count: int) -> list[PhotoId]:
        return [self.photo(f"{number}.jpg") for number in range(count)]

    def predict(self, head: str, said: dict[PhotoId, Sequence[tuple[str, float]]], *, threshold: float = 0.5) -> None:
        """What a live tagger says: labels with their probabilities, best first."""
        with self.database.write() as db:
            db.execute(
                "INSERT INTO taggers (key, name, source, heads, live, created_at) VALUES (?, ?, 'model', ?, 1, ?)",
                (f"tagger of {head}", head, json.dumps({head: []}), "2026-01-01T00:00:00+00:00"),
            )
            tagger_id = self.database.read_column("SELECT MAX(id) FROM taggers")[0]
            db.executemany(
                "INSERT INTO predictions (tagger_id, photo_id, head, label, probability, top, sure)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (tagger_id, photo_id, head, top[0][0], top[0][1], json.dumps(top), int(top[0][1] >= threshold))
                    for photo_id, top in said.items()
                ],
            )

    def close(self) -> None:
        self.database.close()
