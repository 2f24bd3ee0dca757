"""The figures of a report, each drawn from plain values: curves, calibration, classes; and which figures there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import CLASS
from trainer.report.drawing import PALETTE, RIGHT, WRONG, colour_of, faint, new_figure, tidy
from trainer.report.maps import feature_map
from trainer.report.matrices import NAMED_CLASSES, confusion, kind_confusion, worst_block
from trainer.report.texts import short, short_names
from trainer.report.values import Curves, HeadReport, RunReport, SplitReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDE = 15  # of the classes' scores, where there are too many: so many of the strongest, so many of the weakest


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
        if any(head.kinds is not None for split in report.splits.values() for head in split.heads.values()):
            drawings[f"map-{method.lower()}-kinds"] = lambda method=method: feature_map(
                report.features, method, report.data.kinds
            )
    return drawings


def figure_name(kind: str, split: str, number: int) -> str:
    """Heads stand in names of files by number: they may be called anything."""
    return f"{kind}-{split}-{number}"


def _of_head(split: SplitReport, head: HeadReport, number: int) -> dict[str, Callable[[], Figure]]:
    drawings = {
        figure_name("confusion", split.split, number): lambda: confusion(head),
        figure_name("calibration", split.split, number): lambda: calibration(head),
        figure_name("classes", split.split, number): lambda: class_scores(head),
    }
    if len(head.labels) > NAMED_CLASSES and head.pairs:
        drawings[figure_name("worst", split.split, number)] = lambda: worst_block(head)
    if head.kinds is not None and head.kinds.proper:
        drawings[figure_name("kinds", split.split, number)] = lambda: kind_confusion(head)
    return drawings


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
    wanted = ("weighted f1" if is_main else "accuracy", "MAP@R", "top-1", "R@10")
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
    """F1 of each class that has photos, best first; of too many the strongest and the weakest."""
    ranked = head.by_strength
    rows = list(ranked if len(ranked) <= 2 * _SIDE else (*ranked[:_SIDE], *ranked[-_SIDE:]))
    left_out = len(ranked) - len(rows)
    names = short_names([each.label for each in rows])
    figure = new_figure(6.5, 0.9 + 0.2 * (len(rows) + bool(left_out)))
    axes = figure.subplots()
    places = [row + (bool(left_out) and row >= _SIDE) for row in range(len(rows))]  # from the top
    values = [each.f1 or 0.0 for each in rows]
    axes.barh(places, values, height=0.72, color=RIGHT)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            f"{100 * value:.0f}", (value, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5
        )
    if left_out:
        middle = [each.f1 or 0.0 for each in ranked[_SIDE:-_SIDE]]
        text = f"{left_out} more between them, {100 * np.mean(middle):.0f} on the average"
        axes.annotate(text, (0, _SIDE), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5)
    ticks = [f"{name}  ({each.support})" for name, each in zip(names, rows, strict=True)]
    axes.set_yticks(places, ticks, fontsize=8)
    axes.set(xlim=(0, 1.08), ylim=(max(places, default=0) + 0.6, -0.6), xlabel="F1 (photos in brackets)")
    tidy(axes, grid="x")
    return figure
