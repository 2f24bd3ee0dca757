"""Multinomial logistic regression on vectors, in few steps: the solver below one head of tier 1.

Loss and optimiser are torch's. What makes it quick is where it works: along the principal directions of the vectors,
each scaled by how sharply the loss bends there. That is the same problem in other coordinates, with the same answer,
and one set of coordinates serves all folds and all strengths.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch.nn import functional

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors

    Linear = tuple[NDArray[np.float32], NDArray[np.float32]]
    """Weights (C, D) and bias (C,)."""

USUAL_FREEDOM = 0.1  # within a point of the best from 1 photo a class to 300: taken where nothing can be tried
# The likelihood settles long before the weights do: the last digits of a weight change no answer.
STEPS = 40
SMALL_GRADIENT = 1e-3
SMALL_CHANGE = 1e-6
_NOTHING = 1e-7  # of the largest variance: a direction with less is rounding


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Vectors (N, D), centred and brought to a mean variance of 1, along their R principal directions."""

    coordinates: NDArray[np.float32]  # (N, R)
    variances: NDArray[np.float32]  # (R,)
    directions: NDArray[np.float32]  # (D, R)
    centre: NDArray[np.float32]  # (D,)
    spread: float

    def rows(self, rows: NDArray[np.intp]) -> Space:
        """Some of the photos, with the same directions."""
        return replace(self, coordinates=self.coordinates[rows])

    def out_of(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Linear:
        """From (C, R) to weights (C, D) and bias for vectors as they were."""
        plain = (weights @ self.directions.T / np.float32(self.spread)).astype(np.float32)
        return plain, (bias - plain @ self.centre).astype(np.float32)

    def into(self, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Linear:
        """The way back."""
        moved = weights @ self.directions * np.float32(self.spread)
        return moved.astype(np.float32), (bias + weights @ self.centre).astype(np.float32)


def space_of(vectors: Vectors) -> Space:
    """Of fewer photos than numbers in a vector, only as many directions as there are photos."""
    centre = vectors.mean(axis=0)
    moved = torch.as_tensor(vectors - centre)
    spread = float(moved.square().mean().sqrt()) or 1.0
    moved /= spread
    count, dim = moved.shape
    squares, directions = torch.linalg.eigh(moved @ moved.T if count < dim else moved.T @ moved)
    kept = squares > _NOTHING * max(float(squares[-1]), 1e-30)
    squares, directions = squares[kept], directions[:, kept]
    if count < dim:
        directions = moved.T @ (directions / squares.sqrt())
    coordinates = (moved @ directions).numpy()
    return Space(coordinates, (squares / count).numpy(), directions.numpy(), centre, spread)


def fit(
    vectors: Vectors,
    targets: NDArray[np.int64],
    classes: int,
    *,
    freedom: float = USUAL_FREEDOM,
    start: Linear | None = None,
) -> Linear:
    """Weights (C, D) and bias (C,).

    It is what scikit-learn's `LogisticRegression(C=freedom)` finds on vectors that are centred and have a mean variance
    of 1; centre and scale are then worked into weights and bias.
    """
    with one_thread():
        space = space_of(vectors)
        begun = None if start is None else space.into(*start)
        return space.out_of(*fit_in(space, None, targets, classes, freedom=freedom, start=begun))


def one_thread() -> AbstractContextManager[object]:
    """For this thread alone, torch works without others.

    Hundreds of products that take a millisecond each: threads wait for each other longer than they work, and ten times
    as long where another program is busy.
    """
    return threadpool_limits(1, user_api="openmp")


def fit_in(
    space: Space,
    rows: NDArray[np.intp] | None,
    targets: NDArray[np.int64],
    classes: int,
    *,
    freedom: float,
    start: Linear | None = None,
) -> Linear:
    """The same for some rows of a space (None: all), with weights (C, R); `targets` are those of the rows."""
    chosen = space.coordinates if rows is None else space.coordinates[rows]
    # The loss bends by about p (1 - p), which is 1 / C before anything is learned, and the penalty by its own share.
    scale = (1 / np.sqrt(space.variances / classes + 1 / (freedom * len(chosen)))).astype(np.float32)
    inputs, own, step = torch.as_tensor(chosen * scale), torch.as_tensor(targets), torch.as_tensor(scale)
    begun = (np.zeros((classes, len(scale)), np.float32), np.zeros(classes, np.float32)) if start is None else start
    weights = torch.as_tensor(begun[0] / scale).clone().requires_grad_()
    bias = torch.as_tensor(begun[1]).clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [weights, bias], max_iter=STEPS, tolerance_grad=SMALL_GRADIENT, tolerance_change=SMALL_CHANGE,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        error = functional.cross_entropy(functional.linear(inputs, weights, bias), own)
        total = error + (weights * step).square().sum() / (2 * freedom * len(inputs))
        total.backward()
        return total

    optimizer.step(loss)  # type: ignore[arg-type]  # its annotation wants a float, its documentation a tensor
    return (weights.detach().numpy() * scale).astype(np.float32), bias.detach().numpy()
