"""The proposals on the page, and what the user has decided of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desktop.labelling.proposals import Decided, Decision, Proposal
from desktop.tagging.tag_words import percent

if TYPE_CHECKING:
    from core.types import PhotoId

DECIDED_ROLE = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()


class ReviewModel(QAbstractListModel):
    changed = Signal()
    """Other proposals, or another decision."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.decided: list[Decided] = []

    def show_proposals(self, proposals: Iterable[Proposal]) -> None:
        self._replace([Decided(each) for each in proposals])

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.decided)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.decided):
            return None
        decided = self.decided[index.row()]
        if role == DECIDED_ROLE:
            return decided
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return spoken(decided)
        return None

    def rows(self, wanted: Callable[[Decided], bool]) -> list[int]:
        return [row for row, each in enumerate(self.decided) if wanted(each)]

    def count(self, decision: Decision) -> int:
        return sum(each.decision is decision for each in self.decided)

    def decide(self, rows: Iterable[int], change: Callable[[Decided], Decided]) -> None:
        rows = [row for row in rows if 0 <= row < len(self.decided)]
        for row in rows:
            self.decided[row] = change(self.decided[row])
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))
            self.changed.emit()

    def remove(self, gone: Sequence[Decided]) -> None:
        """They are done, or of no use any more."""
        ids = {_key(each) for each in gone}
        self._replace([each for each in self.decided if _key(each) not in ids])

    def bring_back(self, returned: Sequence[Decided]) -> None:
        """To the front, not decided."""
        there = {_key(each) for each in self.decided}
        self._replace([*(Decided(each.proposal) for each in returned if _key(each) not in there), *self.decided])

    def _replace(self, decided: list[Decided]) -> None:
        self.beginResetModel()
        self.decided = decided
        self.endResetModel()
        self.changed.emit()


def spoken(decided: Decided) -> str:
    """All that stands on the card, in one sentence."""
    proposal = decided.proposal
    parts = [shown_value(decided), shown_current(proposal), proposal.reason, decided.decision.value]
    return ", ".join(part for part in parts if part)


def shown_value(decided: Decided) -> str:
    probability = shown_probability(decided)
    return f"{decided.value} {probability}" if probability else decided.value


def shown_probability(decided: Decided) -> str:
    """Of the value that stands there; empty where nobody knows it."""
    proposal = decided.proposal
    known = dict(proposal.choices).get(decided.value) if decided.chosen else proposal.probability
    return "" if known is None else percent(known)


def shown_current(proposal: Proposal) -> str:
    if proposal.current is None:
        return "No label yet"
    if proposal.by_user:
        return f"You said {proposal.current}"
    return "The model agrees" if proposal.current == proposal.value else f"The model says {proposal.current}"


def _key(decided: Decided) -> tuple[PhotoId, str]:
    return decided.proposal.photo_id, decided.proposal.head
