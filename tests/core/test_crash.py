"""Killed at any moment, it goes on: a real indexing process, ended by force again and again."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.library import Library
from core.probe import find_deadly
from core.store.database import Database
from core.types import PhotoStatus
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

KILLS = 20
PHOTOS = 600

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")

INDEX = """
import sys
from pathlib import Path
from core.library import Library
from core.cli.progress_bar import wait_until_indexed
from rich.console import Console
library = Library.open()
library.add_folder(Path(sys.argv[1]))
library.start()
wait_until_indexed(library, Console(file=sys.stderr))
library.close()
"""


def start_indexing(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", INDEX, str(folder)], stderr=subprocess.DEVNULL)


def fingerprints(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def many_photos(tmp_path: Path) -> Path:
    """Photos of noise: each with a content of its own, big enough that indexing takes a while."""
    folder = tmp_path / "many photos"
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(PHOTOS):
        pixels = noise.integers(0, 255, (12, 16, 3), np.uint8)
        Image.fromarray(pixels).resize((640, 480)).save(folder / f"{number:04}.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    return folder


@pytest.mark.timeout(600)
def test_twenty_kills_at_random_moments_lose_nothing(
    many_photos: Path, library_home: Path, open_library: OpenLibrary
) -> None:
    before = fingerprints(many_photos)
    moments = random.Random(20)
    ready, in_the_middle = 0, 0
    for _ in range(KILLS):
        process = start_indexing(many_photos)
        wait_for_a_moment(moments, process, library_home, ready)
        process.send_signal(signal.SIGKILL)
        process.wait()
        ready = ready_photos(library_home, at_least=ready)
        in_the_middle += 0 < ready < PHOTOS
        if ready == PHOTOS:
            ready = forget_most(library_home)
    assert in_the_middle >= KILLS // 4  # or the kills came at moments that prove nothing
    assert start_indexing(many_photos).wait(120) == 0

    library = open_library()
    wait_until(lambda: library.is_up_to_date)
    photos = library.photos(library.all_photos())
    assert sorted(photo.path.name for photo in photos) == sorted(path.name for path in many_photos.iterdir())
    assert {p.path.name for p in photos if p.status is not PhotoStatus.READY} == {"broken.jpg"}
    assert [problem.path.name for problem in library.problems()] == ["broken.jpg"]
    assert library.damage() is None
    live = library._encoders.live
    assert live is not None
    assert len(live.index) == PHOTOS
    assert np.allclose(np.linalg.norm(live.index.vectors(live.index.ids()), axis=1), 1, atol=1e-2)
    assert library.search("noise", strictness=0).hits
    assert fingerprints(many_photos) == before


def wait_for_a_moment(moments: random.Random, process: subprocess.Popen[bytes], home: Path, ready: int) -> None:
    """Mostly some time after a batch was committed, now and then while the process starts."""
    if moments.random() < 0.25:
        time.sleep(moments.uniform(0.2, 2.0))
        return
    wait_until(
        lambda: process.poll() is not None or ready_photos(home, at_least=ready) > ready, timeout_s=120, what="a batch"
    )
    time.sleep(moments.uniform(0.0, 0.4))


def ready_photos(home: Path, *, at_least: int) -> int:
    """How many photos are safe after a kill: never fewer than before."""
    if not (home / "library.db").exists():
        return 0
    database = Database(home / "library.db")
    sql = "SELECT (SELECT COUNT(*) FROM photos WHERE status = 'ready'), (SELECT COUNT(*) FROM vectors)"
    ready, with_vector = database.connection.execute(sql).fetchone()
    database.close()
    assert ready == with_vector  # a photo and its vector are committed together
    assert ready >= at_least
    return ready


def forget_most(home: Path) -> int:
    """Let the indexing begin anew, but for a few photos. Returns how many are left."""
    database = Database(home / "library.db")
    with database.write() as db:
        db.execute("DELETE FROM photos WHERE id % 20 != 0")
    database.close()
    return ready_photos(home, at_least=0)


class TestDeadlyFiles:
    """No file at hand crashes today's decoders, so one that kills takes their place, in real processes."""

    @pytest.fixture
    def killer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every Python process started from here on dies by force when it decodes a file named `deadly`."""
        site = tmp_path / "site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(
            """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "core.files.decode":
            sys.meta_path.remove(self)
            import importlib.util
            spec = importlib.util.find_spec(name)
            run = spec.loader.exec_module
            def exec_module(module):
                run(module)
                real = module.decode_with_metadata
                def decode_with_metadata(content, *, edge_px, name=""):
                    if name == "deadly.jpg":
                        os.kill(os.getpid(), signal.SIGSEGV)
                    return real(content, edge_px=edge_px, name=name)
                module.decode_with_metadata = decode_with_metadata
            spec.loader.exec_module = exec_module
            return spec
sys.meta_path.insert(0, Finder())
"""
        )
        monkeypatch.setenv("PYTHONPATH", str(site))

    @pytest.mark.usefixtures("killer")
    def test_are_found_by_another_process(self, make_photo: PhotoMaker) -> None:
        paths = [make_photo(name) for name in ("a.jpg", "deadly.jpg", "b.jpg")]
        paths.append(paths[0].with_name("vanished.jpg"))
        assert find_deadly(paths) == {paths[1]}

    @pytest.mark.usefixtures("killer")
    def test_end_the_program_three_times_and_then_no_more(self, make_photo: PhotoMaker, library_home: Path) -> None:
        for name in ("a.jpg", "deadly.jpg", "b.jpg"):
            make_photo(name)
        codes = [start_indexing(make_photo.folder).wait(120) for _ in range(3)]
        assert codes == [-signal.SIGSEGV, -signal.SIGSEGV, 0]
        library = Library.open(library_home)
        (problem,) = library.problems()
        assert problem.path.name == "deadly.jpg"
        assert "ended the program" in problem.reason
        assert {p.status for p in library.photos(library.all_photos())} == {PhotoStatus.READY, PhotoStatus.FAILED}
        library.close()


def test_settings_and_results_survive_a_torn_settings_file(library: Library) -> None:
    """A settings file that was cut off is refused with the line, not silently replaced."""
    library.close()
    library.paths.settings.write_text('encoder = "star', encoding="utf-8")
    with pytest.raises(Exception, match="not valid TOML"):
        Library.open(library.paths.home)
    assert json.dumps(library.paths.settings.read_text(encoding="utf-8")) == json.dumps('encoder = "star')
