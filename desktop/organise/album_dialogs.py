"""The small dialog that names an album: a new one, one of a search, or one that is changed. Errors stand in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.errors import QueryError, RecollectError
from core.query import parse


class AlbumDialog(QDialog):
    """Asks for a name and, for a smart album, a search. Stays open until `accept`, so that a mistake can be mended."""

    submitted = Signal(str, str)
    """Name, and search ("" where none is asked for)."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        button: str,
        *,
        name: str = "",
        query: str | None = None,
        lead: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(400)
        self.name_field = QLineEdit(name)
        self.query_field = QLineEdit(query or "")
        self.query_field.setVisible(query is not None)
        self.message = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.message.setProperty("role", "danger")
        self.message.setWordWrap(True)
        self.message.hide()
        self.button = QPushButton(button)
        self.button.setProperty("role", "main")
        self.button.setDefault(True)
        self._build(lead)
        self.name_field.textChanged.connect(self._note_change)
        self.query_field.textChanged.connect(self._note_change)
        self.button.clicked.connect(self._submit)
        self._note_change()
        self.name_field.selectAll()
        self.name_field.setFocus()

    def refuse(self, error: RecollectError) -> None:
        """Say what is wrong, beside the words that are to be mended."""
        self.message.setText(str(error))
        self.message.show()
        self.adjustSize()
        field = self.query_field if isinstance(error, QueryError) else self.name_field
        field.setAccessibleDescription(str(error))
        field.setFocus()
        field.selectAll()
        self._set_busy(False)

    def _build(self, lead: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        if lead:
            text = QLabel(lead, textFormat=Qt.TextFormat.PlainText)
            text.setProperty("role", "muted")
            text.setWordWrap(True)
            column.addWidget(text)
        for caption, field in (("Name", self.name_field), ("Search", self.query_field)):
            label = QLabel(caption)
            label.setBuddy(field)
            label.setVisible(field is self.name_field or not field.isHidden())
            field.setAccessibleName(caption)
            column.addWidget(label)
            column.addWidget(field)
        column.addWidget(self.message)
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 16, 0, 0)
        buttons.setSpacing(8)
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.button)
        column.addLayout(buttons)

    def _submit(self) -> None:
        query = "" if self.query_field.isHidden() else self.query_field.text().strip()
        try:
            parse(query)
        except QueryError as error:
            self.refuse(error)
            return
        self._set_busy(True)
        self.submitted.emit(self.name_field.text().strip(), query)

    def _set_busy(self, busy: bool) -> None:
        self.button.setEnabled(not busy)

    def _note_change(self) -> None:
        self.message.hide()
        filled = bool(self.name_field.text().strip())
        self.button.setEnabled(filled and (self.query_field.isHidden() or bool(self.query_field.text().strip())))
