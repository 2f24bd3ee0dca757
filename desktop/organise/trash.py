"""Originals to the system's trash and back: the one thing that ever happens to them, and only when the user asks.

Nothing is ever deleted. What the system's trash does not take stays where it is, and the user is told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QStandardPaths
from PySide6.QtWidgets import QMessageBox, QWidget

from core.errors import MachineError
from core.types import PhotoStatus
from desktop.organise.undo import Outcome, Tell
from desktop.organise.wording import are, failure, photos

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId

ASK_ABOVE = 20  # photos: below, Undo is quicker than a question


@dataclass(frozen=True, slots=True)
class Trashed:
    """A file in the trash."""

    original: Path
    kept: Path | None  # where it lies now; None where the system does not tell


@dataclass
class MoveToTrash:
    """The deed: photos of the library go to the trash, and come back to their old places."""

    library: Library
    ids: Sequence[PhotoId]
    _trashed: list[Trashed] = field(default_factory=list, init=False)

    @property
    def text(self) -> str:
        return f"move {photos(len(self.ids))} to the trash"

    def do(self, tell: Tell) -> Outcome:
        self._trashed, failures = [], dict[Path, str]()
        known = self.library.photos(self.ids)
        paths = [photo.path for photo in known if photo.status is not PhotoStatus.GONE]  # Del may be pressed twice
        for number, path in enumerate(paths):
            tell(number, len(paths))
            try:
                self._trashed.append(move_to_trash(path))
            except MachineError as error:
                failures[path] = error.message
        self.library.look_at([each.original for each in self._trashed])
        moved = len(self._trashed)
        return Outcome(
            f"{_of(moved, len(paths))} moved to the trash" if moved else "",
            changed=moved,
            error=failure(failures, "could not be moved to the trash", "They stay where they are."),
        )

    def undo(self, tell: Tell) -> Outcome:
        back, failures = list[Path](), dict[Path, str]()
        for number, each in enumerate(self._trashed):
            tell(number, len(self._trashed))
            try:
                back.append(take_back(each))
            except MachineError as error:
                failures[each.original] = error.message
        self.library.look_at(back)
        return Outcome(
            f"{_of(len(back), len(self._trashed))} {are(len(back))} back" if back else "",
            changed=len(back),
            error=failure(failures, "could not be taken back", "Look for them in the system's trash."),
        )


def move_to_trash(path: Path) -> Trashed:
    """Blocking.

    Raises:
        MachineError: the file is gone, or its place has no trash; the message is one sentence.
    """
    _make_room_for_trash()
    file = QFile(str(path))
    if not file.moveToTrash():
        raise MachineError(_why_not(path), path=path)
    kept = file.fileName()
    return Trashed(path, Path(kept) if kept and Path(kept) != path else None)


def take_back(trashed: Trashed) -> Path:
    """Move a file from the trash to its old place, beside a new file that stands there now. Returns where it is.

    Raises:
        MachineError: it is no longer in the trash, or its old place cannot be written; the message is one sentence.
    """
    kept, original = trashed.kept, trashed.original
    if kept is None:
        raise MachineError("The system does not tell where its trash keeps it.", path=original)
    if not os.path.lexists(kept):
        raise MachineError("It is no longer in the trash.", path=original)
    try:
        original.parent.mkdir(parents=True, exist_ok=True)
        place = _reserve(original)
        try:
            kept.replace(place)  # on one volume, as trash is: quick, and the times of the file stay
        except OSError:
            place.unlink()
            raise
    except OSError as error:
        raise MachineError(f"It cannot be put back: {error.strerror}.", path=original) from error
    record = record_of(kept)
    if record is not None:
        record.unlink(missing_ok=True)
    return place


def record_of(kept: Path) -> Path | None:
    """The file by which the system's trash remembers where another one came from; None where there is none."""
    if kept.parent.name == "files" and "Trash" in kept.parent.parent.name:  # freedesktop.org: Trash, .Trash-1000
        return kept.parent.parent / "info" / f"{kept.name}.trashinfo"
    if kept.parent.name == "files" and ".Trash" in kept.parent.parent.parent.name:  # .Trash/1000
        return kept.parent.parent / "info" / f"{kept.name}.trashinfo"
    if kept.name.startswith("$R"):  # Windows: $RX1Y2Z3.jpg is the file, $IX1Y2Z3.jpg its record
        return kept.with_name(f"$I{kept.name[2:]}")
    return None


def ask(parent: QWidget, number: int, go_on: Callable[[], object]) -> QMessageBox | None:
    """Call `go_on`, for many photos only after the user said yes. Returns at once, with the question if it is asked."""
    if number <= ASK_ABOVE:
        go_on()
        return None
    box = QMessageBox(parent)
    box.setWindowTitle("Move to the trash?")
    box.setText(f"Move {photos(number)} to the trash?")
    box.setInformativeText("You can take them back with Undo, and later from the system's trash.")
    move = box.addButton(f"Move {photos(number)}", QMessageBox.ButtonRole.AcceptRole)
    move.setProperty("role", "main")
    move.style().unpolish(move)  # a style sheet looks at properties only when it is applied anew
    move.style().polish(move)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(move)
    move.clicked.connect(lambda: go_on())
    box.finished.connect(box.deleteLater)
    box.open()
    return box


def _make_room_for_trash() -> None:
    """The trash lies in the directory for the user's data, which Qt does not make: a new account has none."""
    if sys.platform == "linux":
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
        with suppress(OSError):  # then the move fails, and is reported
            Path(home).mkdir(mode=0o700, parents=True, exist_ok=True)


def _why_not(path: Path) -> str:
    """Qt's own words ("Bad file descriptor") help nobody."""
    if not os.path.lexists(path):
        return "It is not there now."
    if not os.access(path.parent, os.W_OK):
        return "Its folder may not be changed."
    return "There is no trash on its drive."


def _reserve(path: Path) -> Path:
    """An empty file under a free name, made in one step, so that no file that comes meanwhile is written over."""
    for number in count(1):
        place = path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")
        with suppress(FileExistsError):
            place.touch(exist_ok=False)
            return place
    raise AssertionError("unreachable: the numbers do not end")


def _of(moved: int, wanted: int) -> str:
    return photos(moved) if moved == wanted else f"{moved:,} of {photos(wanted)}"
