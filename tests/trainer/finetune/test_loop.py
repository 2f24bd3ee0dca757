"""Whole small trainings: they learn, they repeat, and however they end, their folder says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.errors import ModelMissingError, RecollectError, TrainingError
from core.models.taggers.checkpoint import load_network
from core.models.taggers.config import read_checkpoint_config
from tests.trainer.tiny_training import COLORS, tiny_config, write_backbone, write_labels, write_photos
from trainer.config import TrainConfig
from trainer.control import ask_to_cancel
from trainer.data.examples import Dataset
from trainer.events import BestFound, Cancelled, EpochDone, Event, Failed, Finished, PhaseStarted, Prepared, StepDone
from trainer.finetune.train import RunResult, train
from trainer.report.outputs import load_outputs
from trainer.runs.run_folder import RunFolder, RunState


@dataclass
class Place:
    """Where the trainings of a test happen."""

    home: Path
    photos: Path
    labels: Path
    backbone: Path

    def train(self, config: TrainConfig, on_event: Callable[[Event], None] = lambda event: None) -> RunResult:
        return train(config, data=self.labels, home=self.home, on_event=on_event, device="cpu", with_report=False)

    def config(self, **changes: object) -> TrainConfig:
        return tiny_config(self.backbone).changed(**changes)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("training")
    return Place(folder / "home", folder / "photos", write_labels(folder / "photos"), write_backbone(folder / "tiny"))


def weights(result: RunResult) -> dict[str, torch.Tensor]:
    return load_file(result.folder / "checkpoint" / "weights.safetensors")


@pytest.fixture(scope="module")
def finished(place: Place) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    return place.train(place.config(), events.append), events


def test_a_run_tells_its_way_from_the_data_to_the_end(finished: tuple[RunResult, list[Event]]) -> None:
    result, events = finished
    kinds = [type(event) for event in events]
    assert [event for event in kinds if event in (Prepared, PhaseStarted, Finished)] == [
        Prepared,
        PhaseStarted,
        PhaseStarted,
        Finished,
    ]
    prepared = next(event for event in events if isinstance(event, Prepared))
    assert prepared.data["splits"] == {"train": 12, "validation": 6, "test": 6}
    assert prepared.estimate_s is not None
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in epochs] == [0, 1, 2, 3]
    assert set(epochs[0].validation) == {"class", "shape"}
    assert set(epochs[0].train) == {"loss", "class loss", "shape loss"}
    steps = [event for event in events if isinstance(event, StepDone)]
    assert steps[-1].step == steps[-1].total == 12
    best = [event for event in events if isinstance(event, BestFound)][-1]
    assert best.score == max(event.score for event in epochs)
    told = list(RunFolder(result.folder).events())
    assert [type(event) for event in told] == kinds


def test_the_folder_of_a_finished_run_is_complete(finished: tuple[RunResult, list[Event]], place: Place) -> None:
    folder = RunFolder(finished[0].folder)
    assert folder.status is not None
    assert folder.status.state is RunState.FINISHED
    assert folder.status.metrics == finished[0].metrics
    assert {"class accuracy", "class weighted F1", "shape accuracy"} <= set(finished[0].metrics)
    assert TrainConfig.model_validate_json(folder.config.read_text()) == place.config()
    assert len(Dataset.read(folder.data).examples) == 24
    assert not list(folder.state.glob("*"))
    metrics = json.loads(folder.metrics.read_text())
    assert metrics["test"]["heads"]["class"]["n"] == 6
    assert metrics["cost"]["parameters"] > 0
    config = read_checkpoint_config(folder.checkpoint)
    assert config.metrics == finished[0].metrics
    assert config.trained.recipe == "tiny"  # type: ignore[union-attr]


def test_the_outputs_are_what_the_checkpoint_says(finished: tuple[RunResult, list[Event]]) -> None:
    folder = RunFolder(finished[0].folder)
    outputs, (network, config) = load_outputs(folder.outputs("test")), load_network(folder.checkpoint)
    with torch.inference_mode():
        answers = network.from_features(torch.from_numpy(outputs.features))
    for head, values in answers.items():
        np.testing.assert_allclose(values.numpy(), outputs.heads[head].logits, rtol=1e-4, atol=1e-5)
        assert config.heads[head].temperature == outputs.temperature(head)
        assert config.heads[head].threshold == outputs.thresholds[head]
    assert (outputs.heads["shape"].targets == -1).sum() == sum(
        "shape" not in example.labels for example in Dataset.read(folder.data).examples if example.split == "test"
    )


def test_the_same_configuration_gives_the_same_network(finished: tuple[RunResult, list[Event]], place: Place) -> None:
    again = place.train(place.config())
    first, second = weights(finished[0]), weights(again)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = weights(place.train(place.config(seed=1)))
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_it_learns_what_can_be_learned(place: Place, tmp_path: Path) -> None:
    phases = [{"name": "all", "epochs": 30, "backbone_lr": 3e-3, "head_lr": 1e-2, "warmup_epochs": 2}]
    losses: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, EpochDone):
            losses.append(event.train["class loss"])

    config = place.config(phases=phases, heads=["class"], ema_decay=None, augmentation={"flip": 0.5})
    more = write_photos(tmp_path / "photos", 20)
    result = train(
        config, data=more, home=place.home, on_event=note, device="cpu", with_report=False
    )  # fmt: skip
    assert losses[-1] < 0.4 * losses[0]
    assert result.metrics["class accuracy"] >= 0.8  # one in three by guessing


def test_a_frozen_backbone_stays_as_it_was(place: Place) -> None:
    phases = [{"name": "heads", "epochs": 2, "backbone_lr": 0.0, "head_lr": 1e-2}]
    one, two = (weights(place.train(place.config(phases=phases[:1], head_dropout=drop))) for drop in (0.0, 0.5))
    backbone = [name for name in one if name.startswith("backbone.")]
    assert backbone
    assert all(torch.equal(one[name], two[name]) for name in backbone)
    assert not all(torch.equal(one[name], two[name]) for name in one)


def test_a_phase_ends_early_when_it_no_longer_gets_better(place: Place) -> None:
    epochs: list[EpochDone] = []
    phases = [
        {"name": "stuck", "epochs": 40, "backbone_lr": 0.0, "head_lr": 1e-12, "schedule": "constant"},
        {"name": "next", "epochs": 1, "backbone_lr": 1e-3, "head_lr": 1e-3},
    ]
    config = place.config(phases=phases, early_stopping_epochs=2)
    place.train(config, lambda event: epochs.append(event) if isinstance(event, EpochDone) else None)
    assert [event.phase for event in epochs] == ["stuck", "stuck", "stuck", "next"]


def test_a_cancelled_run_keeps_the_best_so_far(place: Place) -> None:
    events: list[Event] = []

    def cancel_after_two_epochs(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochDone) and event.epoch == 1:
            (run,) = {event.run for event in events if isinstance(event, Prepared)}
            ask_to_cancel(RunFolder(Path(run)).control)

    phases = [{"name": "all", "epochs": 5000, "backbone_lr": 1e-3, "head_lr": 1e-3}]
    result = place.train(place.config(phases=phases), cancel_after_two_epochs)
    assert result.state is RunState.CANCELLED
    folder = RunFolder(result.folder)
    assert folder.status is not None
    assert folder.status.state is RunState.CANCELLED
    assert isinstance(events[-1], Cancelled)
    assert events[-1].has_checkpoint
    load_network(folder.checkpoint)
    assert load_outputs(folder.outputs("validation")).heads["class"].known.all()


def test_a_network_that_comes_apart_is_a_failure_with_a_remedy(place: Place) -> None:
    events: list[Event] = []
    phases = [{"name": "all", "epochs": 20, "backbone_lr": 10.0, "head_lr": 10.0}]
    config = place.config(phases=phases, gradient_clip=None, weight_decay=1e30, ema_decay=None)
    with pytest.raises(RecollectError) as raised:
        place.train(config, events.append)
    assert raised.value.remedy
    failed = events[-1]
    assert isinstance(failed, Failed)
    run = next(Path(event.run) for event in events if isinstance(event, Prepared))
    status = RunFolder(run).status
    assert status is not None
    assert (status.state, status.message) == (RunState.FAILED, failed.message)


def test_what_cannot_be_trained_is_said_before_anything_is_done(place: Place, tmp_path: Path) -> None:
    def refused(data: Path, config: TrainConfig) -> RecollectError:
        with pytest.raises(RecollectError) as raised:
            train(config, data=data, home=tmp_path / "home", on_event=lambda event: None, device="cpu")
        return raised.value

    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty", place.config()).message
    assert "tell apart" in refused(write_photos(tmp_path / "one", 4, COLORS[:1]), place.config()).message
    assert "has size" not in refused(place.labels, place.config(heads=["size"])).message
    missing = refused(place.labels, place.config(backbone="deit-tiny", weights="pretrained"))
    assert isinstance(missing, ModelMissingError)
    assert isinstance(refused(place.labels, place.config(weights=str(tmp_path))), TrainingError)


def test_training_goes_on_from_an_earlier_run(finished: tuple[RunResult, list[Event]], place: Place) -> None:
    still = [{"name": "still", "epochs": 1, "backbone_lr": 0.0, "head_lr": 1e-12, "schedule": "constant"}]
    config = place.config(weights=str(finished[0].folder), phases=still, ema_decay=None)
    after, before = weights(place.train(config)), weights(finished[0])
    assert after.keys() == before.keys()
    for name in after:
        torch.testing.assert_close(after[name], before[name], rtol=1e-4, atol=1e-6)
