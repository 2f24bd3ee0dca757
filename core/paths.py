"""Where a library lies on disk. Nothing here reads or writes more than directories."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.errors import LibraryError, PermissionDeniedError

HOME_VARIABLE = "RECOLLECT_HOME"


def default_home() -> Path:
    """`RECOLLECT_HOME` if it is set; else the place to which the user moved the library, if it was moved; else the
    system's place for application data.

    Raises:
        LibraryError: the library was moved to a place where there is none now: its drive is not plugged in, say.
    """
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen).expanduser() if chosen else _moved_home() or usual_home()


def usual_home() -> Path:
    """Where a library lies that nobody has moved."""
    return Path(platformdirs.user_data_dir("recollect", appauthor=False))


def pointer() -> Path:
    """The file that says where the library was moved to; absent where it was not."""
    return Path(platformdirs.user_config_dir("recollect", appauthor=False)) / "library-location"


def point_to(home: Path) -> None:
    """Let the library be looked for here from the next start on.

    Raises:
        OSError: the pointer cannot be written.
    """
    file = pointer()
    if home == usual_home():
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    temporary.write_bytes(os.fsencode(home))
    temporary.replace(file)


def _moved_home() -> Path | None:
    file = pointer()
    try:
        home = Path(os.fsdecode(file.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LibraryError(
            f"The file {file}, which says where your library lies, cannot be read: {error.strerror}.",
            remedy="Check its permissions.",
            path=file,
        ) from error
    if home.is_absolute() and LibraryPaths(home).database.is_file():
        return home
    raise LibraryError(  # and never a new, empty library in its stead
        f"Your library lies in {home}, and there is none at the moment.",
        remedy=f"Plug in its drive and start again. If it is lost, delete the file {file} to begin a new library.",
        path=home,
    )


@dataclass(frozen=True, slots=True)
class LibraryPaths:
    """The files of one library. All of them lie below `home`; photos stay where they are."""

    home: Path

    @property
    def database(self) -> Path:
        """The truth: photos, vectors, failures, albums."""
        return self.home / "library.db"

    @property
    def settings(self) -> Path:
        """What the user chose."""
        return self.home / "settings.toml"

    @property
    def index(self) -> Path:
        """HNSW files and their stamps, a cache that can always be rebuilt."""
        return self.home / "index"

    @property
    def compared(self) -> Path:
        """Which photos were compared with each other in search of near duplicates, a cache."""
        return self.index / "near-duplicates.npz"

    @property
    def thumbnails(self) -> Path:
        """Thumbnails, a cache."""
        return self.home / "thumbnails.db"

    @property
    def models(self) -> Path:
        """Downloaded and imported weights."""
        return self.home / "models"

    @property
    def taggers(self) -> Path:
        """Checkpoints of taggers that were promoted, a directory each."""
        return self.home / "taggers"

    @property
    def runs(self) -> Path:
        """Run folders of the trainer."""
        return self.home / "runs"

    @property
    def tuning(self) -> Path:
        """Searches for good values of recipes, a folder each."""
        return self.home / "tuning"

    @property
    def training_cache(self) -> Path:
        """Photos decoded and resized for training, a cache."""
        return self.home / "training-cache"

    @property
    def tag_vocabulary(self) -> Path:
        """The words of zero-shot tags, where the user has changed them."""
        return self.home / "tag-vocabulary.toml"

    @property
    def calibration(self) -> Path:
        """What was measured about models on this machine: dtype and batch size."""
        return self.home / "calibration.json"

    @property
    def pasted(self) -> Path:
        """Pictures that were pasted or dropped into the search bar. Hidden, so that no folder scan takes them in."""
        return self.home / ".pasted"

    @property
    def indexer_lock(self) -> Path:
        """Held by the one process that indexes and watches."""
        return self.home / "indexer.lock"

    @property
    def run_mark(self) -> Path:
        """There while a process indexes; left behind by one that crashed."""
        return self.home / "indexer.running"

    @property
    def log(self) -> Path:
        return self.home / "recollect.log"

    @property
    def moved_from(self) -> Path:
        """There from the moment at which the library was moved here until it is opened here for the first time."""
        return self.home / "moved-from"

    def create(self) -> None:
        """Make the directories.

        Raises:
            PermissionDeniedError: the place cannot be written.
        """
        try:
            for directory in (self.home, self.index, self.models, self.taggers, self.runs, self.pasted):
                directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PermissionDeniedError(
                f"The directory {self.home} cannot be made: {error.strerror}.",
                remedy="Choose another place with --home.",
                path=self.home,
            ) from error
