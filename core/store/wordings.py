"""What the user calls the words of each tagger, in the database: kept with the tagger, and applied to what it said.

Predictions are stored in the user's words, so that every query reads them as they are; the tagger's own words are kept
beside those that were changed, so that a renaming can be taken back and a merging too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.store.attributes import AttributeStore
from core.store.remembered import Remembered
from core.tags.label_text import same
from core.tags.values import Prediction, TaggerId, WordsBefore
from core.tags.wording import Wording

if TYPE_CHECKING:
    from core.store.database import Database
    from core.tags.wording import Heads

KEY = "renamed_words"  # remembered: the wording of taggers that come later
MOST_LOOKED_FOR = 50  # words in the text of a prediction; for more, all of a head are read


@dataclass(frozen=True, slots=True)
class _Worded:
    tagger_id: TaggerId | None  # None: all that come later
    wording: Wording
    own: Heads  # in the tagger's own words; empty for those that come later


def words_as_json(wording: Wording, own: Heads) -> str:
    """As it is kept with a tagger. Where words were merged, what is shown no longer tells the tagger's own ones."""
    return json.dumps({**wording.as_json(), "own": own} if wording else wording.as_json())


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

        def renamed(each: _Worded) -> Wording:
            if each.tagger_id is None:
                return each.wording.renaming_value(head, old, new, [old])
            own = _called(head, each)
            if own is None:
                return each.wording
            return each.wording.renaming_value(each.wording.head(own), old, new, each.own[own])

        return self._change(renamed)

    def rename_head(self, old: str, new: str) -> WordsBefore:
        """As `rename_value`. A tagger that has a head of the new name already keeps both as they are."""

        def renamed(each: _Worded) -> Wording:
            if each.tagger_id is None:
                return each.wording.renaming_head(old, new)
            own, taken = _called(old, each), _called(new, each)
            if own is None or taken not in (None, own):
                return each.wording
            return each.wording.renaming_head(each.wording.head(own), new)

        return self._change(renamed)

    def restore(self, before: WordsBefore) -> WordsBefore:
        """Undo a renaming. Taggers that came since keep their words, and what was renamed since beside it keeps its
        name. Part of the caller's transaction.
        """
        changed = {tagger_id: Wording.of_json(json.loads(words)) for tagger_id, words in before}
        return self._change(lambda each: each.wording.putting_back(changed.get(each.tagger_id, Wording()), each.own))

    def _change(self, change: Callable[[_Worded], Wording]) -> WordsBefore:
        before: list[tuple[TaggerId | None, str]] = []
        for each in self._all():
            becomes = change(each)
            if becomes != each.wording:
                self._put(each, becomes)
                before.append((each.tagger_id, json.dumps(each.wording.where_other(becomes).as_json())))
        return tuple(before)

    def _all(self) -> list[_Worded]:
        every = [_Worded(None, Wording.of_json(self._remembered.get(KEY, {})), {})]
        for tagger_id, words, heads in self._database.read_tuples("SELECT id, words, heads FROM taggers ORDER BY id"):
            document = json.loads(words)
            own = document.get("own") or json.loads(heads)
            labels = {head: tuple(each) for head, each in own.items()}
            every.append(_Worded(tagger_id, Wording.of_json(document), labels))
        return every

    def _put(self, worded: _Worded, wording: Wording) -> None:
        tagger_id, was = worded.tagger_id, worded.wording
        if tagger_id is None:
            self._remembered.set(KEY, wording.as_json())
            return
        with self._database.write() as db:
            db.execute(
                "UPDATE taggers SET words = ?, heads = ?, sequence = sequence + 1 WHERE id = ?",
                (words_as_json(wording, worded.own), json.dumps(wording.shown(worded.own)), tagger_id),
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


def _called(name: str, worded: _Worded) -> str | None:
    """The tagger's own head that the user calls so."""
    return next((own for own in worded.own if same(worded.wording.head(own), name)), None)


def _columns(wording: Wording, head: str, own_top: str, sure: bool) -> tuple[str, float, str, str | None]:
    """Label, probability, top and own of a prediction that was made in a tagger's own words."""
    ranked = tuple((label, float(probability)) for label, probability in json.loads(own_top))
    said = Prediction(*ranked[0], ranked, sure)
    shown = wording.of_prediction(head, said)
    return shown.label, shown.probability, json.dumps(shown.top), None if shown is said else own_top
