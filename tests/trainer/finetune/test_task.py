"""What is no tagger goes through the same loop: phases of its own, a configuration of its own, an end of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from core.errors import TrainingError
from core.paths import LibraryPaths
from tests.trainer.tiny_task import (
    KILLED_AT,
    TIER,
    Points,
    Regression,
    RegressionConfig,
    RegressionTask,
    ignore,
    regression_config,
    write_points,
)
from trainer.config import CONFIGS, TrainConfig, load_config
from trainer.control import ask_to_cancel
from trainer.events import EpochDone, Event, Finished, PhaseStarted, Prepared, StepDone, Warned
from trainer.finetune.checkpoint import load_state
from trainer.finetune.estimate import Clock, Measured, measure
from trainer.finetune.rehearsal import rehearse
from trainer.finetune.run import RunResult
from trainer.finetune.tiers import TIERS
from trainer.finetune.train import resume, train
from trainer.overrides import with_overrides
from trainer.progress_display import Display
from trainer.runs.run_folder import RunFolder, RunState, list_runs

REPOSITORY = Path(__file__).resolve().parents[3]
CPU = torch.device("cpu")

# Every step is saved; the process kills itself at the place that its environment names.
CHILD = """
import sys
from pathlib import Path
from tests.trainer.tiny_task import ignore, plug_in
from trainer.config import load_config
from trainer.finetune.train import resume, train

plug_in()
folder, run = Path(sys.argv[1]), sys.argv[2:]
shared = dict(home=folder / "home", on_event=ignore, device="cpu", save_every_s=0.0)
if run:
    resume(Path(run[0]), **shared)
else:
    train(load_config(folder / "config.json"), data=folder / "points.json", **shared)
"""


@pytest.fixture(autouse=True)
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIGS, TIER, RegressionConfig)
    monkeypatch.setitem(TIERS, TIER, Regression)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_points(tmp_path / "points.json")
    (tmp_path / "config.json").write_text(regression_config().model_dump_json(), encoding="utf-8")
    return tmp_path


def trained(folder: Path, config: RegressionConfig, events: list[Event] | None = None) -> RunResult:
    listener = ignore if events is None else events.append
    return train(config, data=folder / "points.json", home=folder / "home", on_event=listener, device="cpu")


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "checkpoint" / "weights.safetensors")


def test_it_learns_and_its_run_tells_its_way(folder: Path) -> None:
    events: list[Event] = []
    result = trained(folder, regression_config(), events)
    assert result.state is RunState.FINISHED
    assert result.metrics["slope"] == pytest.approx(2.0, abs=0.5)
    prepared = next(event for event in events if isinstance(event, Prepared))
    assert prepared.data["photos"] == 24
    assert prepared.parameters == 5
    assert [event.name for event in events if isinstance(event, PhaseStarted)] == ["few", "many", "slopes"]
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in epochs] == list(range(9))
    assert set(epochs[0].train) == {"loss", "root loss"}
    assert epochs[-1].validation["line"]["error"] < epochs[0].validation["line"]["error"]
    assert any(isinstance(event, Warned) for event in events)
    assert isinstance(events[-1], Finished)
    status = RunFolder(result.folder).status
    assert status is not None
    assert (status.state, dict(status.metrics)) == (RunState.FINISHED, result.metrics)


def test_phases_have_steps_of_their_own(folder: Path) -> None:
    events: list[Event] = []
    trained(folder, regression_config(), events)
    ends = {event.epoch: event.step for event in events if isinstance(event, StepDone)}
    assert [ends[epoch] for epoch in range(9)] == [6, 12, 18, 21, 24, 27, 30, 36, 42]
    assert {event.total for event in events if isinstance(event, StepDone)} == {42}
    clock = Clock(regression_config(), (6, 3, 6), Measured({"full": 2.0}, 0.0), 0)
    assert clock.left_s(0, 0) - clock.left_s(1, 0) == pytest.approx(18 * 2.0)
    assert clock.left_s(1, 0) - clock.left_s(1, 5) == pytest.approx(5 * 2.0)


def test_killed_again_and_again_it_ends_as_if_nobody_had_disturbed_it(folder: Path) -> None:
    undisturbed = trained(folder, regression_config())
    before = {run.path for run in list_runs(folder / "home" / "runs")}
    run: list[Path] = []
    for place in ("0,1,4", "1,3,1", "2,7,0"):  # within an epoch, at another phase's start, where a part is frozen
        command = [sys.executable, "-W", "ignore", "-c", CHILD, str(folder), *map(str, run)]
        done = subprocess.run(command, cwd=REPOSITORY, env={**os.environ, KILLED_AT: place}, check=False)
        assert done.returncode == -signal.SIGKILL
        run = [each.path for each in list_runs(folder / "home" / "runs") if each.path not in before]
        status = RunFolder(run[0]).status
        assert status is not None
        assert status.state is RunState.INTERRUPTED
    (path,) = run
    result = resume(path, home=folder / "home", on_event=ignore, device="cpu")
    assert result.state is RunState.FINISHED
    assert result.metrics == undisturbed.metrics
    one, other = weights(path), weights(undisturbed.folder)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert load_state(RunFolder(path).state, "whatever it was") is None  # a finished run needs none


def test_cancelled_it_keeps_the_best_and_its_state(folder: Path) -> None:
    events: list[Event] = []

    def cancel_in_the_second_phase(event: Event) -> None:
        events.append(event)
        if isinstance(event, PhaseStarted) and event.name == "many":
            prepared = next(event for event in events if isinstance(event, Prepared))
            ask_to_cancel(RunFolder(Path(prepared.run)).control)

    shared = {"home": folder / "home", "device": "cpu"}
    phases = [phase.model_dump() for phase in regression_config().phases]
    phases[1]["epochs"] = 3000  # the control file is looked at now and then
    long = regression_config(phases=phases)
    result = train(long, data=folder / "points.json", on_event=cancel_in_the_second_phase, **shared)
    assert result.state is RunState.CANCELLED
    assert weights(result.folder).keys() == {"weight", "bias"}
    assert [path.name for path in RunFolder(result.folder).state.iterdir()] == ["state.safetensors"]


def test_measuring_leaves_the_task_as_it_is(tmp_path: Path) -> None:
    torch.manual_seed(0)
    points = Points(torch.randn(24, 4), torch.randn(24))
    task = RegressionTask(regression_config(precision="auto"), nn.Linear(4, 1), points, tmp_path)
    before = {name: value.clone() for name, value in task.network.state_dict().items()}
    state = torch.get_rng_state()
    precision, measured = measure(task, CPU, tmp_path / "calibration.json", remember=False)
    assert precision in ("float32", "bfloat16")
    assert measured.by_kind.keys() == {"full"}
    assert measured.by_kind["full"] > 0
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], value) for name, value in task.network.state_dict().items())
    assert all(parameter.grad is None for parameter in task.network.parameters())


def test_its_configuration_is_of_its_own_class(folder: Path) -> None:
    config = load_config(folder / "config.json")
    assert config == regression_config()
    changed = with_overrides(config, ["phases.many.lr=0.5", "noise=0"])
    assert isinstance(changed, RegressionConfig)
    assert (changed.phases[1].lr, changed.noise) == (0.5, 0.0)
    with pytest.raises(TrainingError, match="no setting `image_px`"):
        with_overrides(config, ["image_px=96"])
    with pytest.raises(TrainingError, match="`tier`"):
        with_overrides(TrainConfig(recipe="r", tier="teach"), ["tier=dream"])


def test_what_comes_apart_names_a_rate_that_it_has(folder: Path) -> None:
    wild = regression_config(phases=[{"name": "wild", "epochs": 50, "lr": 1e30}], gradient_clip=None, ema_decay=None)
    with pytest.raises(TrainingError, match="come apart") as raised:
        trained(folder, wild)
    assert "phases.0.lr=" in raised.value.remedy


def test_it_is_rehearsed(folder: Path) -> None:
    paths = LibraryPaths(folder / "home")
    found = rehearse(regression_config(), data=folder / "points.json", home=paths.home, device="cpu")
    assert (found.parameters, found.precision) == (5, "float32")
    with pytest.raises(TrainingError, match="no points"):
        rehearse(regression_config(), data=folder / "nothing.json", home=paths.home, device="cpu")


def test_its_epochs_are_shown_with_what_they_measure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Display() as display:
        train(
            regression_config(), data=folder / "points.json", home=folder / "home", on_event=display.show, device="cpu"
        )
    assert "line error" in capsys.readouterr().err
