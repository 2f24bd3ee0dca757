"""The command line, as a script sees it: output, JSON lines and exit codes of a real process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.library import Library
from core.models.projection import write_projection
from core.paths import LibraryPaths
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


def recollect(*arguments: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "core.cli.main", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def indexed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The home of a library, and its photos."""
    folder = tmp_path_factory.mktemp("indexed once")
    home, photos = folder / "home", PhotoMaker(folder / "photos").six()
    finished = recollect("--home", home, "index", photos)
    assert finished.returncode == 0, finished.stderr
    return home, photos


@pytest.fixture
def indexed(indexed_once: tuple[Path, Path], library_home: Path) -> Path:
    """Photos that this test's library knows; not to be changed."""
    home, photos = indexed_once
    shutil.copytree(home, library_home)
    return photos


def test_the_whole_way_from_a_folder_to_hits(photo_folder: Path, tmp_path: Path) -> None:
    finished = recollect("index", photo_folder)
    assert finished.returncode == 0, finished.stderr
    assert "6 photos" in finished.stdout
    plain = recollect("search", "red", "circle", "--strictness", "0")
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.splitlines()[0].endswith("red circle.jpg")

    queries = tmp_path / "queries.txt"
    queries.write_text("a red circle\n\nblue square name:blue*\n", encoding="utf-8")
    many = recollect("search", "--from", queries, "--json", "--limit", 3)
    first, second = map(json.loads, many.stdout.splitlines())
    assert first["query"] == "a red circle"
    assert len(first["hits"]) == 3
    assert Path(first["hits"][0]["path"]) == photo_folder / "red circle.jpg"
    assert set(first["hits"][0]) == {"path", "score", "weak"}
    assert all(0 <= hit["score"] <= 1 and isinstance(hit["weak"], bool) for hit in first["hits"])
    assert [Path(hit["path"]).name for hit in second["hits"]] == ["blue square.jpg"]

    assert first["coverage"] == {"measure": 1.0, "hardly_known": [], "taken_for": {}}
    unknown = recollect("search", "zeppelin", "--weak")
    assert "Recollect starter hardly knows 'zeppelin'" in " ".join(unknown.stderr.split())
    assert "hardly" not in unknown.stdout

    sheet = tmp_path / "hits.png"
    assert recollect("search", "circle", "--sheet", sheet, "--strictness", "0").returncode == 0
    with Image.open(sheet) as image:
        assert min(image.size) > 200

    (photo_folder / "copy.jpg").write_bytes((photo_folder / "red circle.jpg").read_bytes())
    summary = json.loads(recollect("index", "--json").stdout)
    assert summary["photos"] == 7
    assert summary["problems"] == 0
    similar = json.loads(recollect("similar", photo_folder / "red circle.jpg", "--json").stdout)
    assert [Path(hit["path"]).name for hit in similar["exact"]] == ["copy.jpg"]
    assert len(similar["near"]) == 5

    doctor = recollect("doctor", "--json")
    assert doctor.returncode == 0, doctor.stdout
    findings = [json.loads(line) for line in doctor.stdout.splitlines()]
    assert {"Program", "Device", "Library", "Model", "Folder"} <= {finding["subject"] for finding in findings}


def test_an_album_is_searched_by_its_name(indexed: Path) -> None:
    library = Library.open()
    photo = library.find_photo(indexed / "red circle.jpg")
    assert photo is not None
    library.albums.create("Summer", [photo])
    library.close()
    finished = recollect("search", 'album:"Summer"')
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[0].endswith("red circle.jpg")
    assert recollect("search", "album:winter").returncode == 1


def test_weak_photos_like_a_file_are_hidden_and_said(indexed: Path, library_home: Path, tmp_path: Path) -> None:
    file = PhotoMaker(tmp_path)("other.jpg", "yellow square on black")
    plain = recollect("similar", file)
    assert plain.stdout == ""
    assert "Nothing is clearly like other.jpg. 6 weaker results are hidden; --weak shows them." in one_line(plain)
    assert plain.returncode == 1
    shown = recollect("similar", file, "--weak")
    assert shown.returncode == 0, shown.stderr
    assert len(shown.stdout.splitlines()) == 6
    assert "hidden" not in shown.stderr
    assert recollect("search", "zeppelin", "--weak").returncode == 0
    with_projection(library_home)
    assert "6 weaker results are hidden" in one_line(recollect("similar", file, "--projection", "alike"))


@pytest.mark.parametrize("named", ["alike", "FOLDER", "PROJECTION"])
def test_a_projection_is_named_as_in_the_list_or_by_its_folder(indexed: Path, library_home: Path, named: str) -> None:
    run = with_projection(library_home)
    folders = {"FOLDER": os.path.relpath(run), "PROJECTION": str(run / "projection")}
    found = recollect("similar", indexed / "red circle.jpg", "--projection", folders.get(named, named), "--weak")
    assert found.returncode == 0, found.stderr
    assert len(found.stdout.splitlines()) == 5


def test_a_projection_that_is_not_there_is_named_as_it_was_written(indexed: Path) -> None:
    failed = recollect("similar", indexed / "red circle.jpg", "--projection", "home/runs/none")
    assert failed.returncode == 3
    assert "The run cannot be found: There is no run home/runs/none." in one_line(failed)


def one_line(finished: subprocess.CompletedProcess[str]) -> str:
    """What was said, as if a terminal were wide enough."""
    return " ".join(finished.stderr.split())


def with_projection(home: Path) -> Path:
    """A run of this library, called "alike", whose projection leaves everything as it is."""
    library = Library.open(home)
    encoder = library.answering_encoder()
    library.close()
    run = LibraryPaths(home).runs / "2026-01-02-030405-clip-projection"
    parts = {
        "inner.weight": (1, encoder.dim),
        "inner.bias": 1,
        "outer.weight": (encoder.dim, 1),
        "outer.bias": encoder.dim,
    }
    tensors = {name: np.zeros(shape, np.float32) for name, shape in parts.items()}
    write_projection(run / "projection", tensors, encoder_key=encoder.key, classes=("a", "b"))
    status = {"state": "finished", "name": "alike", "started_at": "2026-01-02T03:04:05+00:00"}
    (run / "status.json").write_text(json.dumps(status), encoding="utf-8")
    return run


class TestExitCodes:
    def test_nothing_found(self, indexed: Path) -> None:
        assert recollect("search", "camera:nikon").returncode == 1

    def test_a_query_that_cannot_be_understood(self, indexed: Path) -> None:
        finished = recollect("search", "dog camra:canon")
        assert finished.returncode == 2
        assert "camera:" in finished.stderr
        line, marks = finished.stderr.splitlines()[:2]
        assert line[marks.index("^") : marks.rindex("^") + 1].startswith("camra")
        assert "Traceback" not in finished.stderr

    @pytest.mark.parametrize(
        ("arguments", "code", "remedy"),
        [
            (("search", "dog"), 2, "recollect index"),
            (("search",), 2, "recollect search"),
            (("index",), 2, "recollect index DIR"),
            (("index", "/absent/folder"), 3, "Check the path"),
            (("models", "use", "clip-b32"), 3, "recollect models download clip-b32"),
            (("models", "download", "clip-b23", "--yes"), 3, "recollect models list"),
            (("search", "dog", "--sheet", "/absent/x.png"), 3, "Make the folder"),
            (("similar", "/absent.jpg"), 2, "recollect index"),
            (("no-such-command",), 2, "No such command"),
        ],
    )
    def test_errors_name_the_remedy(self, arguments: tuple[str, ...], code: int, remedy: str) -> None:
        finished = recollect(*arguments)
        assert finished.returncode == code
        assert remedy in finished.stderr
        assert "Traceback" not in finished.stderr

    def test_a_library_of_a_newer_version(self, indexed: Path, library_home: Path) -> None:
        import sqlite3

        connection = sqlite3.connect(library_home / "library.db")
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'recollect', 'm999_later', '')")
        connection.commit()
        connection.close()
        finished = recollect("search", "dog")
        assert finished.returncode == 3
        assert "newer" in finished.stderr


def test_models_are_listed_as_json() -> None:
    finished = recollect("models", "list", "--json")
    models = {model["name"]: model for model in map(json.loads, finished.stdout.splitlines())}
    assert models["starter"]["installed"]
    assert models["starter"]["live"]
    assert not models["clip-b32"]["installed"]
    assert models["clip-b32"]["size_bytes"] > 100_000_000
    assert all(model["license"] for model in models.values())


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
@pytest.mark.parametrize(("ending", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_watching_tells_of_new_photos_until_it_is_ended_in_order(
    make_photo: PhotoMaker, tmp_path: Path, library_home: Path, ending: str, code: int
) -> None:
    make_photo("first.jpg")
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        command = [sys.executable, "-m", "core.cli.main", "watch", str(make_photo.folder)]
        process = subprocess.Popen(command, stderr=output)
        try:
            wait_until(lambda: "ready" in log.read_text() and "first.jpg" in log.read_text(), timeout_s=60)
            make_photo("second.jpg", "blue square")
            wait_until(lambda: "second.jpg" in log.read_text(), timeout_s=30)
        finally:
            process.send_signal(getattr(signal, ending))
        assert process.wait(30) == code
    assert not LibraryPaths(library_home).run_mark.exists()  # which would tell of a crash at the next start
