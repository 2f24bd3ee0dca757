"""A real library with labelled photos and real runs: taught on its vectors, with outputs and feature map."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.library import Library
from desktop.tasks import Tasks
from tests.photo_maker import PhotoMaker
from tests.trainer.tiny_library import indexed_library, label_by_name, make_coloured_photos

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.types import PhotoId

OF_EACH = 6  # photos of each of three colours


@dataclass
class ReportsStage:
    """A library that is open and not started, and what the widgets need beside it."""

    library: Library
    runs: dict[str, Path]  # by the name of the run
    tasks: Tasks = field(default_factory=Tasks)

    def named(self, *names: str) -> set[PhotoId]:
        """The photos whose file names begin so."""
        photos = self.library.photos(self.library.all_photos())
        return {photo.id for photo in photos if photo.path.name.startswith(names)}

    def close(self) -> None:
        self.tasks.finish()
        self.library.close()


@pytest.fixture(scope="module")
def taught_home(tmp_path_factory: pytest.TempPathFactory, starter: ClipEncoder) -> Path:
    """The home of a library of 18 photos with two runs: "right", and "few" that held out too few photos to tell."""
    from trainer.teach.lesson_runs import teach_library

    folder = tmp_path_factory.mktemp("reports")
    make_coloured_photos(PhotoMaker(folder / "photos"), OF_EACH)
    with indexed_library(folder / "home", folder / "photos", starter) as library:
        label_by_name(library, lambda name: name.endswith(("0.jpg", "1.jpg")))
        few = teach_library(library, name="few", with_report=False)
        label_by_name(library)
        wrong = next(iter(label_by_name(library, lambda name: name.startswith("red circle 0"))))
        library.labels.set([wrong], "class", "blue")
        right = teach_library(library, name="right", with_report=False)
        for run in (few, right):
            _write_map(run.folder)
            (run.folder / "report.html").write_text("<p>The page.</p>", encoding="utf-8")
    return folder / "home"


@pytest.fixture
def reports(taught_home: Path, tmp_path: Path, starter: ClipEncoder) -> Iterator[ReportsStage]:
    home = tmp_path / "home of reports"
    shutil.copytree(taught_home, home)
    library = Library.open(home, encoder=starter)
    runs = {path.name.split("-", 4)[-1]: path for path in sorted(library.paths.runs.iterdir())}
    stage = ReportsStage(library, runs)
    yield stage
    stage.close()


def _write_map(run_dir: Path) -> None:
    """The feature map of `trainer.report.projections` with its first method alone: the others take seconds."""
    from trainer.report.outputs import load_outputs

    outputs = load_outputs(run_dir / "outputs-validation.npz")
    centred = outputs.features - outputs.features.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    heads = {name: (head.labels, head.targets, head.predicted) for name, head in outputs.heads.items()}
    photos = [
        {
            "id": outputs.ids[row],
            "path": str(outputs.paths[row]),
            "split": "validation",
            "heads": {
                name: [labels[targets[row]] if targets[row] >= 0 else None, labels[predicted[row]]]
                for name, (labels, targets, predicted) in heads.items()
            },
        }
        for row in range(len(outputs))
    ]
    maps = {"PCA": (centred @ axes.T).tolist()}
    content = {"photos": photos, "maps": maps, "failed": {}, "out_of": len(photos)}
    (run_dir / "projections.json").write_text(json.dumps(content), encoding="utf-8")
