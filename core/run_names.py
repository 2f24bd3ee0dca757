"""Which run is meant: by the path of its folder, by that folder's name in the list, or by the name that it was given.

Only what names a run is read here, because the core is told of runs too; all else in its folder is the trainer's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import TrainingError
from core.models.json_cache import read_object

STATUS_FILE = "status.json"  # a folder without it is no run
LONGEST_NAME = 80  # characters; with the date it stays far below what file systems take
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}-\d{6}-")  # at which a run began: the beginning of its folder's name


@dataclass(frozen=True, slots=True, order=True)
class _Begun:
    """A run, the newest of several being the greatest."""

    started_at: str  # ISO, UTC
    path: Path
    name: str

    def is_called(self, name: str) -> bool:
        wanted = as_folder_name(name)
        return wanted in (as_folder_name(self.name), _MOMENT.sub("", self.path.name))


def find_run_folder(runs: Path, name: str) -> Path:
    """The folder of the run at a path, of one by its folder's name below `runs`, or of the newest one of this name.

    Raises:
        TrainingError: there is none, or the newest two began in the same second.
    """
    for path in (Path(name), runs / name):
        if _begun(path) is not None:
            return path
    folders = [path for path in runs.iterdir() if path.is_dir()] if runs.is_dir() else []
    begun = sorted((each for path in folders if (each := _begun(path)) is not None), reverse=True)
    named = [each for each in begun if each.is_called(name)]
    if not named:
        raise TrainingError(
            f"There is no run {name}.", remedy="`recollect runs list` names them all.", title="The run cannot be found"
        )
    newest = [each.path for each in named if each.started_at == named[0].started_at]
    if len(newest) > 1:
        raise TrainingError(
            f"Several runs called {name} began at the same moment: {', '.join(path.name for path in newest)}.",
            remedy="Name the one that you mean.",
            title="The name fits several runs",
        )
    return newest[0]


def as_folder_name(name: str) -> str:
    """What any name may be called on any disk."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:LONGEST_NAME] or "run"


def _begun(path: Path) -> _Begun | None:
    """None where this is no run."""
    status = read_object(path / STATUS_FILE)
    if not all(isinstance(status.get(each), str) for each in ("state", "name", "started_at")):
        return None
    return _Begun(status["started_at"], path, status["name"])
