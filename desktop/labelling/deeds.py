"""Deeds of several changes that are done and undone as one, and the deed that changes the words of guesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.errors import LabelFileError, RecollectError
from core.tags.values import AttributesBefore, LabelsBefore
from desktop.organise.undo import Outcome, Tell
from desktop.tagging.deeds import changed_by

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.vocabulary import Vocabulary

    Before = LabelsBefore | AttributesBefore


class SeveralChanges:
    """Either all of them are made or none. Undone, the last one is taken back first."""

    def __init__(
        self,
        library: Library,
        text: str,
        changes: Sequence[Callable[[], Before]],
        said: Callable[[int], str] = lambda _photos: "",
        taken_back: str = "",
    ) -> None:
        """
        Args:
            text: Behind "Undo: ".
            changes: Of labels or of attributes; each is called once, on a worker.
            said: The message, of the number of photos whose labels have changed.
            taken_back: The message when it was undone.
        """
        self.library, self.text = library, text
        self._changes, self._said, self._taken_back = changes, said, taken_back
        self._before: list[Before] = []

    def do(self, tell: Tell) -> Outcome:
        if self._before:
            self._before = [self._restore(each) for each in reversed(self._before)]
        else:
            self._before = self._make(tell)
        return Outcome(self._said(self._photos()), changed=self._changed())

    def undo(self, tell: Tell) -> Outcome:
        self._before = [self._restore(each) for each in reversed(self._before)]
        return Outcome(self._taken_back, changed=self._changed())

    def _make(self, tell: Tell) -> list[Before]:
        made: list[Before] = []
        try:
            for change in self._changes:
                made.append(change())
                tell(len(made), len(self._changes))
        except RecollectError:
            for before in reversed(made):
                self._restore(before)
            raise
        return [before for before in made if changed_by(before)]

    def _restore(self, before: Before) -> Before:
        labels = self.library.labels
        if isinstance(before, AttributesBefore):
            return labels.restore(before)
        return labels.restore(before)

    def _photos(self) -> int:
        every = [before.labels if isinstance(before, AttributesBefore) else before for before in self._before]
        return len({photo_id for before in every for photo_id, _, _ in before.labels})

    def _changed(self) -> int:
        return self._photos() or len(self._before)


class ChangeWords:
    """Other words for guesses, or Recollect's own again. The photos are tagged anew in the background."""

    def __init__(self, library: Library, words: Vocabulary | None) -> None:
        """
        Args:
            words: None: Recollect's own.
        """
        self._library, self._words = library, words
        self._before: Vocabulary | None = None

    @property
    def text(self) -> str:
        return "use Recollect\u2019s own words for guessing" if self._words is None else "change the words for guessing"

    def do(self, tell: Tell) -> Outcome:
        try:
            self._before = self._library.tags.vocabulary()
        except LabelFileError:  # a file that cannot be read: there is nothing to go back to but Recollect's own
            self._before = None
        self._use(self._words)
        return Outcome("Guesses with these words follow in the background")

    def undo(self, tell: Tell) -> Outcome:
        self._use(self._before)
        return Outcome("The words for guessing are as before")

    def _use(self, words: Vocabulary | None) -> None:
        if words is None:
            self._library.tags.reset_vocabulary()
        else:
            self._library.tags.change_vocabulary(words)
