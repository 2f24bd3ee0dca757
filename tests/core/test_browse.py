"""Photos in an order: by date with its months, by name as people count, by size; and what the filters choose."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import QueryError
from core.library import Library
from core.store.database import Database
from core.store.natural_order import name_key
from core.store.photos import PhotoStore
from core.types import Arrangement, Sort, SortKey
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

BY_NAME = Sort(SortKey.NAME, descending=False)
ORDERS = [Sort(key, descending) for key in SortKey for descending in (True, False)]


@pytest.fixture
def diary(open_library: OpenLibrary, make_photo: PhotoMaker) -> Library:
    """Photos of three months, whose names and sizes have other orders than their dates."""
    for name, size, taken_at in (
        ("b/IMG_10.jpg", (200, 150), datetime(2021, 5, 1)),
        ("b/img_9.jpg", (100, 80), datetime(2021, 5, 30)),
        ("b/IMG_2.jpg", (300, 200), datetime(2022, 12, 31, 23, 59)),
        ("a/IMG_2.jpg", (50, 40), datetime(2023, 1, 1)),
    ):
        make_photo(name, "red circle", size=size, taken_at=taken_at)
    library = open_library(make_photo.folder)
    wait_until(lambda: library.is_up_to_date)
    return library


def names(library: Library, arrangement: Arrangement) -> list[str]:
    return ["/".join(photo.path.parts[-2:]) for photo in library.photos(arrangement.ids)]


class TestOrders:
    def test_by_date_the_months_follow_one_another(self, diary: Library) -> None:
        newest = diary.browse()
        assert names(diary, newest) == ["a/IMG_2.jpg", "b/IMG_2.jpg", "b/img_9.jpg", "b/IMG_10.jpg"]
        assert [(section.month.isoformat(), section.count) for section in newest.sections] == [
            ("2023-01-01", 1),
            ("2022-12-01", 1),
            ("2021-05-01", 2),
        ]
        oldest = diary.browse(sort=Sort(SortKey.DATE, descending=False))
        assert oldest.ids == newest.ids[::-1]
        assert oldest.sections == newest.sections[::-1]
        assert diary.browse(sort=Sort(SortKey.RELEVANCE)) == newest
        assert diary.all_photos() == list(newest.ids)

    def test_by_name_numbers_count_and_folders_part_equal_names(self, diary: Library) -> None:
        arrangement = diary.browse(sort=BY_NAME)
        assert names(diary, arrangement) == ["a/IMG_2.jpg", "b/IMG_2.jpg", "b/img_9.jpg", "b/IMG_10.jpg"]
        assert arrangement.sections == ()
        assert diary.browse(sort=Sort(SortKey.NAME)).ids == arrangement.ids[::-1]

    def test_by_size_of_the_file(self, diary: Library) -> None:
        largest = diary.browse(sort=Sort(SortKey.SIZE))
        sizes = [photo.size_bytes for photo in diary.photos(largest.ids)]
        assert sizes == sorted(sizes, reverse=True)
        assert len(set(sizes)) == 4

    def test_a_renamed_photo_finds_its_new_place(self, diary: Library, make_photo: PhotoMaker) -> None:
        (make_photo.folder / "b" / "IMG_10.jpg").rename(make_photo.folder / "b" / "IMG_1.jpg")
        wait_until(lambda: diary.find_photo(make_photo.folder / "b" / "IMG_1.jpg"))
        wait_until(lambda: diary.is_up_to_date)
        assert names(diary, diary.browse(sort=BY_NAME))[0] == "b/IMG_1.jpg"


class TestChoice:
    def test_filters_choose(self, diary: Library) -> None:
        assert names(diary, diary.browse("date:2021")) == ["b/img_9.jpg", "b/IMG_10.jpg"]
        assert names(diary, diary.browse("date:2021", BY_NAME)) == ["b/img_9.jpg", "b/IMG_10.jpg"]
        assert diary.browse("camera:canon") == Arrangement(())

    def test_words_are_refused_and_pointed_at(self, diary: Library) -> None:
        line = "date:2021 red circle"
        with pytest.raises(QueryError) as caught:
            diary.browse(line)
        assert line[caught.value.start : caught.value.end] == "red circle"

    def test_hidden_photos_only_where_they_are_asked_for(self, diary: Library) -> None:
        hidden = diary.browse().ids[0]
        diary.set_hidden([hidden], True)
        assert hidden not in diary.browse().ids
        assert hidden not in diary.browse("date:2023").ids
        assert diary.browse("is:hidden").ids == (hidden,)

    def test_what_could_not_be_read_is_among_them(self, diary: Library, make_photo: PhotoMaker) -> None:
        broken = make_photo.folder / "a" / "broken.jpg"
        broken.write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
        os.utime(broken, (0, 0))
        wait_until(diary.problems)
        assert names(diary, diary.browse())[-1] == "a/broken.jpg"
        assert names(diary, diary.browse("folder:a"))[-1] == "a/broken.jpg"


class TestSortedHits:
    def test_strong_ones_in_the_order_asked_for_and_weak_ones_behind(self, diary: Library) -> None:
        strong = diary.search("a circle", strictness=0.0, sort=Sort(SortKey.DATE))
        assert tuple(hit.photo_id for hit in strong.hits) == diary.browse().ids
        assert strong.sections == diary.browse().sections
        oldest_first = diary.search("a circle", strictness=0.0, sort=Sort(SortKey.DATE, descending=False))
        assert oldest_first.hits == strong.hits[::-1]
        by_name = diary.search("a circle", strictness=0.0, sort=BY_NAME)
        assert tuple(hit.photo_id for hit in by_name.hits) == diary.browse(sort=BY_NAME).ids
        assert by_name.sections == ()
        ranked = diary.search("a circle", strictness=0.0)
        assert ranked.sections == ()
        assert set(ranked.hits) == set(strong.hits)

    def test_weak_ones_stay_strongest_first(self, library: Library) -> None:
        ranked = library.search("red circle", strictness=0.0).hits
        line = (ranked[1].score + ranked[2].score) / 2
        found = library.search("red circle", strictness=line, sort=BY_NAME)
        assert [hit.weak for hit in found.hits] == [False, False, True, True, True, True]
        assert [hit.photo_id for hit in found.hits[2:]] == [hit.photo_id for hit in ranked[2:]]
        assert found.hits[0].path.name < found.hits[1].path.name
        dated = library.search("red circle", strictness=line, sort=Sort(SortKey.DATE))
        assert sum(section.count for section in dated.sections) == 2

    def test_of_filters_alone_all_are_strong(self, diary: Library) -> None:
        found = diary.search("folder:b", sort=BY_NAME)
        assert [hit.path.name for hit in found.hits] == ["IMG_2.jpg", "img_9.jpg", "IMG_10.jpg"]
        assert diary.search("folder:b").sections == diary.browse("folder:b").sections

    def test_a_cut_list_says_so(self, diary: Library) -> None:
        assert diary.search("circle", limit=3, strictness=0.0).limited
        assert not diary.search("circle", limit=4, strictness=0.0).limited
        assert diary.search("folder:b", limit=2).limited
        assert not diary.search("folder:b", limit=3).limited
        assert sum(section.count for section in diary.search("folder:b", limit=2).sections) == 2

    def test_left_out_weak_ones_are_not_worth_a_word(self, library: Library) -> None:
        ranked = library.search("red circle", strictness=0.0).hits
        line = (ranked[0].score + ranked[1].score) / 2
        assert not library.search("red circle", limit=1, strictness=line).limited
        assert not library.search("red circle", limit=3, strictness=line).limited


class TestNaturalOrder:
    @pytest.mark.parametrize(
        "in_order",
        [
            ["IMG_2.jpg", "img_9.jpg", "IMG_10.jpg", "IMG_0100.jpg"],
            ["photo.jpg", "photo (2).jpg", "photo (10).jpg", "photo 3.jpg", "photo-3.jpg", "photo3.jpg"],
            ["2.jpg", "10.jpg", "a.jpg", "é.jpg"],
            ["20210501_101500.jpg", "20210501_101501.jpg", "20220101_000000.jpg"],
            [".2", ".10"],
            ["x1y2.jpg", "x1y10.jpg", "x2y1.jpg"],
        ],
    )
    def test_as_people_count(self, in_order: list[str]) -> None:
        assert sorted(reversed(in_order), key=name_key) == in_order

    @given(
        st.text(alphabet="ab -_.é(", max_size=5),
        st.integers(0, 10**30),
        st.integers(0, 10**30),
        st.text(alphabet="ab -_.é(", max_size=5),
    )
    def test_numbers_decide_between_equal_neighbours(self, before: str, one: int, other: int, behind: str) -> None:
        keys = [name_key(f"{before}{number}{behind}.jpg") for number in (one, other)]
        assert (keys[0] < keys[1]) == (one < other)
        assert name_key(f"{before}00{one}{behind}.jpg") == keys[0]

    @given(st.text(alphabet="abzABZ019 ._", min_size=1))
    def test_capitals_do_not_count(self, name: str) -> None:
        assert name_key(name.upper()) == name_key(name.lower())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("library") / "library.db")
    with database.write() as db:
        db.execute("INSERT INTO folders (path, added_at) VALUES ('/photos', '2024-01-01')")
    yield database
    database.close()


Row = tuple[datetime, str, int, str, bool]
rows = st.lists(
    st.tuples(
        st.datetimes(datetime(1900, 1, 1), datetime(2030, 1, 1)) | st.just(datetime(2020, 2, 29)),
        st.text(alphabet="ab019", min_size=1, max_size=4),
        st.integers(1, 4),
        st.sampled_from(["ready", "ready", "failed", "queued", "gone"]),
        st.booleans(),
    ),
    max_size=12,
)


def fill(database: Database, photos: list[Row]) -> None:
    with database.write() as db:
        db.execute("DELETE FROM photos")
        for number, (taken_at, name, size_bytes, status, hidden) in enumerate(photos, start=1):
            db.execute(
                "INSERT INTO photos (id, folder_id, path, name, name_key, status, size_bytes, mtime_ns, dated_at,"
                " hidden, added_at) VALUES (?, 1, ?, ?, ?, ?, ?, 0, ?, ?, '2024-01-01')",
                (
                    number, f"/photos/{number}/{name}", name, name_key(name), status, size_bytes,
                    taken_at.isoformat(timespec="seconds"), hidden,
                ),
            )  # fmt: skip


class TestAnyLibrary:
    @given(rows)
    @settings(deadline=None, database=None)
    def test_sections_tile_the_ids(self, database: Database, photos: list[Row]) -> None:
        fill(database, photos)
        for sort in ORDERS:
            arrangement = PhotoStore(database).arranged(sort)
            seen = {n for n, (*_, status, hidden) in enumerate(photos, start=1) if status != "gone" and not hidden}
            assert sorted(arrangement.ids) == sorted(seen)
            ids = iter(arrangement.ids)
            for section in arrangement.sections:
                part = list(islice(ids, section.count))
                assert len(part) == section.count > 0
                assert {photos[id_ - 1][0].strftime("%Y-%m") for id_ in part} == {section.month.strftime("%Y-%m")}
            by_date = sort.key in (SortKey.DATE, SortKey.RELEVANCE)
            assert next(ids, None) is None or not by_date
            months = [section.month for section in arrangement.sections]
            assert len(set(months)) == len(months)

    @given(rows)
    @settings(deadline=None, database=None)
    def test_an_order_holds_between_all_neighbours(self, database: Database, photos: list[Row]) -> None:
        fill(database, photos)
        values = {
            SortKey.DATE: lambda row: row[0].isoformat(timespec="seconds"),
            SortKey.NAME: lambda row: name_key(row[1]),
            SortKey.SIZE: lambda row: row[2],
        }
        for key, value in values.items():
            for descending in (True, False):
                ids = PhotoStore(database).arranged(Sort(key, descending), hidden=True).ids
                found = [value(photos[id_ - 1]) for id_ in ids]
                assert found == sorted(found, reverse=descending)
                assert PhotoStore(database).in_order(ids[::-1], Sort(key, descending)).ids == ids


def test_a_library_from_before_gets_the_keys_of_its_names(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    first = Database(path)
    with first.write() as db:
        db.execute("INSERT INTO folders (path, added_at) VALUES ('/photos', '2024-01-01')")
    fill(first, [(datetime(2020, 1, 1), name, 1, "ready", False) for name in ("IMG_10.jpg", "IMG_2.jpg")])
    first.close()
    old = sqlite3.connect(path)
    old.execute("ALTER TABLE photos DROP COLUMN name_key")
    old.execute("DELETE FROM _sqlite_migrations WHERE name LIKE 'm003%'")
    old.commit()
    old.close()
    again = Database(path)
    assert PhotoStore(again).arranged(BY_NAME).ids == (2, 1)
    again.close()
