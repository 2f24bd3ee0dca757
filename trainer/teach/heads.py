"""One linear head on vectors: how free and how balanced it is, and how it answers photos that it has not learned from.

The method is multinomial logistic regression (`trainer.teach.solver`). Rare labels get their due afterwards, by logit
adjustment: Menon et al., Long-tail Learning via Logit Adjustment, 2021. Decision 0065 says what was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from trainer.control import CancelledError
from trainer.report.calibration import choose_threshold, fit_temperature
from trainer.report.metrics import confusion, summary_scores
from trainer.report.outputs import UNLABELLED, HeadOutputs
from trainer.teach.solver import USUAL_FREEDOM, Space, fit, fit_in, space_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.taggers.known_classes import KnownClasses
    from core.types import Vectors
    from trainer.teach.solver import Linear

# How far weights may go from zero, in units of the vectors' own spread; larger is freer. Tried by cross-validation.
FREEDOMS = (0.001, 0.01, 0.1, 1.0)
# How much of a label's frequency is taken out of its logit: nothing, half, or all, so that all labels weigh the same.
BALANCES = (0.0, 0.5, 1.0)
USUAL_BALANCE = 1.0  # where nothing can be tried: of which kind somebody labels a few first says nothing of the rest
# The freedom is chosen on so many photos at most: what is best for them is good for more.
CHOSEN_ON = 2_000
FOLDS = 5
FOLDS_OF_MANY = 3  # above FEW photos: the estimate is sharp anyway, and each fold costs its time
FEW = 300
# A temperature, or a choice, from fewer answers than this would be chance.
ENOUGH_ANSWERS = 10

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """Logits are `vectors @ weights.T + bias`."""

    labels: tuple[str, ...]
    weights: NDArray[np.float32]  # (C, D), for vectors as the library keeps them
    bias: NDArray[np.float32]  # (C,)
    temperature: float = 1.0
    threshold: float = 0.5
    known: KnownClasses | None = None  # of the class alone; None: it cannot tell what it does not know

    def logits(self, vectors: Vectors) -> NDArray[np.float32]:
        """(N, D) -> (N, C), before temperature."""
        return vectors @ self.weights.T + self.bias

    def probabilities(self, vectors: Vectors) -> NDArray[np.float64]:
        """(N, D) -> (N, C) calibrated."""
        unknown = np.full(len(vectors), UNLABELLED)
        return HeadOutputs(self.labels, self.logits(vectors), unknown).probabilities(self.temperature)


@dataclass(frozen=True, slots=True, eq=False)
class TaughtHead:
    """A head, and what heads that were fitted without a photo say of it."""

    head: LinearHead
    held_out: HeadOutputs  # (N,) all photos; those without a label, or without an answer, have no target
    freedom: float
    balance: float


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """To photos that were held out in turn."""

    logits: NDArray[np.float32]  # (N, C); minus infinity: the head did not know that label
    answered: NDArray[np.bool_]  # (N,)
    fair: NDArray[np.bool_]  # (N,) and could be answered rightly: the head knew the label from another group


def teach_head(
    vectors: Vectors,
    targets: NDArray[np.int64],
    labels: tuple[str, ...],
    groups: NDArray[np.int64],
    *,
    rare_count: bool = True,
    start: LinearHead | None = None,
    seed: int = 0,
    cancelled: Cancelled = lambda: False,
) -> TaughtHead:
    """Fit one head, chosen and calibrated on answers to photos that were held out in turn.

    Args:
        vectors: (N, D) finite.
        targets: (N,) places in `labels`, UNLABELLED where there is no label. Two labels occur at least.
        groups: (N,) photos of one group are held out together.
        rare_count: It has to find every label, as often as it may occur: macro F1 decides how balanced it is. Else
            accuracy does, and it leans to the most frequent answer where it knows nothing.
        start: an earlier head, to go on from; what it does not know begins at nothing.

    Raises:
        CancelledError: it was cancelled.
    """
    rows = np.flatnonzero(targets != UNLABELLED)
    own = targets[rows]
    space = space_of(vectors[rows])
    freedom, answers = _freedom_and_answers(space, own, len(labels), groups[rows], seed, cancelled)
    frequency = _log_frequency(own, len(labels))
    balance = _balance(answers, own, frequency, rare_count=rare_count)
    begun = None if start is None else space.into(*_carried(start, labels))
    weights, bias = space.out_of(*fit_in(space, None, own, len(labels), freedom=freedom, start=begun))
    logits = _balanced(answers.logits, frequency, balance)
    temperature, threshold = _calibrated(logits, np.where(answers.fair, own, UNLABELLED))
    everywhere = np.zeros((len(vectors), len(labels)), np.float32)
    everywhere[rows[answers.answered]] = logits[answers.answered]
    held_out = np.full(len(vectors), UNLABELLED)
    held_out[rows[answers.answered]] = own[answers.answered]
    head = LinearHead(labels, weights, bias - (balance * frequency).astype(np.float32), temperature, threshold)
    return TaughtHead(head, HeadOutputs(labels, everywhere, held_out), freedom, balance)


def _log_frequency(targets: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(C,) with a mean of 0 over the photos, so that balancing moves no logit without need."""
    counts = np.maximum(np.bincount(targets, minlength=classes), 1)
    shares = np.log(counts / counts.sum())
    return (shares - (shares * counts / counts.sum()).sum()).astype(np.float32)


def _balance(
    answers: _Answers, targets: NDArray[np.int64], frequency: NDArray[np.float32], *, rare_count: bool
) -> float:
    """The one of `BALANCES` that answers best; at a tie the one that leaves more as it is."""
    fair = answers.fair
    if fair.sum() < ENOUGH_ANSWERS:
        return USUAL_BALANCE

    def worth(balance: float) -> tuple[float, float, float]:
        predicted = _balanced(answers.logits[fair], frequency, balance).argmax(axis=1)
        found = summary_scores(confusion(targets[fair], predicted, len(frequency)))
        accuracy, f1 = float(found["accuracy"] or 0.0), float(found["macro_f1"] or 0.0)
        return (f1, accuracy, -balance) if rare_count else (accuracy, f1, -balance)

    return max(BALANCES, key=worth)


def _balanced(logits: NDArray[np.float32], frequency: NDArray[np.float32], balance: float) -> NDArray[np.float32]:
    """(N, C) finite: a label that a head has never seen is less likely to it than any that it knows."""
    adjusted = logits - np.float32(balance) * frequency
    unknown = np.isneginf(adjusted)
    lowest = np.where(unknown, np.inf, adjusted).min(axis=1, keepdims=True) - 1
    return np.where(unknown, lowest, adjusted)


def _carried(start: LinearHead, labels: tuple[str, ...]) -> Linear:
    """Weights and bias of an earlier head, for the labels that there are now."""
    weights, bias = np.zeros((len(labels), start.weights.shape[1]), np.float32), np.zeros(len(labels), np.float32)
    places = {label: place for place, label in enumerate(start.labels)}
    for row, label in enumerate(labels):
        if label in places:
            weights[row], bias[row] = start.weights[places[label]], start.bias[places[label]]
    return weights, bias


def _freedom_and_answers(
    space: Space, targets: NDArray[np.int64], classes: int, groups: NDArray[np.int64], seed: int, cancelled: Cancelled
) -> tuple[float, _Answers]:
    """The best one of `FREEDOMS`, and what `_held_out` says with it. Of many photos some are asked for the choice."""
    chosen = _some_groups(groups, CHOSEN_ON, seed)
    is_part = len(chosen) < len(targets)
    part = space.rows(chosen) if is_part else space
    tried = _held_out(part, targets[chosen], classes, groups[chosen], FREEDOMS, seed, cancelled, first_alone=is_part)
    losses = {
        freedom: _loss(answers.logits, np.where(answers.fair, targets[chosen], UNLABELLED))
        for freedom, answers in tried.items()
        if answers.fair.sum() >= ENOUGH_ANSWERS
    }
    freedom = min(losses, key=lambda each: losses[each], default=USUAL_FREEDOM)
    if not is_part:
        return freedom, tried[freedom]
    return freedom, _held_out(space, targets, classes, groups, (freedom,), seed, cancelled)[freedom]


def _loss(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """At the best temperature: calibration comes later, and must not decide here."""
    finite = _balanced(logits, np.zeros(logits.shape[1], np.float32), 0.0)
    scaled = torch.as_tensor(finite / np.float32(fit_temperature(finite, targets)))
    return float(functional.cross_entropy(scaled, torch.as_tensor(targets), ignore_index=UNLABELLED))


def _held_out(
    space: Space,
    targets: NDArray[np.int64],
    classes: int,
    groups: NDArray[np.int64],
    freedoms: tuple[float, ...],
    seed: int,
    cancelled: Cancelled,
    *,
    first_alone: bool = False,
) -> dict[float, _Answers]:
    """By freedom: each photo answered by a head that has not seen its group.

    Each fit goes on from the one before, which was less free and is closer than nothing.
    """
    shape = (len(targets), classes)
    answers = {
        freedom: _Answers(
            np.zeros(shape, np.float32), np.zeros(len(targets), np.bool_), np.zeros(len(targets), np.bool_)
        )
        for freedom in freedoms
    }
    folds = folds_of(targets, groups, seed)
    for train, test in islice(folds, 1) if first_alone else folds:
        present, own = np.unique(targets[train], return_inverse=True)
        if len(present) < 2:
            continue
        fitted: Linear | None = None
        for freedom in sorted(freedoms):
            if cancelled():
                raise CancelledError
            fitted = fit_in(space, train, own, len(present), freedom=freedom, start=fitted)
            each = answers[freedom]
            each.logits[test] = -np.inf
            each.logits[test[:, None], present] = space.coordinates[test] @ fitted[0].T + fitted[1]
            each.answered[test], each.fair[test] = True, np.isin(targets[test], present)
    return answers


def folds_of(
    targets: NDArray[np.int64], groups: NDArray[np.int64], seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to learn from and rows to answer, as stratified as groups allow; nothing where no label occurs twice.

    Groups of one label are dealt out one by one, the largest first, to fold after fold.
    """
    _, first, place, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    most = FOLDS if len(targets) <= FEW else FOLDS_OF_MANY
    count = min(most, int(np.bincount(targets).max(initial=0)), len(first))
    if count < 2:
        return
    chance = np.random.default_rng(seed).permutation(len(first))
    order = np.lexsort((chance, -sizes, targets[first]))
    fold_of_group = np.empty(len(first), np.int64)
    fold_of_group[order] = np.arange(len(first)) % count
    folds = fold_of_group[place]
    for fold in range(count):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)


def _some_groups(groups: NDArray[np.int64], photos: int, seed: int) -> NDArray[np.intp]:
    """Rows of whole groups, drawn by chance, that have about so many photos together."""
    names, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    drawn = order[np.cumsum(sizes[order]) <= photos]
    return np.flatnonzero(np.isin(groups, names[drawn])) if len(drawn) else np.arange(len(groups))


def _calibrated(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> tuple[float, float]:
    """Temperature and threshold from held-out answers (N, C); targets (N,) of those that count."""
    temperature = fit_temperature(logits, targets) if (targets != UNLABELLED).sum() >= ENOUGH_ANSWERS else 1.0
    outputs = HeadOutputs(tuple(map(str, range(logits.shape[1]))), logits, targets)
    return temperature, choose_threshold(outputs.probabilities(temperature), targets)


__all__ = ["FOLDS", "FREEDOMS", "Cancelled", "LinearHead", "TaughtHead", "fit", "folds_of", "teach_head"]
