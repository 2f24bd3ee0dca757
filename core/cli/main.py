"""`recollect`: the root of all commands.

Commands that live above the core (the window, the trainer) are found by their entry points, so that the core imports
nothing that stands on it. Exit codes: 0 done, 1 nothing found or something wrong with the library, 2 the command or
the query was not understood, 3 an error that has a remedy, 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from core.cli.context import Session
from core.cli.diagnosis import doctor
from core.cli.indexing import index, watch
from core.cli.models import models
from core.cli.searching import search, similar
from core.cli.start import start
from core.errors import QueryError, RecollectError

EXIT_USAGE = 2
EXIT_ERROR = 3
EXIT_INTERRUPTED = 130
COMMANDS_FROM_ABOVE = "recollect.commands"  # entry point group, see pyproject.toml


class Commands(click.Group):
    """Our own commands, and those of the packages that stand on the core."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group=COMMANDS_FROM_ABOVE))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        ours = super().get_command(ctx, cmd_name)
        if ours is not None:
            return ours
        point = next(iter(entry_points(group=COMMANDS_FROM_ABOVE, name=cmd_name)), None)
        return point.load() if point is not None else None


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Directory of the library.")
@click.option("--verbose", is_flag=True, help="Say what happens, on standard error.")
@click.version_option(package_name="recollect")
@click.pass_context
def recollect(ctx: click.Context, home: Path | None, verbose: bool) -> None:
    """Find any photo by describing it. Without a command: open the window."""
    to_the_terminal = logging.StreamHandler()  # the library's log file takes more than people want to read here
    to_the_terminal.setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.basicConfig(handlers=[to_the_terminal], format="%(name)s: %(message)s")
    ctx.obj = Session(home)
    if ctx.invoked_subcommand is None:
        ctx.invoke(_window(ctx))


def _window(ctx: click.Context) -> click.Command:
    try:
        window = recollect.get_command(ctx, "window")
    except ImportError as error:
        raise RecollectError(
            f"The window cannot be opened: {error}.",
            remedy="Install it with `pip install 'recollect[desktop]'`, or use the command line: `recollect --help`.",
            title="The window is not installed",
        ) from error
    if window is None:
        raise RecollectError("The window is not part of this installation.", remedy="See `recollect --help`.")
    return window


for command in (index, watch, search, similar, models, doctor, start):
    recollect.add_command(command)


def main(arguments: list[str] | None = None) -> Any:
    """Entry point: errors become one message with a remedy, and an exit code that scripts can use."""
    try:
        code: Any = recollect.main(arguments, prog_name="recollect", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(EXIT_INTERRUPTED)
    except RecollectError as error:
        show_error(error)
        sys.exit(EXIT_USAGE if isinstance(error, QueryError) else EXIT_ERROR)


def show_error(error: RecollectError) -> None:
    """Title, message and remedy on standard error."""
    console = Console(stderr=True, highlight=False)
    console.print(f"{error.title}: {error.message}", style="red", markup=False)
    if error.remedy:
        console.print(error.remedy, markup=False)


if __name__ == "__main__":
    main()
