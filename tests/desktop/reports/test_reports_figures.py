"""The figures of a report by themselves: where things lie, what keys and mouse do, what can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from desktop.reports.confusion_view import LARGEST_PX, SMALLEST_PX, ConfusionView
from desktop.reports.plane import inside, nearest, next_in_direction, unit_places
from desktop.reports.reliability_view import ReliabilityView
from desktop.reports.shades import blended, class_color, contrast, readable_on
from desktop.reports.value_table import Cell, Row, ValueTable, number
from desktop.theme import DARK, LIGHT, Colors
from trainer.report.calibration import Bin

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme


@pytest.fixture
def matrix(theme: Theme, qtbot: QtBot) -> ConfusionView:
    view = ConfusionView(theme)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    qtbot.waitExposed(view)
    return view


class TestConfusionView:
    def test_a_click_and_enter_choose_the_cell(self, matrix: ConfusionView, qtbot: QtBot) -> None:
        matrix.show_matrix(["cat", "dog", "emu"], [[5, 2, 0], [1, 7, 0], [0, 0, 3]])
        chosen: list[tuple[str, str]] = []
        matrix.chosen.connect(lambda true, predicted: chosen.append((true, predicted)))
        qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=matrix.cell_rect(0, 1).center())
        assert matrix.current_text == "cat, taken for dog: 2 of 7 photos"
        qtbot.keyClick(matrix, Qt.Key.Key_Down)
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
        assert chosen == [("cat", "dog"), ("dog", "dog")]
        assert matrix.accessibleDescription() == "dog: 7 of 8 photos right"

    def test_the_mouse_tells_the_cell_below_it(self, matrix: ConfusionView, qtbot: QtBot) -> None:
        matrix.show_matrix(["cat", "dog"], [[5, 2], [1, 7]])
        with qtbot.waitSignal(matrix.current_changed) as told:
            qtbot.mouseMove(matrix.viewport(), matrix.cell_rect(1, 0).center())
        assert told.args == ["dog, taken for cat: 1 of 8 photos"]

    def test_two_hundred_classes_scroll_to_the_cell_that_has_the_keyboard(
        self, matrix: ConfusionView, qtbot: QtBot
    ) -> None:
        names = [f"class {number}" for number in range(200)]
        matrix.show_matrix(names, [[int(row == column) for column in range(200)] for row in range(200)])
        assert matrix.verticalScrollBar().maximum() > 0
        for _ in range(60):
            qtbot.keyClick(matrix, Qt.Key.Key_Down)
        qtbot.keyClick(matrix, Qt.Key.Key_End)
        assert matrix.current == (60, 199)
        assert matrix.viewport().rect().contains(matrix.cell_rect(60, 199))

    def test_zoom_has_ends_and_a_way_back(self, matrix: ConfusionView, qtbot: QtBot) -> None:
        matrix.show_matrix([str(number) for number in range(40)], [[1] * 40] * 40)
        fitting = matrix.cell_px
        for _ in range(30):
            qtbot.keyClick(matrix, Qt.Key.Key_Minus)
        assert matrix.cell_px == SMALLEST_PX
        assert not matrix.grab().isNull()
        for _ in range(60):
            qtbot.keyClick(matrix, Qt.Key.Key_Plus)
        assert matrix.cell_px == LARGEST_PX
        qtbot.keyClick(matrix, Qt.Key.Key_0)
        assert matrix.cell_px == fitting

    def test_no_photos_at_all(self, matrix: ConfusionView, qtbot: QtBot) -> None:
        matrix.show_matrix([], [])
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
        qtbot.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
        assert not matrix.grab().isNull()


def test_places_are_spread_over_the_view_with_y_upwards() -> None:
    first, second = unit_places([(0.0, 0.0), (10.0, 5.0)])
    assert first.x() < second.x()
    assert first.y() > second.y()
    assert unit_places([(3.0, 3.0)]) == [QPointF(0.5, 0.5)]
    assert unit_places([]) == []


def test_arrows_lead_to_the_next_point_in_their_direction() -> None:
    points = [QPointF(0, 0), QPointF(10, 1), QPointF(5, 40), QPointF(30, 0)]
    assert next_in_direction(points, 0, (1, 0)) == 1
    assert next_in_direction(points, 1, (1, 0)) == 3
    assert next_in_direction(points, 0, (0, 1)) == 2
    assert next_in_direction(points, 3, (1, 0)) == 3


def test_a_lasso_holds_what_it_is_drawn_around() -> None:
    points = [QPointF(1, 1), QPointF(5, 5), QPointF(9, 1)]
    assert inside(points, [QPointF(0, 0), QPointF(6, 0), QPointF(6, 6), QPointF(0, 6)]) == [0, 1]
    assert nearest(points, QPointF(8, 2), 3) == 2
    assert nearest(points, QPointF(50, 50), 3) is None


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_that_are_computed_can_be_seen(colors: Colors) -> None:
    surface = QColor(colors.surface)
    assert min(contrast(class_color(place, colors), surface) for place in range(200)) >= 3
    for base in (colors.accent, colors.danger):
        for share in (0.12, 0.3, 0.5, 0.7, 0.9, 1.0):
            ground = blended(colors.surface, base, share)
            assert contrast(readable_on(ground), ground) >= 4.5


def test_a_table_sorts_by_value_and_not_by_its_text(qtbot: QtBot) -> None:
    table = ValueTable("Numbers", ("Name", "Share"))
    qtbot.addWidget(table)
    shares = {"nine": 0.09, "ten": 0.10, "none": None}
    table.show_rows([Row((Cell(n, n), number(f"{v}", v)), n) for n, v in shares.items()])
    assert [row[0] for row in table.texts] == ["nine", "ten", "none"]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in table.texts] == ["none", "nine", "ten"]
    table.select(["ten"])
    assert table.selected == ["ten"]


def test_the_reliability_diagram_is_read_with_keys(theme: Theme, qtbot: QtBot) -> None:
    view = ReliabilityView(theme)
    qtbot.addWidget(view)
    view.show_bins([Bin(0, 0.5, 0, 0, 0), Bin(0.5, 1.0, 8, 0.8, 0.75)])
    view.show()
    qtbot.waitExposed(view)
    view.setFocus()
    qtbot.waitUntil(lambda: view.current == 1)
    assert view.accessibleDescription() == "50% to 100% sure: 8 photos, 75% of them right"
    with qtbot.waitSignal(view.chosen):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    with qtbot.assertNotEmitted(view.chosen):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert not view.grab().isNull()
