"""The viewer: one photo, fitted, zoomed, panned and turned; through the listing by keys and buttons; when photos go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest

from core.types import PhotoId
from desktop.tasks import Tasks
from desktop.theme import DARK
from desktop.viewer.geometry import FIT
from desktop.viewer.viewer import ViewerPage
from tests.desktop.indexed_library import index

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme
    from tests.photo_maker import PhotoMaker

Open = Callable[..., ViewerPage]


@pytest.fixture
def tasks(library: Library) -> Iterator[Tasks]:
    tasks = Tasks()
    yield tasks
    tasks.finish()


@pytest.fixture
def page(library: Library, tasks: Tasks, theme: Theme, qtbot: QtBot) -> Iterator[ViewerPage]:
    """Shown, without photos."""
    page = ViewerPage(library, tasks, theme)
    qtbot.addWidget(page)
    page.resize(800, 600)
    page.show()
    qtbot.waitExposed(page)
    page.activateWindow()
    yield page
    tasks.stop()


@pytest.fixture
def open_photos(page: ViewerPage, library: Library, qtbot: QtBot) -> Open:
    """Indexes a folder and opens the page on one of its photos, seen in full."""

    def open_(folder: Path, row: int = 0) -> ViewerPage:
        index(library, folder)
        page.show_photos(by_name(library), row)
        wait_for_picture(page, qtbot)
        return page

    return open_


def by_name(library: Library) -> tuple[PhotoId, ...]:
    return tuple(photo.id for photo in sorted(library.photos(library.all_photos()), key=lambda photo: photo.path.name))


def wait_for_picture(page: ViewerPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.canvas.picture is not None and page.photo is not None)


def name(page: ViewerPage) -> str:
    return page.bar.name.text()


def seen(page: ViewerPage, x: float, y: float) -> QColor:
    """The colour at a point of the canvas, in logical pixels."""
    image = page.canvas.grab().toImage()
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(x * ratio), round(y * ratio))


def place(page: ViewerPage) -> QRectF:
    """Where the photo stands on the canvas, in logical pixels."""
    canvas, ratio = page.canvas, page.canvas.devicePixelRatioF()
    assert canvas.placement is not None
    left, top, width, height = canvas.placement.place(canvas.view)
    return QRectF(left / ratio, top / ratio, width / ratio, height / ratio)


def middle(page: ViewerPage) -> QPointF:
    return QPointF(page.canvas.width() / 2, page.canvas.height() / 2)


def roll(page: ViewerPage, notches: int, at: QPointF) -> None:
    """Turn the wheel of a mouse."""
    event = QWheelEvent(
        at,
        QPointF(page.canvas.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.sendEvent(page.canvas, event)


class TestLooking:
    def test_a_photo_is_shown_whole_with_its_name_and_its_place(self, open_photos: Open, photo_folder: Path) -> None:
        page = open_photos(photo_folder, 3)
        assert name(page) == "red circle.jpg"
        assert page.bar.position.text() == "4 of 6"
        center = middle(page)
        assert seen(page, center.x(), center.y()).red() > 200
        assert seen(page, center.x(), center.y()).green() < 60
        assert seen(page, 4, 4).name() == page.canvas._theme.colors.canvas

    def test_the_thumbnail_stands_in_until_the_photo_has_come(
        self, page: ViewerPage, library: Library, photo_folder: Path, qtbot: QtBot
    ) -> None:
        index(library, photo_folder)
        page.glimpses.want(by_name(library)[:1])
        qtbot.waitUntil(lambda: page.glimpses.get(by_name(library)[0]) is not None)
        page.show_photos(by_name(library), 0)
        assert page.canvas.picture is None
        assert page.canvas.has_preview
        before = page.canvas.placement
        wait_for_picture(page, qtbot)
        assert page.canvas.placement == before, "nothing jumps when the photo replaces its thumbnail"

    def test_a_photo_of_a_phone_is_read_small_first_and_whole_when_looked_at_closely(
        self, open_photos: Open, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        make_photo("large.jpg", size=(4000, 3000))
        page = open_photos(make_photo.folder)
        picture = page.canvas.picture
        assert picture is not None
        assert picture.longer_edge_px < 2100
        assert (picture.width, picture.height) == (4000, 3000)
        qtbot.keyClick(page.canvas, Qt.Key.Key_1)
        assert page.canvas.pixel_scale == pytest.approx(1)
        qtbot.waitUntil(lambda: page.canvas.picture.longer_edge_px == 4000)
        assert page.bar.zoom_button.text() == "100%"

    def test_what_fits_is_painted_pixel_by_pixel(self, open_photos: Open, make_photo: PhotoMaker, qtbot: QtBot) -> None:
        """Scaled once with care, not at each painting: neighbouring colours blend at the edge of the circle alone."""
        make_photo("large.jpg", size=(4000, 3000))
        page = open_photos(make_photo.folder)
        qtbot.waitUntil(lambda: page.canvas._sharp is not None)
        sharp, shown = page.canvas._sharp.image, page.canvas.grab().toImage()
        left, top, width, height = page.canvas.placement.place(page.canvas.view)  # pixels of the screen
        assert (sharp.width(), sharp.height()) == (width, height)
        line = range(0, width, 7)
        painted = [shown.pixel(left + x, top + height // 2) for x in line]
        assert painted == [sharp.pixel(x, height // 2) for x in line]

    def test_a_small_picture_is_not_blown_up(self, open_photos: Open, make_photo: PhotoMaker) -> None:
        make_photo("icon.png", size=(32, 32))
        page = open_photos(make_photo.folder)
        assert page.canvas.pixel_scale == pytest.approx(4 * page.canvas.devicePixelRatioF())

    def test_a_file_that_cannot_be_read_says_why(
        self, page: ViewerPage, library: Library, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        good, broken = make_photo("good.jpg"), make_photo.folder / "broken.jpg"
        broken.write_bytes(b"no picture at all")
        index(library, make_photo.folder)
        page.show_photos([library.find_photo(good), library.find_photo(broken)], 1)
        qtbot.waitUntil(lambda: "cannot be shown" in page.canvas.message)
        assert "not a picture" in page.canvas.message
        assert page.canvas.accessibleDescription() == page.canvas.message
        assert not page.bar.zoom_in_button.isEnabled()
        qtbot.keyClick(page.canvas, Qt.Key.Key_Left)
        wait_for_picture(page, qtbot)
        assert page.canvas.message == ""
        assert page.bar.zoom_in_button.isEnabled()

    @pytest.mark.parametrize(
        "file",
        [
            "heif/corrupted.heic",
            "heif/truncated.heic",
            "heif/L_12__29x100.heif",
            "heif/RGBA_10__128x128.heif",
            "exif/Canon_40D.jpg",
            "orientation/Landscape_6.jpg",
        ],
    )
    def test_awkward_files_are_shown_or_refused(
        self, page: ViewerPage, library: Library, shared_data: Path, tmp_path: Path, file: str, qtbot: QtBot
    ) -> None:
        folder = tmp_path / "awkward photos"
        folder.mkdir()
        copy = folder / Path(file).name
        copy.write_bytes((shared_data / "awkward" / file).read_bytes())
        index(library, folder)
        photo_id = library.find_photo(copy)
        assert photo_id is not None
        page.show_photos([photo_id])
        qtbot.waitUntil(lambda: page.canvas.picture is not None or "cannot be shown" in page.canvas.message)


class TestZoom:
    @pytest.fixture
    def large(self, open_photos: Open, make_photo: PhotoMaker) -> ViewerPage:
        make_photo("large.jpg", "red square", size=(2400, 1600))
        make_photo("next.jpg", "blue circle", size=(2400, 1600))
        return open_photos(make_photo.folder)

    def test_the_wheel_zooms_where_the_mouse_is(self, large: ViewerPage) -> None:
        canvas, at = large.canvas, QPointF(200, 150)
        before = place(large)
        roll(large, 4, at)
        after = place(large)
        assert after.width() == pytest.approx(before.width() * 1.25**4, rel=0.01)
        for start, length, mouse in (
            (QRectF.left, QRectF.width, at.x()),
            (QRectF.top, QRectF.height, at.y()),
        ):
            under = [(mouse - start(where)) / length(where) for where in (before, after)]
            assert under[0] == pytest.approx(under[1], abs=0.002)
        roll(large, -9, at)
        assert canvas.view == FIT, "one cannot zoom out further than the whole photo"

    def test_keys_zoom_fit_and_show_actual_pixels(self, large: ViewerPage, qtbot: QtBot) -> None:
        canvas = large.canvas
        qtbot.keyClick(canvas, Qt.Key.Key_Plus)
        assert canvas.view.scale == pytest.approx(1.25)
        qtbot.keyClick(canvas, Qt.Key.Key_Minus)
        assert not canvas.is_zoomed
        qtbot.keyClick(canvas, Qt.Key.Key_1)
        assert canvas.pixel_scale == pytest.approx(1)
        qtbot.keyClick(canvas, Qt.Key.Key_0)
        assert canvas.view == FIT

    def test_a_double_click_shows_actual_pixels_and_the_whole_again(self, large: ViewerPage, qtbot: QtBot) -> None:
        at = QPoint(300, 200)
        qtbot.mouseDClick(large.canvas, Qt.MouseButton.LeftButton, pos=at)
        assert large.canvas.pixel_scale == pytest.approx(1)
        qtbot.mouseDClick(large.canvas, Qt.MouseButton.LeftButton, pos=at)
        assert large.canvas.view == FIT

    def test_dragging_and_arrows_pan_as_far_as_the_photo_goes(self, large: ViewerPage, qtbot: QtBot) -> None:
        canvas = large.canvas
        qtbot.keyClick(canvas, Qt.Key.Key_1)
        before = place(large)
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
        qtbot.mouseMove(canvas, QPoint(240, 170))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(240, 170))
        assert place(large).topLeft() - before.topLeft() == QPointF(-60, -30)
        for _ in range(40):
            qtbot.keyClick(canvas, Qt.Key.Key_Right)
        assert place(large).right() == canvas.width(), "its right edge is at the right edge of the view"
        assert name(large) == "large.jpg", "zoomed in, arrows do not leave the photo"
        qtbot.keyClick(canvas, Qt.Key.Key_PageDown)
        assert name(large) != "large.jpg"

    def test_two_fingers_on_a_touchpad_pinch(self, large: ViewerPage) -> None:
        at = QPointF(100, 100)
        pinch = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture,
            QPointingDevice.primaryPointingDevice(),
            2,
            at,
            at,
            QPointF(large.canvas.mapToGlobal(at)),
            0.5,
            QPointF(),
        )
        QCoreApplication.sendEvent(large.canvas, pinch)
        assert large.canvas.view.scale == pytest.approx(1.5)

    def test_two_fingers_on_the_screen_pinch(self, large: ViewerPage, qtbot: QtBot) -> None:
        canvas, screen = large.canvas, QTest.createTouchDevice()
        left, right = QPoint(260, 200), QPoint(320, 200)
        QTest.touchEvent(canvas, screen).press(0, left, canvas).press(1, right, canvas).commit()
        for _ in range(10):
            left, right = left - QPoint(10, 0), right + QPoint(10, 0)
            QTest.touchEvent(canvas, screen).move(0, left, canvas).move(1, right, canvas).commit()
        QTest.touchEvent(canvas, screen).release(0, left, canvas).release(1, right, canvas).commit()
        assert canvas.view.scale > 1.5

    def test_two_fingers_on_a_touchpad_pan(self, large: ViewerPage) -> None:
        large.canvas.zoom_to_actual()
        before = place(large)
        swipe = QWheelEvent(
            QPointF(100, 100),
            QPointF(large.canvas.mapToGlobal(QPointF(100, 100))),
            QPoint(-30, 20),
            QPoint(-60, 40),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.ScrollUpdate,
            False,
        )
        QCoreApplication.sendEvent(large.canvas, swipe)
        assert place(large).topLeft() - before.topLeft() == QPointF(-30, 20)

    def test_the_bar_does_what_the_keys_do(self, large: ViewerPage, qtbot: QtBot) -> None:
        bar, canvas = large.bar, large.canvas
        qtbot.mouseClick(bar.zoom_in_button, Qt.MouseButton.LeftButton)
        assert canvas.view.scale == pytest.approx(1.25)
        qtbot.mouseClick(bar.zoom_out_button, Qt.MouseButton.LeftButton)
        qtbot.mouseClick(bar.zoom_button, Qt.MouseButton.LeftButton)
        assert bar.zoom_button.text() == "100%"
        qtbot.mouseClick(bar.fit_button, Qt.MouseButton.LeftButton)
        assert canvas.view == FIT

    def test_the_next_photo_is_seen_whole(self, large: ViewerPage, qtbot: QtBot) -> None:
        large.canvas.zoom_to_actual()
        qtbot.keyClick(large.canvas, Qt.Key.Key_PageDown)
        assert large.canvas.view == FIT

    def test_a_larger_window_shows_a_larger_photo(self, large: ViewerPage, qtbot: QtBot) -> None:
        large.resize(1600, 1200)
        qtbot.waitUntil(lambda: large.canvas.picture.longer_edge_px >= 1600)


class TestTurning:
    def test_the_view_is_turned_and_the_file_is_not(
        self, open_photos: Open, make_photo: PhotoMaker, qtbot: QtBot
    ) -> None:
        path = make_photo("a.jpg", "red square", size=(400, 200))
        make_photo("b.jpg", size=(400, 200))
        before = path.read_bytes()
        page = open_photos(make_photo.folder)
        qtbot.keyClick(page.canvas, Qt.Key.Key_R)
        assert place(page).height() > place(page).width()
        qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
        assert page.canvas.turns == 0
        qtbot.keyClick(page.canvas, Qt.Key.Key_Left)
        assert page.canvas.turns == 1, "a photo that was turned is turned when one comes back to it"
        qtbot.mouseClick(page.bar.left_button, Qt.MouseButton.LeftButton)
        assert page.canvas.turns == 0
        assert path.read_bytes() == before

    def test_colours_stand_where_the_turn_puts_them(self, open_photos: Open, tmp_path: Path, qtbot: QtBot) -> None:
        from PIL import Image

        picture = Image.new("RGB", (400, 300), "white")
        picture.paste("red", (0, 0, 200, 150))  # upper left
        folder = tmp_path / "turned photos"
        folder.mkdir()
        picture.save(folder / "corner.png")
        page = open_photos(folder)
        qtbot.keyClick(page.canvas, Qt.Key.Key_R)
        where = place(page)
        left, right = where.left() + where.width() / 4, where.right() - where.width() / 4
        top = where.top() + where.height() / 4
        assert seen(page, right, top).name() == "#ff0000", "the upper left corner is at the upper right now"
        assert seen(page, left, top).name() == "#ffffff"
        qtbot.keyClick(page.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
        assert page.canvas.turns == 0


class TestWays:
    def test_keys_lead_through_the_listing(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder)
        shown: list[PhotoId] = []
        page.current_changed.connect(shown.append)
        for key, row in (
            (Qt.Key.Key_Right, 1),
            (Qt.Key.Key_PageDown, 2),
            (Qt.Key.Key_Left, 1),
            (Qt.Key.Key_PageUp, 0),
            (Qt.Key.Key_Left, 0),
            (Qt.Key.Key_End, 5),
            (Qt.Key.Key_Right, 5),
            (Qt.Key.Key_Home, 0),
        ):
            qtbot.keyClick(page.canvas, key)
            assert page.current == page._ids[row]
        assert shown == [page._ids[row] for row in (1, 2, 1, 0, 5, 0)]

    def test_arrows_at_the_edges_lead_too_and_end_with_the_listing(
        self, open_photos: Open, photo_folder: Path, qtbot: QtBot
    ) -> None:
        page = open_photos(photo_folder)
        assert not page.previous_button.isVisible()
        for _ in range(5):
            qtbot.mouseClick(page.next_button, Qt.MouseButton.LeftButton)
        assert page.bar.position.text() == "6 of 6"
        assert not page.next_button.isVisible()
        qtbot.mouseClick(page.previous_button, Qt.MouseButton.LeftButton)
        assert page.bar.position.text() == "5 of 6"

    def test_the_photos_beside_are_ready(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder, 2)
        qtbot.waitUntil(lambda: all(page.pictures.get(page._ids[row]) is not None for row in (1, 2, 3)))
        qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
        assert page.canvas.picture is not None

    @pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Escape])
    def test_one_goes_back_to_the_photo_that_was_shown(
        self, open_photos: Open, photo_folder: Path, qtbot: QtBot, key: Qt.Key
    ) -> None:
        page = open_photos(photo_folder, 1)
        expected = page.current
        with qtbot.waitSignal(page.closed) as closed:
            qtbot.keyClick(page.canvas, key)
        assert closed.args == [expected]
        assert not page.is_open
        assert page.pictures.used_bytes == 0, "what is not looked at takes no memory"

    def test_a_full_screen_is_the_photo_alone(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder)
        page._rest.setInterval(10)
        with qtbot.waitSignal(page.full_screen_toggled) as toggled:
            qtbot.keyClick(page.canvas, Qt.Key.Key_F11)
        assert toggled.args == [True]
        assert page.canvas.size() == page.size()
        assert seen(page, 2, page.height() - 2).name() == DARK.canvas
        qtbot.mouseMove(page.canvas, QPoint(300, 200))
        qtbot.waitUntil(page.bar.isHidden)
        assert page.canvas.cursor().shape() == Qt.CursorShape.BlankCursor
        page._rest.setInterval(60_000)
        qtbot.mouseMove(page.canvas, QPoint(310, 210))
        assert page.bar.isVisible()
        with qtbot.waitSignal(page.full_screen_toggled) as toggled:
            qtbot.keyClick(page.canvas, Qt.Key.Key_Escape)
        assert toggled.args == [False]
        assert page.is_open, "Escape leaves the full screen first, then the photo"

    def test_a_slideshow_goes_round(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder, 4)
        page._slides.setInterval(10)
        qtbot.keyClick(page.canvas, Qt.Key.Key_S)
        assert page.is_playing
        qtbot.waitUntil(lambda: page.bar.position.text() == "1 of 6")
        qtbot.mouseClick(page.bar.play_button, Qt.MouseButton.LeftButton)
        assert not page.is_playing


class TestWishes:
    """What the user wants done is said by signals; the page itself changes nothing."""

    def test_favourite(self, open_photos: Open, photo_folder: Path, library: Library, qtbot: QtBot) -> None:
        page = open_photos(photo_folder)
        page.favorite_toggled.connect(lambda photo_id, wanted: library.set_favorite([photo_id], wanted))
        with qtbot.waitSignal(page.favorite_toggled) as toggled:
            qtbot.keyClick(page.canvas, Qt.Key.Key_F)
        assert toggled.args == [page.current, True]
        page.take_changes([page.current])
        qtbot.waitUntil(lambda: page.photo is not None and page.photo.favorite)
        assert page.bar.favorite_button.accessibleName() == "Remove from favourites"
        with qtbot.waitSignal(page.favorite_toggled) as toggled:
            qtbot.mouseClick(page.bar.favorite_button, Qt.MouseButton.LeftButton)
        assert toggled.args == [page.current, False]

    def test_trash_copy_and_the_menu(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder, 2)
        with qtbot.waitSignal(page.trash_wanted) as trash:
            qtbot.keyClick(page.canvas, Qt.Key.Key_Delete)
        assert trash.args == [[page.current]]
        with qtbot.waitSignal(page.copy_wanted) as copy:
            qtbot.keyClick(page.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert copy.args == [page.current]
        with qtbot.waitSignal(page.actions_requested) as menu:
            qtbot.mouseClick(page.bar.more_button, Qt.MouseButton.LeftButton)
        assert menu.args[0] == [page.current]
        with qtbot.waitSignal(page.info_toggled):
            qtbot.mouseClick(page.bar.info_button, Qt.MouseButton.LeftButton)


class TestChanges:
    def test_after_a_photo_that_goes_comes_the_next(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder, 2)
        ids = page._ids
        page.set_ids(tuple(other for other in ids if other != ids[2]))
        assert page.current == ids[3]
        assert page.bar.position.text() == "3 of 5"

    def test_at_the_end_comes_the_one_before(self, open_photos: Open, photo_folder: Path) -> None:
        page = open_photos(photo_folder, 5)
        ids = page._ids
        page.set_ids(ids[:5])
        assert page.current == ids[4]

    def test_the_photo_stays_when_others_come_and_go(self, open_photos: Open, photo_folder: Path) -> None:
        page = open_photos(photo_folder, 2)
        ids = page._ids
        page.canvas.zoom_to_actual()
        page.set_ids((PhotoId(999), *ids[1:]))
        page.set_ids((PhotoId(998), PhotoId(999), *ids[1:]))
        assert page.current == ids[2]
        assert page.bar.position.text() == "4 of 7"
        assert page.canvas.view != FIT, "what one looks at does not move"

    def test_without_photos_it_closes(self, open_photos: Open, photo_folder: Path, qtbot: QtBot) -> None:
        page = open_photos(photo_folder)
        with qtbot.waitSignal(page.closed) as closed:
            page.set_ids(())
        assert closed.args == [None]

    def test_a_file_that_was_deleted_makes_way_at_once(
        self, open_photos: Open, photo_folder: Path, library: Library, qtbot: QtBot
    ) -> None:
        page = open_photos(photo_folder, 3)
        gone, following = page.current, page._ids[4]
        (photo_folder / "red circle.jpg").unlink()
        qtbot.waitUntil(lambda: library.photo_count() == 5, timeout=20_000)
        page.take_changes([gone])
        qtbot.waitUntil(lambda: page.current == following)
        assert page.bar.position.text() == "4 of 5"

    def test_a_file_that_was_edited_is_read_again(
        self, open_photos: Open, photo_folder: Path, make_photo: PhotoMaker, library: Library, qtbot: QtBot
    ) -> None:
        page = open_photos(photo_folder, 3)
        photo_id, center = page.current, middle(page)
        unsubscribe = library.subscribe(lambda event: changed.append(event))
        changed: list[object] = []
        make_photo("red circle.jpg", "blue circle")
        qtbot.waitUntil(lambda: bool(changed) and library.is_up_to_date, timeout=20_000)
        unsubscribe()
        page.take_changes([photo_id])
        qtbot.waitUntil(lambda: seen(page, center.x(), center.y()).blue() > 200)
        assert seen(page, center.x(), center.y()).red() < 60


def test_every_control_has_a_name_and_can_be_reached_by_tab(open_photos: Open, photo_folder: Path) -> None:
    page = open_photos(photo_folder, 2)
    controls = [*page.bar.icon_buttons, page.bar.zoom_button, page.previous_button, page.next_button]
    assert all(control.accessibleName() for control in controls)
    assert all(control.toolTip() for control in controls)
    assert all(control.focusPolicy() & Qt.FocusPolicy.TabFocus for control in controls)
    assert page.canvas.accessibleName() == "Photo green triangle.png, 3 of 6"
