"""Tables of results: as Markdown, which the terminal prints and docs/quality.md keeps, and as records for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from trainer.report.intervals import Interval

Cell = str | int | float | Interval


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row, all others hold numbers."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def markdown(self) -> str:
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        lines = [self.head, rule, *([_text(cell) for cell in row] for row in self.rows)]
        return "\n".join([f"### {self.title}", "", *(f"| {' | '.join(line)} |" for line in lines)])

    def records(self) -> dict[str, object]:
        rows = [
            {
                name: asdict(cell) if isinstance(cell, Interval) else cell
                for name, cell in zip(self.head, row, strict=True)
            }
            for row in self.rows
        ]
        return {"title": self.title, "rows": rows}


def _text(cell: Cell) -> str:
    match cell:
        case Interval():
            return f"{cell.value:.3f} ({cell.low:.3f}-{cell.high:.3f})"
        case float():
            return f"{cell:.3f}"
        case _:
            return str(cell)
