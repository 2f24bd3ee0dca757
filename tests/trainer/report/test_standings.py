"""Several runs in one table, from real outputs of small models on drawn photos."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from core.cli.context import Session
from core.paths import LibraryPaths
from core.tags.values import CLASS, Split
from tests.trainer.report.run_maker import RunMaker, drawn_examples
from trainer.report.ensemble import average_outputs
from trainer.report.intervals import Interval
from trainer.report.outputs import ReportError, load_outputs
from trainer.report.standings import Contender, standings
from trainer.runs.compare_cli import compare
from trainer.runs.run_folder import RunFolder


@pytest.fixture
def weak_and_strong(library_home: Path, tmp_path: Path) -> tuple[RunFolder, RunFolder]:
    examples = drawn_examples(tmp_path / "drawn")
    folder = LibraryPaths(library_home).runs
    folder.mkdir(parents=True)
    return RunFolder(RunMaker(folder, strength=1e-6).make(examples, "weak")), RunFolder(
        RunMaker(folder).make(examples, "strong")
    )


def accuracy_of(folder: RunFolder, part: Split) -> float:
    head = load_outputs(folder.outputs(part.value)).heads[CLASS]
    return float((head.predicted == head.targets)[head.known].mean())


def test_a_row_for_each_run_for_several_together_and_for_the_usual_answer(
    weak_and_strong: tuple[RunFolder, RunFolder],
) -> None:
    weak, strong = weak_and_strong
    table = standings(
        [Contender("weak", (weak,)), Contender("strong", (strong,)), Contender("both", (weak, strong))], Split.TEST
    )
    rows = {str(row[0]): dict(zip(table.head, row, strict=True)) for row in table.rows}
    assert list(rows) == ["weak", "strong", "both", "always the most frequent label"]
    for name, folder in (("weak", weak), ("strong", strong)):
        found = rows[name][CLASS]
        assert isinstance(found, Interval)
        assert found.value == pytest.approx(accuracy_of(folder, Split.TEST))
        assert found.low <= found.value <= found.high
    together = average_outputs([load_outputs(each.outputs("test")) for each in weak_and_strong]).heads[CLASS]
    both = rows["both"][CLASS]
    assert isinstance(both, Interval)
    assert both.value == pytest.approx(float((together.predicted == together.targets)[together.known].mean()))
    assert float(str(rows["both"]["million parameters"])) == pytest.approx(
        2 * float(str(rows["weak"]["million parameters"]))
    )


def test_the_usual_answer_is_counted_on_what_was_learned(weak_and_strong: tuple[RunFolder, RunFolder]) -> None:
    _, strong = weak_and_strong
    examples = json.loads(strong.data.read_text(encoding="utf-8"))["examples"]
    learned = [each["labels"][CLASS] for each in examples if each["split"] == "train" and CLASS in each["labels"]]
    names, counts = np.unique(learned, return_counts=True)
    head = load_outputs(strong.outputs("validation")).heads[CLASS]
    truth = np.array(head.labels)[head.targets[head.known]]
    usual = standings([Contender("strong", (strong,))], Split.VALIDATION).rows[-1][1]
    assert isinstance(usual, Interval)
    assert usual.value == pytest.approx(float((truth == names[counts.argmax()]).mean()))


def test_a_run_without_that_part_is_named(weak_and_strong: tuple[RunFolder, RunFolder]) -> None:
    weak, strong = weak_and_strong
    strong.outputs("test").unlink()
    with pytest.raises(ReportError, match="strong was not asked for test photos") as raised:
        standings([Contender("weak", (weak,)), Contender("strong", (strong,))], Split.TEST)
    assert raised.value.remedy is not None
    assert "--part" in raised.value.remedy


def test_runs_on_other_photos_are_refused(weak_and_strong: tuple[RunFolder, RunFolder], tmp_path: Path) -> None:
    other = RunFolder(RunMaker(tmp_path).make(drawn_examples(tmp_path / "others", seed=7), "other"))
    with pytest.raises(ReportError, match="no validation photos in common"):
        standings([Contender("weak", weak_and_strong[:1]), Contender("other", (other,))], Split.VALIDATION)


class TestTheCommand:
    def invoke(self, home: Path, *words: str) -> Result:
        return CliRunner().invoke(compare, list(words), obj=Session(home))

    def test_names_folders_and_ensembles(
        self, library_home: Path, weak_and_strong: tuple[RunFolder, RunFolder], tmp_path: Path
    ) -> None:
        weak, _ = weak_and_strong
        file = tmp_path / "table.csv"
        shown = self.invoke(library_home, str(weak.path), "strong", "weak+strong", "--csv", str(file))
        assert shown.exit_code == 0, shown.output
        assert "| weak + strong |" in shown.output
        with file.open(encoding="utf-8", newline="") as stream:
            records = list(csv.DictReader(stream))
        assert [record["run"] for record in records][:3] == ["weak", "strong", "weak + strong"]
        low, value, high = (float(records[1][name]) for name in ("class low", "class", "class high"))
        assert low <= value <= high

    def test_json(self, library_home: Path, weak_and_strong: tuple[RunFolder, RunFolder]) -> None:
        record = json.loads(self.invoke(library_home, "strong", "--part", "test", "--json").output)
        assert record["rows"][0][CLASS]["value"] == pytest.approx(accuracy_of(weak_and_strong[1], Split.TEST))

    def test_an_unknown_run_is_named(self, library_home: Path, weak_and_strong: tuple[RunFolder, RunFolder]) -> None:
        failed = self.invoke(library_home, "weak+nosuch")
        assert failed.exit_code != 0
        assert "nosuch" in str(failed.exception)
