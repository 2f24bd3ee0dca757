"""The real watcher on real folders."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.files.watch import Change
from tests.core.files.conftest import StartWatcher
from tests.core.files.watched import JPEG, MOVED, REMOVED, Watched, rescan, upsert
from tests.error_logs import ErrorLogs
from tests.waiting import wait_until


class TestFiles:
    def test_a_new_photo(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        assert watched.quiet() == [upsert(photo)]

    def test_a_photo_that_is_written_in_pieces_is_told_once_and_when_it_is_complete(
        self, tmp_path: Path, start: StartWatcher
    ) -> None:
        told: list[tuple[Change, int]] = []
        photo = tmp_path / "large.jpg"
        start(lambda changes: told.extend((each, photo.stat().st_size) for each in changes), settle_s=1.0).watch(
            tmp_path
        )
        pause = threading.Event()

        with photo.open("wb") as file:
            for _ in range(12):  # longer in all than it takes to settle
                file.write(JPEG)
                file.flush()
                pause.wait(0.1)

        wait_until(lambda: told)
        assert told == [(upsert(photo), 12 * len(JPEG))]

    def test_a_changed_photo(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        watched.put("a.jpg", JPEG * 2)
        assert watched.quiet() == [upsert(photo)]

    def test_a_renamed_photo(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        target = photo.rename(watched.root / "b.jpg")
        assert watched.quiet() == [Change(MOVED, photo, target=target), upsert(target)]

    def test_a_photo_that_is_renamed_before_it_has_settled(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        target = photo.rename(watched.root / "b.jpg")

        told = watched.quiet()
        assert told.count(upsert(target)) == 1
        assert upsert(photo) not in told

    def test_an_atomic_replacement(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        watched.put("a.tmp", JPEG * 2).replace(photo)
        assert watched.quiet() == [upsert(photo)]

    def test_a_download_that_gets_its_name_at_the_end(self, watched: Watched) -> None:
        target = watched.put("a.jpg.part").rename(watched.root / "a.jpg")
        assert watched.quiet() == [upsert(target)]

    def test_a_deleted_photo(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        photo.unlink()
        assert watched.quiet() == [Change(REMOVED, photo)]

    def test_deleted_and_written_anew_is_one_change(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        photo.unlink()
        watched.put("a.jpg", JPEG * 3)
        assert watched.quiet() == [upsert(photo)]

    def test_an_editor_that_keeps_a_backup(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        photo.rename(watched.root / "a.jpg~")
        watched.put("a.jpg", JPEG * 3)
        assert watched.quiet() == [upsert(photo)]

    def test_photos_that_leave_and_come(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        photo.rename(watched.outside / "a.jpg")
        watched.until(Change(REMOVED, photo))
        (watched.outside / "a.jpg").rename(photo)
        watched.until(upsert(photo))

    def test_junk_is_not_told(self, watched: Watched) -> None:
        for name in ("._a.jpg", ".hidden/b.jpg", "@eaDir/c.jpg", "notes.txt", ".d.jpg.swp"):
            watched.put(name)
        assert watched.quiet() == []

    def test_reading_is_not_told(self, watched: Watched) -> None:
        photo = watched.put("a.jpg")
        watched.forget()

        photo.read_bytes()
        assert watched.quiet() == []

    def test_links_are_not_followed(self, watched: Watched) -> None:
        watched.put("b.jpg", below=watched.outside)
        (watched.root / "link").symlink_to(watched.outside)
        (watched.root / "link.jpg").symlink_to(watched.outside / "b.jpg")
        assert watched.quiet() == []

    @pytest.mark.skipif(sys.platform != "linux", reason="only here names may be any bytes")
    def test_names_that_are_not_utf8_are_told_too(self, watched: Watched) -> None:
        odd = [watched.put(os.fsdecode(b"M\xfcnchen/a.jpg")), watched.put(os.fsdecode(b"\xff.jpg"))]
        watched.until(*map(upsert, odd))


class TestFolders:
    def test_a_tree_that_is_moved_in(self, watched: Watched) -> None:
        for name in ("trip/a.jpg", "trip/sea/b.jpg", "trip/.cache/c.jpg"):
            watched.put(name, below=watched.outside)

        (watched.outside / "trip").rename(watched.root / "trip")
        told = watched.quiet()
        assert sorted(told, key=str) == sorted(
            [upsert(watched.root / "trip/a.jpg"), upsert(watched.root / "trip/sea/b.jpg")], key=str
        )

    def test_a_tree_that_is_copied_and_goes_on_growing(self, watched: Watched) -> None:
        expected = [watched.put(f"a/b/{number}/c.jpg") for number in range(20)]
        watched.until(*map(upsert, expected))

        late = watched.put("a/b/7/late.jpg")
        watched.until(upsert(late))

    def test_a_tree_that_is_moved_out_is_one_change(self, watched: Watched) -> None:
        watched.put("trip/sea/a.jpg")
        watched.forget()

        (watched.root / "trip").rename(watched.outside / "trip")
        watched.until(Change(REMOVED, watched.root / "trip", is_dir=True))
        assert watched.quiet() == [Change(REMOVED, watched.root / "trip", is_dir=True)]

    def test_a_renamed_folder_is_one_change_and_is_watched_on(self, watched: Watched) -> None:
        watched.put("trip/sea/a.jpg")
        watched.forget()

        target = (watched.root / "trip").rename(watched.root / "journey")
        assert watched.quiet() == [Change(MOVED, watched.root / "trip", is_dir=True, target=target)]
        late = watched.put("journey/sea/late.jpg")
        watched.until(upsert(late))

    def test_photos_on_their_way_move_along_with_their_folder(self, watched: Watched) -> None:
        (watched.root / "trip").mkdir()
        watched.forget()

        watched.put("trip/a.jpg")
        (watched.root / "trip").rename(watched.root / "journey")
        watched.until(upsert(watched.root / "journey" / "a.jpg"))
        assert upsert(watched.root / "trip" / "a.jpg") not in watched.quiet()

    def test_a_deleted_folder(self, watched: Watched) -> None:
        watched.put("trip/sea/a.jpg")
        watched.forget()

        shutil.rmtree(watched.root / "trip")
        watched.until(Change(REMOVED, watched.root / "trip", is_dir=True))

    def test_a_folder_that_is_deleted_and_back_at_once_is_looked_through(self, watched: Watched) -> None:
        watched.put("trip/a.jpg")
        watched.forget()

        shutil.rmtree(watched.root / "trip")
        photo = watched.put("trip/b.jpg")
        watched.until(rescan(watched.root / "trip"), upsert(photo))

    def test_hiding_a_folder_removes_it_and_showing_it_brings_it_back(self, watched: Watched) -> None:
        watched.put("trip/a.jpg")
        watched.forget()

        (watched.root / "trip").rename(watched.root / ".trip")
        watched.until(Change(REMOVED, watched.root / "trip", is_dir=True))
        (watched.root / ".trip").rename(watched.root / "trip")
        watched.until(upsert(watched.root / "trip" / "a.jpg"))


class TestRoots:
    def test_a_root_that_is_renamed_and_back(self, watched: Watched) -> None:
        away = watched.root.rename(watched.root.parent / "away")
        watched.until(rescan(watched.root))
        watched.changes.clear()

        away.rename(watched.root)
        watched.until(rescan(watched.root))
        watched.until(upsert(watched.put("a.jpg")))

    def test_a_root_that_is_deleted_and_made_anew(self, watched: Watched) -> None:
        watched.put("a.jpg")
        watched.forget()

        shutil.rmtree(watched.root)
        watched.until(rescan(watched.root))
        assert not [change for change in watched.changes if change.kind is REMOVED]
        watched.changes.clear()

        watched.root.mkdir()
        watched.until(rescan(watched.root))
        watched.until(upsert(watched.put("b.jpg")))

    def test_a_root_that_is_missing_at_first(self, watched: Watched) -> None:
        late = watched.root.parent / "late"
        assert watched.watcher.watch(late)

        late.mkdir()
        watched.until(rescan(late))
        watched.until(upsert(watched.put("a.jpg", below=late)))

    def test_a_root_that_is_a_link_is_told_by_its_own_name(self, watched: Watched) -> None:
        link = watched.root.parent / "link"
        link.symlink_to(watched.outside)
        watched.watcher.watch(link)

        watched.put("a.jpg", below=watched.outside)
        watched.until(upsert(link / "a.jpg"))

    def test_nothing_is_told_of_a_root_that_is_no_longer_watched(self, watched: Watched) -> None:
        second = watched.root.parent / "second"
        second.mkdir()
        watched.watcher.watch(second)
        watched.put("a.jpg", below=second)
        watched.watcher.unwatch(second)

        watched.put("b.jpg", below=second)
        assert watched.quiet() == []

    def test_a_polled_root_is_to_be_looked_through_now_and_then(self, tmp_path: Path, start: StartWatcher) -> None:
        changes: list[Change] = []
        watcher = start(changes.extend, always_poll=True, poll_interval_s=0.05)

        assert not watcher.watch(tmp_path)
        wait_until(lambda: len(changes) >= 3)
        assert set(changes) == {rescan(tmp_path)}


class TestListener:
    def test_a_failing_listener_does_not_end_the_watching(
        self, tmp_path: Path, start: StartWatcher, error_logs: ErrorLogs
    ) -> None:
        error_logs.expect("Could not handle")
        seen: list[Change] = []

        def listen(changes: Sequence[Change]) -> None:
            seen.extend(changes)
            raise ValueError("a listener's mistake")

        start(listen).watch(tmp_path)
        (tmp_path / "a.jpg").write_bytes(JPEG)
        wait_until(lambda: upsert(tmp_path / "a.jpg") in seen)
        (tmp_path / "b.jpg").write_bytes(JPEG)
        wait_until(lambda: upsert(tmp_path / "b.jpg") in seen)

    def test_closing_twice_is_harmless(self, watched: Watched) -> None:
        watched.watcher.close()
        watched.watcher.close()
