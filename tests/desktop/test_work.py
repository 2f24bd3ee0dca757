"""Long work in the window: its words, pause and resume, files that cannot be read, and closing at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.types import Activity, Progress
from desktop.status_line import describe, duration

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session
    from tests.photo_maker import PhotoMaker


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(Activity.IDLE), ""),
        (Progress(Activity.LOADING_MODEL), "Loading the model…"),
        (
            Progress(Activity.INDEXING, done=1_234, total=5_000, rate=87.3, eta_s=43),
            "Indexing 1,234 of 5,000 · 87 photos/s · 43 s left",
        ),
        (
            Progress(Activity.INDEXING, done=3, total=9, rate=2.5, throttled=True),
            "Indexing 3 of 9 · 2.5 photos/s · gently",
        ),
        (Progress(Activity.SCANNING), "Looking through folders…"),
        (Progress(Activity.PAUSED, done=0, total=12), "Paused, 12 to go"),
        (Progress(Activity.STOPPED, detail="the disk is full"), "Stopped: the disk is full"),
    ],
)
def test_progress_is_told_in_words(progress: Progress, text: str) -> None:
    assert describe(progress) == text


@pytest.mark.parametrize("activity", list(Activity))
def test_every_activity_has_words(activity: Activity) -> None:
    assert isinstance(describe(Progress(activity)), str)


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (59, "59 s"), (300, "5 min"), (7_800, "2 h 10 min")])
def test_durations_are_rounded_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_pause_holds_the_work_and_resume_ends_it(
    open_window: Callable[..., Session], make_photo: PhotoMaker, qtbot: QtBot
) -> None:
    session = open_window()
    session.library.pause()
    qtbot.waitUntil(lambda: session.window.status_line.text.startswith("Paused"))
    for number in range(5):
        make_photo(f"{number}.jpg", "red circle", size=(160 + number, 120))
    session.window.add_folder(make_photo.folder)
    qtbot.waitUntil(lambda: len(session.window.gallery.listing.ids) == 5, timeout=20_000)
    assert not session.library.is_up_to_date
    button = session.window.status_line.pause_button
    assert button.accessibleName() == "Go on"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.library.is_up_to_date, timeout=30_000)
    assert not session.library.is_paused


def test_files_that_cannot_be_read_are_counted_explained_and_tried_again(
    session: Session, photo_folder: Path, make_photo: PhotoMaker, qtbot: QtBot
) -> None:
    broken = photo_folder / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 this was a photo once")
    window = session.window
    qtbot.waitUntil(window.status_line.problems_button.isVisible, timeout=20_000)
    assert window.status_line.problems_button.text() == "1 file cannot be read"
    qtbot.mouseClick(window.status_line.problems_button, Qt.MouseButton.LeftButton)
    dialog = window.dialogs.problems
    qtbot.waitUntil(lambda: [card.title for card in dialog.list.cards] == ["broken.jpg"])
    assert dialog.list.cards[0].lines[0].endswith(".")
    make_photo("broken.jpg", "green circle")
    qtbot.mouseClick(dialog.retry_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.list.cards, timeout=20_000)
    qtbot.waitUntil(lambda: not window.status_line.problems_button.isVisible(), timeout=10_000)


def test_closing_while_it_indexes_leaves_no_thread(
    open_window: Callable[..., Session], make_photo: PhotoMaker, qtbot: QtBot
) -> None:
    """The check for threads that stay behind is in tests/conftest.py; here it has something to find."""
    for number in range(40):
        make_photo(f"{number}.jpg", "red circle", size=(800 + number, 600))
    session = open_window(make_photo.folder)
    qtbot.keyClicks(session.window.search_bar.field, "red")
    qtbot.waitUntil(lambda: session.library.photo_count() > 0, timeout=20_000)
    session.window.close()
    session.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("recollect-")]
