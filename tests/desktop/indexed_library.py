"""A library that has looked through a folder, for the pages that are tested without the whole window."""

from __future__ import annotations

from pathlib import Path

from core.library import Library
from tests.waiting import wait_until


def index(library: Library, folder: Path) -> None:
    """Watch a folder and wait until each of its photos is known."""
    library.add_folder(folder)
    library.start()
    wait_until(lambda: library.is_up_to_date, what="the first index")
