"""The deeds that label photos. What they change, `core.tags.labels` returns with each change, and takes back again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from core.errors import RecollectError
from core.tags.values import AttributesBefore, LabelsBefore, TagSource
from desktop.organise.undo import Outcome, Tell
from desktop.organise.wording import are, photos, quoted
from desktop.tagging.tag_words import head_in_sentence, spoken

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId

    Before = LabelsBefore | AttributesBefore

LOOKED_THROUGH = 1_000  # photos: of more, nobody is told how many the tagger is unsure of


class RestorableDeed:
    """Any change that returns what undoes it: of labels, of attributes, an import. Done again, it brings back exactly
    what was undone, whatever the change itself would do by then."""

    def __init__(
        self,
        library: Library,
        text: str,
        change: Callable[[], Before],
        said: Callable[[Before], str] = lambda _before: "",
        taken_back: Callable[[Before], str] = lambda _before: "",
    ) -> None:
        """
        Args:
            text: Behind "Undo: ", such as "rename “mug” to “cup”".
            change: Called once, on a worker.
            said: The message, of what the change returned.
            taken_back: The message when it was undone.
        """
        self.library, self.text = library, text
        self._change, self._said, self._taken_back = change, said, taken_back
        self._before: Before | None = None

    def do(self, tell: Tell) -> Outcome:
        if self._before is None:
            before = self._change()
            if changed_by(before):
                self._before = before
        else:
            before = self._before = self._restore(self._before)
        return Outcome(self._said(before), changed=changed_by(before))

    def undo(self, tell: Tell) -> Outcome:
        assert self._before is not None  # it was done, or it would not be undone
        self._before = self._restore(self._before)
        return Outcome(self._taken_back(self._before), changed=changed_by(self._before))

    def _restore(self, before: Before) -> Before:
        return self.library.labels.restore(before)


class SetLabel(RestorableDeed):
    """The user says what photos are, or what their colour is, and so on."""

    def __init__(self, library: Library, ids: Sequence[PhotoId], head: str, value: str) -> None:
        self.ids, self.head, self.value = tuple(ids), head, value
        super().__init__(
            library,
            f"label {photos(len(self.ids))} {quoted(spoken(value))}",
            partial(library.labels.set, self.ids, head, value),
            self._describe,
            _as_before,
        )

    def _describe(self, before: Before) -> str:
        count = changed_by(before)
        if not count:
            it_is = "It is" if len(self.ids) == 1 else "They are"
            return f"{it_is} labelled {quoted(spoken(self.value))} already"
        return f"Labelled {photos(count)} {quoted(spoken(self.value))}"


class ClearLabel(RestorableDeed):
    """The user takes back what was said: of one head, or everything."""

    def __init__(self, library: Library, ids: Sequence[PhotoId], head: str | None = None) -> None:
        self.ids, self.head = tuple(ids), head
        what = "labels" if head is None else f"label of the {head_in_sentence(head)}"
        super().__init__(
            library,
            f"remove the {what} from {photos(len(self.ids))}",
            partial(library.labels.clear, self.ids, head),
            self._describe,
            _as_before,
        )

    def _describe(self, before: Before) -> str:
        count = changed_by(before)
        if not count:
            return "There is no label to remove"
        what = "label" if self.head is not None else "labels"
        return f"Removed the {what} from {photos(count)}"


class AcceptTags(RestorableDeed):
    """What the tagger says becomes what the user says, where the user has said nothing."""

    def __init__(
        self,
        library: Library,
        ids: Sequence[PhotoId],
        heads: Collection[str] | None = None,
        *,
        unsure: bool | None = None,
    ) -> None:
        """
        Args:
            heads: Of these alone; None: of all.
            unsure: Also where the tagger is unsure. None: of a single photo, at which the user looks.
        """
        self.ids, self.heads = tuple(ids), heads
        self._unsure = len(self.ids) == 1 if unsure is None else unsure
        self._left = 0  # photos of which the tagger is unsure
        super().__init__(
            library, f"accept the tags of {photos(len(self.ids))}", self._accept, self._describe, _as_before
        )

    def _accept(self) -> LabelsBefore:
        if self._unsure:
            return _set_all(self.library, self._predicted())
        before = self.library.labels.accept(self.ids, self.heads)
        if len(self.ids) <= LOOKED_THROUGH:
            self._left = len({photo_id for ids in self._predicted().values() for photo_id in ids})
        return before

    def _predicted(self) -> dict[tuple[str, str], list[PhotoId]]:
        """The photos of which a tagger says something, by head and value, where the user says nothing."""
        found: dict[tuple[str, str], list[PhotoId]] = {}
        for photo_id, tags in self.library.tags.of(self.ids).items():
            for head, tag in tags.items():
                if tag.source is TagSource.USER or tag.is_unknown:  # the nearest class is no answer
                    continue
                if self.heads is None or head in self.heads:
                    found.setdefault((head, tag.value), []).append(photo_id)
        return found

    def _describe(self, before: Before) -> str:
        count = changed_by(before)
        said = f"Accepted the tags of {photos(count)}" if count else "There is nothing to accept"
        if self._left:
            return f"{said}: the model is unsure of {photos(self._left)}"
        return said


def _set_all(library: Library, wanted: dict[tuple[str, str], list[PhotoId]]) -> LabelsBefore:
    """Several labels as one change: either all of them are set or none."""
    done: list[LabelsBefore] = []
    try:
        for (head, value), ids in wanted.items():
            done.append(library.labels.set(ids, head, value))
    except RecollectError:
        for before in reversed(done):
            library.labels.restore(before)
        raise
    return LabelsBefore(
        tuple(label for before in done for label in before.labels),
        tuple(origin for before in done for origin in before.origins),
        tuple(each for before in done for each in before.added),
    )


def changed_by(before: Before) -> int:
    """How many photos a change has changed; at least 1 where it has changed anything at all."""
    if isinstance(before, AttributesBefore):
        return max(1, changed_by(before.labels))  # an attribute is another one: each of its changes can be undone
    ids: Iterable[PhotoId] = (each[0] for each in (*before.labels, *before.origins))
    return len(set(ids)) or int(bool(before.added))


def _as_before(before: Before) -> str:
    count = changed_by(before)
    return f"{photos(count)} {are(count)} labelled as before"
