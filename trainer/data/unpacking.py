"""Photos in Parquet shards or IDX files, as data sets are often published, become a folder that all recipes read.

The shards have the columns `image` (bytes of a file), `label`, `attributes` (JSON), `source`, `split` and `captions`;
IDX files are read by `trainer.data.idx`.
What comes out: `photos/`, one folder for each part and class, `labels.csv` with all that is known of them, and
`hierarchy.toml` where there are broader classes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import LabelFileError
from core.models.disk import disk_errors, write_whole
from core.tags.label_csv import COLUMNS
from core.tags.label_export import attribute_cell, folder_names
from core.tags.label_files import split_of
from trainer.data.hierarchy import FILE, Hierarchy, write_hierarchy
from trainer.data.idx import has_idx_files, idx_rows
from trainer.data.sources import TABLE

_COLUMNS = ("image", "captions", "label", "attributes", "source", "split")
_ROWS_AT_A_TIME = 512
_NAMES_NO_HEAD = frozenset({"broader", "synonyms"})
_UNPACKED = re.compile(r"photos/[^/]+/[^/]+/.+-\d{6}\.\w+")
_SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png", b"RI": ".webp", b"GI": ".gif", b"BM": ".bmp"}


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was written."""

    folder: Path
    photos: int
    classes: int
    kinds: int  # coarse ones


def unpack(
    pack: Path, folder: Path, *, sources: Sequence[str] = (), per_class: int | None = None, classes: Sequence[str] = ()
) -> Unpacked:
    """Write the labelled photos of a pack into a folder; what lies there already is written again, to the same bytes.

    Args:
        pack: A folder of Parquet shards, or of IDX files as those of MNIST and Fashion-MNIST.
        sources: Only photos of these; empty: of all. Those of IDX files are "train" and "t10k".
        per_class: At most so many of each class in each split: the first ones.
        classes: Of IDX files, what the numbers of classes mean; empty: as `classes.txt` says, else the numbers.

    Raises:
        LabelFileError: there is no such pack, it has no such files or no such source, or its IDX files are damaged; or
            the folder has a table of labels that is not from a pack.
        MachineError: the folder cannot be written.
    """
    if not pack.is_dir():
        raise LabelFileError(
            f"There is no folder {pack}.", remedy="Name a folder of Parquet shards or IDX files.", path=pack
        )
    packed_as_idx = has_idx_files(pack)
    if classes and not packed_as_idx:
        raise LabelFileError(
            f"{pack} has no IDX files, and only their classes are numbers.", remedy="Leave out --classes.", path=pack
        )
    rows = _chosen(idx_rows(pack, classes) if packed_as_idx else _rows(pack), sources, per_class)
    if not rows:
        every = idx_rows(pack, classes) if packed_as_idx else _rows(pack, ("source",))
        known = ", ".join(sorted({row["source"] for row in every})) or "none"
        raise LabelFileError(
            f"{pack} holds no labelled photos of {', '.join(sources) or 'any source'}.",
            remedy=f"Name a folder of Parquet shards or IDX files, and sources of it; it has {known}.",
            path=pack,
        )
    table = folder / TABLE
    if table.exists() and not _is_ours(table):
        raise LabelFileError(f"{table} is there already, not from a pack.", remedy="Name another folder.", path=table)
    names = folder_names(sorted({row["label"] for row in rows}))
    hierarchy = _hierarchy(rows)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        writer.writerows(_written(folder, number, row, names) for number, row in enumerate(rows))
        write_whole(table, lambda part: part.write_text(text.getvalue(), encoding="utf-8", newline=""))
        (folder / FILE).unlink(missing_ok=True)
    if hierarchy.coarse_of:
        write_hierarchy(hierarchy, folder / FILE)
    return Unpacked(folder, len(rows), len(names), len(hierarchy.kinds))


def _is_ours(table: Path) -> bool:
    """It lists nothing but what `unpack` has written: what people wrote themselves is not replaced."""
    try:
        rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline="")))
    except (OSError, ValueError, csv.Error):
        return False
    return bool(rows) and rows[0] == list(COLUMNS) and all(_UNPACKED.fullmatch(row[0]) for row in rows[1:] if row)


def _rows(pack: Path, columns: Sequence[str] = _COLUMNS) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet

    for shard in sorted(pack.glob("*.parquet")):
        with pyarrow.parquet.ParquetFile(shard) as file:
            for batch in file.iter_batches(_ROWS_AT_A_TIME, columns=list(columns)):
                yield from batch.to_pylist()


def _chosen(rows: Iterator[dict[str, Any]], sources: Sequence[str], per_class: int | None) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    chosen: list[dict[str, Any]] = []
    for row in rows:
        key = (row["split"], row["label"])
        if not row["label"] or (sources and row["source"] not in sources):
            continue
        if per_class is None or counts[key] < per_class:
            counts[key] += 1
            chosen.append(row)
    return chosen


def _hierarchy(rows: Sequence[dict[str, Any]]) -> Hierarchy:
    """Of those classes whose photos all have one and the same broader class."""
    broader: dict[str, set[str]] = {}
    for row in rows:
        found = json.loads(row["attributes"] or "{}").get("broader") or ""
        broader.setdefault(row["label"], set()).update([found] if isinstance(found, str) else found[:1])
    return Hierarchy(
        {fine: next(iter(kinds)) for fine, kinds in sorted(broader.items()) if len(kinds) == 1 and "" not in kinds}
    )


def _written(folder: Path, number: int, row: dict[str, Any], names: dict[str, str]) -> list[str]:
    """Write one photo. Returns its row of the table."""
    split = split_of(row["split"])
    content: bytes = row["image"]
    name = f"{row['source']}-{number:06}{_SUFFIXES.get(content[:2], '.jpg')}"
    path = Path("photos", split.value if split is not None else "photos", names[row["label"]], name)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    attributes = json.loads(row["attributes"] or "{}")
    plain = {head: value for head, value in attributes.items() if isinstance(value, str) and head not in _NAMES_NO_HEAD}
    caption = next(iter(row["captions"] or ()), "")
    return [path.as_posix(), row["label"], attribute_cell(plain), caption, split.value if split else "", ""]
