"""What a row of the standings costs: parameters, disk, time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trainer.evaluate.tables import Cell
from trainer.report.report_data import read_cost
from trainer.report.values import Cost
from trainer.runs.run_folder import RunFolder

COSTS = ("million parameters", "MB", "tags images/s", "trained min")
_MEGA = 1e6
_MINUTE_S = 60.0


def costs_of_runs(members: Sequence[RunFolder]) -> list[Cell]:
    """In the order of `COSTS`. An ensemble asks its members one after the other."""
    return figures_of([read_cost(folder) for folder in members])


def figures_of(costs: Sequence[Cost]) -> list[Cell]:
    """The same of costs that are known, added up."""
    pace = _sum(costs, lambda cost: 1.0 / cost.tagging_images_per_s if cost.tagging_images_per_s else None)
    return [
        _rounded(_sum(costs, lambda cost: cost.parameters), _MEGA),
        _rounded(_sum(costs, lambda cost: cost.checkpoint_bytes), _MEGA),
        round(1.0 / pace) if pace else "",
        _rounded(_sum(costs, lambda cost: cost.seconds), _MINUTE_S),
    ]


def _sum(costs: Sequence[Cost], of: Callable[[Cost], float | None]) -> float | None:
    """None where one of them does not say."""
    numbers = [of(cost) for cost in costs]
    return None if any(number is None for number in numbers) else sum(number or 0 for number in numbers)


def _rounded(number: float | None, unit: float) -> Cell:
    return "" if number is None else f"{number / unit:.1f}"
