"""Choosing a model: what is told of each, the licence before a download, its progress, its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.errors import DownloadCancelledError
from core.types import ModelInfo
from desktop.dialogs.models import ModelsDialog, facts, megabytes

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.app import Session


@pytest.fixture
def dialog(open_window: Callable[..., Session], qtbot: QtBot) -> ModelsDialog:
    dialog = open_window().window.models_dialog
    dialog.show()
    qtbot.waitUntil(lambda: len(dialog.list.cards) > 1)
    return dialog


def downloadable(dialog: ModelsDialog) -> ModelInfo:
    session_library = dialog._library
    return next(info for info in session_library.models() if not info.installed)


def buttons(dialog: ModelsDialog, title: str) -> list[str]:
    from PySide6.QtWidgets import QPushButton

    card = next(card for card in dialog.list.cards if card.title == title)
    return [button.text() for button in card.findChildren(QPushButton)]


def test_the_model_in_use_is_marked_and_others_are_offered(dialog: ModelsDialog) -> None:
    info = downloadable(dialog)
    assert buttons(dialog, dialog.list.cards[0].title) == ["In use"]
    assert buttons(dialog, info.title) == ["From a file…", "Download…"]
    assert f"licence: {info.license}" in " ".join(facts(info).split("\n"))


def test_the_licence_and_the_size_come_before_the_download(dialog: ModelsDialog, qtbot: QtBot) -> None:
    info = downloadable(dialog)
    box = dialog.confirm_download(info)
    assert info.license in box.informativeText()
    assert megabytes(info.size_bytes) in box.text()
    box.reject()
    assert "Cancel" not in buttons(dialog, info.title)


def test_a_download_shows_its_progress_and_can_be_cancelled(
    dialog: ModelsDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub is out of reach here: this download reports half of its bytes and waits to be cancelled."""
    begun = threading.Event()

    def download(name: str, *, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Path:
        on_progress(3_000_000_000, 6_000_000_000)
        begun.set()
        while not cancelled():
            begun.wait(0.01)
        raise DownloadCancelledError("It was cancelled.")

    monkeypatch.setattr(dialog._library, "download_model", download)
    info = downloadable(dialog)
    box = dialog.confirm_download(info)
    agree = next(button for button in box.buttons() if button.text() == "Agree and download")
    qtbot.mouseClick(agree, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Cancel" in buttons(dialog, info.title))
    qtbot.waitUntil(lambda: dialog.progress == 0.5)
    dialog.stop()
    qtbot.waitUntil(lambda: "Download…" in buttons(dialog, info.title))
    assert not dialog.parent().notice_bar.isVisible(), "a wish of the user is no error"


def test_a_file_that_is_no_model_is_told_in_the_banner(dialog: ModelsDialog, qtbot: QtBot, tmp_path: Path) -> None:
    wrong = tmp_path / "holiday.safetensors"
    wrong.write_bytes(b"not a model")
    chooser = dialog.choose_file(downloadable(dialog))
    chooser.fileSelected.emit(str(wrong))
    chooser.close()
    qtbot.waitUntil(dialog.parent().notice_bar.isVisible)
    assert "holiday.safetensors" in dialog.parent().notice_bar.text
