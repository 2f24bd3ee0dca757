"""Albums: put together by hand or saved searches, undone, shared between processes, and true to photos that move."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlite_utils

from core.albums import Albums
from core.errors import AlbumError, QueryError
from core.events import AlbumsChanged, Event, EventBus
from core.library import Library
from core.store.albums import AlbumStore
from core.store.database import Database
from core.store.migrations import migrations
from core.types import Album, PhotoId, PhotoStatus
from tests.core.conftest import OpenLibrary
from tests.waiting import wait_until


@pytest.fixture
def ids(library: Library, photo_folder: Path) -> list[PhotoId]:
    """The six photos, in an order that is neither that of their dates nor that of their numbers."""
    photos = [library.find_photo(path) for path in photo_folder.rglob("*.*")]
    found = sorted(photo for photo in photos if photo is not None)
    return [found[number] for number in (3, 0, 5, 1, 4, 2)]


def only(library: Library) -> Album:
    (album,) = library.albums.all()
    return album


def heard(library: Library) -> list[Event]:
    """The changes of albums that the library tells from now on."""
    events: list[Event] = []
    library.subscribe(lambda event: events.append(event) if isinstance(event, AlbumsChanged) else None)
    return events


class TestMaking:
    def test_a_photo_knows_the_albums_that_hold_it(self, library: Library, ids: list[PhotoId]) -> None:
        library.albums.create("summer", ids[:3])
        library.albums.create("Animals", ids[2:])
        library.albums.create("Red", query="red")
        assert library.albums.holding(ids[2]) == ["Animals", "summer"]
        assert library.albums.holding(ids[0]) == ["summer"]

    def test_photos_stay_in_the_order_in_which_they_were_put_in(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Summer", ids[:3])
        assert (album.name, album.query, album.count, album.cover) == ("Summer", None, 3, ids[0])
        assert library.albums.add(album.id, [ids[4], ids[0], ids[3], ids[4]]) == [ids[4], ids[3]]
        assert library.albums.photo_ids(album.id) == [ids[0], ids[1], ids[2], ids[4], ids[3]]
        assert only(library).count == 5

    def test_albums_come_by_name_in_any_alphabet(self, library: Library) -> None:
        for name in ("beta", "Ärger", "Alpha", "Gamma"):
            library.albums.create(name)
        assert [album.name for album in library.albums.all()] == ["Alpha", "beta", "Gamma", "Ärger"]

    @pytest.mark.parametrize("name", ["", " \n\t ", "\x00\x07", "x" * 101])
    def test_a_name_has_1_to_100_visible_characters(self, library: Library, name: str) -> None:
        with pytest.raises(AlbumError) as caught:
            library.albums.create(name)
        assert caught.value.remedy
        album = library.albums.create("x" * 100)
        with pytest.raises(AlbumError):
            library.albums.rename(album.id, name)

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  My\n trip ", "My trip"),
            ("E\u0301te\u0301", "\u00c9t\u00e9"),
            ("Kids \U0001f468\u200d\U0001f469\u200d\U0001f467", "Kids \U0001f468\u200d\U0001f469\u200d\U0001f467"),
            ("torn \ud83d", "torn"),
            ('"5*" [best]', '"5*" [best]'),
        ],
    )
    def test_a_name_is_tidied_and_found_as_it_is(
        self, library: Library, ids: list[PhotoId], typed: str, kept: str
    ) -> None:
        assert library.albums.create(typed, ids[:1]).name == kept
        quoted = kept.replace('"', '""')
        assert [hit.photo_id for hit in library.search(f'album:"{quoted}"').hits] == ids[:1]

    def test_two_albums_have_two_names_whatever_their_case(self, library: Library) -> None:
        album = library.albums.create("Café")
        other = library.albums.create("Strand", query="beach")
        for taken in ("café", "CAFE\u0301", "strand"):
            with pytest.raises(AlbumError, match="already"):
                library.albums.create(taken)
        with pytest.raises(AlbumError):
            library.albums.rename(other.id, "CAFÉ")
        assert library.albums.rename(album.id, "CAFÉ").name == "CAFÉ"

    def test_of_many_threads_one_gets_the_name(self, library: Library) -> None:
        def make(number: int) -> bool:
            try:
                library.albums.create("Summer" if number % 2 else "SUMMER")
            except AlbumError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(make, range(16))) == 1

    def test_what_is_gone_is_said(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Summer")
        library.albums.delete(album.id)
        calls: list[Callable[[], object]] = [
            lambda: library.albums.rename(album.id, "Winter"),
            lambda: library.albums.delete(album.id),
            lambda: library.albums.add(album.id, ids),
            lambda: library.albums.remove(album.id, ids),
            lambda: library.albums.photo_ids(album.id),
        ]
        for call in calls:
            with pytest.raises(AlbumError, match="no longer exists"):
                call()

    def test_photos_that_do_not_exist_are_not_added(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Summer", [PhotoId(999_999), ids[0]])
        assert library.albums.add(album.id, [PhotoId(888_888)]) == []
        assert library.albums.photo_ids(album.id) == ids[:1]


class TestSmartAlbums:
    def test_the_search_is_kept_in_its_canonical_text(self, library: Library) -> None:
        album = library.albums.create("Dogs", query="camera:canon 2 * dog  - cat is:favourite")
        assert album.query == "2*dog - cat camera:canon is:favorite"
        assert (album.count, album.cover, library.albums.photo_ids(album.id)) == (0, None, [])

    def test_a_search_that_is_none_is_refused(self, library: Library, ids: list[PhotoId]) -> None:
        with pytest.raises(QueryError) as caught:
            library.albums.create("Wrong", query="camra:canon")
        assert (caught.value.start, caught.value.end) == (0, 5)
        with pytest.raises(AlbumError):
            library.albums.create("Empty", query="  + ")
        with pytest.raises(ValueError, match="smart"):
            library.albums.create("Both", ids, query="dog")
        assert library.albums.all() == []

    def test_photos_cannot_be_put_into_it(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Dogs", query="dog")
        with pytest.raises(AlbumError, match="saved search"):
            library.albums.add(album.id, ids)

    def test_file_names_of_any_bytes_survive(self, library: Library) -> None:
        query = "image:/photos/M\udcfcnchen.jpg"
        assert library.albums.create("Odd", query=query).query == query

    def test_it_follows_an_album_that_is_renamed(self, library: Library) -> None:
        album = library.albums.create("Summer")
        smart = library.albums.create("Dogs", query='dog album:SUMMER -album:"summer" album:summer* name:summer')
        library.albums.rename(album.id, 'My "big" trip')
        queries = {each.id: each.query for each in library.albums.all()}
        changed = 'album:"My ""big"" trip"'
        assert queries[smart.id] == f"dog {changed} -{changed} album:summer* name:summer"


class TestUndo:
    def test_photos_taken_out_come_back_to_their_places(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Summer", ids[:4])
        before = library.albums.remove(album.id, [ids[0], ids[2]])
        assert library.albums.photo_ids(album.id) == [ids[1], ids[3]]
        assert only(library).cover == ids[1]
        library.albums.add(album.id, [ids[5]])
        library.albums.restore(before)
        assert library.albums.photo_ids(album.id) == [*ids[:4], ids[5]]

    def test_a_deleted_album_comes_back_with_hidden_photos_too(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Summer", ids[:3])
        library.set_hidden([ids[1]], True)
        contents = library.albums.delete(album.id)
        assert library.albums.all() == []
        assert library.photo_count() == 5
        assert library.albums.restore(contents).id == album.id
        assert library.albums.photo_ids(album.id) == [ids[0], ids[2]]
        library.set_hidden([ids[1]], False)
        assert library.albums.photo_ids(album.id) == ids[:3]

    def test_a_deleted_search_comes_back(self, library: Library) -> None:
        album = library.albums.create("Dogs", query="dog")
        assert library.albums.restore(library.albums.delete(album.id)) == album

    def test_a_name_that_is_taken_meanwhile_is_said(self, library: Library, ids: list[PhotoId]) -> None:
        contents = library.albums.delete(library.albums.create("Summer", ids[:1]).id)
        other = library.albums.create("summer")
        with pytest.raises(AlbumError, match="already"):
            library.albums.restore(contents)
        assert library.albums.all() == [other]


class TestVisible:
    def test_hidden_photos_are_left_out(self, library: Library, ids: list[PhotoId]) -> None:
        album = library.albums.create("Summer", ids[:3])
        library.set_hidden([ids[0]], True)
        assert (only(library).count, only(library).cover) == (2, ids[1])
        assert library.albums.photo_ids(album.id) == ids[1:3]
        library.set_hidden(ids, True)
        assert (only(library).count, only(library).cover) == (0, None)
        assert len(library.search("album:summer is:hidden").hits) == 3

    def test_photos_of_an_unplugged_drive_are_left_out_and_come_back(
        self, library: Library, ids: list[PhotoId], photo_folder: Path
    ) -> None:
        album = library.albums.create("Summer", ids[:3])
        aside = photo_folder.with_name("unplugged")
        photo_folder.rename(aside)
        library.rescan()
        wait_until(lambda: only(library).count == 0)
        assert only(library).cover is None
        aside.rename(photo_folder)
        library.rescan()
        wait_until(lambda: only(library).count == 3)
        assert library.albums.photo_ids(album.id) == ids[:3]


class TestPhotosThatMove:
    @pytest.fixture
    def path(self, library: Library, photo_folder: Path) -> Path:
        """A photo that lies in an album."""
        path = photo_folder / "red circle.jpg"
        photo = library.find_photo(path)
        assert photo is not None
        library.albums.create("Summer", [photo])
        return path

    @staticmethod
    def held(library: Library) -> list[Path]:
        return [photo.path for photo in library.photos(library.albums.photo_ids(only(library).id))]

    def test_they_stay_in_their_album(self, library: Library, path: Path) -> None:
        new = path.parent / "trip" / "renamed.jpg"
        path.rename(new)
        wait_until(lambda: self.held(library) == [new])
        path.parent.joinpath("trip").rename(path.parent / "journey")
        wait_until(lambda: self.held(library) == [path.parent / "journey" / "renamed.jpg"])
        library.rescan()
        wait_until(lambda: library.is_up_to_date)
        assert self.held(library) == [path.parent / "journey" / "renamed.jpg"]

    def test_and_while_nobody_looks(self, library: Library, open_library: OpenLibrary, path: Path) -> None:
        library.close()
        new = path.parent / "trip" / "elsewhere.jpg"
        path.rename(new)
        again = open_library()
        wait_until(lambda: self.held(again) == [new])

    def test_a_folder_that_comes_back_brings_them_back(self, library: Library, path: Path) -> None:
        library.remove_folder(library.folders()[0].id)
        assert self.held(library) == []
        library.add_folder(path.parent)
        wait_until(lambda: self.held(library) == [path])

    def test_what_the_user_does_to_a_newcomer_is_kept_when_it_turns_out_to_be_known(
        self, library: Library, path: Path
    ) -> None:
        known = library.find_photo(path)
        library.pause()
        aside = path.parent.parent / "aside.jpg"
        path.rename(aside)
        wait_until(lambda: library.find_photo(path) is not None and library.photo_count() == 5)
        new = path.parent / "trip" / "back.jpg"
        aside.rename(new)
        wait_until(lambda: library.find_photo(new) is not None)
        newcomer = library.find_photo(new)
        assert newcomer is not None
        assert library.photos([newcomer])[0].status is PhotoStatus.QUEUED
        other = library.albums.create("Winter", [newcomer])
        library.set_favorite([newcomer], True)
        library.resume()
        wait_until(lambda: library.find_photo(new) == known)
        assert library.albums.photo_ids(other.id) == [known]
        assert library.photos([PhotoId(known or 0)])[0].favorite


class TestSearching:
    def test_by_filter_alone_and_with_words(self, library: Library, photo_folder: Path) -> None:
        red, blue = (library.find_photo(photo_folder / name) for name in ("red circle.jpg", "blue square.jpg"))
        assert red is not None
        assert blue is not None
        library.albums.create("Summer days", [red, blue])
        library.albums.create("Other", [blue])
        assert {hit.photo_id for hit in library.search('album:"Summer days"').hits} == {red, blue}
        assert [hit.photo_id for hit in library.search("album:other").hits] == [blue]
        hits = library.search('a red circle album:"SUMMER DAYS"', strictness=0).hits
        assert [hit.photo_id for hit in hits] == [red, blue]
        assert [hit.photo_id for hit in library.search('-album:other album:"summer days"').hits] == [red]
        assert library.search("album:unknown").hits == ()

    def test_names_are_offered_while_typing(self, library: Library) -> None:
        library.albums.create("Summer days")
        library.albums.create("Summer dogs", query="dog")  # holds no photos: nothing would be found
        offered = [suggestion.text for suggestion in library.suggestions("album:sum", 9)]
        assert offered == ['album:"Summer days"']


class TestTelling:
    def test_every_change_is_told_once(self, library: Library, ids: list[PhotoId]) -> None:
        events = heard(library)
        album = library.albums.create("Summer", ids[:2])
        library.albums.rename(album.id, "Winter")
        library.albums.add(album.id, ids)
        library.albums.add(album.id, ids)  # holds them already
        library.albums.restore(library.albums.remove(album.id, ids[:1]))
        library.albums.delete(album.id)
        assert len(events) == 6

    def test_what_fails_is_not_told(self, library: Library) -> None:
        library.albums.create("Summer")
        events = heard(library)
        with pytest.raises(AlbumError):
            library.albums.create("Summer")
        assert events == []

    def test_another_process_hears_of_it_whoever_indexes(self, library: Library, open_library: OpenLibrary) -> None:
        follower = open_library()
        assert library.is_indexer
        assert not follower.is_indexer
        by_follower, by_indexer = heard(follower), heard(library)
        library.albums.create("Summer")
        wait_until(lambda: by_follower)
        assert only(follower).name == "Summer"
        by_indexer.clear()
        follower.albums.rename(only(follower).id, "Winter")
        wait_until(lambda: by_indexer)
        assert only(library).name == "Winter"


def test_albums_of_an_older_library_keep_their_photos(tmp_path: Path) -> None:
    """Those from before photos had a position in them."""
    path = tmp_path / "library.db"
    with sqlite3.connect(path) as connection:
        migrations.apply(sqlite_utils.Database(connection), stop_before="m002_order_of_albums")
        connection.execute("INSERT INTO folders (path, added_at) VALUES ('/', '2024')")
        for name in ("a", "b", "c"):
            connection.execute(
                "INSERT INTO photos (folder_id, path, name, status, size_bytes, mtime_ns, dated_at, added_at)"
                " VALUES (1, ?, ?, 'ready', 1, 1, '2024', '2024')",
                (f"/{name}", name),
            )
        connection.execute("INSERT INTO albums (name, created_at) VALUES ('Old', '2024')")
        connection.execute("INSERT INTO album_photos VALUES (1, 2, '2024'), (1, 1, '2024')")
    connection.close()
    database = Database(path)
    albums = Albums(AlbumStore(database), EventBus())
    assert albums.photo_ids(1) == [1, 2]
    assert albums.add(1, [PhotoId(2), PhotoId(3)]) == [3]
    assert albums.photo_ids(1) == [1, 2, 3]
    assert [(album.name, album.count) for album in albums.all()] == [("Old", 3)]
    database.close()
