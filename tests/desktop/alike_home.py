"""A library whose labels were learned to be alike, for tests of the window: drawn photos and the bundled encoder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from core.library import Library
from desktop.alike.alike_panel import RECIPE
from desktop.training.outcome_panel import Choice
from tests.desktop.indexed_library import index
from tests.trainer.openset.drawn import write_photos
from trainer.finetune.train import train
from trainer.overrides import with_overrides
from trainer.recipe_book import recipe

if TYPE_CHECKING:
    from core.protocols import Encoder
    from tests.desktop.training_stage import TrainingStage

OF_EACH = 4  # photos of each colour and shape: 12 of a colour, 24 of a shape
BRIEF = ("phases.0.epochs=3", "hidden_dim=32")


def write_alike_home(folder: Path, encoder: Encoder) -> Path:
    """The home, with one run; the photos lie beside it."""
    photos = write_photos(folder / "photos", OF_EACH)
    home = folder / "home"
    library = Library.open(home, encoder=encoder)
    try:
        index(library, photos)
        label(library)
    finally:
        library.close()
    train(
        with_overrides(recipe(RECIPE).config, BRIEF),
        data="library",
        home=home,
        on_event=lambda event: None,
        device="cpu",
    )
    return home


def label(library: Library) -> None:
    """By their folders, SHAPE/COLOUR SHAPE: the colour is the class."""
    for photo in library.photos(library.all_photos()):
        color, shape = photo.path.parent.name.split()
        library.labels.set([photo.id], "class", color)
        library.labels.set([photo.id], "shape", shape)


def run_in(home: Path) -> Path:
    """The folder of the one run."""
    (run,) = [each for each in (home / "runs").iterdir() if not each.name.startswith(".")]
    return run


def other_run(run: Path, name: str) -> Path:
    """The same once more, under another name."""
    return Path(shutil.copytree(run, run.with_name(name)))


def set_figures(run: Path, *, seen: tuple[float, float], unseen: tuple[float, float]) -> None:
    """Let `metrics.json` say other figures, before and after, with intervals of four points."""
    file = run / "metrics.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for pool, values in (("seen, among all", seen), ("unseen, among all", unseen)):
        for space, value in zip(("before", "after"), values, strict=True):
            figures = document["spaces"][space]["rankings"]["cosine"][pool]
            for name in ("R@1", "MAP@R"):
                figures[name] = {"value": value, "low": value - 0.02, "high": value + 0.02}
    file.write_text(json.dumps(document), encoding="utf-8")


def show_run(stage: TrainingStage, run: Path) -> None:
    """What came of a run, on the page."""
    stage.page.train.show_of_search(run)
    outcome = stage.page.train.course.outcome
    stage.qtbot.waitUntil(lambda: Choice.REPORT in outcome.buttons, timeout=20_000)
