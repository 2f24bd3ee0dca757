"""What photos can be labelled with: attributes and their values are made, renamed, merged and taken away here.

Each change returns what undoes it, labels included. What is renamed is renamed everywhere: in labels, in what
taggers say, and in saved searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.errors import LabelError
from core.query.folding import fold_tag
from core.store.albums import AlbumStore
from core.store.attributes import AttributeStore
from core.store.database import Database
from core.store.labels import Change, LabelStore
from core.store.wordings import WordingStore
from core.tags.label_text import STANDARD, same, sound_name, sound_value, tidy
from core.tags.values import Attribute, AttributesBefore, LabelsBefore
from core.tags.wording import with_new_head, with_new_value

LONGEST_KEY = 20  # characters: "Ctrl+Shift+F12" has 14

NO_LABELS = LabelsBefore(())


class Attributes:
    """Safe to use from any thread."""

    def __init__(self, database: Database, store: AttributeStore, labels: LabelStore) -> None:
        self._database = database
        self._store = store
        self._labels = labels
        self._wordings = WordingStore(database)
        self._albums = AlbumStore(database)

    def get(self, name: str) -> Attribute:
        """By its name in small or capital letters. Raises LabelError when there is none."""
        found = self._store.find(tidy(name))
        if found is None:
            raise LabelError(f"There is no attribute \u201c{tidy(name)[:50]}\u201d.", remedy="Define it first.")
        return found

    def define(self, name: str, values: Iterable[str]) -> AttributesBefore:
        """Make an attribute, or give one that exists further values."""
        sound, wanted = sound_name(name), [sound_value(value) for value in values]
        with self._database.write():
            known = self._store.find(sound)
            target = known.name if known else sound
            before = self._before(target)
            if self._store.add(target, wanted):
                self._labels.raise_sequence()
        return before

    def rename(self, old: str, new: str) -> AttributesBefore:
        sound = sound_name(new)
        with self._database.write():
            attribute = self.get(old)
            self._refuse_standard(attribute, "renamed")
            taken = self._store.find(sound)
            if taken is not None and taken.name != attribute.name:
                raise LabelError(
                    f"There is an attribute \u201c{taken.name}\u201d already.", remedy="Choose another name."
                )
            before = self._before(attribute.name, sound)
            if sound == attribute.name:
                return before
            self._store.rename(attribute.name, sound)
            labels = self._put(
                change
                for photo_id, value in self._labels.of_head(attribute.name).items()
                for change in ((photo_id, attribute.name, None), (photo_id, sound, value))
            )
            words = self._wordings.rename_head(attribute.name, sound)
            searches = self._albums.rewrite_searches(lambda _, query: with_new_head(query, attribute.name, sound))
        return replace(before, labels=labels, words=words, searches=searches)

    def remove(self, name: str) -> AttributesBefore:
        """With all labels of it."""
        with self._database.write():
            attribute = self.get(name)
            self._refuse_standard(attribute, "removed")
            before = self._before(attribute.name)
            self._store.delete(attribute.name)
            labels = self._put((photo_id, attribute.name, None) for photo_id in self._labels.of_head(attribute.name))
        return replace(before, labels=labels)

    def rename_value(self, name: str, old: str, new: str) -> AttributesBefore:
        """Renaming to a value that exists merges both, under the spelling that is there."""
        sound = sound_value(new)
        with self._database.write():
            attribute = self.get(name)
            value = _value(attribute, old)
            merged = next((each for each in attribute.values if same(each, sound) and each != value), None)
            target = merged or sound
            before = self._before(attribute.name)
            values = [target if each == value else each for each in attribute.values if each != merged]
            if merged is not None:  # at its own place, not at that of the one that goes
                values = [each for each in attribute.values if each != value]
            keys = {each: key for each, key in attribute.keys.items() if each != value}
            if value in attribute.keys:
                keys.setdefault(target, attribute.keys[value])
            self._store.put(Attribute(attribute.name, tuple(values), keys))
            labels = self._put(
                (photo_id, attribute.name, target) for photo_id in self._labels.with_value(attribute.name, value)
            )
            words = self._wordings.rename_value(attribute.name, value, target)
            searches = self._ask_anew(attribute.name, value, target)
        return replace(before, labels=labels, words=words, searches=searches)

    def remove_value(self, name: str, value: str) -> AttributesBefore:
        """With all labels of it."""
        with self._database.write():
            attribute = self.get(name)
            gone = _value(attribute, value)
            before = self._before(attribute.name)
            self._store.discard_value(attribute.name, gone)
            labels = self._put(
                (photo_id, attribute.name, None) for photo_id in self._labels.with_value(attribute.name, gone)
            )
        return replace(before, labels=labels)

    def order_values(self, name: str, values: Sequence[str]) -> AttributesBefore:
        """Those that are not named stay behind the others."""
        with self._database.write():
            attribute = self.get(name)
            first = list(dict.fromkeys(_value(attribute, value) for value in values))
            before = self._before(attribute.name)
            rest = [value for value in attribute.values if value not in first]
            self._store.put(replace(attribute, values=(*first, *rest)))
            self._labels.raise_sequence()
        return before

    def set_key(self, name: str, value: str, key: str | None) -> AttributesBefore:
        """A key gives one value: what had it before loses it."""
        sound = tidy(key) if key is not None else ""
        if len(sound) > LONGEST_KEY:
            raise LabelError(f"A key has {LONGEST_KEY} characters at most.", remedy="Press another one.")
        with self._database.write():
            attribute = self.get(name)
            target = _value(attribute, value)
            holders = [each.name for each in self._store.all() if sound in each.keys.values()]
            before = self._before(*dict.fromkeys((*holders, attribute.name)))
            keys = {each: held for each, held in attribute.keys.items() if each != target and held != sound}
            self._store.put(replace(attribute, keys={**keys, target: sound} if sound else keys))
            self._labels.raise_sequence()
        return before

    def restore(self, before: AttributesBefore) -> AttributesBefore:
        """Undo a change. What was labelled since with values that it takes back keeps them."""
        with self._database.write():
            now = self._before(*(name for name, _ in before.attributes))
            labels = self._labels.put(before.labels.labels)
            for name, attribute in before.attributes:
                self._take_back(name, attribute)
            self._store.order(before.order)
            words = self._wordings.restore(before.words) if before.words else ()
            undone = {(album_id, after): query for album_id, query, after in before.searches}
            searches = self._albums.rewrite_searches(lambda album_id, query: undone.get((album_id, query), query))
            self._labels.raise_sequence()
        return replace(now, labels=labels, words=words, searches=searches)

    def _ask_anew(self, head: str, old: str, new: str) -> tuple[tuple[int, str, str], ...]:
        """Saved searches that ask for the old value ask for the new one."""
        only = not any(
            fold_tag(value) == fold_tag(old) for each in self._store.all() if each.name != head for value in each.values
        )
        return self._albums.rewrite_searches(lambda _, query: with_new_value(query, head, old, new, only=only))

    def _take_back(self, name: str, attribute: Attribute | None) -> None:
        in_use = self._labels.values_in_use(name)
        if attribute is None and not in_use:
            self._store.delete(name)
            return
        kept = attribute or self._store.find(name) or Attribute(name, (), {})
        extra = [value for value in in_use if value not in kept.values]
        self._store.put(replace(kept, values=(*kept.values, *extra)))

    def _before(self, *names: str) -> AttributesBefore:
        known = {each.name: each for each in self._store.all()}
        return AttributesBefore(tuple((name, known.get(name)) for name in names), tuple(known), NO_LABELS)

    def _put(self, changes: Iterable[Change]) -> LabelsBefore:
        before = self._labels.put(changes)
        self._labels.raise_sequence()
        return before

    def _refuse_standard(self, attribute: Attribute, what: str) -> None:
        if attribute.name in STANDARD:
            raise LabelError(
                f"\u201c{attribute.name}\u201d cannot be {what}: searches know it by this name.",
                remedy="Change its values, or define another attribute.",
            )


def _value(attribute: Attribute, text: str) -> str:
    """The value as it is spelled. Raises LabelError when the attribute does not have it."""
    found = next((value for value in attribute.values if same(value, tidy(text))), None)
    if found is None:
        raise LabelError(
            f"\u201c{attribute.name}\u201d has no value \u201c{tidy(text)[:50]}\u201d.",
            remedy="Choose one that it has.",
        )
    return found
