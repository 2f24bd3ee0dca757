"""One linear head on vectors: how it is fitted, and how it answers photos that it has not learned from.

The method is multinomial logistic regression with balanced classes. Loss and optimiser are torch's: on 10,000 vectors
they take a quarter of the time of scikit-learn's solver, and decision 0065 says what was tried.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold
from torch.nn import functional

from trainer.loop import CancelledError
from trainer.report.calibration import choose_threshold, fit_temperature
from trainer.report.outputs import UNLABELLED, HeadOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

    _Answers = tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]
    """What `_held_out` returns."""

# How far weights may go from zero, in units of the vectors' own spread; larger is freer. Tried by cross-validation.
FREEDOMS = (0.01, 0.1, 1.0)
USUAL_FREEDOM = 0.1  # within a point of the best from 1 photo a class to 300: taken where nothing can be tried
# The freedom is chosen on so many photos at most: what is best for them is good for more.
CHOSEN_ON = 2_000
FOLDS = 5
FOLDS_OF_MANY = 3  # above FEW photos: the estimate is sharp anyway, and each fold costs its time
FEW = 300
# The likelihood settles long before the weights do: the last digits of a weight change no answer.
STEPS = 60
SMALL_GRADIENT = 1e-3
# A temperature from fewer answers than this would be chance.
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


def teach_head(
    vectors: Vectors,
    targets: NDArray[np.int64],
    labels: tuple[str, ...],
    groups: NDArray[np.int64],
    *,
    start: LinearHead | None = None,
    seed: int = 0,
    cancelled: Cancelled = lambda: False,
) -> TaughtHead:
    """Fit one head, calibrated on answers to photos that were held out in turn.

    Args:
        vectors: (N, D) finite.
        targets: (N,) places in `labels`, UNLABELLED where there is no label. Two labels occur at least.
        groups: (N,) photos of one group are held out together.
        start: an earlier head, to go on from; what it does not know begins at nothing.

    Raises:
        CancelledError: it was cancelled.
    """
    rows = np.flatnonzero(targets != UNLABELLED)
    known, own = vectors[rows], targets[rows]
    freedom, (logits, answered, fair) = _freedom_and_answers(known, own, len(labels), groups[rows], seed, cancelled)
    weights, bias = fit(known, own, len(labels), freedom=freedom, start=_carried(start, labels))
    temperature, threshold = _calibrated(logits, np.where(fair, own, UNLABELLED))
    everywhere = np.zeros((len(vectors), len(labels)), np.float32)
    everywhere[rows] = logits
    answers = np.full(len(vectors), UNLABELLED)
    answers[rows[answered]] = own[answered]
    head = LinearHead(labels, weights, bias, temperature, threshold)
    return TaughtHead(head, HeadOutputs(labels, everywhere, answers), freedom)


def fit(
    vectors: Vectors,
    targets: NDArray[np.int64],
    classes: int,
    *,
    freedom: float = USUAL_FREEDOM,
    start: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (C, D) and bias (C,) of multinomial logistic regression; every class weighs the same.

    It is what scikit-learn's `LogisticRegression(C=freedom, class_weight="balanced")` finds on vectors that are centred
    and have a mean variance of 1; centre and scale are then worked into weights and bias.
    """
    centre = vectors.mean(axis=0)
    spread = float(np.sqrt(np.square(vectors - centre).mean())) or 1.0
    inputs = torch.as_tensor((vectors - centre) / spread, dtype=torch.float32)
    own, balance = torch.as_tensor(targets), _balance(targets, classes)
    weights, bias = _begin(classes, centre, spread, start)
    optimizer = torch.optim.LBFGS(
        [weights, bias], max_iter=STEPS, tolerance_grad=SMALL_GRADIENT, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        error = functional.cross_entropy(functional.linear(inputs, weights, bias), own, weight=balance)
        total = error + weights.square().sum() / (2 * freedom * len(inputs))
        total.backward()
        return total

    optimizer.step(loss)  # type: ignore[arg-type]  # its annotation wants a float, its documentation a tensor
    scaled = (weights.detach().numpy() / spread).astype(np.float32)
    return scaled, (bias.detach().numpy() - scaled @ centre).astype(np.float32)


def _begin(
    classes: int,
    centre: NDArray[np.float32],
    spread: float,
    start: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights and bias for centred and scaled vectors."""
    if start is None:
        weights, bias = torch.zeros(classes, len(centre)), torch.zeros(classes)
    else:
        weights = torch.as_tensor(start[0] * np.float32(spread))
        bias = torch.as_tensor(start[1] + start[0] @ centre)
    return weights.requires_grad_(), bias.requires_grad_()


def _balance(targets: NDArray[np.int64], classes: int) -> torch.Tensor:
    """(C,) weights with which all classes that occur count the same; 0 for one that does not."""
    counts = np.bincount(targets, minlength=classes)
    return torch.as_tensor(np.where(counts, len(targets) / np.maximum(counts, 1), 0), dtype=torch.float32)


def _carried(
    start: LinearHead | None, labels: tuple[str, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Weights and bias of an earlier head, for the labels that there are now."""
    if start is None:
        return None
    weights, bias = np.zeros((len(labels), start.weights.shape[1]), np.float32), np.zeros(len(labels), np.float32)
    places = {label: place for place, label in enumerate(start.labels)}
    for row, label in enumerate(labels):
        if label in places:
            weights[row], bias[row] = start.weights[places[label]], start.bias[places[label]]
    return weights, bias


def _freedom_and_answers(
    vectors: Vectors,
    targets: NDArray[np.int64],
    classes: int,
    groups: NDArray[np.int64],
    seed: int,
    cancelled: Cancelled,
) -> tuple[float, _Answers]:
    """The best one of `FREEDOMS`, and what `_held_out` says with it. Of many photos some are asked for the choice."""
    chosen = _some_groups(groups, CHOSEN_ON, seed)
    part = (vectors[chosen], targets[chosen], classes, groups[chosen])
    is_part = len(chosen) < len(vectors)
    tried = {freedom: _held_out(*part, freedom, seed, cancelled, first_fold_alone=is_part) for freedom in FREEDOMS}
    losses = {
        freedom: _loss(logits, np.where(fair, targets[chosen], UNLABELLED))
        for freedom, (logits, _, fair) in tried.items()
        if fair.sum() >= ENOUGH_ANSWERS
    }
    freedom = min(losses, key=lambda each: losses[each], default=USUAL_FREEDOM)
    if not is_part:
        return freedom, tried[freedom]
    return freedom, _held_out(vectors, targets, classes, groups, freedom, seed, cancelled)


def _loss(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """At the best temperature: calibration comes later, and must not decide here."""
    temperature = fit_temperature(logits, targets)
    scaled, own = torch.as_tensor(logits / np.float32(temperature)), torch.as_tensor(targets)
    return float(functional.cross_entropy(scaled, own, ignore_index=UNLABELLED))


def _held_out(
    vectors: Vectors,
    targets: NDArray[np.int64],
    classes: int,
    groups: NDArray[np.int64],
    freedom: float,
    seed: int,
    cancelled: Cancelled,
    *,
    first_fold_alone: bool = False,
) -> _Answers:
    """Each photo answered by a head that has not seen its group.

    Returns:
        logits (N, C); which photos were answered (N,); and which of them could be answered rightly, because the head
        knew their label from another group.
    """
    logits = np.zeros((len(vectors), classes), np.float32)
    answered, fair = np.zeros(len(vectors), np.bool_), np.zeros(len(vectors), np.bool_)
    folds = folds_of(targets, groups, seed)
    for train, test in islice(folds, 1) if first_fold_alone else folds:
        if cancelled():
            raise CancelledError
        present = np.unique(targets[train])
        if len(present) < 2:
            continue
        weights, bias = fit(vectors[train], np.searchsorted(present, targets[train]), len(present), freedom=freedom)
        answer = vectors[test] @ weights.T + bias
        # A label that this head has never seen is less likely to it than any that it knows.
        logits[test] = answer.min(axis=1, keepdims=True) - 1
        logits[test[:, None], present] = answer
        answered[test], fair[test] = True, np.isin(targets[test], present)
    return logits, answered, fair


def folds_of(
    targets: NDArray[np.int64], groups: NDArray[np.int64], seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to learn from and rows to answer, as stratified as groups allow; nothing where no label occurs twice."""
    most = FOLDS if len(targets) <= FEW else FOLDS_OF_MANY
    count = min(most, int(np.bincount(targets).max(initial=0)), len(np.unique(groups)))
    if count < 2:
        return
    with warnings.catch_warnings():
        # A label with fewer photos than folds is in order: in some folds it is then not asked for.
        warnings.filterwarnings("ignore", message="The least populated class in y has only", category=UserWarning)
        yield from StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(targets, targets, groups)


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
