"""Draws the pictures of the documentation: the real window, off the screen, on the sample library. `make screenshots`

Nothing is staged: each picture is the window after real searches on really indexed photos.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported: no screen is needed, none is used

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from core.library import Library
from core.samples import build_samples
from desktop.app import Session, create_application
from desktop.theme import Theme

SIZE = (1280, 800)  # logical pixels: what a small laptop shows
LONGEST_WAIT_MS = 180_000  # a slow machine loads the model and indexes the samples in less
SETTLING_MS = 600  # thumbnails of the visible rows come within this time after an answer


class Photographer:
    """Drives one window and takes its pictures."""

    def __init__(self, session: Session, target: Path) -> None:
        self.session = session
        self.window = session.window
        self._target = target

    def wait(self, condition: Callable[[], bool]) -> None:
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
        self.window.search_bar.search_for(text)
        self.wait(lambda: not self.window.searcher.is_waiting)
        self.settle()

    def show_weak(self) -> None:
        self.window.gallery.grid.weak_line.button.click()
        self.settle()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        path = self._target / f"{name}.png"
        (widget or self.window).grab().save(str(path))
        click.echo(path)


def take_all(camera: Photographer, theme: Theme, photos: Path) -> None:
    """All pictures, in the order in which a new user sees these states."""
    window, library = camera.window, camera.session.library
    camera.wait(lambda: bool(window.gallery.empty_state.title))
    camera.take("first-start")
    window.add_folder(photos)
    camera.wait(lambda: library.photo_count() > 0 and library.is_up_to_date and library.encoder_name is not None)
    camera.settle()
    camera.take("photos")
    camera.search("sunset over the sea")
    camera.show_weak()
    camera.take("window")
    theme.choose("dark")
    camera.search("2*sea + boat - street after:2022")
    camera.take("chips-dark")
    window.search_bar.search_for("sunset camra:brush")
    camera.wait(window.search_bar.message.isVisible)
    camera.take("mistake-dark")
    theme.choose("light")
    camera.search("name:unicorn")
    camera.take("nothing-found")
    window.dialogs.folders.show()
    camera.settle()
    camera.take("folders", window.dialogs.folders)
    window.dialogs.folders.close()
    window.dialogs.models.show()
    camera.settle()
    camera.take("models", window.dialogs.models)
    window.dialogs.models.close()


@click.command()
@click.option("--photos", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Instead of the samples.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(__file__).parent / "images")
def main(photos: Path | None, out: Path) -> None:
    """Draw the window in its states into OUT."""
    out.mkdir(parents=True, exist_ok=True)
    theme = Theme(create_application())
    theme.choose("light")
    with tempfile.TemporaryDirectory() as place:
        folder = photos or build_samples(Path(place))
        session = Session(Library.open(Path(place) / "library"), theme)
        session.window.resize(*SIZE)
        session.window.show()
        try:
            take_all(Photographer(session, out), theme, folder)
        finally:
            session.window.close()
            session.close()


if __name__ == "__main__":
    main()
