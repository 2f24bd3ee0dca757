"""A library at work, for the tests of the core."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.library import Library
from core.settings import Settings
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

OpenLibrary = Callable[..., Library]


@pytest.fixture
def open_library(library_home: Path, starter: ClipEncoder) -> Iterator[OpenLibrary]:
    """Opens a library with the starter, at work; closed at the end of the test."""
    opened: list[Library] = []

    def open_(*folders: Path, home: Path = library_home, settings: Settings | None = None) -> Library:
        library = Library.open(home, settings, encoder=starter)
        opened.append(library)
        for folder in folders:
            library.add_folder(folder)
        library.start()
        return library

    yield open_
    for library in opened:
        library.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MB."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("needs the right to mount a small file system")
    target = tmp_path / "small disk"
    target.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "recollect-test", str(target)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a small file system here")
    yield target
    subprocess.run(["umount", "-l", str(target)], check=True)


@pytest.fixture
def library(open_library: OpenLibrary, photo_folder: Path) -> Library:
    """Six photos, indexed and watched."""
    library = open_library(photo_folder)
    wait_until(lambda: library.is_up_to_date, what="the first index")
    return library
