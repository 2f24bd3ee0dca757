"""Losses on batches of which the answer is known."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch.nn.functional import normalize

from trainer.metric.losses import MetricLossName, metric_loss, pair_loss


def test_the_pair_loss_is_the_formula_on_a_batch_of_three() -> None:
    vectors = normalize(torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
    half = 0.5**0.5
    expected = ((1 - half) + (half + 0.0) / 2) / 2  # one pair of a class; two pairs of two classes
    assert pair_loss(vectors, torch.tensor([0, 0, 1])).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", get_args(MetricLossName))
def test_following_it_brings_classes_together(name: MetricLossName) -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(24, 8, generator=generator).requires_grad_()
    classes = torch.arange(24) % 4
    loss, optimizer = metric_loss(name), torch.optim.Adam([points], lr=0.1)

    def gap() -> float:
        cosines = (unit := normalize(points.detach())) @ unit.T
        same = classes[:, None] == classes[None, :]
        return float(cosines[same].mean() - cosines[~same].mean())

    before = gap()
    for _ in range(60):
        optimizer.zero_grad()
        loss(normalize(points), classes).backward()
        optimizer.step()
    assert before < 0.3 < 0.9 < gap()


@pytest.mark.parametrize("name", get_args(MetricLossName))
def test_a_batch_without_a_pair_moves_nothing_to_infinity(name: MetricLossName) -> None:
    points = torch.randn(1, 8).requires_grad_()
    value = metric_loss(name)(normalize(points), torch.tensor([0]))
    value.backward()
    assert value.item() == 0
    assert points.grad is not None
    assert torch.isfinite(points.grad).all()
