"""The line above the grid: how many photos, their order, their size."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from core.query import parse
from core.types import Hit, PhotoId, SearchResult, Sort, SortKey
from desktop.grid.listing import found
from desktop.grid.results_line import ResultsLine
from desktop.grid.sort_button import SortButton
from desktop.search.searcher import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme
    from tests.desktop.grid_stage import GridStage


def choose(button: SortButton, text: str) -> None:
    """From the menu."""
    [action] = [action for action in button.menu().actions() if action.text() == text and action.isVisible()]
    action.trigger()


def offered(button: SortButton) -> list[str]:
    return [action.text() for action in button.menu().actions() if action.isVisible() and action.text()]


class TestText:
    def test_all_photos_are_counted(self, grid_stage: GridStage) -> None:
        assert grid_stage.gallery.results_line.isVisible()
        assert grid_stage.gallery.results_line.text == "10 photos"

    def test_filters_are_timed(self, grid_stage: GridStage) -> None:
        grid_stage.ask("name:03")
        count, seconds = grid_stage.gallery.results_line.text.split(" · ")
        assert count == "1 photo"
        assert seconds.endswith(" s")
        assert [section.month for section in grid_stage.gallery.listing.sections] == [date(2021, 3, 1)]

    def test_a_search_tells_of_its_limit(self, theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
        line = ResultsLine(theme, 0.35)
        qtbot.addWidget(line)
        for limited, text in ((False, "3 photos · 0.02 s"), (True, "The best 3 photos · 0.02 s")):
            line.show_answer(Answer(parse("dog"), result=_result(tmp_path, 3, limited=limited), elapsed_s=0.02))
            assert line.text == text

    def test_the_line_of_weak_results_says_where_there_are_more(self, grid_stage: GridStage, tmp_path: Path) -> None:
        weak_line = grid_stage.grid.weak_line
        result = _result(tmp_path, 5, weak=4)
        weak_line.describe(found(result, show_weak=False, limit=10))
        assert weak_line.text == "4 weaker results are hidden"
        weak_line.describe(found(result, show_weak=False, limit=5))
        assert weak_line.text == "More than 4 weaker results are hidden"


class TestOrder:
    def test_the_newest_come_first_and_the_direction_turns(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        button = grid_stage.gallery.results_line.sort_button
        assert button.text() == "Newest first"
        keys = ["Date", "Name", "File size", "Most worth labelling"]
        assert offered(button) == [*keys, "Newest first", "Oldest first", "Names of the files"]
        with qtbot.waitSignal(grid_stage.searcher.answered):
            choose(button, "Oldest first")
        assert grid_stage.names(grid_stage.gallery.listing.ids)[0] == "09.jpg"
        assert grid_stage.gallery.listing.sections[0].month == date(2020, 1, 1)
        assert button.text() == "Oldest first"

    def test_names_begin_with_a_and_sizes_with_the_largest(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        button = grid_stage.gallery.results_line.sort_button
        with qtbot.waitSignal(grid_stage.searcher.answered):
            choose(button, "Name")
        assert button.text() == "Name, A to Z"
        assert grid_stage.names(grid_stage.gallery.listing.ids) == [f"{number:02}.jpg" for number in range(10)]
        assert grid_stage.gallery.listing.sections == ()
        with qtbot.waitSignal(grid_stage.searcher.answered):
            choose(button, "File size")
        sizes = [photo.size_bytes for photo in grid_stage.library.photos(grid_stage.gallery.listing.ids)]
        assert sizes == sorted(sizes, reverse=True)

    def test_a_search_has_an_order_of_its_own(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        button = grid_stage.gallery.results_line.sort_button
        with qtbot.waitSignal(grid_stage.searcher.answered):
            choose(button, "Name")
        grid_stage.ask("a red circle")
        assert button.text() == "Best match first"
        assert offered(button)[0] == "Best match"
        strengths = grid_stage.gallery.listing.strengths
        assert strengths is not None
        assert list(strengths) == sorted(strengths, reverse=True)
        with qtbot.waitSignal(grid_stage.searcher.answered):
            choose(button, "Date")
        sections = grid_stage.gallery.listing.sections
        assert sum(section.count for section in sections) == grid_stage.gallery.listing.strong
        grid_stage.ask("")
        assert button.text() == "Name, A to Z"
        grid_stage.ask("a blue square")
        assert button.text() == "Newest first", "it is remembered"

    def test_another_order_keeps_the_selection_and_begins_at_the_top(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        grid_stage.gallery.resize(400, 300)
        grid = grid_stage.grid
        chosen = grid.listing.ids[7:9]
        grid.go_to(chosen[0])
        grid.select_ids(chosen)
        assert grid.verticalOffset() > 0
        with qtbot.waitSignal(grid_stage.searcher.answered):
            grid_stage.searcher.set_sort(Sort(SortKey.SIZE))
        assert set(grid.selected_ids()) == set(chosen)
        assert grid.verticalOffset() == 0


class TestSize:
    def test_the_slider_and_the_keys_agree_and_the_size_is_told_when_it_stays(
        self, grid_stage: GridStage, qtbot: QtBot
    ) -> None:
        settled: list[int] = []
        grid_stage.gallery.cell_px_settled.connect(settled.append)
        slider = grid_stage.gallery.results_line.size_slider.slider
        for _ in range(3):
            qtbot.keyClick(slider, Qt.Key.Key_Right)
        assert grid_stage.grid.cell_px == 176 + 3 * 16
        qtbot.keyClick(grid_stage.grid, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
        assert slider.value() == grid_stage.grid.cell_px
        qtbot.waitUntil(lambda: settled == [grid_stage.grid.cell_px])

    def test_names_of_files_are_shown_below_the_pictures(self, grid_stage: GridStage) -> None:
        before = grid_stage.grid.places.cell.height()
        grid_stage.gallery.results_line.sort_button.names_action.trigger()
        assert grid_stage.grid.places.cell.height() == before + 24
        grid_stage.gallery.results_line.sort_button.names_action.trigger()
        assert grid_stage.grid.places.cell.height() == before

    def test_a_narrow_window_keeps_what_matters_most(self, grid_stage: GridStage) -> None:
        line = grid_stage.gallery.results_line
        grid_stage.gallery.resize(420, 500)
        assert line.sort_button.isVisible()
        assert not line.size_slider.isVisible()
        assert line.minimumSizeHint().width() <= 420


def _result(folder: Path, count: int, *, weak: int = 0, limited: bool = False) -> SearchResult:
    hits = [
        Hit(PhotoId(number), folder / f"{number}.jpg", 0.3, 0.5, weak=number >= count - weak) for number in range(count)
    ]
    return SearchResult(tuple(hits), 0.02, searched=100, encoder_key="starter", limited=limited)
