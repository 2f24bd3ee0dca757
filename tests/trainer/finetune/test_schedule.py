"""Learning rates: over the steps of a phase, and over the layers of a network. And the running mean of weights."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.trainer.tiny_training import EDGE_PX, tiny_config, write_backbone
from trainer.config import Phase
from trainer.data.examples import Dataset, Example
from trainer.finetune.ema import Ema
from trainer.finetune.networks import new_network
from trainer.finetune.optimizer import freeze_backbone, new_optimizer
from trainer.finetune.schedule import share_of_rate

PHASE = Phase(name="all", epochs=10, backbone_lr=1e-3, head_lr=1e-2, layer_decay=0.5, warmup_epochs=2)


def shares(phase: Phase, steps_per_epoch: int = 5) -> list[float]:
    return [share_of_rate(phase, step, steps_per_epoch) for step in range(phase.epochs * steps_per_epoch)]


def test_rates_rise_and_then_fall_to_nothing() -> None:
    found = shares(PHASE)
    assert all(before < after for before, after in pairwise(found[:11]))
    assert found[10] == 1.0
    assert all(before > after for before, after in pairwise(found[10:]))
    assert 0 < found[-1] < 0.01


def test_without_warm_up_the_cosine_begins_at_once_and_is_half_in_the_middle() -> None:
    found = shares(PHASE.model_copy(update={"warmup_epochs": 0.0}))
    assert found[0] == 1.0
    assert found[25] == pytest.approx(0.5)


def test_a_constant_rate_stays() -> None:
    assert set(shares(PHASE.model_copy(update={"schedule": "constant", "warmup_epochs": 0.0}))) == {1.0}


@pytest.fixture
def network(tmp_path: Path) -> torch.nn.Module:
    examples = [Example(Path(f"{number}"), str(number), {"class": "ab"[number % 2]}) for number in range(2)]
    config = tiny_config(write_backbone(tmp_path / "backbone"))
    made, _ = new_network(config, Dataset(tuple(examples)), "", tmp_path)
    return made


def test_layers_nearer_to_the_pixels_learn_more_slowly(network, tmp_path: Path) -> None:
    config = tiny_config(tmp_path, weight_decay=0.1)
    optimizer = new_optimizer(network, PHASE, config)
    rates = {group["name"]: group["lr"] for group in optimizer.param_groups}
    layers = [rates[f"backbone {depth}"] for depth in range(len(network.layer_groups()))]
    assert layers[-1] == PHASE.backbone_lr
    assert all(before * 2 == pytest.approx(after) for before, after in pairwise(layers))
    assert rates["heads"] == PHASE.head_lr
    taken = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    assert taken == {id(parameter) for parameter in network.parameters()}


def test_biases_and_norms_decay_only_where_the_recipe_wants_it(network, tmp_path: Path) -> None:
    some = new_optimizer(network, PHASE, tiny_config(tmp_path, weight_decay=0.1))
    for group in some.param_groups:
        vectors = {parameter.ndim <= 1 for parameter in group["params"]}
        assert vectors == {group["weight_decay"] == 0.0}
    every = new_optimizer(network, PHASE, tiny_config(tmp_path, weight_decay=0.1, decay_everything=True))
    assert {group["weight_decay"] for group in every.param_groups} == {0.1}


def test_a_frozen_backbone_takes_no_part(network, tmp_path: Path) -> None:
    frozen = PHASE.model_copy(update={"backbone_lr": 0.0})
    freeze_backbone(network, frozen=True)
    optimizer = new_optimizer(network, frozen, tiny_config(tmp_path))
    assert {group["name"] for group in optimizer.param_groups} == {"heads"}
    assert not network.backbone.training
    assert network.heads.training
    loss = sum(values.sum() for values in network(torch.rand(2, 3, EDGE_PX, EDGE_PX)).values())
    loss.backward()
    assert all(parameter.grad is None for parameter in network.backbone.parameters())
    assert all(parameter.grad is not None for parameter in network.heads.parameters())


def test_norms_over_the_batch_keep_what_weights_came_with_unless_nothing_did(network, tmp_path: Path) -> None:
    network.backbone = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))  # any with such a norm
    norm = network.backbone[1]
    before = norm.running_mean.clone()
    freeze_backbone(network, frozen=False, keep_batch_norm=True)
    network.backbone(torch.rand(4, 3, EDGE_PX, EDGE_PX)).sum().backward()
    assert torch.equal(norm.running_mean, before)
    assert norm.weight.grad is not None, "scale and shift learn"
    freeze_backbone(network, frozen=False)
    network.backbone(torch.rand(4, 3, EDGE_PX, EDGE_PX))
    assert not torch.equal(norm.running_mean, before)
    kept = {
        (weights, rule): tiny_config(tmp_path, weights=weights, batch_norm=rule).keeps_batch_norm
        for weights in ("scratch", "pretrained")
        for rule in ("auto", "fixed", "learned")
    }
    assert [kept["scratch", rule] for rule in ("auto", "fixed", "learned")] == [False, True, False]
    assert [kept["pretrained", rule] for rule in ("auto", "fixed", "learned")] == [True, True, False]


def test_the_running_mean_follows_the_weights_and_gives_them_back() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(layer.weight)
    ema = Ema(layer, decay=0.5)
    expected = 0.0
    for step in range(1, 6):
        torch.nn.init.constant_(layer.weight, float(step))
        ema.update(layer)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
    with ema.applied(layer):
        assert layer.weight.item() == pytest.approx(expected)
    assert layer.weight.item() == 5.0
