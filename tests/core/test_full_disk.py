"""A disk that fills up while photos are indexed: a real, small file system."""

from __future__ import annotations

import logging
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import DiskFullError, MachineError
from core.events import ErrorRaised, Event
from core.logs import log_to, stop_logging_to
from core.settings import load_settings
from core.types import Activity, PhotoStatus
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

PHOTOS = 300


def test_what_was_indexed_stays_and_the_rest_follows_when_there_is_space(
    small_disk: Path, tmp_path: Path, open_library: OpenLibrary
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(PHOTOS):
        pixels = noise.integers(0, 255, (30, 40, 3), np.uint8)
        Image.fromarray(pixels).resize((320, 240)).save(folder / f"{number}.jpg")
    errors: list[MachineError] = []

    def listen(event: Event) -> None:
        if isinstance(event, ErrorRaised) and isinstance(event.error, MachineError):
            errors.append(event.error)

    library = open_library(home=small_disk / "library")
    library.subscribe(listen)
    library.add_folder(folder)
    wait_until(lambda: errors and library.progress.activity is Activity.STOPPED, timeout_s=60, what="a full disk")
    assert isinstance(errors[0], DiskFullError)
    assert "space" in errors[0].remedy
    ready = {p.id for p in library.photos(library.all_photos()) if p.status is PhotoStatus.READY}
    assert library.search("noise", strictness=0).searched >= len(ready)

    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    library.resume()
    wait_until(lambda: library.is_up_to_date and library.photo_count() == PHOTOS, timeout_s=60)
    photos = library.photos(library.all_photos())
    assert all(photo.status is PhotoStatus.READY for photo in photos)
    assert ready <= {photo.id for photo in photos}
    assert library.damage() is None


def test_what_the_user_does_meanwhile_is_refused_with_a_remedy_and_leaves_nothing_half(
    small_disk: Path, open_library: OpenLibrary, make_photo: PhotoMaker
) -> None:
    library = open_library(home=small_disk / "library")
    library.change_settings(theme="light")
    picture = make_photo("pasted.png", "red circle").read_bytes()
    before = sorted(library.paths.home.rglob("*.*"))
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    for attempt in (lambda: library.change_settings(theme="dark"), lambda: library.image_term(picture)):
        with pytest.raises(DiskFullError) as caught:
            attempt()
        assert "Free some space" in caught.value.remedy
    assert library.settings.theme == "light"
    new = [path for path in sorted(library.paths.home.rglob("*.*")) if path not in before]
    assert [path for path in new if path.name != "recollect.log"] == []  # the indexer may have said something meanwhile
    filler.unlink()
    library.change_settings(theme="dark")
    assert load_settings(library.paths.settings).theme == "dark"
    assert library.search(library.image_term(picture)).encoder_key


def test_a_log_that_cannot_grow_is_silent(small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handler = log_to(small_disk / "recollect.log")
    try:
        with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        for _ in range(200):
            logging.getLogger("core.indexing").warning("The disk is full. " * 40)
    finally:
        stop_logging_to(handler)
    assert "Traceback" not in capsys.readouterr().err
