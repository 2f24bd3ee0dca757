"""What is searched: read from TOML, and refused before anything is trained."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.errors import TrainingError
from tests.trainer.tiny_task import plug_in, regression_config
from trainer.recipe_book import recipe, recipes
from trainer.tune.space import Choice, Range, read_search_file, read_space, with_at_most, with_values

plug_in()

TABLE = """
phases.all.head_lr = {low = 1e-5, high = 1e-2, log = true}
phases.all.epochs = {low = 5, high = 20}
head_dropout = {low = 0, high = 0.6}
batch_size = {choices = [16, 32, 64]}
"""


def test_ranges_take_the_kind_of_the_value_that_they_stand_for() -> None:
    config = recipe("starter-finetune").config
    space = read_space(tomllib.loads(TABLE), config)
    assert space.parts == (
        Range("phases.all.head_lr", 1e-5, 1e-2, log=True),
        Range("phases.all.epochs", 5, 20, whole=True),
        Range("head_dropout", 0, 0.6),
        Choice("batch_size", (16, 32, 64)),
    )
    assert space.values_of(config) == {
        "phases.all.head_lr": 5e-4, "phases.all.epochs": 15, "head_dropout": 0.2, "batch_size": 32,
    }  # fmt: skip
    assert read_space(space.table(), config) == space


def test_every_recipe_that_has_epochs_says_what_is_searched_and_begins_within_it() -> None:
    for each in recipes():
        if each.config.needs_epochs:
            space = read_space(each.search, each.config)
            assert len(space.values_of(each.config)) == len(space.parts), each.name


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "Nothing is searched"),
        ("head_droput = {low = 0, high = 1}", "Did you mean `head_dropout`"),
        ("phases.al.head_lr = {low = 0.1, high = 1}", "Did you mean `phases.all.head_lr`"),
        ("head_dropout = {low = 0, high = 1}", "`head_dropout`: input should be less than 1"),
        ("phases.all.epochs = {low = -1, high = 3}", "`phases.all.epochs`: input should be greater than or equal to 0"),
        ("batch_size = {choices = [16, 0]}", "`batch_size`: input should be greater than or equal to 1"),
        ("batch_size = {choices = []}", "not a list"),
        ("batch_size = {low = 16}", "low and high"),
        ("batch_size = {low = 16, high = 32, logarithmic = true}", "low and high"),
        ("head_dropout = {low = 0.5, high = 0.1}", "low is above high"),
        ("head_dropout = {low = 0, high = 0.1, log = true}", "log needs a low above 0"),
        ("head_dropout = 0.5", "no range and no choice"),
        ("phases.1.head_lr = {low = 0.1, high = 1}\nphases.all.head_lr = {low = 0.1, high = 1}", "are one value"),
        ("seed = {low = 0, high = 5}", "cannot be compared"),
    ],
)
def test_what_cannot_be_searched_is_said_at_once(table: str, said: str) -> None:
    with pytest.raises(TrainingError) as refused:
        read_space(tomllib.loads(table), recipe("starter-finetune").config)
    assert said in str(refused.value)
    assert refused.value.remedy


def test_a_file_holds_the_table_with_its_heading_or_without(tmp_path: Path) -> None:
    file = tmp_path / "search.toml"
    for text in (TABLE, f"[search]\n{TABLE}"):
        file.write_text(text, encoding="utf-8")
        assert read_search_file(file) == tomllib.loads(TABLE)
    file.write_text("batch_size = {", encoding="utf-8")
    for broken in (file, tmp_path / "nowhere.toml"):
        with pytest.raises(TrainingError, match="cannot be read") as refused:
            read_search_file(broken)
        assert refused.value.title == "The file does not say what to search"


def test_shorter_trials_keep_the_proportion_of_their_phases() -> None:
    config = regression_config()  # 3, 4 and 2 epochs
    assert [phase.epochs for phase in with_at_most(config, 5).phases] == [2, 2, 1]
    assert [phase.epochs for phase in with_at_most(config, 3).phases] == [1, 1, 1]
    assert with_at_most(config, 5).phases[0].warmup_epochs == pytest.approx(5 / 9, abs=1e-3)
    assert with_at_most(config, 9) == config
    longer = with_values(config, {"phases.many.epochs": 40})
    assert with_at_most(longer, 10).total_epochs == 10
    with pytest.raises(TrainingError, match="too few"):
        with_at_most(config, 2)
