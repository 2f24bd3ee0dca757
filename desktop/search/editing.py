"""Changes one part of the query by an editor, or adds a new one: from a chip or a menu to the new query."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import QueryError
from core.query import FILTERS, Filter, Query, Term, parse
from desktop.search.editors.compared_editors import DateEditor, MomentEditor, SizeEditor
from desktop.search.editors.filter_editors import FilterEditor, FixedValueEditor, KnownValueEditor, PatternEditor
from desktop.search.editors.part_editor import PartEditor
from desktop.search.editors.popover import Popover
from desktop.search.editors.term_editors import PictureEditor, WordsEditor
from desktop.search.picture_chooser import choose_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QFileDialog, QWidget

    from core.library import Library
    from desktop.tasks import Tasks

Part = Term | Filter


class Editing(QObject):
    """At most one part is edited at a time."""

    query_wanted = Signal(object)
    """Query: as it is to read from now on."""
    removed = Signal(object)
    """Term or Filter."""

    def __init__(self, library: Library, tasks: Tasks, query: Callable[[], Query], parent: QWidget) -> None:
        """`query` tells how the line reads now."""
        super().__init__(parent)
        self._library, self._tasks, self._query, self._window = library, tasks, query, parent
        self._part: Part | None = None  # None while a new one means nothing yet
        self.popover: Popover | None = None
        self.dialog: QFileDialog | None = None

    def change(self, part: Part, anchor: QWidget) -> Popover:
        """Open the editor of a part of the query."""
        return self._open(self._editor(part), part, anchor)

    def add_words(self, anchor: QWidget) -> Popover:
        return self._open(WordsEditor(), None, anchor)

    def add_filter(self, key: str, anchor: QWidget) -> Popover:
        return self._open(self._filter_editor(key, None), None, anchor)

    def _open(self, editor: PartEditor, part: Part | None, anchor: QWidget) -> Popover:
        self.close()
        self._part = part
        self.popover = popover = Popover(editor, part, self._window)
        popover.edited.connect(self._apply)
        popover.removed.connect(self._remove)
        popover.destroyed.connect(partial(self._forget, popover))
        popover.show_at(anchor)
        return popover

    def close(self) -> None:
        if self.popover is not None:
            self.popover.close()
            self.popover = None

    def _forget(self, popover: Popover) -> None:
        if self.popover is popover:
            self.popover = None

    def choose_picture(self, part: Term | None = None) -> QFileDialog:
        """Search by a picture of the disk: a new one, or in the place of an image term, which keeps its weight."""
        self.close()
        self.dialog = dialog = choose_picture(self._window, partial(self._read_picture, part))
        dialog.finished.connect(self._forget_dialog)
        return dialog

    def _forget_dialog(self) -> None:
        self.dialog = None

    def _read_picture(self, part: Term | None, path: Path) -> None:
        self._tasks.run(partial(self._library.image_term, path), partial(self._take_picture, part))

    def _take_picture(self, part: Term | None, text: str) -> None:
        new = parse(text).terms[0]
        self._part = part
        self._apply(new if part is None else replace(new, weight=part.weight))

    def _apply(self, new: Part) -> None:
        query = self._query()
        place = _place(query, self._part, new)
        if place is None:  # the line was changed meanwhile, and the part is gone
            self.close()
            return
        try:
            changed = parse(str(_changed(query, self._part, new)))
        except QueryError as error:  # there are too many parts
            if self.popover is not None:
                self.popover.show_error(error)
            return
        self.query_wanted.emit(changed)
        self._part = _parts_like(new, self._query())[place]

    def _remove(self) -> None:
        if self._part is not None:
            self.removed.emit(self._part)

    # Which editor a part has

    def _editor(self, part: Part) -> PartEditor:
        if isinstance(part, Filter):
            return self._filter_editor(part.key, part)
        if part.kind == "text":
            return WordsEditor(part)
        editor = PictureEditor(self._library, self._tasks, part)
        editor.picture_wanted.connect(partial(self.choose_picture, part))
        return editor

    def _filter_editor(self, key: str, given: Filter | None) -> FilterEditor:
        editors = {"date": DateEditor, "size": SizeEditor, "after": MomentEditor, "before": MomentEditor}
        if key in editors:
            return editors[key](key, given)
        if FILTERS[key].choices:
            return FixedValueEditor(key, given)
        if key in ("name", "conf"):
            return PatternEditor(key, given)
        return KnownValueEditor(key, given, self._library, self._tasks)


def _parts_like(part: Part, query: Query) -> tuple[Part, ...]:
    return query.terms if isinstance(part, Term) else query.filters


def _place(query: Query, old: Part | None, new: Part) -> int | None:
    """Where the part stands among its like; a new one comes behind all others."""
    parts = _parts_like(new, query)
    if old is None:
        return len(parts)
    same = [place for place, part in enumerate(parts) if part is old]
    equal = [place for place, part in enumerate(parts) if part == old]
    return next(iter(same + equal), None)


def _changed(query: Query, old: Part | None, new: Part) -> Query:
    if old is not None:
        return query.replacing(old, new)
    if isinstance(new, Term):
        return Query((*query.terms, new), query.filters)
    return Query(query.terms, (*query.filters, new))
