"""How well seen and unseen classes are found, in one space or another: plain values for `metrics.json` and the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.evaluate.retrieval import name_precision
from trainer.metric.neighbours import Neighbours, neighbours
from trainer.openset.outcome import POOLED_SEEN, POOLED_UNSEEN, SEEN, UNSEEN
from trainer.openset.ranking import STRICTLY_FIRST, CoarseKinds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Vectors
    from trainer.report.intervals import Interval

Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Space:
    """The photos that are judged, and those that prototypes are made of, in one space."""

    train: Vectors  # (N, P) unit length, as all
    seen: Vectors  # validation photos of seen classes
    unseen: Vectors
    names: Vectors | None = None  # (C, P) of all classes, the seen ones first; None: it knows no words


@dataclass(frozen=True)
class Truth:
    """Classes of the same photos."""

    train: NDArray[np.int64]
    seen: NDArray[np.int64]
    unseen: NDArray[np.int64]
    kind_of: NDArray[np.int64]  # (C,) by class


def by_pool(seen: Vectors, unseen: Vectors, truth: Truth) -> dict[str, Neighbours]:
    """Photos as queries; a pool in which no class has two photos is left out."""
    everything = np.concatenate([seen, unseen])
    classes = np.concatenate([truth.seen, truth.unseen])
    rows = np.arange(len(classes))
    asked = {
        SEEN: (seen, truth.seen, None),
        UNSEEN: (unseen, truth.unseen, None),
        POOLED_SEEN: (everything, classes, rows[: len(seen)]),
        POOLED_UNSEEN: (everything, classes, rows[len(seen) :]),
    }
    found: dict[str, Neighbours] = {}
    for pool, (vectors, of, queries) in asked.items():
        counts = np.bincount(of)
        if (counts[of if queries is None else of[queries]] > 1).any():
            found[pool] = neighbours(vectors, of, queries)
    return found


def judged(space: Space, truth: Truth) -> dict[str, Any]:
    """All figures of a space: plain cosines, coarse kinds first, and by the weight that validation chooses; names."""
    kinds = CoarseKinds.of(space.train, truth.train, truth.kind_of)
    weight = kinds.choose_weight(space.seen, truth.seen)
    ranked = {"cosine": (space.seen, space.unseen)}
    if len(kinds.places) > 1:
        for name, by in (("coarse first", STRICTLY_FIRST), ("weighed", weight)):
            ranked[name] = kinds.extended(space.seen, by), kinds.extended(space.unseen, by)
    figures: dict[str, Any] = {
        "rankings": {name: as_figures(by_pool(*vectors, truth)) for name, vectors in ranked.items()},
        "coarse weight": weight,
        "coarse kind right": {
            SEEN: _share(kinds.predicted(space.seen) == truth.kind_of[truth.seen]),
            UNSEEN: _share(kinds.predicted(space.unseen) == truth.kind_of[truth.unseen]),
        },
    }
    if space.names is not None:
        figures["names"] = _of_names(space, space.names, truth)
    return figures


def as_figures(pools: Mapping[str, Neighbours]) -> Figures:
    """By pool, with intervals."""
    return {
        pool: {
            "queries": found.queries,
            "pool": found.pool,
            **{f"R@{depth}": _written(interval) for depth, interval in found.recall.items()},
            "MAP@R": _written(found.map_at_r),
            "mAP": _written(found.mean_average_precision),
        }
        for pool, found in pools.items()
    }


def _of_names(space: Space, names: Vectors, truth: Truth) -> dict[str, Any]:
    """The name of each class looks for its photos among all that are judged: mean average precision."""
    photos = np.concatenate([space.seen, space.unseen])
    classes = np.concatenate([truth.seen, truth.unseen])
    found: dict[str, Any] = {}
    for part, present in ((SEEN, np.unique(truth.seen)), (UNSEEN, np.unique(truth.unseen))):
        precision = name_precision(names[present], photos, classes[None, :] == present[:, None])
        found[part] = {"names": precision.names, "pool": precision.pool, "mAP": _written(precision.mean)}
    return found


def headline(figures: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float]:
    """What people compare: "unseen R@1", "unseen MAP@R", "seen MAP@R" and so on, by plain cosines; and of all photos
    that are judged, each looking among all of them, "MAP@R" and "MAP@R before".

    Args:
        before: The figures of the space that the training began with.
    """
    pools = figures["rankings"]["cosine"]
    wanted = {UNSEEN: ("R@1", "R@5", "R@10", "MAP@R"), SEEN: ("R@1", "MAP@R")}
    compared = {
        f"{pool} {name}": round(float(pools[pool][name]["value"]), 4)
        for pool, names in wanted.items()
        if pool in pools
        for name in names
    }
    if "names" in figures:
        compared["unseen names mAP"] = round(float(figures["names"][UNSEEN]["mAP"]["value"]), 4)
    both = {"MAP@R": _of_all(pools), "MAP@R before": _of_all(before["rankings"]["cosine"])}
    return compared | {name: value for name, value in both.items() if value is not None}


def _of_all(pools: Mapping[str, Any]) -> float | None:
    """The mean of all queries that look among all photos; None without any."""
    found = [pools[pool] for pool in (POOLED_SEEN, POOLED_UNSEEN) if pool in pools]
    queries = sum(each["queries"] for each in found)
    return (
        round(float(sum(each["MAP@R"]["value"] * each["queries"] for each in found) / queries), 4) if queries else None
    )


def _written(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)
