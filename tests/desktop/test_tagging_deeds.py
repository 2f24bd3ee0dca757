"""The deeds that label photos: done, undone and done again on a real library, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.query import parse
from core.tags.values import CLASS, Prediction, Tag, TagSource
from desktop.tagging.deeds import AcceptTags, ClearLabel, RestorableDeed, SetLabel
from desktop.tagging.tag_words import head_name, percent, query_of, said_by
from tests.desktop.indexed_library import index

if TYPE_CHECKING:
    from core.library import Library
    from core.types import PhotoId


@pytest.fixture
def ids(library: Library, photo_folder: Path) -> list[PhotoId]:
    index(library, photo_folder)
    return list(library.browse().ids)


def nothing(_done: int, _total: int) -> None:
    """Nobody wants to know how far it is."""


def classes(library: Library, ids: list[PhotoId]) -> dict[PhotoId, str]:
    return {photo_id: labels[CLASS] for photo_id, labels in library.labels.of(ids).items() if CLASS in labels}


def test_a_label_is_set_taken_back_and_set_again(library: Library, ids: list[PhotoId]) -> None:
    library.labels.set(ids[:1], CLASS, "mug")
    deed = SetLabel(library, ids[:3], CLASS, "backpack")
    assert deed.text == "label 3 photos “backpack”"
    assert deed.do(nothing).message == "Labelled 3 photos “backpack”"
    assert classes(library, ids) == dict.fromkeys(ids[:3], "backpack")
    outcome = deed.undo(nothing)
    assert (outcome.message, outcome.changed) == ("3 photos are labelled as before", 3)
    assert classes(library, ids) == {ids[0]: "mug"}
    assert deed.do(nothing).changed == 3
    assert classes(library, ids) == dict.fromkeys(ids[:3], "backpack")


def test_what_is_so_already_cannot_be_undone(library: Library, ids: list[PhotoId]) -> None:
    library.labels.set(ids[:1], "color", "red")
    outcome = SetLabel(library, ids[:1], "color", "Red").do(nothing)
    assert (outcome.message, outcome.changed) == ("It is labelled “Red” already", 0)


def test_labels_of_one_head_are_removed(library: Library, ids: list[PhotoId]) -> None:
    library.labels.set(ids[:2], CLASS, "mug")
    library.labels.set(ids[:2], "color", "red")
    deed = ClearLabel(library, ids, "color")
    assert deed.text == "remove the label of the colour from 6 photos"
    assert deed.do(nothing).message == "Removed the label from 2 photos"
    assert library.labels.of(ids[:1]) == {ids[0]: {CLASS: "mug"}}
    deed.undo(nothing)
    assert library.labels.of(ids[:1]) == {ids[0]: {CLASS: "mug", "color": "red"}}
    assert ClearLabel(library, ids[3:]).do(nothing).message == "There is no label to remove"


def test_what_stands_at_one_photo_is_accepted_also_where_the_tagger_is_unsure(
    library: Library, ids: list[PhotoId]
) -> None:
    tags = library.tags.of(ids[:1])[ids[0]]
    assert CLASS in tags
    library.labels.set(ids[:1], "color", "octarine")
    deed = AcceptTags(library, ids[:1])
    outcome = deed.do(nothing)
    assert outcome.message == "Accepted the tags of 1 photo"
    assert library.labels.of(ids[:1])[ids[0]] == {head: tag.value for head, tag in tags.items()} | {"color": "octarine"}
    deed.undo(nothing)
    assert library.labels.of(ids[:1]) == {ids[0]: {"color": "octarine"}}
    assert tags[CLASS].value not in next(each for each in library.labels.attributes() if each.name == CLASS).values


def test_of_many_photos_only_what_is_sure_is_accepted(library: Library, ids: list[PhotoId]) -> None:
    before = library.tags.of(ids)
    sure = {photo_id for photo_id, tags in before.items() if tags[CLASS].sure}
    outcome = AcceptTags(library, ids, [CLASS]).do(nothing)
    assert set(classes(library, ids)) == sure
    assert outcome.changed == len(sure)
    assert f"the model is unsure of {len(ids) - len(sure)} photo" in outcome.message


def test_any_change_of_attributes_is_a_deed(library: Library, ids: list[PhotoId]) -> None:
    library.labels.set(ids[:2], "style", "casual")
    deed = RestorableDeed(
        library,
        "rename “casual” to “plain”",
        lambda: library.labels.rename_value("style", "casual", "plain"),
        lambda _before: "Renamed",
    )
    assert deed.do(nothing).message == "Renamed"
    assert library.labels.of(ids[:1])[ids[0]] == {"style": "plain"}
    assert deed.undo(nothing).changed
    assert library.labels.of(ids[:1])[ids[0]] == {"style": "casual"}
    deed.do(nothing)
    assert library.labels.of(ids[:2]) == {each: {"style": "plain"} for each in ids[:2]}


class TestWords:
    @pytest.mark.parametrize("head", ["class", "color", "style", "größe"])
    @pytest.mark.parametrize("value", ["backpack", "dark red", 'a "b"', "=x", "コップ"])
    @pytest.mark.parametrize("unsure", [False, True])
    def test_what_is_searched_for_is_canonical(self, head: str, value: str, unsure: bool) -> None:
        query = query_of(head, value, unsure=unsure)
        assert str(parse(query)) == query
        assert not parse(query).terms

    def test_a_search_finds_the_photos_of_a_value(self, library: Library, ids: list[PhotoId]) -> None:
        for head, value in ((CLASS, "old mug"), ("color", "red"), ("my style", "very casual")):
            library.labels.set(ids[1:3], head, value)
            assert set(library.browse(query_of(head, value)).ids) == set(ids[1:3])

    def test_who_says_so(self) -> None:
        sure, unsure = (Prediction("mug", share, (("mug", share),), share > 0.5) for share in (0.934, 0.41))
        assert said_by(Tag(CLASS, "mug", TagSource.USER, True, sure)) == "You said so"
        assert said_by(Tag(CLASS, "cup", TagSource.USER, True, sure)) == "You said “cup”, the model “mug”"
        assert said_by(Tag(CLASS, "mug", TagSource.MODEL, True, sure)) == "93%"
        assert said_by(Tag(CLASS, "mug", TagSource.MODEL, False, unsure)) == "Unsure, perhaps mug 41%"
        assert said_by(Tag(CLASS, "mug", TagSource.ZERO_SHOT, False, unsure)) == "An unsure guess, 41%"

    def test_nothing_is_certain_but_certainty(self) -> None:
        assert [percent(share) for share in (1.0, 0.9996, 0.985, 0.004, 0.0)] == [
            "100%",
            "99%",
            "99%",
            "under 1%",
            "0%",
        ]
        assert head_name("color") == "Colour"
