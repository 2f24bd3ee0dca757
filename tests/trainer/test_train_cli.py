"""`recollect train` from the outside: what it prints, what it leaves behind, and how it says no."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.errors import LabelFileError, RecollectError
from core.paths import HOME_VARIABLE
from tests.trainer.tiny_training import tiny_config, write_backbone, write_labels
from trainer.events import EpochDone, Failed, Finished, Prepared, from_line
from trainer.runs.run_folder import RunFolder, RunState, list_runs
from trainer.train_cli import train

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(tiny_config(write_backbone(tmp_path / "tiny")).model_dump_json(), encoding="utf-8")
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return write_labels(tmp_path / "photos")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(train, [str(argument) for argument in arguments], catch_exceptions=True)


def test_recipes_are_listed_for_people_and_for_programs() -> None:
    text = run("--list-recipes").output
    assert "starter-finetune (default)" in text
    assert "When:" in text
    documents = json.loads(run("--list-recipes", "--json").stdout)
    assert {"teach", "deit-tiny-two-phase", "mobilevit-xxs-balanced"} <= {each["name"] for each in documents}
    assert documents[1]["config"]["backbone"] == "starter"


def test_events_come_as_json_lines(config_file: Path, labels: Path, library_home: Path) -> None:
    done = run(
        "--data", labels, "--config", config_file, "--name", "my run", "--json", "--no-report", "--device", "cpu"
    )
    assert done.exit_code == 0, done.output
    events = [from_line(line) for line in done.stdout.splitlines()]
    assert None not in events
    assert isinstance(events[-1], Finished)
    assert sum(isinstance(event, EpochDone) for event in events) == 4
    (folder,) = list_runs(library_home / "runs")
    assert events[-1].run == str(folder.path)
    assert folder.status is not None
    assert folder.status.name == "my run"


def test_the_encoding_of_a_table_is_named(config_file: Path, labels: Path, library_home: Path) -> None:
    text = labels.read_text(encoding="utf-8").replace(",red,", ",赤,")
    labels.write_bytes(text.encode("shift_jis"))
    shared = ["--data", labels, "--config", config_file, "--dry-run", "--json", "--device", "cpu"]
    named = run(*shared, "--encoding", "shift_jis")
    assert named.exit_code == 0, named.output
    assert "赤" in json.loads(named.stdout)["data"]["heads"]["class"]
    guessed = json.loads(run(*shared).stdout)["data"]
    assert "赤" not in guessed["heads"]["class"]
    assert any("--encoding" in warning for warning in guessed["warnings"])
    refused = run(*shared, "--encoding", "none-such")
    assert isinstance(refused.exception, RecollectError)


def test_people_see_epochs_and_figures(config_file: Path, labels: Path, tmp_path: Path) -> None:
    arguments = ["--data", labels, "--config", config_file, "--no-report", "--device", "cpu", "--seed", 4]
    done = run(*arguments, "--run-dir", tmp_path / "here", "--set", "phases.all.epochs=1", "--set", "phases.0.epochs=0")
    assert done.exit_code == 0, done.output
    assert "epoch 1/1" in done.output
    assert "class accuracy" in done.output
    (folder,) = list_runs(tmp_path / "here")
    assert json.loads(folder.config.read_text())["seed"] == 4


def test_a_dry_run_says_everything_and_leaves_nothing(config_file: Path, labels: Path, library_home: Path) -> None:
    done = run("--data", labels, "--config", config_file, "--dry-run", "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["recipe"] == "tiny"
    assert "24 photos (12 train, 6 validation, 6 test)" in done.stderr
    assert "will take about" in done.stderr
    assert not list(library_home.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "nowhere"], "nowhere"),
        (["--data", "nowhere", "--recipe", "starter-finetun"], "Did you mean starter-finetune"),
        (["--data", "nowhere", "--set", "loss.smoothing=1"], "loss.label_smoothing"),
        (["--resume", "nowhere"], "no run nowhere"),
        (["--data", "nowhere", "--teacher", "nobody"], "no run nobody"),
        (["--data", "nowhere", "--config", "nowhere.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_a_remedy(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, RecollectError)
    assert said in str(done.exception)
    assert done.exception.remedy


@pytest.mark.parametrize("more", [(), ("--folds", 2), ("--run-dir", "runs")])
def test_data_that_are_not_there_leave_no_run_behind(
    more: tuple[object, ...], library_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("--data", "nowhere", "--json", *more)
    assert isinstance(done.exception, LabelFileError)
    (told,) = [from_line(line) for line in done.stdout.splitlines()]
    assert isinstance(told, Failed)
    assert told.message == f"There is no {tmp_path / 'nowhere'}."
    assert list_runs(library_home / "runs") == list_runs(tmp_path / "runs") == []


def test_without_data_it_says_what_is_missing() -> None:
    done = run()
    assert done.exit_code == 2
    assert "--data" in done.output


def test_two_processes_train_one_network(config_file: Path, labels: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trainer.train_cli", "--data", str(labels), "--config", str(config_file)]
    options = ["--processes", "2", "--device", "cpu", "--no-report", "--json", "--run-dir", str(tmp_path / "runs")]
    environment = {**os.environ, HOME_VARIABLE: str(tmp_path / "home")}
    done = subprocess.run(
        [*command, *options], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    events = [from_line(line) for line in done.stdout.splitlines()]
    assert sum(isinstance(event, Prepared) for event in events) == 1  # one of the two speaks
    assert sum(isinstance(event, EpochDone) for event in events) == 4
    (folder,) = list_runs(tmp_path / "runs")
    assert isinstance(folder, RunFolder)
    assert folder.status is not None
    assert folder.status.state is RunState.FINISHED
    assert folder.status.metrics
