"""A teacher: what is learned from its answers, in its own labels, size and normalisation."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from core.errors import TrainingError
from core.models.taggers.config import IMAGENET_MEAN, IMAGENET_STD, PreprocessingConfig
from tests.trainer.tiny_training import EDGE_PX, tiny_config, write_backbone, write_labels
from trainer.config import LossConfig
from trainer.data.examples import Dataset, Example
from trainer.finetune.distillation import Teacher, load_networks
from trainer.finetune.networks import new_network
from trainer.finetune.train import train

CPU = torch.device("cpu")
PREPROCESSING = PreprocessingConfig(height_px=EDGE_PX, width_px=EDGE_PX)
LABELS = ("cat", "dog", "owl")


def network_of(tmp_path: Path, labels: tuple[str, ...] = LABELS, **changes: object):
    examples = [Example(Path(label), label, {"class": label}) for label in labels]
    torch.manual_seed(5)
    config = tiny_config(write_backbone(tmp_path / "backbone"), **changes)
    return new_network(config, Dataset(tuple(examples)), "", tmp_path)


def test_one_that_agrees_has_nothing_to_teach(tmp_path: Path) -> None:
    network, checkpoint = network_of(tmp_path)
    teacher = Teacher([(network, checkpoint)], {"class": LABELS}, PREPROCESSING, CPU, 2.0)
    pixels = torch.randn(4, 3, EDGE_PX, EDGE_PX)
    logits = {head: values.clone().requires_grad_() for head, values in network(pixels).items()}
    loss = teacher.loss(pixels, logits, LossConfig())
    assert loss.item() == pytest.approx(0.0, abs=1e-6)
    other = {"class": torch.randn(4, 3, requires_grad=True)}
    taught = teacher.loss(pixels, other, LossConfig(class_weight=3.0))
    expected = functional.kl_div(
        functional.log_softmax(other["class"] / 2, 1),
        functional.softmax(network(pixels)["class"] / 2, 1),
        reduction="batchmean",
    )
    assert taught.item() == pytest.approx(3 * 4 * expected.item(), rel=1e-5)
    taught.backward()
    assert other["class"].grad is not None
    assert all(parameter.grad is None for parameter in network.parameters())


def test_labels_are_matched_by_name_whatever_their_order(tmp_path: Path) -> None:
    network, checkpoint = network_of(tmp_path)
    order = ("owl", "bat", "cat")
    teacher = Teacher([(network, checkpoint)], {"class": order, "color": ("red",)}, PREPROCESSING, CPU, 1.0)
    pixels = torch.randn(2, 3, EDGE_PX, EDGE_PX)
    answers = network(pixels)["class"]
    logits = torch.stack([answers[:, 2], torch.full((2,), 9.0), answers[:, 0]], dim=1)
    assert teacher.loss(pixels, {"class": logits}, LossConfig()).item() == pytest.approx(0.0, abs=1e-6)


def test_the_teacher_sees_its_own_size_and_normalisation(tmp_path: Path) -> None:
    network, checkpoint = network_of(tmp_path)
    student = PreprocessingConfig(height_px=64, width_px=64, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    teacher = Teacher([(network, checkpoint)], {"class": LABELS}, student, CPU, 1.0)
    pixels = torch.rand(2, 3, 64, 64)
    small = functional.interpolate(pixels, size=(EDGE_PX, EDGE_PX), mode="bilinear", antialias=True)
    mean, std = (torch.tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))
    seen = network((small - mean) / std)
    assert teacher.loss(pixels, seen, LossConfig()).item() == pytest.approx(0.0, abs=1e-6)
    assert teacher.loss(pixels, network(small), LossConfig()).item() > 1e-5


def test_a_teacher_of_other_things_is_refused(tmp_path: Path) -> None:
    network, checkpoint = network_of(tmp_path)
    with pytest.raises(TrainingError, match="none of the labels"):
        Teacher([(network, checkpoint)], {"class": ("bread", "salt")}, PREPROCESSING, CPU, 1.0)
    with pytest.raises(TrainingError, match="neither a run"):
        load_networks(tmp_path / "nowhere")


def test_a_student_is_trained_from_a_run(tmp_path: Path) -> None:
    labels, backbone = write_labels(tmp_path / "photos"), write_backbone(tmp_path / "tiny")
    shared = {"data": labels, "home": tmp_path / "home", "on_event": lambda event: None, "device": "cpu"}
    phases = [{"name": "all", "epochs": 1, "backbone_lr": 1e-3, "head_lr": 1e-3}]
    first = train(tiny_config(backbone, phases=phases), with_report=False, **shared)
    alone, taught = (
        train(tiny_config(backbone, phases=phases, seed=3, **changes), with_report=False, **shared)
        for changes in ({}, {"teacher": str(first.folder), "distillation": {"alpha": 0.9, "temperature": 3.0}})
    )
    weights = [load_file(run.folder / "checkpoint" / "weights.safetensors") for run in (alone, taught)]
    assert not all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
