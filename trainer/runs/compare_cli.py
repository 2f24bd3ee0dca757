"""`recollect compare`: many runs in one table. Only options and output are here."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.models.disk import disk_errors
from core.tags.values import Split
from trainer.chosen_home import chosen_run
from trainer.report.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.evaluate.tables import Cell, Table
    from trainer.runs.run_folder import RunFolder

_TOGETHER = "+"


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--part",
    type=click.Choice([Split.VALIDATION.value, Split.TEST.value]),
    default=Split.VALIDATION.value,
    show_default=True,
    help="On which of the photos that were kept back.",
)
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the table there too.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table in Markdown.")
@click.pass_context
def compare(ctx: click.Context, runs: tuple[str, ...], part: str, file: Path | None, as_json: bool) -> None:
    """Put several runs into one table, on the photos that all of them kept back.

    RUN is a name of the list, the folder of a run, or several joined by "+": these answer together, with averaged
    probabilities. `recollect runs compare` shows photo by photo what tells two runs apart.
    """
    from trainer.report.standings import Contender, standings

    contenders = []
    for words in runs:
        names = [words] if Path(words).is_dir() else words.split(_TOGETHER)
        folders = tuple(chosen_run(ctx, name) for name in names)
        contenders.append(Contender(" + ".join(_name(folder) for folder in folders), folders))
    table = standings(contenders, Split(part))
    if file is not None:
        _write_csv(table, file)
    click.echo(json.dumps(table.records(), ensure_ascii=False) if as_json else table.markdown())


def _name(folder: RunFolder) -> str:
    return (folder.status.name if folder.status else "") or folder.path.name


def _write_csv(table: Table, file: Path) -> None:
    """One column for each number; an interval has three."""
    with disk_errors(file), file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(_flat(table.head, table.rows[0])))
        writer.writeheader()
        writer.writerows(_flat(table.head, row) for row in table.rows)


def _flat(names: Sequence[str], row: Sequence[Cell]) -> dict[str, str | int | float]:
    flat: dict[str, str | int | float] = {}
    for name, cell in zip(names, row, strict=True):
        if isinstance(cell, Interval):
            flat |= {name: cell.value, f"{name} low": cell.low, f"{name} high": cell.high}
        else:
            flat[name] = cell
    return flat
