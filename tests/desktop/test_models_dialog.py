"""Choosing a model: what is told of each, the licence before a download, its progress, its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from core.errors import DownloadCancelledError, DownloadError, RecollectError
from core.types import Activity, ModelInfo, Progress
from desktop.bridge import Bridge
from desktop.dialogs.models import ModelsDialog, facts, megabytes
from desktop.tasks import Tasks

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme


@pytest.fixture
def dialog(library: Library, theme: Theme, qtbot: QtBot) -> Iterator[ModelsDialog]:
    tasks, bridge, parent = Tasks(), Bridge(library), QWidget()
    qtbot.addWidget(parent)
    dialog = ModelsDialog(library, tasks, bridge, parent)
    dialog.show()
    qtbot.waitUntil(lambda: len(dialog.list.cards) > 1)
    yield dialog
    dialog.stop()
    dialog.close()
    bridge.close()
    tasks.finish()


def downloadable(library: Library) -> ModelInfo:
    return next(info for info in library.models.all() if not info.installed)


def buttons(dialog: ModelsDialog, title: str) -> list[str]:
    card = next(card for card in dialog.list.cards if card.title == title)
    return [button.text() for button in card.findChildren(QPushButton)]


def texts(dialog: ModelsDialog, title: str) -> str:
    card = next(card for card in dialog.list.cards if card.title == title)
    return "\n".join(label.text() for label in card.findChildren(QLabel))


def agree(dialog: ModelsDialog, info: ModelInfo, qtbot: QtBot) -> None:
    box = dialog.confirm_download(info)
    button = next(button for button in box.buttons() if button.text() == "Agree and download")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


class Hub:
    """The hub is out of reach here: this download reports half of its bytes, then waits to be cancelled or to fail."""

    def __init__(self) -> None:
        self.fail = threading.Event()

    def download(self, name: str, *, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Path:
        on_progress(3_000_000_000, 6_000_000_000)
        while not cancelled():
            if self.fail.wait(0.01):
                raise DownloadError("The server does not answer.", remedy="Try again later.")
        raise DownloadCancelledError("It was cancelled.")


@pytest.fixture
def hub(library: Library, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr(library.models, "download", hub.download)
    return hub


def test_the_model_that_answers_is_marked_and_others_are_offered(dialog: ModelsDialog, library: Library) -> None:
    info = downloadable(library)
    live = dialog.list.cards[0].title
    assert buttons(dialog, live) == []
    assert "Answers now" in texts(dialog, live)
    assert buttons(dialog, info.title) == ["From a file…", "Download…"]
    assert f"licence: {info.license}" in facts(info)


def test_the_licence_can_be_read_by_mouse_and_by_keyboard(dialog: ModelsDialog, library: Library) -> None:
    info = downloadable(library)
    card = next(card for card in dialog.list.cards if card.title == info.title)
    link = next(label for label in card.findChildren(QLabel) if "href" in label.text())
    assert info.license_url is not None
    assert info.license_url in link.text()
    assert link.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert link.textInteractionFlags() & Qt.TextInteractionFlag.LinksAccessibleByKeyboard


def test_the_licence_and_the_size_come_before_the_download(dialog: ModelsDialog, library: Library) -> None:
    info = downloadable(library)
    box = dialog.confirm_download(info)
    assert info.license in box.informativeText()
    assert megabytes(info.size_bytes) in box.text()
    box.reject()
    assert "Cancel" not in buttons(dialog, info.title)


def test_a_download_shows_its_progress_and_can_be_cancelled(
    dialog: ModelsDialog, library: Library, hub: Hub, qtbot: QtBot
) -> None:
    moved: list[tuple] = []
    ended: list[str] = []
    dialog.job_moved.connect(lambda *told: moved.append(told))
    dialog.job_ended.connect(ended.append)
    told_to_window: list[RecollectError] = []
    dialog.failed.connect(told_to_window.append)
    info = downloadable(library)
    agree(dialog, info, qtbot)
    qtbot.waitUntil(lambda: "Cancel" in buttons(dialog, info.title))
    qtbot.waitUntil(lambda: dialog.progress == 0.5)
    assert "3.0 GB of 6.0 GB" in texts(dialog, info.title)
    assert moved[-1][:3] == (f"Downloading {info.title}", 3_000_000_000, 6_000_000_000)
    cancel = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Cancel")
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Download…" in buttons(dialog, info.title))
    assert ended == [f"Downloading {info.title}"]
    assert told_to_window == [], "a wish of the user is no error"


def test_why_a_download_failed_stands_at_its_model(
    dialog: ModelsDialog, library: Library, hub: Hub, qtbot: QtBot
) -> None:
    info = downloadable(library)
    agree(dialog, info, qtbot)
    qtbot.waitUntil(lambda: dialog.progress == 0.5)
    hub.fail.set()
    qtbot.waitUntil(lambda: "The server does not answer. Try again later." in texts(dialog, info.title))
    assert "Download…" in buttons(dialog, info.title)


def test_a_failure_behind_a_closed_dialog_is_told_to_the_window(
    dialog: ModelsDialog, library: Library, hub: Hub, qtbot: QtBot
) -> None:
    agree(dialog, downloadable(library), qtbot)
    qtbot.waitUntil(lambda: dialog.progress == 0.5)
    dialog.close()
    with qtbot.waitSignal(dialog.failed) as told:
        hub.fail.set()
    assert isinstance(told.args[0], DownloadError)


def test_a_file_that_is_no_model_is_told_at_its_model(
    dialog: ModelsDialog, library: Library, qtbot: QtBot, tmp_path: Path
) -> None:
    wrong = tmp_path / "holiday.safetensors"
    wrong.write_bytes(b"not a model")
    info = downloadable(library)
    chooser = dialog.choose_file(info)
    chooser.fileSelected.emit(str(wrong))
    chooser.close()
    qtbot.waitUntil(lambda: "holiday.safetensors" in texts(dialog, info.title))


def test_a_model_that_still_learns_says_how_far_it_is(
    dialog: ModelsDialog, library: Library, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """As it is while a downloaded model looks at all photos: installed, chosen, not live."""
    infos = library.models.all()
    installed = [info if info.installed else replace(info, installed=True) for info in infos]
    monkeypatch.setattr(library.models, "all", lambda: installed)
    waiting = next(info for info in installed if not info.live)
    library.change_settings(encoder=waiting.name)
    dialog.refresh()
    qtbot.waitUntil(lambda: "Chosen" in texts(dialog, waiting.title))
    dialog._show_learning(Progress(Activity.REEMBEDDING, done=40, total=100))
    assert "Learning your photos, 40%" in texts(dialog, waiting.title)
    assert "Use" in buttons(dialog, installed[2].title)


def test_a_button_keeps_the_focus_when_the_cards_are_drawn_anew(
    dialog: ModelsDialog, library: Library, qtbot: QtBot
) -> None:
    dialog.activateWindow()
    card = dialog.list.cards[2]
    button = next(button for button in card.findChildren(QPushButton) if button.text() == "Download…")
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    dialog._redraw()
    qtbot.waitUntil(lambda: dialog.list.cards[2] is not card)
    focused = dialog.focusWidget()
    assert isinstance(focused, QPushButton)
    assert focused.accessibleName() == f"Download… {dialog.list.cards[2].title}"


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "0 MB"), (40_000, "40 kB"), (605_000_000, "605 MB"), (1_230_000_000, "1.2 GB")]
)
def test_sizes_are_told_in_the_unit_that_fits(size_bytes: int, text: str) -> None:
    assert megabytes(size_bytes) == text
