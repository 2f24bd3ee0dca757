"""Filters by tags where the manual's examples do not reach: two taggers, negation, odd characters."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date

import pytest

from core.errors import QueryError
from core.query import compile_filters, parse
from tests.core.query.conftest import AddTags, Finder
from tests.core.query.manual import PhotoRow


@pytest.fixture
def photos(add_photo: Callable[[PhotoRow], None], add_tags: AddTags) -> None:
    for number in range(1, 6):
        name = f"{number}.jpg"
        add_photo({"path": f"/{name}", "name": name, "size_bytes": 1, "dated_at": "2023-05-01T12:00:00"})
    add_tags(
        [
            (1, "tagger", "class", "Stra\u00dfe 50%", 0.9, True),
            (2, "tagger", "class", "mug", 0.3, False),
            (3, "tagger", "class", "mug", 0.9, True),
            (3, "user", "class", "cup", None, True),
            (4, "user", "my style", "a=b", None, True),
        ]
    )


@pytest.mark.parametrize(
    "line",
    [
        *("class:mug", "class:absent", "class:*", "tag:mug", "tag:class=cup", "color:red", "conf:>0.5", "conf:..0.5"),
        *("is:unsure", "is:unknown", "is:corrected", "is:labelled", "conf:0.9"),
    ],
)
@pytest.mark.usefixtures("photos")
def test_a_negated_filter_finds_exactly_the_others(find: Finder, line: str) -> None:
    assert sorted(find(line) + find(f"-{line}")) == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("photos")
def test_values_are_compared_without_case_and_gaps(find: Finder) -> None:
    assert find('class:"STRASSE_50%"') == [1]
    assert find("class:stra?e*") == []  # folded, the letter has become two
    assert find('tag:"My-Style = A=B"') == [4]
    assert find("tag:cup") == [3]
    assert find("class:mug") == []


@pytest.mark.usefixtures("photos")
def test_unsure_ones_count_where_the_line_says_how_sure(find: Finder) -> None:
    assert find("class:mug is:unsure") == [2]
    assert find("class:mug conf:<0.5") == [2]
    assert find("class:mug -is:unsure") == []


@pytest.mark.usefixtures("photos")
def test_unknown_ones_are_those_of_the_live_tagger_that_nobody_has_labelled(
    find: Finder, connection: sqlite3.Connection
) -> None:
    assert find("is:unknown") == []
    connection.execute("UPDATE predictions SET unknown = 1, sure = 0 WHERE photo_id IN (1, 2, 3)")
    assert find("is:unknown") == [1, 2]  # of photo 3 the user has said what it is
    assert find("class:mug is:unknown") == [2]  # the nearest class
    assert find("is:unsure") == []
    assert find("is:corrected") == []  # nobody is corrected who has said that he does not know
    connection.execute("UPDATE taggers SET live = 0")
    assert find("is:unknown") == []


@pytest.mark.usefixtures("photos")
def test_a_trained_tagger_speaks_in_place_of_zero_shot(find: Finder, connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO taggers (id, key, name, source, heads, live, created_at)"
        """ VALUES (2, 'z', 'Z', 'zero-shot', '{"class": ["mug", "pot"], "color": ["red"]}', 1, '2024-01-01')"""
    )
    for head, label in (("class", "pot"), ("color", "red")):
        connection.execute("INSERT INTO predictions VALUES (2, 5, ?, ?, 0.9, '[]', 1, NULL, 0)", [head, label])
    assert find("class:pot") == []
    assert find("color:red") == [5]
    connection.execute("UPDATE taggers SET live = 0 WHERE id = 1")
    assert find("class:pot") == [5]


def test_what_a_filter_meets_depends_on_those_beside_it() -> None:
    alone, unsure = parse("class:mug").filters, parse("is:unsure").filters
    assert "sure = 1" in compile_filters(alone, today=date.min)[0]
    assert "sure = 1" not in compile_filters(alone, today=date.min, beside=unsure)[0]


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ('conf:"> 80 %"', "conf:>80%"),
        ("conf:\u2265,5", "conf:>=0.5"),
        ("conf:40..60%", "conf:40%..60%"),
        ("conf:0.4..60%", "conf:0.4..60%"),
        ('tag:"style = casual"', "tag:style=casual"),
        ("class:clothing_cap", "class:clothing_cap"),
        ("is:labeled", "is:labelled"),
    ],
)
def test_canonical_text(line: str, canonical: str) -> None:
    assert str(parse(line)) == canonical
    assert parse(canonical) == parse(line)


@pytest.mark.parametrize(
    "line", ["conf:", "conf:2", "conf:-1", "conf:101%", "conf:..", "conf:.", "tag:=x", "tag:x=", "is:sure"]
)
def test_what_cannot_be_meant_is_pointed_at(line: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(line)
    assert caught.value.remedy
