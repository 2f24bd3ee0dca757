"""The report of a run in the window: every figure leads to its photos."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt

from desktop.reports.report_view import ReportView
from tests.desktop.reports.conftest import ReportsStage
from tests.desktop.test_accessibility import nameless, unreachable

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme
    from tests.desktop.opened_files import OpenedFiles


@pytest.fixture
def view(reports: ReportsStage, theme: Theme, qtbot: QtBot) -> ReportView:
    view = ReportView(reports.library, reports.tasks, theme)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    view.show_run(reports.runs["right"])
    qtbot.waitUntil(lambda: view.report is not None)
    return view


def turn_to(view: ReportView, title: str) -> None:
    view.tabs.setCurrentIndex([part.title for part in view.parts].index(title))


def test_it_says_how_good_the_run_is(view: ReportView) -> None:
    assert view.report is not None
    main = view.report.main and view.report.main.main
    assert main is not None
    assert f"{main.right} of 18 photos that it had not learned from are right" in view.overview.summary.text()
    assert [row[0] for row in view.overview.table.texts] == ["Class", "Shape"]
    assert view.about.text().endswith(", finished")
    assert "taught in one step" in view.curves.line.text()


def test_a_row_of_the_overview_leads_to_its_classes(view: ReportView, qtbot: QtBot) -> None:
    view.overview.table.selectRow(1)
    qtbot.keyClick(view.overview.table, Qt.Key.Key_Return)
    assert view.head.currentText() == "Shape"
    assert [row[0] for row in view.classes.table.texts] == ["circle", "square"]


def test_a_cell_shows_its_photos_and_these_lead_to_the_library(
    view: ReportView, reports: ReportsStage, qtbot: QtBot
) -> None:
    turn_to(view, "Confusions")
    matrix = view.confusion.view
    labels = sorted({"red", "blue", "green"})
    cell = matrix.cell_rect(labels.index("green"), labels.index("green"))
    qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=cell.center())
    assert view.report is not None
    main = view.report.splits["validation"].heads["class"]
    expected = main.cells["green", "green"]
    assert view.shown_photos.isVisible()
    assert [photo.id for photo in view.shown_photos.wall.photos] == [photo.id for photo in expected]
    with qtbot.waitSignal(view.photos_wanted) as told:
        view.shown_photos.show_button.click()
    assert told.args is not None
    assert set(told.args[0]) <= reports.named("green")
    assert len(told.args[0]) == len(expected)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view.shown_photos.wall, Qt.Key.Key_Return)
    assert opened.args is not None
    assert opened.args[0] == told.args[0][0]
    photos = view.shown_photos.wall.photos
    qtbot.waitUntil(lambda: all(view.pictures.get(photo) is not None for photo in photos), timeout=20_000)


def test_a_class_shows_its_mistakes_first(view: ReportView, qtbot: QtBot) -> None:
    turn_to(view, "Classes")
    view.classes.table.chosen.emit("blue")
    rights = [photo.right for photo in view.shown_photos.wall.photos]
    assert rights == sorted(rights, key=bool)
    assert "blue" in view.shown_photos.title.text()


def test_the_mislabelled_photo_is_among_the_mistakes_and_can_be_fixed(
    view: ReportView, reports: ReportsStage, qtbot: QtBot
) -> None:
    turn_to(view, "Mistakes")
    wall = view.mistakes.wall
    rows = [row for row, photo in enumerate(wall.photos) if Path(photo.path).name == "red circle 0.jpg"]
    assert rows, "a red photo that is labelled as blue is a mistake"
    wall.setCurrentIndex(wall.model().index(rows[0], 0))
    wall.selectionModel().select(wall.currentIndex(), wall.selectionModel().SelectionFlag.ClearAndSelect)
    assert view.mistakes.fix_button.text() == "Fix the label of 1 photo"
    with qtbot.waitSignal(view.fix_wanted) as told:
        view.mistakes.fix_button.click()
    assert told.args == [list(reports.named("red circle 0")), "class"]


def test_a_lasso_on_the_map_gives_photos_to_label(view: ReportView, qtbot: QtBot) -> None:
    turn_to(view, "Map")
    qtbot.waitUntil(view.map.view.isVisible)
    picture = view.map.view
    right, below = picture.width() - 2, picture.height() - 2
    corners = [QPoint(1, 1), QPoint(right, 1), QPoint(right, below), QPoint(1, below)]
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        qtbot.mouseMove(picture, corner)
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=corners[-1])
    assert len(view.shown_photos.wall.photos) == 18
    with qtbot.waitSignal(view.label_wanted) as told:
        view.shown_photos.label_button.click()
    assert told.args is not None
    assert len(told.args[0]) == 18


def test_the_map_is_used_with_keys_alone(view: ReportView, qtbot: QtBot) -> None:
    turn_to(view, "Map")
    picture = view.map.view
    picture.setFocus()
    qtbot.waitUntil(lambda: picture.current is not None)
    first = picture.current
    qtbot.keyClick(picture, Qt.Key.Key_Space)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down):
        qtbot.keyClick(picture, key)
        if picture.current != first:
            break
    assert picture.current != first
    assert picture.accessibleDescription().startswith("Is ")
    qtbot.keyClick(picture, Qt.Key.Key_Space)
    qtbot.keyClick(picture, Qt.Key.Key_Return)
    assert len(view.shown_photos.wall.photos) == 2
    qtbot.keyClick(picture, Qt.Key.Key_Escape)
    assert picture.selected == set()


def test_a_class_of_the_legend_stands_out_and_is_chosen_as_a_whole(view: ReportView, qtbot: QtBot) -> None:
    turn_to(view, "Map")
    names = [view.map.legend.item(row).text() for row in range(view.map.legend.count())]
    assert names == ["All classes", "blue (7)", "green (6)", "red (5)"]
    view.map.legend.setCurrentRow(2)
    view.map.view.setFocus()
    qtbot.keyClick(view.map.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(view.shown_photos.wall.photos) == 6
    view.map.coloring.setCurrentIndex(1)
    assert not view.map.view.grab().isNull()
    assert view.map.coloring.count() == 2, "labels without kinds have no colours of kinds"


def test_the_map_is_coloured_by_coarse_kind_too(
    view: ReportView, reports: ReportsStage, theme: Theme, qtbot: QtBot
) -> None:
    run = reports.runs["right"]
    data = json.loads((run / "data.json").read_text(encoding="utf-8"))
    data["kinds"] = {"blue": "cold", "green": "cold"}
    (run / "data.json").write_text(json.dumps(data), encoding="utf-8")
    view.show_run(run)
    qtbot.waitUntil(lambda: not view.is_reading, timeout=20_000)
    turn_to(view, "Map")
    by_kind = view.map.coloring.findText("Colour: kind")
    view.map.coloring.setCurrentIndex(by_kind)
    names = [view.map.legend.item(row).text() for row in range(view.map.legend.count())]
    assert names == ["All kinds", "cold (13)", "red (5)"], "a class without a kind is one of its own"
    assert "another kind" in view.map.lead.text()
    head = view.report.main.heads["class"] if view.report is not None and view.report.main is not None else None
    assert head is not None
    kind = {"blue": "cold", "green": "cold", "red": "red"}
    taken = [(each.true or "", each.predicted) for each in head.photos]
    wrong_kinds = {row for row, (true, said) in enumerate(taken) if kind[true] != kind[said]}
    wrong_classes = {row for row, (true, said) in enumerate(taken) if true != said}
    assert view.map.view.ringed == wrong_kinds
    view.map.coloring.setCurrentIndex(0)
    assert view.map.view.ringed == wrong_classes
    view.head.setCurrentIndex(view.head.findData("shape"))
    assert view.map.coloring.count() == 2


def test_photos_that_the_library_does_not_have_are_shown_from_their_files(
    view: ReportView, reports: ReportsStage, opened_files: OpenedFiles, qtbot: QtBot
) -> None:
    view.pictures._known.clear()  # as if the run had been trained on another folder
    turn_to(view, "Classes")
    view.classes.table.chosen.emit("green")
    panel = view.shown_photos
    assert not panel.label_button.isEnabled()
    assert "not in the library" in panel.note.text()
    qtbot.waitUntil(lambda: view.pictures.get(panel.wall.photos[0]) is not None, timeout=20_000)
    qtbot.keyClick(panel.wall, Qt.Key.Key_Return)
    assert opened_files.paths == [Path(panel.wall.photos[0].path)]


def test_the_full_page_opens_in_the_browser(view: ReportView, reports: ReportsStage, opened_files: OpenedFiles) -> None:
    view.page_button.click()
    assert opened_files.paths == [reports.runs["right"] / "report.html"]


def test_what_is_no_run_says_so(view: ReportView, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.failed):
        view.show_run(tmp_path)
    assert "not the folder of a run" in view.empty.text
    assert view.empty.isVisible()


def test_half_a_run_has_half_a_report(view: ReportView, reports: ReportsStage, qtbot: QtBot) -> None:
    run = reports.runs["few"]
    for name in ("outputs-validation.npz", "projections.json", "metrics.json", "report.html"):
        (run / name).unlink()
    view.show_run(run)
    qtbot.waitUntil(lambda: view.run_dir == run)
    assert "no figures yet" in view.overview.summary.text()
    for part in view.parts:
        turn_to(view, part.title)
        assert not view.grab().isNull()


def test_every_control_has_a_name_and_is_reached(view: ReportView, qtbot: QtBot) -> None:
    for part in view.parts:
        turn_to(view, part.title)
        assert nameless(view) == [], part.title
    turn_to(view, "Classes")
    view.classes.table.chosen.emit("green")
    qtbot.waitUntil(lambda: view.shown_photos.isVisible())
    assert nameless(view) == []
    assert unreachable(view, view.tabs, qtbot) == []


def test_it_stays_whole_in_a_narrow_window_and_in_the_dark(view: ReportView, theme: Theme) -> None:
    view.resize(560, 600)
    theme.choose("dark")
    try:
        for part in view.parts:
            turn_to(view, part.title)
            assert not view.grab().isNull()
        assert view.minimumSizeHint().width() <= 560
    finally:
        theme.choose("light")


def test_reports_are_imported_without_what_trains() -> None:
    script = (
        "import sys, desktop.reports.runs_view, desktop.reports.report_view, trainer.report.comparison;"
        "sys.exit(bool({'torch', 'sklearn', 'matplotlib', 'numba', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
