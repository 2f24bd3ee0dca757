"""The hundred everyday queries: their rules, and their tables on real photos."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from trainer.evaluate.cli import evaluate
from trainer.evaluate.everyday import Query, queries
from trainer.evaluate.photos import LabelledPhoto, read_unseen


def test_there_are_a_hundred_and_each_has_a_rule() -> None:
    asked = queries()
    assert len({query.text for query in asked}) == len(asked) == 100
    assert Counter(query.kind for query in asked) == {"things": 71, "colour and material": 13, "scenes": 16}
    assert all(query.names or query.color or query.material or query.caption for query in asked)


def test_each_has_photos_that_are_right_and_photos_that_are_not(shared_data: Path) -> None:
    photos = read_unseen(shared_data)
    for query in queries():
        judged = [query.is_right(photo) for photo in photos if query.can_judge(photo)]
        assert 0 < sum(judged) < len(judged), query.text


@pytest.mark.parametrize(
    ("caption", "right"),
    [
        ("Two dogs run over a grassy field.", True),
        ("A dog running through grass", True),
        ("The hot dog runs out on a field", True),  # a rule reads words, no sense
        ("A boy runs on grass", False),
        ("A dogged runner on grass", True),
        ("An underdog runs on grass", False),
    ],
)
def test_a_caption_has_a_word_of_each_group(caption: str, right: bool) -> None:
    query = Query(text="dog on grass", caption=(("dog*",), ("run*",), ("grass*", "field")))
    assert query.is_right(LabelledPhoto(b"", "flickr8k", "", captions=("Nothing.", caption))) is right


def test_colours_are_asked_of_photos_that_state_one() -> None:
    query = Query(text="red bag", names=("bag",), color=("red",))
    bag = LabelledPhoto(b"", "shop", "handbag", frozenset({"bag"}))
    assert not query.can_judge(bag)
    red = LabelledPhoto(b"", "shop", "handbag", frozenset({"bag"}), color="red")
    assert query.can_judge(red)
    assert query.is_right(red)
    assert not query.is_right(LabelledPhoto(b"", "shop", "handbag", frozenset({"bag"}), color="blue"))


def test_tables_and_page_of_the_bundled_model(shared_data: Path, tmp_path: Path) -> None:
    arguments = ["everyday", "--data", str(shared_data), "--json", "--page", str(tmp_path / "hits.html")]
    result = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    kinds, each = json.loads(result.output)["tables"]
    assert [row["queries"] for row in kinds["rows"]] == [71, 13, 16, 100]
    assert kinds["rows"][-1]["mAP"]["value"] > 0.2  # by chance: 0.02
    assert len(each["rows"]) == 100
    page = (tmp_path / "hits.html").read_text(encoding="utf-8")
    assert page.count("<h2>") == 30
    assert page.count("data:image/jpeg") == 30 * 12


def test_names_alone_tell_classes_apart(shared_data: Path) -> None:
    arguments = ["zero-shot", "--data", str(shared_data), "--json"]
    result = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    classes, attributes = json.loads(result.output)["tables"]
    by_source = {row["source"]: row for row in classes["rows"]}
    assert (by_source["products"]["classes"], by_source["products"]["photos"]) == (10, 100)
    assert by_source["products"]["top-1"] > 0.3
    assert [row["attribute"] for row in attributes["rows"]] == ["color", "material"]
