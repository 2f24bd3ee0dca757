"""`recollect compare`: many runs in one table. Only options and output are here."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.models.disk import disk_errors
from core.paths import LibraryPaths, default_home
from core.tags.values import Split

if TYPE_CHECKING:
    from trainer.evaluate.tables import Table

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
    from trainer.runs.run_folder import find_run

    home: Path | None = getattr(ctx.obj, "home", None)
    place = LibraryPaths(home or default_home()).runs
    contenders = []
    for words in runs:
        names = [words] if Path(words).is_dir() else words.split(_TOGETHER)
        folders = tuple(find_run(place, name) for name in names)
        contenders.append(Contender(" + ".join(_name(folder.path, folder.status) for folder in folders), folders))
    table = standings(contenders, Split(part))
    if file is not None:
        _write_csv(table, file)
    click.echo(json.dumps(table.records(), ensure_ascii=False) if as_json else table.markdown())


def _name(path: Path, status: object) -> str:
    return str(getattr(status, "name", "")) or path.name


def _write_csv(table: Table, file: Path) -> None:
    """One column for each number; an estimate has three."""
    records = [_flat(row) for row in table.records()["rows"]]  # pyright: ignore[reportGeneralTypeIssues]
    with disk_errors(file), file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def _flat(row: dict[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, cell in row.items():
        if isinstance(cell, dict):
            flat |= {name: cell["value"], f"{name} low": cell["low"], f"{name} high": cell["high"]}
        else:
            flat[name] = cell
    return flat
