"""Why a photo answers a search: its strength for the whole, for each term and for single words, and the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.tagging.tag_words import head_name, spoken
from desktop.viewer.parts import WrappedLabel

if TYPE_CHECKING:
    from core.types import Explanation, TagMatch, TermMatch
    from desktop.theme import Theme

BAR_PX = 4
ROW_PX = 32
MOST_WORDS = 8  # of a long description the strongest tell enough


class StrengthRow(QWidget):
    """A text, a percentage, and a bar below them."""

    def __init__(
        self, text: str, strength: float, theme: Theme, *, wanted: bool = True, is_heading: bool = False
    ) -> None:
        super().__init__()
        self._strength, self._theme, self._wanted = strength, theme, wanted
        if is_heading:
            self.setProperty("role", "heading")
        self.text = text if wanted else f"not {text}"
        self.setFixedHeight(ROW_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{self.text}: {strength:.0%}")
        self.setToolTip(self.text)

    def sizeHint(self) -> QSize:
        return QSize(160, ROW_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = self._theme.colors, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.rect().adjusted(0, 2, 0, -BAR_PX - 6)
        percent = f"{self._strength:.0%}"
        percent_px = painter.fontMetrics().horizontalAdvance(percent)
        painter.setPen(QColor(colors.muted))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), percent)
        words = line.adjusted(0, 0, -percent_px - 8, 0)
        painter.setPen(QColor(colors.text))
        text = painter.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        bar = QRectF(line.left(), self.height() - BAR_PX - 4, line.width(), BAR_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(bar, BAR_PX / 2, BAR_PX / 2)
        if self._strength > 0:
            bar.setWidth(max(BAR_PX, bar.width() * min(self._strength, 1.0)))
            painter.setBrush(QColor(colors.accent if self._wanted else colors.outline))
            painter.drawRoundedRect(bar, BAR_PX / 2, BAR_PX / 2)


class MatchView(QWidget):
    """Shows an Explanation."""

    def __init__(self, theme: Theme, width_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows: list[StrengthRow] = []
        self._labels = tuple(WrappedLabel(width_px) for _ in range(4))
        self._message, self._filters, self._word_by_word, self._tags = self._labels
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        for label in self._labels:
            label.setProperty("role", "muted")
            label.setContentsMargins(0, 8, 0, 0)
            self._column.addWidget(label)
            label.hide()
        theme.changed.connect(self.update)

    @property
    def text(self) -> str:
        """All that can be read."""
        labels = [label.text() for label in (self._message, self._tags, self._filters) if not label.isHidden()]
        return " ".join([*labels, *(row.accessibleName() for row in self.rows)])

    def show_explanation(self, explanation: Explanation) -> None:
        self._clear()
        if explanation.score is None:
            self.show_message("This photo has not been compared yet.")
        else:
            verdict = "Weak match" if explanation.weak else "Good match"
            self._add(StrengthRow(verdict, explanation.score, self._theme, is_heading=True))
        for term in explanation.terms:
            self._add(StrengthRow(_name(term), term.strength, self._theme, wanted=term.wanted))
        if explanation.tags:
            self._say(self._tags, _of_tags(explanation))
        for tag in explanation.tags:
            self._add(StrengthRow(_tag_name(tag), tag.probability, self._theme, wanted=tag.wanted))
        if explanation.filters:
            self._say(self._filters, f"Meets {', '.join(explanation.filters)}")
        if explanation.words:
            self._say(self._word_by_word, "Word by word")
        for word in explanation.words[:MOST_WORDS]:
            self._add(StrengthRow(word.text, word.strength, self._theme, wanted=word.wanted))

    def show_message(self, text: str) -> None:
        """Instead of an explanation."""
        self._clear()
        self._say(self._message, text)

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        self._column.addWidget(label)  # behind what is there already
        label.show()

    def _add(self, row: StrengthRow) -> None:
        self.rows.append(row)
        self._column.addWidget(row)

    def _clear(self) -> None:
        for label in self._labels:
            label.hide()
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []


def _name(term: TermMatch) -> str:
    """Pictures have canonical texts that say little."""
    if term.text.startswith("photo:"):
        return "like the example photo"
    return f"like {term.text.rpartition('/')[2]}" if term.text.startswith("image:") else term.text


def _tag_name(tag: TagMatch) -> str:
    """Who says so stands behind it, where that is not a trained tagger."""
    said = {"user": ", says your label", "zero-shot": ", a guess"}.get(tag.source, "")
    return f"{head_name(tag.head)}: {spoken(tag.value)}{said}"


def _of_tags(explanation: Explanation) -> str:
    before = explanation.score_without_tags
    return "By its tags" if before is None else f"By its tags; without them {before:.0%}"
