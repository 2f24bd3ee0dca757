"""`recollect window`: the command that opens the window. It imports Qt only when it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from desktop.display import why_no_window


@click.command()
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Where the library lies.")
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder to watch, added if it is not watched yet.",
)
def window(home: Path | None, photos: Path | None) -> None:
    """Open the window."""
    reason = why_no_window()
    if reason is not None:
        raise click.ClickException(reason)
    from desktop.app import run

    sys.exit(run(home, photos))
