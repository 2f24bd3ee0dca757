"""Ten everyday tasks at the real window, off the screen: how many steps each takes, and how long one waits.

A person needs time to look and to move the mouse; what is measured is the program's share. `docs/usability.md` tells
what was awkward and how it was mended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy2
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from benchmarks.person import Person
    from benchmarks.report import Report
    from desktop.search.editors.compared_editors import DateEditor
    from desktop.search.editors.date_value import DateValue


def run(report: Report, scratch: Path, photos: int = 0) -> None:
    """`photos` has no meaning here: the sample library is what a new user begins with."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["XDG_DATA_HOME"] = str(scratch / "data")  # the trash of this measurement, not that of the person
    from benchmarks.person import Person
    from core.library import Library
    from core.samples import build_samples
    from desktop.app import Session, create_application
    from desktop.theme import Theme

    folder = build_samples(scratch)
    first = sorted(folder.rglob("*.jpg"))[0]
    (folder / "copies").mkdir()
    copy2(first, folder / "copies" / f"Copy of {first.name}")
    theme = Theme(create_application())
    theme.choose("light")
    session = Session(Library.open(scratch / "library"), theme)
    session.window.resize(1280, 800)
    session.window.show()
    session.window.activateWindow()
    try:
        _Everyday(report, Person(session), folder, scratch / "for the printer").do_all()
    finally:
        session.window.close()
        session.close()


class _Everyday:
    def __init__(self, report: Report, person: Person, folder: Path, target: Path) -> None:
        self._report, self._person, self._folder, self._target = report, person, folder, target
        self._window, self._library = person.window, person.session.library
        target.mkdir()

    def do_all(self) -> None:
        tasks: tuple[tuple[str, Callable[[], None]], ...] = (
            ("add the first folder and see photos", self._add_folder),
            ("find a photo by describing it", self._find),
            ("narrow it down to a year, by mouse", self._narrow),
            ("look at photos large, one after the other", self._look),
            ("mark three favourites and see them", self._favorites),
            ("put three photos into a new album", self._album),
            ("find photos like one", self._similar),
            ("compare two photos", self._compare),
            ("export smaller copies of all that was found", self._export),
            ("throw a photo away by mistake, and undo", self._trash),
            ("get rid of a copy of a photo", self._duplicates),
        )
        for what, do in tasks:
            with self._measured(what):
                do()

    @contextmanager
    def _measured(self, what: str) -> Iterator[None]:
        before, began = self._person.steps, time.perf_counter()
        yield
        waited_s = time.perf_counter() - began
        self._report.add(what, f"{self._person.steps - before} steps", against=f"{waited_s:.2f} s of waiting")

    def _add_folder(self) -> None:
        person, window = self._person, self._window
        person.wait(lambda: window.gallery.empty_state.button.isVisible())
        person.steps += 2  # the button, and the choice in the system's dialog, which has its own ways
        window.add_folder(self._folder)
        person.wait(lambda: person.shown > 0)

    def _find(self) -> None:
        from PySide6.QtCore import Qt

        person = self._person
        person.wait(lambda: self._library.is_up_to_date and self._library.encoder_name is not None)
        person.press(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        person.type("sunset over the sea")
        person.wait_for_answer()
        path = self._library.photos([self._window.gallery.listing.ids[0]])[0].path
        assert "sunset" in path.name, path

    def _narrow(self) -> None:
        from PySide6.QtWidgets import QMenu

        person, bar = self._person, self._window.search_bar
        person.steps += 1
        bar.filter_action.trigger()
        menu = person.popup()
        assert isinstance(menu, QMenu)
        person.choose(menu, "Date")
        person.wait(lambda: bar.editing.popover is not None and bar.editing.popover.isVisible())
        popover = bar.editing.popover
        assert popover is not None
        date = cast("DateValue", cast("DateEditor", popover.editor).first)
        person.steps += 2  # the kind of date, and the year
        date.kind.setCurrentText("Year")
        date.kind.activated.emit(date.kind.currentIndex())
        date.year.setValue(2023)
        person.click(popover.done_button)
        person.wait(lambda: "date:2023" in bar.field.text())
        person.wait_for_answer()

    def _look(self) -> None:
        from PySide6.QtCore import Qt

        person, window = self._person, self._window
        window.search_for("")
        person.wait(lambda: person.shown > 20)
        person.click_photo(0)
        person.press(Qt.Key.Key_Space)
        for _ in range(3):
            person.press(Qt.Key.Key_Right)
            person.wait(lambda: window.viewer.canvas.picture)
        person.press(Qt.Key.Key_Escape)

    def _favorites(self) -> None:
        from PySide6.QtCore import Qt

        person = self._person
        person.click_photo(0)
        person.click_photo(2, Qt.KeyboardModifier.ShiftModifier)
        person.press(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        person.click_in_sidebar("Favourites")
        person.wait(lambda: person.shown == 3)

    def _album(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QMenu

        from desktop.organise.action_table import Act

        person, window = self._person, self._window
        window.gallery.grid.setFocus()
        person.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        person.click(window.selection_bar.buttons[Act.ADD_TO_ALBUM])
        menu = person.popup()
        assert isinstance(menu, QMenu)
        person.choose(menu, "New album")
        person.wait_for_dialog()
        person.type("Best of all")
        person.press(Qt.Key.Key_Return)
        person.click_in_sidebar("Best of all")
        person.wait(lambda: 'album:"Best of all"' in str(window.search_bar.query) and person.shown == 3)

    def _similar(self) -> None:
        from PySide6.QtCore import QPoint

        person, window = self._person, self._window
        person.click_photo(0)
        person.steps += 1
        menu = window.actions_on_photos.show(window.gallery.grid.selected_ids(), window.mapToGlobal(QPoint(400, 300)))
        person.choose(menu, "Find similar")
        person.wait_for_answer()
        person.wait(lambda: window.gallery.listing.strengths is not None)

    def _compare(self) -> None:
        from PySide6.QtCore import Qt

        from desktop.organise.action_table import Act

        person, window = self._person, self._window
        window.search_for("")
        person.wait(lambda: person.shown > 20)
        person.click_photo(0)
        person.click_photo(1, Qt.KeyboardModifier.ControlModifier)
        person.click(window.selection_bar.buttons[Act.COMPARE])
        person.wait(lambda: len(window.compare.cells) == 2)
        person.press(Qt.Key.Key_Escape)

    def _export(self) -> None:
        from PySide6.QtCore import Qt

        person, window = self._person, self._window
        window.search_for("orientation:portrait")
        person.wait_for_answer()
        person.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        person.steps += 1
        dialog = window.actions_on_photos.ask_for_export(window.gallery.grid.selected_ids())
        person.steps += 1
        dialog.folder_field.setText(str(self._target))
        person.click(dialog.smaller)
        person.click(dialog.export_button)
        person.wait_for_toast("exported")
        assert any(self._target.iterdir())

    def _trash(self) -> None:
        from PySide6.QtCore import Qt

        person, window = self._person, self._window
        window.search_for("")
        person.wait(lambda: person.shown > 20)
        before = person.shown
        person.click_photo(3)
        person.press(Qt.Key.Key_Delete)
        person.wait(lambda: person.shown == before - 1)
        person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        person.wait(lambda: person.shown == before)

    def _duplicates(self) -> None:
        person, window = self._person, self._window
        person.click_in_sidebar("Duplicates")
        section = window.duplicates.exact
        person.wait(lambda: section.is_known and section.groups)
        person.click(section.rows[0].trash_button)
        person.wait(lambda: not section.groups)
