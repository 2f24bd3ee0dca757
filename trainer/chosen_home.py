"""Which library a command of the trainer is for: the one that the root command names, else the default one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.paths import LibraryPaths, default_home

if TYPE_CHECKING:
    import click

    from trainer.runs.run_folder import RunFolder


def chosen_home(ctx: click.Context) -> Path:
    """Also where the command was started by itself, without the root command."""
    chosen: Path | None = getattr(ctx.obj, "home", None)
    return chosen or default_home()


def chosen_runs(ctx: click.Context) -> Path:
    """The folder of its runs."""
    return LibraryPaths(chosen_home(ctx)).runs


def chosen_run(ctx: click.Context, name: str) -> RunFolder:
    """One of its runs; see `find_run`, also for what is raised."""
    from trainer.runs.run_folder import find_run

    return find_run(chosen_runs(ctx), name)
