"""The learned projections of a library: which runs have left one, and the one by which its owner orders photos."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from core.errors import ModelError
from core.models.projection import CONFIG_FILE, Projection, load_projection

if TYPE_CHECKING:
    from pathlib import Path

IN_A_RUN = "projection"


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
        self._loaded: tuple[tuple[Path, int], Projection] | None = None

    def of_model(self, encoder_key: str) -> list[str]:
        """Names of the runs whose projection goes with a model, newest first. Damaged ones are none."""
        folders = sorted(self._runs.glob(f"*/{IN_A_RUN}/{CONFIG_FILE}"), reverse=True)
        return [file.parent.parent.name for file in folders if self._fits(file.parent.parent, encoder_key)]

    def get(self, run: str) -> Projection:
        """That of a run by its folder's name, or of any folder by its path.

        Raises:
            ModelError: there is none, it is damaged, or of a newer Recollect.
        """
        folder = self._runs / run
        file = folder / IN_A_RUN / CONFIG_FILE
        stamp = (folder, file.stat().st_mtime_ns if file.is_file() else 0)
        known = self._loaded
        if known is None or known[0] != stamp:
            known = self._loaded = stamp, load_projection(folder)
        return known[1]

    def _fits(self, folder: Path, encoder_key: str) -> bool:
        try:
            return load_projection(folder).encoder_key == encoder_key
        except ModelError:
            return False
