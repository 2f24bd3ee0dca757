"""The tab of the words for guessing: what photos are compared with until a tagger has been trained."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import RecollectError
from core.tags.label_text import STANDARD
from core.tags.vocabulary import Vocabulary, VocabularyHead
from desktop.labelling.deeds import ChangeWords
from desktop.labelling.words_text import head_of, templates_text, values_text
from desktop.tagging.tag_words import head_name

if TYPE_CHECKING:
    from core.library import Library
    from desktop.bridge import Bridge
    from desktop.organise.undo import Outcome, UndoStack
    from desktop.tasks import Tasks

LIST_PX = 184
TEMPLATES_PX = 96
NAME_ROLE = Qt.ItemDataRole.UserRole
LEAD = (
    "Until a tagger has been trained, Recollect guesses: it compares each photo with these words and takes the "
    "nearest. Labels and a trained tagger win over guesses. Values that you label with are added by themselves."
)
HOW = "One value a line. Behind “=” other words for it, parted by “;”: meal = plate of food; meal on a table"


class Written(NamedTuple):
    """One head as texts."""

    values: str
    templates: str


class WordsPage(QWidget):
    """Nothing is in force before “Use these words” is pressed."""

    def __init__(self, library: Library, tasks: Tasks, bridge: Bridge, undo: UndoStack) -> None:
        super().__init__()
        self._library, self._tasks, self._undo = library, tasks, undo
        self._known: dict[str, Written] = {}  # as it is in force
        self._written: dict[str, Written] = {}  # as the user has it
        self._filling = False
        self.list = QListWidget()
        self.values, self.templates = QPlainTextEdit(), QPlainTextEdit()
        self.advanced = QCheckBox("Sentences in which the words are read")
        self.use_button, self.discard_button = QPushButton("Use these words"), QPushButton("Discard changes")
        self.reset_button = QPushButton("Recollect\u2019s own words")
        self.message = QLabel()
        self._build()
        bridge.tags_changed.connect(lambda _ids: self.refresh())

    @property
    def error(self) -> str:
        return self.message.text() if not self.message.isHidden() else ""

    @property
    def is_changed(self) -> bool:
        return self._written != self._known

    def refresh(self) -> None:
        """Read what is in force, unless the user is changing it."""
        if self.isVisible() and not self.is_changed:
            self._tasks.run(partial(read_words, self._library), self._take, self._show_error)

    def show_head(self, name: str) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(NAME_ROLE) == name:
                self.list.setCurrentRow(row)

    def _head(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else item.data(NAME_ROLE)

    def _take(self, heads: list[VocabularyHead]) -> None:
        if self.is_changed:  # while it was read
            return
        known = {head.name: Written(values_text(head), templates_text(head)) for head in heads}
        if known != self._known:
            self._known, self._written = known, dict(known)
            self._fill_list()
        self._settle()

    def _fill_list(self) -> None:
        current = self._head()
        self._filling = True
        self.list.clear()
        for name in self._written:
            item = QListWidgetItem(head_name(name) if name in STANDARD else name)
            item.setData(NAME_ROLE, name)
            self.list.addItem(item)
        self._filling = False
        self.list.setCurrentRow(0)
        self.show_head(current)
        self._show_texts()

    def _show_texts(self) -> None:
        if self._filling or self._head() not in self._written:
            return
        self._filling = True
        written = self._written[self._head()]
        for field, text in ((self.values, written.values), (self.templates, written.templates)):
            if field.toPlainText() != text:
                field.setPlainText(text)
        self._filling = False

    def _keep_texts(self) -> None:
        if not self._filling and self._head():
            self._written[self._head()] = Written(self.values.toPlainText(), self.templates.toPlainText())
            self._settle()

    def _settle(self) -> None:
        self.use_button.setEnabled(self.is_changed)
        self.discard_button.setEnabled(self.is_changed)

    # What the user does

    def _use(self) -> None:
        heads = [head_of(name, *written) for name, written in self._written.items()]
        self._perform(ChangeWords(self._library, Vocabulary(tuple(head for head in heads if head is not None))))

    def _reset(self) -> None:
        self._perform(ChangeWords(self._library, None))

    def _discard(self) -> None:
        self._written = dict(self._known)
        self.message.hide()
        self._show_texts()
        self._settle()
        self.refresh()

    def _perform(self, deed: ChangeWords) -> None:
        self.message.hide()
        self._undo.perform(deed, self._end, self._show_error)

    def _end(self, _outcome: Outcome) -> None:
        self._known = dict(self._written)  # what is in force now is read, and replaces it
        self.refresh()

    def _show_error(self, error: RecollectError) -> None:
        self.message.setText(str(error))
        self.message.show()

    # Looks

    def _build(self) -> None:
        lead, how = QLabel(LEAD), QLabel(HOW)
        for label, role in ((lead, "muted"), (how, "muted"), (self.message, "danger")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.message.hide()
        self.list.setObjectName("sections")
        self.list.setAccessibleName("What is guessed")
        self.list.setFixedWidth(LIST_PX)
        self.values.setAccessibleName("Words")
        self.values.setAccessibleDescription(HOW)
        self.templates.setAccessibleName("Sentences")
        self.templates.setToolTip("One sentence a line, with {} where the word stands")
        self.templates.setFixedHeight(TEMPLATES_PX)
        for field in (self.values, self.templates):
            field.setTabChangesFocus(True)
            field.textChanged.connect(self._keep_texts)
        self.advanced.setToolTip("One a line, with {} where the word stands")
        self.advanced.toggled.connect(self.templates.setVisible)
        self.templates.hide()
        self.list.currentRowChanged.connect(lambda _row: self._show_texts())
        self.use_button.setProperty("role", "main")
        self.use_button.clicked.connect(self._use)
        self.discard_button.clicked.connect(self._discard)
        self.reset_button.clicked.connect(self._reset)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.use_button, self.discard_button):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.reset_button)
        right = QVBoxLayout()
        right.setSpacing(8)
        for widget in (how, self.values, self.advanced, self.templates, self.message):
            right.addWidget(widget)
        right.addLayout(buttons)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.list)
        row.addLayout(right, stretch=1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(16)
        column.addWidget(lead)
        column.addLayout(row, stretch=1)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._settle()


def read_words(library: Library) -> list[VocabularyHead]:
    """On a worker: the heads of the vocabulary, and the user's attributes that it does not have, without words."""
    heads = list(library.tags.vocabulary().heads)
    known = {head.name for head in heads}
    return [*heads, *(VocabularyHead(each.name, ()) for each in library.labels.attributes() if each.name not in known)]
