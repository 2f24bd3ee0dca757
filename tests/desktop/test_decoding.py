"""Decoding beside the window's thread: while Qt decodes, Python goes on."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from desktop.decoding import file_image, thumbnail_image
from tests.photo_maker import PhotoMaker, draw

REPOSITORY = Path(__file__).resolve().parents[2]

# The writer is a thread of the same Python: were its lock held while Qt waits for the file, nobody would ever write.
CHILD = """
import contextlib, sys, threading
from pathlib import Path
from desktop.decoding import file_image

path = Path(sys.argv[1])

def write():
    while True:  # the file is opened several times
        with contextlib.suppress(OSError), path.open("wb") as file:
            file.write(b"no picture")

threading.Thread(target=write, daemon=True).start()
sys.exit(0 if file_image(path, 64).isNull() else 1)
"""


def test_a_thumbnail_is_decoded() -> None:
    file = io.BytesIO()
    draw("red circle", (80, 60)).save(file, "JPEG")
    image = thumbnail_image(file.getvalue())
    assert (image.width(), image.height()) == (80, 60)
    assert image.pixelColor(40, 30).red() > 200
    assert thumbnail_image(b"no picture").isNull()
    assert thumbnail_image(b"").isNull()


def test_a_file_is_decoded_small_and_upright(make_photo: PhotoMaker) -> None:
    path = make_photo("turned.jpg", size=(400, 200), orientation=6)
    image = file_image(path, 100)
    assert (image.width(), image.height()) == (50, 100)
    assert file_image(make_photo("small.png", size=(40, 20)), 100).width() == 40


def test_what_is_no_picture_is_null(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    assert file_image(tmp_path / "text.jpg", 100).isNull()
    assert file_image(tmp_path / "absent.jpg", 100).isNull()


def test_a_picture_with_a_wrong_suffix_is_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "blue").save(tmp_path / "really.png")
    (tmp_path / "really.png").rename(tmp_path / "other.jpg")
    assert file_image(tmp_path / "other.jpg", 100).width() == 30


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_python_goes_on_while_qt_reads(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    command = [sys.executable, "-c", CHILD, str(tmp_path / "pipe.jpg")]
    assert subprocess.run(command, cwd=REPOSITORY, timeout=60, check=False).returncode == 0
