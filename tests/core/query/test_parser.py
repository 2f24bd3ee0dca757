"""What a line means: terms, weights, signs, where words stand, and that no line whatever makes the parser crash."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import QueryError
from core.query import Filter, Query, Term, compile_filters, parse, register_functions
from core.query.vocabulary import KEYS

# Pieces of the language in every wrong order reach far more corners than random characters do.
_PIECES = [
    *(f"{key}:" for key in KEYS),
    *(
        '"',
        "“",
        "”",
        "「",
        "「x」",
        "+",
        "-",
        "\u2013",
        "\u2212",
        "*",
        "2*",
        "0,5 *",
        ":",
        "\uff1a",
        "..",
        ">",
        "<=",
        " ",
        "  ",
        "\n",
    ),
    *("dog", "t-shirt", "собака", "赤い靴", "🐕", "2023-05", "2022..", "2mb", "12mp", "gps", "favorite", "camra:canon"),
    *(
        "a/b",
        "C:\\x",
        "*.jpg",
        "123",
        "photo:1",
        "image:a.jpg",
        '""',
        "today",
        "\x00",
        "\u3000",
        "\ud800",
        "é",
        "e\u0301",
    ),
]
_LINES = st.one_of(
    st.text(alphabet=st.characters(), max_size=60),
    st.lists(st.sampled_from(_PIECES), max_size=14).map("".join),
    st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join),
)


def _texts(line: str) -> list[tuple[str, float]]:
    return [(term.value, term.weight) for term in parse(line).terms]


class TestTerms:
    def test_free_text_is_one_term(self) -> None:
        assert parse("red shoes on grass").terms == (Term("text", "red shoes on grass"),)

    def test_signs_and_weights(self) -> None:
        assert _texts("2*dog + beach - 0.5*people") == [("dog", 2), ("beach", 1), ("people", -0.5)]

    def test_a_minus_written_to_a_word_leaves_the_words_after_it_where_they_were(self) -> None:
        assert _texts("dog -cat in snow") == [("dog in snow", 1), ("cat", -1)]

    def test_a_minus_with_a_space_takes_all_words_to_the_next_sign(self) -> None:
        assert _texts("dog - people in hats + beach") == [("dog", 1), ("people in hats", -1), ("beach", 1)]

    @pytest.mark.parametrize("line", ["t-shirt", "black-and-white", "x-ray", "3-4 people", "a -- b", "a -> b", "++i"])
    def test_signs_that_are_not_signs(self, line: str) -> None:
        assert _texts(line) == [(line, 1)]

    @pytest.mark.parametrize(
        "line", ["dog \u2013 people", "dog \u2212people", "dog \uff0d people", "dog - “people”", "dog -„people“"]
    )
    def test_typographic_signs(self, line: str) -> None:
        assert _texts(line) == [("dog", 1), ("people", -1)]

    def test_an_em_dash_is_punctuation(self) -> None:
        assert _texts("a dog — running") == [("a dog — running", 1)]

    def test_images_mixed_with_text(self) -> None:
        query = parse('photo:0123 at night - 0.5*image:"/my photos/pool.jpg"')
        assert query.terms == (
            Term("image", "photo:123"),
            Term("text", "at night"),
            Term("image", "/my photos/pool.jpg", -0.5),
        )
        assert [term.photo_id for term in query.terms] == [123, None, None]

    @pytest.mark.parametrize("line", ["", "   ", "-", "+ -", '""', "\u3000\n"])
    def test_nothing_is_an_empty_query(self, line: str) -> None:
        assert parse(line).is_empty

    def test_unfinished_lines_stay_valid_while_they_are_typed(self) -> None:
        assert parse("dog -") == parse("dog")
        assert parse('dog "on the be') == parse("dog on the be")

    def test_terms_know_where_they_stand(self) -> None:
        line = 'dog -2*"big cat" camera:canon - people'
        query = parse(line)
        marked = [line[part.start : part.end] for part in (*query.terms, *query.filters)]
        assert marked == ["dog", '-2*"big cat"', "- people", "camera:canon"]


class TestFilters:
    def test_they_stand_anywhere_and_do_not_split_the_text(self) -> None:
        query = parse('camera:canon red -folder:"a b" shoes')
        assert query.terms == (Term("text", "red shoes"),)
        assert query.filters == (Filter("camera", "canon"), Filter("folder", "a b", negated=True))

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("FORMAT:.JPG", Filter("format", "jpeg")),
            ("format\uff1aheic", Filter("format", "heif")),
            ("- is:favourite", Filter("is", "favorite", negated=True)),
            ("date:2023/5/1", Filter("date", "2023-05-01")),
            ("date:20230501", Filter("date", "2023-05-01")),
            ('date:"Last Month"', Filter("date", "last-month")),
            ("date:2022..", Filter("date", "2022..", "..")),
            ("size:≥2,5MB", Filter("size", "2.5mb", ">=")),
            ("size:2..5mb", Filter("size", "2mb..5mb", "..")),
        ],
    )
    def test_values_have_one_canonical_form(self, line: str, expected: Filter) -> None:
        assert parse(line).filters == (expected,)

    @pytest.mark.parametrize("line", ["12:30", "re: meeting", "http://camera", "C:\\photos", "re:union", ":-)", "16:9"])
    def test_other_colons_are_text(self, line: str) -> None:
        assert parse(line).terms == (Term("text", line),)

    @pytest.mark.parametrize(
        "line",
        [
            "date:..",
            "date:0000",
            "date:9999",
            "size:2mb..12mp",
            "after:2022..2023",
            "photo:" + "9" * 30,
            "image:",
            "0*x",
        ],
    )
    def test_invalid_values_are_errors(self, line: str) -> None:
        with pytest.raises(QueryError):
            parse(line)

    def test_more_parts_than_a_database_takes_are_an_error(self) -> None:
        with pytest.raises(QueryError):
            parse("name:a " * 2000)


class TestCanonicalText:
    def test_terms_come_first_then_filters(self) -> None:
        assert str(parse("camera:canon beach -people sunset")) == "beach sunset - people camera:canon"

    def test_chips_can_be_taken_out_and_replaced(self) -> None:
        query = parse("dog - people camera:canon")
        assert str(query.without(query.terms[1])) == "dog camera:canon"
        assert str(query.without(query.filters[0])) == "dog - people"
        assert str(query.replacing(query.terms[0], Term("text", "cat", 2))) == "2*cat - people camera:canon"
        assert str(query.replacing(query.filters[0], Filter("is", "favorite"))) == "dog - people is:favorite"
        assert query.without(Term("text", "absent")) == query

    def test_of_two_equal_parts_the_very_one_is_meant(self) -> None:
        query = parse("dog + cat + dog")
        assert str(query.without(query.terms[2])) == "dog + cat"
        assert str(query.replacing(query.terms[2], Term("text", "bird"))) == "dog + cat + bird"
        assert str(query.without(Term("text", "dog"))) == "cat + dog"

    def test_a_term_is_not_replaced_by_a_filter(self) -> None:
        with pytest.raises(TypeError):
            parse("dog").replacing(Term("text", "dog"), Filter("is", "favorite"))

    def test_pasted_text_keeps_its_meaning(self) -> None:
        query = Query((Term("text", '"2*dog" - camera:canon'), Term("image", 'a "b".jpg')))
        assert parse(str(query)) == query


def _outcome(line: str) -> Query | QueryError:
    try:
        return parse(line)
    except QueryError as error:
        return error


class TestAnyLine:
    @settings(max_examples=400, deadline=None, database=None)
    @given(_LINES)
    @example('"' * 7)
    @example("- 2*-dog")
    @example("image:photo:007")
    @example("date:9999-12-31")
    @example("9" * 5000 + "*x")
    def test_is_a_query_or_an_error_that_points_into_it(self, line: str) -> None:
        outcome = _outcome(line)
        if isinstance(outcome, QueryError):
            assert outcome.message
            assert outcome.remedy
            parts = (outcome,)
        else:
            assert parse(str(outcome)) == outcome
            assert str(parse(str(outcome))) == str(outcome)
            parts = (*outcome.terms, *outcome.filters)
        assert all(0 <= part.start < part.end <= len(line) for part in parts)

    @settings(max_examples=200, deadline=None, database=None)
    @given(_LINES)
    @example("folder:[ name:[*]? name:** folder:/ folder:\\ camera:\x00")
    def test_makes_filters_that_are_valid_sql(self, line: str) -> None:
        outcome = _outcome(line)
        if isinstance(outcome, QueryError):
            return
        connection = sqlite3.connect(":memory:")
        register_functions(connection)
        columns = "path, name, dated_at, taken_at, camera, lens, format, width, height, size_bytes"
        connection.execute(f"CREATE TABLE photos (id, {columns}, latitude, longitude, favorite, hidden)")
        connection.execute("CREATE TABLE albums (id, name)")
        connection.execute("CREATE TABLE album_photos (album_id, photo_id)")
        connection.execute("CREATE TABLE labels (photo_id, head, value)")
        connection.execute("CREATE TABLE taggers (id, heads)")
        connection.execute("CREATE TABLE answering (head, tagger_id, source)")
        connection.execute("CREATE TABLE predictions (tagger_id, photo_id, head, label, probability, sure)")
        condition, parameters = compile_filters(outcome.filters, today=date(2024, 6, 12))
        assert connection.execute(f"SELECT * FROM photos p WHERE {condition}", parameters).fetchall() == []
        connection.close()
