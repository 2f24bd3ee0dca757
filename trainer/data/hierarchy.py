"""Which classes are of one coarse kind: a file such as

[animal]
classes = ["cat", "dog"]

[vehicle]
classes = ["car", "truck"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from core.errors import LabelFileError
from core.models.disk import disk_errors, write_whole
from core.tags.label_folders import GROUP
from core.tags.values import CLASS

FILE = "hierarchy.toml"
"""Is found by this name in the folder of labelled photos."""


@dataclass(frozen=True)
class Hierarchy:
    """Coarse kinds and the fine classes in them."""

    coarse_of: Mapping[str, str]  # by fine class

    @property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """The fine classes of each coarse kind, both in alphabetical order."""
        kinds = sorted(set(self.coarse_of.values()))
        return {kind: tuple(sorted(fine for fine, of in self.coarse_of.items() if of == kind)) for kind in kinds}

    def kind(self, fine: str) -> str:
        """The coarse kind of a class; a class that has none is a kind of its own."""
        return self.coarse_of.get(fine, fine)


def read_hierarchy(path: Path) -> Hierarchy:
    """
    Raises:
        LabelFileError: it cannot be read, is no such file, or puts a class into two kinds.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        pairs = [(str(fine), kind) for kind, entry in document.items() for fine in entry["classes"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LabelFileError(
            f"{path.name} is no file of coarse kinds and their classes: {error}.",
            remedy='Write it as [animal], then classes = ["cat", "dog"].',
            path=path,
        ) from error
    twice = sorted({fine for fine, _ in pairs if len({kind for each, kind in pairs if each == fine}) > 1})
    if twice:
        raise LabelFileError(
            f"{path.name} puts {', '.join(twice[:3])} into two kinds.", remedy="Leave one of them out.", path=path
        )
    return Hierarchy(dict(pairs))


def write_hierarchy(hierarchy: Hierarchy, path: Path) -> None:
    """
    Raises:
        MachineError: it cannot be written.
    """
    document = tomlkit.dumps({kind: {"classes": list(classes)} for kind, classes in hierarchy.kinds.items()})
    with disk_errors(path):
        write_whole(path, lambda part: part.write_text(document, encoding="utf-8"))


def kinds_of(data: Path | None, labels: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The coarse kind of each class that has one: from `FILE` beside the photos, else from the outer ones of nested
    folders, where all photos of a class lie in the same one.

    Args:
        data: A folder of labelled photos, or the table of their labels; None: a library, which has no such file.
        labels: Of each photo, by head.

    Raises:
        LabelFileError: there is such a file, and it cannot be read.
    """
    groups: dict[str, set[str]] = {}
    for each in labels:
        if CLASS in each:
            groups.setdefault(each[CLASS], set()).add(each.get(GROUP, ""))
    file = None if data is None else (data if data.is_dir() else data.parent) / FILE
    if file is not None and file.is_file():
        coarse_of = read_hierarchy(file).coarse_of
        return {label: coarse_of[label] for label in sorted(groups) if label in coarse_of}
    return {label: next(iter(found)) for label, found in sorted(groups.items()) if len(found) == 1 and "" not in found}
