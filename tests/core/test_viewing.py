"""Looking at one photo: its pixels, how it was taken. And files that the window moves away and puts back."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from core.errors import PhotoError
from core.events import Event, PhotosChanged
from core.library import Library
from core.settings import Settings
from core.types import Exposure, PhotoId
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


class TestImage:
    def test_it_stands_upright_whole_or_large_enough(self, library: Library, make_photo: PhotoMaker) -> None:
        path = make_photo("sideways.jpg", "red circle", size=(400, 300), orientation=6)
        wait_until(lambda: library.find_photo(path) and library.is_up_to_date)
        photo = library.find_photo(path)
        assert photo is not None
        whole = library.image(photo)
        assert (whole.shape, whole.dtype) == ((400, 300, 3), np.uint8)
        assert whole[200, 150].tolist() == pytest.approx([254, 0, 0], abs=3)
        assert library.image(photo, 190).shape == (200, 150, 3)

    def test_what_cannot_be_shown(self, library: Library, photo_folder: Path) -> None:
        library.pause()
        photo = library.find_photo(photo_folder / "red circle.jpg")
        assert photo is not None
        (photo_folder / "red circle.jpg").write_bytes(b"\xff\xd8\xff\xe0 no longer a picture")
        for look in (library.image, library.exposure):
            with pytest.raises(PhotoError) as caught:
                look(photo)
            assert caught.value.path == photo_folder / "red circle.jpg"
        (photo_folder / "red circle.jpg").unlink()
        for look in (library.image, library.exposure):
            with pytest.raises(PhotoError, match="no longer there"):
                look(photo)
            with pytest.raises(PhotoError, match="no longer in the library"):
                look(PhotoId(999_999))


def test_exposure_is_read_from_the_file(library: Library, photo_folder: Path) -> None:
    path = photo_folder / "red circle.jpg"
    photo = library.find_photo(path)
    assert photo is not None
    assert library.exposure(photo) == Exposure()
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] = 400
    with Image.open(path) as image:
        image.copy().save(path, exif=exif)
    assert library.exposure(photo) == Exposure(iso=400)


class TestMovedAwayAndPutBack:
    @pytest.fixture
    def unwatched(self, open_library: OpenLibrary, photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
        """At work, but deaf: what it learns of files it learns from `look_at` alone."""
        monkeypatch.setattr("core.watched_folders.WatchedFolders.update", lambda watched, rules: None)
        library = open_library(photo_folder, settings=Settings(rescan_interval_s=1e9))
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
        return library

    def test_it_leaves_at_once_and_comes_back_as_it_was(
        self, unwatched: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        library, path = unwatched, photo_folder / "red circle.jpg"
        photo = library.find_photo(path)
        assert photo is not None
        library.set_favorite([photo], True)
        album = library.albums.create("Circles", [photo])
        best = library.search("red circle").hits[0]
        assert best.photo_id == photo
        events: list[Event] = []
        library.subscribe(events.append)

        shutil.move(path, tmp_path / "trash.jpg")
        library.look_at([path])
        wait_until(lambda: photo not in library.browse().ids)
        wait_until(lambda: PhotosChanged((photo,)) in events)
        assert photo not in {hit.photo_id for hit in library.search("red circle", strictness=0.0).hits}

        events.clear()
        shutil.move(tmp_path / "trash.jpg", path)
        library.look_at([path])
        wait_until(lambda: library.find_photo(path) == photo and photo in library.browse().ids)
        wait_until(lambda: PhotosChanged((photo,)) in events)
        assert library.photos([photo])[0].favorite
        assert library.albums.photo_ids(album.id) == [photo]
        assert library.search("red circle").hits[0] == best
        wait_until(lambda: library.is_up_to_date)

    def test_many_at_a_time_and_whole_folders(self, unwatched: Library, photo_folder: Path, tmp_path: Path) -> None:
        library, ids = unwatched, unwatched.browse().ids
        shutil.move(photo_folder / "trip", tmp_path / "trip")
        library.look_at([photo_folder / "trip"])
        wait_until(lambda: library.photo_count() == 3)
        shutil.move(tmp_path / "trip", photo_folder / "trip")
        library.look_at([photo_folder / "trip"])
        wait_until(lambda: library.browse().ids == ids)
        paths = [photo.path for photo in library.photos(ids)]
        (tmp_path / "trash").mkdir()
        for number, path in enumerate(paths):
            shutil.move(path, tmp_path / "trash" / str(number))
        library.look_at(paths)
        wait_until(lambda: library.photo_count() == 0)
        for number, path in enumerate(paths):
            shutil.move(tmp_path / "trash" / str(number), path)
        library.look_at(paths)
        wait_until(lambda: library.browse().ids == ids)
        assert len(library.search("a shape", strictness=0.0).hits) == 6

    def test_a_folder_is_not_unplugged_because_its_last_photo_went(
        self, unwatched: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        library = unwatched
        shutil.move(photo_folder / "trip", tmp_path / "trip")
        paths = [photo.path for photo in library.photos(library.browse().ids)]
        for path in [path for path in paths if path.exists()]:
            shutil.move(path, tmp_path / path.name)
        library.look_at(paths)
        assert library.photo_count() == 0  # at once: it does not wait for a scan that is under way
        library.rescan()
        wait_until(lambda: library.is_up_to_date)
        assert library.folders()[0].online

    def test_one_that_is_put_back_with_another_time_is_known_by_its_content(
        self, unwatched: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        """Some trash cans of other drives do not keep the time."""
        library, path = unwatched, photo_folder / "red circle.jpg"
        photo = library.find_photo(path)
        shutil.move(path, tmp_path / "trash.jpg")
        library.look_at([path])
        wait_until(lambda: library.photo_count() == 5)
        shutil.move(tmp_path / "trash.jpg", path)
        os.utime(path, (0, 0))
        library.look_at([path])
        wait_until(lambda: library.photo_count() == 6)
        assert library.find_photo(path) == photo
        assert library.search("red circle").hits[0].photo_id == photo
        wait_until(lambda: library.is_up_to_date)
        assert library.find_photo(path) == photo

    def test_with_a_watcher_that_sees_the_same_nothing_is_done_twice(
        self, library: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        path = photo_folder / "red circle.jpg"
        photo = library.find_photo(path)
        for _ in range(3):
            shutil.move(path, tmp_path / "trash.jpg")
            library.look_at([path])
            wait_until(lambda: library.photo_count() == 5)
            shutil.move(tmp_path / "trash.jpg", path)
            library.look_at([path])
            wait_until(lambda: library.photo_count() == 6)
        wait_until(lambda: library.is_up_to_date)
        assert library.find_photo(path) == photo

    def test_where_nothing_runs_in_the_background_it_is_done_at_once(
        self, library: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        library.close()
        still = Library.open(library.paths.home)
        path = photo_folder / "red circle.jpg"
        shutil.move(path, tmp_path / "trash.jpg")
        still.look_at([path])
        assert still.photo_count() == 5
        shutil.move(tmp_path / "trash.jpg", path)
        still.look_at([path])
        assert still.photo_count() == 6
        still.close()

    def test_where_another_process_indexes_its_watcher_sees_it(
        self, open_library: OpenLibrary, library: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        other = open_library()
        assert not other.is_indexer
        path = photo_folder / "red circle.jpg"
        shutil.move(path, tmp_path / "trash.jpg")
        other.look_at([path])
        wait_until(lambda: other.photo_count() == 5)

    def test_what_lies_in_no_watched_folder_is_nobodys_business(self, unwatched: Library, tmp_path: Path) -> None:
        outside = PhotoMaker(tmp_path / "elsewhere")("x.jpg", taken_at=datetime(2020, 1, 1))
        unwatched.look_at([outside, tmp_path / "absent.jpg"])
        wait_until(lambda: unwatched.is_up_to_date)
        assert unwatched.photo_count() == 6
