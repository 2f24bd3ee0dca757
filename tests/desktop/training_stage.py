"""The page of training on a real library of small labelled photos, and the smallest training that is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import RecollectError
from desktop.bridge import Bridge
from desktop.tasks import Lane, Tasks
from desktop.training.request import Request
from desktop.training.training_page import TrainingPage

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme

PROCESS_MS = 120_000  # a busy machine takes half a minute to start Python with torch
HEADS = '{"name": "heads", "epochs": 1, "backbone_lr": 0.0, "head_lr": 0.01}'


class TrainingStage:
    """The page in a window of its own; what it asks of the window is kept."""

    def __init__(self, library: Library, theme: Theme, qtbot: QtBot) -> None:
        self.library, self.qtbot = library, qtbot
        self.tasks, self.bridge = Tasks(), Bridge(library)
        self.page = TrainingPage(library, self.tasks, self.bridge, theme)
        self.errors: list[RecollectError] = []
        self.asked: list[tuple[str, tuple]] = []
        for failed in (self.page.failed, self.tasks.failed):
            failed.connect(self.errors.append)
        for name in ("labelling_wanted", "labels_wanted", "models_wanted", "photos_wanted", "review_wanted",
                     "report_wanted", "job_moved", "job_ended", "told", "closed"):  # fmt: skip
            getattr(self.page, name).connect(lambda *values, name=name: self.asked.append((name, values)))

    def show(self) -> None:
        self.page.resize(1100, 760)
        self.page.train.estimate.hold()
        self.page.show()
        self.qtbot.waitExposed(self.page)
        self.qtbot.waitUntil(lambda: self.page.train.summary is not None, timeout=20_000)

    def what(self, name: str) -> list[tuple]:
        return [values for each, values in self.asked if each == name]

    def close(self) -> None:
        self.page.stop()
        self.page.close()
        self.bridge.close()
        self.tasks.finish(Lane.GENERAL)
        self.library.close()
        self.tasks.finish()
        self.page.deleteLater()


def tiny_request(folder: Path, epochs: int, *, seed: int = 0) -> Request:
    """A transformer of two layers, from nothing, on pictures of 32 pixels."""
    backbone = folder / "tiny backbone"
    backbone.mkdir(exist_ok=True)
    architecture = {
        "model_type": "deit", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 32, "image_size": 32, "patch_size": 8,
    }  # fmt: skip
    (backbone / "config.json").write_text(json.dumps(architecture), encoding="utf-8")
    rest = f'{{"name": "all", "epochs": {epochs}, "backbone_lr": 0.003, "head_lr": 0.01}}'
    assignments = (
        f"backbone={backbone}", "weights=scratch", "image_px=32", "batch_size=4", "precision=float32",
        f"phases=[{HEADS}, {rest}]", "early_stopping_epochs=null", f"seed={seed}",
    )  # fmt: skip
    return Request("starter-finetune", assignments, with_report=False)
