"""The recipes as they come, on a handful of real photos."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trainer.recipe_book import recipe
from trainer.train_cli import train

RECIPES = ("clip-projection", "efficientnet-b0-arcface", "resnet50-arcface")
_EACH = 10  # photos of a class
_KINDS = {"clothing": "worn", "footwear": "worn", "personal": "care", "travel": "bags"}


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some products in folders of kinds and classes."""
    folder = tmp_path_factory.mktemp("products")
    source = shared_data / "products"
    counts: dict[str, int] = {}
    with (source / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kind, fine = _KINDS.get(row["class_label"].partition("_")[0]), row["class_label"]
            counts[fine] = counts.get(fine, 0) + 1
            if kind is not None and counts[fine] <= _EACH:
                target = folder / kind / fine / Path(row["image_path"]).name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source / row["image_path"], target)
    return folder


@pytest.mark.parametrize("name", RECIPES)
def test_a_dry_run_reads_all_and_leaves_nothing(
    photos: Path, library_home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    small = [] if name == "clip-projection" else ["--set", "image_px=32", "--set", "batch_size=16"]
    arguments = ["--data", str(photos), "--recipe", name, "--dry-run", "--json", "--device", "cpu", *small]
    done = CliRunner().invoke(train, [*arguments, "--set", "precision=float32"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["data"]["classes"] == {"seen": 5, "unseen": 3, "kinds": 3}
    assert found["parameters"] > (100_000 if name == "clip-projection" else 4_000_000)
    assert found["estimate_s"] > 0
    assert not (library_home / "runs").exists()
    assert not (library_home / "cache").exists()


def test_both_networks_are_taught_alike() -> None:
    large, small = (recipe(f"{name}-arcface").config for name in ("resnet50", "efficientnet-b0"))
    same = {"recipe": "", "backbone": ""}
    assert large.changed(**same) == small.changed(**same)
    assert large.loss.name == "arcface"  # type: ignore[attr-defined]
    assert large.loss.coarse_margin > large.loss.fine_margin > 0  # type: ignore[attr-defined]
