"""The sample library: there without a network, complete, made once, with something to filter by."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from core.files.metadata import read_metadata
from core.sample_scenes import SCENES, draw_scene
from core.samples import DRAWINGS, PACKAGE_PICTURES, build_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_samples(tmp_path_factory.mktemp("home"))


def test_every_picture_opens(samples: Path) -> None:
    pictures = [path for path in samples.iterdir() if path.suffix != ".md"]
    assert len(pictures) == len(DRAWINGS) + len(PACKAGE_PICTURES)
    for path in pictures:
        with Image.open(path) as image:
            image.load()
            assert min(image.size) >= 256


def test_every_scene_is_used(samples: Path) -> None:
    assert {drawing.name for drawing in DRAWINGS} == set(SCENES)


def test_drawings_have_dates_cameras_and_places(samples: Path) -> None:
    metadata = read_metadata((samples / "snowy mountains.jpg").read_bytes())
    assert metadata.taken_at == datetime(2024, 2, 3, 10, 30)
    assert metadata.camera == "Recollect Pencil Two"
    assert metadata.latitude == pytest.approx(46.0207, abs=0.001)
    assert metadata.longitude == pytest.approx(7.7491, abs=0.001)


def test_places_west_of_greenwich_stay_west(samples: Path) -> None:
    metadata = read_metadata((samples / "orange.jpg").read_bytes())
    assert metadata.longitude == pytest.approx(-9.1393, abs=0.001)


def test_the_note_on_licences_lists_every_copied_picture(samples: Path) -> None:
    note = (samples / "README.md").read_text(encoding="utf-8")
    assert [picture.name for picture in PACKAGE_PICTURES if f"| {picture.name} |" not in note] == []


def test_building_again_changes_nothing(samples: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in samples.iterdir()}
    build_samples(samples.parent)
    assert {path: path.stat().st_mtime_ns for path in samples.iterdir()} == before


def test_a_deleted_picture_comes_back_and_no_rest_stays(samples: Path) -> None:
    (samples / "rainbow.jpg").unlink()
    build_samples(samples.parent)
    assert (samples / "rainbow.jpg").exists()
    assert list(samples.glob("*.part")) == []


def test_it_goes_without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    folder = build_samples(tmp_path)
    assert len(list(folder.glob("*.[jp][pn]g"))) == len(DRAWINGS)


def test_a_scene_is_drawn_the_same_every_time() -> None:
    assert draw_scene("forest", (120, 80)).tobytes() == draw_scene("forest", (120, 80)).tobytes()
