"""The first run: which folder it takes, when it stays in the terminal, and that it does the whole job there."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from core import first_folder
from core.demo import EVERYDAY_QUERIES, SAMPLE_QUERIES, run_demo
from core.display import reason_for_no_window
from core.errors import FolderError
from core.first_folder import choose_folder
from core.query.parser import parse
from tests.photo_maker import PhotoMaker


class TestTheFolder:
    def test_is_the_one_that_was_named(self, tmp_path: Path) -> None:
        assert choose_folder(tmp_path, tmp_path / "home") == tmp_path.resolve()

    def test_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FolderError, match="no folder"):
            choose_folder(tmp_path / "none", tmp_path)

    def test_is_the_pictures_folder_if_it_holds_photos(
        self, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(first_folder.platformdirs, "user_pictures_dir", lambda: str(photo_folder))
        assert choose_folder(None, tmp_path) == photo_folder

    @pytest.mark.parametrize("pictures", ["absent", "empty"])
    def test_is_the_sample_library_otherwise(
        self, pictures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "empty").mkdir()
        monkeypatch.setattr(first_folder.platformdirs, "user_pictures_dir", lambda: str(tmp_path / pictures))
        assert choose_folder(None, tmp_path / "home") == tmp_path / "home" / "samples"


class TestTheWindow:
    def test_is_not_opened_where_nobody_would_see_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
        assert reason_for_no_window() == "QT_QPA_PLATFORM is offscreen"

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
    def test_is_not_opened_without_a_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(variable, raising=False)
        assert reason_for_no_window() == "there is no display"

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
    def test_is_not_opened_on_a_display_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        monkeypatch.setenv("DISPLAY", ":987")
        assert reason_for_no_window()


class TestTheTerminal:
    def test_does_the_whole_job(self, make_photo: PhotoMaker, library_home: Path) -> None:
        for color in ("red", "blue", "green"):
            make_photo(f"{color}.jpg", f"{color} circle")
        output = io.StringIO()
        code = run_demo(make_photo.folder, Console(file=output, width=200), library_home)
        assert code == 0
        sheets = sorted((library_home / "sheets").glob("*.png"))
        assert 1 <= len(sheets) <= 3
        for sheet in sheets:
            with Image.open(sheet) as picture:
                picture.load()
            assert str(sheet) in output.getvalue()
        assert "3 photos are in the library" in output.getvalue()
        assert "%" in output.getvalue()
        assert "recollect search" in output.getvalue()

    def test_says_when_there_are_no_photos(self, tmp_path: Path, library_home: Path) -> None:
        (tmp_path / "nothing here").mkdir()
        output = io.StringIO()
        assert run_demo(tmp_path / "nothing here", Console(file=output, width=200), library_home) == 1
        assert "no photos" in output.getvalue()

    def test_asks_only_what_can_be_understood(self) -> None:
        for query in (*SAMPLE_QUERIES, *EVERYDAY_QUERIES):
            assert parse(query).terms
