"""The values that the current proposal may be changed to, each with its digit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QPushButton, QWidget

from core.query.filters import fold
from desktop.labelling.proposals import Decided
from desktop.organise.wording import in_menu
from desktop.search.flow_layout import FlowLayout
from desktop.tagging.tag_words import percent, spoken

MOST = 9  # as many as there are digits
LONGEST_PX = 160
PADDING_PX = 22


class ChoiceRow(QWidget):
    chosen = Signal(str)
    """Value."""
    other_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choices: list[str] = []
        self.buttons = [QPushButton() for _ in range(MOST)]
        self.other_button = QPushButton("E\u2002Other…")
        self.other_button.setToolTip("Type what it is (E)")
        self.other_button.setAccessibleName("Another value")
        flow = FlowLayout(self)
        flow.setContentsMargins(0, 0, 0, 0)
        for place, button in enumerate(self.buttons):
            button.clicked.connect(partial(self.choose, place))
            button.hide()
        for button in (*self.buttons, self.other_button):
            button.setProperty("role", "choice")
            button.setAutoDefault(False)
            flow.addWidget(button)
        self.other_button.clicked.connect(self.other_wanted)

    def show_for(self, decided: Decided | None, known: Sequence[str]) -> None:
        """What a tagger takes it for, best first, then the values that the user labels with.

        Args:
            known: Of the head of the proposal, in the user's order.
        """
        offered = _offered(decided, known) if decided is not None else {}
        self.choices = list(offered)
        self.setEnabled(decided is not None)
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(offered))
            if place < len(offered) and decided is not None:
                self._show(button, place, self.choices[place], offered[self.choices[place]], decided)
        self.updateGeometry()

    def choose(self, place: int, _checked: bool = False) -> None:
        """The value with this digit, less one."""
        if 0 <= place < len(self.choices):
            self.chosen.emit(self.choices[place])

    def _show(self, button: QPushButton, place: int, value: str, share: float | None, decided: Decided) -> None:
        words = self.fontMetrics().elidedText(spoken(value), Qt.TextElideMode.ElideMiddle, LONGEST_PX)
        behind = f"\u2002{percent(share)}" if share is not None else ""
        button.setText(in_menu(f"{place + 1}\u2002{words}{behind}"))
        button.setToolTip(f"{spoken(value)} ({place + 1})")
        button.setAccessibleName(f"{spoken(value)}{behind}")
        button.setCheckable(True)
        button.setChecked(fold(value) == fold(decided.value))
        bold = QFont(button.font())
        bold.setBold(True)  # as the one that is chosen is; Qt measures it as if it were not
        button.setMinimumWidth(QFontMetrics(bold).horizontalAdvance(button.text()) + PADDING_PX)


def _offered(decided: Decided, known: Sequence[str]) -> dict[str, float | None]:
    proposal = decided.proposal
    first: dict[str, float | None] = {proposal.value: proposal.probability}
    for value, share in proposal.choices:
        first.setdefault(value, share)
    if proposal.current is not None:
        first.setdefault(proposal.current, None)
    for value in known:
        first.setdefault(value, None)
    return dict(list(first.items())[:MOST])
