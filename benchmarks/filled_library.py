"""A library with as many photos as one likes, made in seconds: rows and vectors without files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.encoders import Encoders
from core.models.registry import ModelStore
from core.paths import LibraryPaths
from core.settings import load_settings
from core.store.database import Database
from core.store.natural_order import name_key
from core.store.remembered import Remembered
from core.store.vectors import VectorStore
from core.types import PhotoId

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.types import Vectors

CAMERAS = {"Common 500": 0.5, "Tenth X10": 0.1, "Rare M1": 0.01, "Single S": 0.001}
"""Camera and the share of the photos that are its."""

CHUNK = 10_000


def model_store(home: Path) -> ModelStore:
    paths = LibraryPaths(home)
    paths.create()
    return ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration)


def fill(home: Path, encoder: ClipEncoder, vectors: Vectors) -> None:
    """Put one photo a vector into the library in `home`, with its row, its vector and the graph on disk."""
    paths = LibraryPaths(home)
    paths.create()
    database = Database(paths.database)
    store = VectorStore(database)
    encoder_id = store.encoder_id(encoder.key, encoder.name, encoder.dim)
    with database.write() as db:
        db.execute("INSERT INTO folders (path, added_at, scanned_at) VALUES ('/photos', '2024-01-01', '2024-01-01')")
    for start in range(0, len(vectors), CHUNK):
        numbers = range(start, min(start + CHUNK, len(vectors)))
        with database.write() as db:
            db.executemany(
                "INSERT INTO photos (id, folder_id, path, name, name_key, status, size_bytes, mtime_ns, content_hash,"
                " format, width, height, taken_at, dated_at, camera, added_at, indexed_at) VALUES (?, 1, ?, ?, ?,"
                " 'ready', 3000000, ?, ?, 'JPEG', 4000, 3000, ?, ?, ?, '2024-01-01', '2024-01-01')",
                [_row(number, len(vectors)) for number in numbers],
            )
            store.put(encoder_id, [PhotoId(number + 1) for number in numbers], vectors[numbers.start : numbers.stop])
    _build_graph(paths, encoder, database, store)
    database.close()


def _row(number: int, count: int) -> tuple[object, ...]:
    taken = f"{2000 + number * 24 // count}-{number % 12 + 1:02d}-{number % 28 + 1:02d}T12:00:00"
    path = f"/photos/{number // 500:04d}/IMG_{number:07d}.jpg"
    name = path.rpartition("/")[2]
    return number + 1, path, name, name_key(name), number, f"{number:032x}", taken, taken, _camera(number)


def _camera(number: int) -> str:
    """Spread evenly, so that each camera has its share whatever the count."""
    place, total = number % 1000 / 1000, 0.0
    for camera, share in CAMERAS.items():
        total += share
        if place < total - 1e-9:
            return camera
    return "Another"


def _build_graph(paths: LibraryPaths, encoder: ClipEncoder, database: Database, store: VectorStore) -> None:
    encoders = Encoders(paths, model_store(paths.home), store, Remembered(database))
    encoders.adopt(encoder)
    assert encoders.live is not None
    while encoders.live.index.catch_up_graph():
        pass
    encoders.live.index.save_graph()
