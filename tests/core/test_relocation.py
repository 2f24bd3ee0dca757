"""A library moves to another folder: whole, found by the next start, with what was done meanwhile, or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import relocation
from core.doctor import examine
from core.errors import DiskFullError, LibraryBusyError, LibraryError, PermissionDeniedError, RelocationError
from core.library import Library
from core.paths import HOME_VARIABLE, LibraryPaths, default_home, pointer, usual_home
from core.relocation import UNFINISHED, relocate
from core.types import PhotoId
from tests.core.conftest import OpenLibrary
from tests.waiting import wait_until


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a library that nobody has chosen a place for. The pointer lies beside it."""
    monkeypatch.delenv(HOME_VARIABLE)
    folders = SimpleNamespace(
        user_data_dir=lambda *_, **__: str(tmp_path / "data" / "recollect"),
        user_config_dir=lambda *_, **__: str(tmp_path / "config" / "recollect"),
    )
    monkeypatch.setattr("core.paths.platformdirs", folders)
    assert default_home() == tmp_path / "data" / "recollect"
    return default_home()


@pytest.fixture
def open_usual(usual: Path, starter: object) -> Callable[[], Library]:
    """Opens the library that a plain start opens."""
    return lambda: Library.open(encoder=starter)  # type: ignore[arg-type]


@pytest.fixture
def filled(open_library: OpenLibrary, usual: Path, photo_folder: Path) -> Library:
    """Six photos, two albums, a search by a pasted picture, a model of one's own, settings, a search graph."""
    library = open_library(photo_folder, home=usual)
    wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
    ids = library.all_photos()
    library.set_favorite(ids[:2], True)
    library.albums.create("Best", ids[1:4])
    term = library.image_term((photo_folder / "red circle.jpg").read_bytes())
    library.albums.create("Like this", query=f"{term} + circle")
    library.history.add(term)
    library.change_settings(theme="dark")
    weights = library.paths.models / "mine" / "weights.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(os.urandom(70_000))
    (library.paths.index / "graph.hnsw").write_bytes(b"graph")
    for place in (library.paths.taggers, library.paths.runs, library.paths.training_cache):
        (place / "mine").mkdir(parents=True)
        (place / "mine" / "config.json").write_text("{}", encoding="utf-8")
    return library


def contents(home: Path) -> dict[str, bytes]:
    """But for SQLite's shared memory, which each reader writes to."""
    files = (path for path in sorted(home.rglob("*")) if path.is_file() and not path.name.endswith("-shm"))
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


def facts(library: Library) -> object:
    """What the user would miss."""
    photos = library.photos(library.all_photos())
    live = library._encoders.live
    assert live is not None
    ids = [photo.id for photo in photos]
    albums = [(album.name, tuple(library.albums.photo_ids(album.id)), album.count) for album in library.albums.all()]
    vectors = [live.index.vectors([id_]).round(3).tolist() for id_ in ids]
    return photos, albums, vectors, library.settings


class TestMoving:
    def test_all_of_it_is_found_at_the_new_place_by_the_next_start(
        self, filled: Library, open_usual: Callable[[], Library], tmp_path: Path
    ) -> None:
        before, old = facts(filled), filled.paths
        told: list[tuple[int, int]] = []
        target = tmp_path / "another disk" / "my library"
        done = filled.move_to(target, on_progress=lambda *each: told.append(each))
        assert (done.old, done.new, done.followed, done.cancelled) == (old.home, target, True, False)
        assert done.copied_bytes > 70_000
        assert told == sorted(told)
        assert told[-1][0] <= told[-1][1]
        filled.close()
        library = open_usual()
        assert library.paths.home == target
        assert facts(library) == before
        assert library.damage() is None
        assert contents(library.paths.models) == contents(old.models)
        assert contents(library.paths.taggers) == contents(old.taggers) != {}
        assert contents(library.paths.runs) == contents(old.runs) != {}
        assert not library.paths.training_cache.exists()  # made again when somebody trains
        assert (library.paths.index / "graph.hnsw").read_bytes() == b"graph"
        photo = library.all_photos()[0]
        assert library._thumbnails.get(library.photos([photo])[0].content_hash or "", 256) is not None
        library.close()
        assert not library.paths.moved_from.exists()
        assert not (target / UNFINISHED).exists()

    def test_the_old_one_is_left_as_it_was(self, filled: Library, tmp_path: Path) -> None:
        filled.close()
        before = contents(filled.paths.home)
        relocate(filled.paths, tmp_path / "new")
        assert contents(filled.paths.home) == before

    def test_searches_by_a_pasted_picture_go_on_when_the_old_home_is_deleted(
        self, filled: Library, open_usual: Callable[[], Library], tmp_path: Path
    ) -> None:
        filled.move_to(tmp_path / "new home")
        filled.close()
        shutil.rmtree(filled.paths.home)
        library = open_usual()
        (smart,) = [album for album in library.albums.all() if album.query]
        assert smart.query is not None
        assert str(tmp_path / "new home") in smart.query
        assert library.search(smart.query, strictness=0).hits
        assert library.search(library.history.recent()[0], strictness=0).hits[0].path.name == "red circle.jpg"
        library.close()

    def test_photos_of_the_sample_library_go_with_it(
        self, open_library: OpenLibrary, usual: Path, photo_folder: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(photo_folder, usual / "samples")
        library = open_library(usual / "samples", home=usual)
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
        ids = sorted(library.all_photos())
        library.move_to(tmp_path / "new")
        library.close()
        shutil.rmtree(usual)
        library = open_library(home=default_home())
        wait_until(lambda: library.is_up_to_date)
        assert sorted(library.all_photos()) == ids
        assert {photo.path.is_relative_to(tmp_path / "new") for photo in library.photos(ids)} == {True}
        assert library.folders()[0].path == tmp_path / "new" / "samples"

    def test_what_is_done_until_the_next_start_is_not_lost(
        self, filled: Library, open_usual: Callable[[], Library], tmp_path: Path
    ) -> None:
        filled.move_to(tmp_path / "new")
        (fresh,) = [id_ for id_ in filled.all_photos() if not filled.photos([id_])[0].favorite][:1]
        filled.set_favorite([fresh], True)
        filled.change_settings(theme="light")
        (filled.paths.models / "late").mkdir()
        (filled.paths.models / "late" / "weights.safetensors").write_bytes(b"late")
        filled.close()
        library = open_usual()
        assert library.photos([fresh])[0].favorite
        assert library.settings.theme == "light"
        assert (library.paths.models / "late" / "weights.safetensors").read_bytes() == b"late"
        library.set_favorite([fresh], False)
        library.close()
        library = open_usual()
        assert not library.photos([fresh])[0].favorite, "brought over a second time"
        library.close()

    def test_it_moves_while_it_is_written_to(
        self, filled: Library, open_usual: Callable[[], Library], tmp_path: Path
    ) -> None:
        ids = filled.all_photos()
        writes = 0

        def write_meanwhile(_done: int, _total: int) -> None:
            nonlocal writes
            writes += 1
            filled.set_favorite(ids, writes % 2 == 0)

        filled.move_to(tmp_path / "new", on_progress=write_meanwhile)
        assert writes > 3
        with closing(sqlite3.connect(tmp_path / "new" / "library.db")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert copy.execute("SELECT COUNT(*) FROM photos").fetchone() == (6,)

    def test_it_moves_on_and_back_again(
        self, filled: Library, open_usual: Callable[[], Library], usual: Path, tmp_path: Path
    ) -> None:
        before = facts(filled)
        filled.move_to(tmp_path / "first")
        filled.move_to(tmp_path / "second")  # the user thinks better of it, before the next start
        filled.close()
        shutil.rmtree(usual)
        library = open_usual()
        assert library.paths.home == tmp_path / "second"
        assert library.move_to(usual).followed
        library.close()
        assert not pointer().exists()
        library = open_usual()
        assert library.paths.home == usual
        assert facts(library) == before
        library.close()

    def test_a_damaged_cache_does_not_hold_it_up(
        self, filled: Library, open_usual: Callable[[], Library], tmp_path: Path
    ) -> None:
        filled.close()
        filled.paths.thumbnails.write_bytes(b"no database at all" * 1000)
        relocate(filled.paths, tmp_path / "new")
        library = open_usual()
        assert library.thumbnail(library.all_photos()[0], 128)
        library.close()

    def test_a_library_that_was_named_by_the_user_does_not_turn_the_next_start(
        self, open_library: OpenLibrary, usual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library = open_library(home=tmp_path / "mine")
        assert not library.move_to(tmp_path / "new").followed
        assert default_home() == usual
        monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "mine"))
        assert not library.move_to(tmp_path / "newer").followed


class TestRefusal:
    def refused(self, library: Library, target: Path, match: str) -> None:
        before = contents(target) if target.is_dir() else None
        with pytest.raises(RelocationError, match=match) as raised:
            library.move_to(target)
        assert raised.value.remedy
        assert (contents(target) if target.is_dir() else None) == before
        assert default_home() == library.paths.home

    def test_of_a_folder_that_is_not_empty(self, filled: Library, tmp_path: Path) -> None:
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "letter.txt").write_text("dear")
        self.refused(filled, tmp_path / "full", "not empty")

    def test_of_a_folder_in_the_library(self, filled: Library) -> None:
        self.refused(filled, filled.paths.home / "inner", "library itself")
        self.refused(filled, filled.paths.home, "library itself")

    def test_of_a_folder_among_the_photos(self, filled: Library, photo_folder: Path, tmp_path: Path) -> None:
        self.refused(filled, photo_folder / "library", "whose photos")
        (tmp_path / "link").symlink_to(photo_folder)
        self.refused(filled, tmp_path / "link" / "library", "whose photos")

    def test_of_a_file(self, filled: Library, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        self.refused(filled, tmp_path / "file", "is a file")

    def test_of_a_network_drive(self, filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relocation, "is_network_path", lambda path: True)
        self.refused(filled, tmp_path / "new", "network")

    def test_where_there_is_no_room(self, filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=70 << 20))
        weights = filled.paths.models / "large.safetensors"
        with weights.open("wb") as file:
            file.truncate(64 << 20)
        with pytest.raises(DiskFullError, match="are free"):
            filled.move_to(tmp_path / "new")
        assert not (tmp_path / "new").exists()
        assert default_home() == filled.paths.home

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
    def test_where_nothing_may_be_written(self, filled: Library, tmp_path: Path) -> None:
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(PermissionDeniedError):
            filled.move_to(tmp_path / "locked" / "new")

    def test_while_another_process_indexes(self, usual: Path, open_library: OpenLibrary, tmp_path: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from core.paths import LibraryPaths; from filelock import FileLock\n"
            "paths = LibraryPaths(Path(sys.argv[1])); paths.create()\n"
            "lock = FileLock(paths.indexer_lock); lock.acquire()\n"
            "print('holds', flush=True); sys.stdin.read()"
        )
        other = subprocess.Popen(
            [sys.executable, "-c", script, str(usual)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"holds\n"
            library = open_library(home=usual)
            with pytest.raises(LibraryBusyError, match="at work"):
                library.move_to(tmp_path / "new")
            assert not (tmp_path / "new").exists()

    def test_the_new_one_is_not_opened_while_the_old_one_is_in_use(
        self, filled: Library, open_usual: Callable[[], Library], tmp_path: Path
    ) -> None:
        filled.move_to(tmp_path / "new")
        with pytest.raises(LibraryBusyError, match="at work"):
            open_usual()
        filled.close()
        open_usual().close()


class TestCuttingShort:
    @pytest.mark.parametrize("after", [0, 1, 3])
    def test_cancelled_nothing_has_changed(self, after: int, filled: Library, usual: Path, tmp_path: Path) -> None:
        asked = 0

        def cancelled() -> bool:
            nonlocal asked
            asked += 1
            return asked > after

        done = filled.move_to(tmp_path / "new", cancelled=cancelled)
        assert done.cancelled
        assert not (tmp_path / "new").exists()
        assert default_home() == usual
        assert filled.photo_count() == 6

    def test_cancelled_the_folder_that_was_there_is_empty_again(self, filled: Library, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        assert filled.move_to(tmp_path / "new", cancelled=lambda: True).cancelled
        assert list((tmp_path / "new").iterdir()) == []

    def test_a_damaged_library_is_not_moved(self, filled: Library, usual: Path, tmp_path: Path) -> None:
        filled.close()
        with filled.paths.database.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xff" * 16384)
        with pytest.raises(LibraryError):
            relocate(filled.paths, tmp_path / "new")
        assert not (tmp_path / "new").exists()
        assert default_home() == usual

    def test_after_a_power_cut_the_same_folder_can_be_chosen_again(
        self, filled: Library, open_usual: Callable[[], Library], usual: Path, tmp_path: Path
    ) -> None:
        half = tmp_path / "new"
        (half / "models" / "mine").mkdir(parents=True)
        (half / UNFINISHED).touch()
        (half / "models" / "mine" / "weights.safetensors").write_bytes(b"half")
        filled.move_to(half)
        filled.close()
        library = open_usual()
        assert library.paths.home == half
        assert contents(library.paths.models) == contents(LibraryPaths(usual).models)
        library.close()


class TestThePointer:
    def test_the_variable_wins(self, filled: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        filled.move_to(tmp_path / "new")
        assert default_home() == tmp_path / "new"
        monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "elsewhere"))
        assert default_home() == tmp_path / "elsewhere"

    def test_of_a_drive_that_is_unplugged_it_leads_to_an_error_and_no_new_library(
        self, filled: Library, usual: Path, tmp_path: Path
    ) -> None:
        filled.move_to(tmp_path / "drive" / "library")
        filled.close()
        (tmp_path / "drive").rename(tmp_path / "unplugged")
        with pytest.raises(LibraryError, match="lies in") as raised:
            Library.open()
        assert str(tmp_path / "drive" / "library") in raised.value.message
        assert str(pointer()) in raised.value.remedy
        assert not (tmp_path / "drive").exists()
        assert any(finding.state == "wrong" and "lies in" in finding.text for finding in examine())
        (tmp_path / "unplugged").rename(tmp_path / "drive")
        assert default_home() == tmp_path / "drive" / "library"

    @pytest.mark.parametrize("content", [b"", b"relative/path", b"\xff\xfe"])
    def test_that_makes_no_sense_is_an_error(self, content: bytes, usual: Path) -> None:
        pointer().parent.mkdir(parents=True)
        pointer().write_bytes(content)
        with pytest.raises(LibraryError):
            default_home()
        assert usual_home() == usual

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems allow no such names")
    def test_leads_to_names_of_any_bytes(self, filled: Library, tmp_path: Path) -> None:
        strange = tmp_path / os.fsdecode(b"b\xfccher \xf0\x9f\x93\xb7")
        filled.move_to(strange)
        assert default_home() == strange


def test_ids_stay(filled: Library, open_usual: Callable[[], Library], tmp_path: Path) -> None:
    ids: list[PhotoId] = filled.all_photos()
    filled.move_to(tmp_path / "new")
    filled.close()
    library = open_usual()
    library.start()
    wait_until(lambda: library.is_up_to_date)
    assert library.all_photos() == ids
    assert np.isfinite(library.search("red circle").hits[0].score)
    library.close()
