"""The grid under the mouse: clicks, the rubber band, headings, dragging out, the wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QGuiApplication,
    QMouseEvent,
    QPixmap,
    QWheelEvent,
)

from core.types import PhotoId
from desktop.grid.dragging import PHOTOS_MIME, encode_ids, ids_in, stack_of
from desktop.grid.layout import HEADING_PX
from desktop.grid.listing import browsing
from desktop.theme import DARK, LIGHT
from tests.desktop.test_grid import CTRL, SHIFT, go_to, ids, months

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.grid.view import GridView
    from desktop.theme import Theme
    from tests.desktop.grid_stage import GridStage

LEFT = Qt.MouseButton.LeftButton


def center(grid: GridView, row: int) -> QPoint:
    return grid.visualRect(grid.index_of(row)).center()


def drag(grid: GridView, qtbot: QtBot, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier | None = None) -> None:
    """Press, move and let go."""
    keys = Qt.KeyboardModifier.NoModifier if keys is None else keys
    qtbot.mousePress(grid.viewport(), LEFT, keys, start)
    move(grid, end, keys)
    qtbot.mouseRelease(grid.viewport(), LEFT, keys, end)


def move(grid: GridView, place: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """With the left button held down, which `qtbot.mouseMove` does not know of."""
    position, none = QPointF(place), Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, position, grid.viewport().mapToGlobal(position), none, LEFT, keys)
    QGuiApplication.sendEvent(grid.viewport(), event)


class Drags(QObject):
    """Counts those that begin. The platform without a screen ends them at once."""

    def __init__(self, grid: GridView) -> None:
        super().__init__(grid)
        self.count = 0
        grid.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.ChildAdded
        return False


class TestClicks:
    def test_click_ctrl_and_shift_select_as_in_a_file_manager(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))
        for row, keys, selected in (
            (2, Qt.KeyboardModifier.NoModifier, ids(3)),
            (5, CTRL, ids(3, 6)),
            (3, CTRL, ids(3, 4, 6)),
            (5, CTRL, ids(3, 4)),
            (7, Qt.KeyboardModifier.NoModifier, ids(8)),
            (4, SHIFT, ids(5, 6, 7, 8)),
            (9, SHIFT, ids(8, 9, 10)),
        ):
            qtbot.mouseClick(grid.viewport(), LEFT, keys, center(grid, row))
            assert grid.selected_ids() == selected

    def test_a_click_on_one_of_several_selects_it_alone_when_the_button_is_let_go(
        self, grid: GridView, qtbot: QtBot
    ) -> None:
        grid.show_listing(browsing(ids(*range(1, 13))))
        grid.select_ids(ids(1, 2, 3))
        qtbot.mousePress(grid.viewport(), LEFT, pos=center(grid, 1))
        assert grid.selected_count() == 3
        qtbot.mouseRelease(grid.viewport(), LEFT, pos=center(grid, 1))
        assert grid.selected_ids() == ids(2)

    def test_a_double_click_opens(self, grid: GridView, qtbot: QtBot) -> None:
        opened: list[list[PhotoId]] = []
        grid.opened.connect(opened.append)
        grid.show_listing(browsing(ids(*range(1, 13))))
        qtbot.mouseClick(grid.viewport(), LEFT, pos=center(grid, 4))
        qtbot.mouseDClick(grid.viewport(), LEFT, pos=center(grid, 4))
        assert opened == [ids(5)]

    def test_a_click_beside_or_between_the_photos_selects_none(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(1, 2)))
        between = grid.visualRect(grid.index_of(0)).topRight() + QPoint(0, 50)
        for place in (QPoint(700, 600), between):
            go_to(grid, 0)
            qtbot.mouseClick(grid.viewport(), LEFT, pos=place)
            assert grid.selected_ids() == []

    def test_the_menu_is_for_the_selection(self, grid: GridView, qtbot: QtBot) -> None:
        asked: list[list[PhotoId]] = []
        grid.menu_requested.connect(lambda wanted, _place: asked.append(wanted))
        grid.show_listing(browsing(ids(*range(1, 13))))
        grid.select_ids(ids(1, 2))
        for row, selected in ((1, ids(1, 2)), (5, ids(6))):
            qtbot.mouseClick(grid.viewport(), Qt.MouseButton.RightButton, pos=center(grid, row))
            place = center(grid, row)
            reason = QContextMenuEvent.Reason.Mouse
            QGuiApplication.sendEvent(grid.viewport(), QContextMenuEvent(reason, place, grid.mapToGlobal(place)))
            assert asked.pop() == selected


class TestRubberBand:
    def test_it_selects_a_rectangle_and_not_whole_lines(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 21))))  # five a line
        start = grid.visualRect(grid.index_of(1)).topLeft() + QPoint(1, 1)
        drag(grid, qtbot, start, center(grid, 12))
        assert grid.selected_ids() == ids(2, 3, 7, 8, 12, 13)

    def test_it_crosses_headings(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 14)), months(2, 6, 5)))
        beside = grid.visualRect(grid.index_of(1)).topRight() + QPoint(100, 20)
        drag(grid, qtbot, beside, center(grid, 3))
        assert grid.selected_ids() == ids(2, 4, 5)

    def test_with_ctrl_it_turns_the_selection_and_with_shift_it_adds(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 11))))
        below = QPoint(30, grid.visualRect(grid.index_of(9)).bottom() + 60)
        grid.select_ids(ids(1, 5))
        drag(grid, qtbot, below, center(grid, 1), CTRL)
        assert grid.selected_ids() == ids(2, 5, 6, 7)
        drag(grid, qtbot, below, center(grid, 5), SHIFT)
        assert grid.selected_ids() == ids(2, 5, 6, 7)
        drag(grid, qtbot, below, center(grid, 5))
        assert grid.selected_ids() == ids(6)

    def test_what_it_leaves_is_not_selected_any_longer(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 11))))
        below = QPoint(30, grid.visualRect(grid.index_of(9)).bottom() + 60)
        qtbot.mousePress(grid.viewport(), LEFT, pos=below)
        move(grid, center(grid, 3))
        assert grid.selected_count() == 8
        move(grid, center(grid, 5))
        assert grid.selected_ids() == ids(6)
        qtbot.mouseRelease(grid.viewport(), LEFT, pos=center(grid, 5))

    def test_it_scrolls_at_the_edge(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        qtbot.mousePress(grid.viewport(), LEFT, pos=QPoint(5, 100))
        move(grid, QPoint(250, grid.viewport().height() + 200))
        qtbot.waitUntil(lambda: grid.verticalOffset() > 400)
        qtbot.mouseRelease(grid.viewport(), LEFT, pos=QPoint(250, 800))
        at_rest = grid.verticalOffset()
        first_line = ids(0, 1)
        assert grid.selected_ids()[:2] == first_line
        assert grid.selected_count() > 8
        assert {photo % 5 for photo in grid.selected_ids()} == {0, 1}, "the columns that the band covers"
        qtbot.wait(50)
        assert grid.verticalOffset() == at_rest

    def test_it_is_painted(self, grid: GridView, qtbot: QtBot, theme: Theme) -> None:
        grid.show_listing(browsing(ids(1)))
        qtbot.mousePress(grid.viewport(), LEFT, pos=QPoint(400, 400))
        move(grid, QPoint(600, 600))
        image = grid.viewport().grab().toImage()
        assert image.pixelColor(400, 500) == QColor(theme.colors.accent)
        assert image.pixelColor(500, 500) != image.pixelColor(300, 500)
        qtbot.mouseRelease(grid.viewport(), LEFT, pos=QPoint(600, 600))
        assert grid.viewport().grab().toImage().pixelColor(500, 500) == image.pixelColor(300, 500)


class TestHeadings:
    def test_a_click_selects_the_month_and_another_one_none(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 14)), months(2, 6, 5)))
        place = grid.places.heading(1).center()
        qtbot.mouseClick(grid.viewport(), LEFT, pos=place)
        assert grid.selected_ids() == ids(*range(3, 9))
        qtbot.mouseClick(grid.viewport(), LEFT, CTRL, grid.places.heading(0).center())
        assert grid.selected_ids() == ids(*range(1, 9))
        qtbot.mouseClick(grid.viewport(), LEFT, CTRL, place)
        assert grid.selected_ids() == ids(1, 2)

    def test_the_heading_of_what_is_in_view_stays_at_the_top_and_covers_no_click(
        self, grid: GridView, qtbot: QtBot
    ) -> None:
        grid.show_listing(browsing(ids(*range(1, 101)), months(50, 50)))
        grid.verticalScrollBar().setValue(500)
        assert grid.heading_at(QPoint(100, HEADING_PX // 2)) == 0
        assert not grid.indexAt(QPoint(100, HEADING_PX // 2)).isValid()
        assert grid.indexAt(QPoint(100, HEADING_PX + 40)).isValid()
        qtbot.mouseClick(grid.viewport(), LEFT, pos=QPoint(100, HEADING_PX // 2))
        assert grid.selected_ids() == ids(*range(1, 51))
        grid.verticalScrollBar().setValue(grid.places.heading(1).top())
        assert grid.heading_at(QPoint(100, HEADING_PX // 2)) == 1

    def test_the_next_heading_pushes_it_out(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1, 101)), months(50, 50)))
        grid.verticalScrollBar().setValue(grid.places.heading(1).top() - HEADING_PX)
        assert grid.heading_at(QPoint(100, HEADING_PX + 5)) == 1
        assert grid.heading_at(QPoint(100, HEADING_PX - 5)) is None
        assert grid.heading_at(QPoint(100, 5)) == 0

    def test_under_the_mouse_it_offers_to_select(self, grid: GridView, qtbot: QtBot) -> None:
        grid.show_listing(browsing(ids(*range(1, 14)), months(2, 6, 5)))
        before = grid.viewport().grab().toImage()
        qtbot.mouseMove(grid.viewport(), grid.places.heading(0).center())
        assert grid.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor
        assert grid.viewport().grab().toImage() != before
        qtbot.mouseMove(grid.viewport(), center(grid, 1))
        assert grid.viewport().cursor().shape() is Qt.CursorShape.ArrowCursor


class TestDraggingOut:
    def test_the_files_of_all_selected_photos_travel(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        grid = grid_stage.grid
        chosen = grid.listing.ids[1:4]
        grid.select_ids(chosen)
        grid_stage.wait_for_pictures()
        qtbot.mousePress(grid.viewport(), LEFT, pos=center(grid, 2))
        move(grid, center(grid, 2) + QPoint(40, 0))
        [drag] = grid.findChildren(QDrag)
        paths = [photo.path for photo in grid_stage.library.photos(chosen)]
        assert [url.toLocalFile() for url in drag.mimeData().urls()] == [str(path) for path in paths]
        assert ids_in(drag.mimeData()) == list(chosen)
        assert drag.supportedActions() == Qt.DropAction.CopyAction
        assert not drag.pixmap().isNull()
        assert grid.selected_ids() == list(chosen)

    def test_paths_that_are_not_known_yet_are_waited_for(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        grid = grid_stage.grid
        grid_stage.wait_for_pictures()
        grid_stage.photos.forget(())
        drags = Drags(grid)
        qtbot.mousePress(grid.viewport(), LEFT, pos=center(grid, 0))
        move(grid, center(grid, 0) + QPoint(40, 0))
        assert drags.count == 0
        qtbot.waitUntil(lambda: drags.count == 1)

    def test_a_button_that_is_let_go_meanwhile_starts_no_drag(self, grid_stage: GridStage, qtbot: QtBot) -> None:
        grid = grid_stage.grid
        grid_stage.wait_for_pictures()
        grid_stage.photos.forget(())
        drags = Drags(grid)
        drag(grid, qtbot, center(grid, 0), center(grid, 0) + QPoint(40, 0))
        assert grid.selected_count() == 1
        with qtbot.waitSignal(grid_stage.photos.arrived):
            grid.viewport().repaint()
        assert drags.count == 0

    def test_photos_that_come_back_to_the_grid_are_not_taken(self, grid: GridView) -> None:
        own, other = QMimeData(), QMimeData()
        own.setData(PHOTOS_MIME, encode_ids(ids(1, 2)))
        other.setText("a letter")
        for data, accepted in ((own, True), (other, False)):
            event = QDragEnterEvent(
                QPoint(50, 50), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
            )
            grid.dragEnterEvent(event)
            assert event.isAccepted() == accepted
        assert event.dropAction() != Qt.DropAction.IgnoreAction

    def test_ids_survive_the_journey(self) -> None:
        data = QMimeData()
        data.setData(PHOTOS_MIME, encode_ids(ids(1, 2**40)))
        assert ids_in(data) == ids(1, 2**40)
        assert ids_in(QMimeData()) is None

    @pytest.mark.parametrize("scale", [1, 2])
    def test_the_stack_shows_how_many(self, qtbot: QtBot, scale: int) -> None:
        picture = QPixmap(100, 100)
        picture.fill(QColor("red"))
        one, many = (stack_of([picture] * 3, count, LIGHT, scale).toImage() for count in (1, 1_234))
        assert one.devicePixelRatio() == scale
        assert one != many


class TestWheel:
    def test_ctrl_and_the_wheel_change_the_size(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        sizes: list[int] = []
        grid.cell_px_changed.connect(sizes.append)
        for notches in (1, -1, -1):
            QGuiApplication.sendEvent(grid.viewport(), _wheel(notches, CTRL))
        assert sizes[0] > 176 > sizes[2]
        assert grid.verticalOffset() == 0

    def test_without_ctrl_it_scrolls(self, grid: GridView) -> None:
        grid.show_listing(browsing(ids(*range(1_000))))
        QGuiApplication.sendEvent(grid.viewport(), _wheel(-1, Qt.KeyboardModifier.NoModifier))
        assert grid.verticalOffset() > 0


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_a_selected_photo_is_framed_and_checked_in_both_themes(
    grid_stage: GridStage, theme: Theme, qtbot: QtBot, colors: object
) -> None:
    theme.choose("light" if colors is LIGHT else "dark")
    grid = grid_stage.grid
    grid_stage.wait_for_pictures()
    try:
        before = grid.viewport().grab().toImage()
        grid.select_ids(grid.listing.ids[:1])
        after = grid.viewport().grab().toImage()
        place = grid.visualRect(grid.index_of(0))
        frame, badge = QPoint(place.left() + 2, place.center().y()), place.topLeft() + QPoint(14, 24)
        for point in (frame, badge):
            assert before.pixelColor(point) != QColor(theme.colors.accent)
            assert after.pixelColor(point) == QColor(theme.colors.accent)
    finally:
        theme.choose("light")


def _wheel(notches: int, keys: Qt.KeyboardModifier) -> QWheelEvent:
    place = QPointF(300, 300)
    return QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
