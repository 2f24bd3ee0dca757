"""Figures of one measurement, as a table: what was measured, against what, and whether the goal is met."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass, field

import psutil
from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 120  # characters: a table that goes into a file shall not be folded to the 80 of an unknown terminal


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    value: str
    against: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None


@dataclass
class Report:
    name: str
    figures: list[Figure] = field(default_factory=list[Figure])
    console: Console = field(default_factory=lambda: Console(width=None if sys.stdout.isatty() else PIPED_WIDTH))

    def note(self, text: str) -> None:
        """Say what is going on; for people who wait."""
        self.console.print(f"[dim]{self.name}: {text}[/]", highlight=False)

    def add(
        self,
        what: str,
        value: str,
        *,
        against: str = "",
        ratio: float | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Add one line. `at_least` and `at_most` are goals for the ratio."""
        goal, met = "", None
        if at_least is not None and ratio is not None:
            goal, met = f"≥ {at_least:g}", ratio >= at_least
        if at_most is not None and ratio is not None:
            goal, met = f"≤ {at_most:g}", ratio <= at_most
        self.figures.append(Figure(what, value, against, ratio, goal, met))

    def show(self) -> None:
        table = Table(title=f"{self.name} · {_machine()}", title_justify="left")
        for heading, justify in (("", "left"), ("measured", "right"), ("against", "right"), ("ratio", "right")):
            table.add_column(heading, justify=justify)  # type: ignore[arg-type]
        table.add_column("goal")
        for figure in self.figures:
            ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
            verdict = "" if figure.met is None else (" [green]met[/]" if figure.met else " [red]missed[/]")
            table.add_row(figure.what, figure.value, figure.against, ratio, figure.goal + verdict)
        self.console.print(table)


def _machine() -> str:
    memory_gb = psutil.virtual_memory().total / 1024**3
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f"{os.cpu_count()} cores, {memory_gb:.0f} GB, Python {platform.python_version()}, load {load:.1f}"
