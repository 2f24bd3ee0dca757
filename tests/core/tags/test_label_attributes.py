"""What photos can be labelled with: made, renamed, merged, ordered, taken away, and all of it undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import LabelError
from core.tags.labels import Labels
from core.tags.values import Attribute, AttributesBefore
from core.types import PhotoId
from tests.core.tags.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    yield shelf
    shelf.close()


@pytest.fixture
def ids(shelf: Shelf) -> list[PhotoId]:
    """A brand on each of three photos; one value has a key."""
    ids = shelf.photos(3)
    shelf.labels.define("brand", ["Acme", "Bolt", "Corvo"])
    shelf.labels.set(ids[:2], "brand", "Acme")
    shelf.labels.set(ids[2:], "brand", "Bolt")
    shelf.labels.set_key("brand", "Bolt", "2")
    return ids


def named(labels: Labels, name: str) -> Attribute:
    return next(each for each in labels.attributes() if each.name == name)


def state(shelf: Shelf, ids: list[PhotoId]) -> object:
    return shelf.labels.attributes(), shelf.labels.of(ids)


def test_a_new_library_has_the_attributes_of_everyday_things(shelf: Shelf) -> None:
    attributes = {each.name: each.values for each in shelf.labels.attributes()}
    assert list(attributes) == ["class", "color", "material", "condition"]
    assert attributes["class"] == ()
    assert {"black", "white", "red"} <= set(attributes["color"])
    assert all(attributes[name] for name in ("material", "condition"))


CHANGES: dict[str, Callable[[Labels], AttributesBefore]] = {
    "define": lambda labels: labels.define("season", ["summer", "winter"]),
    "add value": lambda labels: labels.add_value("Brand", "Delta"),
    "rename": lambda labels: labels.rename_attribute("brand", "maker"),
    "rename in capitals": lambda labels: labels.rename_attribute("brand", "BRAND"),
    "remove": lambda labels: labels.remove_attribute("brand"),
    "rename value": lambda labels: labels.rename_value("brand", "Acme", "Apex"),
    "rename value in capitals": lambda labels: labels.rename_value("brand", "Acme", "ACME"),
    "merge": lambda labels: labels.rename_value("brand", "bolt", "acme"),
    "merge the other way": lambda labels: labels.rename_value("brand", "Acme", "bolt"),
    "remove value": lambda labels: labels.remove_value("brand", "Acme"),
    "order": lambda labels: labels.order_values("brand", ["corvo", "Acme"]),
    "set key": lambda labels: labels.set_key("brand", "Acme", "2"),
    "set a key that another attribute has": lambda labels: labels.set_key("color", "red", "2"),
    "clear key": lambda labels: labels.set_key("brand", "Bolt", None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_undone_and_done_again(shelf: Shelf, ids: list[PhotoId], name: str) -> None:
    first = state(shelf, ids)
    before = CHANGES[name](shelf.labels)
    changed = state(shelf, ids)
    assert changed != first
    again = shelf.labels.restore(before)
    assert state(shelf, ids) == first
    shelf.labels.restore(again)
    assert state(shelf, ids) == changed


def test_renaming_and_merging(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.labels.rename_attribute("brand", "maker")
    assert shelf.labels.counts() == {"maker": {"Acme": 2, "Bolt": 1}}
    shelf.labels.rename_value("maker", "Bolt", "ACME")
    assert shelf.labels.counts() == {"maker": {"Acme": 3}}
    assert named(shelf.labels, "maker") == Attribute("maker", ("Acme", "Corvo"), {"Acme": "2"})
    shelf.labels.rename_value("maker", "Acme", "Apex")
    assert shelf.labels.of(ids)[ids[0]] == {"maker": "Apex"}


def test_removing_takes_the_labels(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.labels.remove_value("brand", "Acme")
    assert shelf.labels.of(ids) == {ids[2]: {"brand": "Bolt"}}
    shelf.labels.remove_attribute("brand")
    assert shelf.labels.of(ids) == {}


def test_a_key_gives_one_value(shelf: Shelf, ids: list[PhotoId]) -> None:
    shelf.labels.set_key("color", "red", "2")
    assert named(shelf.labels, "brand").keys == {}
    assert named(shelf.labels, "color").keys == {"red": "2"}
    with pytest.raises(LabelError):
        shelf.labels.set_key("color", "red", "x" * 21)


def test_what_was_labelled_since_survives_the_undoing(shelf: Shelf, ids: list[PhotoId]) -> None:
    before = shelf.labels.rename_value("brand", "Acme", "Apex")
    late = shelf.photo("late.jpg")
    shelf.labels.set([late], "brand", "Apex")
    shelf.labels.restore(before)
    assert shelf.labels.of([ids[0], late]) == {ids[0]: {"brand": "Acme"}, late: {"brand": "Apex"}}
    assert "Apex" in named(shelf.labels, "brand").values
    gone = shelf.labels.remove_attribute("brand")
    shelf.labels.set([late], "brand", "Nova")
    shelf.labels.restore(gone)
    assert {"Acme", "Bolt", "Corvo"} <= set(named(shelf.labels, "brand").values)
    assert shelf.labels.of([ids[0], late]) == {ids[0]: {"brand": "Acme"}, late: {"brand": "Apex"}}


def test_what_cannot_be_done(shelf: Shelf, ids: list[PhotoId]) -> None:
    labels = shelf.labels
    refused: list[Callable[[], object]] = [
        lambda: labels.define("a:b"),
        lambda: labels.define("size", ["x" * 101]),
        lambda: labels.rename_attribute("color", "colour"),
        lambda: labels.remove_attribute("class"),
        lambda: labels.rename_attribute("brand", "Color"),
        lambda: labels.rename_attribute("none", "other"),
        lambda: labels.remove_attribute("none"),
        lambda: labels.add_value("none", "x"),
        lambda: labels.add_value("brand", " "),
        lambda: labels.rename_value("brand", "none", "x"),
        lambda: labels.rename_value("brand", "Acme", "x" * 101),
        lambda: labels.remove_value("brand", "none"),
        lambda: labels.order_values("brand", ["none"]),
        lambda: labels.set_key("brand", "none", "1"),
    ]
    first = state(shelf, ids)
    for each in refused:
        with pytest.raises(LabelError) as caught:
            each()
        assert caught.value.remedy
    assert state(shelf, ids) == first
