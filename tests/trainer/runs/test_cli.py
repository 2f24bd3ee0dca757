"""`recollect runs` on real run folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.cli.context import Session
from core.errors import RecollectError, TrainingError
from core.paths import LibraryPaths
from tests.trainer.report.run_maker import RunMaker, drawn_examples
from trainer.runs.cli import runs
from trainer.runs.run_folder import RunFolder, RunState
from trainer.runs.run_history import copy_checkpoint, delete_run, history


@pytest.fixture
def two_runs(library_home: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A good one and a worse one, on the same photos."""
    examples = drawn_examples(tmp_path / "drawn")
    folder = LibraryPaths(library_home).runs
    folder.mkdir(parents=True)
    first = RunMaker(folder, strength=1e-6).make(examples, "earlier")
    second = RunMaker(folder).make(examples, "later")
    return first, second


def invoke(home: Path, *words: str, text: str = "") -> Result:
    return CliRunner().invoke(runs, list(words), obj=Session(home), input=text)


def test_the_list_names_all_newest_first(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    shown = invoke(library_home, "list")
    assert shown.exit_code == 0
    assert [line.split("  ")[0] for line in shown.output.splitlines()] == [path.name for path in reversed(two_runs)]
    records = [json.loads(line) for line in invoke(library_home, "list", "--json").output.splitlines()]
    assert [record["name"] for record in records] == ["later", "earlier"]
    assert records[0]["state"] == "finished"


def test_without_runs_it_says_how_to_begin(library_home: Path) -> None:
    shown = invoke(library_home, "list")
    assert shown.exit_code == 1
    assert "recollect train" in shown.output
    assert invoke(library_home, "list", "--json").output == ""


def test_show_tells_accuracy_and_its_interval(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    shown = invoke(library_home, "show", two_runs[1].name)
    assert shown.exit_code == 0
    assert "later: finished" in shown.output
    assert "class: " in shown.output
    record = json.loads(invoke(library_home, "show", str(two_runs[1]), "--json").output)
    accuracy = record["splits"]["test"]["class"]["accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]


def test_compare_says_which_is_better(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    weak, strong = (path.name for path in two_runs)
    shown = invoke(library_home, "compare", weak, strong)
    assert shown.exit_code == 0
    assert "McNemar" in shown.output
    record = json.loads(invoke(library_home, "compare", weak, strong, "--json").output)
    before, after = record["heads"]["class"]["right"]
    gained, lost = (len(record["heads"]["class"][name]) for name in ("gained", "lost"))
    assert after - before == gained - lost


def test_delete_asks_and_refuses_what_runs(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    weak, strong = two_runs
    assert invoke(library_home, "delete", weak.name, text="n\n").exit_code == 1
    assert weak.is_dir()
    assert invoke(library_home, "delete", weak.name, "--yes").exit_code == 0
    assert [path.name for path in weak.parent.iterdir()] == [strong.name]
    RunFolder(strong).begin("later")  # this process is it
    refused = invoke(library_home, "delete", strong.name, "--yes")
    assert isinstance(refused.exception, TrainingError)
    assert strong.is_dir()


def test_an_unknown_run_is_an_error_with_a_remedy(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    for words in (("show", "nothing"), ("compare", two_runs[0].name, "nothing"), ("delete", "nothing", "--yes")):
        shown = invoke(library_home, *words)
        assert isinstance(shown.exception, RecollectError)
        assert shown.exception.remedy


def test_promote_needs_a_checkpoint(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    folder = RunFolder(two_runs[0])
    (folder.checkpoint / "weights.safetensors").unlink()
    folder.checkpoint.rmdir()
    shown = invoke(library_home, "promote", two_runs[0].name)
    assert isinstance(shown.exception, TrainingError)
    assert "no checkpoint" in str(shown.exception)
    assert "Let it train" not in shown.exception.remedy  # it is finished


@pytest.mark.parametrize(
    ("file", "document", "said", "remedy"),
    [
        ("folds.json", {"folds": 3}, "was trained in folds", "without --folds"),
        ("config.json", {"tier": "metric"}, "learned which photos are alike", "the run of a tagger"),
        ("config.json", {"tier": "starter"}, "trained a search model", "the run of a tagger"),
    ],
)
def test_promote_says_what_a_run_without_a_tagger_is(
    library_home: Path, two_runs: tuple[Path, Path], file: str, document: dict[str, object], said: str, remedy: str
) -> None:
    (two_runs[0] / file).write_text(json.dumps(document), encoding="utf-8")
    refused = invoke(library_home, "promote", two_runs[0].name).exception
    assert isinstance(refused, TrainingError)
    assert refused.title == "This run has no tagger"
    assert said in refused.message
    assert remedy in refused.remedy


def test_the_history_lives_with_damage(library_home: Path, two_runs: tuple[Path, Path]) -> None:
    """What cannot be read is left out; the run is listed all the same."""
    weak, strong = two_runs
    (weak / "metrics.json").write_text("{")
    (weak / "config.json").write_text("[]")
    (strong / "metrics.json").write_text('{"test": {"heads": {}}, "validation": null, "cost": 3}')
    found = history(weak.parent)
    assert [(each.name, each.accuracy, each.state) for each in found] == [
        ("later", None, RunState.FINISHED),
        ("earlier", None, RunState.FINISHED),
    ]


def test_a_checkpoint_is_copied_as_a_whole(two_runs: tuple[Path, Path], tmp_path: Path) -> None:
    run = two_runs[0]
    with pytest.raises(TrainingError, match="no checkpoint"):
        copy_checkpoint(run, tmp_path / "copy")  # weights alone are none
    (run / "checkpoint" / "config.json").write_text("{}")
    copy_checkpoint(run, tmp_path / "copy")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"config.json", "weights.safetensors"}
    delete_run(RunFolder(run))
    assert (tmp_path / "copy" / "config.json").is_file()
