"""Walks through real folders, with all that real disks have in them."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.files.ignore import IgnoreRules
from core.files.scan import is_missing, is_placeholder, is_reachable, scan

NOBODY = 65534


def put(path: Path, size: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def names(root: Path, *patterns: str, start: Path | None = None) -> list[str]:
    found = scan(root, IgnoreRules(patterns), start=start)
    return sorted(file.path.relative_to(root).as_posix() for file in found)


class TestFinding:
    def test_photos_with_their_size_and_time(self, tmp_path: Path) -> None:
        photo = put(tmp_path / "my album" / "a.jpg", 5)
        os.utime(photo, ns=(1, 1_500_000_000_123_456_789))

        (found,) = scan(tmp_path, IgnoreRules())

        assert (found.path, found.size_bytes) == (photo, 5)
        assert found.mtime_ns == photo.stat().st_mtime_ns

    def test_junk_and_ignored_folders_are_not_even_entered(self, tmp_path: Path) -> None:
        for name in ("a.jpg", "b/c.PNG", ".git/d.jpg", "@eaDir/e.jpg", "private/f.jpg", "._a.jpg", "g.txt"):
            put(tmp_path / name)

        assert names(tmp_path, "private/") == ["a.jpg", "b/c.PNG"]

    def test_only_a_part(self, tmp_path: Path) -> None:
        put(tmp_path / "a.jpg")
        put(tmp_path / "b" / "c.jpg")

        assert names(tmp_path, start=tmp_path / "b") == ["b/c.jpg"]

    def test_it_can_be_stopped_at_any_moment(self, tmp_path: Path) -> None:
        for number in range(20):
            put(tmp_path / f"{number}.jpg")

        assert next(iter(scan(tmp_path, IgnoreRules()))).path.suffix == ".jpg"

    @pytest.mark.skipif(sys.platform != "linux", reason="only here names may be any bytes")
    def test_names_that_are_not_utf8_are_found_too(self, tmp_path: Path) -> None:
        put(tmp_path / os.fsdecode(b"M\xfcnchen") / "a.jpg")
        put(tmp_path / os.fsdecode(b"\xff.jpg"))
        put(tmp_path / "München" / "b.jpg")

        found = {os.fsencode(file.path.relative_to(tmp_path)) for file in scan(tmp_path, IgnoreRules())}

        assert found == {b"M\xfcnchen/a.jpg", b"\xff.jpg", "München/b.jpg".encode()}


class TestLinks:
    def test_links_are_not_followed(self, tmp_path: Path) -> None:
        root, outside = tmp_path / "root", tmp_path / "outside"
        put(root / "a.jpg")
        put(outside / "b.jpg")
        (root / "folder").symlink_to(outside)
        (root / "file.jpg").symlink_to(outside / "b.jpg")
        (root / "broken.jpg").symlink_to(outside / "nothing.jpg")

        assert names(root) == ["a.jpg"]

    def test_loops_end(self, tmp_path: Path) -> None:
        put(tmp_path / "a" / "b" / "c.jpg")
        (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
        (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")

        assert names(tmp_path) == ["a/b/c.jpg"]

    def test_a_root_may_itself_be_a_link(self, tmp_path: Path) -> None:
        put(tmp_path / "real" / "a.jpg")
        (tmp_path / "link").symlink_to(tmp_path / "real")

        assert names(tmp_path / "link") == ["a.jpg"]


class TestUnreadable:
    def test_folders_that_may_not_be_listed_are_reported(self) -> None:
        with ordinary_user() as root:
            put(root / "a.jpg")
            put(root / "locked" / "b.jpg")
            (root / "locked").chmod(0)

            found = scan(root, IgnoreRules())

            assert [file.path.name for file in found] == ["a.jpg"]
            assert found.unreadable == [root / "locked"]
            assert not is_reachable(root / "locked")
            (root / "locked").chmod(0o700)

    def test_a_root_that_is_missing_is_reported(self, tmp_path: Path) -> None:
        found = scan(tmp_path / "unplugged", IgnoreRules())

        assert list(found) == []
        assert found.unreadable == [tmp_path / "unplugged"]

    def test_a_part_that_is_missing_is_gone_and_not_unreadable(self, tmp_path: Path) -> None:
        found = scan(tmp_path, IgnoreRules(), start=tmp_path / "deleted")

        assert list(found) == []
        assert found.unreadable == []

    def test_what_is_deleted_during_the_walk_is_gone(self, tmp_path: Path) -> None:
        put(tmp_path / "a.jpg")
        later = put(tmp_path / "folder" / "b.jpg")
        found = scan(tmp_path, IgnoreRules())
        walk = iter(found)

        next(walk)
        later.unlink()
        later.parent.rmdir()

        assert list(walk) == []
        assert found.unreadable == []


class TestMissing:
    def test_what_is_not_there(self, tmp_path: Path) -> None:
        photo = put(tmp_path / "a.jpg")
        assert not is_missing(photo)
        assert is_missing(tmp_path / "b.jpg")
        assert is_missing(tmp_path / "no folder" / "b.jpg")
        assert is_missing(photo / "below a file.jpg")

    def test_a_link_is_there_whether_or_not_it_leads_somewhere(self, tmp_path: Path) -> None:
        (tmp_path / "link.jpg").symlink_to(tmp_path / "nothing.jpg")
        assert not is_missing(tmp_path / "link.jpg")

    def test_a_folder_that_may_not_be_entered_proves_nothing(self) -> None:
        with ordinary_user() as root:
            put(root / "locked" / "a.jpg")
            (root / "locked").chmod(0)
            assert not is_missing(root / "locked" / "a.jpg")
            assert not is_missing(root / "locked" / "never there.jpg")
            (root / "locked").chmod(0o700)

    @pytest.mark.parametrize("code", ["ESTALE", "EHOSTDOWN", "ENOTCONN", "EIO", "ETIMEDOUT", "EACCES"])
    def test_a_network_drive_that_does_not_answer_proves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        def lstat(path: Path) -> os.stat_result:
            raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)), str(path))

        monkeypatch.setattr(Path, "lstat", lstat)
        assert not is_missing(tmp_path / "never there.jpg")


class TestReachable:
    def test_a_folder_with_anything_in_it(self, tmp_path: Path) -> None:
        put(tmp_path / "notes.txt")
        assert is_reachable(tmp_path)

    def test_an_empty_folder_may_be_the_mount_point_of_an_unplugged_drive(self, tmp_path: Path) -> None:
        (tmp_path / "drive").mkdir()
        assert not is_reachable(tmp_path / "drive")
        assert not is_reachable(tmp_path / "missing")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"st_flags": 0x40000000}, True),
        ({"st_flags": 0x20}, False),
        ({"st_file_attributes": 0x400000}, True),
        ({"st_file_attributes": 0x20}, False),
        ({}, False),
    ],
)
def test_cloud_placeholders_are_known_by_their_flags(status: dict[str, int], expected: bool) -> None:
    answer: Any = SimpleNamespace(**status)
    assert is_placeholder(answer) is expected


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """A folder of an ordinary user, and being that user: the administrator may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            yield root
            return
        os.chown(root, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield root
        finally:
            os.seteuid(0)
