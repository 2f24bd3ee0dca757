"""Scans that fail, are cut short, or are asked for again while they run."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core import background
from core.errors import DiskFullError, LibraryBusyError, RecollectError
from core.events import ErrorRaised, Event, PhotosChanged
from core.files.ignore import IgnoreRules
from core.files.watch import Change
from core.library import Library
from core.reconcile import Outcome
from core.store.intake import Intake
from tests.core.conftest import OpenLibrary
from tests.error_logs import ErrorLogs
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


class HeldScan(IgnoreRules):
    """Patterns that let a scan wait at one file, as a slow disk does."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._reached = threading.Event()

    def hold(self) -> None:
        self._reached.clear()
        self._may_go_on.clear()

    def wait_until_reached(self) -> None:
        assert self._reached.wait(20), "no scan came to the file"

    def let_go(self) -> None:
        self._may_go_on.set()

    def allows_file(self, path: Path, root: Path) -> bool:
        if path.name == self._name and not self._may_go_on.is_set():
            self._reached.set()
            self._may_go_on.wait(30)
        return super().allows_file(path, root)


@pytest.fixture
def scan() -> Iterator[HeldScan]:
    """Lets the scans of `library` wait."""
    rules = HeldScan("yellow circle.jpg")
    yield rules
    rules.let_go()


@pytest.fixture
def library(scan: HeldScan, open_library: OpenLibrary, photo_folder: Path) -> Library:
    """Six photos, indexed and watched, with scans that can be held."""
    library = open_library()
    library._reconciler.rules = scan
    library.add_folder(photo_folder)
    wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
    return library


def rows(library: Library) -> int:
    """Photos that are not gone, visible or not."""
    return library._database.read_column("SELECT COUNT(*) FROM photos WHERE status != 'gone'")[0]


def heard_errors(library: Library) -> list[RecollectError]:
    errors: list[RecollectError] = []

    def listen(event: Event) -> None:
        if isinstance(event, ErrorRaised):
            errors.append(event.error)

    library.subscribe(listen)
    return errors


class TestScansThatFail:
    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(background, "RETRY_S", 0.2)

    @pytest.mark.parametrize("error", [DiskFullError("The disk is full."), RuntimeError("a fault of ours")])
    def test_are_reported_and_tried_again_by_themselves(
        self,
        open_library: OpenLibrary,
        photo_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        error_logs: ErrorLogs,
        error: Exception,
    ) -> None:
        library = open_library()
        errors = heard_errors(library)
        queue, failures = Intake.queue, [error, error]

        def queue_at_last(intake: Intake, *arguments: object) -> None:
            if failures:
                raise failures.pop()
            queue(intake, *arguments)

        monkeypatch.setattr(Intake, "queue", queue_at_last)
        if isinstance(error, RuntimeError):
            error_logs.expect("Looking through a folder failed")
        library.add_folder(photo_folder)
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
        assert len(errors) == 2
        assert errors[0].message
        assert errors[0] is error or "folder" in errors[0].message

    def test_a_folder_that_fails_does_not_hold_up_another_one(
        self, open_library: OpenLibrary, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(background, "RETRY_S", 1000.0)
        other = shutil.copytree(photo_folder / "trip", tmp_path / "other")
        queue = Intake.queue

        def queue_some(intake: Intake, folder_id: int, files: list) -> None:
            if any(file.path.is_relative_to(photo_folder) for file in files):
                raise DiskFullError("The disk is full.")
            queue(intake, folder_id, files)

        monkeypatch.setattr(Intake, "queue", queue_some)
        library = open_library()
        errors = heard_errors(library)
        library.add_folder(photo_folder)
        added = library.add_folder(other)
        wait_until(lambda: library.photo_count() == 3 and errors)
        assert not library.is_up_to_date
        library.rescan(added.id)
        wait_until(lambda: added.id not in {folder_id for folder_id, _ in library._folders.due()})
        wait_until(lambda: library._background._scans == 0)
        assert len(errors) == 1  # not before its time


def test_what_the_watcher_saw_and_could_not_be_written_is_found_by_a_scan(
    library: Library, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = heard_errors(library)
    apply, failures = library._reconciler.apply, [DiskFullError("The disk is full.")]

    def apply_at_last(changes: Sequence[Change]) -> Outcome:
        if failures:
            raise failures.pop()
        return apply(changes)

    monkeypatch.setattr(library._reconciler, "apply", apply_at_last)
    make_photo("new.jpg", "red square")
    wait_until(lambda: library.photo_count() == 7)
    assert len(errors) == 1


def test_what_another_process_wrote_is_followed_after_a_fault_too(
    library: Library, open_library: OpenLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = open_library()
    wait_until(lambda: follower._background._data_version != -1)
    intake = follower._background._intake
    count_waiting, failures = intake.count_waiting, [LibraryBusyError("It is held.")]

    def count_at_last() -> int:
        if failures:
            raise failures.pop()
        return count_waiting()

    wait_until(lambda: library.is_up_to_date and follower.is_up_to_date)
    errors, changes = heard_errors(follower), list[Event]()
    follower.subscribe(lambda event: changes.append(event) if isinstance(event, PhotosChanged) else None)
    monkeypatch.setattr(intake, "count_waiting", count_at_last)
    library.set_hidden(library.all_photos()[:1], True)
    wait_until(lambda: bool(changes))
    assert len(errors) == 1


class TestFoldersRemovedWhileTheyAreLookedThrough:
    def test_leave_nothing(
        self, open_library: OpenLibrary, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue, reached, may_go_on = Intake.queue, threading.Event(), threading.Event()

        def queue_late(intake: Intake, *arguments: object) -> None:
            reached.set()
            may_go_on.wait(30)
            queue(intake, *arguments)

        monkeypatch.setattr(Intake, "queue", queue_late)
        library = open_library()
        folder = library.add_folder(photo_folder)
        assert reached.wait(20)
        library.remove_folder(folder.id)
        may_go_on.set()
        wait_until(lambda: library.is_up_to_date)
        assert rows(library) == 0
        assert library.folders() == []

    def test_are_looked_through_at_once_when_they_are_added_again(
        self, library: Library, scan: HeldScan, photo_folder: Path
    ) -> None:
        scan.hold()
        library.rescan()
        scan.wait_until_reached()
        library.remove_folder(library.folders()[0].id)
        scan.let_go()
        wait_until(lambda: library.is_up_to_date)
        assert rows(library) == 0
        library.add_folder(photo_folder)
        wait_until(lambda: library.photo_count() == 6)  # not only after the pause that follows a failure


def test_a_scan_that_is_asked_for_during_another_one_is_not_lost(
    library: Library, scan: HeldScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_through, begun = library._reconciler.look_through, list[object]()

    def counted(*arguments, **options):
        begun.append(arguments)
        return look_through(*arguments, **options)

    monkeypatch.setattr(library._reconciler, "look_through", counted)
    scan.hold()
    library.rescan()
    scan.wait_until_reached()
    library.rescan()
    library.rescan()
    scan.let_go()
    wait_until(lambda: len(begun) == 2)
    wait_until(lambda: library.is_up_to_date)
    assert len(begun) == 2
    assert library.photo_count() == 6
