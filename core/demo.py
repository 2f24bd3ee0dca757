"""The main job in the terminal, for machines without a display: index a folder, search it, draw what was found.

Only the library's face is used. The command that calls it is `recollect start`.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from core.cli.progress_bar import wait_until_indexed
from core.contact_sheet import Tile, contact_sheet
from core.first_folder import choose_folder
from core.library import Library
from core.samples import FOLDER_NAME as SAMPLES
from core.types import Hit, SearchResult

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLES = 3
SHOWN_HITS = 4
SHEET_HITS = 12
THUMBNAIL_PX = 256

SAMPLE_QUERIES = ("a red motorcycle", "an orange", "a house date:2021")
"""Of things that the sample library shows; the last one with a filter."""

EVERYDAY_QUERIES = (
    "a dog", "a cat", "a child playing", "a group of people", "a portrait of a woman", "a man outdoors",
    "a beach", "the sea", "mountains", "a forest", "a city street", "a building", "a flower", "food on a plate",
    "fruit and vegetables", "a car", "a bicycle", "a motorcycle", "a boat", "a bird", "a horse", "a sunset",
    "snow in winter", "a garden", "a birthday cake", "a cup of coffee", "shoes", "a dress", "a T-shirt", "a book",
    "furniture in a room", "a computer screen", "text on paper", "a concert", "a football match", "the night sky",
)  # fmt: skip
"""Of things that people photograph: the three that a folder answers best are shown."""


@dataclass(frozen=True, slots=True)
class Example:
    query: str
    result: SearchResult

    @property
    def promise(self) -> float:
        """How good an example this is: the strength of its best hits together, so that one lucky photo does not win."""
        return sum(hit.score for hit in self.result.hits[:SHOWN_HITS])


def run_demo(photos: Path | None, console: Console, home: Path | None) -> int:
    """Index `photos` (None: what `choose_folder` finds), show example searches, write contact sheets.

    Returns the exit code: 1 if no photo could be indexed.

    Raises:
        RecollectError: the folder, the library or the model cannot be used.
    """
    with closing(Library.open(home)) as library:
        folder = choose_folder(photos, library.paths.home)
        _index(library, folder, console)
        if library.photo_count() == 0:
            console.print(f"There are no photos in {escape(str(folder))}.")
            return 1
        sheets = library.paths.home / "sheets"
        for example in find_examples(library, folder):
            _show(example, folder, console)
            console.print(f"  [dim]{escape(str(_write_sheet(library, example, sheets)))}[/]")
        _say_how_to_go_on(console)
    return 0


def _index(library: Library, folder: Path, console: Console) -> None:
    console.print(f"Indexing {escape(str(folder))}")
    began = time.monotonic()
    library.add_folder(folder)
    wait_until_indexed(library, console)
    console.print(f"{library.photo_count()} photos are in the library, after {time.monotonic() - began:.1f} s.")


def find_examples(library: Library, folder: Path) -> list[Example]:
    """Queries that suit the folder, with their answers."""
    if folder == library.paths.home / SAMPLES:
        return [_ask(library, query, folder) for query in SAMPLE_QUERIES]
    asked = sorted((_ask(library, query, folder) for query in EVERYDAY_QUERIES), key=lambda e: e.promise, reverse=True)
    return _of_different_photos(asked)


def _ask(library: Library, query: str, folder: Path) -> Example:
    # The library may watch more folders than this one.
    only_here = f' folder:"{folder}"' if len(library.folders()) > 1 else ""
    return Example(query, library.search(query + only_here, limit=SHEET_HITS))


def _of_different_photos(examples: Sequence[Example]) -> list[Example]:
    """The first few examples whose best photos are not all the same."""
    chosen: list[Example] = []
    shown: set[Path] = set()
    for example in examples:
        best = [hit.path for hit in example.result.hits[:1]]
        if shown.isdisjoint(best):
            chosen.append(example)
            shown.update(best)
        if len(chosen) == EXAMPLES:
            break
    return chosen


def _show(example: Example, folder: Path, console: Console) -> None:
    milliseconds = example.result.elapsed_s * 1000
    console.print(
        f"\n[bold]{escape(example.query)}[/]  [dim]{example.result.searched} photos, {milliseconds:.0f} ms[/]"
    )
    for hit in example.result.hits[:SHOWN_HITS]:
        note = "  [yellow]weak[/]" if hit.weak else ""
        console.print(f"  {hit.score:4.0%}  {escape(_short(hit.path, folder))}{note}", soft_wrap=True)


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _write_sheet(library: Library, example: Example, sheets: Path) -> Path:
    sheets.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", example.query.lower()).strip("-")
    path = sheets / f"{name}.png"
    contact_sheet(example.query, [_tile(library, hit) for hit in example.result.hits]).save(path)
    return path


def _tile(library: Library, hit: Hit) -> Tile:
    return library.thumbnail(hit.photo_id, THUMBNAIL_PX), f"{hit.score:.0%}\n{hit.path.name}", hit.weak


def _say_how_to_go_on(console: Console) -> None:
    command = "recollect"
    if shutil.which(command) is None:  # not on the path: it lies beside the Python that runs
        path = Path(sys.executable).with_name(command)
        command = str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
    console.print(f'\nSearch on:  [bold]{escape(command)} search "red shoes on grass"[/]', soft_wrap=True)
