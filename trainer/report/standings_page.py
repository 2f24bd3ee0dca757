"""The page of a comparison of many runs: the table, and a figure of the scores with their intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.tags.values import CLASS
from trainer.evaluate.tables import Cell
from trainer.report.drawing import colour_of, new_figure, render, tidy
from trainer.report.intervals import Interval
from trainer.report.page import environment, write_page
from trainer.report.standings import NEIGHBOURS, USUAL, Standings
from trainer.report.texts import short_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN = (CLASS, NEIGHBOURS[0])
"""Columns that the figure shows, where there are numbers in them."""


def write_standings(found: Standings, file: Path) -> None:
    """
    Raises:
        MachineError: it cannot be written.
    """
    scores = [name for name in DRAWN if _has_numbers(found, name)]
    figures = {"scores": render(lambda: scores_figure(found, scores))} if scores else {}
    template = environment().get_template("standings.html")
    page = template.render(
        table=found.table,
        notes=found.notes,
        figures=figures,
        usual=USUAL,
        is_interval=_is_interval,
        best=best_rows(found),
    )
    write_page(file, page)


def scores_figure(found: Standings, names: list[str]) -> Figure:
    """A dot and its interval for each row, a panel for each column of `names`; the first row on top."""
    rows = found.table.rows
    figure = new_figure(2.6 + 3.4 * len(names), 0.9 + 0.3 * len(rows))
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for number, (axes, name) in enumerate(zip(panels, names, strict=True)):
        column = found.table.head.index(name)
        for place, row in enumerate(rows):
            cell = row[column]
            if isinstance(cell, Interval):
                axes.plot([cell.low, cell.high], [place, place], color=colour_of(number), linewidth=2)
                axes.plot(cell.value, place, "o", color=colour_of(number), markersize=6)
        axes.set(xlim=(-0.02, 1.02), ylim=(len(rows) - 0.4, -0.6), xlabel=_title(name))
        tidy(axes)
    panels[0].set_yticks(range(len(rows)), short_names([str(row[0]) for row in rows]))
    return figure


def best_rows(found: Standings) -> dict[int, int]:
    """By column of scores the row that is best in it."""
    best: dict[int, int] = {}
    for column in range(1, len(found.table.head)):
        values = {
            place: cell.value for place, row in enumerate(found.table.rows) if isinstance(cell := row[column], Interval)
        }
        if values:
            best[column] = max(values, key=values.__getitem__)
    return best


def _title(name: str) -> str:
    return "accuracy of the class" if name == CLASS else f"{name}, neighbours of the same class"


def _has_numbers(found: Standings, name: str) -> bool:
    if name not in found.table.head:
        return False
    column = found.table.head.index(name)
    return any(isinstance(row[column], Interval) for row in found.table.rows)


def _is_interval(cell: Cell) -> bool:
    return isinstance(cell, Interval)
