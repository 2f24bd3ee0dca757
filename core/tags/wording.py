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
from core.query.tags import HEADS_WITH_A_FILTER
from core.tags.label_text import same
from core.tags.values import Prediction

if TYPE_CHECKING:
    from core.query.query import Filter
    from core.tags.values import Predictions

Heads = Mapping[str, tuple[str, ...]]
"""Heads and their values, in the tagger's own words or in those of the user."""

_WILDCARDS = frozenset("*?")


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
        return Prediction(top[0][0], top[0][1], top, said.sure, said.unknown)

    def of_predictions(self, said: Predictions) -> Predictions:
        return {self.head(head): self.of_prediction(head, each) for head, each in said.items()}

    def renaming_value(self, head: str, old: str, new: str, labels: Iterable[str]) -> Wording:
        """Whatever is shown as `old` is shown as `new`.

        Args:
            head: As the user calls it.
            labels: That the tagger may say of it, in its own words.
        """
        own = self.own_head(head)
        words = {each: new if same(shown, old) else shown for each, shown in self.values.get(own, {}).items()}
        words |= {label: new for label in labels if same(label, old) and label not in words}
        values = {**self.values, own: {each: shown for each, shown in words.items() if each != shown}}
        return replace(self, values={each: words for each, words in values.items() if words})

    def renaming_head(self, old: str, new: str) -> Wording:
        """Whatever else was called `new` once is so no longer: the user has no two heads of one name."""
        heads = {own: shown for own, shown in self.heads.items() if not same(shown, new)} | {self.own_head(old): new}
        return replace(self, heads={own: shown for own, shown in heads.items() if own != shown})

    def where_other(self, after: Wording) -> Wording:
        """What heads and values are called here that are called otherwise in `after`; those too that mean themselves
        here."""
        heads = {own: self.head(own) for own in (*self.heads, *after.heads) if self.head(own) != after.head(own)}
        values: dict[str, Mapping[str, str]] = {}
        for head in (*self.values, *after.values):
            words = (*self.values.get(head, {}), *after.values.get(head, {}))
            values[head] = {
                own: self.value(head, own) for own in words if self.value(head, own) != after.value(head, own)
            }
        return Wording(heads, {head: words for head, words in values.items() if words})

    def putting_back(self, before: Wording, own: Heads) -> Wording:
        """What `where_other` gave is called so again; all else stays as it is called here.

        Args:
            own: Heads of the tagger. A head whose name went to another one meanwhile keeps the name that it has.
        """
        heads = dict(self.heads)
        for head, name in before.heads.items():
            if not any(same(heads.get(each, each), name) for each in own if each != head):
                heads[head] = name
        values: dict[str, Mapping[str, str]] = {}
        for head in (*self.values, *before.values):
            words = {**self.values.get(head, {}), **before.values.get(head, {})}
            values[head] = {each: shown for each, shown in words.items() if each != shown}
        return Wording(
            {each: shown for each, shown in heads.items() if each != shown},
            {head: words for head, words in values.items() if words},
        )

    def for_new(self, own: Heads, known: Heads) -> Wording:
        """The wording of a tagger that comes later, such as one that was trained before a renaming and taken into use
        after it. A word that the user has by now means itself; of two heads that became one, the first takes the name.

        Args:
            own: Heads and values of the tagger.
            known: Those of the user.
        """
        heads: dict[str, str] = {}
        values: dict[str, dict[str, str]] = {}
        for head, labels in own.items():
            name, others = self.head(head), (*(each for each in own if each != head), *heads.values())
            if name != head and head not in known and not any(same(name, each) for each in others):
                heads[head] = name
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
    """A saved search that asks for the new value where it asked for the old one. Nothing changes where a wildcard would
    begin or cease to be one.

    Args:
        only: No other head has the old value, so that `tag:old` means this one.
    """

    def change(each: Filter) -> str:
        if each.key != "tag":  # a filter of something else may be called as the user calls a head: `orientation:`
            asked = each.key in HEADS_WITH_A_FILTER and fold_tag(each.key) == fold_tag(head)
            return new if asked and fold_tag(each.value) == fold_tag(old) else each.value
        named, equals, value = each.value.partition("=")
        if not equals:
            named, value = head, each.value
        if fold_tag(named) != fold_tag(head) or fold_tag(value) != fold_tag(old) or not (equals or only):
            return each.value
        return f"{named}={new}" if equals or "=" in new else new

    return text if _WILDCARDS & {*old, *new} else _changed(text, change)


def with_new_head(text: str, old: str, new: str) -> str:
    """A saved search that asks for `tag:new=value` where it asked for `tag:old=value`."""

    def change(each: Filter) -> str:
        named, equals, value = each.value.partition("=")
        return f"{new}={value}" if each.key == "tag" and equals and fold_tag(named) == fold_tag(old) else each.value

    return _changed(text, change)


def _changed(text: str, change: Callable[[Filter], str]) -> str:
    try:
        query = parse(text)
        for each in query.filters:
            query = query.replacing(each, replace(each, value=change(each)))
        changed = str(query)
        parse(changed)
    except QueryError:  # of a newer Recollect; or no search can ask for the new name, such as "-"
        return text
    return changed
