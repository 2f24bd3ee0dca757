"""Figures of a run for open-set retrieval, from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.openset.outcome import SEEN, UNSEEN
from trainer.report.drawing import PALETTE, colour_of, faint, ink, new_figure, tidy
from trainer.report.texts import short_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_DEPTHS = ("R@1", "R@5", "R@10", "MAP@R")
_KINDS = len(PALETTE) - 1  # that have a colour of their own; all others are grey


@dataclass(frozen=True)
class Mapped:
    """Photos in two dimensions."""

    places: NDArray[np.floating]  # (N, 2)
    kinds: NDArray[np.str_]  # (N,)
    unseen: NDArray[np.bool_]  # (N,)


def recalls(spaces: Mapping[str, Any]) -> Figure:
    """Seen and unseen classes side by side: each figure before and after the training, with its interval."""
    figure = new_figure(9.5, 3.4)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, pool in zip(panels, (SEEN, UNSEEN), strict=True):
        for row, (space, found) in enumerate(spaces.items()):
            figures = found["rankings"]["cosine"].get(pool)
            if figures is None:
                continue
            values = np.array([figures[name]["value"] for name in _DEPTHS])
            ends = np.array([[figures[name]["low"], figures[name]["high"]] for name in _DEPTHS]).T
            reach = np.maximum(0, np.abs(ends - values))
            at = np.arange(len(_DEPTHS)) + 0.4 * row - 0.2
            axes.bar(at, values, 0.38, color=PALETTE[-1] if row == 0 else PALETTE[0], label=space)
            axes.errorbar(at, values, reach, fmt="none", ecolor=ink(), linewidth=1.2)
        axes.set_xticks(range(len(_DEPTHS)), _DEPTHS)
        axes.set(ylim=(0, 1.02), title=f"{pool} classes")
        tidy(axes, grid="y")
    panels[0].legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2)
    return figure


def class_map(mapped: Mapped) -> Figure:
    """Photos in the colour of their coarse kind: circles of seen classes, crosses of unseen ones."""
    figure = new_figure(7.8, 5.2)
    axes = figure.subplots()
    names, counts = np.unique(mapped.kinds, return_counts=True)
    named = sorted(names[np.argsort(-counts, kind="stable")][:_KINDS].tolist())
    colours = {kind: colour_of(row) for row, kind in enumerate(named)}
    many = len(mapped.kinds) > 1000  # as a picture inside the drawing: the page stays small
    titles = dict(zip(named, short_names(named), strict=True))
    for kind in (*named, None):
        of_kind = ~np.isin(mapped.kinds, named) if kind is None else mapped.kinds == kind
        for unseen, marker in ((False, "o"), (True, "X")):
            places = mapped.places[of_kind & (mapped.unseen == unseen)]
            if not len(places):
                continue
            label = f"{'other kinds' if kind is None else titles[kind]}, {UNSEEN if unseen else SEEN}"
            colour = faint() if kind is None else colours[kind]
            axes.scatter(
                *places.T, s=22 if unseen else 14, color=colour, marker=marker, label=label, alpha=0.8, linewidths=0,
                rasterized=many,
            )  # fmt: skip
    axes.set(xticks=[], yticks=[], title="t-SNE")
    axes.spines[:].set_visible(False)
    axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure
