"""The library at work: real photos, the real starter model, a real watcher."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import FolderError, ModelError, ModelMissingError, PhotoError, SettingsError
from core.events import Event, PhotosChanged, ProgressChanged
from core.library import Library
from core.models.registry import ModelStore
from core.settings import Settings
from core.types import Activity, PhotoId, PhotoStatus
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


def names(library: Library) -> list[str]:
    return sorted(photo.path.name for photo in library.photos(library.all_photos()))


def photo_at(library: Library, path: Path) -> PhotoId:
    found = library.find_photo(path)
    assert found is not None
    return found


def vector_of(library: Library, photo: PhotoId) -> np.ndarray:
    live = library._encoders.live
    assert live is not None
    return live.index.vectors([photo])


class TestIndexing:
    def test_photos_are_read_embedded_and_found(self, library: Library) -> None:
        photos = library.photos(library.all_photos())
        assert len(photos) == 6
        assert all(photo.status is PhotoStatus.READY for photo in photos)
        assert all(photo.metadata and photo.metadata.width == 160 for photo in photos)
        best = library.search("a red circle").hits[0]
        assert best.path.name == "red circle.jpg"
        assert 0 <= best.score <= 1

    def test_progress_and_photos_are_told(self, open_library: OpenLibrary, photo_folder: Path) -> None:
        events: list[Event] = []
        library = open_library()
        library.subscribe(events.append)
        library.add_folder(photo_folder)
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
        activities = {event.progress.activity for event in events if isinstance(event, ProgressChanged)}
        assert Activity.INDEXING in activities
        told = {photo for event in events if isinstance(event, PhotosChanged) for photo in event.ids}
        assert told == set(library.all_photos())
        assert library.progress.activity is Activity.IDLE

    def test_newest_photos_come_first(self, library: Library) -> None:
        dated = [photo.mtime_ns for photo in library.photos(library.all_photos())]
        assert [d // 10**9 for d in dated] == sorted((d // 10**9 for d in dated), reverse=True)

    def test_paused_it_takes_nothing_in_and_resumed_it_goes_on(self, library: Library, make_photo: PhotoMaker) -> None:
        library.pause()
        assert library.progress.activity is Activity.PAUSED
        path = make_photo("later.jpg", "blue circle")
        wait_until(lambda: library.find_photo(path) is not None)
        photo = photo_at(library, path)
        assert library.photos([photo])[0].status is PhotoStatus.QUEUED
        library.resume()
        wait_until(lambda: library.photos([photo])[0].status is PhotoStatus.READY)

    def test_an_unreadable_file_is_a_problem_until_it_is_mended(
        self, library: Library, photo_folder: Path, make_photo: PhotoMaker
    ) -> None:
        broken = photo_folder / "broken.jpg"
        broken.write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
        good = make_photo("good.jpg", "red square")
        wait_until(lambda: library.problems() and library.find_photo(good))
        (problem,) = library.problems()
        assert problem.path == broken
        assert problem.reason
        wait_until(lambda: library.is_up_to_date)
        assert library.photos([photo_at(library, good)])[0].status is PhotoStatus.READY

        library.retry()
        wait_until(lambda: library.is_up_to_date)
        assert len(library.problems()) == 1

        make_photo("broken.jpg", "purple circle")
        wait_until(lambda: not library.problems())
        wait_until(lambda: broken in [hit.path for hit in library.search("purple circle", strictness=0).hits[:2]])

    def test_originals_are_never_written(self, open_library: OpenLibrary, photo_folder: Path) -> None:
        before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photo_folder.rglob("*.*")}
        library = open_library(photo_folder)
        wait_until(lambda: library.is_up_to_date)
        library.search("a circle")
        library.set_favorite(library.all_photos(), True)
        for photo in library.all_photos():
            library.thumbnail(photo, 512)
        after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photo_folder.rglob("*.*")}
        assert after == before

    def test_goes_on_where_it_was_after_a_restart(
        self, open_library: OpenLibrary, photo_folder: Path, make_photo: PhotoMaker
    ) -> None:
        first = open_library(photo_folder)
        wait_until(lambda: first.is_up_to_date)
        ids = {photo.path: photo.id for photo in first.photos(first.all_photos())}
        first.close()
        make_photo("while away.jpg", "blue circle")
        (photo_folder / "red circle.jpg").unlink()
        second = open_library()
        assert len(second.all_photos()) == 6
        wait_until(lambda: second.is_up_to_date)
        now = {photo.path: photo.id for photo in second.photos(second.all_photos())}
        assert photo_folder / "while away.jpg" in now
        assert photo_folder / "red circle.jpg" not in now
        assert {path: id_ for path, id_ in now.items() if path in ids}.items() <= ids.items()


class TestChangesOnDisk:
    def test_a_new_photo_appears_by_itself(self, library: Library, make_photo: PhotoMaker) -> None:
        path = make_photo("deep/er/new.jpg", "red triangle")
        wait_until(lambda: any(hit.path == path for hit in library.search("red triangle").hits))

    def test_a_moved_photo_keeps_its_row_its_vector_and_what_the_user_did(
        self, library: Library, photo_folder: Path
    ) -> None:
        old, new = photo_folder / "red circle.jpg", photo_folder / "trip" / "renamed.jpg"
        photo, vector = photo_at(library, old), vector_of(library, photo_at(library, old))
        library.set_favorite([photo], True)
        old.rename(new)
        wait_until(lambda: library.find_photo(new) == photo)
        assert library.photos([photo])[0].favorite
        assert np.array_equal(vector_of(library, photo), vector)
        assert library.find_photo(old) is None

    def test_a_photo_moved_while_nobody_looked_is_recognised_by_its_content(
        self, open_library: OpenLibrary, photo_folder: Path
    ) -> None:
        first = open_library(photo_folder)
        wait_until(lambda: first.is_up_to_date)
        photo = photo_at(first, photo_folder / "red circle.jpg")
        first.set_favorite([photo], True)
        first.close()
        (photo_folder / "red circle.jpg").rename(photo_folder / "trip" / "elsewhere.jpg")
        second = open_library()
        wait_until(lambda: second.is_up_to_date)
        assert second.find_photo(photo_folder / "trip" / "elsewhere.jpg") == photo
        assert second.photos([photo])[0].favorite
        assert second.photo_count() == 6

    def test_a_photo_moved_between_watched_folders_keeps_its_row(
        self, library: Library, photo_folder: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other folder"
        other.mkdir()
        library.add_folder(other)
        wait_until(lambda: library.is_up_to_date)
        photo = photo_at(library, photo_folder / "red circle.jpg")
        shutil.move(photo_folder / "red circle.jpg", other / "red circle.jpg")
        wait_until(lambda: library.find_photo(other / "red circle.jpg") == photo)
        wait_until(lambda: library.photo_count() == 6)

    def test_a_copy_gets_the_vector_without_being_moved(self, library: Library, photo_folder: Path) -> None:
        old = photo_folder / "red circle.jpg"
        shutil.copy(old, photo_folder / "copy.jpg")
        wait_until(lambda: library.photo_count() == 7 and library.is_up_to_date)
        original, copy = photo_at(library, old), photo_at(library, photo_folder / "copy.jpg")
        assert original != copy
        assert np.array_equal(vector_of(library, original), vector_of(library, copy))
        (group,) = library.duplicates.exact()
        assert set(group.photo_ids) == {original, copy}

    def test_an_edited_photo_is_read_again_under_the_same_row(
        self, library: Library, photo_folder: Path, make_photo: PhotoMaker
    ) -> None:
        path = photo_folder / "red circle.jpg"
        photo, vector = photo_at(library, path), vector_of(library, photo_at(library, path))
        make_photo("red circle.jpg", "blue triangle on yellow")
        wait_until(lambda: not np.array_equal(vector_of(library, photo), vector))
        wait_until(lambda: library.is_up_to_date)
        assert library.find_photo(path) == photo

    def test_deleted_photos_and_directories_are_no_longer_found(self, library: Library, photo_folder: Path) -> None:
        shutil.rmtree(photo_folder / "trip")
        (photo_folder / "red circle.jpg").unlink()
        wait_until(lambda: names(library) == ["blue square.jpg", "green triangle.png"])
        assert len(library.search("a shape", strictness=0).hits) == 2

    def test_an_unplugged_folder_hides_and_comes_back(self, library: Library, photo_folder: Path) -> None:
        ids = library.all_photos()
        aside = photo_folder.with_name("unplugged")
        photo_folder.rename(aside)
        wait_until(lambda: library.all_photos() == [], timeout_s=30)
        assert library.search("red circle", strictness=0).hits == ()
        assert library.folders()[0].photos == 6
        aside.rename(photo_folder)
        wait_until(lambda: library.all_photos() == ids, timeout_s=30)
        assert library.search("red circle").hits[0].path.name == "red circle.jpg"


class TestFolders:
    def test_what_is_no_folder_is_refused(self, library: Library, tmp_path: Path) -> None:
        with pytest.raises(FolderError):
            library.add_folder(tmp_path / "absent")

    def test_a_removed_folder_takes_its_photos_out_of_every_answer(self, library: Library, photo_folder: Path) -> None:
        library.remove_folder(library.folders()[0].id)
        assert library.all_photos() == []
        assert library.search("red circle", strictness=0).hits == ()
        library.add_folder(photo_folder)
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
        assert library.search("red circle").hits

    def test_the_users_own_patterns_are_left_out(self, open_library: OpenLibrary, photo_folder: Path) -> None:
        library = open_library(photo_folder, settings=Settings(ignore=("trip/", "*.png")))
        wait_until(lambda: library.is_up_to_date)
        assert names(library) == ["blue square.jpg", "red circle.jpg"]
        library.change_settings(ignore=("*.png",))
        wait_until(lambda: library.photo_count() == 5)
        library.change_settings(ignore=("red*",))
        wait_until(lambda: "red circle.jpg" not in names(library) and "green triangle.png" in names(library))


class TestTwoAtOnce:
    def test_a_second_one_follows_the_first_and_takes_over(
        self, open_library: OpenLibrary, photo_folder: Path, make_photo: PhotoMaker
    ) -> None:
        first = open_library(photo_folder)
        second = open_library()
        wait_until(lambda: first.is_up_to_date)
        assert first.is_indexer
        assert not second.is_indexer
        wait_until(lambda: bool(second.search("red circle", strictness=0).hits))

        new = make_photo("new.jpg", "red triangle")
        wait_until(lambda: any(hit.path == new for hit in second.search("red triangle", strictness=0).hits))

        first.close()
        wait_until(lambda: second.is_indexer)
        newer = make_photo("newer.jpg", "blue triangle")
        wait_until(lambda: any(hit.path == newer for hit in second.search("blue triangle", strictness=0).hits))

    def test_a_folder_added_by_the_second_is_indexed_by_the_first(
        self, open_library: OpenLibrary, photo_folder: Path
    ) -> None:
        open_library()
        second = open_library(photo_folder)
        wait_until(lambda: second.is_up_to_date and second.photo_count() == 6)
        assert not second.is_indexer
        assert all(photo.status is PhotoStatus.READY for photo in second.photos(second.all_photos()))


class TestPictures:
    def test_thumbnails_are_small_upright_and_kept(self, library: Library, photo_folder: Path) -> None:
        photo = photo_at(library, photo_folder / "red circle.jpg")
        jpeg = library.thumbnail(photo, 128)
        assert jpeg[:2] == b"\xff\xd8"
        assert library.thumbnail(photo, 128) == jpeg

    def test_a_photo_that_is_gone_has_no_thumbnail(self, library: Library) -> None:
        with pytest.raises(PhotoError):
            library.thumbnail(PhotoId(999_999), 128)

    def test_a_pasted_picture_becomes_a_term(self, library: Library, photo_folder: Path, tmp_path: Path) -> None:
        outside = tmp_path / "outside.png"
        Image.open(photo_folder / "red circle.jpg").rotate(2, fillcolor="white").save(outside)
        term = library.image_term(outside.read_bytes())
        assert library.search(term).hits[0].path.name == "red circle.jpg"
        assert library.image_term(photo_folder / "red circle.jpg").startswith("photo:")
        assert library.search(f"{library.image_term(outside)} + 0.3*red").hits[0].path.name == "red circle.jpg"
        with pytest.raises(PhotoError):
            library.image_term(b"no picture")


class TestSettings:
    def test_changes_are_kept(self, library: Library) -> None:
        library.change_settings(strictness=0.2, speed="gentle")
        other = Library.open(library.paths.home)
        assert other.settings.strictness == 0.2
        other.close()
        with pytest.raises(SettingsError):
            library.change_settings(strictness=7)

    def test_a_model_that_is_not_there_is_not_used(self, library: Library) -> None:
        with pytest.raises(ModelMissingError) as caught:
            library.models.use("clip-b32")
        assert "recollect models download clip-b32" in caught.value.remedy
        assert library.settings.encoder == "starter"


class TestAwkwardFiles:
    def test_every_one_is_indexed_or_explained(self, open_library: OpenLibrary, shared_data: Path) -> None:
        folder = (shared_data / "awkward").resolve()  # folders are kept by their real path
        library = open_library(folder)
        wait_until(lambda: library.is_up_to_date and library.photo_count() > 0, timeout_s=120)
        photos = library.photos(library.all_photos())
        on_disk = {path for path in folder.rglob("*") if path.is_file()}
        assert {photo.path for photo in photos} == on_disk
        problems = {problem.path.name: problem.reason for problem in library.problems()}
        assert {"corrupted.heic", "empty.heic"} <= set(problems)
        assert all(problems.values())
        ready = [photo for photo in photos if photo.status is PhotoStatus.READY]
        assert len(ready) == len(on_disk) - len(problems)
        assert all(photo.metadata and photo.metadata.width > 0 for photo in ready)

    def test_all_orientations_of_a_picture_look_alike(self, open_library: OpenLibrary, shared_data: Path) -> None:
        library = open_library(shared_data / "awkward" / "orientation")
        wait_until(lambda: library.is_up_to_date and library.photo_count() > 0, timeout_s=60)
        landscapes = [p for p in library.photos(library.all_photos()) if p.path.name.startswith("Landscape")]
        assert len(landscapes) == 9
        vectors = np.concatenate([vector_of(library, photo.id) for photo in landscapes])
        assert (vectors @ vectors.T).min() > 0.97
        assert {(p.metadata.width, p.metadata.height) for p in landscapes if p.metadata} == {(1800, 1200)}


class TestClosing:
    def test_closed_while_the_model_loads_it_ends_cleanly(self, photo_folder: Path) -> None:
        library = Library.open()
        library.add_folder(photo_folder)
        library.start()
        library.close()

    def test_a_search_that_waits_for_the_model_is_let_go(
        self, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        may_load = threading.Event()
        load = ModelStore.load

        def load_when_told(store: ModelStore, name: str) -> object:
            may_load.wait(30)
            return load(store, name)

        monkeypatch.setattr(ModelStore, "load", load_when_told)
        library = Library.open()
        library.start()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(library.search, "red circle")
            closing = threading.Thread(target=library.close)
            closing.start()
            with pytest.raises(ModelError, match="closed"):
                waiting.result(20)
            may_load.set()
            closing.join(30)
        assert not closing.is_alive()
