"""Whether probabilities mean what they say, and the temperature that makes them.

Temperature scaling and the expected calibration error: Guo et al., On Calibration of Modern Neural Networks, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15  # as Guo et al.
SURE = 0.9  # nine of ten predictions that are called sure are right
_TEMPERATURES = (0.02, 50.0)


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of about the same confidence. Means are 0 where there is none."""

    low: float
    high: float
    count: int
    confidence: float  # mean
    accuracy: float  # share of right ones


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.integer]) -> float:
    """What to divide the logits (N, C) by so that the likelihood of the targets (N,) is highest; -1 is left out.

    1 where nothing can be learnt: no label, a single class, logits that are all the same. Targets are not taken for
    certain: with n photos, one part in n + 2 goes to the other classes (Platt, Probabilistic Outputs for Support Vector
    Machines, 1999). Without it, a few photos that are all right would ask for probabilities of 1.
    """
    from scipy.optimize import minimize_scalar

    known = np.asarray(targets) >= 0
    rows = np.asarray(logits, dtype=np.float64)[known]
    if not rows.size or rows.shape[1] < 2 or np.ptp(rows, axis=1).max() == 0:
        return 1.0
    rows = rows - rows.max(axis=1, keepdims=True)
    doubt = 1 / (len(rows) + 2)
    own = np.take_along_axis(rows, np.asarray(targets)[known][:, None], axis=1)[:, 0]
    others = (rows.sum(axis=1) - own) / (rows.shape[1] - 1)
    expected = float(((1 - doubt) * own + doubt * others).mean())

    def loss(log_temperature: float) -> float:
        sharpness = np.exp(-log_temperature)
        return float(np.log(np.exp(rows * sharpness).sum(axis=1)).mean() - sharpness * expected)

    # One valley: the loss is convex in 1 / temperature.
    low, high = np.log(_TEMPERATURES)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-5})
    return float(np.exp(found.x))


def reliability(
    probabilities: NDArray[np.floating], targets: NDArray[np.integer], *, bins: int = BINS, adaptive: bool = False
) -> list[Bin]:
    """Confidence against accuracy, in bins of equal width or, if `adaptive`, of equally many photos.

    `probabilities` is (N, C), `targets` (N,) with -1 left out.
    """
    confidence, right = _confidence(probabilities, targets)
    if adaptive:
        order = np.argsort(confidence, kind="stable")
        parts = [part for part in np.array_split(order, bins) if len(part)]
        return [_bin(confidence[part].min(), confidence[part].max(), confidence[part], right[part]) for part in parts]
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)  # a bin holds its upper edge
    return [
        _bin(edges[place], edges[place + 1], confidence[places == place], right[places == place])
        for place in range(bins)
    ]


def ece(
    probabilities: NDArray[np.floating], targets: NDArray[np.integer], *, bins: int = BINS, adaptive: bool = False
) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, on the average of all photos.

    Bins of equal width as Guo et al.; of equally many photos as Nixon et al., Measuring Calibration in Deep Learning,
    2019. NaN without photos.
    """
    found = reliability(probabilities, targets, bins=bins, adaptive=adaptive)
    photos = sum(each.count for each in found)
    if not photos:
        return float("nan")
    return sum(each.count * abs(each.confidence - each.accuracy) for each in found) / photos


def negative_log_likelihood(logits: NDArray[np.floating], targets: NDArray[np.integer], temperature: float) -> float:
    """Mean over the labelled photos, in nats; NaN without any."""
    known = np.asarray(targets) >= 0
    rows = np.asarray(logits, dtype=np.float64)[known] / temperature
    if not len(rows):
        return float("nan")
    rows = rows - rows.max(axis=1, keepdims=True)
    own = np.take_along_axis(rows, np.asarray(targets)[known][:, None], axis=1)[:, 0]
    return float((np.log(np.exp(rows).sum(axis=1)) - own).mean())


def choose_threshold(
    probabilities: NDArray[np.floating], targets: NDArray[np.integer], *, precision: float = SURE
) -> float:
    """The lowest probability from which on predictions are right often enough to be called sure.

    Right ones are counted with Laplace's rule of succession, (right + 1) / (n + 2), so that two lucky photos prove
    nothing. Where no threshold is good enough it is `precision` itself: what calibrated probabilities promise.
    """
    confidence, right = _confidence(probabilities, targets)
    order = np.argsort(-confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    shares = (np.cumsum(right) + 1) / (np.arange(len(right)) + 3)
    # Photos of equal confidence are sure together or not at all.
    last = np.append(confidence[1:] != confidence[:-1], True) if len(confidence) else np.zeros(0, dtype=bool)
    enough = np.flatnonzero((shares >= precision) & last)
    return float(confidence[enough[-1]]) if len(enough) else precision


def _confidence(
    probabilities: NDArray[np.floating], targets: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    known = np.asarray(targets) >= 0
    rows = np.asarray(probabilities, dtype=np.float64)[known]
    if not rows.size:
        return np.zeros(0), np.zeros(0, dtype=bool)
    return rows.max(axis=1), rows.argmax(axis=1) == np.asarray(targets)[known]


def _bin(low: float, high: float, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Bin:
    if not len(confidence):
        return Bin(float(low), float(high), 0, 0.0, 0.0)
    return Bin(float(low), float(high), len(confidence), float(confidence.mean()), float(right.mean()))
