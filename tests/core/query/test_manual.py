"""Every example of docs/search.md does what the page says."""

from __future__ import annotations

import pytest

from core.errors import QueryError
from core.query import parse
from tests.core.query.conftest import Finder
from tests.core.query.manual import example_library, examples


def test_the_manual_has_examples_of_every_kind() -> None:
    assert len(examples("Type", "Read as")) >= 20
    assert len(examples("Type", "Finds")) >= 50
    assert len(examples("Type", "Marked", "Answer")) >= 13
    assert [row["id"] for row in example_library()] == list(range(1, 9))


@pytest.mark.parametrize(("line", "canonical"), examples("Type", "Read as"))
def test_terms_are_read_as_the_manual_says(line: str, canonical: str) -> None:
    assert str(parse(line)) == canonical
    assert str(parse(canonical)) == canonical


@pytest.mark.parametrize(("line", "numbers"), examples("Type", "Finds"))
def test_filters_find_what_the_manual_says(find_example: Finder, line: str, numbers: str) -> None:
    assert find_example(line) == ([] if numbers == "none" else [int(number) for number in numbers.split(", ")])


@pytest.mark.parametrize(("line", "marked", "answer"), examples("Type", "Marked", "Answer"))
def test_errors_point_at_the_word_and_answer_as_the_manual_says(line: str, marked: str, answer: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(line)
    assert line[caught.value.start : caught.value.end] == marked
    assert answer in str(caught.value)
