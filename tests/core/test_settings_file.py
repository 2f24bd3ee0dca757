"""One settings.toml that several windows, the command line and the user's own editor change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from core import settings_file
from core.errors import LibraryBusyError, SettingsError
from core.library import Library
from core.settings import Settings, load_settings
from core.settings_file import SettingsFile


@pytest.fixture
def two() -> Iterator[tuple[Library, Library]]:
    """Two windows on one library."""
    first, second = Library.open(), Library.open()
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def ignore_changes(settings: Settings) -> None:
    """Nobody wants to hear of them."""


def test_neither_of_two_windows_loses_what_the_other_has_changed(two: tuple[Library, Library]) -> None:
    first, second = two
    first.change_settings(theme="dark")
    second.change_settings(strictness=0.2)
    first.change_settings(speed="gentle")
    for library in two:
        library.change_settings(thumbnail_edge_px=128)
        settings = library.settings
        assert (settings.theme, settings.strictness, settings.speed) == ("dark", 0.2, "gentle")


def test_not_even_when_both_change_something_at_the_same_moment(path: Path) -> None:
    """Many times within one tick of the file system's clock."""
    lost: list[object] = []

    def change_often(file: SettingsFile, key: str) -> None:
        for number in range(100, 200):
            file.change({key: number})
            kept = getattr(load_settings(path), key)
            if kept != number:
                lost.append((key, number, kept))

    threads = [
        threading.Thread(target=change_often, args=(SettingsFile(path, None, ignore_changes), key))
        for key in ("poll_interval_s", "rescan_interval_s", "thumbnail_edge_px")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    settings = load_settings(path)
    assert (settings.poll_interval_s, settings.rescan_interval_s, settings.thumbnail_edge_px) == (199, 199, 199)


def test_a_change_by_somebody_else_is_read_and_told_once(path: Path) -> None:
    told: list[Settings] = []
    mine, other = SettingsFile(path, None, told.append), SettingsFile(path, None, ignore_changes)
    other.change({"encoder": "clip-b32"})
    assert mine.reread().encoder == "clip-b32"
    assert mine.reread().encoder == "clip-b32"
    assert [settings.encoder for settings in told] == ["clip-b32"]


def test_settings_that_were_handed_in_hold_until_the_file_changes(path: Path) -> None:
    SettingsFile(path, None, ignore_changes).change({"theme": "dark"})
    mine = SettingsFile(path, Settings(speed="gentle"), ignore_changes)
    assert (mine.reread().theme, mine.reread().speed) == ("system", "gentle")
    mine.change({"strictness": 0.1})
    assert (mine.current.theme, mine.current.speed, mine.current.strictness) == ("system", "gentle", 0.1)
    SettingsFile(path, None, ignore_changes).change({"theme": "light"})
    assert (mine.reread().theme, mine.reread().speed) == ("light", "gentle")


def test_a_slip_of_the_editor_is_told_once_and_never_written_over(path: Path) -> None:
    mine = SettingsFile(path, None, ignore_changes)
    mine.change({"theme": "dark"})
    path.write_text('theme = "dark"\nstrictness = 7\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="strictness"):
        mine.reread()
    assert mine.reread().theme == "dark"
    with pytest.raises(SettingsError, match="strictness"):
        mine.change({"theme": "light"})
    assert "strictness = 7" in path.read_text(encoding="utf-8")
    path.write_text('theme = "dark"\nstrictness = 0.7\n', encoding="utf-8")
    assert mine.reread().strictness == 0.7


def test_a_process_that_does_not_let_go_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_file, "LOCK_TIMEOUT_S", 0.05)
    mine = SettingsFile(path, None, ignore_changes)
    with FileLock(path.with_suffix(".lock")), pytest.raises(LibraryBusyError) as caught:
        mine.change({"theme": "dark"})
    assert caught.value.remedy
    mine.change({"theme": "dark"})
    assert load_settings(path).theme == "dark"


def test_a_file_that_cannot_be_read_is_named_with_a_remedy(path: Path) -> None:
    path.mkdir()
    with pytest.raises(SettingsError, match=r"settings\.toml cannot be read") as caught:
        load_settings(path)
    assert caught.value.remedy
