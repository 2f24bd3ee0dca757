"""The figures of a report, each drawn from plain values: curves, confusion, calibration, feature maps, classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.tags.values import CLASS
from trainer.report.drawing import PALETTE, RIGHT, WRONG, colour_of, faint, ink, marker_of, new_figure, tidy
from trainer.report.texts import short, short_names
from trainer.report.values import Curves, FeatureMap, HeadReport, RunReport, SplitReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = 200  # in one confusion matrix: beyond, names are too small to read
_COUNTED_CLASSES = 40  # up to so many, numbers stand in the cells
_LEGEND = 21  # classes that a legend names, the largest ones; all others are grey


def figures_of(report: RunReport) -> dict[str, Callable[[], Figure]]:
    """By name of its file: what draws it. Only those for which there is something to draw."""
    drawings: dict[str, Callable[[], Figure]] = {}
    if report.curves.points:
        drawings["curves"] = lambda: curves(report.curves)
    for split in report.splits.values():
        for number, head in enumerate(split.heads.values()):
            # Of the part that does not count most, the main head is enough.
            if head.count and (split is report.main or head is split.main):
                drawings |= _of_head(split, head, number)
    for method in report.features.methods:
        drawings[f"map-{method.lower()}"] = lambda method=method: feature_map(report.features, method)
    return drawings


def figure_name(kind: str, split: str, number: int) -> str:
    """Heads stand in names of files by number: they may be called anything."""
    return f"{kind}-{split}-{number}"


def _of_head(split: SplitReport, head: HeadReport, number: int) -> dict[str, Callable[[], Figure]]:
    return {
        figure_name("confusion", split.split, number): lambda: confusion(head),
        figure_name("calibration", split.split, number): lambda: calibration(head),
        figure_name("classes", split.split, number): lambda: class_scores(head),
    }


def curves(found: Curves) -> Figure:
    """Loss and scores by epoch; a line where a phase begins, a ring at the epoch that was kept."""
    figure = new_figure(9.5, 3.6)
    losses, scores = figure.subplots(1, 2)
    epochs = [point.epoch + 1 for point in found.points]
    heads = list(dict.fromkeys(head for point in found.points for head in point.validation))
    main = CLASS if CLASS in heads else next(iter(heads), None)
    _line(losses, epochs, [point.train.get("loss") for point in found.points], "training, all heads", 0)
    if main is not None:
        _line(losses, epochs, [point.train.get(f"{main} loss") for point in found.points], f"training, {main}", 1)
        values = [point.validation.get(main, {}).get("loss") for point in found.points]
        _line(losses, epochs, values, f"validation, {main}", 3)
    for row, head in enumerate(heads[: len(PALETTE)]):
        values = [point.validation.get(head, {}) for point in found.points]
        score = _score_of(values, is_main=head == main)
        _line(scores, epochs, [each.get(score) for each in values], f"{head}, {score.replace('f1', 'F1')}", row)
    losses.set(xlabel="epoch", ylabel="loss")
    scores.set(xlabel="epoch", ylabel="on validation photos", ylim=(-0.02, 1.02))
    for axes in (losses, scores):
        tidy(axes)
        axes.set_xlim(min(epochs) - 0.5, max(epochs) + 0.5)
        axes.xaxis.get_major_locator().set_params(integer=True)
        _phases(axes, found)
        _legend(axes)
    return figure


def _score_of(values: Sequence[Mapping[str, float]], *, is_main: bool) -> str:
    """What is drawn: of a tagger's head its accuracy or weighted F1, of a search model how often it is right."""
    wanted = ("weighted f1" if is_main else "accuracy", "top-1", "R@10")
    return next((name for name in wanted if any(name in each for each in values)), wanted[0])


def _line(axes: Axes, epochs: Sequence[int], values: Sequence[float | None], name: str, row: int) -> None:
    if any(value is not None for value in values):
        drawn = [np.nan if value is None else value for value in values]
        axes.plot(epochs, drawn, color=colour_of(row), linewidth=1.8, marker="o", markersize=2.5, label=short(name))


def _phases(axes: Axes, found: Curves) -> None:
    last = found.points[-1].epoch
    for row, phase in enumerate(phase for phase in found.phases if phase.first_epoch <= last):
        at = phase.first_epoch + 0.5
        if row:
            axes.axvline(at, color=faint(), linewidth=1.2, linestyle="--")
        name = short(phase.name, 18) + (" (backbone frozen)" if phase.frozen else "")
        # In two rows in turn: short phases stand close together.
        place = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "fontsize": 7.5}
        axes.annotate(name, (at, 1.0), xytext=(2, 3 + 10 * (row % 2)), annotation_clip=False, **place)
    if found.best_epoch is not None and found.points[0].epoch <= found.best_epoch <= last:
        axes.axvline(found.best_epoch + 1, color=PALETTE[2], linewidth=1.2, linestyle=":", label="kept")


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7.5, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2)


def confusion(head: HeadReport) -> Figure:
    """Blue: right; orange: taken for another. The stronger, the larger the share of the true class."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    counts, names = _shown_classes(head)
    classes = len(names)
    cell_in = float(np.clip(5.0 / classes, 0.115, 0.5))
    edge_in = max(2.0, cell_in * classes)
    figure = new_figure(edge_in + 2.2, edge_in + 1.9)
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cells = [(int(row), int(column)) for row, column in zip(*np.nonzero(counts), strict=True)]
    squares = [Rectangle((column - 0.5, row - 0.5), 1, 1) for row, column in cells]
    tints = [
        to_rgba(RIGHT if row == column else WRONG, 0.15 + 0.85 * float(shares[row, column])) for row, column in cells
    ]
    axes.add_collection(PatchCollection(squares, facecolors=tints, edgecolors="none"))
    if classes <= _COUNTED_CLASSES:
        size = float(np.clip(cell_in * 24, 4, 10))
        for row, column in cells:
            dark: dict[str, Any] = {"color": "white"} if shares[row, column] > 0.5 else {}
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=size, **dark)
    axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5), aspect="equal", xlabel="predicted", ylabel="true")
    size = float(np.clip(cell_in * 55, 5.5, 9))
    axes.set_xticks(range(classes), names, rotation=90, fontsize=size)
    axes.set_yticks(range(classes), names, fontsize=size)
    axes.set_xticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(classes + 1) - 0.5, minor=True)
    axes.grid(which="minor", linewidth=0.4)
    axes.tick_params(which="both", length=0)
    if classes < len(head.labels):
        axes.set_title(f"the {classes} of {len(head.labels)} classes with most mistakes")
    return figure


def _shown_classes(head: HeadReport) -> tuple[np.ndarray, list[str]]:
    """Counts (C, C) and names; of too many classes, those with most mistakes."""
    counts, names = np.array(head.confusion), short_names(head.labels)
    if len(names) <= MOST_CLASSES:
        return counts, names
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    kept = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])
    return counts[np.ix_(kept, kept)], [names[row] for row in kept]


def calibration(head: HeadReport) -> Figure:
    """Reliability before and after temperature: bars on the diagonal mean what they say."""
    found = head.calibration
    figure = new_figure(7.2, 3.7)
    panels = figure.subplots(2, 2, sharex=True, height_ratios=(4, 1))
    sides = (("before", found.before, found.ece_before), ("after", found.after, found.ece_after))
    for column, (name, bins, error) in enumerate(sides):
        above, below = panels[0][column], panels[1][column]
        filled = [each for each in bins if each.count]
        middles = [(each.low + each.high) / 2 for each in filled]
        width = bins[0].high - bins[0].low
        above.bar(middles, [each.accuracy for each in filled], width * 0.94, color=RIGHT, label="right")
        above.plot([0, 1], [0, 1], color=faint(), linewidth=1, linestyle="--")
        above.plot(
            [each.confidence for each in filled], [each.accuracy for each in filled], "o", color=WRONG, markersize=4
        )
        below.bar(middles, [each.count for each in filled], width * 0.94, color=PALETTE[5])
        ends = f"{name} temperature, ECE {100 * error:.1f} %" if error is not None else name
        above.set_title(ends, fontsize=9)
        above.set(xlim=(0, 1), ylim=(0, 1.03))
        below.set(xlabel="confidence")
        tidy(above)
        tidy(below, grid="y")
    panels[0][0].set_ylabel("share of right ones")
    panels[1][0].set_ylabel("photos")
    return figure


def class_scores(head: HeadReport) -> Figure:
    """F1 of each class that has photos, best first; how many photos stands behind the name."""
    rows = sorted((each for each in head.classes if each.f1 is not None), key=lambda each: each.f1 or 0.0)
    rows = rows[: 2 * MOST_CLASSES]  # the weakest ones, where there are too many
    names = short_names([each.label for each in rows])
    figure = new_figure(6.5, 0.9 + 0.2 * len(rows))
    axes = figure.subplots()
    values = [each.f1 or 0.0 for each in rows]
    axes.barh(range(len(rows)), values, height=0.72, color=RIGHT)
    for row, value in enumerate(values):
        axes.annotate(
            f"{100 * value:.0f}", (value, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5
        )
    ticks = [f"{name}  ({each.support})" for name, each in zip(names, rows, strict=True)]
    axes.set_yticks(range(len(rows)), ticks, fontsize=8)
    axes.set(xlim=(0, 1.08), ylim=(-0.6, len(rows) - 0.4), xlabel="F1 (photos in brackets)")
    tidy(axes, grid="x")
    return figure


def feature_map(found: FeatureMap, method: str, head: str | None = None) -> Figure:
    """Each photo at its place, in the colour and shape of its true label; mistakes have a ring."""
    figure = new_figure(7.6, 5.0)
    axes = figure.subplots()
    head = head or _main_head(found)
    pairs = [photo.labels.get(head, (None, "")) if head else (None, "") for photo in found.photos]
    places = np.array(found.methods[method])
    sizes: dict[str, int] = {}
    for true, _ in pairs:
        if true is not None:
            sizes[true] = sizes.get(true, 0) + 1
    named = sorted(sorted(sizes, key=lambda label: -sizes[label])[:_LEGEND])
    others = np.array([true not in named for true, _ in pairs])
    size = 26 if len(pairs) <= 600 else 9
    many = len(pairs) > 1000  # as a picture inside the drawing: the page stays small
    if others.any():
        axes.scatter(
            *places[others].T, s=size, color=faint(), label="others, or not labelled", linewidths=0, rasterized=many
        )
    for row, (label, text) in enumerate(zip(named, short_names(named), strict=True)):
        own = np.array([true == label for true, _ in pairs])
        style = {"color": colour_of(row), "marker": marker_of(row), "linewidths": 0, "rasterized": many}
        axes.scatter(*places[own].T, s=size, label=text, alpha=0.85, **style)
    wrong = np.array([true is not None and true != predicted for true, predicted in pairs])
    if wrong.any():
        ring = {"facecolors": "none", "edgecolors": ink(), "linewidths": 0.8, "rasterized": many}
        axes.scatter(*places[wrong].T, s=3.2 * size, label="taken for another", **ring)
    axes.set(xticks=[], yticks=[], title=method)
    axes.spines[:].set_visible(False)
    axes.legend(fontsize=7.5, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def _main_head(found: FeatureMap) -> str | None:
    heads = next((list(photo.labels) for photo in found.photos), [])
    return CLASS if CLASS in heads else next(iter(heads), None)
