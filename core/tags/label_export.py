"""Labels out of the library: as a table that `label_csv` reads back, and as folders of copies."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FolderError
from core.export import Export
from core.models.disk import disk_errors, write_whole
from core.query.filters import fold
from core.store.path_text import path_to_text
from core.tags.label_csv import COLUMNS
from core.tags.values import CLASS, Origin
from core.types import ExportReport

if TYPE_CHECKING:
    from core.types import Photo, PhotoId

LONGEST_NAME_BYTES = 200  # of a folder: file systems take 255, and a number may have to follow

_NOT_IN_A_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # what Windows refuses, which refuses most
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices of Windows

Row = tuple["PhotoId", Path, Mapping[str, str], Origin]


def write_label_csv(target: Path, rows: Iterable[Row]) -> int:
    """Write labels as a table; what stood in the file before is replaced, all at once. Returns the number of photos.

    Raises:
        FolderError: its folder is not there.
        MachineError: the disk is full, fails, or may not be written.
    """
    target = target.expanduser().absolute()
    if not target.parent.is_dir():
        raise FolderError(
            f"{target.parent} is not a folder.",
            remedy="Choose another one.",
            path=target,
            title="The labels cannot be written there",
        )
    count = 0

    def write(part: Path) -> None:
        nonlocal count
        with part.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for _, path, labels, origin in rows:
                writer.writerow(_cells(path, target.parent, labels, origin))
                count += 1

    with disk_errors(target, if_full="Free some space, then export again."):
        write_whole(target, write)
    return count


def attribute_cell(labels: Mapping[str, str]) -> str:
    """As `label_csv.attribute_pairs` reads it."""
    return ";".join(f"{head}:{_quoted(value)}" for head, value in labels.items() if head != CLASS)


def copy_to_folders(
    folder: Path,
    photos: Sequence[tuple[Photo, str]],
    *,
    on_progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> ExportReport:
    """Copy photos into one folder for each label. Nothing that lies there is overwritten.

    Raises:
        FolderError: the folder is not there.
        MachineError: it is full or cannot be written.
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise FolderError(
            f"{folder} is not a folder.",
            remedy="Choose another one.",
            path=folder,
            title="The photos cannot be copied there",
        )
    written: list[Path] = []
    failed: list[tuple[Path, str]] = []
    done = 0
    for value, name in folder_names(dict.fromkeys(value for _, value in photos)).items():
        group = [photo for photo, label in photos if label == value]
        with disk_errors(folder / name, if_full="Free some space, then export the others."):
            (folder / name).mkdir(exist_ok=True)
        export = Export(folder / name, edge_px=None, cancelled=cancelled)
        report = export.run(group, lambda now, _, before=done: on_progress(before + now, len(photos)))
        written += report.written
        failed += report.failed
        done += len(group)
        if report.cancelled:
            return ExportReport(tuple(written), tuple(failed), cancelled=True)
    return ExportReport(tuple(written), tuple(failed))


def folder_names(values: Iterable[str]) -> dict[str, str]:
    """A name for the folder of each label that every system takes; two labels never share one."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for value in values:
        base = _NOT_IN_A_NAME.sub("_", value)
        base = base.encode()[:LONGEST_NAME_BYTES].decode(errors="ignore").rstrip(". ").strip() or "_"
        if _RESERVED.fullmatch(base) or base.startswith("."):  # a leading dot hides a folder, ".." leads out of it
            base = f"_{base}"
        name, number = base, 1
        while fold(name) in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(fold(name))
        names[value] = name
    return names


def _cells(path: Path, folder: Path, labels: Mapping[str, str], origin: Origin) -> list[str]:
    return [
        _path_cell(path, folder),
        labels.get(CLASS, ""),
        attribute_cell(labels),
        origin.caption or "",
        origin.split or "",
        origin.instance or "",
    ]


def _path_cell(path: Path, folder: Path) -> str:
    """From the file's own folder on, where the photo lies below it: the two can then be moved together."""
    if not path.is_relative_to(folder):
        return path_to_text(path)
    text = path_to_text(path.relative_to(folder))
    return text if text == text.strip() else f"./{text}"  # blanks around a cell mean nothing


def _quoted(value: str) -> str:
    if ";" not in value and not value.startswith('"'):
        return value
    doubled = value.replace('"', '""')
    return f'"{doubled}"'
