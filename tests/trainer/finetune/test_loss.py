"""The masked loss of several heads, against torch's own on the photos that have labels."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from trainer.config import LossConfig
from trainer.finetune.loss import Mixed, MultiTaskLoss


def answers(photos: int = 6) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return {
        "class": torch.randn(photos, 3, generator=generator, requires_grad=True),
        "color": torch.randn(photos, 4, generator=generator, requires_grad=True),
    }


def test_it_is_the_weighted_sum_over_labelled_photos() -> None:
    logits = answers()
    targets = {"class": torch.tensor([0, 1, 2, 0, 1, 2]), "color": torch.tensor([3, -1, -1, 0, -1, 1])}
    total, parts = MultiTaskLoss(LossConfig())(logits, targets)
    of_class = functional.cross_entropy(logits["class"], targets["class"])
    of_color = functional.cross_entropy(logits["color"][[0, 3, 5]], torch.tensor([3, 0, 1]))
    assert total.item() == pytest.approx((of_class + 0.5 * of_color).item())
    assert parts["color"].item() == pytest.approx(of_color.item())


def test_a_photo_without_a_label_pulls_at_nothing() -> None:
    logits = answers()
    targets = {"class": torch.tensor([0, -1, 2, 0, 1, 2]), "color": torch.tensor([-1, 2, -1, 0, -1, 1])}
    MultiTaskLoss(LossConfig(label_smoothing=0.1))(logits, targets)[0].backward()
    for head, gradients in ((head, values.grad) for head, values in logits.items()):
        assert gradients is not None
        assert (gradients.abs().sum(dim=1) > 0).tolist() == (targets[head] != -1).tolist()


def test_a_head_without_any_label_is_worth_nothing_and_breaks_nothing() -> None:
    logits = answers()
    targets = {"class": torch.tensor([0, 1, 2, 0, 1, 2]), "color": torch.full((6,), -1)}
    total, parts = MultiTaskLoss(LossConfig())(logits, targets)
    total.backward()
    assert parts["color"].item() == 0.0
    assert torch.isfinite(total)
    gradients = logits["color"].grad
    assert gradients is not None
    assert not gradients.any()


def test_mixed_photos_have_the_loss_of_both() -> None:
    logits, loss = answers(), MultiTaskLoss(LossConfig())
    targets = {"class": torch.tensor([0, 1, 2, 0, 1, 2]), "color": torch.tensor([3, 1, 2, 0, -1, 1])}
    others = {head: values.flip(0) for head, values in targets.items()}
    mixed, _ = loss(logits, targets, Mixed(others, 0.7))
    expected = 0.7 * loss(logits, targets)[0] + 0.3 * loss(logits, others)[0]
    assert mixed.item() == pytest.approx(expected.item())


def test_labels_can_be_balanced() -> None:
    logits = {"class": torch.zeros(3, 2)}
    logits["class"][:, 0] = 2.0
    targets = {"class": torch.tensor([0, 0, 1])}
    weights = torch.tensor([0.75, 1.5])
    total, _ = MultiTaskLoss(LossConfig(), {"class": weights})(logits, targets)
    expected = functional.cross_entropy(logits["class"], targets["class"], weight=weights)
    assert total.item() == pytest.approx(expected.item())
    assert total > MultiTaskLoss(LossConfig())(logits, targets)[0]  # the rare label is the one that is wrong
