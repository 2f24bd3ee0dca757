"""The information panel: the facts of a photo, why it was found, several photos together, and nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QGuiApplication

from core.query import parse
from core.types import Explanation, Exposure, Metadata, PhotoId, TagMatch
from desktop.tasks import Tasks
from desktop.viewer import facts
from desktop.viewer.info_panel import NOTHING, InfoPanel
from desktop.viewer.match_view import MatchView
from tests.desktop.indexed_library import index

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme
    from tests.photo_maker import PhotoMaker


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The words of the system's country would differ from machine to machine."""
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def tasks(library: Library) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()


@pytest.fixture
def panel(library: Library, tasks: Tasks, theme: Theme, qtbot: QtBot) -> Iterator[InfoPanel]:
    panel = InfoPanel(library, tasks, theme)
    qtbot.addWidget(panel)
    panel.resize(panel.width(), 800)
    panel.show()
    qtbot.waitExposed(panel)
    yield panel
    tasks.stop()


def show(panel: InfoPanel, qtbot: QtBot, path: Path) -> PhotoId:
    """Show one photo of the library and wait for its name."""
    photo_id = panel._library.find_photo(path)
    assert photo_id is not None
    panel.show_photos([photo_id])
    qtbot.waitUntil(lambda: panel.message == "" and panel.sheet.name.toPlainText() == path.name)
    return photo_id


def test_nothing_is_selected(panel: InfoPanel) -> None:
    assert panel.message == " ".join(NOTHING)
    assert 280 <= panel.width() <= 320


class TestOnePhoto:
    @pytest.fixture
    def canon(self, library: Library, shared_data: Path, tmp_path: Path) -> Path:
        folder = tmp_path / "camera photos"
        folder.mkdir()
        shutil.copy(shared_data / "awkward" / "exif" / "Canon_40D.jpg", folder)
        index(library, folder)
        return folder / "Canon_40D.jpg"

    def test_what_the_file_says_of_itself(self, panel: InfoPanel, canon: Path, qtbot: QtBot) -> None:
        show(panel, qtbot, canon)
        sheet = panel.sheet
        qtbot.waitUntil(lambda: "f/7.1" in sheet.camera.text)
        assert sheet.date.text == "Friday, 30 May 2008 15:56"
        assert sheet.file.text == "100 \N{MULTIPLICATION SIGN} 68 JPEG · 8.0 kB"
        assert sheet.camera.text == "Canon EOS 40D 1/160 s · f/7.1 · ISO 100 · 135 mm · Flash"
        assert sheet.folder.text() == str(canon.parent)
        assert not sheet.place.isVisible()
        assert not sheet.trouble.isVisible()
        qtbot.waitUntil(lambda: sheet.height() == sheet.sizeHint().height())  # facts stand close to each other

    def test_its_albums_and_marks(self, panel: InfoPanel, canon: Path, library: Library, qtbot: QtBot) -> None:
        photo_id = show(panel, qtbot, canon)
        assert not panel.sheet.albums.isVisible()
        library.albums.create("Zoo", [photo_id])
        library.albums.create("Animals", [photo_id])
        library.albums.create("Empty")
        library.set_favorite([photo_id], True)
        panel.refresh([photo_id])
        qtbot.waitUntil(lambda: panel.sheet.albums.text == "Animals · Zoo")
        assert panel.sheet.marks.text == "Favourite"

    def test_its_folder_can_be_opened(self, panel: InfoPanel, canon: Path, qtbot: QtBot) -> None:
        photo_id = show(panel, qtbot, canon)
        with qtbot.waitSignal(panel.folder_wanted) as wanted:
            qtbot.mouseClick(panel.sheet.folder_button, Qt.MouseButton.LeftButton)
        assert wanted.args == [photo_id]

    def test_a_long_description_is_told_whole_below_the_camera(
        self, panel: InfoPanel, library: Library, shared_data: Path, tmp_path: Path, qtbot: QtBot
    ) -> None:
        folder = tmp_path / "described photos"
        folder.mkdir()
        shutil.copy(shared_data / "awkward" / "exif" / "long_description.jpg", folder)
        index(library, folder)
        show(panel, qtbot, folder / "long_description.jpg")
        qtbot.waitUntil(lambda: panel.sheet.words.isVisible())
        assert panel.sheet.words.text.startswith("Operation Mountain Viper")
        assert panel.sheet.words.text.endswith("By SSG KYLE DAVIS")
        assert panel.sheet.width() <= panel.width(), "a long text makes the panel longer, not wider"

    def test_coordinates_are_copied(
        self, panel: InfoPanel, library: Library, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        path = make_photo("tower.jpg")
        with Image.open(path) as image:
            exif = image.getexif()
            exif.get_ifd(0x8825).update(
                {1: "N", 2: (48.0, 51.0, 30.0), 3: "W", 4: (2.0, 17.0, 42.0), 5: b"\0", 6: 35.0}
            )
            image.save(path, exif=exif)
        index(library, make_photo.folder)
        show(panel, qtbot, path)
        assert panel.sheet.place.text == "48.85833, -2.29500 35 m above the sea"
        qtbot.mouseClick(panel.sheet.copy_button, Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == "48.85833, -2.29500"

    def test_a_file_that_cannot_be_read(
        self, panel: InfoPanel, library: Library, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        (make_photo.folder / "broken.jpg").write_bytes(b"no picture")
        index(library, make_photo.folder)
        show(panel, qtbot, make_photo.folder / "broken.jpg")
        assert panel.sheet.trouble.isVisible()
        assert panel.sheet.file.text == "10 bytes"

    def test_a_photo_that_went(self, panel: InfoPanel, library: Library, photo_folder: Path, qtbot: QtBot) -> None:
        index(library, photo_folder)
        photo_id = show(panel, qtbot, photo_folder / "red circle.jpg")
        (photo_folder / "red circle.jpg").unlink()
        qtbot.waitUntil(lambda: library.photo_count() == 5, timeout=20_000)
        panel.refresh([photo_id])
        qtbot.waitUntil(lambda: "gone" in panel.message)

    def test_the_newest_wins(self, panel: InfoPanel, library: Library, photo_folder: Path, qtbot: QtBot) -> None:
        index(library, photo_folder)
        ids = library.all_photos()
        for photo_id in ids:
            panel.show_photos([photo_id])
        [last] = library.photos(ids[-1:])
        qtbot.waitUntil(lambda: panel.message == "")
        assert panel.sheet.name.toPlainText() == last.path.name


class TestWhyItWasFound:
    def test_the_whole_each_term_each_word_and_the_filters(
        self, panel: InfoPanel, library: Library, photo_folder: Path, qtbot: QtBot
    ) -> None:
        index(library, photo_folder)
        photo_id = show(panel, qtbot, photo_folder / "red circle.jpg")
        assert not panel.match.isVisible()
        query = parse("red circle - blue square format:jpeg")
        panel.set_query(query)
        qtbot.waitUntil(lambda: bool(panel.match.rows))
        told = library.explain(query, photo_id)
        rows = [row.accessibleName() for row in panel.match.rows]
        assert rows[0] == f"{'Weak' if told.weak else 'Good'} match: {told.score:.0%}"
        assert rows[1] == f"red circle: {told.terms[0].strength:.0%}"
        assert rows[2].startswith("not blue square: ")
        assert {row.split(":")[0] for row in rows[3:]} == {"red", "circle", "not blue", "not square"}
        assert panel.match.text.startswith(f"Meets {told.filters[0]}")

    def test_it_follows_the_photo(self, panel: InfoPanel, library: Library, photo_folder: Path, qtbot: QtBot) -> None:
        index(library, photo_folder)
        panel.set_query(parse("red circle"))
        strengths = {}
        for name in ("red circle.jpg", "blue square.jpg"):
            photo_id = show(panel, qtbot, photo_folder / name)
            expected = f"{library.explain('red circle', photo_id).score:.0%}"
            qtbot.waitUntil(lambda wanted=expected: any(wanted in row.accessibleName() for row in panel.match.rows[:1]))
            strengths[name] = panel.match.rows[0].accessibleName()
        assert len(set(strengths.values())) == 2

    @pytest.mark.parametrize("text", ["", "format:jpeg"])
    def test_a_search_that_describes_nothing_has_nothing_to_explain(
        self, panel: InfoPanel, library: Library, photo_folder: Path, qtbot: QtBot, text: str
    ) -> None:
        index(library, photo_folder)
        panel.set_query(parse("red"))
        show(panel, qtbot, photo_folder / "red circle.jpg")
        qtbot.waitUntil(lambda: panel.match.isVisible())
        panel.set_query(parse(text))
        assert not panel.match.isVisible()
        panel.set_query(None)
        assert not panel.match.isVisible()

    def test_a_picture_that_is_missing_is_told_instead(
        self, panel: InfoPanel, library: Library, photo_folder: Path, qtbot: QtBot
    ) -> None:
        index(library, photo_folder)
        show(panel, qtbot, photo_folder / "red circle.jpg")
        panel.set_query(parse("image:/nowhere/at-all.jpg"))
        qtbot.waitUntil(lambda: panel.match.text != "")
        assert panel.match.rows == []


def test_several_photos_are_added_up(panel: InfoPanel, library: Library, make_photo: PhotoMaker, qtbot: QtBot) -> None:
    for day in (3, 17, 9):
        make_photo(f"{day}.jpg", taken_at=datetime(2023, 5, day, 12, 30))
    make_photo("undated.png")
    index(library, make_photo.folder)
    ids = library.all_photos()
    panel.show_photos(ids)
    qtbot.waitUntil(lambda: panel.message == "")
    size = sum(path.stat().st_size for path in make_photo.folder.iterdir())
    assert panel.total.text() == "4 photos selected"
    assert panel.total_size.text == facts.file_size(size)
    assert panel.total_dates.text == "03/05/2023 \N{EN DASH} 17/05/2023"
    panel.clear()
    assert panel.message == " ".join(NOTHING)


class TestWords:
    @pytest.mark.parametrize(
        ("exposure", "line"),
        [
            (Exposure(1 / 250, 2.8, 400, 50.0, 75.0), "1/250 s · f/2.8 · ISO 400 · 50 mm (like 75 mm)"),
            (Exposure(exposure_s=2.5, f_number=11.0), "2.5 s · f/11"),
            (Exposure(exposure_s=0.5, focal_length_35mm=28.0), "0.5 s · 28 mm on 35 mm film"),
            (Exposure(focal_length_mm=35.0, focal_length_35mm=35.0, flash=False), "35 mm"),
            (Exposure(exposure_s=0.0, f_number=0.0, iso=0), ""),
            (Exposure(), ""),
        ],
    )
    def test_exposure(self, exposure: Exposure, line: str) -> None:
        assert facts.exposure_line(exposure) == line

    @pytest.mark.parametrize(
        ("offset_min", "text"),
        [(None, "15:56"), (120, "15:56 UTC+02:00"), (-210, "15:56 UTC-03:30"), (0, "15:56 UTC+00:00")],
    )
    def test_the_clock_where_it_was_taken(self, offset_min: int | None, text: str) -> None:
        assert facts.time_of_day(datetime(2008, 5, 30, 15, 56), offset_min) == text

    def test_place_and_size(self) -> None:
        metadata = Metadata("JPEG", 6000, 4000, latitude=-33.856784, longitude=151.215297)
        assert facts.coordinates(metadata) == "-33.85678, 151.21530"
        assert facts.dimensions(metadata).endswith("24.0 MP")
        assert facts.coordinates(Metadata("JPEG", 10, 10)) == ""
        assert facts.file_size(999) == "999 bytes"
        assert facts.file_size(2_400_000) == "2.4 MB"

    def test_a_report_in_a_description_is_cut(self) -> None:
        assert len(facts.shortened("word " * 1000)) <= facts.LONGEST_TEXT + 1


def test_the_tags_that_helped_are_told(theme: Theme, qtbot: QtBot) -> None:
    view = MatchView(theme, 240)
    qtbot.addWidget(view)
    view.show()
    tags = (
        TagMatch("class", "clothing_cap", 1.0, "user", wanted=True),
        TagMatch("color", "red", 0.4, "zero-shot", wanted=False),
    )
    view.show_explanation(Explanation(0.8, False, (), (), ("is:favorite",), tags, score_without_tags=0.3))
    assert view.text.startswith("By its tags; without them 30% Meets is:favorite")
    assert [row.accessibleName() for row in view.rows] == [
        "Good match: 80%",
        "Class: clothing cap, says your label: 100%",
        "not Colour: red, a guess: 40%",
    ]
    view.show_explanation(Explanation(0.8, False, (), (), ()))
    assert "tags" not in view.text
