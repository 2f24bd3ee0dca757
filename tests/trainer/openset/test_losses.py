"""The losses by hand, on a handful of vectors."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import normalize

from trainer.openset.losses import hierarchical_triplet, kept_affinities, text_contrast

ANGLES_DEG = torch.tensor([0.0, 30.0, 60.0, 90.0])
CLASSES, KINDS = torch.tensor([0, 0, 1, 2]), torch.tensor([0, 0, 0, 1])


def vectors(angles_deg: torch.Tensor = ANGLES_DEG) -> torch.Tensor:
    angles = torch.deg2rad(angles_deg)
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_four_vectors_of_two_kinds() -> None:
    """Only the first two share a class: two anchors, each with one relative and one stranger."""

    def cos(degrees: float) -> float:
        return math.cos(math.radians(degrees))

    broken = [
        max(0.0, cos(60) - cos(30) + 0.5),  # the first, against its relative
        max(0.0, cos(90) - cos(30) + 1.0),  # the first, against the stranger
        max(0.0, cos(30) - cos(30) + 0.5),
        max(0.0, cos(60) - cos(30) + 1.0),
    ]
    found = hierarchical_triplet(vectors(), CLASSES, KINDS, fine_margin=0.5, coarse_margin=1.0)
    assert found.item() == pytest.approx(sum(broken) / 4, abs=1e-6)


def test_those_that_hold_do_not_thin_out_the_mean() -> None:
    found = hierarchical_triplet(vectors(), CLASSES, KINDS, fine_margin=0.01, coarse_margin=0.01)
    assert found.item() == pytest.approx(0.01, abs=1e-6), "of the four only one is broken: 60 against 30 degrees"


def test_a_batch_without_a_pair_gives_nothing_and_no_gradient_is_infinite() -> None:
    drawn = torch.randn(3, 4).requires_grad_()
    found = hierarchical_triplet(normalize(drawn), torch.arange(3), torch.zeros(3), fine_margin=0.1, coarse_margin=0.2)
    found.backward()
    assert found.item() == 0
    assert drawn.grad is not None
    assert torch.isfinite(drawn.grad).all()


def test_following_it_parts_kinds_further_than_classes() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(32, 8, generator=generator).requires_grad_()
    classes = torch.arange(32) % 8
    kinds = classes // 4
    optimizer = torch.optim.Adam([points], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        hierarchical_triplet(normalize(points), classes, kinds, fine_margin=0.2, coarse_margin=0.8).backward()
        optimizer.step()
    cosines = (unit := normalize(points.detach())) @ unit.T
    same, related = classes[:, None] == classes[None, :], kinds[:, None] == kinds[None, :]
    own, relatives, strangers = (cosines[rows].mean().item() for rows in (same, related & ~same, ~related))
    assert own - relatives > 0.2
    assert relatives > strangers + 0.2


def test_names_and_photos_find_each_other() -> None:
    photos, texts = vectors(), vectors(torch.tensor([15.0, 60.0, 90.0]))
    named = torch.tensor([0, 1, 2])
    right = text_contrast(photos, CLASSES, texts, named, temperature=0.1)
    wrong = text_contrast(photos, CLASSES, texts.flip(0), named, temperature=0.1)
    assert right < 0.5 < 2 < wrong
    one = text_contrast(photos[:1], CLASSES[:1], texts[:1], named[:1], temperature=0.1)
    assert one.item() == pytest.approx(0.0, abs=1e-6)


def test_what_words_find_is_kept_or_the_loss_says_how_much_is_lost() -> None:
    """Two photos and two words: the divergence by hand, and none where nothing has moved."""
    before, after = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.zeros(2, 2)
    assert kept_affinities(before, before, temperature=0.5).item() == pytest.approx(0.0, abs=1e-6)
    likely = math.exp(2) / (math.exp(2) + 1)
    lost = likely * math.log(likely / 0.5) + (1 - likely) * math.log((1 - likely) / 0.5)
    assert kept_affinities(before, after, temperature=0.5).item() == pytest.approx(lost, abs=1e-6)


def test_keeping_it_lets_photos_be_turned_with_their_words() -> None:
    photos, words = vectors(), vectors(torch.tensor([10.0, 80.0]))
    turned = kept_affinities(
        photos @ words.T, vectors(ANGLES_DEG + 40) @ vectors(torch.tensor([50.0, 120.0])).T, temperature=0.1
    )
    assert turned.item() == pytest.approx(0.0, abs=1e-4)
