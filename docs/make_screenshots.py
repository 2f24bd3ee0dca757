"""Draws the pictures of the documentation: the real window, off the screen, on the sample library. `make screenshots`

Every state of the window, in light, in dark, and at 200 %, each look in a process of its own: Qt scales at its start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported: no screen is needed, none is used

from PIL import Image
from PySide6.QtCore import Qt

from core.errors import DiskFullError
from core.library import Library
from core.samples import build_samples
from core.settings import Settings
from desktop.app import create_application
from desktop.dialogs.settings import Section
from desktop.theme import Choice, Theme
from docs.photographer import Photographer, opened
from docs.story_of_learning import tell

LOOKS: dict[str, tuple[Choice, str]] = {"light": ("light", "1"), "dark": ("dark", "1"), "light-200": ("light", "2")}
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def first_start(camera: Photographer, photos: Path) -> None:
    window, library = camera.window, camera.session.library
    camera.wait(lambda: window.gallery.empty_state.isVisible() and window.gallery.empty_state.title)
    camera.take("first-start")
    window.add_folder(photos)
    camera.wait(lambda: window.gallery.listing.ids and window.status_line.text.startswith("Indexing"))
    camera.take("indexing")
    camera.wait(lambda: library.is_up_to_date and library.encoder_name is not None)
    camera.settle()
    camera.take("photos")


def searches(camera: Photographer) -> None:
    window = camera.window
    camera.search("sunset over the sea")
    camera.take("results")
    window.gallery.grid.weak_line.button.click()
    camera.settle()
    camera.take("weak-results")
    camera.search("2*sea + boat - street after:2022")
    camera.take("chips")
    chip = window.search_bar.chip_row.chips[0]
    chip.setFocus()
    camera.press(Qt.Key.Key_Return)
    camera.settle()
    camera.take("chip-editor", over=window.search_bar.editing.popover)
    camera.press(Qt.Key.Key_Escape)
    window.search_bar.field.setText("")
    window.search_bar.field.setFocus()
    for letter in "sea cam":
        camera.press(Qt.Key(ord(letter.upper())))
    camera.settle()
    camera.take("completion")
    camera.press(Qt.Key.Key_Escape)
    window.search_bar.search_for("sunset camra:brush")
    camera.wait(window.search_bar.message.isVisible)
    camera.take("mistake")
    camera.search("boat name:unicorn")
    camera.take("nothing-found")
    camera.search("zeppelin")
    camera.wait(lambda: "zeppelin" in window.gallery.empty_state.title)
    camera.settle()
    camera.take("hardly-known")
    window.notice_bar.show_error(DiskFullError("There is no room left on the disk of the library."))
    camera.search("")
    camera.take("error")
    window.notice_bar.hide()


def pages(camera: Photographer) -> None:
    window, grid = camera.window, camera.window.gallery.grid
    camera.search("sunset over the sea")
    grid.weak_line.button.click()
    camera.settle()
    grid.setFocus()
    window.header.info_action.setChecked(True)
    camera.press(Qt.Key.Key_Home)
    camera.settle()
    camera.take("information")
    camera.press(Qt.Key.Key_Return)
    camera.settle()
    camera.take("viewer")
    camera.press(Qt.Key.Key_Escape)
    window.header.info_action.setChecked(False)
    for _ in range(2):
        camera.press(Qt.Key.Key_Right, SHIFT)
    camera.wait(window.selection_bar.isVisible)
    camera.settle()
    camera.take("selection")
    window.actions_on_photos.compare_wanted.emit(grid.selected_ids())
    camera.settle()
    camera.take("compare")
    camera.press(Qt.Key.Key_Escape)
    window.navigation.show_duplicates()
    camera.settle()
    camera.take("duplicates")
    camera.press(Qt.Key.Key_Escape)
    dialog = window.actions_on_photos.ask_for_export(grid.selected_ids())
    camera.settle()
    camera.take("export", dialog)
    dialog.reject()


def dialogs(camera: Photographer) -> None:
    window = camera.window
    for section in Section:
        window.dialogs.settings.open_at(section)
        camera.settle()
        camera.take(f"settings-{section.name.lower()}", window.dialogs.settings)
    window.dialogs.settings.close()
    for name, show, dialog in (
        ("folders", window.dialogs.show_folders, window.dialogs.folders),
        ("models", window.dialogs.show_models, window.dialogs.models),
        ("problems", window.dialogs.show_problems, window.dialogs.problems),
    ):
        show()
        camera.settle()
        camera.take(name, dialog)
        dialog.close()


def prepare(place: Path) -> Path:
    """The sample library, with what real folders have besides: copies, a smaller version, a broken file."""
    folder = build_samples(place)
    first, second, *_ = sorted(folder.rglob("*.jpg"))
    (folder / "copies").mkdir()
    (folder / "copies" / f"Copy of {first.name}").write_bytes(first.read_bytes())
    with Image.open(second) as image:
        image.resize((image.width // 2, image.height // 2)).save(folder / "copies" / f"{second.stem} small.jpg")
    (folder / "unfinished download.jpg").write_bytes(first.read_bytes()[:600])
    return folder


def draw(look: str, target: Path, photos: Path | None, classes: Path | None, stories: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    theme = Theme(create_application())
    theme.choose(LOOKS[look][0])
    with tempfile.TemporaryDirectory() as place:
        if stories != "learning":
            draw_window(theme, Path(place), target, photos)
        if stories != "window" and classes is not None:
            tell(theme, Path(place), target, classes)


def draw_window(theme: Theme, place: Path, target: Path, photos: Path | None) -> None:
    library = Library.open(place / "library", Settings(speed="gentle"))
    with opened(library, theme, target) as camera:
        first_start(camera, photos or prepare(place))
        searches(camera)
        pages(camera)
        dialogs(camera)


@click.command()
@click.option("--photos", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Instead of the samples.")
@click.option(
    "--classes",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Photos in a folder for each class, for the pictures of labels and training, which else stay as they are.",
)
@click.option("--stories", type=click.Choice(["all", "window", "learning"]), default="all", help="Only these pictures.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(__file__).parent / "screenshots")
@click.option("--look", type=click.Choice(list(LOOKS)), help="This one alone.")
def main(photos: Path | None, classes: Path | None, stories: str, out: Path, look: str | None) -> None:
    """Draw the window in its states into OUT, a folder for each look."""
    if look is not None:
        draw(look, out / look, photos, classes, stories)
        return
    for each, (_, scale) in LOOKS.items():
        chosen = ["--out", str(out), "--look", each, "--stories", stories]
        for option, folder in (("--photos", photos), ("--classes", classes)):
            chosen += [option, str(folder)] if folder is not None else []
        environment = os.environ | {"QT_SCALE_FACTOR": scale}
        subprocess.run([sys.executable, "-m", "docs.make_screenshots", *chosen], check=True, env=environment)


if __name__ == "__main__":
    main()
