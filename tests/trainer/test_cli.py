"""`recollect evaluate` on a small part of the real photos, with the real starter."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from trainer.evaluate.cli import evaluate
from trainer.evaluate.search_quality import PRODUCT_QUERIES


@pytest.fixture(scope="module")
def few(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validation photos of one shard of the starter pack, 60 at most, and the test part of the product photos."""
    folder = tmp_path_factory.mktemp("few photos")
    shard = min((shared_data / "starter-pack").glob("*.parquet"))
    rows = pq.read_table(shard, filters=[("split", "=", "val"), ("source", "in", ["flickr8k", "flowers-5"])])
    (folder / "starter-pack").mkdir()
    pq.write_table(rows.slice(0, 60), folder / "starter-pack" / shard.name)
    (folder / "products" / "images").mkdir(parents=True)
    head, *lines = (shared_data / "products" / "labels.csv").read_text().splitlines()
    kept = [line for line in lines if ",test," in line]
    (folder / "products" / "labels.csv").write_text("\n".join([head, *kept]))
    for line in kept:
        name = line.partition(",")[0]
        shutil.copy(shared_data / "products" / name, folder / "products" / name)
    return folder


def test_retrieval_prints_three_tables_with_a_row_for_all(few: Path) -> None:
    result = CliRunner().invoke(evaluate, ["retrieval", "--data", str(few)], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.output.count("### ") == 3
    assert result.output.count("| all | ") == 3
    assert "starter:" in result.output.splitlines()[-1]


def test_json_holds_the_same_numbers(few: Path) -> None:
    result = CliRunner().invoke(evaluate, ["products", "--data", str(few), "--json"], catch_exceptions=False)
    report = json.loads(result.output)
    assert report["encoder"].startswith("starter:")
    every, test_part = report["tables"]
    assert [row["query"] for row in every["rows"]] == [*PRODUCT_QUERIES.values(), "all"]
    assert test_part["rows"][-1]["photos"] == 53
    assert test_part["rows"][-1]["P@5"] > 0.3  # guessing gives 0.1


def test_templates_are_compared_with_the_bare_words(few: Path) -> None:
    result = CliRunner().invoke(evaluate, ["templates", "--data", str(few), "--json"], catch_exceptions=False)
    bare, *_ = json.loads(result.output)["tables"][0]["rows"]
    assert bare["templates"] == "{}"
    assert bare["gain"]["value"] == 0.0
