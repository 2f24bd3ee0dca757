"""What the user calls the heads and values that a tagger knows by other words.

A tagger says the words that it was trained with. Who renames or merges values means the old ones too: what a tagger
says is put into the words of now, and a saved search asks with them. Decision 0069.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.errors import QueryError
from core.query.folding import fold_tag
from core.query.parser import parse
from core.tags.label_text import same
from core.tags.values import Prediction

if TYPE_CHECKING:
    from core.query.query import Filter
    from core.tags.values import Predictions

Heads = Mapping[str, tuple[str, ...]]
"""Heads and their values, in the tagger's own words or in those of the user."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Own words to the user's, only where they differ. Empty: the tagger's words are the user's."""

    heads: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])  # by own head

    def __bool__(self) -> bool:
        return bool(self.heads or self.values)

    def as_json(self) -> dict[str, Any]:
        return {"heads": dict(self.heads), "values": {head: dict(words) for head, words in self.values.items()}}

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> Wording:
        return cls(document.get("heads", {}), document.get("values", {}))

    def head(self, own: str) -> str:
        return self.heads.get(own, own)

    def value(self, head: str, own: str) -> str:
        """
        Args:
            head: In the tagger's own words.
        """
        return self.values.get(head, {}).get(own, own)

    def own_head(self, shown: str) -> str:
        """The head that is called so now."""
        return next((own for own, name in self.heads.items() if same(name, shown)), shown)

    def shown(self, own: Heads) -> dict[str, tuple[str, ...]]:
        """Heads and values as the user calls them; of several that were merged, one."""
        return {
            self.head(head): tuple(dict.fromkeys(self.value(head, value) for value in values))
            for head, values in own.items()
        }

    def of_prediction(self, head: str, said: Prediction) -> Prediction:
        """The same in the user's words. What was merged is as probable as its parts together; whether that is sure is
        said of the best part, for the threshold was chosen for those.

        Args:
            head: In the tagger's own words.
        """
        words = self.values.get(head, {})
        if not any(label in words for label, _ in said.top):
            return said
        merged: dict[str, float] = {}
        for label, probability in said.top:
            merged[words.get(label, label)] = merged.get(words.get(label, label), 0.0) + probability
        top = tuple(sorted(((label, min(1.0, each)) for label, each in merged.items()), key=lambda pair: -pair[1]))
        return Prediction(top[0][0], top[0][1], top, said.sure)

    def of_predictions(self, said: Predictions) -> Predictions:
        return {self.head(head): self.of_prediction(head, each) for head, each in said.items()}

    def renaming_value(self, head: str, old: str, new: str, labels: Iterable[str]) -> Wording:
        """Whatever is shown as `old` is shown as `new`.

        Args:
            head: As the user calls it.
            labels: That the tagger may say of it: those that are shown as they are.
        """
        own = self.own_head(head)
        words = {each: new if same(shown, old) else shown for each, shown in self.values.get(own, {}).items()}
        words |= {label: new for label in labels if same(label, old) and label not in words}
        values = {**self.values, own: {each: shown for each, shown in words.items() if each != shown}}
        return replace(self, values={each: words for each, words in values.items() if words})

    def renaming_head(self, old: str, new: str) -> Wording:
        heads = {**self.heads, self.own_head(old): new}
        return replace(self, heads={own: shown for own, shown in heads.items() if own != shown})

    def for_new(self, own: Heads, known: Heads) -> Wording:
        """The wording of a tagger that comes later, such as one that was trained before a renaming and taken into use
        after it. A word that the user has by now means itself.

        Args:
            own: Heads and values of the tagger.
            known: Those of the user.
        """
        heads: dict[str, str] = {}
        values: dict[str, dict[str, str]] = {}
        for head, labels in own.items():
            if head in self.heads and self.heads[head] not in own and head not in known:
                heads[head] = self.heads[head]
            now = known.get(heads.get(head, head), ())
            words = {each: self.values.get(head, {}).get(each, each) for each in labels}
            changed = {each: new for each, new in words.items() if each != new}
            kept = {
                each: new for each, new in changed.items() if same(each, new) or not any(same(each, one) for one in now)
            }
            if kept:
                values[head] = kept
        return Wording(heads, values)


def with_new_value(text: str, head: str, old: str, new: str, *, only: bool) -> str:
    """A saved search that asks for the new value where it asked for the old one.

    Args:
        only: No other head has the old value, so that `tag:old` means this one.
    """

    def change(each: Filter) -> str:
        named, equals, value = each.value.partition("=") if each.key == "tag" else (each.key, "", each.value)
        if each.key == "tag" and not equals:
            named, value = "", each.value
        of_head = only if each.key == "tag" and not equals else fold_tag(named) == fold_tag(head)
        if not of_head or fold_tag(value) != fold_tag(old):
            return each.value
        return f"{named}={new}" if equals else new

    return _changed(text, change)


def with_new_head(text: str, old: str, new: str) -> str:
    """A saved search that asks for `tag:new=value` where it asked for `tag:old=value`."""

    def change(each: Filter) -> str:
        named, equals, value = each.value.partition("=")
        return f"{new}={value}" if each.key == "tag" and equals and fold_tag(named) == fold_tag(old) else each.value

    return _changed(text, change)


def _changed(text: str, change: Callable[[Filter], str]) -> str:
    try:
        query = parse(text)
    except QueryError:  # of a newer Recollect
        return text
    for each in query.filters:
        query = query.replacing(each, replace(each, value=change(each)))
    return str(query)
