"""The folder of one search: its settings, its study, the photos that all trials share, and a run folder for each trial.

    search.json    what is searched, on what    study.db     all trials, Optuna's
    prepared/      photos with split            trials/      a run folder each; the best one keeps its network
    best.json      the best configuration       report.html, figures/

A search that was killed goes on with the same command: what stands in `search.json` has to be the same.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from filelock import FileLock, Timeout

from core.errors import DiskFullError, TrainingError
from core.models.disk import disk_errors, write_whole
from trainer.data.sources import check_is_there
from trainer.loop_config import LoopConfig
from trainer.overrides import checked
from trainer.runs.run_folder import RunFolder
from trainer.tune.space import Space, read_space

if TYPE_CHECKING:
    from optuna import Study

Pruner = Literal["median", "hyperband", "none"]

_STUDY = "values"  # its name in the database: one file holds one study
_WAIT_S = 60.0  # for another process that writes to the study
_WORDS = {
    "config": "the recipe and its values",
    "space": "what is searched",
    "data": "the photos",
    "encoding": "the encoding",
    "max_epochs": "--max-epochs",
    "pruner": "--pruner",
}


@dataclass(frozen=True)
class Settings:
    """All that makes trials comparable with each other."""

    config: LoopConfig
    space: Space
    data: str  # a folder, a table, or "library"
    encoding: str | None = None
    max_epochs: int | None = None
    pruner: Pruner = "median"

    def document(self) -> dict[str, Any]:
        return {
            "config": self.config.model_dump(mode="json"),
            "space": self.space.table(),
            "data": self.data,
            "encoding": self.encoding,
            "max_epochs": self.max_epochs,
            "pruner": self.pruner,
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        config = checked(document["config"])
        rest = {name: document[name] for name in ("data", "encoding", "max_epochs", "pruner")}
        return cls(config, read_space(document["space"], config), **rest)


@dataclass(frozen=True, slots=True)
class SearchFolder:
    """Paths and small files of one search."""

    path: Path

    @property
    def settings_file(self) -> Path:
        return self.path / "search.json"

    @property
    def study_file(self) -> Path:
        return self.path / "study.db"

    @property
    def prepared(self) -> Path:
        """What every trial begins with: `data.json`, and whatever else its kind of training prepares."""
        return self.path / "prepared"

    @property
    def trials(self) -> Path:
        return self.path / "trials"

    @property
    def best(self) -> Path:
        return self.path / "best.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def asking(self) -> FileLock:
        """Held while a trial is begun, so that two processes begin no more of them than were wanted."""
        return FileLock(self.path / "asking.lock")

    def run(self, name: str) -> RunFolder:
        return RunFolder(self.trials / name)

    def is_of(self, settings: Settings) -> bool:
        """Whether the search has begun, with these settings.

        Raises:
            TrainingError: it has begun with others; the message says which.
            LabelFileError: with other photos, and these are not there.
        """
        if not self.settings_file.is_file():
            return False
        before, document = self._document(), settings.document()
        others = [words for name, words in _WORDS.items() if before.get(name) != document[name]]
        if others:
            check_is_there(settings.data)  # misspelt, perhaps
            raise TrainingError(
                f"The search {self.path.name} was begun with others: {', '.join(others)}.",
                remedy="Repeat its command to go on with it, or begin another one with --study NAME.",
                path=self.path,
            )
        return True

    def begin(self, settings: Settings) -> None:
        """From now on this is the search; its photos are there."""
        with disk_errors(self.path):
            self.trials.mkdir(parents=True, exist_ok=True)
        self.write_json(self.settings_file, settings.document())

    def settings(self) -> Settings:
        """
        Raises:
            TrainingError: this is the folder of no search.
        """
        return Settings.of(self._document())

    def write_json(self, file: Path, document: dict[str, Any]) -> None:
        text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        with disk_errors(file):
            write_whole(file, lambda part: part.write_text(text, encoding="utf-8"))

    @contextmanager
    def held(self) -> Iterator[None]:
        """By the one command that runs this search.

        Raises:
            TrainingError: another one does.
        """
        with disk_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / "search.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise TrainingError(
                f"The search {self.path.name} is running already.",
                remedy="Wait for it, or begin another one with --study NAME.",
            ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def study(self) -> Iterator[Study]:
        """The study, made where it is absent. Nothing of it is left open.

        Raises:
            TrainingError: the file cannot be read.
            DiskFullError: the disk is full.
        """
        import optuna
        from sqlalchemy.pool import QueuePool

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = None
        try:
            with self.study_errors():
                # Not by its address: a path may hold any character.
                storage = optuna.storages.RDBStorage(
                    "sqlite://", engine_kwargs={"creator": self._connect, "poolclass": QueuePool}
                )
                yield optuna.create_study(storage=storage, study_name=_STUDY, direction="maximize", load_if_exists=True)
        finally:
            if storage is not None:
                storage.remove_session()
                storage.engine.dispose()

    @contextmanager
    def study_errors(self) -> Iterator[None]:
        """What the database says, in our words.

        Raises:
            TrainingError: the file cannot be read.
            DiskFullError: the disk is full.
        """
        from optuna.exceptions import StorageInternalError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (StorageInternalError, SQLAlchemyError, sqlite3.Error) as error:
            raise self._translated(error) from error

    def forget_networks(self, names: set[str]) -> None:
        """Delete the networks and outputs of trials, by the names of their run folders; what else they left stays."""
        for folder in map(self.run, names):
            for part in (folder.state, folder.checkpoint):
                shutil.rmtree(part, ignore_errors=True)
            for outputs in folder.path.glob("outputs-*.npz"):
                with contextlib.suppress(OSError):
                    outputs.unlink()

    def _connect(self) -> sqlite3.Connection:
        """With a log beside the file, as the library has: each score is committed, and waits for no disk."""
        connection = sqlite3.connect(self.study_file, timeout=_WAIT_S)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _document(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.settings_file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{self.settings_file} cannot be read.", remedy=f"Delete the folder {self.path}.", path=self.path
            ) from error

    def _translated(self, error: Exception) -> TrainingError | DiskFullError:
        said = f"{error} {error.__cause__ or ''}"
        if "is full" in said:
            return DiskFullError(
                "The disk became full while the search was written.",
                remedy="Free some space and repeat the command: it goes on where it stopped.",
                path=self.study_file,
            )
        return TrainingError(
            f"The study {self.study_file} cannot be used: {said.strip().partition(chr(10))[0]}.",
            remedy="Begin another search with --study NAME; the runs of this one stay where they are.",
            path=self.study_file,
        )
