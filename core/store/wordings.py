"""What the user calls the words of each tagger, in the database: kept with the tagger, and applied to what it said.

Predictions are stored in the user's words, so that every query reads them as they are; the tagger's own words are kept
beside those that were changed, so that a renaming can be taken back and a merging too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.query.filters import fold
from core.store.attributes import AttributeStore
from core.store.remembered import Remembered
from core.tags.values import Prediction, TaggerId, WordsBefore
from core.tags.wording import Wording

if TYPE_CHECKING:
    from core.store.database import Database
    from core.tags.wording import Heads

KEY = "renamed_words"  # remembered: the wording of taggers that come later
MOST_LOOKED_FOR = 50  # words in the text of a prediction; for more, all of a head are read

Renaming = Callable[[Wording, "Heads"], "tuple[Wording, Heads]"]
"""Of a wording and the heads as they are shown, to both as they become."""


class WordingStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered(database)
        self._attributes = AttributeStore(database)

    def of(self, tagger_id: TaggerId) -> Wording:
        """Empty where there is no such tagger."""
        found = self._database.read_column("SELECT words FROM taggers WHERE id = ?", (tagger_id,))
        return Wording.of_json(json.loads(found[0])) if found else Wording()

    def for_new(self, own: Heads) -> Wording:
        """Of a tagger that comes into the library now."""
        wording = Wording.of_json(self._remembered.get(KEY, {}))
        return wording.for_new(own, {each.name: each.values for each in self._attributes.all()}) if wording else wording

    def rename_value(self, head: str, old: str, new: str) -> WordsBefore:
        """All taggers call it so from now on, those too that come later. Part of the caller's transaction."""

        def renamed(wording: Wording, shown: Heads) -> tuple[Wording, Heads]:
            name = next((each for each in shown if fold(each) == fold(head)), None)
            if name is None:
                return wording, shown
            values = tuple(dict.fromkeys(new if fold(each) == fold(old) else each for each in shown[name]))
            return wording.renaming_value(name, old, new, shown[name]), {**shown, name: values}

        return self._change(renamed, lambda wording: wording.renaming_value(head, old, new, [old]))

    def rename_head(self, old: str, new: str) -> WordsBefore:
        """As `rename_value`. A tagger that has a head of the new name already keeps both as they are."""

        def renamed(wording: Wording, shown: Heads) -> tuple[Wording, Heads]:
            name = next((each for each in shown if fold(each) == fold(old)), None)
            if name is None or any(fold(each) == fold(new) for each in shown if each != name):
                return wording, shown
            heads = {new if each == name else each: values for each, values in shown.items()}
            return wording.renaming_head(name, new), heads

        return self._change(renamed, lambda wording: wording.renaming_head(old, new))

    def restore(self, before: WordsBefore) -> WordsBefore:
        """Undo a renaming. Taggers that came since keep their words. Part of the caller's transaction."""
        now = self._all()
        for tagger_id, words, heads in before:
            self._put(tagger_id, Wording.of_json(json.loads(words)), json.loads(heads))
        return now

    def _change(self, renamed: Renaming, later: Callable[[Wording], Wording]) -> WordsBefore:
        before = self._all()
        for tagger_id, words, heads in before:
            wording = Wording.of_json(json.loads(words))
            if tagger_id is None:
                self._put(None, later(wording), {})
            else:
                self._put(tagger_id, *renamed(wording, {head: tuple(each) for head, each in json.loads(heads).items()}))
        return before

    def _all(self) -> WordsBefore:
        later = json.dumps(self._remembered.get(KEY, {}))
        return ((None, later, "{}"), *self._database.read_tuples("SELECT id, words, heads FROM taggers ORDER BY id"))

    def _put(self, tagger_id: TaggerId | None, wording: Wording, shown: Heads) -> None:
        if tagger_id is None:
            self._remembered.set(KEY, wording.as_json())
            return
        was = self.of(tagger_id)
        if was == wording:
            return
        with self._database.write() as db:
            db.execute(
                "UPDATE taggers SET words = ?, heads = ?, sequence = sequence + 1 WHERE id = ?",
                (json.dumps(wording.as_json()), json.dumps(shown), tagger_id),
            )
        for own in {*was.heads, *was.values, *wording.heads, *wording.values}:
            self._say_anew(tagger_id, own, was, wording)

    def _say_anew(self, tagger_id: TaggerId, own: str, was: Wording, becomes: Wording) -> None:
        """Put what a tagger has said of one of its heads into other words."""
        words = {*was.values.get(own, {}), *becomes.values.get(own, {})}
        condition, parameters = "1", []
        if was.head(own) == becomes.head(own):
            if was.values.get(own) == becomes.values.get(own):
                return
            if len(words) <= MOST_LOOKED_FOR:
                condition = " OR ".join(["own IS NOT NULL", *["instr(top, ?)"] * len(words)])
                parameters = [json.dumps(word) for word in words]
        rows = self._database.read_tuples(
            "SELECT photo_id, head, top, sure, own FROM predictions"
            f" WHERE tagger_id = ? AND head = ? AND ({condition})",
            (tagger_id, was.head(own), *parameters),
        )
        with self._database.write() as db:
            db.executemany(
                "UPDATE OR REPLACE predictions SET head = ?, label = ?, probability = ?, top = ?, own = ?"
                " WHERE tagger_id = ? AND photo_id = ? AND head = ?",
                [
                    (becomes.head(own), *_columns(becomes, own, own_top or top, bool(sure)), tagger_id, photo_id, head)
                    for photo_id, head, top, sure, own_top in rows
                ],
            )


def _columns(wording: Wording, head: str, own_top: str, sure: bool) -> tuple[str, float, str, str | None]:
    """Label, probability, top and own of a prediction that was made in a tagger's own words."""
    ranked = tuple((label, float(probability)) for label, probability in json.loads(own_top))
    said = Prediction(*ranked[0], ranked, sure)
    shown = wording.of_prediction(head, said)
    return shown.label, shown.probability, json.dumps(shown.top), None if shown is said else own_top
