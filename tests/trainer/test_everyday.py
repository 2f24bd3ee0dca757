"""The hundred everyday queries: their rules, and their tables on real photos."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner
from PIL import Image

from trainer.evaluate.cli import evaluate
from trainer.evaluate.everyday import Query, queries
from trainer.evaluate.photos import LabelledPhoto, read_unseen
from trainer.evaluate.views_quality import corners, middle
from trainer.evaluate.words_quality import Taken, unknown_words


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


@pytest.fixture(scope="module")
def few_unseen(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 120 validation photos of all three folders."""
    folder = tmp_path_factory.mktemp("few unseen photos")
    (folder / "starter-pack").mkdir()
    rows = [
        parquet.read_table(shard, filters=[("split", "=", "val")]).slice(0, 10)
        for shard in sorted((shared_data / "starter-pack").glob("*.parquet"))[:8]
    ]
    parquet.write_table(pyarrow.concat_tables(rows), folder / "starter-pack" / "few.parquet")
    (folder / "products" / "images").mkdir(parents=True)
    head, *lines = (shared_data / "products" / "labels.csv").read_text().splitlines()
    kept = [line for line in lines if ",val," in line][::5]
    (folder / "products" / "labels.csv").write_text("\n".join([head, *kept]))
    clothing = sorted((shared_data / "clothing" / "validation").glob("*/*"))[::17]
    names = [f"products/{line.partition(',')[0]}" for line in kept]
    for name in [*names, *(str(path.relative_to(shared_data)) for path in clothing)]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared_data / name, folder / name)
    return folder


def test_names_alone_tell_classes_apart(few_unseen: Path) -> None:
    arguments = ["zero-shot", "--data", str(few_unseen), "--json"]
    result = CliRunner().invoke(evaluate, arguments, catch_exceptions=False)
    classes, attributes = json.loads(result.output)["tables"]
    by_source = {row["source"]: row for row in classes["rows"]}
    assert (by_source["products"]["classes"], by_source["products"]["photos"]) == (10, 20)
    assert by_source["products"]["top-1"] > 0.3
    assert [row["attribute"] for row in attributes["rows"]] == ["color", "material"]


def test_looking_more_than_once_is_compared_with_looking_once(few_unseen: Path) -> None:
    result = CliRunner().invoke(evaluate, ["views", "--data", str(few_unseen), "--json"], catch_exceptions=False)
    rows = json.loads(result.output)["tables"][0]["rows"]
    assert [row["pictures a photo"] for row in rows] == [1, 1, 2, 5, 5]
    scores = [row["mAP of everyday queries"]["value"] for row in rows]
    assert all(0.1 < score <= 1 for score in scores)
    assert len(set(scores)) == len(scores)


def test_corners_overlap_and_reach_all_edges() -> None:
    photo = Image.linear_gradient("L").resize((90, 60))
    assert [part.size for part in corners(photo)] == [(60, 40)] * 4
    assert {part.getpixel((59, 39)) for part in corners(photo)[2:]} == {photo.getpixel((89, 59))}
    assert middle(photo).size == (60, 60)


def test_words_that_no_photo_was_described_with(few_unseen: Path) -> None:
    result = CliRunner().invoke(evaluate, ["words", "--data", str(few_unseen), "--json"], catch_exceptions=False)
    found, lines = json.loads(result.output)["tables"]
    assert found["rows"][-1]["word"] == "all"
    assert 0 < found["rows"][-1]["average precision of the word"]["value"] < 1
    near = [row["taken for a known word"] for row in lines["rows"]]
    assert near == sorted(near, reverse=True)
    assert all(row["for their own"] <= row["taken for a known word"] <= row["synonyms"] for row in lines["rows"])


def test_the_lists_of_unknown_words_are_apart() -> None:
    words = unknown_words()
    assert len(set(words.outside)) == len(words.outside) > 80
    assert words.synonyms.keys().isdisjoint(words.outside)
    taken = Taken("lorry", "trucks", 0.8)
    assert taken.means(["pickup truck"])
    assert not taken.means(["car"])
    assert not taken.is_alike
    assert Taken("crane", "hurricane", 0.9).is_alike
