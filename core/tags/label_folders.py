"""Labels as folders: one folder a class, or folders of coarse kinds with the fine ones inside.

Folders `train`, `validation` (`val`) and `test` around them say which part the photos play in training.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core.errors import LabelFileError
from core.files.ignore import IgnoreRules
from core.files.scan import scan
from core.tags.label_files import LabelFile, LabelRow, Warnings, Wording, split_of
from core.tags.label_text import sound_name
from core.tags.values import CLASS, Split

GROUP = "group"
"""The head of the coarse kinds, where no other name is given."""

FLAT: tuple[str, ...] = (CLASS,)
NESTED: tuple[str, ...] = (GROUP, CLASS)


def read_label_folders(
    root: Path, *, levels: Sequence[str] | None = None, rules: IgnoreRules | None = None
) -> LabelFile:
    """Look through folders whose names are labels. Opens no photo.

    Args:
        levels: The head of each level of folders, the outermost first; an empty name for folders that say nothing.
            None: `FLAT`, or `NESTED` if most photos lie in folders of folders.
        rules: What is not to be taken for a photo; the built-in junk if None.

    Raises:
        LabelFileError: there is no such folder, it has no photos, or none that lies in a folder with a name.
        LabelError: a level has a name that no attribute can have.
    """
    root = root.expanduser().absolute()
    names = None if levels is None else tuple(sound_name(level) if level.strip() else "" for level in levels)
    warnings = Warnings()
    photos = _photos(root, rules or IgnoreRules(), warnings)
    has_splits = _has_splits(photos)
    reader = _Reader(warnings, names or _levels(photos, has_splits), has_splits)
    rows = [row for path, folders in photos if (row := reader.row(path, folders)) is not None]
    reader.summarise()
    if not rows:
        raise LabelFileError(
            f"No photo in {root} lies in a folder that says what it shows.",
            remedy="Put the photos of each class into a folder with its name.",
            path=root,
        )
    return LabelFile(rows, warnings.shown, warnings.count)


def _photos(root: Path, rules: IgnoreRules, warnings: Warnings) -> list[tuple[Path, tuple[str, ...]]]:
    """Each photo with the names of the folders between the root and it."""
    if not root.is_dir():
        raise LabelFileError(f"{root} is not a folder.", remedy="Check the path.", path=root)
    look = scan(root, rules)
    skipped = len(str(root).rstrip(os.sep)) + 1
    photos = [(found.path, _folders(str(found.path)[skipped:])) for found in look]
    for path in look.unreadable:
        warnings.add(0, f"{path} may not be read.")
    for path in look.placeholders:
        warnings.add(0, f"{path} lies in a cloud, not on this disk.")
    if not photos:
        raise LabelFileError(f"There are no photos in {root}.", remedy="Choose another folder.", path=root)
    return sorted(photos)


def _folders(relative: str) -> tuple[str, ...]:
    return tuple(relative.split(os.sep)[:-1])  # noqa: PTH206 - ten times as fast as pathlib


def _has_splits(photos: Sequence[tuple[Path, tuple[str, ...]]]) -> bool:
    """Whether the outermost folders are parts of a data set: two different ones of them, or nothing else, and with
    folders inside. A class may well be called "train".
    """
    outermost = {folders[0] for _, folders in photos if len(folders) > 1}
    splits = {split_of(name) for name in outermost} - {None}
    return len(splits) > 1 or (len(splits) == 1 and all(split_of(f[0]) for _, f in photos if f))


def _levels(photos: Sequence[tuple[Path, tuple[str, ...]]], has_splits: bool) -> tuple[str, ...]:
    depths = Counter(min(len(folders) - has_splits, 2) for _, folders in photos)
    return NESTED if depths[2] > depths[1] else FLAT


class _Reader:
    def __init__(self, warnings: Warnings, levels: tuple[str, ...], has_splits: bool) -> None:
        self._warnings = warnings
        self._wording = Wording(warnings)
        self._levels = levels
        self._has_splits = has_splits
        self._left_out: Counter[str] = Counter()
        self._values: dict[tuple[str, str], str | None] = {}  # so that a name is complained of once, not once a photo

    def row(self, path: Path, folders: tuple[str, ...]) -> LabelRow | None:
        split: Split | None = None
        if self._has_splits:
            split = split_of(folders[0]) if folders else None
            if split is None:
                self._left_out["lie beside the folders of the splits; they were left out"] += 1
                return None
            folders = folders[1:]
        if not folders:
            self._left_out["lie in no folder that says what they show; they were left out"] += 1
            return None
        if len(folders) < len(self._levels):
            self._left_out["lie in too few folders, so that they have labels of the outer ones alone"] += 1
        if len(folders) > len(self._levels):
            self._left_out["lie in further folders inside, whose names were not looked at"] += 1
        return LabelRow(0, path, self._labels(folders), split)

    def summarise(self) -> None:
        """One warning a kind, not one a photo."""
        for text, count in self._left_out.items():
            self._warnings.add(0, f"{count} {'photo' if count == 1 else 'photos'} {text}.")

    def _labels(self, folders: tuple[str, ...]) -> dict[str, str]:
        values = [(head, self._value(head, name)) for head, name in zip(self._levels, folders, strict=False) if head]
        return {head: value for head, value in values if value is not None}

    def _value(self, head: str, name: str) -> str | None:
        if (head, name) not in self._values:
            self._values[head, name] = self._wording.value(0, head, name)
        return self._values[head, name]
