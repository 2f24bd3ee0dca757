"""Every recipe of the book is rehearsed on a handful of real photos, as `recollect train --dry-run` does it.

New recipes join by themselves. What a recipe needs beside labelled photos is arranged here: no pretrained weights are
there, and the starter learns from a pack with its teacher beside it.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet as parquet
import pytest

from trainer.data.unpacking import unpack
from trainer.finetune.rehearsal import rehearse
from trainer.loop_config import LoopConfig
from trainer.recipe_book import Recipe, recipe, recipes
from trainer.starter.image_teacher import FILE

EACH = 4  # photos of a class in a part
BATCH = 4  # a dry run takes two batches of each phase
CLASSES = ("cat", "dog", "horse", "airplane", "automobile", "ship")


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some fifty photos of six classes in two coarse kinds, with parts."""
    folder = tmp_path_factory.mktemp("dry runs") / "photos"
    unpack(small_pack(shared_data, folder.parent / "pack", ("cifar10",), CLASSES), folder)
    animals, vehicles = (", ".join(f'"{name}"' for name in part) for part in (CLASSES[:3], CLASSES[3:]))
    text = f"[animal]\nclasses = [{animals}]\n\n[vehicle]\nclasses = [{vehicles}]\n"
    (folder / "hierarchy.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pack(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter pack of as few photos, its teacher beside it."""
    folder = tmp_path_factory.mktemp("dry run of the starter")
    (folder / "teachers").mkdir()
    (folder / "teachers" / FILE).symlink_to(shared_data / "teachers" / FILE)
    return small_pack(shared_data, folder / "starter-pack", ("cifar10", "flickr8k"))


def small_pack(data: Path, folder: Path, sources: tuple[str, ...], classes: tuple[str, ...] = ()) -> Path:
    """The first rows of each part and class of the real pack, as one shard."""
    folder.mkdir(parents=True)
    taken: dict[tuple[str, str, str], int] = {}
    chosen: list[dict[str, object]] = []
    for shard in sorted((data / "starter-pack").glob("*.parquet")):
        for row in parquet.read_table(shard, filters=[("source", "in", list(sources))]).to_pylist():
            key = (row["source"], row["split"], row["label"])
            known = not classes or row["label"] in classes
            if known and taken.get(key, 0) < EACH:
                taken[key] = taken.get(key, 0) + 1
                chosen.append(row)
    parquet.write_table(pyarrow.Table.from_pylist(chosen), folder / "pack-000.parquet")
    return folder


def rehearsed(each: Recipe) -> LoopConfig:
    """Its configuration with small batches (the starter has its own), small pictures and few words, and random weights
    where it wants ones that have to be downloaded.
    """
    of_a_class = getattr(each.config, "photos_per_class", 0)  # of a batch that wants several photos of two classes
    small = {"batch_size": max(BATCH, 2 * of_a_class)}
    changes: dict[str, object] = {"words": 100} if each.config.tier == "starter" else dict(small)
    if each.config.tier == "metric":
        changes["image_px"] = 64  # the two networks on pixels are the largest of all
    fields = type(each.config).model_fields
    if "weights" in fields and getattr(each.config, "backbone", "") not in ("starter", "encoder"):
        changes["weights"] = "scratch"
    return each.config.changed(**changes)


@pytest.mark.parametrize("name", [each.name for each in recipes()])
def test_a_dry_run_goes_through(name: str, photos: Path, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    config = rehearsed(recipe(name))
    source = request.getfixturevalue("pack") if config.tier == "starter" else photos
    found = rehearse(config, data=source, home=tmp_path / "home", device="cpu")
    assert found.config == config
    assert found.data["photos"] > 0
    assert found.parameters > 0
    assert found.estimate_s >= 0
    assert not (tmp_path / "home" / "runs").exists()
