"""`recollect start`: what `make run` calls. The window on a folder of photos, or the same job in the terminal."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from core.cli.context import Session, pass_session
from core.demo import run_demo
from core.display import reason_for_no_window
from core.first_folder import choose_folder
from core.paths import default_home


@click.command()
@click.argument("photos", required=False, type=click.Path(path_type=Path))
@click.option("--terminal", is_flag=True, help="Stay in the terminal, even where a window can open.")
@pass_session
@click.pass_context
def start(context: click.Context, session: Session, photos: Path | None, terminal: bool) -> None:
    """Find photos by describing them: those in the folder PHOTOS.

    Without PHOTOS: those in your Pictures folder, or else a sample library. Opens the window; where there is no
    display, indexes, searches and draws contact sheets in the terminal.
    """
    reason = "you asked for the terminal" if terminal else reason_for_no_window()
    if reason is None:
        (window,) = entry_points(group="recollect.commands", name="window")
        folder = choose_folder(photos, session.home or default_home())
        context.invoke(window.load(), home=session.home, photos=folder)
    else:
        console = Console(highlight=False)
        console.print(f"No window: {escape(reason)}. The same in the terminal:", style="dim")
        context.exit(run_demo(photos, console, session.home))
