"""What was taken for what, drawn: a matrix of the classes, of those that are confused most, and of coarse kinds.

Blue is right, orange is not; the stronger, the larger the share of what is truly so. Up to `NAMED_CLASSES` each class
has its name; the matrix of more of them shows where mistakes lie, and two smaller ones beside it say which they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.report.drawing import RIGHT, WRONG, faint, new_figure
from trainer.report.texts import short, short_names
from trainer.report.values import HeadReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

NAMED_CLASSES = 80  # in one matrix: beyond, names are too small to read or the picture too wide for a page
BLOCK_CLASSES = 24  # of the matrix of the worst
SHOWN_KINDS = 24
_COUNTED_CLASSES = 40  # up to so many, numbers stand in the cells
_WHOLE_IN = 6.5  # edge of a matrix without names
_NAMED_IN = 8.0  # edge of one with many names
_AS_PICTURE = 3000  # cells: beyond, they are one picture inside the drawing, and the page stays small
_OTHERS = "all other classes"


def confusion(head: HeadReport) -> Figure:
    """All classes: with their names, or, of too many, in the order of their kinds and without."""
    counts = np.array(head.confusion)
    if len(counts) <= NAMED_CLASSES:
        return _named(counts, counts.sum(axis=1), short_names(head.labels))
    return _unnamed(head, counts)


def worst_block(head: HeadReport) -> Figure:
    """The classes of the most confused pairs, among themselves."""
    kept = confused_classes(head)
    counts = np.array(head.confusion)
    rows = [head.labels.index(label) for label in kept]
    figure = _named(counts[np.ix_(rows, rows)], counts.sum(axis=1)[rows], short_names(kept))
    figure.axes[0].set_title(f"the {len(kept)} of {len(counts)} classes that are confused most")
    return figure


def confused_classes(head: HeadReport) -> list[str]:
    """By name: both sides of the most confused pairs, `BLOCK_CLASSES` at most."""
    kept: set[str] = set()
    for pair in head.pairs:
        if len(kept | {pair.true, pair.predicted}) <= BLOCK_CLASSES:
            kept |= {pair.true, pair.predicted}
    return sorted(kept, key=str.casefold)


def kind_confusion(head: HeadReport) -> Figure:
    """Coarse kinds; the rarer ones, and classes that have none, are one row and one column."""
    assert head.kinds is not None
    counts = np.array(head.kinds.confusion)
    shown = [each.kind for each in head.kinds.proper[:SHOWN_KINDS]]
    places = [row for row, each in enumerate(head.kinds.kinds) if each.kind in shown]
    others = [row for row in range(len(counts)) if row not in places]
    names = short_names([head.kinds.kinds[row].kind for row in places])
    groups = [[row] for row in places] + ([others] if others else [])
    joined = np.array([[counts[np.ix_(rows, columns)].sum() for columns in groups] for rows in groups])
    names += [_OTHERS] if others else []
    return _named(joined, joined.sum(axis=1), names, unjudged=len(places))


def _named(
    counts: NDArray[np.integer], of: NDArray[np.integer], names: Sequence[str], unjudged: int | None = None
) -> Figure:
    """
    Args:
        counts: (C, C), rows are true.
        of: (C,) photos that each row is a share of.
        unjudged: A row whose own cell holds right ones and wrong ones.
    """
    classes = len(names)
    cell_in = float(np.clip(_NAMED_IN / max(classes, 1), 0.115, 0.5))
    edge_in = max(2.0, cell_in * classes)
    figure = new_figure(edge_in + 2.2, edge_in + 1.9)
    axes = figure.subplots()
    shares = counts / np.maximum(of, 1)[:, None]
    _cells(axes, counts, shares, 0.15, unjudged)
    if classes <= _COUNTED_CLASSES:
        size = float(np.clip(cell_in * 24, 5.5, 10))
        for row, column in zip(*np.nonzero(counts), strict=True):
            dark: dict[str, Any] = {"color": "white"} if shares[row, column] > 0.5 and row != unjudged else {}
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=size, **dark)
    size = float(np.clip(cell_in * 55, 5.5, 9))
    axes.set_xticks(range(classes), names, rotation=90, fontsize=size)
    axes.set_yticks(range(classes), names, fontsize=size)
    axes.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.grid(which="minor", linewidth=0.4)
    axes.tick_params(which="both", length=0)
    return figure


def _unnamed(head: HeadReport, counts: NDArray[np.integer]) -> Figure:
    """Classes of one kind stand together, with a line between the kinds and the names of the largest."""
    kind_of = head.kinds.kind_of if head.kinds is not None else {}
    proper = {each.kind for each in head.kinds.proper} if head.kinds is not None else set()
    place = {label: (kind_of.get(label) not in proper, kind_of.get(label, ""), label) for label in head.labels}
    order = sorted(range(len(counts)), key=lambda row: place[head.labels[row]])
    ordered = counts[np.ix_(order, order)]
    figure = new_figure(_WHOLE_IN + 1.6, _WHOLE_IN + 0.8)
    axes = figure.subplots()
    _cells(axes, ordered, ordered / np.maximum(ordered.sum(axis=1, keepdims=True), 1), 0.35, None)
    kinds = [kind_of.get(head.labels[row], "") if proper else "" for row in order]
    spans = [(kind, kinds.index(kind), kinds.count(kind)) for kind in dict.fromkeys(kinds) if kind in proper]
    # A name is as tall as some three rows of two hundred: those of smaller kinds would lie upon each other.
    named = [span for span in spans if span[2] >= len(counts) / 60]
    ends = [first + count for _, first, count in spans[-1:]]  # behind it, classes that have no kind
    for edge in {*ends, *(edge for _, first, count in named for edge in (first, first + count))}:
        axes.axhline(edge - 0.5, color=faint(), linewidth=0.5)
        axes.axvline(edge - 0.5, color=faint(), linewidth=0.5)
    axes.set_yticks([first + (count - 1) / 2 for _, first, count in named], [short(kind, 20) for kind, *_ in named])
    axes.set_xticks([])
    axes.tick_params(length=0, labelsize=7.5)
    by_kind = ", in the order of their kinds" if spans else ""
    axes.set_title(f"{len(counts)} classes{by_kind}: right ones lie on the diagonal", fontsize=9)
    return figure


def _cells(
    axes: Axes, counts: NDArray[np.integer], shares: NDArray[np.floating], least: float, unjudged: int | None
) -> None:
    """A square for each cell that is not empty. `least` is the opacity of the smallest share."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    cells = [(int(row), int(column)) for row, column in zip(*np.nonzero(counts), strict=True)]
    squares = [Rectangle((column - 0.5, row - 0.5), 1, 1) for row, column in cells]
    tints = [
        to_rgba(_tint(row, column, unjudged), least + (1 - least) * min(1.0, float(shares[row, column])))
        for row, column in cells
    ]
    axes.add_collection(
        PatchCollection(squares, facecolors=tints, edgecolors="none", rasterized=len(cells) > _AS_PICTURE)
    )
    size = len(counts)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal", xlabel="predicted", ylabel="true")


def _tint(row: int, column: int, unjudged: int | None) -> str:
    if row == column == unjudged:
        return "#999999"
    return RIGHT if row == column else WRONG
