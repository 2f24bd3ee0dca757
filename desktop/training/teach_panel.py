"""Teaching: seconds instead of minutes, on the vectors that the library has. Once, or all the time while one labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox

from core.tags.values import CLASS
from desktop.organise.wording import photos
from desktop.tagging.tag_words import head_in_sentence
from desktop.training.panel import Panel, button, row, say, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trainer.teach.live import Lesson

LEAD = "From what Recollect has seen of your photos already: none is read again. The place to begin, with a few labels."
FOLLOWED = "The tags of your photos follow it."
NOT_YET = "The tags of your photos stay as they are: it is not better yet than what they come from."
STAYS = "The tags of your photos stay with the tagger that was fine-tuned. The button below compares it with this one."
NOTHING_YET = "Label photos of two kinds, and it begins to learn."


class TeachPanel(Panel):
    """Says what is wanted and shows what was learned."""

    teach_wanted = Signal()
    cancel_wanted = Signal()
    live_wanted = Signal(bool)
    keep_wanted = Signal()
    """Make a tagger of what was learned while labelling."""

    def __init__(self) -> None:
        super().__init__("Teach", "seconds")
        self.teach_button = button("Teach now", "main")
        self.cancel_button = button("Cancel")
        self.cancel_button.setAccessibleName("Cancel the teaching")
        self.cancel_button.hide()
        self.live_box = QCheckBox("Teach while I &label")
        self.live_box.setToolTip(
            "After each label it learns anew. When you pause, the tags of your photos follow, if they get better by it"
        )
        self._live, self._followed = text("muted"), text("muted")
        self.keep_button = button("Use what it has learned…", tip="Compare it with the tagger in use")
        self.teach_button.clicked.connect(self.teach_wanted)
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.live_box.toggled.connect(self.live_wanted)
        self.keep_button.clicked.connect(self.keep_wanted)
        self.column.addWidget(text("muted", LEAD))
        self.column.addLayout(row(self.teach_button, self.cancel_button))
        self.column.addLayout(row(self.live_box))
        self.column.addWidget(self._live)
        self.column.addWidget(self._followed)
        self.column.addLayout(row(self.keep_button))
        self._live.hide()
        self._followed.hide()
        self.keep_button.hide()

    @property
    def live_text(self) -> str:
        return self._live.text()

    @property
    def followed_text(self) -> str:
        return self._followed.text()

    def show_teaching(self, teaching: bool) -> None:
        had_focus = self.teach_button.hasFocus() or self.cancel_button.hasFocus()
        self.teach_button.setHidden(teaching)
        self.cancel_button.setHidden(not teaching)
        if had_focus:
            (self.cancel_button if teaching else self.teach_button).setFocus()

    def show_live(self, on: bool) -> None:
        with QSignalBlocker(self.live_box):
            self.live_box.setChecked(on)
        say(self._live, "Looking at your labels…" if on else "")
        say(self._followed, "")
        self.keep_button.setHidden(True)

    def show_lesson(self, lesson: Lesson | None) -> None:
        if not self.live_box.isChecked():
            return
        say(self._live, NOTHING_YET if lesson is None else learned(lesson.photos, lesson.result.metrics))
        self.keep_button.setHidden(lesson is None)

    def show_followed(self, better: bool | None) -> None:
        """
        Args:
            better: None where the tags come from a tagger that is not replaced so.
        """
        if self.live_box.isChecked():
            say(self._followed, {True: FOLLOWED, False: NOT_YET, None: STAYS}[better])
            self.keep_button.setHidden(better is True)

    def allow(self, allowed: bool, why_not: str = "") -> None:
        self.teach_button.setEnabled(allowed)
        self.teach_button.setToolTip(why_not)


def learned(count: int, metrics: Mapping[str, float]) -> str:
    """As in "Learned from 48 photos. Right of those held out in turn: class 92%, colour 88%."."""
    names = [name.removesuffix(" accuracy") for name in metrics if name.endswith(" accuracy")]
    names.sort(key=lambda name: name != CLASS)
    shares = ", ".join(f"{head_in_sentence(name)} {metrics[f'{name} accuracy']:.0%}" for name in names)
    said = f" Right on photos held out in turn: {shares}." if shares else ""
    return f"Learned from {photos(count)}.{said}"
