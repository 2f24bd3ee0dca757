"""The features of the photos as a map, coloured by class or by coarse kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import CLASS
from trainer.report.drawing import PALETTE, colour_of, faint, ink, marker_of, new_figure
from trainer.report.texts import short_names
from trainer.report.values import FeatureMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GREY = PALETTE.index("#999999")
LEGEND = 10  # names in it, the most frequent ones: with "others" and "taken for another" a dozen lines
_FEW_MISTAKES = 0.5  # of the photos: where more are wrong, rings would hide the map
_MANY = 1000  # photos: as a picture inside the drawing, so that the page stays small


def feature_map(found: FeatureMap, method: str, kinds: Mapping[str, str] | None = None) -> Figure:
    """Each photo at its place, in the colour and shape of its true label; mistakes have a ring.

    Args:
        kinds: The coarse kind of each class that has one: the colours are theirs, and a ring is another kind.
    """
    figure = new_figure(7.6, 5.0)
    axes = figure.subplots()
    pairs = _told(found, kinds)
    places = np.array(found.methods[method])
    sizes = Counter(true for true, _ in pairs if true is not None)
    named = sorted(label for label, _ in sizes.most_common(LEGEND))
    others = np.array([true not in named for true, _ in pairs])
    size = 26 if len(pairs) <= 600 else 9
    many = len(pairs) > _MANY
    if others.any():
        text = "others, or not labelled" if kinds is None else "other classes"
        axes.scatter(*places[others].T, s=0.5 * size, color=faint(), label=text, linewidths=0, rasterized=many)
    for number, (label, text) in enumerate(zip(named, short_names(named), strict=True)):
        row = number + number // _GREY if others.any() else number  # grey are the others
        own = np.array([true == label for true, _ in pairs])
        style = {"color": colour_of(row), "marker": marker_of(row), "linewidths": 0, "rasterized": many}
        axes.scatter(*places[own].T, s=size, label=text, alpha=0.85, **style)
    wrong = np.array([true is not None and true != predicted for true, predicted in pairs])
    if 0 < wrong.mean() <= _FEW_MISTAKES:
        ring = {"facecolors": "none", "edgecolors": ink(), "linewidths": 0.8, "rasterized": many}
        text = "taken for another" if kinds is None else "taken for another kind"
        axes.scatter(*places[wrong].T, s=3.2 * size, label=text, **ring)
    axes.set(xticks=[], yticks=[], title=method if kinds is None else f"{method}, by kind")
    axes.spines[:].set_visible(False)
    axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def _told(found: FeatureMap, kinds: Mapping[str, str] | None) -> list[tuple[str | None, str]]:
    """True and predicted label of each photo in the main head; or their kinds, None where a class has none."""
    head = _main_head(found)
    pairs = [photo.labels.get(head, (None, "")) if head else (None, "") for photo in found.photos]
    if kinds is None:
        return pairs
    return [(kinds.get(true or ""), kinds.get(predicted, predicted)) for true, predicted in pairs]


def _main_head(found: FeatureMap) -> str | None:
    heads = next((list(photo.labels) for photo in found.photos), [])
    return CLASS if CLASS in heads else next(iter(heads), None)
