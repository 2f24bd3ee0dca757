"""Thumbnails and their cache, on real files, with real damage."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.files import thumbs
from core.files.thumbs import ThumbnailStore, make_thumbnail
from tests.core.files.pictures import corners, difference

LARGE = 10**9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "thumbnails.db"


class TestMaking:
    def test_the_longer_edge_has_the_size_asked_for(self) -> None:
        with Image.open(BytesIO(make_thumbnail(corners(900, 600), 256))) as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("JPEG", (256, 171))
            assert difference(thumbnail, corners(900, 600)) < 4

    def test_small_pictures_are_not_blown_up_and_the_original_stays(self) -> None:
        picture = corners()
        with Image.open(BytesIO(make_thumbnail(picture, 256))) as thumbnail:
            assert thumbnail.size == picture.size == (120, 80)


class TestKeeping:
    def test_what_was_put_is_found_also_by_another_store(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=LARGE)
        store.put("hash", 256, b"jpeg")
        other = ThumbnailStore(path, budget_bytes=LARGE)

        assert store.get("hash", 256) == other.get("hash", 256) == b"jpeg"
        assert store.get("hash", 128) is None
        assert store.get("other", 256) is None
        store.close()
        other.close()

    def test_a_closed_store_does_nothing(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=LARGE)
        store.close()
        store.put("hash", 256, b"jpeg")
        assert store.get("hash", 256) is None
        assert not path.exists()

    def test_threads(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=LARGE)

        def work(number: int) -> bytes | None:
            store.put(f"hash {number}", 256, bytes([number]) * 1000)
            return store.get(f"hash {number}", 256)

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(work, range(100))) == [bytes([number]) * 1000 for number in range(100)]
        store.close()

    def test_processes(self, path: Path) -> None:
        with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(_put_fifty, [str(path)] * 3, range(3)))
        store = ThumbnailStore(path, budget_bytes=LARGE)
        assert all(store.get(f"{process}-{number}", 256) for process in range(3) for number in range(50))
        store.close()


class TestBudget:
    def test_the_cache_stays_within_it(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=100_000)
        for number in range(50):
            store.put_many([(f"{number}-{part}", 256, b"x" * 1000) for part in range(10)])
            assert _kept_bytes(path) <= 100_000

        assert store.get("49-9", 256)
        assert store.get("0-0", 256) is None
        store.close()

    def test_a_smaller_one_takes_effect_at_once(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=LARGE)
        store.put_many([(f"{number}", 256, b"x" * 1000) for number in range(50)])
        store.set_budget(20_000)
        assert _kept_bytes(path) <= 20_000
        store.close()

    def test_the_least_recently_used_go_first(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        now = time.time()
        store = ThumbnailStore(path, budget_bytes=10_000)
        store.put_many([(f"old {number}", 256, b"x" * 1000) for number in range(10)])
        monkeypatch.setattr(thumbs.time, "time", lambda: now + 2 * thumbs.USED_PRECISION_S)

        assert store.get("old 0", 256)  # two days later someone looks at the first
        store.put("new", 256, b"x" * 1000)

        assert store.get("old 0", 256)
        assert store.get("old 1", 256) is None
        assert store.get("new", 256)
        store.close()

    def test_a_thumbnail_that_is_put_twice_counts_once(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=LARGE)
        for _ in range(3):
            store.put("hash", 256, b"x" * 1000)
        assert _kept_bytes(path) == 1000
        store.close()


class TestDamage:
    @pytest.mark.parametrize("garbage", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
    def test_a_file_that_is_no_database_is_started_anew(self, path: Path, garbage: bytes) -> None:
        path.write_bytes(garbage)
        store = ThumbnailStore(path, budget_bytes=LARGE)

        assert store.get("hash", 256) is None
        store.put("hash", 256, b"jpeg")
        assert store.get("hash", 256) == b"jpeg"
        store.close()

    def test_damage_in_the_middle_never_gives_a_wrong_thumbnail(self, path: Path) -> None:
        store = ThumbnailStore(path, budget_bytes=LARGE)
        originals = {f"hash {number}": bytes([number]) * 9000 for number in range(100)}
        store.put_many([(key, 256, jpeg) for key, jpeg in originals.items()])
        store.close()
        with path.open("r+b") as file:
            for place in range(5000, path.stat().st_size, 20_000):
                file.seek(place)
                file.write(b"\xa5" * 300)

        store = ThumbnailStore(path, budget_bytes=LARGE)
        answers = {key: store.get(key, 256) for key in originals}

        assert all(answer in (None, originals[key]) for key, answer in answers.items())
        assert None in answers.values()
        store.put("new", 256, b"jpeg")
        assert store.get("new", 256) == b"jpeg"
        store.close()

    def test_a_place_that_cannot_be_written_costs_nothing_but_the_cache(self, tmp_path: Path) -> None:
        store = ThumbnailStore(tmp_path / "missing folder" / "thumbnails.db", budget_bytes=LARGE)
        store.put("hash", 256, b"jpeg")
        assert store.get("hash", 256) is None
        store.close()


def _kept_bytes(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        (kept,) = connection.execute("SELECT coalesce(sum(length(jpeg)), 0) FROM thumbnails").fetchone()
        (counted,) = connection.execute("SELECT bytes FROM total").fetchone()
    finally:
        connection.close()
    assert kept == counted
    return kept


def _put_fifty(path: str, process: int) -> None:
    store = ThumbnailStore(Path(path), budget_bytes=LARGE)
    for number in range(50):
        store.put(f"{process}-{number}", 256, b"jpeg")
    store.close()
