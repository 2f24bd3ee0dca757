"""Reads docs/search.md: its examples, and the library that they run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_MANUAL = Path(__file__).parents[3] / "docs" / "search.md"

PhotoRow = dict[str, object]


def examples(*headers: str) -> list[tuple[str, ...]]:
    """The cells below these headers, from all tables that have them."""
    tables = ((header, row) for header, row in _rows() if set(headers) <= set(header))
    return [tuple(_code(row[header.index(each)]) for each in headers) for header, row in tables]


def example_library() -> list[PhotoRow]:
    """The photos of the last table, as columns of the database."""
    return [_photo(dict(zip(header, row, strict=True))) for header, row in _rows() if header[0] == "No."]


def example_albums() -> dict[str, list[int]]:
    """The numbers of the photos in each album."""
    return {name: [int(number) for number in numbers.split(", ")] for name, numbers in examples("Album", "Holds")}


def example_tags() -> list[tuple[int, str, str, str, float | None, bool]]:
    """Photo, who says it, head, value, probability (None for a person), and whether it is sure."""
    return [
        (
            int(photo),
            who,
            head,
            value,
            float(said.split()[0]) if said else None,
            not said.endswith(("unsure", "unknown")),
        )
        for photo, who, head, value, said in examples("Photo", "Who", "Attribute", "Value", "Probability")
    ]


def example_unknown() -> list[int]:
    """The photos that are none of what the tagger knows."""
    rows = examples("Photo", "Who", "Attribute", "Value", "Probability")
    return [int(row[0]) for row in rows if row[-1].endswith("unknown")]


def _rows() -> Iterator[tuple[list[str], list[str]]]:
    """Each row of each table, with the header of its table."""
    header: list[str] = []
    for line in _MANUAL.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            header = []
        elif not header:
            header = cells
        elif set(line) - set("|-"):  # not the line below the header
            yield header, cells


def _photo(cells: dict[str, str]) -> PhotoRow:
    marks = cells["Marks"].split()
    width, height = cells["Pixels"].split(" x ")
    name = _code(cells["Name"])
    return {
        "id": int(cells["No."]),
        "path": _code(cells["Folder"]) + name,
        "name": name,
        "format": cells["Format"],
        "dated_at": cells["Dated"],
        "taken_at": cells["Dated"] if "taken" in marks else None,
        "camera": cells["Camera"] or None,
        "lens": cells["Lens"] or None,
        "width": int(width),
        "height": int(height),
        "size_bytes": int(cells["Bytes"]),
        "latitude": 35.3 if "gps" in marks else None,
        "longitude": 25.1 if "gps" in marks else None,
        "favorite": "favorite" in marks,
        "hidden": "hidden" in marks,
    }


def _code(cell: str) -> str:
    return cell.strip("`")
