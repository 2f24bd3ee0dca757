"""Drives one real window off the screen and takes its pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click
from PIL import Image
from PySide6.QtCore import QBuffer, QDeadlineTimer, QEventLoop, QIODevice, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.app import Session

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

    from core.library import Library
    from desktop.theme import Theme

SIZE = (1280, 800)  # logical pixels: what a small laptop shows
LONGEST_WAIT_MS = 180_000  # a slow machine loads the model and indexes the samples in less
SETTLING_MS = 700  # thumbnails of the visible rows come within this time after an answer
QUALITY = 88  # of WebP: letters stay clean, and a picture of the window takes a tenth of its PNG


class Photographer:
    """Nothing is staged: each picture is the window after real clicks and keys."""

    def __init__(self, session: Session, target: Path) -> None:
        self.session = session
        self.window = session.window
        self._target = target

    def wait(self, condition: Callable[[], object]) -> None:
        """Let the window work until the condition holds.

        Raises:
            TimeoutError: it did not for a long time.
        """
        deadline = QDeadlineTimer(LONGEST_WAIT_MS)
        while not condition():
            if deadline.hasExpired():
                raise TimeoutError("The window did not come to the state that was to be drawn.")
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)

    def settle(self) -> None:
        pause = QDeadlineTimer(SETTLING_MS)
        self.wait(pause.hasExpired)

    def search(self, text: str) -> None:
        self.window.search_for(text)
        self.wait(lambda: not self.window.searcher.is_waiting)
        self.settle()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Where the keyboard is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)

    def take(self, name: str, widget: QWidget | None = None, over: QWidget | None = None) -> None:
        """A picture of the window or of a dialog; `over` is a popup that lies over it, which Qt draws apart."""
        shown = widget or self.window
        picture = shown.grab()
        if over is not None:
            _lay_over(picture, shown, over)
        path = self._target / f"{name}.webp"
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")  # type: ignore[call-overload] - the stub wants bytes where Qt takes str
        with Image.open(BytesIO(buffer.data().data())) as image:
            image.convert("RGB").save(path, quality=QUALITY, method=6)
        click.echo(path)


@contextmanager
def opened(library: Library, theme: Theme, target: Path) -> Generator[Photographer]:
    """One who takes pictures of a new window on this library, which is closed at the end."""
    session = Session(library, theme)
    session.window.resize(*SIZE)
    session.window.show()
    session.window.activateWindow()
    try:
        yield Photographer(session, target)
    finally:
        session.window.close()
        session.close()


def _lay_over(picture: QPixmap, shown: QWidget, over: QWidget) -> None:
    from PySide6.QtGui import QPainter

    painter = QPainter(picture)
    painter.drawPixmap(over.mapToGlobal(over.rect().topLeft()) - shown.mapToGlobal(shown.rect().topLeft()), over.grab())
    painter.end()
