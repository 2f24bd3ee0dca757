"""Events of the library arrive as signals on the GUI thread, and a flood of them as few."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from core.errors import WatchLimitError
from core.events import (
    AlbumsChanged,
    EncoderChanged,
    ErrorRaised,
    Event,
    EventBus,
    FoldersChanged,
    PhotosChanged,
    ProgressChanged,
)
from core.types import Activity, PhotoId, Progress
from desktop.bridge import Bridge

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def _publish(bus: EventBus, *events: Event) -> None:
    """From another thread, as the indexer does."""
    thread = threading.Thread(target=lambda: [bus.publish(event) for event in events])
    thread.start()
    thread.join()


def test_signals_come_on_the_gui_thread(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge = Bridge(bus)  # type: ignore[arg-type] - it needs nothing of a library but `subscribe`
    threads: list[threading.Thread] = []
    bridge.folders_changed.connect(lambda: threads.append(threading.current_thread()))
    _publish(bus, FoldersChanged())
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.main_thread()]


def test_what_piles_up_is_handed_on_as_one(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge = Bridge(bus)  # type: ignore[arg-type]
    photos: list[tuple[PhotoId, ...]] = []
    progress: list[Progress] = []
    bridge.photos_changed.connect(photos.append)
    bridge.progress_changed.connect(progress.append)
    _publish(bus, *(PhotosChanged((PhotoId(n % 50),)) for n in range(1_000)))
    _publish(bus, *(ProgressChanged(Progress(Activity.INDEXING, done=n)) for n in range(1_000)))
    qtbot.waitUntil(lambda: bool(progress))
    assert photos == [tuple(range(50))]
    assert progress == [Progress(Activity.INDEXING, done=999)]


def test_changes_of_albums_come_as_one(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge = Bridge(bus)  # type: ignore[arg-type]
    heard: list[str] = []
    bridge.albums_changed.connect(lambda: heard.append("albums"))
    bridge.folders_changed.connect(lambda: heard.append("folders"))
    _publish(bus, *[AlbumsChanged()] * 100, FoldersChanged())
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert sorted(heard) == ["albums", "folders"]


def test_a_change_of_everything_stays_one(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge = Bridge(bus)  # type: ignore[arg-type]
    with qtbot.waitSignal(bridge.photos_changed) as changed:
        _publish(bus, PhotosChanged((PhotoId(1),)), PhotosChanged(()))
    assert changed.args == [()]


def test_errors_and_models_all_arrive(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge = Bridge(bus)  # type: ignore[arg-type]
    heard: list[object] = []
    bridge.error_raised.connect(heard.append)
    bridge.encoder_changed.connect(heard.append)
    error = WatchLimitError("Too many.")
    _publish(bus, EncoderChanged("starter"), ErrorRaised(error), EncoderChanged("other"))
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == ["starter", error, "other"]


def test_a_closed_bridge_hears_nothing(qtbot: QtBot) -> None:
    bus = EventBus()
    bridge = Bridge(bus)  # type: ignore[arg-type]
    heard: list[object] = []
    bridge.folders_changed.connect(lambda: heard.append("folders"))
    bridge.close()
    _publish(bus, FoldersChanged())
    qtbot.wait(1)
    assert heard == []
