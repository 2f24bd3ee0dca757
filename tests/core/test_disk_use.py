"""How much room a library takes, and what the settings page learns beside: devices, patterns."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.disk_use import disk_use
from core.library import Library
from core.paths import LibraryPaths
from core.settings import is_pattern

if TYPE_CHECKING:
    from tests.core.conftest import OpenLibrary


def test_every_file_of_the_library_is_counted_once(
    open_library: OpenLibrary, photo_folder: Path, wait_until: Callable[..., None]
) -> None:
    library = open_library(photo_folder)
    wait_until(lambda: library.is_up_to_date and library.photo_count() == 6)
    library.close()  # nothing is written while it is counted
    weights = library.paths.models / "mine" / "weights.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"x" * 5_000)
    for place in (library.paths.taggers, library.paths.runs, library.paths.training_cache):
        (place / "mine").mkdir(parents=True)
        (place / "mine" / "weights.safetensors").write_bytes(b"x" * 700)
    (library.paths.home / "link.db").symlink_to(library.paths.database)
    use = library.disk_use()
    assert use.models >= 5_000
    assert use.training == 3 * 700
    assert use.thumbnails >= library.paths.thumbnails.stat().st_size
    assert use.knowledge >= library.paths.database.stat().st_size
    files = [path for path in library.paths.home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert use.total == sum(path.stat().st_size for path in files)


def test_a_library_without_files_takes_no_room(library_home: Path) -> None:
    assert disk_use(LibraryPaths(library_home)).total == 0


def test_directories_that_come_and_go_meanwhile_are_passed_over(library_home: Path) -> None:
    """As those of a download that is just put in its place."""
    paths = LibraryPaths(library_home)
    paths.create()
    done = threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            deep = paths.models / "part" / "of" / "a" / "download"
            deep.mkdir(parents=True)
            shutil.rmtree(paths.models / "part")

    busy = threading.Thread(target=come_and_go)
    busy.start()
    try:
        assert {disk_use(paths).total for _ in range(500)} == {0}
    finally:
        done.set()
        busy.join()


def test_the_processor_is_always_among_the_devices(open_library: Callable[..., Library]) -> None:
    assert open_library().models.devices()[-1] == "cpu"


@pytest.mark.parametrize(
    ("text", "expected"), [("*.tmp", True), ("private/", True), ("!keep.jpg", True), ("!", False), ("x\\", False)]
)
def test_lines_that_are_patterns(text: str, expected: bool) -> None:
    assert is_pattern(text) is expected
