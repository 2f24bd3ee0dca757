"""`recollect window`: the command that opens the window. It imports Qt only when it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.display import missing_for_window


@click.command()
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Where the library lies.")
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder to watch, added if it is not watched yet.",
)
def window(home: Path | None, photos: Path | None) -> None:
    """Open the window."""
    missing = missing_for_window()  # Qt would end the process instead of saying so
    if missing is not None:
        raise click.ClickException(
            f"No window: {missing}. The terminal can do it too: `recollect index DIR`, then `recollect search TEXT`."
        )
    from desktop.app import run

    sys.exit(run(home, photos))
