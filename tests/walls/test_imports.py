"""The walls, seen from outside: what a fresh Python has loaded after one import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

HEAVY = ("torch", "torchvision", "open_clip", "timm", "transformers", "hnswlib")


def loaded_after(statement: str) -> set[str]:
    """The top-level modules that a fresh Python holds after `statement`."""
    script = (
        f"{statement}\nimport sys\nsys.stdout.write(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["core.library", "core.cli.main", "core.samples", "core.contact_sheet"])
def test_the_library_opens_without_qt_and_without_the_models(module: str) -> None:
    assert loaded_after(f"import {module}").isdisjoint({"PySide6", *HEAVY})


def test_the_indexer_and_the_models_know_no_qt() -> None:
    assert "PySide6" not in loaded_after("import core.library, core.indexer, core.models.clip, core.models.registry")


@pytest.mark.parametrize("module", ["desktop.app", "desktop.main_window"])
def test_the_window_shows_before_the_models_load(module: str) -> None:
    assert loaded_after(f"import {module}").isdisjoint(HEAVY)


def test_the_trainer_knows_no_qt() -> None:
    assert "PySide6" not in loaded_after("import trainer.evaluate.cli")


def test_the_layers_stand_as_pyproject_draws_them() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
