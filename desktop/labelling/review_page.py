"""The page of proposals: what photos may be, for the user to accept, to change or to skip. What is accepted becomes
labels by one deed. Where proposals come from is `proposals`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from core.errors import RecollectError
from core.tags.values import CLASS
from desktop.back_page import BackPage
from desktop.elided_label import ElidedLabel
from desktop.empty_pages import Page, Remedy
from desktop.empty_state import EmptyState
from desktop.labelling import proposals as sources
from desktop.labelling import review_pages as pages
from desktop.labelling.choice_row import ChoiceRow
from desktop.labelling.proposals import Batch, Decided, Decision, Proposal
from desktop.labelling.review_bar import AcceptRow, DoneRow
from desktop.labelling.review_list import ReviewList
from desktop.labelling.review_question import ask
from desktop.organise.wording import photos, quoted
from desktop.tagging.label_popup import LabelPopup
from desktop.tagging.tag_words import head_in_sentence

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMessageBox

    from core.library import Library
    from core.types import PhotoId
    from desktop.bridge import Bridge
    from desktop.organise.undo import Outcome, UndoStack
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme
    from trainer.data.checks import Finding


class ReviewPage(BackPage):
    """One batch of proposals at a time. Nothing is labelled before the user says so."""

    failed = Signal(object)
    """RecollectError."""
    opened = Signal(object, object)
    """PhotoId, and the tuple of all on the page: look at it in large."""
    photos_wanted = Signal(object, str)
    """tuple of PhotoId, title: show these photos, to be labelled."""
    wanted = Signal()
    """There is something to show: the window should turn to this page."""

    def __init__(
        self,
        library: Library,
        tasks: Tasks,
        bridge: Bridge,
        theme: Theme,
        undo: UndoStack,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._library, self._tasks, self._undo = library, tasks, undo
        self._task: Task | None = None
        self._again: Callable[[], None] | None = None  # what failed
        self._is_applying = False  # what was accepted becomes labels
        self._labelled: list[Decided] = []  # of this batch; undone, they come back
        self._known: dict[str, tuple[str, ...]] = {}  # the values of each head
        self.empty, self.list = EmptyState(theme), ReviewList(library, tasks, theme)
        self.cards = self.list.cards
        self.accept_row, self.done_row = AcceptRow(self.cards), DoneRow(self.cards)
        self.choices = ChoiceRow()
        self.title, self.explanation = ElidedLabel("", "title"), QLabel()
        self._stack = QStackedWidget()
        self._build()
        self._wire()
        bridge.tags_changed.connect(self._look_for_undone)

    # Ways in

    def show_proposals(self, title: str, explanation: str, proposals: Sequence[Proposal]) -> None:
        """Replace what is shown."""
        self._cancel()
        self._take(Batch(title, explanation, tuple(proposals)), pages.ALL_DECIDED)

    def propagate(self, ids: Sequence[PhotoId], head: str) -> None:
        """Look for photos that look like these and have no label of the head."""
        title = f"Photos like {'this one' if len(ids) == 1 else 'these'}"
        work = partial(sources.alike, self._library, tuple(ids), head)
        self._find(title, pages.ALIKE, f"Looking for {title[0].lower()}{title[1:]}", work, pages.NOTHING_ALIKE)

    def review_unsure(self, head: str = CLASS, value: str | None = None) -> None:
        """Photos of which the model is unsure.

        Args:
            value: Those alone that it takes for this.
        """
        title = f"Unsure of the {head_in_sentence(head)}" if value is None else f"Perhaps {quoted(value)}"
        work = partial(sources.unsure, self._library, head, value)
        self._find(title, pages.UNSURE, "Looking for unsure photos", work, pages.NOTHING_UNSURE)

    def review_findings(self, proposals: Sequence[Proposal], title: str = "Likely wrong labels") -> None:
        """Labels that are likely wrong. What was said since is taken into account."""
        work = partial(sources.up_to_date, self._library, tuple(proposals))
        self._find(title, pages.WRONG, "Looking at these labels", work, pages.NOTHING_WRONG)

    def review_finding(self, finding: Finding) -> None:
        """The same for what a check of the labels has found."""
        work = partial(sources.of_finding, self._library, finding)
        self._find("Likely wrong labels", pages.WRONG, "Looking at these labels", work, pages.NOTHING_WRONG)

    def show_worth_labelling(self, head: str = CLASS, limit: int = 50) -> None:
        """Tell by `photos_wanted` which photos would teach most if they were labelled."""
        self._begin("Most worth labelling", "Looking for photos that teach most")
        self._again = partial(self.show_worth_labelling, head, limit)
        work = partial(self._library.labels.worth_labelling, head, limit)
        self._task = self._tasks.run(work, partial(self._show_worth, head), self._fail)

    # Looking for proposals

    def _find(
        self, title: str, explanation: str, looking: str, work: Callable[[], list[Proposal]], when_none: Page
    ) -> None:
        again = partial(self._find, title, explanation, looking, work, when_none)
        if self.is_undecided:  # what is shown would be replaced
            self.confirm(again)
            return
        self._begin(title, looking)
        self._again = again

        def done(found: list[Proposal]) -> None:
            self._take(Batch(title, explanation, tuple(found)), when_none)

        self._task = self._tasks.run(work, done, self._fail)

    def _begin(self, title: str, looking: str) -> None:
        self._cancel()
        self._labelled = []
        self.cards.show_proposals([])
        self.title.setText(title)
        self._show_empty(pages.looking(looking))
        self.wanted.emit()

    def _take(self, batch: Batch, when_none: Page) -> None:
        self._task = None
        self._labelled = []
        self.title.setText(batch.title)
        self.explanation.setText(f"{photos(len(batch.proposals))}. {batch.explanation}")
        self.cards.show_proposals(batch.proposals)
        if not batch.proposals:
            self._show_empty(when_none)
            return
        self._tasks.run(partial(_values, self._library), self._take_values)
        self._show_list()
        self.list.go_to(0)
        self.list.scrollToTop()

    def _take_values(self, known: dict[str, tuple[str, ...]]) -> None:
        self._known = known
        self._show_choices()

    def _show_worth(self, head: str, ids: list[PhotoId]) -> None:
        self._task = None
        if ids:
            what = "" if head == CLASS else f": {head_in_sentence(head)}"
            self.photos_wanted.emit(tuple(ids), f"Most worth labelling{what}")
        else:
            self._show_empty(pages.NOTHING_WORTH)

    def _fail(self, error: RecollectError) -> None:
        self._task = None
        self._show_empty(pages.failed(error))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _remedy(self, remedy: Remedy) -> None:
        if remedy is Remedy.TRY_AGAIN and self._again is not None:
            self._again()
        else:
            self._cancel()
            self.closed.emit()

    # Deciding

    def accept(self) -> None:
        """What is selected, or take it back where all of it is accepted."""
        rows = self.list.rows
        if rows and all(self.cards.decided[row].decision is Decision.ACCEPTED for row in rows):
            self._decide(rows, lambda each: Decided(each.proposal), go_on=False)
        else:
            self._decide(rows, lambda each: each.accepted(each.value))

    def skip(self) -> None:
        rows = self.list.rows
        if rows and all(self.cards.decided[row].decision is Decision.SKIPPED for row in rows):
            self._decide(rows, lambda each: Decided(each.proposal), go_on=False)
        else:
            self._decide(rows, lambda each: Decided(each.proposal, Decision.SKIPPED))

    def change_to(self, value: str) -> None:
        """It is something else: accepted with that value."""
        self._decide(self.list.rows, lambda each: each.accepted(value))

    def apply(self) -> None:
        """What was accepted becomes labels."""
        accepted = [each for each in self.cards.decided if each.decision is Decision.ACCEPTED]
        if accepted:
            self._is_applying = True
            deed = sources.accept(self._library, accepted)
            self._undo.perform(deed, partial(self._end_apply, accepted), self._fail_to_apply)

    @property
    def is_undecided(self) -> bool:
        """Something was accepted, and is neither labelled nor on its way to be."""
        return not self._is_applying and self.cards.count(Decision.ACCEPTED) > 0

    def close_page(self) -> None:
        """Asks first where something was accepted and is not labelled yet."""
        if self.is_undecided:
            self.confirm(self.closed.emit)
        else:
            self._cancel()
            self.closed.emit()

    def note_left(self) -> None:
        """The user went elsewhere, and no way leads back here: asks what shall become of what was accepted."""
        if self.is_undecided:
            self.confirm(lambda: None, self.wanted.emit)
        else:
            self._cancel()

    def confirm(self, go_on: Callable[[], object], stay: Callable[[], object] = lambda: None) -> QMessageBox:
        """`go_on` when it was labelled, or left; `stay` when the user wants neither."""
        return ask(
            self.window(),
            self.cards.count(Decision.ACCEPTED),
            lambda: (self.apply(), go_on()),
            lambda: (self.cards.show_proposals([]), go_on()),
            stay,
        )

    def ask_for_value(self) -> LabelPopup | None:
        """Type what the selected photos are."""
        rows = self.list.rows
        if not rows:
            return None
        chosen = [self.cards.decided[row].proposal for row in rows]
        popup = LabelPopup(self._library, self._tasks, [each.photo_id for each in chosen], chosen[0].head, self)
        popup.labelled.connect(lambda _head, value: self.change_to(value))
        popup.show_at(self.choices.other_button.mapToGlobal(self.choices.other_button.rect().bottomLeft()), above=32)
        return popup

    def _toggle(self, row: int) -> None:
        """A click on a check says nothing of what is selected."""
        accepted = self.cards.decided[row].decision is Decision.ACCEPTED
        self.cards.decide([row], lambda each: Decided(each.proposal) if accepted else each.accepted(each.value))

    def _decide(self, rows: list[int], change: Callable[[Decided], Decided], *, go_on: bool = True) -> None:
        self.cards.decide(rows, change)
        if go_on and rows:
            later = self.cards.rows(lambda each: each.decision is Decision.OPEN)
            self.list.go_to(next((row for row in later if row > rows[-1]), rows[-1]))
        self._show_choices()

    def _fail_to_apply(self, error: RecollectError) -> None:
        self._is_applying = False
        self.failed.emit(error)

    def _end_apply(self, accepted: list[Decided], _outcome: Outcome) -> None:
        self._is_applying = False
        self._labelled += accepted
        self.cards.remove(accepted)
        still_open = self.cards.rows(lambda each: each.decision is Decision.OPEN)
        if still_open:
            self.list.go_to(still_open[0])
        else:
            self._show_empty(pages.ALL_DECIDED)

    def _look_for_undone(self, _ids: object) -> None:
        if self._labelled:
            labelled = list(self._labelled)
            self._tasks.run(partial(sources.still_open, self._library, labelled), self._bring_back)

    def _bring_back(self, undone: list[Decided]) -> None:
        returned = [each for each in undone if each in self._labelled]
        if returned:
            self._labelled = [each for each in self._labelled if each not in returned]
            self.cards.bring_back(returned)
            self._show_list()
            self.list.go_to(0)

    # Looks

    def _show_empty(self, page: Page) -> None:
        self.explanation.setText("")
        self.empty.show_page(page)
        self._stack.setCurrentIndex(0)
        button = self.empty.first_button
        if button is not None and self.isVisible():
            button.setFocus()

    def _show_list(self) -> None:
        self._stack.setCurrentIndex(1)
        if self.isVisible():
            self.list.setFocus()

    def _refresh(self) -> None:
        self.accept_row.refresh()
        self.done_row.refresh()
        self._show_choices()

    def _show_choices(self) -> None:
        row = self.list.currentIndex().row()
        current = self.cards.decided[row] if 0 <= row < len(self.cards.decided) else None
        self.choices.show_for(current, self._known.get(current.proposal.head, ()) if current is not None else ())

    def _open(self, row: int) -> None:
        if 0 <= row < len(self.cards.decided):
            ids = tuple(each.proposal.photo_id for each in self.cards.decided)
            self.opened.emit(ids[row], ids)

    def _wire(self) -> None:
        self.empty.chosen.connect(self._remedy)
        self.cards.changed.connect(self._refresh)
        self.list.accept_wanted.connect(self.accept)
        self.list.skip_wanted.connect(self.skip)
        self.list.choice_wanted.connect(self.choices.choose)
        self.list.other_wanted.connect(self.ask_for_value)
        self.list.check_clicked.connect(self._toggle)
        self.list.opened.connect(self._open)
        self.list.current_changed.connect(self._show_choices)
        self.choices.chosen.connect(self.change_to)
        self.choices.other_wanted.connect(self.ask_for_value)
        self.accept_row.rows_wanted.connect(
            lambda rows: self._decide(rows, lambda each: each.accepted(each.value), go_on=False)
        )
        self.done_row.apply_wanted.connect(self.apply)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            context = Qt.ShortcutContext.WidgetWithChildrenShortcut
            QShortcut(QKeySequence(keys), self, self.apply, context=context)

    def _build(self) -> None:
        self.explanation.setProperty("role", "muted")
        self.explanation.setWordWrap(True)
        self.explanation.setTextFormat(Qt.TextFormat.PlainText)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.back_button)
        top.addWidget(self.title, stretch=1)
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.accept_row)
        inside.addWidget(self.list, stretch=1)
        inside.addWidget(self.choices)
        inside.addWidget(self.done_row)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.explanation)
        column.addWidget(self._stack, stretch=1)


def _values(library: Library) -> dict[str, tuple[str, ...]]:
    """On a worker."""
    return {each.name: each.values for each in library.labels.attributes()}
