"""What every command needs: which library, and how to open and close it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich.console import Console

from core.library import Library

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@dataclass(frozen=True)
class Session:
    """The options of the root command."""

    home: Path | None

    @contextmanager
    def library(self) -> Generator[Library]:
        """A library, closed at the end of the block."""
        library = Library.open(self.home)
        try:
            yield library
        finally:
            library.close()


pass_session = click.make_pass_decorator(Session)


def console() -> Console:
    """Where people read. Progress and remarks go to standard error, so that output can be piped."""
    return Console(stderr=True, highlight=False)
