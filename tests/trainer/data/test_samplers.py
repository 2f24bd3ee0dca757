"""Batches for metric learning."""

from __future__ import annotations

from collections import Counter

import numpy as np

from trainer.data.examples import NOT_LABELLED
from trainer.data.samplers import grouped


def test_each_batch_has_so_many_classes_with_so_many_photos() -> None:
    targets = np.repeat(np.arange(6), [30, 30, 30, 30, 3, 1])
    targets[0] = NOT_LABELLED
    rows = grouped(targets, 0, classes=4, each=5)(0)
    batches = rows.reshape(-1, 20)
    assert len(batches) == len(targets) // 20
    for batch in batches:
        assert sorted(Counter(targets[batch].tolist()).values()) == [5] * 4
    assert 0 not in rows
    shown = Counter(targets[rows].tolist())
    assert max(shown.values()) - min(shown.values()) <= 5  # one turn of five, rare or not


def test_an_epoch_depends_on_its_number_and_seed_alone() -> None:
    order = grouped(np.arange(60) % 5, 3, classes=3, each=4)
    assert (order(7) == grouped(np.arange(60) % 5, 3, classes=3, each=4)(7)).all()
    assert (order(7) != order(8)).any()


def test_relatives_stand_in_one_batch() -> None:
    targets = np.arange(800) % 40
    coarse = targets // 4
    rows = grouped(targets, 0, classes=8, each=5, coarse=coarse)(0)

    def kinds(rows: np.ndarray) -> float:
        return float(np.mean([len(set(coarse[batch].tolist())) for batch in rows.reshape(-1, 40)]))

    assert kinds(rows) < kinds(grouped(targets, 0, classes=8, each=5)(0)) - 1
    for batch in rows.reshape(-1, 40):
        assert len(set(targets[batch].tolist())) == 8
    assert set(targets[rows].tolist()) == set(range(40))


def test_fewer_classes_than_a_batch_wants() -> None:
    rows = grouped(np.array([0, 0, 1, 1, 1]), 0, classes=8, each=2)(0)
    assert len(rows) == 4
