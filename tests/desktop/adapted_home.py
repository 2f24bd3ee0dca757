"""A library whose model was adapted to the colours of its photos, for tests of the window: a model of one layer with
random weights, in the real file formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from core.library import Library
from core.paths import LibraryPaths
from core.settings import load_settings, save_settings
from desktop.training.outcome_panel import Choice
from tests.trainer.contrastive.tiny_adaptation import ENCODER, run, tiny_config, write_home
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.desktop.training_stage import TrainingStage

PHOTOS = 48
GOOD, POOR = 0, 1
"""The runs: one whose guard let all pass, and one whose guard let nothing pass."""


def write_adapted_home(folder: Path) -> Path:
    """The home, with two runs; the photos lie beside it."""
    home = write_home(folder)
    run(home, tiny_config(phases=[{"name": "tower", "epochs": 2, "lr": 3e-3}]))
    spoilt = [{"name": "tower", "epochs": 1, "lr": 1e-1}]
    run(home, tiny_config(phases=spoilt, guard={"tolerance": 0.0, "agreement": 1.0}))
    return home


def run_of(home: Path, which: int) -> Path:
    """The folder of a run, the first trained first."""
    return sorted(LibraryPaths(home).runs.iterdir())[which]


def open_adapted_home(home: Path, photos: Path) -> Library:
    """Started, with all photos indexed by the model before."""
    settings = home / "settings.toml"
    save_settings(settings, load_settings(settings).model_copy(update={"encoder": ENCODER, "speed": "full"}))
    library = Library.open(home)
    library.add_folder(photos)
    library.start()
    wait_until(
        lambda: library.is_up_to_date and library.photo_count() == PHOTOS and library.encoder_name == ENCODER,
        timeout_s=60,
        what="the first index",
    )
    return library


def show_run(stage: TrainingStage, which: int) -> Path:
    """What came of a run, on the page."""
    run = run_of(stage.library.paths.home, which)
    stage.page.train.show_of_search(run)
    outcome = stage.page.train.course.outcome
    stage.qtbot.waitUntil(lambda: Choice.REPORT in outcome.buttons, timeout=20_000)
    return run


def press(stage: TrainingStage, choice: Choice) -> None:
    """A button of what is shown."""
    stage.qtbot.mouseClick(stage.page.train.course.outcome.buttons[choice], Qt.MouseButton.LeftButton)
