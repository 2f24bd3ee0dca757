"""The library and the disk, brought into agreement: real folders, a real database, no model."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from core.files.ignore import IgnoreRules
from core.files.scan import FoundFile
from core.files.watch import Change, ChangeKind
from core.reconcile import Outcome, Reconciler
from core.store.contents import ContentStore
from core.store.database import Database
from core.store.folders import FolderStore
from core.store.intake import Claim, Indexed, Intake
from core.store.photos import PhotoStore
from core.types import Metadata, PhotoId, Sort
from tests.photo_maker import PhotoMaker


class Disk:
    """A folder, what the library knows of it, and how to compare the two."""

    def __init__(self, root: Path, home: Path) -> None:
        home.mkdir(exist_ok=True)
        self.root = root
        self.database = Database(home / "library.db")
        self.folders = FolderStore(self.database)
        self.intake = Intake(self.database)
        self.photos = PhotoStore(self.database)
        self.reconciler = Reconciler(self.folders, self.intake, IgnoreRules())
        self.folder = self.folders.add(root)

    def compare(self) -> Outcome:
        return self.reconciler.look_through(self.folder.id, self.root)

    def names(self) -> set[str]:
        return {str(photo.path.relative_to(self.root)) for photo in self.photos.get(self.photos.arranged(Sort()).ids)}

    def id_of(self, name: str) -> PhotoId:
        found = self.photos.at_path(self.root / name)
        assert found is not None
        return found


@pytest.fixture
def disk(photo_folder: Path, library_home: Path):
    disk = Disk(photo_folder, library_home)
    yield disk
    disk.database.close()


def test_a_first_look_queues_every_photo_and_a_second_one_nothing(disk: Disk) -> None:
    assert disk.compare().queued == 6
    assert "trip/yellow circle.jpg" in disk.names()
    assert disk.compare().is_nothing


def test_new_changed_and_vanished_files_are_seen(disk: Disk, make_photo: PhotoMaker) -> None:
    disk.compare()
    make_photo("new.jpg", "red square")
    make_photo("red circle.jpg", "green square")
    gone = disk.id_of("blue square.jpg")
    (disk.root / "blue square.jpg").unlink()
    outcome = disk.compare()
    assert outcome.queued == 2
    assert outcome.changed == [gone]
    assert "blue square.jpg" not in disk.names()


def test_a_file_that_comes_back_unchanged_is_the_same_photo(disk: Disk, tmp_path: Path) -> None:
    disk.compare()
    photo = disk.id_of("red circle.jpg")
    shutil.move(disk.root / "red circle.jpg", tmp_path / "aside.jpg")
    disk.compare()
    shutil.move(tmp_path / "aside.jpg", disk.root / "red circle.jpg")
    disk.compare()
    assert disk.id_of("red circle.jpg") == photo
    assert len(disk.names()) == 6


def test_an_unplugged_folder_is_hidden_and_nothing_is_gone(disk: Disk, tmp_path: Path) -> None:
    disk.compare()
    disk.root.rename(tmp_path / "unplugged")
    assert disk.compare().folders_changed
    assert disk.names() == set()
    assert disk.folders.all()[0].online is False
    assert disk.folders.all()[0].photos == 6
    (tmp_path / "unplugged").rename(disk.root)
    assert disk.compare().folders_changed
    assert len(disk.names()) == 6


def test_the_empty_mount_point_of_an_unplugged_drive_hides_too(disk: Disk, tmp_path: Path) -> None:
    disk.compare()
    disk.root.rename(tmp_path / "unplugged")
    disk.root.mkdir()
    disk.compare()
    assert disk.folders.all()[0].online is False
    assert disk.folders.all()[0].photos == 6


def test_a_new_folder_may_be_empty(library_home: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    disk = Disk(empty, library_home)
    disk.compare()
    assert disk.folders.all()[0].online
    disk.database.close()


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
def test_photos_below_a_directory_that_cannot_be_listed_are_kept(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.compare()
    trip = disk.root / "trip"
    real = os.scandir

    def scandir(path):
        if Path(path) == trip:  # root may list everything, so permissions alone do not do it here
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert disk.compare().changed == []
    assert "trip/yellow circle.jpg" in disk.names()


class TestWhatTheWatcherSees:
    def test_a_renamed_directory_takes_its_photos_along(self, disk: Disk) -> None:
        disk.compare()
        photo = disk.id_of("trip/yellow circle.jpg")
        (disk.root / "trip").rename(disk.root / "journey")
        move = Change(ChangeKind.MOVED, disk.root / "trip", is_dir=True, target=disk.root / "journey")
        disk.reconciler.apply([move])
        assert disk.id_of("journey/yellow circle.jpg") == photo
        assert len(disk.names()) == 6
        assert disk.compare().is_nothing

    def test_a_photo_moved_over_another_one_replaces_it(self, disk: Disk) -> None:
        disk.compare()
        photo = disk.id_of("red circle.jpg")
        (disk.root / "red circle.jpg").replace(disk.root / "blue square.jpg")
        disk.reconciler.apply(
            [Change(ChangeKind.MOVED, disk.root / "red circle.jpg", target=disk.root / "blue square.jpg")]
        )
        assert disk.id_of("blue square.jpg") == photo
        assert len(disk.names()) == 5

    def test_a_photo_renamed_to_what_is_ignored_is_gone(self, disk: Disk) -> None:
        disk.compare()
        (disk.root / "red circle.jpg").rename(disk.root / "red circle.jpg.bak")
        disk.reconciler.apply(
            [Change(ChangeKind.MOVED, disk.root / "red circle.jpg", target=disk.root / "red circle.jpg.bak")]
        )
        assert len(disk.names()) == 5

    def test_a_directory_that_went_takes_its_photos_with_it(self, disk: Disk, tmp_path: Path) -> None:
        disk.compare()
        (disk.root / "trip").rename(tmp_path / "elsewhere")
        disk.reconciler.apply([Change(ChangeKind.REMOVED, disk.root / "trip", is_dir=True)])
        assert disk.names() == {"red circle.jpg", "blue square.jpg", "green triangle.png"}

    def test_a_name_that_another_one_begins_with_is_not_below_it(self, disk: Disk, make_photo: PhotoMaker) -> None:
        make_photo("trip 2/red square.jpg", "red square")
        disk.compare()
        disk.reconciler.apply([Change(ChangeKind.REMOVED, disk.root / "trip", is_dir=True)])
        assert "trip 2/red square.jpg" in disk.names()


class TestFolders:
    def test_a_folder_inside_a_watched_one_is_watched_already(self, disk: Disk) -> None:
        assert disk.folders.add(disk.root / "trip") == disk.folders.all()[0]
        assert len(disk.folders.all()) == 1

    def test_a_folder_around_a_watched_one_takes_its_photos_over(self, disk: Disk) -> None:
        disk.compare()
        photo = disk.id_of("red circle.jpg")
        outer = disk.folders.add(disk.root.parent)
        assert [folder.path for folder in disk.folders.all()] == [disk.root.parent]
        assert disk.photos.get([photo])[0].folder_id == outer.id

    def test_a_removed_folder_comes_back_with_all_that_was_known(self, disk: Disk) -> None:
        disk.compare()
        photo = disk.id_of("red circle.jpg")
        disk.photos.set_flag("favorite", [photo], True)
        assert len(disk.folders.remove(disk.folder.id)) == 6
        assert disk.photos.count() == 0
        assert disk.folders.all() == []
        disk.folders.add(disk.root)
        disk.compare()
        assert disk.photos.get([photo])[0].favorite
        assert disk.photos.count() == 6


def test_a_file_missing_at_reading_is_gone_but_an_unplugged_folder_is_not(disk: Disk, tmp_path: Path) -> None:
    disk.compare()
    path = disk.root / "red circle.jpg"
    path.unlink()
    disk.reconciler.settle_missing(Claim(disk.id_of("red circle.jpg"), path, 0, 0))
    assert len(disk.names()) == 5
    disk.root.rename(tmp_path / "unplugged")
    other = disk.root / "blue square.jpg"
    disk.reconciler.settle_missing(Claim(disk.id_of("blue square.jpg"), other, 0, 0))
    assert disk.folders.all()[0].online is False
    assert disk.folders.all()[0].photos == 5


class TestIndexedPhotos:
    """What was read already must neither get lost nor pass for what it no longer is."""

    @pytest.fixture
    def indexed(self, disk: Disk) -> Disk:
        disk.compare()
        self.index(disk)
        return disk

    @staticmethod
    def index(disk: Disk) -> None:
        """Write all that waits as the indexer does, with the file's content as its hash."""
        for claim in disk.intake.waiting(100):
            found = FoundFile(claim.path, claim.path.stat().st_size, claim.path.stat().st_mtime_ns)
            content_hash = hashlib.sha256(claim.path.read_bytes()).hexdigest()
            disk.intake.finish(Indexed(claim, found, content_hash, Metadata("JPEG", 160, 120)))

    def test_a_photo_that_is_recognised_while_the_scan_goes_on_is_not_gone(self, indexed: Disk) -> None:
        photo = indexed.id_of("red circle.jpg")
        (indexed.root / "red circle.jpg").rename(indexed.root / "trip" / "moved.jpg")
        indexed.reconciler.look_through(indexed.folder.id, indexed.root, on_chunk=lambda _: self.index(indexed))
        assert indexed.id_of("trip/moved.jpg") == photo
        assert "trip/moved.jpg" in indexed.names()

    def test_a_change_that_was_not_read_yet_is_not_forgotten_with_the_folder(
        self, indexed: Disk, make_photo: PhotoMaker
    ) -> None:
        make_photo("red circle.jpg", "blue triangle on yellow")
        indexed.compare()
        indexed.folders.remove(indexed.folder.id)
        indexed.folders.add(indexed.root)
        indexed.compare()
        assert [claim.path.name for claim in indexed.intake.waiting(100)] == ["red circle.jpg"]

    def test_a_damaged_copy_is_no_duplicate(self, indexed: Disk) -> None:
        copy = indexed.root / "copy.jpg"
        copy.write_bytes((indexed.root / "red circle.jpg").read_bytes())
        indexed.compare()
        self.index(indexed)
        assert len(ContentStore(indexed.database).shared()) == 2
        copy.write_bytes(b"\xff\xd8\xff damaged")
        indexed.compare()
        assert ContentStore(indexed.database).shared() == []
