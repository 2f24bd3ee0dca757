"""`recollect train --folds`: a run for each fold, means that are right, and a kill that costs one fold at most."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.errors import RecollectError, TrainingError
from core.tags.values import Split
from tests.trainer.openset.drawn import COLORS, SHAPES, projection_config
from tests.trainer.openset.drawn import write_photos as write_drawn
from tests.trainer.tiny_training import tiny_config, write_backbone, write_labels, write_photos
from trainer.data.examples import Dataset
from trainer.data.unseen import ClassSplit
from trainer.events import Cancelled, EpochDone, Event, Finished, Prepared
from trainer.finetune.run import RunResult
from trainer.folds.folds_folder import FoldsFolder, is_folds
from trainer.folds.running import resume_folds, train_folds
from trainer.runs.cli import runs
from trainer.runs.run_folder import RunFolder, RunState, list_runs
from trainer.runs.run_history import history
from trainer.train_cli import train

REPOSITORY = Path(__file__).resolve().parents[3]
PHASES = [{"name": "all", "epochs": 3, "backbone_lr": 3e-3, "head_lr": 1e-2}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folded")
    write_photos(folder / "photos")
    config = tiny_config(write_backbone(folder / "tiny"), phases=PHASES)
    (folder / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def heard() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def folded(folder: Path, heard: list[Event]) -> RunResult:
    config = tiny_config(folder / "tiny", phases=PHASES)
    shared = {"data": folder / "photos", "home": folder / "home", "device": "cpu"}
    return train_folds(config, 3, **shared, on_event=heard.append)


def test_each_photo_is_held_out_by_one_fold(folded: RunResult) -> None:
    folds = FoldsFolder(RunFolder(folded.folder)).folds()
    datasets = [Dataset.read(fold.data) for fold in folds]
    held_out = Counter(each.path for dataset in datasets for each in dataset.of(Split.VALIDATION))
    assert len(held_out) == 24
    assert set(held_out.values()) == {1}
    assert all(not dataset.of(Split.TEST) for dataset in datasets)
    kept = json.loads((folded.folder / "folds.json").read_text(encoding="utf-8"))
    said = [set(hashes) for hashes in kept["held_out"]]
    assert said == [{each.content_hash for each in dataset.of(Split.VALIDATION)} for dataset in datasets]
    assert kept["seed"] == 0


def test_means_and_spreads_are_those_of_the_folds(folded: RunResult) -> None:
    folder = FoldsFolder(RunFolder(folded.folder))
    kept = json.loads(folder.file.read_text(encoding="utf-8"))
    values = [fold.status.metrics["class accuracy"] for fold in folder.folds() if fold.status is not None]
    found = kept["figures"]["class accuracy"]
    assert found["values"] == values
    assert found["mean"] == pytest.approx(statistics.fmean(values))
    assert found["deviation"] == pytest.approx(statistics.stdev(values))
    assert folded.metrics["class accuracy"] == pytest.approx(statistics.fmean(values), abs=1e-4)
    assert {"class accuracy", "class weighted F1", "class macro F1", "class loss"} == set(kept["figures"])
    losses = [
        [e.validation["class"]["loss"] for e in fold.events() if isinstance(e, EpochDone)] for fold in folder.folds()
    ]
    curve = kept["curves"]["validation class loss"]
    assert curve["epochs"] == [1, 2, 3]
    assert curve["folds"] == [3, 3, 3]
    assert curve["mean"] == pytest.approx([statistics.fmean(each) for each in zip(*losses, strict=True)])
    assert curve["deviation"] == pytest.approx([statistics.stdev(each) for each in zip(*losses, strict=True)])
    best = [losses[number][epoch] for number, epoch in enumerate(kept["best_epochs"])]
    assert kept["figures"]["class loss"]["values"] == pytest.approx(best)


def test_to_listeners_it_is_one_training(folded: RunResult, heard: list[Event]) -> None:
    assert [event.run for event in heard if isinstance(event, Prepared)] == [str(folded.folder)] * 3
    (end,) = (event for event in heard if isinstance(event, Finished))
    assert end.run == str(folded.folder)
    assert heard[-1] is end


def test_it_is_one_run_among_the_others_with_a_page_of_its_own(folded: RunResult, folder: Path) -> None:
    (run,) = list_runs(folder / "home" / "runs")
    assert run.path == folded.folder
    (listed,) = history(folder / "home" / "runs")
    assert (listed.state, listed.recipe) == (RunState.FINISHED, "tiny")
    assert not listed.has_checkpoint
    assert not listed.has_outputs
    page = run.report.read_text(encoding="utf-8")
    assert "3 folds, 24 photos, each held out once" in page
    assert page.count("<svg") == 1
    run.report.unlink()
    shown = CliRunner().invoke(runs, ["show", str(run.path), "--page"], catch_exceptions=False)
    assert "class accuracy" in shown.output
    assert run.report.read_text(encoding="utf-8") == page


CHILD = """
import os, signal, sys
from pathlib import Path
from trainer.config import load_config
from trainer.events import EpochDone
from trainer.folds.running import train_folds

epochs = []

def kill(event):
    epochs.append(isinstance(event, EpochDone))
    if sum(epochs) == 5:  # in the second fold
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
train_folds(
    load_config(folder / "config.json"), 3, data=folder / "photos", home=folder / "killed", on_event=kill, device="cpu",
    save_every_s=0.0,
)
"""


def test_killed_in_the_second_fold_it_keeps_the_first_and_ends_alike(folder: Path, folded: RunResult) -> None:
    command = [sys.executable, "-W", "ignore", "-c", CHILD, str(folder)]
    killed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (run,) = list_runs(folder / "killed" / "runs")
    assert run.status is not None
    assert run.status.state is RunState.INTERRUPTED
    first, second, third = FoldsFolder(run).folds()
    before = first.events_file.read_bytes()
    assert second.status is not None
    assert second.status.state is RunState.INTERRUPTED
    assert third.status is None
    heard: list[Event] = []
    result = resume_folds(run.path, home=folder / "killed", on_event=heard.append, device="cpu", with_report=False)
    assert result.state is RunState.FINISHED
    assert first.events_file.read_bytes() == before
    assert sum(isinstance(event, EpochDone) for event in heard) == 5  # two of the second fold, three of the third
    assert result.metrics == folded.metrics
    with pytest.raises(TrainingError, match="is finished"):
        resume_folds(run.path, home=folder / "killed", on_event=heard.append)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(train, [str(argument) for argument in arguments], catch_exceptions=True)


def test_ctrl_c_ends_it_in_order_and_resume_goes_on(folder: Path, library_home: Path) -> None:
    epochs: list[Event] = []
    heard: list[Event] = []

    def interrupt(event: Event) -> None:
        heard.append(event)
        if isinstance(event, EpochDone):
            epochs.append(event)
        if isinstance(event, EpochDone) and len(epochs) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    config = tiny_config(folder / "tiny", phases=PHASES)
    shared = {"data": folder / "photos", "home": library_home, "device": "cpu"}
    stopped = train_folds(config, 2, **shared, on_event=interrupt, name="in two")
    assert stopped.state is RunState.CANCELLED
    assert isinstance(heard[-1], Cancelled)
    assert heard[-1].has_checkpoint  # of the fold that was interrupted
    assert signal.getsignal(signal.SIGINT) is before
    done = run("--resume", "in two", "--no-report", "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert "±" in done.stdout
    assert str(stopped.folder) in done.stdout


def test_where_classes_are_held_out_each_class_is_so_once(tmp_path: Path, library_home: Path) -> None:
    """In a recipe for classes that nobody has shown it, a fold is judged by some of them."""
    photos = write_drawn(tmp_path / "photos", each=6)
    config = projection_config(phases=[{"name": "projection", "epochs": 2, "lr": 2e-3}])
    done = train_folds(config, 3, data=photos, home=library_home, device="cpu", on_event=lambda event: None)
    folder = FoldsFolder(RunFolder(done.folder))
    classes = [ClassSplit.read(fold.path / "unseen.json") for fold in folder.folds()]
    unseen = Counter(fine for each in classes for fine in each.unseen)
    assert set(unseen) == {f"{color} {shape}" for color in COLORS for shape in SHAPES}
    assert set(unseen.values()) == {1}
    for fold, split in zip(folder.folds(), classes, strict=True):
        dataset = Dataset.read(fold.data)
        assert {each.labels["class"] for each in dataset.of(Split.TEST)} == set(split.unseen)
        assert {each.labels["class"] for each in dataset.of(Split.TRAIN)} <= set(split.seen)
    kept = json.loads(folder.file.read_text(encoding="utf-8"))
    assert sum(kept["photos"]) == 6 * len(COLORS) * len(SHAPES)
    values = [fold.status.metrics["unseen MAP@R"] for fold in folder.folds() if fold.status is not None]
    assert kept["figures"]["unseen MAP@R"]["mean"] == pytest.approx(statistics.fmean(values))
    page = folder.run.report.read_text(encoding="utf-8")
    assert "3 folds, 108 photos, each of a class that was held out once: unseen R@1" in page
    assert "without the classes that it is judged by" in page


def test_photos_of_a_test_stay_out_of_all_folds(folder: Path, tmp_path: Path, library_home: Path) -> None:
    labels = write_labels(tmp_path / "labelled")
    shared = ["--config", folder / "config.json", "--device", "cpu", "--no-report", "--set", "phases.all.epochs=1"]
    done = run("--data", labels, *shared, "--folds", 2)
    assert done.exit_code == 0, done.output
    (parent,) = list_runs(library_home / "runs")
    assert is_folds(parent.path)
    for fold in FoldsFolder(parent).folds():
        dataset = Dataset.read(fold.data)
        assert {each.path.stem for each in dataset.of(Split.TEST)} == {"4", "7"}
        assert not fold.outputs("test").exists()  # and nobody has looked at them
    assert "shape accuracy" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--recipe", "starter"], "does not learn from labelled photos that can be divided"),
        (["--recipe", "clip-projection", "--folds", "9"], "too few for 9 folds"),
        (["--recipe", "starter-finetune", "--set", "weights=some/run"], "photos that a fold holds out"),
        (["--processes", "2"], "one process"),
        (["--folds", "9"], "No label has 9 photos"),
    ],
)
def test_what_cannot_be_done_in_folds_is_said(
    arguments: list[str], said: str, folder: Path, library_home: Path
) -> None:
    done = run("--data", folder / "photos", "--folds", 3, "--device", "cpu", *arguments)
    assert isinstance(done.exception, RecollectError), done.output
    assert said in str(done.exception)
    assert done.exception.remedy
