"""`recollect models`: list, download, import, use and delete encoders; get what taggers are trained from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from core.cli.context import Session, console, pass_session
from core.cli.progress_bar import wait_until_indexed
from core.errors import ModelError

if TYPE_CHECKING:
    from core.types import ModelInfo

MEGABYTE = 1_000_000


@click.group()
def models() -> None:
    """The models that understand photos and words."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a model.")
@pass_session
def list_models(session: Session, as_json: bool) -> None:
    """Show which models there are, and which one answers."""
    with session.library() as library:
        infos, backbones = library.models.all(), library.models.backbones()
    if as_json:
        for info in [*infos, *backbones]:
            click.echo(json.dumps(asdict(info)))
        return
    for info in infos:
        mark = "●" if info.live else "✓" if info.installed else " "
        click.echo(f"{mark} {info.name:<16} {_own_or_size(info):>8}  {info.languages}; {info.speed}")
        click.echo(f"  {'':<16} {'':>8}  License: {info.license}")
    click.echo("\nTaggers are trained from the starter, from nothing, or from:")
    for info in backbones:
        click.echo(f"{'✓' if info.installed else ' '} {info.name:<16} {_size(info):>8}  {info.description}")
        click.echo(f"  {'':<16} {'':>8}  License: {info.license}")
    click.echo("\n● answers now   ✓ installed   Install another one: recollect models download NAME")


@models.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Accept the model's license without being asked.")
@pass_session
def download(session: Session, name: str, yes: bool) -> None:
    """Download the weights of NAME. An interrupted download goes on where it was."""
    with session.library() as library:
        info = library.models.info(name)
        click.echo(f"{info.title}, {_size(info)}. License: {info.license} {info.license_url or ''}".rstrip())
        if not yes:
            click.confirm("Download it?", abort=True)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=console(), transient=True) as bar:
            task = bar.add_task(name, total=info.size_bytes or None)
            library.models.download(
                name, on_progress=lambda done, total: bar.update(task, completed=done, total=total or None)
            )
    click.echo(_what_now(info))


@models.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@pass_session
def import_model(session: Session, name: str, file: Path) -> None:
    """Install the weights of NAME from a local safetensors FILE."""
    with session.library() as library:
        library.models.import_file(name, file)
        info = library.models.info(name)
    click.echo(_what_now(info))


@models.command()
@click.argument("name")
@click.option("--wait/--no-wait", default=True, help="Embed all photos now, or leave it to the window.")
@pass_session
def use(session: Session, name: str, wait: bool) -> None:
    """Let NAME answer. All photos are embedded again; the model in use answers until that is done."""
    with session.library() as library:
        library.models.use(name)
        if wait:
            wait_until_indexed(library, console())
            if library.encoder_name != name:
                raise ModelError(f"{library.encoder_name} still answers.", remedy="See `recollect doctor`.")
    click.echo(f"{name} answers now." if wait else f"{name} answers as soon as all photos are embedded.")


@models.command()
@click.argument("name")
@pass_session
def delete(session: Session, name: str) -> None:
    """Delete NAME, a model of your own, with what it knows of the photos. Files outside the library stay."""
    with session.library() as library:
        library.models.delete(name)
    click.echo(f"{name} is deleted.")


def _what_now(info: ModelInfo) -> str:
    if info.extra.get("purpose") == "training":
        return f"{info.name} is installed. `recollect train` can start from it."
    return f"{info.name} is installed. `recollect models use {info.name}` lets it answer."


def _size(info: ModelInfo) -> str:
    if info.size_bytes:
        return f"{info.size_bytes / MEGABYTE:.0f} MB"
    return "size not known" if info.extra.get("purpose") == "training" else "included"


def _own_or_size(info: ModelInfo) -> str:
    return "your own" if info.own else _size(info)
