"""`recollect tune` from the outside: processes beside each other, what it prints, and how it says no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.errors import RecollectError
from tests.trainer.tiny_training import tiny_config, write_backbone, write_labels
from trainer.config import load_config
from trainer.tune.cli import tune
from trainer.tune.search_folder import SearchFolder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(tune, [str(argument) for argument in arguments], catch_exceptions=True)


@pytest.fixture
def tagger(tmp_path: Path) -> list[object]:
    """Arguments of a search for values of a tagger."""
    config = tiny_config(write_backbone(tmp_path / "tiny"), ema_decay=None)
    (tmp_path / "tiny.json").write_text(config.model_dump_json(), encoding="utf-8")
    (tmp_path / "search.toml").write_text("phases.all.head_lr = {low = 1e-3, high = 3e-2}", encoding="utf-8")
    shared = ["--config", tmp_path / "tiny.json", "--search", tmp_path / "search.toml", "--device", "cpu"]
    return ["--data", write_labels(tmp_path / "photos"), *shared]


def test_two_processes_share_the_trials(tagger: list[object], library_home: Path) -> None:
    done = run(
        *tagger, "--trials", 4, "--jobs", 2, "--study", "two of them", "--pruner", "none", "--json", "--no-report"
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert Path(said["folder"]) == library_home / "tuning" / "two-of-them"
    assert [trial["state"] for trial in said["trials"]] == ["finished"] * 4
    assert len({trial["values"]["phases.all.head_lr"] for trial in said["trials"]}) == 4
    assert said["best"]["score"] == max(trial["score"] for trial in said["trials"])
    with SearchFolder(Path(said["folder"])).study() as study:
        assert len({trial.user_attrs["pid"] for trial in study.trials}) == 2
    for trial in said["trials"]:  # test photos are for the end
        folder = SearchFolder(Path(said["folder"])).run(trial["run"])
        assert json.loads(folder.metrics.read_text(encoding="utf-8")).keys() == {"validation", "cost"}
    best = load_config(Path(said["folder"]) / "best.json")
    assert best.model_dump()["look_at_test"] is True


def test_a_search_from_the_command_line(tagger: list[object], library_home: Path) -> None:
    done = run(*tagger, "--trials", 1, "--max-epochs", 2, "--set", "phases.heads.epochs=2", "--seed", 3)
    assert done.exit_code == 0, done.output
    assert "trial 1, epoch 2/2: weighted f1" in done.stderr
    assert f"recollect train --config '{library_home / 'tuning' / 'tiny' / 'best.json'}' --data" in done.stdout
    assert (library_home / "tuning" / "tiny" / "best.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--recipe", "starter-finetun"], "Did you mean starter-finetune"),
        (["--recipe", "teach"], "solved at once"),
        (["--set", "head_droput=0.1"], "Did you mean `head_dropout`"),
        (["--search", "nowhere.toml"], "cannot be read"),
        (["--max-epochs", "1"], "1 epochs are too few"),
        (["--study", "a/b"], "cannot be called 'a/b'"),
        (["--study", "../../x"], "no name of a folder"),
        (["--study", "..", "--json"], "no name of a folder"),
        ([], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_a_remedy(arguments: list[str], said: str, library_home: Path) -> None:
    done = run("--data", "nowhere", *arguments)
    assert isinstance(done.exception, RecollectError), done.output
    assert said in str(done.exception)
    assert done.exception.remedy
    assert not [*library_home.rglob("search.json")]
