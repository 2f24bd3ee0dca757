"""The learned projections of a library: which runs have left one, and the one by which its owner orders photos."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from core.errors import ModelError
from core.models.projection import CONFIG_FILE, WEIGHTS_FILE, Projection, load_projection
from core.run_names import find_run_folder

IN_A_RUN = "projection"
_Stamp = tuple[Path, int, int]  # folder of a run, and when its two files were written


def folder_of_projection(runs: Path, name: str) -> Path:
    """A folder that holds a projection, by its path; else that of a run, by any of its names.

    Raises:
        TrainingError: there is no such run.
    """
    path = Path(name)
    if any((place / CONFIG_FILE).is_file() for place in (path, path / IN_A_RUN)):
        return path
    return find_run_folder(runs, name)


class Standing(Enum):
    """What becomes of the projection that the settings name."""

    NONE = "none"  # they name none: the model alone orders
    ORDERS = "orders"
    LOST = "lost"  # deleted or damaged: the model alone orders
    OF_ANOTHER_MODEL = "of another model"  # than the one that answers, which orders alone


class Projections:
    """Safe to use from any thread."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._loaded: tuple[_Stamp, Projection] | None = None
        self._models: dict[_Stamp, str | None] = {}  # of which model each is; None: it is damaged

    def of_model(self, encoder_key: str) -> list[str]:
        """Names of the runs whose projection goes with a model, newest first. Damaged ones are none."""
        folders = sorted(self._runs.glob(f"*/{IN_A_RUN}/{CONFIG_FILE}"), reverse=True)
        return [file.parent.parent.name for file in folders if self._model_of(file.parent.parent) == encoder_key]

    def get(self, run: str) -> Projection:
        """That of a run by its folder's name, or of any folder by its path.

        Raises:
            ModelError: there is none, it is damaged, or of a newer Recollect.
        """
        folder = self._runs / run
        stamp = _stamp(folder)
        known = self._loaded
        if known is None or known[0] != stamp:
            known = self._loaded = stamp, load_projection(folder)
        return known[1]

    def _model_of(self, folder: Path) -> str | None:
        """The key of its encoder. The weights are read, and checked, once."""
        stamp = _stamp(folder)
        if stamp not in self._models:
            try:
                self._models[stamp] = load_projection(folder).encoder_key
            except ModelError:
                self._models[stamp] = None
        return self._models[stamp]


def _stamp(folder: Path) -> _Stamp:
    """Another one where its files were written anew, or are gone."""
    return folder, _written(folder / IN_A_RUN / CONFIG_FILE), _written(folder / IN_A_RUN / WEIGHTS_FILE)


def _written(file: Path) -> int:
    """Nanoseconds since the epoch; 0: there is none."""
    return file.stat().st_mtime_ns if file.is_file() else 0
