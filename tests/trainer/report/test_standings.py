"""Several runs in one table, from real outputs of small models on drawn photos."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

from core.cli.context import Session
from core.errors import MachineError
from core.models.registry import ModelStore
from core.paths import LibraryPaths
from core.settings import Settings
from core.tags.values import CLASS, Split
from tests.trainer.report.run_maker import RunMaker, drawn_examples
from tests.trainer.tiny_training import tiny_config, write_backbone, write_photos
from trainer.config import TrainConfig
from trainer.finetune.train import train
from trainer.report.ensemble import average_outputs
from trainer.report.intervals import Interval
from trainer.report.outputs import Outputs, ReportError, load_outputs, save_outputs
from trainer.report.standings import NEIGHBOURS, Contender, standings
from trainer.runs.compare_cli import compare
from trainer.runs.run_folder import RunFolder, RunState


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
    ).table
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
    usual = standings([Contender("strong", (strong,))], Split.VALIDATION).table.rows[-1][1]
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

    @pytest.mark.parametrize("option", ["--csv", "--page"])
    def test_a_file_that_cannot_be_written_is_said_before_the_work(
        self, library_home: Path, tmp_path: Path, option: str
    ) -> None:
        failed = self.invoke(library_home, "nosuch", option, str(tmp_path / "absent" / "table"))
        assert isinstance(failed.exception, MachineError)
        assert failed.exception.message == f"There is no folder {tmp_path / 'absent'}."
        assert failed.exception.remedy
        (tmp_path / "taken").mkdir()
        assert "is a directory" in self.invoke(library_home, "nosuch", option, str(tmp_path / "taken")).output


def test_neighbours_are_those_of_the_features(weak_and_strong: tuple[RunFolder, RunFolder]) -> None:
    weak, strong = weak_and_strong
    contenders = [Contender("weak", (weak,)), Contender("both", (weak, strong))]
    table = standings(contenders, Split.VALIDATION).table
    single, both, usual = (dict(zip(table.head, row, strict=True)) for row in table.rows)
    outputs = load_outputs(weak.outputs("validation"))
    features = outputs.features / np.linalg.norm(outputs.features, axis=1, keepdims=True)
    cosines = features @ features.T
    np.fill_diagonal(cosines, -1)
    targets = outputs.heads[CLASS].targets
    nearest = float((targets[cosines.argmax(axis=1)] == targets).mean())
    found = single["R@1"]
    assert isinstance(found, Interval)
    assert found.value == pytest.approx(nearest)
    assert isinstance(single["MAP@R"], Interval)
    assert all(row[name] == "" for row in (both, usual) for name in NEIGHBOURS)  # no features of their own
    assert isinstance(both["class macro F1"], Interval)


def run_of_another_kind(runs: Path, name: str = "search model") -> RunFolder:
    folder = RunFolder.create(runs, name)
    folder.begin(name)
    folder.write_json(folder.metrics, {"headline": {"captions R@1": 0.25}, "cost": {"seconds": 90, "parameters": 2e6}})
    folder.end(RunState.FINISHED)
    return folder


class TestRunsOfOtherKinds:
    def test_they_are_listed_with_what_they_have(
        self, weak_and_strong: tuple[RunFolder, RunFolder], library_home: Path
    ) -> None:
        other = run_of_another_kind(LibraryPaths(library_home).runs)
        contenders = [Contender("other", (other,)), Contender("strong", weak_and_strong[1:])]
        found = standings(contenders, Split.TEST)
        row = dict(zip(found.table.head, found.table.rows[0], strict=True))
        assert (row[CLASS], row["R@1"], row["million parameters"], row["trained min"]) == ("", "", "2.0", "1.5")
        assert isinstance(found.table.rows[1][1], Interval)
        (note,) = found.notes
        assert "other is of another kind" in note
        assert "captions R@1 0.250" in note

    def test_alone_they_have_their_costs(self, library_home: Path) -> None:
        runs = LibraryPaths(library_home).runs
        runs.mkdir(parents=True)
        pair = [Contender(name, (run_of_another_kind(runs, name),)) for name in ("one", "two")]
        found = standings(pair, Split.TEST)
        assert [row[0] for row in found.table.rows] == ["one", "two"]
        assert len(found.notes) == 2

    def test_one_with_features_alone_is_judged_by_its_neighbours(
        self, weak_and_strong: tuple[RunFolder, RunFolder], library_home: Path
    ) -> None:
        _, strong = weak_and_strong
        outputs = load_outputs(strong.outputs("test"))
        other = run_of_another_kind(LibraryPaths(library_home).runs)
        save_outputs(Outputs(outputs.ids, outputs.paths, {}, outputs.features), other.outputs("test"))
        contenders = [Contender("other", (other,)), Contender("strong", (strong,))]
        first, second, _ = standings(contenders, Split.TEST).table.rows
        head = standings(contenders, Split.TEST).table.head
        place = head.index("R@1")
        assert isinstance(first[place], Interval)
        assert first[place] == second[place]
        assert first[1] == ""

    def test_other_photos_are_no_reason_to_refuse_them(
        self, weak_and_strong: tuple[RunFolder, RunFolder], library_home: Path, tmp_path: Path
    ) -> None:
        elsewhere = RunFolder(RunMaker(tmp_path).make(drawn_examples(tmp_path / "others", seed=7), "other"))
        other = run_of_another_kind(LibraryPaths(library_home).runs)
        save_outputs(load_outputs(elsewhere.outputs("test")), other.outputs("test"))
        found = standings([Contender("strong", weak_and_strong[1:]), Contender("other", (other,))], Split.TEST)
        assert isinstance(found.table.rows[0][1], Interval)
        assert found.table.rows[1][1] == ""
        assert len(found.notes) == 1


def test_what_is_measured_now_stands_beside_its_ratio_to_the_first(
    weak_and_strong: tuple[RunFolder, RunFolder],
) -> None:
    weak, strong = weak_and_strong
    contenders = [Contender("weak", (weak,)), Contender("strong", (strong,))]
    table = standings(contenders, Split.TEST).with_pace({"weak": 200.0, "strong": 50.0}).table
    rows = {row[0]: dict(zip(table.head, row, strict=True)) for row in table.rows}
    assert "tags images/s" not in table.head
    assert (rows["weak"]["images/s now"], rows["weak"]["times the first"]) == (200.0, 1.0)
    assert (rows["strong"]["images/s now"], rows["strong"]["times the first"]) == (50.0, 0.25)
    assert rows["always the most frequent label"]["images/s now"] == ""


@pytest.fixture(scope="module")
def compared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    write_photos(folder / "photos", each=16)
    backbone = write_backbone(folder / "backbone")
    phases = [{"name": "all", "epochs": 1, "backbone_lr": 3e-3, "head_lr": 1e-2}]
    for name, config in (
        ("tiny", tiny_config(backbone, phases=phases)),
        ("taught", TrainConfig(recipe="teach", tier="teach")),
    ):
        train(
            config, data=folder / "photos", home=folder / "home", on_event=lambda event: None, name=name,
            device="cpu", with_report=False,
        )  # fmt: skip
    return folder / "home"


class TestARealComparison:
    """Two real networks on drawn photos, the bundled encoder beside them, and everything that the command writes."""

    def test_all_of_it(self, compared_home: Path, tmp_path: Path) -> None:
        arguments = ["tiny", "taught", "--zero-shot", "starter", "--speed", "--json"]
        files = ["--csv", str(tmp_path / "table.csv"), "--page", str(tmp_path / "page.html")]
        done = CliRunner().invoke(compare, [*arguments, *files], obj=Session(compared_home), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        rows = {row["run"]: row for row in json.loads(done.stdout)["rows"]}
        guest = rows["starter, by names alone"]
        assert guest[CLASS]["value"] > 1 / 3  # red, blue and green things, by name
        weights = load_file(ModelStore(tmp_path, Settings()).weights("starter"))
        parameters = sum(tensor.size for tensor in weights.values())
        assert float(guest["million parameters"]) == pytest.approx(parameters / 1e6, abs=0.05)
        assert all(0 <= guest[name]["value"] <= 1 for name in NEIGHBOURS)
        assert guest["R@1"]["value"] == pytest.approx(rows["taught"]["R@1"]["value"])  # these are the same vectors
        paces = [rows[name]["images/s now"] for name in ("tiny", "taught", guest["run"])]
        assert min(paces) > 0
        assert rows["tiny"]["times the first"] == 1.0
        assert paces[0] > paces[1]  # a transformer of two layers against the starter and heads upon it
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert page.count("<tr>") == 1 + len(rows)
        assert "<svg" in page
        assert "starter, by names alone" in page
        with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
            records = {record["run"]: record for record in csv.DictReader(stream)}
        assert float(records["taught"]["R@1"]) == pytest.approx(rows["taught"]["R@1"]["value"])
        assert records["always the most frequent label"]["R@1 low"] == ""

    def test_photos_that_are_gone_are_said(self, compared_home: Path, tmp_path: Path) -> None:
        run = next((compared_home / "runs").glob("*tiny"))
        lost = Path(load_outputs(run / "outputs-validation.npz").paths[0])
        kept = lost.rename(tmp_path / lost.name)
        try:  # in a library whose cache does not know the photos
            arguments = [str(run), "--zero-shot", "starter"]
            failed = CliRunner().invoke(compare, arguments, obj=Session(tmp_path / "home"))
        finally:
            kept.rename(lost)
        assert "1 of 9 photos cannot be read any more" in str(failed.exception)
