"""Renaming and merging: what taggers said, what they say later, filters, facets and saved searches follow; and back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.albums import Albums
from core.events import AlbumsChanged, EventBus
from core.library import Library
from core.query.parser import parse
from core.store.albums import AlbumStore
from core.store.database import Database
from core.store.predictions import PredictionStore
from core.store.remembered import Remembered
from core.store.taggers import TaggerRow, TaggerStore
from core.store.tags import TagStore
from core.store.wordings import KEY, WordingStore
from core.tags.values import Facet, Prediction, TaggerId, TagSource
from core.tags.wording import Wording, with_new_head, with_new_value
from core.types import PhotoId
from tests.core.tags.checkpoints import HEADS, vector_checkpoint
from tests.core.tags.shelf import Shelf
from tests.core.tags.test_taggers import promote
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.tags.wording import Heads

CLASSES = ("tee", "t-shirt", "cap")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    shelf.labels.define("class", CLASSES)
    shelf.labels.define("brand", ["Acme", "Bolt"])
    yield shelf
    shelf.close()


@pytest.fixture
def ids(shelf: Shelf) -> list[PhotoId]:
    """The tagger says tee, t-shirt and cap of them, and never the same brand."""
    return shelf.photos(3)


@pytest.fixture
def tagger(shelf: Shelf, ids: list[PhotoId]) -> TaggerId:
    return new_tagger(shelf, "first", ids)


def new_tagger(shelf: Shelf, key: str, ids: list[PhotoId]) -> TaggerId:
    """A live one that has looked at three photos."""
    store = TaggerStore(shelf.database)
    tagger_id = store.add(key, key, TagSource.MODEL, {"class": CLASSES, "brand": ("Acme", "Bolt")})
    store.make_live(tagger_id)
    says(shelf, tagger_id, ids)
    return tagger_id


def says(shelf: Shelf, tagger_id: TaggerId, ids: list[PhotoId]) -> None:
    tops = (
        (("tee", 0.5), ("t-shirt", 0.3), ("cap", 0.2)),
        (("cap", 0.4), ("t-shirt", 0.35), ("tee", 0.25)),
        (("cap", 0.9), ("tee", 0.06), ("t-shirt", 0.04)),
    )
    brand = Prediction("Acme", 0.8, (("Acme", 0.8), ("Bolt", 0.2)), sure=True)
    PredictionStore(shelf.database).put(
        tagger_id, ids, [{"class": Prediction(*top[0], top, sure=top[0][1] > 0.45), "brand": brand} for top in tops]
    )


def shown(shelf: Shelf, ids: list[PhotoId], head: str = "class") -> list[str]:
    tags = TagStore(shelf.database).of(ids)
    return [tags[photo_id][head].value for photo_id in ids]


def everything(shelf: Shelf) -> object:
    """All that taggers say and are."""
    rows = "SELECT tagger_id, photo_id, head, label, probability, top, sure, own FROM predictions ORDER BY 1, 2, 3"
    return shelf.database.read_tuples(rows), shelf.database.read_tuples("SELECT key, words, heads FROM taggers")


def test_what_was_said_is_said_in_the_new_word(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    shelf.labels.rename_value("class", "tee", "tunic")
    assert shown(shelf, ids) == ["tunic", "cap", "cap"]
    first = TagStore(shelf.database).of(ids)[ids[0]]["class"].prediction
    assert first == Prediction("tunic", 0.5, (("tunic", 0.5), ("t-shirt", 0.3), ("cap", 0.2)), sure=True)
    assert TagStore(shelf.database).facets("class") == [Facet("class", "cap", 1, 1), Facet("class", "tunic", 1)]
    assert heads(shelf, tagger)["class"] == ("tunic", "t-shirt", "cap")


def test_merged_values_are_as_probable_as_both(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    shelf.labels.rename_value("class", "tee", "t-shirt")
    tags = TagStore(shelf.database).of(ids)
    first, second, third = (tags[photo_id]["class"].prediction for photo_id in ids)
    assert first == Prediction("t-shirt", 0.8, (("t-shirt", 0.8), ("cap", 0.2)), sure=True)
    assert second == Prediction("t-shirt", 0.6, (("t-shirt", 0.6), ("cap", 0.4)), sure=False)  # together they win
    assert third is not None
    assert third.label == "cap"
    assert heads(shelf, tagger)["class"] == ("t-shirt", "cap")


def test_what_is_said_later_is_said_in_the_new_word_too(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    shelf.labels.rename_value("class", "tee", "t-shirt")
    shelf.labels.rename_attribute("brand", "maker")
    then = everything(shelf)
    says(shelf, tagger, ids)  # as the indexer does with photos that come, in the words of the checkpoint
    after = everything(shelf)
    assert isinstance(after, tuple)
    assert after[0] == then[0]  # type: ignore[index]
    (later,) = shelf.photos(4)[3:]
    says(shelf, tagger, [later, *ids[1:]])
    assert shown(shelf, [later]) == ["t-shirt"]
    assert shown(shelf, [later], "maker") == ["Acme"]


CHANGES: dict[str, list[Callable[[Shelf], object]]] = {
    "rename": [lambda shelf: shelf.labels.rename_value("class", "tee", "tunic")],
    "merge": [lambda shelf: shelf.labels.rename_value("class", "tee", "t-shirt")],
    "attribute": [lambda shelf: shelf.labels.rename_attribute("brand", "maker")],
    "capitals": [lambda shelf: shelf.labels.rename_value("class", "tee", "TEE")],
    "one after the other": [
        lambda shelf: shelf.labels.rename_attribute("brand", "maker"),
        lambda shelf: shelf.labels.rename_value("maker", "Acme", "Apex"),
        lambda shelf: shelf.labels.rename_value("class", "tee", "tunic"),
        lambda shelf: shelf.labels.rename_value("class", "tunic", "t-shirt"),
        lambda shelf: shelf.labels.rename_value("class", "t-shirt", "cap"),
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_undoing_brings_back_every_word(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId, name: str) -> None:
    first = everything(shelf)
    before = [change(shelf) for change in CHANGES[name]]
    changed = everything(shelf)
    assert changed != first
    again = [shelf.labels.restore(each) for each in reversed(before)]  # type: ignore[call-overload]
    assert everything(shelf) == first
    for each in reversed(again):
        shelf.labels.restore(each)
    assert everything(shelf) == changed


def test_undoing_takes_back_its_own_renaming_alone(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    """Undo of a window takes back what was done in that window; another process may have renamed since."""
    first = shelf.labels.rename_value("class", "tee", "tunic")
    brand = shelf.labels.rename_attribute("brand", "maker")
    shelf.labels.rename_value("class", "cap", "hat")
    shelf.labels.rename_value("maker", "Acme", "Apex")
    shelf.labels.restore(brand)
    again = shelf.labels.restore(first)
    assert shown(shelf, ids) == ["tee", "hat", "hat"]
    assert shown(shelf, ids, "brand") == ["Apex"] * 3
    assert heads(shelf, tagger) == {"class": ("tee", "t-shirt", "hat"), "brand": ("Apex", "Bolt")}
    later = Wording.of_json(Remembered(shelf.database).get(KEY))
    assert later == Wording({}, {"class": {"cap": "hat"}, "brand": {"Acme": "Apex"}})
    shelf.labels.restore(again)
    assert shown(shelf, ids) == ["tunic", "hat", "hat"]


def test_undoing_parts_what_was_merged_and_renamed_since(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    before = shelf.labels.rename_value("class", "tee", "t-shirt")
    shelf.labels.rename_value("class", "t-shirt", "shirt")
    shelf.labels.restore(before)
    first = TagStore(shelf.database).of(ids)[ids[0]]["class"].prediction
    assert first == Prediction("tee", 0.5, (("tee", 0.5), ("shirt", 0.3), ("cap", 0.2)), sure=True)
    assert heads(shelf, tagger)["class"] == ("tee", "shirt", "cap")


def test_undoing_leaves_a_name_to_the_head_that_took_it(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.labels.define("cut", ["wide"])
    store = TaggerStore(shelf.database)
    tagger = store.add("cuts", "cuts", TagSource.MODEL, {"brand": ("Acme",), "cut": ("wide",)})
    store.make_live(tagger)
    said = {head: Prediction(word, 0.9, ((word, 0.9),), True) for head, word in (("brand", "Acme"), ("cut", "wide"))}
    PredictionStore(shelf.database).put(tagger, ids[:1], [said])
    before = shelf.labels.rename_attribute("brand", "maker")
    shelf.labels.rename_attribute("cut", "brand")
    shelf.labels.restore(before)
    assert heads(shelf, tagger) == {"maker": ("Acme",), "brand": ("wide",)}
    assert shown(shelf, ids[:1], "maker") == ["Acme"]
    assert shown(shelf, ids[:1], "brand") == ["wide"]


def test_two_values_change_places(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    for old, new in (("tee", "x"), ("cap", "tee"), ("x", "cap")):
        shelf.labels.rename_value("class", old, new)
    assert shown(shelf, ids) == ["cap", "tee", "tee"]


def heads(shelf: Shelf, tagger_id: TaggerId) -> dict[str, tuple[str, ...]]:
    row = TaggerStore(shelf.database).get(tagger_id)
    assert isinstance(row, TaggerRow)
    return dict(row.heads)


def test_a_tagger_that_learned_the_old_words_and_comes_later(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.labels.rename_value("class", "tee", "tunic")
    shelf.labels.rename_attribute("brand", "maker")
    tagger = new_tagger(shelf, "trained before, used after", ids)
    assert shown(shelf, ids) == ["tunic", "cap", "cap"]
    assert shown(shelf, ids, "maker") == ["Acme"] * 3
    assert heads(shelf, tagger) == {"class": ("tunic", "t-shirt", "cap"), "maker": ("Acme", "Bolt")}


def test_two_heads_that_took_one_name_after_the_other_stay_two(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.labels.define("a", ["one"])
    shelf.labels.define("b", ["two"])
    shelf.labels.rename_attribute("a", "c")
    shelf.labels.remove_attribute("c")
    shelf.labels.rename_attribute("b", "c")
    store = TaggerStore(shelf.database)
    tagger = store.add("both", "both", TagSource.MODEL, {"a": ("one",), "b": ("two",)})
    store.make_live(tagger)
    said = {head: Prediction(word, 0.9, ((word, 0.9),), sure=True) for head, word in (("a", "one"), ("b", "two"))}
    PredictionStore(shelf.database).put(tagger, ids[:1], [said])
    assert heads(shelf, tagger) == {"a": ("one",), "c": ("two",)}
    assert shown(shelf, ids[:1], "a") == ["one"]
    assert shown(shelf, ids[:1], "c") == ["two"]


TAKEN: dict[str, tuple[Heads, dict[str, str]]] = {
    "both renamed": ({"a": ("x",), "b": ("y",)}, {"a": "Maker"}),
    "one has the name": ({"maker": ("x",), "b": ("y",)}, {}),
    "alone": ({"b": ("y",)}, {"b": "maker"}),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_tagger_that_comes_later_has_no_two_heads_of_one_name(name: str) -> None:
    own, names = TAKEN[name]
    wording = Wording({"a": "Maker", "b": "maker"}).for_new(own, {})
    assert wording.heads == names
    assert len(wording.shown(own)) == len(own)


def test_who_renames_while_a_tagger_comes_renames_its_words_too(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.labels.rename_value("class", "cap", "hat")  # there is a wording, and it is read
    other = Database(tmp_path / "home" / "library.db")  # of another process

    def rename() -> None:
        with other.write():
            WordingStore(other).rename_value("class", "tee", "tunic")

    thread = threading.Thread(target=rename)
    read = WordingStore.for_new

    def read_and_wait(store: WordingStore, own: Heads) -> Wording:
        wording = read(store, own)
        thread.start()
        thread.join(0.5)
        return wording

    monkeypatch.setattr(WordingStore, "for_new", read_and_wait)
    tagger = TaggerStore(shelf.database).add("new", "new", TagSource.MODEL, {"class": CLASSES})
    thread.join()
    other.close()
    assert heads(shelf, tagger)["class"] == ("tunic", "t-shirt", "hat")


def test_a_word_that_is_a_value_again_means_itself(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    shelf.labels.rename_value("class", "tee", "tunic")
    shelf.labels.add_value("class", "tee")
    assert shown(shelf, ids) == ["tunic", "cap", "cap"]  # it was taught when the word meant the other thing
    new_tagger(shelf, "taught since", ids)
    assert shown(shelf, ids) == ["tee", "cap", "cap"]


def test_a_tagger_with_both_heads_keeps_both(shelf: Shelf, ids: list[PhotoId]) -> None:
    store = TaggerStore(shelf.database)
    store.make_live(store.add("both", "both", TagSource.MODEL, {"brand": ("Acme",), "maker": ("Apex",)}))
    (row,) = store.all()
    top = (("Acme", 0.9),)
    said = {"brand": Prediction("Acme", 0.9, top, sure=True), "maker": Prediction("Apex", 0.9, (("Apex", 0.9),), True)}
    PredictionStore(shelf.database).put(row.id, ids[:1], [said])
    shelf.labels.rename_attribute("brand", "maker")
    assert shown(shelf, ids[:1], "brand") == ["Acme"]
    assert shown(shelf, ids[:1], "maker") == ["Apex"]


def test_copies_of_a_photo_keep_what_undoes_it(shelf: Shelf, ids: list[PhotoId], tagger: TaggerId) -> None:
    before = shelf.labels.rename_value("class", "tee", "t-shirt")
    copy = shelf.photo("copy.jpg", content=b"0.jpg")
    PredictionStore(shelf.database).copy(ids[0], copy)
    assert shown(shelf, [copy]) == ["t-shirt"]
    shelf.labels.restore(before)
    assert shown(shelf, [copy]) == ["tee"]


def test_many_words_are_renamed_at_once(shelf: Shelf, ids: list[PhotoId]) -> None:
    """More than are looked for in the text of each prediction; in letters that JSON writes otherwise."""
    words = [f"größe {number}" for number in range(60)]
    shelf.labels.define("size", words)
    store, predictions = TaggerStore(shelf.database), PredictionStore(shelf.database)
    tagger = store.add("sizes", "sizes", TagSource.MODEL, {"size": words})
    store.make_live(tagger)
    predictions.put(tagger, ids, [{"size": Prediction(word, 1.0, ((word, 1.0),), True)} for word in words[:3]])
    undo = [shelf.labels.rename_value("size", word, f"größte {number}") for number, word in enumerate(words)]
    assert shown(shelf, ids, "size") == ["größte 0", "größte 1", "größte 2"]
    for each in reversed(undo):
        shelf.labels.restore(each)
    assert shown(shelf, ids, "size") == words[:3]
    assert not WordingStore(shelf.database).of(tagger)


SEARCHES = {
    "class:tee": "class:t-shirt",
    "beach class:Tee color:red": "beach class:t-shirt color:red",
    "-class:tee is:favorite": "-class:t-shirt is:favorite",
    "tag:class=tee": "tag:class=t-shirt",
    "tag:tee": "tag:t-shirt",
    "tag:brand=tee": "tag:brand=tee",
    "class:t*": "class:t*",
    "class:cap tee": "tee class:cap",
}


@pytest.mark.parametrize("text", SEARCHES)
def test_saved_searches_ask_with_the_new_word(text: str) -> None:
    assert with_new_value(text, "class", "tee", "t-shirt", only=True) == SEARCHES[text]


def test_what_a_saved_search_asks_of_another_head_stays() -> None:
    assert with_new_value("tag:tee", "class", "tee", "t-shirt", only=False) == "tag:tee"
    assert with_new_value("a ((", "class", "tee", "t-shirt", only=True) == "a (("
    assert with_new_head("tag:brand=Acme tag:style=brand", "Brand", "maker") == "tag:maker=Acme tag:style=brand"
    assert with_new_value('tag:"brand=Acme Inc"', "brand", "acme inc", "a b", only=True) == 'tag:"brand=a b"'


FILTERS_OF_PHOTOS = ("orientation", "size", "camera", "album")


@pytest.mark.parametrize("head", FILTERS_OF_PHOTOS)
def test_an_attribute_called_like_a_filter_leaves_that_filter_alone(head: str) -> None:
    value = {"orientation": "landscape", "size": ">2mb"}.get(head, "old")
    assert with_new_value(f"{head}:{value}", head, value, "new", only=True) == f"{head}:{value}"
    assert with_new_value(f"tag:{head}={value} is:hidden", head, value, "new", only=True) == f"tag:{head}=new is:hidden"


NEW_VALUES = {
    ("tag:tee", "a=b"): "tag:class=a=b",
    ("tag:class=tee", "a=b"): "tag:class=a=b",
    ("tag:tee", "=b c"): 'tag:"class==b c"',
    ("class:tee", "a=b"): "class:a=b",
    ("-tag:tee", "5*"): "-tag:tee",
    ("class:tee", "5*"): "class:tee",
    ("tag:class=tee", "what?"): "tag:class=tee",
    ("class:tee", '"quoted" tee'): 'class:"""quoted"" tee"',
    ("tag:tee", "c\\d [e]"): 'tag:"c\\d [e]"',
}


@pytest.mark.parametrize(("text", "new"), NEW_VALUES)
def test_signs_in_a_new_value_mean_nothing_in_a_saved_search(text: str, new: str) -> None:
    changed = with_new_value(text, "class", "tee", new, only=True)
    assert changed == NEW_VALUES[text, new]
    (asked,) = parse(changed).filters
    assert asked.value in (new, f"class={new}", *(each.value for each in parse(text).filters))


def test_a_pattern_in_a_saved_search_stays_though_a_value_is_called_so() -> None:
    assert with_new_value("class:5*", "class", "5*", "five", only=True) == "class:5*"


def test_a_name_that_no_search_can_ask_for_leaves_it_as_it_is() -> None:
    assert with_new_head("tag:brand=Acme", "brand", "-") == "tag:brand=Acme"


def test_saved_searches_are_undone_and_others_told(shelf: Shelf) -> None:
    albums = Albums(AlbumStore(shelf.database), EventBus())
    for name, query in (("Tees", "class:tee"), ("Shirts", "class:t-shirt"), ("Acme", "tag:brand=Acme")):
        albums.create(name, query=query)

    def queries() -> dict[str, str | None]:
        return {each.name: each.query for each in albums.all()}

    before = shelf.labels.rename_value("class", "tee", "t-shirt")
    assert queries() == {"Acme": "tag:brand=Acme", "Shirts": "class:t-shirt", "Tees": "class:t-shirt"}
    assert [event for event in shelf.events if isinstance(event, AlbumsChanged)]
    shelf.labels.restore(before)
    assert queries() == {"Acme": "tag:brand=Acme", "Shirts": "class:t-shirt", "Tees": "class:tee"}
    shelf.labels.rename_attribute("brand", "maker")
    assert queries()["Acme"] == "tag:maker=Acme"


def test_wordings_are_kept_as_json() -> None:
    wording = Wording({"brand": "maker"}, {"class": {"tee": "tunic"}})
    assert Wording.of_json(json.loads(json.dumps(wording.as_json()))) == wording
    assert not Wording.of_json({})


def photos_with(library: Library, value: str) -> set[PhotoId]:
    """Sure or not."""
    return {hit.photo_id for hit in library.search(f"class:{value} conf:>0").hits}


def test_in_a_library_filters_albums_and_new_photos_follow(
    library: Library, tmp_path: Path, starter: ClipEncoder, make_photo: PhotoMaker
) -> None:
    promote(library, vector_checkpoint(tmp_path / "taught", starter))
    library.labels.define("class", HEADS["class"])
    value = library.tags.facets("class")[0].value
    album = library.albums.create("Old word", query=f"class:{value} -is:hidden")
    found = photos_with(library, value)
    assert found
    before = library.labels.rename_value("class", value, "marquee")
    assert photos_with(library, "marquee") == found
    assert not photos_with(library, value)
    (saved,) = [each for each in library.albums.all() if each.id == album.id]
    assert saved.query == "class:marquee -is:hidden"

    seen = library.photo_count()
    for number in range(4):
        make_photo(f"new {number}.jpg", f"{('red', 'blue', 'green', 'gray')[number]} circle on white")
    wait_until(lambda: library.photo_count() == seen + 4 and library.is_up_to_date)
    words = {facet.value for facet in library.tags.facets("class")}
    assert value not in words
    assert words <= {*HEADS["class"], "marquee"} - {value}
    library.labels.restore(before)
    assert {facet.value for facet in library.tags.facets("class")} <= set(HEADS["class"])
    assert "marquee" not in library.tags.taggers()[0].heads["class"]
