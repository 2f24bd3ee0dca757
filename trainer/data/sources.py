"""Where labelled photos come from: folders with names, a table of labels, the library.

What folders and tables say is read by `core.tags`; here each photo is opened once, so that training meets no file that
it cannot read, and knows contents and times.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LabelFileError, PhotoError, TrainingError
from core.files.decode import decode_with_metadata, read_content
from core.tags.label_csv import read_label_csv
from core.tags.label_files import LabelFile, LabelRow
from core.tags.label_folders import read_label_folders
from core.tags.values import CLASS
from trainer.data.examples import Dataset, Example
from trainer.data.hierarchy import kinds_of

if TYPE_CHECKING:
    from core.library import Library

LIBRARY = "library"
"""The source that is no path: what the user labelled."""

TABLE = "labels.csv"

OnProgress = Callable[[int, int], None]
"""Called with photos done and photos in all."""

_PROOF_EDGE_PX = 32  # decoded to see that it can be: a JPEG at an eighth of its size
_READERS = os.cpu_count() or 2
_READ_AT_A_TIME = 256
_NAMED = 5  # photos that a warning names
_ADD_PHOTOS = "Add photos of other kinds, each in a folder with its name."


def read_examples(
    source: str | Path,
    *,
    library: Library | None = None,
    home: Path | None = None,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Dataset:
    """All photos of a source that have labels and can be read; the others are counted in the warnings.

    Args:
        source: A folder with a folder for each class (in folders `train`, `validation`, `test`, or not), a table of
            labels or a folder with one that is called labels.csv, or the word "library".
        library: Its labels are meant by "library"; None: the one at `home` is opened for as long as that takes.
        cancelled: Asked now and then; then what was read so far comes back.

    Raises:
        LabelFileError: there is no such source, it has no photos, or its table or its hierarchy.toml cannot be read.
        TrainingError: no photo is left, or all of them have the same labels.
        LibraryError: the library cannot be opened.
    """
    check_is_there(source)
    path = None if str(source) == LIBRARY else _path(source)
    if path is None:
        dataset = _of_library(library, home)
    else:
        dataset = _opened(
            _labels_in(path, encoding), _name_of(path), on_progress or (lambda done, total: None), cancelled
        )
    dataset = replace(dataset, kinds=kinds_of(path, (each.labels for each in dataset.examples)))
    _refuse_what_teaches_nothing(dataset)
    return dataset.with_examples(dataset.examples, *_lone_labels(dataset))


def check_is_there(source: str | Path) -> None:
    """
    Raises:
        LabelFileError: the source is a path that leads nowhere.
    """
    path = _path(source)
    if str(source) != LIBRARY and not path.exists():
        raise LabelFileError(
            f"There is no {path}.", remedy='Name a folder, a labels.csv, or "library" for your own labels.', path=path
        )


def _labels_in(path: Path, encoding: str | None) -> LabelFile:
    if path.is_dir():
        table = path / TABLE
        return read_label_csv(table, encoding=encoding) if table.is_file() else read_label_folders(path)
    return read_label_csv(path, encoding=encoding)


def _path(source: str | Path) -> Path:
    return Path(source).expanduser().absolute()


def _name_of(path: Path) -> str:
    return path.parent.name if path.name == TABLE else path.stem if path.is_file() else path.name


def _of_library(library: Library | None, home: Path | None) -> Dataset:
    if library is None:
        from core.library import Library

        opened = Library.open(home)
        try:
            return _of_library(opened, None)
        finally:
            opened.close()
    photos = library.labels.labelled()
    if not photos:
        raise TrainingError(
            "No photo of the library has a label.", remedy="Label some photos first: two kinds at least, ten of each."
        )
    examples = [
        Example(each.path, each.content_hash, each.labels, each.split, each.instance, each.taken_at, each.photo_id)
        for each in photos
    ]
    there = [example for example in examples if example.path.is_file()]
    gone = [example.path for example in examples if not example.path.is_file()]
    return Dataset(tuple(there), LIBRARY, (_left_out(gone, "are not on disk"),) if gone else ())


def _opened(file: LabelFile, name: str, on_progress: OnProgress, cancelled: Callable[[], bool]) -> Dataset:
    labelled = [row for row in file.rows if row.labels]
    warnings = [str(warning) for warning in file.warnings]
    if file.warning_count > len(file.warnings):
        warnings.append(f"There are {file.warning_count - len(file.warnings)} more warnings of this kind.")
    if len(labelled) < len(file.rows):
        unlabelled = [row.path for row in file.rows if not row.labels]
        warnings.append(_left_out(unlabelled, "have no label"))
    examples: list[Example] = []
    problems: dict[str, list[Path]] = {}
    for row, result in _each_read(labelled, on_progress, cancelled):
        if isinstance(result, Example):
            examples.append(result)
        else:
            problems.setdefault(result, []).append(row.path)
    warnings += [_left_out(paths, f"cannot be read ({reason.rstrip('.')})") for reason, paths in problems.items()]
    return Dataset(tuple(examples), name, tuple(warnings))


def _each_read(
    rows: Sequence[LabelRow], on_progress: OnProgress, cancelled: Callable[[], bool]
) -> Iterator[tuple[LabelRow, Example | str]]:
    """Each row with its example, or with the reason why there is none."""
    with ThreadPoolExecutor(_READERS, thread_name_prefix="recollect-labelled") as pool:
        for start in range(0, len(rows), _READ_AT_A_TIME):
            if cancelled():
                return
            part = rows[start : start + _READ_AT_A_TIME]
            yield from zip(part, pool.map(_read, part), strict=True)
            on_progress(start + len(part), len(rows))


def _read(row: LabelRow) -> Example | str:
    try:
        content, content_hash = read_content(row.path)
        _, metadata = decode_with_metadata(content, edge_px=_PROOF_EDGE_PX, name=row.path.name)
    except PhotoError as error:
        return error.message
    return Example(row.path, content_hash, row.labels, row.split, row.instance, metadata.taken_at)


def _refuse_what_teaches_nothing(dataset: Dataset) -> None:
    if not dataset.examples:
        reasons = " ".join(dataset.warnings[:3])
        raise TrainingError(
            f"There is no photo with a label that can be read in {dataset.name}. {reasons}".strip(),
            remedy="Check the paths, and that the photos open.",
        )
    if all(len(labels) == 1 for labels in dataset.heads.values()):
        head, (label,) = next(iter(dataset.heads.items()))
        raise TrainingError(
            f"All photos have the same label, {head} \u201c{label}\u201d: there is nothing to tell apart.",
            remedy=_ADD_PHOTOS if head == CLASS else "Label photos of at least two kinds.",
        )


def _lone_labels(dataset: Dataset) -> list[str]:
    """A label of a single photo can be learned, but nobody can see how well."""
    head = next(iter(dataset.heads))
    counts = Counter(example.labels[head] for example in dataset.examples if head in example.labels)
    alone = sorted(label for label, count in counts.items() if count == 1)
    if not alone:
        return []
    if len(alone) == len(counts):
        return [f"Each {head} has a single photo: it can be learned, but not checked. Add more photos of each."]
    return [f"These have a single photo, too few to check what was learned: {_listed(alone)}."]


def _left_out(paths: Sequence[Path], why: str) -> str:
    photos = "1 photo was" if len(paths) == 1 else f"{len(paths)} photos were"
    return f"{photos} left out because they {why}: {_listed([path.name for path in paths])}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
