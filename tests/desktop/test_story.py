"""The whole story in one window: photos come, are browsed by class, corrected and labelled; a tagger is trained in its
own process, judged, used, and taken back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from core.tags.values import CLASS, TagSource
from desktop.organise.sidebar_parts import Kind, Row
from desktop.training.outcome_panel import Choice
from tests.desktop.training_stage import PROCESS_MS, tiny_request
from tests.trainer.tiny_library import COLOURS, make_coloured_photos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytestqt.qtbot import QtBot

    from core.types import PhotoId
    from desktop.app import Session
    from desktop.main_window import MainWindow
    from tests.photo_maker import PhotoMaker

LEFT = Qt.MouseButton.LeftButton


def class_rows(window: MainWindow) -> list[Row]:
    """What can be browsed by in the sidebar."""
    rows = window.sidebar.tree.rows
    found = [rows.row_at(index) for index in rows.indexes()]
    return [row for row in found if row is not None and row.kind is Kind.TAG and row.head == CLASS]


def select(window: MainWindow, ids: Iterable[PhotoId]) -> None:
    """Only these, in the grid."""
    grid, listing = window.gallery.grid, window.gallery.listing.ids
    grid.clearSelection()
    for photo_id in ids:
        index = grid.model().index(listing.index(photo_id), 0)
        grid.selectionModel().select(index, grid.selectionModel().SelectionFlag.Select)


def told(window: MainWindow, ids: Iterable[PhotoId]) -> dict[PhotoId, tuple[str, TagSource]]:
    """The class of each photo and who says so."""
    tags = window.library.tags.of(list(ids))
    return {photo_id: (tag.value, tag.source) for photo_id, of_one in tags.items() if (tag := of_one.get(CLASS))}


def test_from_the_first_photo_to_a_tagger_of_ones_own(
    open_window: Callable[..., Session], make_photo: PhotoMaker, tmp_path: Path, qtbot: QtBot
) -> None:
    make_coloured_photos(make_photo, 10)
    window = open_window().window
    library = window.library

    # A folder is added; its photos come, with guesses of what they show.
    window.add_folder(make_photo.folder)
    qtbot.waitUntil(lambda: library.is_up_to_date and library.photo_count() == 30, timeout=60_000)
    qtbot.waitUntil(lambda: len(window.gallery.listing.ids) == 30, timeout=10_000)
    everything = window.gallery.listing.ids
    by_colour = {
        colour: [photo.id for photo in library.photos(everything) if photo.path.name.startswith(colour)]
        for colour in COLOURS
    }
    qtbot.waitUntil(lambda: len(told(window, everything)) == 30, timeout=30_000)
    guesses = told(window, everything)
    assert {source for _, source in guesses.values()} == {TagSource.ZERO_SHOT}

    # Browse by class.
    qtbot.waitUntil(lambda: bool(class_rows(window)), timeout=10_000)
    row = class_rows(window)[0]
    window.sidebar.tree.chosen.emit(row)
    qtbot.waitUntil(lambda: 0 < len(window.gallery.listing.ids) == row.count, timeout=10_000)
    window.search_for("")
    qtbot.waitUntil(lambda: window.gallery.listing.ids == everything, timeout=10_000)

    # Correct five photos: three are red, two are blue.
    window.begin_labelling()
    bar = window.labelling_bar
    for colour, count in (("red", 3), ("blue", 2), ("green", 1)):
        select(window, by_colour[colour][:count])
        bar.label(colour)
        qtbot.waitUntil(lambda c=colour, n=count: library.labels.counts().get(CLASS, {}).get(c) == n, timeout=10_000)

    # Label the rest of fifteen with keys.
    qtbot.waitUntil(lambda: {*COLOURS} <= {offer.value for offer in bar.offers}, timeout=10_000)
    keys = {offer.value: offer.key for offer in bar.offers}
    for colour, done in (("red", 3), ("blue", 2), ("green", 1)):
        select(window, by_colour[colour][done:5])
        qtbot.keyClicks(window.gallery.grid, keys[colour])
        qtbot.waitUntil(lambda c=colour: library.labels.counts()[CLASS].get(c) == 5, timeout=10_000)
    assert library.labels.count() == 15

    # Train, and see what came of it.
    window.learning.show_training()
    course = window.learning.training.train.course
    course.start(tiny_request(tmp_path, 12))
    qtbot.waitUntil(lambda: Choice.REPORT in course.outcome.buttons, timeout=PROCESS_MS)
    unlabelled = [photo_id for ids in by_colour.values() for photo_id in ids[5:]]
    before = told(window, unlabelled)  # guesses still, but the user's own words are among them now
    assert {source for _, source in before.values()} == {TagSource.ZERO_SHOT}
    use = next(choice for choice in (Choice.USE, Choice.USE_ANYWAY) if choice in course.outcome.buttons)
    qtbot.mouseClick(course.outcome.buttons[use], LEFT)

    # The tags change...
    qtbot.waitUntil(
        lambda: {source for _, source in told(window, unlabelled).values()} == {TagSource.MODEL}, timeout=60_000
    )
    taught = told(window, unlabelled)
    assert {value for value, _ in taught.values()} <= set(COLOURS)
    assert told(window, by_colour["red"][:5]) == dict.fromkeys(by_colour["red"][:5], ("red", TagSource.USER))
    qtbot.waitUntil(lambda: "red" in [row.text for row in class_rows(window)], timeout=10_000)

    # ... and go back, with one click.
    qtbot.waitUntil(lambda: Choice.ROLL_BACK in course.outcome.buttons, timeout=10_000)
    qtbot.mouseClick(course.outcome.buttons[Choice.ROLL_BACK], LEFT)
    qtbot.waitUntil(lambda: told(window, unlabelled) == before, timeout=30_000)
    assert library.labels.count() == 15
