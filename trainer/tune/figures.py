"""The figures of a search: scores by epoch, the best so far, what matters, and each value against its score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from trainer.report.drawing import PALETTE, RIGHT, faint, new_figure, tidy
from trainer.report.texts import short
from trainer.tune.outcome import FAILED, FINISHED, Found, TrialRecord
from trainer.tune.space import Choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEST, OWN = PALETTE[3], PALETTE[2]  # colours of the best trial, and of the recipe's own values
_ABREAST = 3  # values in a row of slices
_LONGEST = 34  # characters of a path
_DECADE = 10.0


def figures_of(found: Found) -> dict[str, Callable[[], Figure]]:
    """By name of its file: what draws it. Only those for which there is something to draw."""
    if not any(trial.curve for trial in found.trials):
        return {}
    drawings = {"curves": lambda: curves(found), "history": lambda: history(found), "values": lambda: slices(found)}
    return drawings | ({"importance": lambda: importance(found)} if found.importance else {})


def curves(found: Found) -> Figure:
    """The score of each epoch: trials that were pruned are faint and end in a cross."""
    figure = new_figure(8.6, 4.2)
    axes = figure.subplots()
    named: set[str] = set()
    for trial in sorted(found.trials, key=lambda each: (each.state == FINISHED, each == found.best)):
        if not trial.curve:
            continue
        epochs = [epoch + 1 for epoch, _ in trial.curve]
        scores = [found.shown(score) for _, score in trial.curve]
        colour, width, name = _look(trial, found)
        label = name if name not in named else None
        named.add(name)
        axes.plot(epochs, scores, color=colour, linewidth=width, marker="o", markersize=2.2 * width**0.5, label=label)
        if trial.state != FINISHED:
            axes.plot(epochs[-1], scores[-1], "x", color=colour, markersize=5)
    last = max(epoch for trial in found.trials for epoch, _ in trial.curve) + 1
    _scale_of_scores(axes, found)
    axes.set(xlabel="epoch", ylabel=_score_name(found), xlim=(0.5, last + 0.5))
    axes.locator_params(axis="x", integer=True)
    tidy(axes)
    _legend_below(axes)
    return figure


def history(found: Found) -> Figure:
    """The score of each trial in their order, and the best one so far."""
    figure = new_figure(8.6, 3.4)
    axes = figure.subplots()
    scored = [trial for trial in found.trials if trial.score is not None]
    for state, face, name in ((FINISHED, RIGHT, "trained to its end"), ("pruned", "none", "pruned")):
        own = [trial for trial in scored if (trial.state == FINISHED) is (state == FINISHED)]
        if own:
            style: dict[str, Any] = {"facecolors": face, "edgecolors": RIGHT if face != "none" else faint()}
            axes.scatter([each.number for each in own], _scores(own, found), s=30, label=name, zorder=3, **style)
    finished = [trial for trial in scored if trial.state == FINISHED]
    best = np.maximum.accumulate([trial.score or 0.0 for trial in finished]).tolist() if finished else []
    ends = [*(trial.number for trial in finished), found.trials[-1].number][: len(best) + 1]
    levels = [found.shown(score) for score in best]
    if levels:
        axes.step(ends, [*levels, levels[-1]], where="post", color=BEST, linewidth=1.6, label="best so far", zorder=2)
    _level_of_recipe(axes, found)
    _scale_of_scores(axes, found)
    axes.set(xlabel="trial", ylabel=_score_name(found), xlim=(0.5, found.trials[-1].number + 0.5))
    axes.locator_params(axis="x", integer=True)
    tidy(axes)
    _legend_below(axes)
    return figure


def importance(found: Found) -> Figure:
    """Which share of the differences between scores comes from which value."""
    rows = list(reversed(found.importance.items()))
    figure = new_figure(7.0, 0.9 + 0.3 * len(rows))
    axes = figure.subplots()
    axes.barh(range(len(rows)), [share for _, share in rows], height=0.68, color=RIGHT)
    for row, (_, share) in enumerate(rows):
        axes.annotate(
            f"{100 * share:.0f} %", (share, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks(range(len(rows)), [short(path, _LONGEST) for path, _ in rows])
    axes.set(xlim=(0, 1.12 * max(share for _, share in rows) or 1.0), xlabel="share of the differences between trials")
    tidy(axes, grid="x")
    return figure


def slices(found: Found) -> Figure:
    """Each value against the score: a slope or a hill says where to search on."""
    parts = found.settings.space.parts
    rows = -(-len(parts) // _ABREAST)
    columns = min(len(parts), _ABREAST)
    figure = new_figure(max(4.2, 3.0 * columns), 2.6 * rows)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    scored = [trial for trial in found.trials if trial.score is not None]
    for place, axes in enumerate(panels.flat):
        if place >= len(parts):
            axes.set_visible(False)
            continue
        part = parts[place]
        tried = [trial for trial in scored if part.path in trial.values]
        values = [trial.values[part.path] for trial in tried]
        if isinstance(part, Choice):
            names = [str(choice) for choice in part.choices]
            at = [float(part.choices.index(value)) for value in values]
            axes.set_xticks(range(len(names)), [short(name, 14) for name in names])
            axes.set_xlim(-0.5, len(names) - 0.5)
        else:
            at = [float(value) for value in values]  # type: ignore[arg-type]
            if part.log:
                _logarithmic(axes, "x", part.low, part.high)
        _dots(axes, at, tried, found)
        _scale_of_scores(axes, found)
        axes.set_xlabel(short(part.path, _LONGEST))
        axes.set_ylabel(_score_name(found) if place % _ABREAST == 0 else "")
        tidy(axes)
    return figure


def _dots(axes: Axes, at: Sequence[float], trials: Sequence[TrialRecord], found: Found) -> None:
    for place, trial in zip(at, trials, strict=True):
        colour, _, _ = _look(trial, found)
        is_whole = trial.state == FINISHED
        size = 46 if trial == found.best else 24
        axes.scatter(
            place, found.shown(trial.score or 0.0), s=size, facecolors=colour if is_whole else "none",
            edgecolors=colour, zorder=3 if is_whole else 2,
        )  # fmt: skip


def _look(trial: TrialRecord, found: Found) -> tuple[str, float, str]:
    """Colour, width of a line, and what the legend says."""
    if trial == found.best:
        return BEST, 2.4, f"best: trial {trial.number}"
    if trial == found.as_it_stands and trial.state == FINISHED:
        return OWN, 1.8, "the recipe as it stands"
    if trial.state == FINISHED:
        return PALETTE[5], 1.1, "trained to its end"
    return faint(), 1.0, "failed" if trial.state == FAILED else "pruned"


def _level_of_recipe(axes: Axes, found: Found) -> None:
    own = found.as_it_stands
    if own is not None and own.score is not None and own.state == FINISHED:
        level = found.shown(own.score)
        axes.axhline(level, color=OWN, linewidth=1.2, linestyle=":", label="the recipe as it stands")


def _scores(trials: Sequence[TrialRecord], found: Found) -> list[float]:
    return [found.shown(trial.score or 0.0) for trial in trials]


def _score_name(found: Found) -> str:
    return f"{found.rule} (lower is better)" if found.is_cost else found.rule


def _scale_of_scores(axes: Axes, found: Found) -> None:
    """Losses differ by powers of ten."""
    levels = [found.shown(score) for trial in found.trials for _, score in trial.curve]
    if found.is_cost and min(levels) > 0 and max(levels) > _DECADE * min(levels):
        _logarithmic(axes, "y", min(levels), max(levels))


def _logarithmic(axes: Axes, name: Literal["x", "y"], low: float, high: float) -> None:
    """With plain numbers: figures of a report know no formulas."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    (axes.set_xscale if name == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0,) if high >= _DECADE**2 * low else (1.0, 2.0, 5.0), numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _legend_below(axes: Axes) -> None:
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=4)
