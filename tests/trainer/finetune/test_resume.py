"""A training that is killed and goes on ends with the very same network as one that nobody disturbed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.errors import TrainingError
from tests.trainer.tiny_training import tiny_config, write_backbone, write_labels
from trainer.events import EpochDone, Event, StepDone, from_line
from trainer.finetune.checkpoint import load_state
from trainer.finetune.train import RunResult, resume, train
from trainer.runs.run_folder import RunFolder, RunState, list_runs

REPOSITORY = Path(__file__).resolve().parents[3]
PHASES = [
    {"name": "heads", "epochs": 3, "backbone_lr": 0.0, "head_lr": 1e-2},
    {"name": "all", "epochs": 9, "backbone_lr": 3e-3, "head_lr": 1e-2, "layer_decay": 0.8, "warmup_epochs": 2},
]

# Every step is saved: a kill then falls into the middle of an epoch, or into the writing itself.
CHILD = """
import sys
from pathlib import Path
from trainer.config import load_config
from trainer.events import to_line
from trainer.finetune.train import resume, train

def show(event):
    print(to_line(event), flush=True)

folder, run = Path(sys.argv[1]), sys.argv[2:]
shared = dict(home=folder / "home", on_event=show, device="cpu", save_every_s=0.0, with_report=False)
if run:
    resume(Path(run[0]), **shared)
else:
    train(load_config(folder / "config.json"), data=folder / "photos" / "labels.csv", **shared)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resumed")
    write_labels(folder / "photos")
    config = tiny_config(write_backbone(folder / "tiny"), phases=PHASES)
    (folder / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> RunResult:
    config = tiny_config(folder / "tiny", phases=PHASES)
    labels, home = folder / "photos" / "labels.csv", folder / "home"
    return train(config, data=labels, home=home, on_event=lambda event: None, device="cpu", with_report=False)


@contextmanager
def child(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], Iterator[Event]]]:
    """A training in a process of its own, and what it tells."""
    command = [sys.executable, "-W", "ignore", "-c", CHILD, *map(str, arguments)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, (event for line in process.stdout if (event := from_line(line)) is not None)
        finally:
            process.kill()


def epochs_of(folder: Path) -> list[int]:
    return [event.epoch for event in RunFolder(folder).events() if isinstance(event, EpochDone)]


def same_weights(first: Path, second: Path) -> bool:
    one, other = (load_file(path / "checkpoint" / "weights.safetensors") for path in (first, second))
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_killed_again_and_again_it_ends_as_if_nobody_had_disturbed_it(folder: Path, undisturbed: RunResult) -> None:
    runs, before = folder / "home" / "runs", {run.path for run in list_runs(folder / "home" / "runs")}
    with child(folder) as (process, events):  # in the middle of the first epoch, before there is anything to keep
        next(event for event in events if isinstance(event, StepDone))
        process.send_signal(signal.SIGKILL)
        process.wait()
    (run,) = {run.path for run in list_runs(runs)} - before
    status = RunFolder(run).status
    assert status is not None
    assert status.state is RunState.INTERRUPTED
    for epoch in (2, 5):  # just after the last epoch of a phase, and in the other phase
        with child(folder, run) as (process, events):
            next(event for event in events if isinstance(event, EpochDone) and event.epoch == epoch)
            process.send_signal(signal.SIGKILL)
            process.wait()
    result = resume(run, home=folder / "home", on_event=lambda event: None, device="cpu", with_report=False)
    assert result.state is RunState.FINISHED
    assert sorted(set(epochs_of(run))) == list(range(12))
    assert same_weights(result.folder, undisturbed.folder)
    assert result.metrics == undisturbed.metrics


def test_sigterm_ends_it_in_order_and_it_can_still_go_on(folder: Path, undisturbed: RunResult) -> None:
    runs, before = folder / "home" / "runs", {run.path for run in list_runs(folder / "home" / "runs")}
    with child(folder) as (process, events):
        next(event for event in events if isinstance(event, EpochDone) and event.epoch == 1)
        process.send_signal(signal.SIGTERM)
        list(events)
        assert process.wait() == 0
    (run,) = {run.path for run in list_runs(runs)} - before
    status = RunFolder(run).status
    assert status is not None
    assert status.state is RunState.CANCELLED
    assert (run / "checkpoint" / "weights.safetensors").is_file()
    assert status.metrics
    result = resume(run, home=folder / "home", on_event=lambda event: None, device="cpu", with_report=False)
    assert same_weights(result.folder, undisturbed.folder)


def test_what_cannot_be_resumed_is_said(folder: Path, undisturbed: RunResult, tmp_path: Path) -> None:
    for path, said in ((undisturbed.folder, "is finished"), (tmp_path, "is no run")):
        with pytest.raises(TrainingError, match=said):
            resume(path, home=folder / "home", on_event=lambda event: None)


def test_a_state_that_is_damaged_or_of_another_training_is_refused(tmp_path: Path) -> None:
    from trainer.finetune.checkpoint import Position, save_state

    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    save_state(tmp_path, Position(epoch=3, best_score=0.5), layer, optimizer, None, "one")
    state = load_state(tmp_path, "one")
    assert state is not None
    assert (state.position.epoch, state.position.best_score) == (3, 0.5)
    again = torch.nn.Linear(2, 2)
    other = torch.optim.AdamW(again.parameters())
    state.load_network(again)
    state.load_rest(other, None)
    for trained, steps in ((layer, optimizer), (again, other)):
        trained(torch.ones(1, 2)).sum().backward()
        steps.step()
    # The first one had gradients left over from before: only what the state holds is compared.
    assert other.state_dict()["state"][0]["step"] == optimizer.state_dict()["state"][0]["step"]
    with pytest.raises(TrainingError, match="have changed"):
        load_state(tmp_path, "two")
    (tmp_path / "state.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(TrainingError, match="cannot be read"):
        load_state(tmp_path, "one")
    assert load_state(tmp_path / "nowhere", "one") is None
