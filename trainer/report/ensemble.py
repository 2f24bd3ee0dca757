"""Several runs asked together: their calibrated probabilities on the same photos, averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trainer.report.outputs import UNLABELLED, HeadOutputs, Outputs, ReportError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 1e-12  # a probability of 0 has no logarithm


def shared_rows(parts: Sequence[Outputs]) -> list[NDArray[np.intp]]:
    """For each of the outputs the rows of the photos that all of them have, in the order of the first.

    A photo is known by its content. Where the same content stands there twice, the first of each counts.
    """
    places = [{id_: row for row, id_ in reversed(list(enumerate(part.ids)))} for part in parts]
    common = [id_ for id_ in places[0] if all(id_ in place for place in places)]
    common.sort(key=lambda id_: places[0][id_])
    return [np.array([place[id_] for id_ in common], dtype=np.intp) for place in places]


def average_outputs(parts: Sequence[Outputs], weights: Sequence[float] | None = None) -> Outputs:
    """The outputs of the ensemble: log of the averaged probabilities as logits, so its temperatures are 1.

    Photos and heads are those that all parts have, labels those that any has; the features are the first one's.

    Raises:
        ReportError: there is nothing in common, or a photo has other labels in another part.
    """
    if not parts:
        raise ReportError("There are no outputs to average.")
    shares = np.asarray(weights if weights is not None else np.ones(len(parts)), dtype=np.float64)
    if len(shares) != len(parts) or (shares < 0).any() or shares.sum() == 0:
        raise ReportError("An ensemble needs one weight for each member, none below 0 and not all 0.")
    rows = shared_rows(parts)
    aligned = [part.rows(own) for part, own in zip(parts, rows, strict=True)]
    names = [name for name in aligned[0].heads if all(name in part.heads for part in aligned)]
    if not len(aligned[0]) or not names:
        raise ReportError("The runs have no photos or no heads in common.", remedy="Train them on the same data.")
    heads = {name: _average(aligned, name, shares / shares.sum()) for name in names}
    return Outputs(aligned[0].ids, aligned[0].paths, heads, aligned[0].features)


def _spread(part: Outputs, head: str, labels: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Calibrated probabilities (N, C) and targets (N,) of a head among labels of which it may not know all.

    As in a live ensemble (`core.models.taggers.ensemble`): a label that it does not know gets nothing from it.
    """
    own = part.heads[head]
    columns = np.array([labels.index(label) for label in own.labels], dtype=np.int64)
    probabilities = np.zeros((len(part), len(labels)))
    probabilities[:, columns] = part.probabilities(head)
    return probabilities, np.append(columns, UNLABELLED)[own.targets]


def _average(parts: Sequence[Outputs], head: str, shares: NDArray[np.float64]) -> HeadOutputs:
    labels = tuple(dict.fromkeys(label for part in parts for label in part.heads[head].labels))
    members = [_spread(part, head, labels) for part in parts]
    targets = members[0][1]
    for _, other in members[1:]:  # a label that a run does not know is none to it
        if ((targets != other) & (targets != UNLABELLED) & (other != UNLABELLED)).any():
            raise ReportError(f"The runs were told different labels of {head} for the same photos.")
        targets = np.where(targets == UNLABELLED, other, targets)
    mean = sum(share * probabilities for share, (probabilities, _) in zip(shares, members, strict=True))
    return HeadOutputs(labels, np.log(np.maximum(mean, _LEAST)), targets)
