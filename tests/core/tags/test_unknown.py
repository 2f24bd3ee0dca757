"""Unknown photos in a library's database: which they are, groups of them, what is put aside; and an old database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import sqlite_utils

from core.events import EventBus, TagsChanged
from core.store.database import Database
from core.store.migrations import migrations
from core.store.predictions import PredictionStore
from core.store.tag_weights import TagWeightStore
from core.store.taggers import TaggerStore
from core.store.tags import TagStore
from core.tags.unknown import CLEAR_FROM, Suggestion, Unknown, suggest
from core.tags.values import CLASS, Prediction, TaggerId, TagSource
from core.types import PhotoId
from tests.core.tags.shelf import DIM, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    yield shelf
    shelf.close()


@pytest.fixture
def unknown(shelf: Shelf) -> Unknown:
    return Unknown(shelf.database, shelf.bus, shelf.vectors_of)


def live_tagger(shelf: Shelf, said: dict[PhotoId, Prediction], *, key: str = "a", tells: bool = True) -> TaggerId:
    """A trained tagger of mugs and pots that answers, and what it has said."""
    taggers = TaggerStore(shelf.database)
    tagger_id = taggers.add(key, key, TagSource.MODEL, {CLASS: ("mug", "pot")}, tells_unknown=tells)
    PredictionStore(shelf.database).put(tagger_id, list(said), [{CLASS: each} for each in said.values()])
    taggers.make_live(tagger_id)
    return tagger_id


def nearest(label: str, *, unknown: bool) -> Prediction:
    top = ((label, 0.8), ("pot" if label == "mug" else "mug", 0.2))
    return Prediction(label, 0.8, top, sure=not unknown, unknown=unknown)


def guess(shelf: Shelf, said: dict[PhotoId, Sequence[tuple[str, float]]]) -> None:
    """What the words say that need no training."""
    taggers = TaggerStore(shelf.database)
    words = tuple({word for top in said.values() for word, _ in top})
    tagger_id = taggers.add("z", "Zero-shot", TagSource.ZERO_SHOT, {CLASS: words})
    tops = [Prediction(top[0][0], top[0][1], tuple(top), sure=False) for top in said.values()]
    PredictionStore(shelf.database).put(tagger_id, list(said), [{CLASS: top} for top in tops])
    taggers.make_live(tagger_id)


def put_near(shelf: Shelf, ids: Sequence[PhotoId], axis: int, *, spread: float = 0.1, seed: int = 0) -> None:
    """Vectors around one axis."""
    rng = np.random.default_rng(seed + axis)
    for photo_id in ids:
        vector = spread * rng.standard_normal(DIM)
        vector[axis] += 1.0
        shelf.vectors[photo_id] = (vector / np.linalg.norm(vector)).astype(np.float32)


class TestWhichTheyAre:
    def test_what_the_user_has_labelled_is_never_unknown(self, shelf: Shelf, unknown: Unknown) -> None:
        one, two, three = shelf.photos(3)
        live_tagger(shelf, {each: nearest("mug", unknown=each != three) for each in (one, two, three)})
        assert unknown.ids() == [one, two]
        shelf.labels.set([one], "color", "red")
        assert unknown.ids() == [one, two]
        before = shelf.labels.set([one], CLASS, "vase")
        assert unknown.ids() == [two]
        shelf.labels.restore(before)
        assert unknown.ids() == [one, two]

    def test_a_tag_says_so_and_carries_no_weight_in_a_search(self, shelf: Shelf) -> None:
        one, two = shelf.photos(2)
        live_tagger(shelf, {one: nearest("mug", unknown=True), two: nearest("mug", unknown=False)})
        tags = TagStore(shelf.database).of([one, two])
        assert (tags[one][CLASS].is_unknown, tags[one][CLASS].sure, tags[one][CLASS].value) == (True, False, "mug")
        assert not tags[two][CLASS].is_unknown
        weights = TagWeightStore(shelf.database).read({})
        assert set(weights.photos.tolist()) == {two}
        shelf.labels.set([one], CLASS, "vase")
        assert not TagStore(shelf.database).of([one])[one][CLASS].is_unknown

    def test_another_tagger_says_it_anew(self, shelf: Shelf, unknown: Unknown) -> None:
        one, two = shelf.photos(2)
        live_tagger(shelf, {one: nearest("mug", unknown=True), two: nearest("pot", unknown=False)})
        live_tagger(shelf, {one: nearest("mug", unknown=False), two: nearest("pot", unknown=True)}, key="b")
        assert unknown.ids() == [two]

    def test_renamed_and_copied_it_stays_unknown(self, shelf: Shelf, unknown: Unknown) -> None:
        one, two = shelf.photo("1.jpg", b"same"), shelf.photo("2.jpg", b"same")
        live_tagger(shelf, {one: nearest("mug", unknown=True)})
        shelf.labels.define(CLASS, ["mug"])
        shelf.labels.rename_value(CLASS, "mug", "cup")
        PredictionStore(shelf.database).copy(one, two)
        assert unknown.ids() == [one, two]
        assert TagStore(shelf.database).of([two])[two][CLASS].value == "cup"


class TestGroups:
    def test_photos_that_look_alike_the_largest_first(self, shelf: Shelf, unknown: Unknown) -> None:
        ids = shelf.photos(34)
        kettles, drums, alone, known = ids[:12], ids[12:20], ids[20:22], ids[22:]
        put_near(shelf, kettles, 0)
        put_near(shelf, drums, 1)
        put_near(shelf, alone[:1], 2)
        put_near(shelf, alone[1:], 3)
        put_near(shelf, known, 4, spread=0.15)  # photos of one class may be that far from each other
        live_tagger(shelf, {each: nearest("mug", unknown=each not in known) for each in ids})
        looked = unknown.look()
        assert (looked.trained, looked.tells, looked.aside) == (True, True, 0)
        assert [set(each.ids) for each in looked.groups] == [set(kettles), set(drums)]
        assert set(looked.alone) == set(alone)
        first = looked.groups[0]
        middle = np.mean([shelf.vectors[each] for each in kettles], axis=0)
        assert first.representative == max(kettles, key=lambda each: float(shelf.vectors[each] @ middle))
        assert 0.5 < first.tightness <= 1
        assert unknown.look() == looked, "the same photos give the same groups"

    def test_without_a_tagger_or_unknown_photos_there_are_none(self, shelf: Shelf, unknown: Unknown) -> None:
        (one,) = shelf.photos(1)
        assert unknown.look() == type(unknown.look())(trained=False, tells=False)
        live_tagger(shelf, {one: nearest("mug", unknown=False)}, tells=False)
        looked = unknown.look()
        assert (looked.trained, looked.tells, looked.groups, looked.alone) == (True, False, (), ())

    def test_what_is_not_embedded_is_alone(self, shelf: Shelf, unknown: Unknown) -> None:
        ids = shelf.photos(5)
        put_near(shelf, ids[:4], 0)
        live_tagger(shelf, {each: nearest("mug", unknown=True) for each in ids})
        looked = unknown.look()
        assert ids[4] in looked.alone

    def test_a_name_is_suggested_where_the_guesses_agree(self, shelf: Shelf, unknown: Unknown) -> None:
        ids = shelf.photos(20)
        put_near(shelf, ids[:10], 0)
        put_near(shelf, ids[10:], 1)
        live_tagger(shelf, {each: nearest("mug", unknown=True) for each in ids})
        words = ("drum", "boat", "tree", "lamp")
        clear = {each: (("kettle", 0.7), ("drum", 0.1)) for each in ids[:10]}
        mixed = {each: ((words[at % 4], 0.4), ("kettle", 0.05)) for at, each in enumerate(ids[10:])}
        guess(shelf, {**clear, **mixed})
        found = {set(each.ids) == set(ids[:10]): each.suggestion for each in unknown.look().groups}
        assert found[True] is not None
        assert (found[True].name, round(found[True].probability, 3)) == ("kettle", 0.7)
        assert found[False] is None

    def test_a_class_that_the_tagger_knows_is_no_suggestion(self) -> None:
        guesses = [(("Mug", 0.8), ("kettle", CLEAR_FROM + 0.01))] * 3
        assert suggest(guesses, {"mug"}) == Suggestion("kettle", pytest.approx(CLEAR_FROM + 0.01))
        assert suggest(guesses, {"mug", "kettle"}) is None
        assert suggest([()], set()) is None


class TestPutAside:
    def test_it_is_left_out_until_it_is_brought_back(self, shelf: Shelf, unknown: Unknown) -> None:
        ids = shelf.photos(8)
        put_near(shelf, ids, 0)
        live_tagger(shelf, {each: nearest("mug", unknown=True) for each in ids})
        shelf.events.clear()
        assert unknown.put_aside([*ids[:5], ids[0], PhotoId(999)]) == ids[:5]
        assert shelf.events == [TagsChanged(tuple(ids[:5]))]
        assert unknown.put_aside(ids[:6]) == [ids[5]]
        assert unknown.ids() == ids[6:]
        looked = unknown.look()
        assert (looked.groups, looked.alone, looked.aside) == ((), tuple(ids[6:]), 6)
        unknown.bring_back(ids[:6])
        assert unknown.ids() == ids
        assert unknown.aside() == []

    def test_it_counts_only_while_it_is_unknown(self, shelf: Shelf, unknown: Unknown) -> None:
        one, two = shelf.photos(2)
        live_tagger(shelf, {each: nearest("mug", unknown=True) for each in (one, two)})
        unknown.put_aside([one, two])
        shelf.labels.set([one], CLASS, "vase")
        assert unknown.aside() == [two]


def test_a_library_of_before_knows_nothing_of_unknown_photos_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    connection = sqlite3.connect(path)
    old = sqlite_utils.Database(connection)
    migrations.apply(old, stop_before="m006_unknown_classes")
    connection.execute("INSERT INTO folders (id, path, added_at) VALUES (1, '/', '')")
    connection.execute(
        "INSERT INTO photos (id, folder_id, path, name, status, size_bytes, mtime_ns, dated_at, added_at)"
        " VALUES (7, 1, '/a.jpg', 'a.jpg', 'ready', 1, 1, '2024-01-01', '2024-01-01')"
    )
    connection.execute(
        "INSERT INTO taggers (id, key, name, source, heads, live, created_at)"
        """ VALUES (1, 'a', 'A', 'model', '{"class": ["mug"]}', 1, '2024-01-01')"""
    )
    top = json.dumps([["mug", 0.6]])
    connection.execute("INSERT INTO predictions VALUES (1, 7, 'class', 'mug', 0.6, ?, 1, NULL)", (top,))
    connection.commit()
    connection.close()
    database = Database(path)
    try:
        tag = TagStore(database).of([PhotoId(7)])[PhotoId(7)][CLASS]
        assert (tag.value, tag.sure, tag.is_unknown) == ("mug", True, False)
        looked = Unknown(database, EventBus(), lambda ids: ([], np.empty((0, DIM), np.float32))).look()
        assert (looked.trained, looked.tells, looked.groups) == (True, False, ())
        said = nearest("mug", unknown=True)
        PredictionStore(database).put(TaggerId(1), [PhotoId(7)], [{CLASS: said}])
        assert TagStore(database).of([PhotoId(7)])[PhotoId(7)][CLASS].is_unknown
    finally:
        database.close()
