"""`recollect compare`: many runs in one table. Only options and output are here."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.written_file import WrittenFile
from core.models.disk import disk_errors
from core.paths import LibraryPaths
from core.tags.values import Split
from trainer.chosen_home import chosen_home, chosen_run
from trainer.report.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models.registry import ModelStore
    from trainer.evaluate.named_by_words import NamedByWords
    from trainer.evaluate.other_kinds import OtherKinds
    from trainer.evaluate.tables import Cell, Table
    from trainer.report.standings import Contender
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
@click.option(
    "--zero-shot", "encoders", multiple=True, metavar="ENCODER", help="A row for an encoder that knows names."
)
@click.option("--speed", is_flag=True, help="Measure now how many photos a second each takes.")
@click.option("--page", type=WrittenFile(), help="Write the table there as a page.")
@click.option("--csv", "file", type=WrittenFile(), help="Write the table there too.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table in Markdown.")
@click.pass_context
def compare(
    ctx: click.Context,
    runs: tuple[str, ...],
    part: str,
    encoders: tuple[str, ...],
    speed: bool,
    page: Path | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Put several runs into one table, on the photos that all of them kept back.

    RUN is a name of the list, the folder of a run, or several joined by "+": these answer together, with averaged
    probabilities. `recollect runs compare` shows photo by photo what tells two runs apart.
    """
    from trainer.evaluate.other_kinds import OtherKinds
    from trainer.report.standings import Contender, standings

    contenders = []
    for words in runs:
        names = [words] if Path(words).is_dir() else words.split(_TOGETHER)
        folders = tuple(chosen_run(ctx, name) for name in names)
        name = " + ".join(_name(folder) for folder in folders)
        if name in {each.name for each in contenders}:
            name = f"{name} ({' + '.join(folder.path.name for folder in folders)})"
        contenders.append(Contender(name, folders))
    guests = _guests(chosen_home(ctx), encoders)
    others = OtherKinds(_store(chosen_home(ctx)), chosen_home(ctx))
    found = standings(contenders, Split(part), guests, others)
    if speed:
        found = found.with_pace(_measured(contenders, guests, others, found.paths))
    if file is not None:
        _write_csv(found.table, file)
    if page is not None:
        from trainer.report.standings_page import write_standings

        write_standings(found, page)
    if as_json:
        click.echo(json.dumps({**found.table.records(), "notes": found.notes}, ensure_ascii=False))
    else:
        click.echo("\n\n".join([found.table.markdown(), *found.notes]))


def _guests(home: Path, encoders: Sequence[str]) -> list[NamedByWords]:
    if not encoders:
        return []
    from trainer.evaluate.named_by_words import NamedByWords

    return [NamedByWords(_store(home), name, home) for name in encoders]


def _store(home: Path) -> ModelStore:
    from core.models.registry import ModelStore
    from core.settings import load_settings

    paths = LibraryPaths(home)
    return ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration)


def _measured(
    contenders: Sequence[Contender], guests: Sequence[NamedByWords], others: OtherKinds, paths: Sequence[str]
) -> dict[str, float]:
    from core.models.calibration import Plans
    from trainer.runs.speed import images_per_s, pictures, work_of_encoder, work_of_run

    photos = pictures(paths)
    if not photos:
        raise click.UsageError("Speed is measured on the photos that the runs share, and none of them can be read.")
    plans = Plans(LibraryPaths(others.home).calibration)
    works = {each.name: work_of_run(each.members, photos, others, plans) for each in contenders}
    works |= {each.name: work_of_encoder(each.encoder, photos) for each in guests}
    return images_per_s({name: work for name, work in works.items() if work is not None}, len(photos))


def _name(folder: RunFolder) -> str:
    return (folder.status.name if folder.status else "") or folder.path.name


def _write_csv(table: Table, file: Path) -> None:
    """One column for each number; an interval has three."""
    with disk_errors(file), file.open("w", encoding="utf-8", newline="") as stream:
        columns: dict[str, None] = {}
        for place, name in enumerate(table.head):  # a row may have no interval where another one has
            for row in table.rows:
                columns |= dict.fromkeys(_flat([name], [row[place]]))
        writer = csv.DictWriter(stream, list(columns), restval="")
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
