"""`recollect`: the root of all commands.

Commands that live above the core (the window, the trainer) are found by their entry points, so that the core imports
nothing that stands on it. Exit codes: 0 done, 1 nothing found or something wrong with the library, 2 the command or
the query was not understood, 3 an error that has a remedy, 130 interrupted, 143 ended by `kill`.
"""

from __future__ import annotations

import logging
import signal
import sys
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from core.cli.context import Session
from core.cli.diagnosis import doctor
from core.cli.indexing import index, watch
from core.cli.labels import labels
from core.cli.models import models
from core.cli.searching import search, similar
from core.cli.start import start
from core.cli.tags import taggers, tags
from core.errors import QueryError, RecollectError

if TYPE_CHECKING:
    from collections.abc import Generator

EXIT_USAGE = 2
EXIT_ERROR = 3
EXIT_INTERRUPTED = 130
EXIT_BY_SIGNAL = 128  # and the number of the signal, as shells count
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


for command in (index, watch, search, similar, labels, models, doctor, start, tags, taggers):
    recollect.add_command(command)


def main(arguments: list[str] | None = None) -> Any:
    """Entry point: errors become one message with a remedy, and an exit code that scripts can use."""
    try:
        with _ended_in_order():
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


@contextmanager
def _ended_in_order() -> Generator[None]:
    """The end of the user's session, `kill` and a terminal that is closed end a command as Ctrl+C does: its library is
    closed, and the next start does not take it for a crash.
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows: no SIGHUP
    heeded = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]  # not with `nohup`
    for number in heeded:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: object) -> None:
    sys.exit(EXIT_BY_SIGNAL + number)


def show_error(error: RecollectError) -> None:
    """Title, message and remedy on standard error."""
    console = Console(stderr=True, highlight=False)
    console.print(f"{error.title}: {error.message}", style="red", markup=False)
    if error.remedy:
        console.print(error.remedy, markup=False)


if __name__ == "__main__":
    main()
