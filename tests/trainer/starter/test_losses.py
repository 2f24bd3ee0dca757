"""The parts of the starter's loss, against what they are by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as functional

from trainer.starter.losses import agreement, choice, contrast, distance

ONE = torch.tensor(1.0)


def unit(*rows: tuple[float, ...]) -> torch.Tensor:
    return functional.normalize(torch.tensor(rows, dtype=torch.float32), dim=-1)


def test_contrast_is_small_where_partners_agree() -> None:
    first = unit((1, 0), (0, 1))
    right, wrong = contrast(first, first, torch.tensor(20.0)), contrast(first, first.flip(0), torch.tensor(20.0))
    assert right < 1e-6
    assert wrong == pytest.approx(20.0, abs=1e-3)


def test_other_texts_of_a_photo_are_no_counterexamples() -> None:
    first = unit((1, 0), (1, 0), (0, 1))
    assert contrast(first, first, torch.tensor(50.0)) == pytest.approx(2 / 3 * torch.tensor(2.0).log().item(), abs=1e-4)
    assert contrast(first, first, torch.tensor(50.0), owners=torch.tensor([7, 7, 8])) < 1e-6


def test_choice_is_cross_entropy() -> None:
    vectors, options = unit((1, 0.5), (0.2, 1)), unit((1, 0), (0, 1), (1, 1))
    wanted = torch.tensor([0, 1])
    expected = functional.cross_entropy(3 * vectors @ options.T, wanted, label_smoothing=0.1)
    assert choice(vectors, options, wanted, 3 * ONE, 0.1) == pytest.approx(expected.item(), abs=1e-6)
    each = options.expand(2, 3, 2)
    assert choice(vectors, each, wanted, 3 * ONE, 0.1) == pytest.approx(expected.item(), abs=1e-6)


def test_what_may_be_true_as_well_does_not_count() -> None:
    vectors, options = unit((1, 1)), unit((1, 0), (1, 1), (-1, 0))
    ignored = torch.tensor([[False, True, False]])
    loss = choice(vectors, options, torch.tensor([0]), 10 * ONE, 0.1, ignored)
    expected = functional.cross_entropy(10 * vectors @ options[[0, 2]].T, torch.tensor([0]), label_smoothing=0.1)
    assert loss == pytest.approx(expected.item(), abs=1e-6)


def test_agreement_is_least_where_the_teacher_is_met() -> None:
    teacher = torch.tensor([[2.0, 0.0, -1.0]])
    met = agreement(teacher / 2, teacher, 2.0)
    assert met < agreement(torch.zeros(1, 3), teacher, 2.0)
    entropy = torch.distributions.Categorical(logits=teacher / 2).entropy()
    assert met == pytest.approx(entropy.item(), abs=1e-6)


def test_distance_is_of_directions() -> None:
    assert distance(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 3.0]])) == pytest.approx(1.0)
    assert distance(torch.tensor([[2.0, 0.0]]), torch.tensor([[5.0, 0.0]])) == pytest.approx(0.0)
