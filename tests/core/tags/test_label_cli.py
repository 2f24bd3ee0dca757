"""`recollect labels`, run on a library as a terminal does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.cli.context import Session
from core.cli.labels import labels
from core.errors import LabelError
from tests.core.tags.shelf import Shelf

Run = Callable[..., Result]


@pytest.fixture
def shelf(library_home: Path, tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(library_home, tmp_path / "photos")
    for name in ("cap/a.jpg", "cap/b.jpg", "shoe/c.jpg"):
        shelf.photo(name)
    yield shelf
    shelf.close()


@pytest.fixture
def run(shelf: Shelf, library_home: Path) -> Run:
    def run_(*arguments: object, **options: str) -> Result:
        return CliRunner().invoke(labels, [str(each) for each in arguments], obj=Session(library_home), **options)

    return run_


def counts(run: Run) -> dict[str, dict[str, int]]:
    record: dict[str, dict[str, int]] = json.loads(run("list", "--json").stdout)
    return {
        head: {value: n for value, n in values.items() if n} for head, values in record.items() if any(values.values())
    }


def test_from_folders_to_a_table_and_back(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    assert "3 photos, 3 labels" in run("import", shelf.folder).stderr
    assert counts(run) == {"class": {"cap": 2, "shoe": 1}}
    assert "Labels of 3 photos" in run("export", tmp_path / "out.csv").stderr
    refused = run("export", tmp_path / "out.csv")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert run("export", tmp_path / "out.csv", "--force").exit_code == 0
    assert "3 labels taken back" in run("clear", *shelf.folder.rglob("*.jpg")).stderr
    assert counts(run) == {}
    assert run("import", tmp_path / "out.csv").exit_code == 0
    assert counts(run) == {"class": {"cap": 2, "shoe": 1}}
    (tmp_path / "copies").mkdir()
    assert "3 photos copied" in run("export", "--folders", tmp_path / "copies").stderr
    assert (tmp_path / "copies" / "shoe" / "c.jpg").is_file()


def test_words_are_changed(run: Run, shelf: Shelf) -> None:
    first = shelf.folder / "cap" / "a.jpg"
    assert run("define", "season", "summer", "winter").exit_code == 0
    assert run("set", "season", "Winter", first).exit_code == 0
    assert run("set", "color", "grey", *shelf.folder.rglob("*.jpg")).exit_code == 0
    assert run("rename", "season", "time of year").exit_code == 0
    assert run("rename", "time of year", "winter", "cold").exit_code == 0
    assert "3 labels" in run("merge", "color", "grey", "--into", "gray").stderr
    assert counts(run) == {"color": {"gray": 3}, "time of year": {"cold": 1}}
    assert "cold" in run("list").stdout
    assert run("remove", "time of year", "cold", input="n\n").exit_code == 1
    assert run("remove", "time of year", "--yes").exit_code == 0
    assert counts(run) == {"color": {"gray": 3}}


def test_what_is_wrong_is_said(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "image_path,class_label,split\n" + "".join(f"none/{number}.jpg,cap,odd\n" for number in range(30))
    )
    (tmp_path / "stranger.jpg").touch()
    with (tmp_path / "labels.csv").open("a") as file:
        file.write("stranger.jpg,cap,\n")
    result = run("import", tmp_path / "labels.csv")
    assert result.exit_code == 1
    assert "Line 2:" in result.stderr
    assert "20 more warnings" in result.stderr
    in_one_piece = "".join(result.stderr.split())  # lines may end anywhere in a long path
    assert "stranger.jpgisnotinthelibrary" in in_one_piece
    assert "more warnings" not in run("import", "--all", tmp_path / "labels.csv").stderr
    assert run("set", "color", "red", tmp_path / "stranger.jpg").exit_code == 2
    assert isinstance(run("set", "a=b", "red", shelf.folder / "cap" / "a.jpg").exception, LabelError)
