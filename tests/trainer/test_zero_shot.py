"""Zero-shot on a labelled folder with the bundled model: what it says, beside which network, and its page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from core.errors import LabelFileError, MachineError, RecollectError, TrainingError
from core.tags.values import Split
from tests.trainer.tiny_training import write_photos
from trainer.data.examples import Dataset, Example
from trainer.evaluate.asking import outputs_of
from trainer.evaluate.cli import evaluate
from trainer.evaluate.zero_shot import Measured, choose, measure, read_templates, spoken, zero_shot_tables
from trainer.evaluate.zero_shot_page import best_photos, map_of, write_zero_shot_page
from trainer.finetune.train import RunResult, train
from trainer.recipe_book import recipe
from trainer.report.outputs import HeadOutputs, load_outputs
from trainer.runs.run_folder import RunFolder, RunState
from trainer.starter.validation import PROMPT

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

COLORS = ("red", "blue", "green")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("zero-shot") / "coloured things", each=10, colors=COLORS)


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A small CNN in colour that was trained on a part of the photos."""
    config = recipe("cnn").config.changed(
        grey=False, image_px=32, batch_size=8, precision="float32", validation_fraction=0.4, test_fraction=0.0,
        phases=[{"name": "all", "epochs": 4, "backbone_lr": 1e-3, "head_lr": 1e-3}],
    )  # fmt: skip
    home = tmp_path_factory.mktemp("home")
    return train(config, data=photos, home=home, on_event=lambda event: None, device="cpu", with_report=False)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, ["zero-shot", *map(str, arguments)], catch_exceptions=True)


def rows(result: Result) -> list[list[dict[str, Any]]]:
    assert result.exit_code == 0, result.output
    return [table["rows"] for table in json.loads(result.stdout)["tables"]]


def test_a_folder_by_names_alone_with_its_page(photos: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    scores, differences = rows(command("--on", photos, "--page", page, "--json"))
    assert [row["what"] for row in scores] == [f'one prompt, "{PROMPT}"', "2 prompts averaged"]
    for row in scores:
        assert row["accuracy"]["value"] > 0.5  # chance: a third
        assert row["macro F1"]["low"] <= row["macro F1"]["value"] <= row["macro F1"]["high"]
    assert len(differences) == 1
    text = page.read_text(encoding="utf-8")
    assert all(f"a photo of a {color}" in text for color in COLORS)
    assert text.count("data:image/jpeg") >= 3 * 6
    assert not re.search(r'(src|href)="(?!data:|#)', text)  # all of it lies in the page


def test_prompts_of_a_file(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text(f"{PROMPT}\n\n", encoding="utf-8")
    (alone,), (difference,) = rows(command("--on", photos, "--templates", tmp_path / "prompts.txt", "--json"))
    assert alone["what"] == f'one prompt, "{PROMPT}"'
    assert difference["accuracy"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    for text, said in (("a photo\n", "has no {}"), ("\n", "holds no templates")):
        (tmp_path / "prompts.txt").write_text(text, encoding="utf-8")
        with pytest.raises(RecollectError, match=said):
            read_templates(tmp_path / "prompts.txt")
    with pytest.raises(RecollectError, match="cannot be read"):
        read_templates(tmp_path / "nowhere.txt")


def test_a_trained_network_is_asked_for_the_very_same_photos(
    photos: Path, run: RunResult, starter: ClipEncoder, tmp_path: Path
) -> None:
    found = measure(starter, photos, against=RunFolder(run.folder))
    own = load_outputs(RunFolder(run.folder).outputs("validation"))
    assert found.part == "validation"
    assert set(found.averaged.ids) == set(own.ids)  # and none that it has learned from
    assert found.of_run is not None
    place = {content: row for row, content in enumerate(own.ids)}
    again, before = found.of_run.heads["class"], own.heads["class"].rows(
        np.array([place[content] for content in found.of_run.ids])
    )  # fmt: skip
    assert np.allclose(again.logits, before.logits, atol=0.03)  # in bfloat16, where that is faster
    assert (again.targets == before.targets).all()
    against = found.against
    assert against is not None
    assert against.count == len(own)
    assert against.right[0] == int((before.predicted == before.targets).sum())
    scores, differences = zero_shot_tables(found)
    assert len(scores.rows) == 3
    assert differences.rows[1][0] == "zero-shot less cnn"
    write_zero_shot_page(found, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Beside a network that was trained" in text
    assert "could not be drawn" not in text
    everything = measure(starter, photos, part="all", against=RunFolder(run.folder))
    assert set(everything.averaged.ids) == set(own.ids)
    assert f"{30 - len(own)} photos that the run has learned from are left out." in everything.notes


def test_a_run_that_knows_none_of_the_classes_is_refused(run: RunResult, starter: ClipEncoder, tmp_path: Path) -> None:
    others = write_photos(tmp_path / "others", each=2, colors=("yellow", "black"))
    with pytest.raises(RecollectError, match="knows none of the labels"):
        measure(starter, others, against=RunFolder(run.folder))
    some = write_photos(tmp_path / "some", each=3, colors=("red", "black"))
    found = measure(starter, some, part="all", against=RunFolder(run.folder))
    assert any("does not know black" in note for note in found.notes)
    assert found.against is not None
    assert found.against.count == len(found.averaged)  # those of classes that it does not know count against it


@pytest.mark.parametrize("kind", ["metric", "contrastive", "starter"])
def test_a_run_of_another_kind_is_called_what_it_is(library_home: Path, kind: str) -> None:
    other = RunFolder.create(library_home / "runs", "other")
    other.begin("other")
    other.write_json(other.config, {"tier": kind})
    other.end(RunState.FINISHED)
    refused = command("--on", "nowhere", "--against", "other").exception
    assert isinstance(refused, TrainingError)
    assert refused.title == "This run has no tagger"
    assert other.path.name in refused.message


def example(name: str, split: Split | None, **labels: str) -> Example:
    return Example(Path(name), name, labels or {"class": "cat"}, split)


def test_which_photos_are_asked_for() -> None:
    split = Dataset(
        (example("a", Split.TRAIN), example("b", Split.VALIDATION), example("c", Split.TEST), example("b", Split.TRAIN))
    )

    def names(dataset: Dataset, part: Any, run: Dataset | None = None) -> tuple[str, str]:
        chosen, photos, _ = choose(dataset, "class", part, run)
        return chosen, "".join(sorted(each.content_hash for each in photos))

    assert names(split, None) == ("validation", "b")
    assert names(split, "test") == ("test", "c")
    assert names(split, "all") == ("all", "abc")
    loose = Dataset((example("a", None), example("b", None), example("c", None, color="red")))
    assert names(loose, None) == ("all", "ab")
    run = Dataset((example("a", Split.TRAIN), example("b", Split.TEST)))
    assert names(loose, "test", run) == ("test", "b")
    assert names(loose, "all", run) == ("all", "b")
    for part, seen_by in (("validation", None), ("validation", run)):
        with pytest.raises(LabelFileError, match="no validation photos"):
            choose(loose, "class", part, seen_by)


def test_names_are_said_as_people_do() -> None:
    assert [spoken(name) for name in ("ankle_boot", "longsleeve", "t-shirt")] == [
        "ankle boot",
        "long sleeve shirt",
        "t-shirt",
    ]


def made_up(classes: int, each: int) -> Measured:
    """Vectors that stand somewhere near that of their class; photos that are gone."""
    rng = np.random.default_rng(0)
    names = tuple(f"a kind of thing with a very long name, number {number:03} <&>" for number in range(classes))
    targets = np.repeat(np.arange(classes), each)
    directions = rng.normal(size=(classes, 32))
    vectors = directions[targets] + 1.5 * rng.normal(size=(len(targets), 32))
    examples = [Example(Path(f"/gone/{row}.jpg"), f"photo {row}", {"class": "x"}) for row in range(len(targets))]
    outputs = outputs_of(examples, "class", HeadOutputs(names, vectors @ directions.T, targets), vectors)
    return Measured("an encoder", "many things", "all", "class", ("{}", "a {}"), outputs, outputs, None, None, ())


def test_the_page_takes_many_classes_with_long_names(tmp_path: Path) -> None:
    found = made_up(classes=45, each=1)
    write_zero_shot_page(found, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "could not be drawn" not in text
    assert "The 40 of 45 classes with most photos are shown." in text
    assert "number 003 &lt;&amp;&gt;" in text
    assert text.count('class="none"') >= 40  # no picture, and no fault
    assert list(map_of(found.averaged, "class").methods) == ["PCA"]
    assert all(hits.photos == 1 and len(hits.hits) == 6 for hits in best_photos(found))


def test_a_map_of_too_few_photos_says_so(tmp_path: Path) -> None:
    found = made_up(classes=2, each=1)
    assert not map_of(found.averaged, "class").methods
    write_zero_shot_page(replace(found, part="validation"), tmp_path / "page.html")
    assert "A map needs 5 photos" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_options_that_need_a_folder_say_so(tmp_path: Path) -> None:
    refused = command("--part", "all")
    assert refused.exit_code == 2
    assert "go with --on" in refused.output
    nowhere = command("--on", tmp_path / "nowhere")
    assert isinstance(nowhere.exception, LabelFileError)


@pytest.mark.parametrize("words", [("zero-shot",), ("retrieval",), ("retrieval", "--save"), ("everyday",)])
def test_a_page_that_cannot_be_written_is_said_before_the_work(tmp_path: Path, words: tuple[str, ...]) -> None:
    name, option = words if len(words) > 1 else (*words, "--page")
    told = CliRunner().invoke(evaluate, [name, "--encoder", "no model", option, str(tmp_path / "absent" / "x.html")])
    assert isinstance(told.exception, MachineError)
    assert told.exception.title == "x.html cannot be written there"
    assert told.exception.message == f"There is no folder {tmp_path / 'absent'}."


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that takes no files from anybody")
def test_a_folder_that_takes_no_files_is_said_before_the_work() -> None:
    told = command("--on", "nowhere", "--page", "/proc/self/x.html")
    assert isinstance(told.exception, MachineError)
    assert "/proc/self takes no files" in told.exception.message
