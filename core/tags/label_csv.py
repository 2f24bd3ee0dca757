"""Labels as a table: one row a photo, as product catalogues keep them.

Columns: `image_path`, `class_label`, `attributes` ("color:red;material:fabric"), `caption`, `split`, `instance_id`.
Paths are absolute or start at the file's own folder. A value that holds a semicolon, or starts with a quotation mark,
stands in quotation marks, with those inside doubled.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from core.errors import LabelFileError
from core.query.filters import fold
from core.store.path_text import as_typed
from core.tags.label_files import LabelFile, LabelRow, Warnings, Wording, split_of
from core.tags.label_text import tidy
from core.tags.label_text_file import read_text
from core.tags.values import CLASS, Split

COLUMNS = ("image_path", "class_label", "attributes", "caption", "split", "instance_id")

_OTHER_NAMES = {
    **dict.fromkeys(("path", "image", "file", "filename", "file_name", "file_path", "filepath"), "image_path"),
    **dict.fromkeys(("class", "label"), "class_label"),
    "attribute": "attributes",
    "text": "caption",
    "instance": "instance_id",
}
_DELIMITERS = ",;\t|"
_HEADING_CHARACTERS = 100_000  # in which the first row with the names of the columns is looked for

# A value in quotation marks up to its end, or whatever stands there up to the next semicolon.
_PART = re.compile(r'([^:;]*):\s*"((?:[^"]|"")*)"\s*(?:;|$)|([^;]+)(?:;|$)')


def read_label_csv(path: Path, *, encoding: str | None = None) -> LabelFile:
    """Read a file of labels. What is wrong with a row becomes a warning, and the others are read.

    Args:
        encoding: As Python calls it; None: found out.

    Raises:
        LabelFileError: it cannot be read, is empty, or lacks the columns without which nothing can be labelled.
    """
    path = path.expanduser().absolute()
    text, warning = read_text(path, encoding)
    warnings = Warnings()
    if warning is not None:
        warnings.add(0, warning)
    return _Table(path, warnings).read(text)


def attribute_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of a cell of attributes, as they are written there; a part without a colon has no value."""
    for quoted_name, quoted, plain in _PART.findall(text):
        if quoted_name.strip():
            yield quoted_name.strip(), quoted.replace('""', '"')
        elif plain.strip():
            name, _, value = plain.partition(":")
            yield name.strip(), value.strip()


class _Table:
    def __init__(self, path: Path, warnings: Warnings) -> None:
        self._path = path
        self._folder = str(path.parent)
        self._warnings = warnings
        self._wording = Wording(warnings)
        self._columns: list[str] = []
        self._rows: dict[str, LabelRow] = {}

    def read(self, text: str) -> LabelFile:
        delimiter = self._delimiter(text)
        for line, cells in self._records(text, delimiter):
            if not self._columns:
                self._columns = self._headings(line, cells)
            elif (row := self._row(line, cells)) is not None:
                self._add(row)
        if not self._rows:
            raise self._error("has no row that names a photo", "Choose a file that has labels.")
        return LabelFile(list(self._rows.values()), self._warnings.shown, self._warnings.count)

    def _delimiter(self, text: str) -> str:
        """What separates the columns: the sign by which the first row has the most columns that we know."""
        heading = next((line for line in StringIO(text[:_HEADING_CHARACTERS]) if line.strip()), "")
        if fold(heading[:4]) == "sep=":  # for Excel
            return heading[4:5].strip("\r\n") or ","
        return max(_DELIMITERS, key=lambda sign: sum(_column(cell) in COLUMNS for cell in heading.split(sign)))

    def _records(self, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not empty, with the line in which it begins."""
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells) and not (line == 1 and fold(cells[0][:4]) == "sep="):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise self._error(
                f"cannot be read from line {line} on: {error}", "Look for a quotation mark that has no second one."
            ) from error

    def _headings(self, line: int, cells: list[str]) -> list[str]:
        columns = [_column(cell) for cell in cells]
        if "image_path" not in columns:
            raise self._error("has no column image_path", f"Name the columns in the first row: {', '.join(COLUMNS)}.")
        if not {"class_label", "attributes"} & set(columns):
            raise self._error("has no column class_label or attributes", "Add one of them: it says what photos show.")
        unknown = [cell.strip() for cell, column in zip(cells, columns, strict=True) if column not in COLUMNS]
        if any(unknown):
            self._warnings.add(line, f"These columns are not known and were left out: {', '.join(unknown)[:200]}.")
        return columns

    def _row(self, line: int, cells: list[str]) -> LabelRow | None:
        if len(cells) != len(self._columns):
            difference = "fewer" if len(cells) < len(self._columns) else "more"
            self._warnings.add(line, f"This row has {difference} columns than the first one.")
        record = dict(zip(reversed(self._columns[: len(cells)]), reversed(cells[: len(self._columns)]), strict=True))
        path = self._photo(line, record.get("image_path", ""))
        if path is None:
            return None
        return LabelRow(
            line,
            Path(path),
            self._labels(line, record.get("class_label", ""), record.get("attributes", "")),
            self._split(line, record.get("split", "")),
            tidy(record.get("instance_id", "")) or None,
            record.get("caption", "").strip() or None,
        )

    def _photo(self, line: int, cell: str) -> str | None:
        text = as_typed(cell.strip())
        if not text:
            self._warnings.add(line, "The path is missing. The row was left out.")
            return None
        path = os.path.normpath(os.path.join(self._folder, text))  # noqa: PTH118 - ten times as fast as pathlib
        if text != cell.strip() and not os.path.lexists(path):  # a name may have these very characters
            path = os.path.normpath(os.path.join(self._folder, cell.strip()))  # noqa: PTH118
        if ("\n" in text or "\r" in text) and not os.path.lexists(path):
            self._warnings.add(line, "The path has a line break; a quotation mark may be missing. It was left out.")
            return None
        if os.sep == "/" and "\\" in text and not os.path.lexists(path):  # written on Windows
            path = os.path.normpath(os.path.join(self._folder, text.replace("\\", "/")))  # noqa: PTH118
        return path

    def _labels(self, line: int, class_label: str, attributes: str) -> dict[str, str]:
        labels: dict[str, str] = {}
        if class_label.strip() and (value := self._wording.value(line, CLASS, class_label)) is not None:
            labels[CLASS] = value
        for name, text in attribute_pairs(attributes):
            if not name or not text:
                self._warnings.add(line, f"\u201c{(name + ':' + text)[:50]}\u201d is no name:value; it was left out.")
            elif (head := self._wording.head(line, name)) is not None:
                value = self._wording.value(line, head, text)
                if value is not None and labels.setdefault(head, value) != value:
                    self._warnings.add(line, f"{head} is given twice; {labels[head]} holds, not {value}.")
        return labels

    def _split(self, line: int, cell: str) -> Split | None:
        split = split_of(cell)
        if split is None and cell.strip():
            self._warnings.add(
                line, f"\u201c{cell.strip()[:50]}\u201d is no split (train, validation, test); it was left out."
            )
        return split

    def _add(self, row: LabelRow) -> None:
        key = str(row.path)
        earlier = self._rows.get(key)
        self._rows[key] = row if earlier is None else self._merged(earlier, row)

    def _merged(self, earlier: LabelRow, later: LabelRow) -> LabelRow:
        """Both rows together. Where they differ, the later one holds."""
        conflicts = [
            f"{head} is {earlier.labels[head]} there and {value} here"
            for head, value in later.labels.items()
            if earlier.labels.get(head, value) != value
        ]
        if earlier.split and later.split and earlier.split is not later.split:
            conflicts.append(f"the split is {earlier.split} there and {later.split} here")
        if earlier.instance and later.instance and earlier.instance != later.instance:
            conflicts.append("the instance is another one")
        what = "; ".join(conflicts) + "; this line holds" if conflicts else "both were taken together"
        self._warnings.add(later.line, f"{later.path.name} stands in line {earlier.line} already: {what}.")
        return LabelRow(
            later.line,
            later.path,
            {**earlier.labels, **later.labels},
            later.split or earlier.split,
            later.instance or earlier.instance,
            later.caption or earlier.caption,
        )

    def _error(self, message: str, remedy: str) -> LabelFileError:
        return LabelFileError(f"{self._path.name} {message}.", remedy=remedy, path=self._path)


def _column(cell: str) -> str:
    """The name of a column as we know it."""
    name = re.sub(r"[\s-]+", "_", fold(cell.strip().strip('"').strip()))
    return _OTHER_NAMES.get(name, name)
