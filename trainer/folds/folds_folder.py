"""The folder of a training in folds: a run among the others, with a run folder for each fold in it.

    config.json, data.json, status.json, events.jsonl, control.json    as of any run
    folds.json    what was divided, and at the end what came of it     fold-1/, fold-2/, ...    a run each
    report.html, figures/, metrics.json                                means and spreads

Nothing here loads torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import TrainingError
from core.models.json_cache import read_object
from trainer.runs.run_folder import RunFolder

FILE = "folds.json"
PHOTOS, CLASSES = "photos", "classes"
"""What each fold holds out: some photos of all classes, or all photos of some classes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for: enough to go on, whenever it was killed."""

    folds: int
    data: str  # a folder, a table, or "library"
    encoding: str | None = None
    holds_out: str = PHOTOS


@dataclass(frozen=True, slots=True)
class FoldsFolder:
    """Paths and small files."""

    run: RunFolder

    @property
    def file(self) -> Path:
        return self.run.path / FILE

    def fold(self, number: int) -> RunFolder:
        """
        Args:
            number: From 1.
        """
        return RunFolder(self.run.path / f"fold-{number}")

    def folds(self) -> list[RunFolder]:
        return [self.fold(number) for number in range(1, self.plan().folds + 1)]

    def plan(self) -> Plan:
        """
        Raises:
            TrainingError: there is none.
        """
        document = read_object(self.file)
        try:
            encoding = document.get("encoding")
            return Plan(
                folds=int(document["folds"]),
                data=str(document["data"]),
                encoding=None if encoding is None else str(encoding),
                holds_out=str(document.get("holds_out", PHOTOS)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise TrainingError(
                f"{self.file} cannot be read.", remedy="Begin a new training.", path=self.file
            ) from error

    def write(self, plan: Plan, **more: Any) -> None:
        self.run.write_json(self.file, {**asdict(plan), **more})

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Beside what was divided."""
        self.run.write_json(self.file, {**read_object(self.file), **result})

    @property
    def is_divided(self) -> bool:
        return "held_out" in read_object(self.file)


def is_folds(path: Path) -> bool:
    """Whether a run is one of several folds, all of them together."""
    return (path / FILE).is_file()
