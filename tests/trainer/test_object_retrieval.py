"""`recollect evaluate retrieval --on`: one's own labelled photos, asked in words, with the real starter."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from core.errors import LabelFileError
from tests.trainer.tiny_training import write_photos
from trainer.data.features import starter
from trainer.data.hierarchy import FILE
from trainer.data.sources import read_examples
from trainer.evaluate.cli import evaluate
from trainer.evaluate.embedded import VectorFileError, embed
from trainer.evaluate.object_retrieval import DEPTH, ask, read_questions
from trainer.evaluate.photos import DataMissingError

COLOURS = """
[[query]]
text = "red"
kind = "precise"
names = ["RED"]

[[query]]
text = "the colour of the sky"
kind = "ambiguous"
names = ["cold"]

[[query]]
text = "something to write with"
kind = "ambiguous"
names = ["pen"]
"""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 photos of red, blue and green shapes; blue and green are cold."""
    folder = write_photos(tmp_path_factory.mktemp("photos") / "shapes")
    (folder / FILE).write_text('[cold]\nclasses = ["blue", "green"]\n', encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECOLLECT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def retrieval(*words: object) -> Result:
    return CliRunner().invoke(evaluate, ["retrieval", *map(str, words)])


def test_questions_are_answered_and_judged(photos: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.toml").write_text(COLOURS, encoding="utf-8")
    page, file = tmp_path / "page.html", tmp_path / "vectors.npz"
    asked = ["--on", photos, "--part", "all", "--queries", tmp_path / "queries.toml", "--json"]
    done = retrieval(*asked, "--page", page, "--save", file)
    assert done.exit_code == 0, done.output
    assert "24 of 24 photos were looked at" in done.stderr
    names, kinds, each = json.loads(done.stdout)["tables"]
    assert (names["rows"][0]["names"], names["rows"][0]["photos"]) == (3, 24)
    assert [(row["kind"], row["queries"], row["judged"]) for row in kinds["rows"]] == [
        ("precise", 1, 1),
        ("ambiguous", 2, 1),
        ("all", 3, 2),
    ]
    red, sky, pen = each["rows"]
    assert (red["right"], sky["right"], pen["right"]) == (8, 16, "")
    assert red["P@12"] > 0.6  # by chance: a third
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 3 * DEPTH
    assert text.count(">right</span>") + text.count(">wrong</span>") == 2 * DEPTH  # nobody can judge the pen
    assert "No class here is known to answer it" in text
    with np.load(file) as kept:
        words = json.loads(kept["words"].tobytes())
        assert kept["vectors"].shape[0] == len(words["paths"]) == 24
        assert np.allclose(np.linalg.norm(kept["vectors"], axis=1), 1, atol=1e-6)
    assert words["encoder"].startswith("starter:")
    assert {Path(path).parent.name for path in words["paths"]} == {"red", "blue", "green"}


def test_vectors_are_made_once(photos: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "vectors.npz"
    first = retrieval("--on", photos, "--save", file, "--json")
    again = retrieval("--on", photos, "--json")
    monkeypatch.setenv("RECOLLECT_HOME", str(tmp_path / "another"))
    elsewhere = retrieval("--on", photos, "--save", file, "--json")
    fresh = retrieval("--on", photos, "--part", "all")
    counts = [result.stderr.split(" of ")[0] for result in (first, again, elsewhere)]
    assert counts == ["3", "0", "0"]
    tables = [json.loads(result.stdout)["tables"] for result in (first, again, elsewhere)]
    assert tables[0] == tables[1] == tables[2]
    assert "21 of 24 photos were looked at" in fresh.stderr  # without the three that the file brought


def test_the_default_questions_are_of_both_kinds() -> None:
    asked = read_questions()
    kinds = [question.kind for question in asked]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"precise": 30, "ambiguous": 30}
    assert len({question.text for question in asked}) == len(asked)
    assert all(question.names for question in asked)


def test_the_default_questions_find_products(shared_data: Path, home: Path) -> None:
    done = retrieval("--on", shared_data / "products", "--part", "test", "--json")
    assert done.exit_code == 0, done.output
    _, kinds, _ = json.loads(done.stdout)["tables"]
    rows = {row["kind"]: row for row in kinds["rows"]}
    assert rows["precise"]["judged"] >= 10
    assert rows["ambiguous"]["judged"] >= 5
    assert rows["all"]["mAP"]["value"] > 0.3


def test_a_plain_text_is_a_question_a_line(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("a red pen\n\n  something to sit on \n", encoding="utf-8")
    assert [(each.text, each.kind, each.names) for each in read_questions(file)] == [
        ("a red pen", "", ()),
        ("something to sit on", "", ()),
    ]


@pytest.mark.parametrize("text", ["", "[[query]]\nkind = 3\n", "query = 4", "[[query]]\ntext = ''", "not toml ["])
def test_a_file_of_no_queries_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "queries.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LabelFileError, match="no file of queries") as raised:
        read_questions(tmp_path / "queries.toml")
    assert "[[query]]" in str(raised.value.remedy)


def test_strengths_rise_with_cosines_and_photos_that_cannot_be_read_are_left_out(photos: Path, tmp_path: Path) -> None:
    encoder = starter()
    dataset = read_examples(photos)
    lost = tmp_path / "lost.png"
    lost.write_bytes(b"no picture")
    broken = [*dataset.examples, type(dataset.examples[0])(lost, "lost", {"class": "red"})]
    embedded = embed(encoder, broken, tmp_path / "cache")
    assert (len(embedded.examples), embedded.unreadable, embedded.new) == (24, 1, 24)
    (answer,) = ask(encoder, embedded, read_questions()[:1], {})
    cosines, strengths = ([getattr(hit, name) for hit in answer.hits] for name in ("cosine", "strength"))
    assert cosines == sorted(cosines, reverse=True)
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 <= strength <= 1 for strength in strengths)


def test_a_file_that_holds_something_else_is_never_written(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "precious.npz"
    np.savez(file, mine=np.arange(3))
    before = file.read_bytes()
    with pytest.raises(VectorFileError, match="holds no vectors"):
        embed(starter(), read_examples(photos).examples, tmp_path / "cache", file)
    assert file.read_bytes() == before


def test_a_part_that_is_not_there_is_named(home: Path, tmp_path: Path) -> None:
    for part in ("train", "validation"):
        write_photos(tmp_path / "parts" / part, each=2)
    failed = retrieval("--on", tmp_path / "parts", "--part", "test")
    assert isinstance(failed.exception, DataMissingError)
    assert "--part all" in str(failed.exception.remedy)


def test_options_of_on_go_with_it() -> None:
    failed = retrieval("--page", "page.html")
    assert failed.exit_code == 2
    assert "--on FOLDER" in failed.stderr
