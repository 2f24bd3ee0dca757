"""How the page of an empty window looks, which `empty_pages` chooses: a sign, a title, a few words, and buttons."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop.empty_pages import OPENING, Page, Remedy
from desktop.icons import icon, picture
from desktop.theme import Theme

TEXT_PX = 440  # about 65 characters a line: comfortable to read
SIGN_PX = 48
DISC_PX = 96  # behind the sign
BAR_PX = 240
STEPS = 1_000  # of the bar: finer than its pixels
FILTERS = 4  # buttons in one row; the chips above the photos remove the others


class EmptyState(QWidget):
    """Draws a page in the middle of its place."""

    chosen = Signal(object)
    """Remedy: a button was pressed."""
    filter_removed = Signal(str)
    """Canonical text of the filter that the search should do without."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._page: Page | None = None
        self._sign, self._title, self._text = QLabel(), QLabel(), QLabel()
        self._sign.setObjectName("emptySign")
        self._sign.setFixedSize(DISC_PX, DISC_PX)
        self._title.setProperty("role", "title")
        self._text.setProperty("role", "lead")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setFixedWidth(TEXT_PX)
        self.button, self.other_button = QPushButton(), QPushButton()
        self.button.setProperty("role", "main")
        self.button.clicked.connect(lambda: self._press(self._page.remedy if self._page else None))
        self.other_button.clicked.connect(lambda: self._press(self._page.other_remedy if self._page else None))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, STEPS)
        self.bar.setFixedWidth(BAR_PX)
        self.filter_buttons: list[QPushButton] = []
        self._filter_row = QHBoxLayout()
        self._build()
        theme.changed.connect(self._take_colors)
        self.show_page(OPENING)

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def text(self) -> str:
        return self._text.text()

    @property
    def first_button(self) -> QPushButton | None:
        """Where the keyboard begins; None where nothing can be done but to wait."""
        return next((button for button in (self.button, self.other_button) if not button.isHidden()), None)

    @property
    def holds_focus(self) -> bool:
        return any(widget.hasFocus() for widget in (self, self.button, self.other_button))

    def show_page(self, page: Page) -> None:
        if page == self._page:  # a button that has the focus keeps it
            return
        holds_focus = self.holds_focus
        self._page = page
        self._sign.setVisible(page is not OPENING)
        self._title.setText(page.title)
        self._text.setText(page.text)
        self._text.ensurePolished()  # the font of the style sheet decides the height
        # A layout that centres its labels gives a wrapped one the height of fewer lines than it takes.
        self._text.setMinimumHeight(0)
        self._text.setMinimumHeight(max(0, self._text.heightForWidth(TEXT_PX)))
        self.button.setText(page.button)
        self.button.setVisible(page.remedy is not None)
        self.other_button.setText(page.other)
        self.other_button.setVisible(page.other_remedy is not None)
        self.bar.setVisible(page.progress is not None)
        self.bar.setValue(round(STEPS * (page.progress or 0.0)))
        self.bar.setAccessibleName(page.title)
        self._show_filters(page.filters[:FILTERS])
        self._take_colors()
        if holds_focus:  # else it goes to whatever comes next in the window, when a button that has it is hidden
            (self.first_button or self).setFocus()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(16)
        column.addStretch(2)
        for label in (self._sign, self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.bar, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._filter_row.setSpacing(8)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch()
        buttons.addWidget(self.button)
        buttons.addWidget(self.other_button)
        buttons.addStretch()
        column.addLayout(self._filter_row)
        column.addLayout(buttons)
        column.addStretch(3)

    def _show_filters(self, filters: tuple[str, ...]) -> None:
        while (item := self._filter_row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.filter_buttons = [self._filter_button(text) for text in filters]
        if not filters:
            return
        self._filter_row.addStretch()
        for button in self.filter_buttons:
            self._filter_row.addWidget(button)
        self._filter_row.addStretch()

    def _filter_button(self, text: str) -> QPushButton:
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, TEXT_PX // 2)
        button = QPushButton(shown.replace("&", "&&"))
        button.setIconSize(QSize(12, 12))
        button.setToolTip(f"Search without {text}")
        button.setAccessibleName(f"Remove the filter {text}")
        button.clicked.connect(partial(self.filter_removed.emit, text))
        return button

    def _take_colors(self) -> None:
        colors = self._theme.colors
        if self._page is not None:
            self._sign.setPixmap(picture(self._page.icon, colors.muted, SIGN_PX, self.devicePixelRatio()))
        for button in self.filter_buttons:
            button.setIcon(icon("close", colors.text, 12))

    def _press(self, remedy: Remedy | None) -> None:
        if remedy is not None:
            self.chosen.emit(remedy)
