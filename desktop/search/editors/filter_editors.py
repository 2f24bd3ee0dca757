"""Editors of filters whose value is one of a few, a piece of text, or something that the library knows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit

from core.errors import QueryError
from core.query import FILTERS, Filter, parse
from desktop.search.editors.choice_buttons import ChoiceButtons
from desktop.search.editors.part_editor import PartEditor, checked

if TYPE_CHECKING:
    from core.library import Library
    from desktop.tasks import Tasks

_CAPTIONS = {"gps": "Place"}
_TITLES = {"color": "Colour", "conf": "Confidence"}
_TAG_HINT = "The whole value. * stands for any characters, ? for one."
_SIGNS = {
    "folder": ("In", "Not in"),
    "album": ("In", "Not in"),
    "has": ("Has", "Has not"),
    "name": ("Fits", "Does not fit"),
    "camera": ("Holds", "Does not hold"),
    "lens": ("Holds", "Does not hold"),
}
_HINTS = {
    "camera": "All words of the name, or some, in any order.",
    "lens": "All words of the name, or some, in any order.",
    "folder": "A whole name, or several with slashes. * stands for any characters, ? for one.",
    "album": "The whole name. * stands for any characters, ? for one.",
    "class": _TAG_HINT,
    "color": _TAG_HINT,
    "material": _TAG_HINT,
    "condition": _TAG_HINT,
    "tag": "The whole value of any tag, or of one attribute: style=casual. * stands for any characters, ? for one.",
    "conf": "From 0 to 1 or in percent: >0.8, <50%, or 0.4..0.6.",
    "name": "Any part of the file's name. With * (any characters) or ? (one) it must fit as a whole.",
}


class FilterEditor(PartEditor):
    """The choice between "Is" and "Is not"; the value is added below it."""

    def __init__(self, key: str, given: Filter | None) -> None:
        super().__init__()
        self.key = key
        self.title = _TITLES.get(key, key.capitalize())
        self.hint = sentence(FILTERS[key].explanation)
        self._given = given
        plain, negated = _SIGNS.get(key, ("Is", "Is not"))
        self.sign = ChoiceButtons(self.title, (("", plain), ("-", negated)))
        self.sign.choose("-" if given is not None and given.negated else "")
        self.sign.chosen.connect(lambda _sign: self.edited.emit())
        self.column.addWidget(self.sign)

    def value(self) -> str:
        """The value as it could be typed behind the colon, valid or not; "" while there is none."""
        raise NotImplementedError

    def part(self) -> Filter:
        value = self.value().strip()
        if not value:
            raise QueryError("Choose a value, or type one.")
        return checked(Filter(self.key, value, negated=self.sign.value == "-"))

    def add_hint(self) -> None:
        if self.key in _HINTS:
            self.add_note(_HINTS[self.key])


class FixedValueEditor(FilterEditor):
    """format, orientation, has, is: a button for each value."""

    def __init__(self, key: str, given: Filter | None) -> None:
        super().__init__(key, given)
        captions = [(value, _caption(key, value)) for value in FILTERS[key].choices]
        self.values = ChoiceButtons(self.title, captions, columns=3 if len(captions) == 5 else 4)
        if given is not None:
            self.values.choose(given.value)
        self.values.chosen.connect(lambda _value: self.edited.emit())
        self.column.addWidget(self.values)
        self.setFocusProxy(self.values)

    def value(self) -> str:
        return self.values.value


class PatternEditor(FilterEditor):
    """name, conf: a line of text."""

    def __init__(self, key: str, given: Filter | None) -> None:
        super().__init__(key, given)
        self.line = QLineEdit(_typed(given) if given is not None else "")
        self.line.setAccessibleName(self.title)
        self.line.setPlaceholderText(f"Such as: {FILTERS[key].example}")
        self.line.textEdited.connect(lambda _text: self.edited.emit())
        self.column.addWidget(self.line)
        self.add_hint()
        self.setFocusProxy(self.line)

    def value(self) -> str:
        return self.line.text()


class KnownValueEditor(FilterEditor):
    """camera, lens, folder, album, tags: what the library knows can be chosen, and anything can be typed."""

    def __init__(self, key: str, given: Filter | None, library: Library, tasks: Tasks) -> None:
        super().__init__(key, given)
        self._library, self._tasks = library, tasks
        self._offers = QStringListModel(self)
        self.line = QLineEdit()
        self.line.setPlaceholderText(f"Such as: {FILTERS[key].example}")
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setLineEdit(self.line)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setAccessibleName(self.title)
        self.box.setMaxVisibleItems(12)
        self._completer = completer = QCompleter(self._offers, self.box)
        # The library has chosen what fits already: nothing is sorted out a second time.
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.box.setCompleter(completer)
        self.box.setEditText(given.value if given is not None else "")
        self.line.textEdited.connect(self._follow)
        self.box.textActivated.connect(lambda _text: self.edited.emit())
        completer.activated.connect(lambda _text: self.edited.emit())
        self.column.addWidget(self.box)
        self.add_hint()
        self.setFocusProxy(self.box)
        self.run(tasks, partial(_known_values, library, key, ""), self._fill)

    def value(self) -> str:
        return self.box.currentText()

    def _fill(self, values: list[str]) -> None:
        """The list that opens at the arrow; what stands in the line stays."""
        text = self.box.currentText()
        self.box.addItems(values)
        self.box.setCurrentIndex(self.box.findText(text))
        self.box.setEditText(text)

    def _follow(self, text: str) -> None:
        self.edited.emit()
        self.run(self._tasks, partial(_known_values, self._library, self.key, text), self._offer)

    def _offer(self, values: list[str]) -> None:
        self._offers.setStringList(values)
        if values and self.line.hasFocus() and values != [self.line.text()]:
            self._completer.complete()


def _known_values(library: Library, key: str, typed: str) -> list[str]:
    """On a worker. As behind the key in the line, where an open quote takes blanks, too."""
    line = f'{key}:"{typed}' if typed else f"{key}:"
    return [parse(suggestion.text).filters[0].value for suggestion in library.suggestions(line, len(line))]


def _typed(given: Filter) -> str:
    """The value with its comparison, as it stands behind the colon; a range holds its own."""
    return given.value if given.comparison == ".." else given.comparison + given.value


def _caption(key: str, value: str) -> str:
    return value.upper() if key == "format" else _CAPTIONS.get(value, value.capitalize())


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
