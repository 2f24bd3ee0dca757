"""A file that a command writes at its end: whether it can be written is found out before the work."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import MachineError

if TYPE_CHECKING:
    import os

_REMEDY = "Make the folder, change its permissions, or name another place."


class WrittenFile(click.Path):
    """The type of an option or argument that names such a file."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        check_can_be_written(Path(value))
        return super().convert(value, param, ctx)


def check_can_be_written(file: Path) -> None:
    """
    Raises:
        MachineError: its folder does not exist, or takes no files.
    """
    folder = file.absolute().parent
    title = f"{file.name} cannot be written there"
    if not folder.is_dir():
        raise MachineError(f"There is no folder {folder}.", remedy=_REMEDY, path=file, title=title)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = error.strerror or error
        raise MachineError(f"{folder} takes no files: {why}.", remedy=_REMEDY, path=file, title=title) from error
