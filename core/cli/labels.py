"""`recollect labels`: what photos are said to be, out of files and back into them, and what they can be said to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.context import Session, console, pass_session
from core.tags.values import CLASS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library
    from core.tags.label_import import ImportReport
    from core.types import PhotoId

EXIT_NOTHING = 1
SHOWN = 10  # warnings and paths that are printed without --all: the counts say how many there are


@click.group()
def labels() -> None:
    """What you say photos are: their class, and attributes such as color. docs/labels.md explains the files."""


@labels.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--levels", help="Heads of nested folders, outermost first: group,class. Empty: a folder says nothing.")
@click.option("--encoding", help="Of a CSV file, such as cp1251; found out by itself otherwise.")
@click.option("--keep", is_flag=True, help="Labels that you gave yourself stay where the file says something else.")
@click.option("--all", "show_all", is_flag=True, help="Print every warning and every path.")
@pass_session
def import_(
    session: Session, source: Path, levels: str | None, encoding: str | None, keep: bool, show_all: bool
) -> None:
    """Take labels from SOURCE: a CSV file, or a folder with one folder for each class."""
    with session.library() as library:
        if source.is_dir():
            names = None if levels is None else levels.split(",")
            report = library.labels.import_folders(source, levels=names, keep=keep)
        else:
            report = library.labels.import_csv(source, encoding=encoding, keep=keep)
    _print_report(report, None if show_all else SHOWN)
    if not report.photos:
        raise click.exceptions.Exit(EXIT_NOTHING)


@labels.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--folders", is_flag=True, help="Copy the photos into TARGET, one folder for each value.")
@click.option("--head", default=CLASS, show_default=True, help="With --folders: the attribute that names them.")
@click.option("--force", is_flag=True, help="Replace a CSV file that exists.")
@pass_session
def export(session: Session, target: Path, folders: bool, head: str, force: bool) -> None:
    """Write all labels to TARGET, a CSV file, or copy the labelled photos into folders."""
    with session.library() as library:
        if folders:
            report = library.labels.export_folders(target, head)
            for path, reason in report.failed:
                console().print(f"{path}: {reason}", style="yellow", markup=False)
            console().print(f"{len(report.written)} photos copied.")
            return
        if target.exists() and not force:
            raise click.UsageError(f"{target} exists. --force replaces it.")
        console().print(f"Labels of {library.labels.export_csv(target)} photos written.")


@labels.command("list")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON: attributes, values and counts.")
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Attributes and their values, with the number of photos that you labelled so."""
    with session.library() as library:
        attributes, counts = library.labels.attributes(), library.labels.counts()
    if as_json:
        record = {
            each.name: {value: counts.get(each.name, {}).get(value, 0) for value in each.values} for each in attributes
        }
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    for each in attributes:
        click.echo(each.name)
        for value in each.values:
            key = f"  [{each.keys[value]}]" if value in each.keys else ""
            click.echo(f"  {counts.get(each.name, {}).get(value, 0):6}  {value}{key}")


@labels.command("set")
@click.argument("head")
@click.argument("value")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@pass_session
def set_(session: Session, head: str, value: str, files: tuple[Path, ...]) -> None:
    """Say that the attribute HEAD of FILES is VALUE: recollect labels set color red shoe.jpg"""
    with session.library() as library:
        before = library.labels.set(_found(library, files), head, value)
    console().print(f"{len(before.labels)} labels changed.")


@labels.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--head", help="This attribute alone.")
@pass_session
def clear(session: Session, files: tuple[Path, ...], head: str | None) -> None:
    """Take back what you said of FILES."""
    with session.library() as library:
        before = library.labels.clear(_found(library, files), head)
    console().print(f"{len(before.labels)} labels taken back.")


@labels.command()
@click.argument("name")
@click.argument("values", nargs=-1)
@pass_session
def define(session: Session, name: str, values: tuple[str, ...]) -> None:
    """Make an attribute NAME with VALUES, or give one that exists further values."""
    with session.library() as library:
        library.labels.define(name, values)


@labels.command()
@click.argument("name")
@click.argument("old_or_new")
@click.argument("new", required=False)
@pass_session
def rename(session: Session, name: str, old_or_new: str, new: str | None) -> None:
    """Rename the attribute NAME, or with three arguments one of its values: recollect labels rename color grey gray"""
    with session.library() as library:
        if new is None:
            before = library.labels.rename_attribute(name, old_or_new)
        else:
            before = library.labels.rename_value(name, old_or_new, new)
    console().print(f"{len(before.labels.labels)} labels changed.")


@labels.command()
@click.argument("name")
@click.argument("values", nargs=-1, required=True)
@click.option("--into", required=True, help="The value that all of them become.")
@pass_session
def merge(session: Session, name: str, values: tuple[str, ...], into: str) -> None:
    """Make several VALUES of the attribute NAME one."""
    with session.library() as library:
        changed = sum(len(library.labels.rename_value(name, value, into).labels.labels) for value in values)
    console().print(f"{changed} labels changed.")


@labels.command()
@click.argument("name")
@click.argument("value", required=False)
@click.confirmation_option(prompt="Labels of it are taken from the photos. Go on?")
@pass_session
def remove(session: Session, name: str, value: str | None) -> None:
    """Take away the attribute NAME or one of its values, with its labels. Photos stay."""
    with session.library() as library:
        before = library.labels.remove_value(name, value) if value else library.labels.remove_attribute(name)
    console().print(f"{len(before.labels.labels)} labels taken back.")


def _found(library: Library, files: Sequence[Path]) -> list[PhotoId]:
    ids: list[PhotoId] = []
    for file in files:
        photo_id = library.find_photo(file)
        if photo_id is None:
            raise click.UsageError(f"{click.format_filename(file)} is not in the library. Add its folder first.")
        ids.append(photo_id)
    return ids


def _print_report(report: ImportReport, most: int | None) -> None:
    out = console()
    for warning in report.warnings[:most]:
        out.print(str(warning), style="yellow", markup=False)
    if report.warning_count > (shown := len(report.warnings[:most])):
        out.print(f"{report.warning_count - shown} more warnings.", style="yellow")
    for paths, what in ((report.missing, "is not there"), (report.not_in_library, "is not in the library")):
        for path in paths[:most]:
            out.print(f"{click.format_filename(path)} {what}.", style="yellow", markup=False)
        if most is not None and len(paths) > most:
            out.print(f"{len(paths) - most} more of which the same is true.", style="yellow")
    if report.not_in_library:
        out.print("Add their folder first: recollect index DIR; then import again.")
    out.print(f"{report.photos} photos, {report.labels} labels changed, {report.replaced} of them replaced.")
