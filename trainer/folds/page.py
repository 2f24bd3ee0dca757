"""The page of a training in folds: `report.html`, with the figures beside it. Every number is of photos held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import CLASS
from trainer.folds.folds_folder import PHOTOS, FoldsFolder
from trainer.folds.summary import Curve, Spread, Summary, read_summary
from trainer.report.drawing import PALETTE, colour_of, new_figure, tidy
from trainer.report.page import draw_figures, environment, write_page
from trainer.report.texts import short
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEADLINE = (f"{CLASS} accuracy", f"{CLASS} weighted F1", "unseen R@1", "unseen MAP@R")
_LOSS, _VALIDATION = "loss", "validation "


def write_folds_page(path: Path) -> Path:
    """
    Raises:
        TrainingError: a fold is not finished.
        MachineError: a file cannot be written.
    """
    folder = FoldsFolder(RunFolder(path))
    found = read_summary(folder)
    figures, failed = draw_figures(figures_of(found), path / "figures")
    text = (
        environment()
        .get_template("folds.html")
        .render(
            found=found,
            figures=figures,
            notes=[*found.warnings, *failed],
            summary=headline(found),
            rows=[
                (name, with_deviation(spread), [_text(value) for value in spread.values])
                for name, spread in _rows(found)
            ],
            folders=[fold.path.name for fold in folder.folds()],
        )
    )
    write_page(folder.run.report, text)
    return folder.run.report


def headline(found: Summary) -> str:
    """All of it in one sentence."""
    wanted = [name for name in _HEADLINE if name in found.figures]
    named = wanted or [*found.figures][:2]
    said = ", ".join(f"{name} {with_deviation(found.figures[name])}" for name in named)
    once = "each held out once" if found.holds_out == PHOTOS else "each of a class that was held out once"
    return f"{len(found.photos)} folds, {sum(found.photos)} photos, {once}: {said or 'no figures'}."


def with_deviation(spread: Spread) -> str:
    deviation = spread.deviation
    return f"{spread.mean:.4f}" + ("" if deviation is None else f" ± {deviation:.4f}")


def table(found: Summary) -> list[str]:
    """For a terminal: a line for each figure."""
    longest = max((len(name) for name in found.figures), default=0)
    return [
        f"{name:<{longest}}  {with_deviation(spread):<17}  {'  '.join(_text(value) for value in spread.values)}"
        for name, spread in _rows(found)
    ]


def figures_of(found: Summary) -> dict[str, Callable[[], Figure]]:
    return {"curves": lambda: curves(found)} if found.curves else {}


def curves(found: Summary) -> Figure:
    """Losses and scores by epoch: the mean of all folds, and a band of one standard deviation to each side."""
    figure = new_figure(9.5, 3.9)
    losses, scores = figure.subplots(1, 2)
    main = CLASS if any(CLASS in name.split() for name in found.curves) else ""
    drawn = {name: curve for name, curve in found.curves.items() if main in name or name == _LOSS}
    is_loss = {name: name.endswith(_LOSS) for name in drawn}
    _bands(losses, {name: curve for name, curve in drawn.items() if is_loss[name]})
    others = {
        name: curve
        for name, curve in found.curves.items()
        if name.startswith(_VALIDATION)
        and not name.endswith((_LOSS, " macro f1"))
        and (name in drawn or name.endswith(" accuracy"))
    }
    _bands(scores, others)
    if all(0.0 <= curve.at(epoch).mean <= 1.0 for curve in others.values() for epoch in curve.epochs):
        scores.set_ylim(-0.02, 1.02)
    for axes, name in ((losses, _LOSS), (scores, "on the photos held out")):
        axes.set(xlabel="epoch", ylabel=name)
        axes.locator_params(axis="x", integer=True)
        tidy(axes)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7.5, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2)
    return figure


def _bands(axes: Axes, drawn: Mapping[str, Curve]) -> None:
    for row, (name, curve) in enumerate([*drawn.items()][: len(PALETTE)]):
        epochs = np.array(curve.epochs) + 1
        spreads = [curve.at(epoch) for epoch in curve.epochs]
        means = np.array([each.mean for each in spreads])
        deviations = np.array([each.deviation or 0.0 for each in spreads])
        label = name if name.endswith(_LOSS) else name.removeprefix(_VALIDATION)
        if not name.startswith(_VALIDATION):
            label = f"training {name}"
        axes.fill_between(epochs, means - deviations, means + deviations, color=colour_of(row), alpha=0.2, linewidth=0)
        whole = sum(len(each.known) == len(each.values) for each in spreads)  # epochs that every fold has: the first
        axes.plot(epochs[:whole], means[:whole], color=colour_of(row), linewidth=1.8, label=short(label, 40))
        rest = slice(max(0, whole - 1), None)
        axes.plot(epochs[rest], means[rest], color=colour_of(row), linewidth=1.8, linestyle=":")


def _rows(found: Summary) -> list[tuple[str, Spread]]:
    return [*found.figures.items()]


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
