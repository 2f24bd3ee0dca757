"""`recollect index` and `recollect watch`: photos go in, with progress."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.context import Session, console, pass_session
from core.cli.progress_bar import wait_until_indexed
from core.events import ErrorRaised, Event, FoldersChanged, PhotosChanged

if TYPE_CHECKING:
    from rich.console import Console

    from core.library import Library

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print a summary as one line of JSON.")
@pass_session
def index(session: Session, folders: tuple[Path, ...], as_json: bool) -> None:
    """Add FOLDERS to the library, and index what is new in it. Without FOLDERS: all that are watched."""
    began = time.monotonic()
    with session.library() as library:
        for folder in folders:
            library.add_folder(folder)
        if not library.folders():
            raise click.UsageError("No folder is watched yet. Name one: recollect index DIR")
        wait_until_indexed(library, console())
        summary = {
            "photos": library.photo_count(),
            "problems": len(library.problems()),
            "folders": [str(folder.path) for folder in library.folders()],
            "seconds": round(time.monotonic() - began, 1),
        }
    if as_json:
        click.echo(json.dumps(summary))
        return
    click.echo(f"{summary['photos']} photos are in the library.")
    if summary["problems"]:
        click.echo(f"{summary['problems']} files could not be read: see `recollect doctor`.")


@click.command()
@click.argument("folders", nargs=-1, type=FOLDER)
@pass_session
def watch(session: Session, folders: tuple[Path, ...]) -> None:
    """Index new photos as they appear, until Ctrl+C. FOLDERS are added to the library."""
    output = console()
    with session.library() as library:
        for folder in folders:
            library.add_folder(folder)
        library.subscribe(lambda event: _report(event, library, output))
        library.start()
        if not library.is_indexer:
            output.print("Another Recollect indexes this library; this one follows.")
        output.print(f"Watching {len(library.folders())} folders. Ctrl+C ends it.")
        threading.Event().wait()


def _report(event: Event, library: Library, output: Console) -> None:
    if isinstance(event, ErrorRaised):
        output.print(str(event.error), style="red", markup=False)
    elif isinstance(event, PhotosChanged):
        for photo in library.photos(event.ids):
            output.print(f"{photo.status.value}: {photo.path}", markup=False)
    elif isinstance(event, FoldersChanged):
        offline = [folder.path for folder in library.folders() if not folder.online]
        for path in offline:
            output.print(f"not connected: {path}", markup=False)
