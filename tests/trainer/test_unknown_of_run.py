"""A fine-tuned tagger that can tell what it does not know: what its run keeps, and how that is measured."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from core.cli.context import Session
from core.errors import TrainingError
from core.models.taggers.config import read_checkpoint_config
from core.models.taggers.loaded import Tagger
from tests.photo_maker import PhotoMaker
from tests.trainer.tiny_training import COLORS, tiny_config, write_backbone, write_labels, write_photos
from trainer.evaluate.cli import evaluate
from trainer.finetune.train import train
from trainer.report.outputs import load_outputs
from trainer.report.page import write_report
from trainer.report.report_data import read_report
from trainer.runs.run_folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on three colours, with 24 photos to validate with."""
    folder = tmp_path_factory.mktemp("known")
    write_photos(folder / "photos" / "train", each=12)
    make = PhotoMaker(folder / "photos" / "validation")
    for color in COLORS:
        for number in range(8):
            make(f"{color}/{number}.png", f"{color} circle on white", size=(50 + 5 * number, 90))
    config = tiny_config(write_backbone(folder / "tiny"))
    return train(
        config,
        data=folder / "photos",
        home=folder / "home",
        on_event=lambda _event: None,
        device="cpu",
        with_report=False,
    ).folder


def test_the_threshold_keeps_19_of_20_validation_photos(run: Path) -> None:
    folder = RunFolder(run)
    config = read_checkpoint_config(folder.checkpoint)
    assert config.heads["class"].known_from is not None  # type: ignore[union-attr]
    known = Tagger.load(folder.checkpoint, device="cpu").known["class"]
    assert np.linalg.norm(known.middles, axis=1) == pytest.approx(1, abs=1e-5)
    validation = load_outputs(folder.outputs("validation"))
    assert len(validation.features) == 24
    assert known.unknown(validation.features).sum() == 1  # of 24 photos one lies below


def test_the_report_says_from_where_on_a_photo_is_unknown(run: Path) -> None:
    known = Tagger.load(RunFolder(run).checkpoint, device="cpu").known["class"]
    head = read_report(run).splits["validation"].heads["class"]
    assert head.unknown is not None
    assert head.unknown.least == known.least
    assert (head.unknown.count, head.unknown.of) == (1, 24)
    page = write_report(run).read_text(encoding="utf-8")
    assert f"Unknown below a cosine of {known.least:.3f} to the middle of the nearest label" in page
    angle = math.degrees(math.acos(known.least))
    assert f"an angle of more than {angle:.0f}°: 1 of 24 photos here, 4.2 %" in page


def test_a_checkpoint_that_cannot_be_read_leaves_the_rest_of_the_report(run: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(run, tmp_path / "run"))
    (damaged / "checkpoint" / "weights.safetensors").write_bytes(b"no weights")
    report = read_report(damaged)
    assert report.splits["validation"].heads["class"].unknown is None
    assert any("weights.safetensors cannot be read" in note for note in report.notes)


def test_too_few_photos_give_no_threshold(tmp_path: Path) -> None:
    config = tiny_config(write_backbone(tmp_path / "tiny"))
    data = write_labels(tmp_path / "photos")
    result = train(
        config, data=data, home=tmp_path / "home", on_event=lambda _event: None, device="cpu", with_report=False
    )
    checkpoint = RunFolder(result.folder).checkpoint
    assert read_checkpoint_config(checkpoint).heads["class"].known_from is None  # type: ignore[union-attr]
    assert "Unknown below" not in write_report(result.folder).read_text(encoding="utf-8")
    assert json.loads((checkpoint / "config.json").read_text())["format"] == 1


def test_the_command_asks_for_photos_that_the_run_has_not_seen(run: Path, tmp_path: Path) -> None:
    make = PhotoMaker(tmp_path / "new")
    for color in (*COLORS, "purple"):
        for number in range(6):
            make(f"{color}/{number}.png", f"{color} square on white", size=(71 + 5 * number, 91))
    seen = next((run.parents[1].parent / "photos" / "train" / "red").iterdir())
    (tmp_path / "new" / "red" / "seen.png").write_bytes(seen.read_bytes())
    arguments = ["open-set", "--on", str(tmp_path / "new"), "--run", str(run), "--json"]
    found = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    scores, shares = json.loads(found.stdout)["tables"]
    assert scores["title"].endswith("18 known and 6 unknown photos")
    assert {row["score"] for row in scores["rows"]} >= {"energy", "nearest class mean"}
    assert all(0 <= row["AUROC"]["value"] <= 1 for row in scores["rows"])
    assert [row["photos"] for row in shares["rows"]] == ["known, and stay known", "unknown, and told to be so"]
    named = ["open-set", "--on", str(tmp_path / "new"), "--run", "tiny", "--json"]  # as its recipe, by which it goes
    by_name = CliRunner().invoke(evaluate, named, obj=Session(run.parents[1]), catch_exceptions=False)
    assert json.loads(by_name.stdout)["tables"] == [scores, shares]
    absent = CliRunner().invoke(evaluate, [*named[:-2], "nosuch"], obj=Session(run.parents[1]))
    assert "There is no run nosuch" in str(absent.exception)
    refused = CliRunner().invoke(evaluate, [*arguments, "--test"])
    assert refused.exit_code == 2
    assert "--run" in refused.output


def test_photos_of_one_kind_alone_measure_nothing(run: Path, tmp_path: Path) -> None:
    from trainer.evaluate.unknown_of_run import run_tables

    write_photos(tmp_path / "new", each=3, colors=("purple", "orange"))
    with pytest.raises(TrainingError, match="one kind"):
        run_tables(None, tmp_path / "new", run)  # type: ignore[arg-type] - a network that looks at pixels wants none
