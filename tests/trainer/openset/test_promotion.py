"""A learned projection orders the photos of a library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from click.testing import CliRunner

from core.cli.context import Session
from core.library import Library
from core.models.projection import write_projection
from core.paths import LibraryPaths
from core.settings import load_settings
from trainer.runs.cli import runs
from trainer.runs.run_folder import RunFolder, RunState


def test_a_run_that_learned_one_is_promoted_to_the_settings(library_home: Path) -> None:
    paths = LibraryPaths(library_home)
    folder = RunFolder.create(paths.runs, "plums")
    folder.begin("plums")
    folder.end(RunState.FINISHED)
    eye = np.eye(4, dtype=np.float32)
    tensors = {"inner.weight": eye, "outer.weight": eye, "inner.bias": eye[0], "outer.bias": eye[0]}
    write_projection(folder.path / "projection", tensors, encoder_key="some", classes=("plum", "peach"))
    refused = CliRunner().invoke(runs, ["promote", "plums"], obj=Session(library_home))
    assert "another model" in str(refused.exception)
    library = Library.open(library_home)
    key = library.answering_encoder().key
    library.close()
    write_projection(folder.path / "projection", tensors, encoder_key=key, classes=("plum", "peach"))
    shown = CliRunner().invoke(runs, ["promote", "plums"], obj=Session(library_home))
    assert shown.exit_code == 0
    assert "ordered by it now" in shown.output
    assert load_settings(paths.settings).projection == folder.path.name
