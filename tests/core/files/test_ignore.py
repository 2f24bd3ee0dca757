"""Junk is left out, photos are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.files.ignore import IgnoreRules

ROOT = Path("/home/ann/.pictures")  # what lies above the root does not count


@pytest.mark.parametrize(
    "name", ["a.jpg", "A.JPG", "b b.HeIc", "2019/sea/c.tiff", "ümlaut/ß.png", "a.b.c.webp", "thumbs/a.jpg"]
)
def test_photos_are_let_through(name: str) -> None:
    assert IgnoreRules().allows_file(ROOT / name, ROOT)


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "jpg",
        "._IMG_1.jpg",
        ".hidden.jpg",
        ".IMG_1.HEIC.icloud",
        "Thumbs.db",
        "a.jpg.part",
        "a.jpg.tmp",
        "a.jpg.crdownload",
        ".thumbnails/a.jpg",
        "2019/.git/a.jpg",
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "$RECYCLE.BIN/a.jpg",
        ".Trash-1000/files/a.jpg",
        "__MACOSX/a.jpg",
        "site/node_modules/logo/a.png",
        "Photos.photoslibrary/resources/derivatives/a.jpg",
        "Lightroom Previews.lrdata/a.jpg",
    ],
)
def test_junk_is_left_out(name: str) -> None:
    assert not IgnoreRules().allows_file(ROOT / name, ROOT)


def test_originals_of_a_photos_library_are_let_through() -> None:
    assert IgnoreRules().allows_file(ROOT / "Photos.photoslibrary/originals/1/a.heic", ROOT)


def test_folders() -> None:
    rules = IgnoreRules(["private/"])

    assert rules.allows_dir(ROOT, ROOT)
    assert rules.allows_dir(ROOT / "2019" / "sea", ROOT)
    assert not rules.allows_dir(ROOT / ".cache", ROOT)
    assert not rules.allows_dir(ROOT / "private", ROOT)
    assert not rules.allows_dir(ROOT / "private" / "below", ROOT)


def test_patterns_of_the_user_are_those_of_gitignore() -> None:
    rules = IgnoreRules(["*_edited.jpg", "/scans/", "!keep_edited.jpg"])

    assert not rules.allows_file(ROOT / "deep" / "a_edited.jpg", ROOT)
    assert rules.allows_file(ROOT / "deep" / "keep_edited.jpg", ROOT)
    assert not rules.allows_file(ROOT / "scans" / "a.jpg", ROOT)
    assert rules.allows_file(ROOT / "deep" / "scans" / "a.jpg", ROOT)


def test_a_pattern_that_cannot_be_understood_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="ignore"):
        IgnoreRules(["!"])
