"""Runs that are no taggers beside those that are, asked of the same photos now: the command, with small real runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli.context import Session
from core.tags.values import CLASS, Split
from tests.trainer.contrastive.tiny_adaptation import ignore, tiny_config, write_home
from tests.trainer.openset.drawn import config, projection_config
from trainer.config import TrainConfig
from trainer.contrastive.guard import read_curve
from trainer.data.examples import Dataset
from trainer.finetune.train import train
from trainer.loop_config import LoopConfig
from trainer.report.outputs import ReportError, load_outputs
from trainer.report.standings import NEIGHBOURS
from trainer.runs.compare_cli import compare

NAMES = ("taught", "adapted", "projected", "placed")
BRIEF = [{"name": "all", "epochs": 1, "lr": 1e-3, "backbone_lr": 1e-3}]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of each kind, on drawn photos whose parts are given."""
    home = write_home(tmp_path_factory.mktemp("other kinds"))
    configs: dict[str, LoopConfig] = {
        "taught": TrainConfig(recipe="teach", tier="teach"),
        "adapted": tiny_config(phases=[{"name": "tower", "epochs": 2, "lr": 1e-3}]),
        "projected": projection_config(phases=[{"name": "projection", "epochs": 2, "lr": 2e-3}]),
        "placed": config(phases=BRIEF),
    }
    labels = home.parent / "photos" / "labels.csv"
    for name, chosen in configs.items():
        train(chosen, data=labels, home=home, on_event=ignore, name=name, device="cpu", with_report=False)
    return home


def run_of(home: Path, name: str) -> Path:
    return next((home / "runs").glob(f"*-{name}"))


def compared(home: Path, *arguments: str) -> dict:
    done = CliRunner().invoke(compare, [*arguments, "--json"], obj=Session(home), catch_exceptions=False)
    found = json.loads(done.stdout)
    return {row["run"]: row for row in found["rows"]} | {"notes": found["notes"]}


def test_they_stand_in_one_table_with_their_intervals_and_speed(home: Path) -> None:
    found = compared(home, *NAMES, "--speed")
    assert found["notes"] == []
    for name in NAMES:
        assert all(found[name][column]["low"] <= found[name][column]["high"] for column in NEIGHBOURS), name
        assert found[name]["images/s now"] > 0, name
        assert found[name]["trained min"] != "", name
    assert found["placed"][CLASS] == "", "it knows no names"
    assert found["projected"][CLASS]["value"] > 1 / 3, "what the bundled model reads it has projected, too"
    assert 0 <= found["adapted"][CLASS]["value"] <= 1
    curve = read_curve(run_of(home, "adapted"))
    assert found["adapted"]["MAP@R"]["value"] == pytest.approx(curve.taken.image["MAP@R"].value, abs=0.03)


def test_photos_that_one_of_them_has_learned_from_do_not_judge_it(home: Path) -> None:
    file = run_of(home, "placed") / "data.json"
    data, before = Dataset.read(file), file.read_bytes()
    asked = load_outputs(run_of(home, "taught") / "outputs-validation.npz").ids
    moved = next(each for each in data.examples if each.content_hash in asked)
    data.with_examples(replace(each, split=Split.TRAIN) if each is moved else each for each in data.examples).write(
        file
    )
    try:
        found = compared(home, "taught", "placed")
    finally:
        file.write_bytes(before)
    assert all(found["placed"][column] == "" for column in NEIGHBOURS)
    (note,) = found["notes"]
    assert "It has learned from 1 of these" in note
    assert "Its own figures: " in note


def test_they_do_not_answer_together_with_taggers(home: Path) -> None:
    failed = CliRunner().invoke(compare, ["taught+adapted"], obj=Session(home))
    assert isinstance(failed.exception, ReportError)
    assert "one of them is no tagger" in str(failed.exception)


def test_alone_they_have_costs_and_no_photos(home: Path) -> None:
    done = CliRunner().invoke(compare, ["adapted"], obj=Session(home), catch_exceptions=False)
    assert "0 validation photos" not in done.output
    assert "adapted is of another kind" in done.output
