"""The page of a run and its values: from real pictures and a real small model, with every name that people may give."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core.tags.values import Split
from tests.trainer.report.run_maker import RunMaker, drawn_examples, product_examples
from trainer.report.drawing import render
from trainer.report.figures import confusion
from trainer.report.head_report import head_report
from trainer.report.outputs import HeadOutputs, Outputs, ReportError, load_outputs, save_outputs
from trainer.report.page import write_report
from trainer.report.projections import project, write_projections
from trainer.report.report_data import read_report
from trainer.report.values import RunReport

REPOSITORY = Path(__file__).resolve().parents[3]
ODD_NAMES = (
    "<script>alert('x')</script>", "a&b \"quoted\" ]]>", "long " * 60, "猫と犬", "قطة", "$x_{1$", "tab\tand\nline",
    "\ud83d half", "🦊", "../../etc",
)  # fmt: skip


class Page(HTMLParser):
    """What a browser would find: elements that are open at the end, scripts, and all addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def without_maps(run: Path) -> Path:
    """t-SNE and UMAP take seconds, and have tests of their own."""
    (run / "projections.json").write_text('{"photos": [], "maps": {}, "failed": {}, "out_of": 0}', encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a run")
    examples = drawn_examples(folder / "photos")
    mislabelled = next(row for row, each in enumerate(examples) if each.split is Split.TEST)
    examples[mislabelled] = replace(examples[mislabelled], labels={"class": "square", "color": "red"})
    return RunMaker(folder / "runs", warnings=["Only 6 photos of circle."]).make(examples)


@pytest.fixture(scope="module")
def report(run: Path) -> RunReport:
    write_report(run)
    return read_report(run)


def test_the_page_is_whole_and_needs_nothing_else(run: Path, report: RunReport) -> None:
    text = (run / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.elements["script"] == 0
    outside = [address for address in page.addresses if not address.startswith(("data:", "#"))]
    assert set(outside) == {"figures/", "metrics.json"}
    assert all((run / address).exists() for address in outside)
    assert "url(http" not in text
    words = " ".join(page.words)
    for expected in (
        "Most confident mistakes",
        "Most confused pairs",
        "recollect train",
        "95 %",
        "Only 6 photos of circle",
    ):
        assert expected in words
    # Curves, 3 maps, and confusion, calibration and classes of both heads; of the validation photos the class alone.
    assert page.elements["svg"] == 1 + 3 + 2 * 3 + 3
    assert page.elements["img"] == sum(len(head.mistakes) for head in report.main.heads.values())
    assert {path.suffix for path in (run / "figures").iterdir()} == {".svg", ".png"}
    assert len(list((run / "figures").iterdir())) == 2 * page.elements["svg"]


def test_the_numbers_are_those_of_the_outputs(run: Path, report: RunReport) -> None:
    outputs = load_outputs(run / "outputs-test.npz")
    head = outputs.heads["class"]
    right = int((head.logits.argmax(axis=1) == head.targets).sum())
    main = report.main
    assert (main.split, main.main.right, main.main.count) == ("test", right, len(outputs))
    assert main.main.scores["accuracy"].value == pytest.approx(right / len(outputs))
    assert f"{right} of {len(outputs)} test photos got the right class" in (run / "report.html").read_text(
        encoding="utf-8"
    )
    color = main.heads["color"]
    assert color.count == int((outputs.heads["color"].targets >= 0).sum()) < len(color.photos)
    stored = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert stored["test"]["heads"]["class"]["confusion"] == [list(row) for row in main.main.confusion]


def test_every_cell_of_the_matrix_has_its_photos(report: RunReport) -> None:
    for split in report.splits.values():
        for head in split.heads.values():
            counts = {
                (true, predicted): head.confusion[row][column]
                for row, true in enumerate(head.labels)
                for column, predicted in enumerate(head.labels)
                if head.confusion[row][column]
            }
            assert {cell: len(photos) for cell, photos in head.cells.items()} == counts
            assert all(Path(photo.path).exists() for photos in head.cells.values() for photo in photos)
            assert len(head.mistakes) == head.count - head.right
            chances = [photo.probability for photo in head.mistakes]
            assert chances == sorted(chances, reverse=True)


def test_curves_data_and_cost_are_read(report: RunReport) -> None:
    assert [(phase.name, phase.first_epoch, phase.frozen) for phase in report.curves.phases] == [
        ("heads", 0, True),
        ("everything", 2, False),
    ]
    assert [point.epoch for point in report.curves.points] == list(range(6))
    assert (report.curves.best_epoch, report.curves.rule) == (4, "weighted f1")
    assert report.data.splits == {"train": 6, "validation": 6, "test": 6}
    assert report.data.labels["class"]["circle"] == {"train": 3, "validation": 3, "test": 2}
    assert (report.cost.seconds, report.cost.parameters, report.cost.checkpoint_bytes) == (83.2, 5_700_000, 12_345)
    assert report.notes == ("Only 6 photos of circle.",)
    assert report.state == "finished"


def test_the_feature_map_knows_its_photos(report: RunReport) -> None:
    assert set(report.features.methods) == {"PCA", "t-SNE", "UMAP"}
    assert report.features.failed == {}
    known = {photo.id: photo for split in report.splits.values() for photo in split.main.photos}
    assert {photo.id for photo in report.features.photos} == set(known)
    for photo in report.features.photos:
        assert photo.labels["class"] == (known[photo.id].true, known[photo.id].predicted)
    assert all(len(places) == len(known) for places in report.features.methods.values())


def test_names_of_any_kind_break_nothing(tmp_path: Path) -> None:
    examples = drawn_examples(tmp_path / "photos", ODD_NAMES, each=3)
    made = without_maps(RunMaker(tmp_path / "runs", strength=1e-4).make(examples, name="<i>odd</i> & more"))
    page = Page(write_report(made).read_text(encoding="utf-8"))
    assert (page.open, page.elements["script"], page.elements["i"]) == ([], 0, 0)
    words = " ".join(page.words)
    for name in ("<script>alert('x')</script>", "猫と犬", "قطة", "$x_{1$", "🦊", "../../etc"):
        assert name in words
    assert ("long " * 60).strip() in words  # whole in the tables
    assert "could not be drawn" not in words
    for drawing in (made / "figures").glob("*.svg"):
        drawing.read_text(encoding="utf-8")


def test_photos_that_are_gone_leave_a_page_without_pictures(tmp_path: Path) -> None:
    examples = drawn_examples(tmp_path / "photos")
    turned = {"circle": "square", "square": "circle"}  # so that what the model learnt is wrong
    examples = [
        replace(each, labels={"class": turned[each.labels["class"]]}) if each.split is Split.TEST else each
        for each in examples
    ]
    made = without_maps(RunMaker(tmp_path / "runs", epochs=0).make(examples))
    mistakes = read_report(made).main.main.mistakes
    Path(mistakes[0].path).unlink()
    Path(mistakes[1].path).write_bytes(b"no picture any more")
    text = write_report(made).read_text(encoding="utf-8")
    assert text.count("no picture</div>") == 2
    assert text.count("<img") == len(mistakes) - 2 > 0


def test_the_window_can_read_reports_without_the_heavy_libraries(run: Path, report: RunReport) -> None:
    script = (
        "import sys; from pathlib import Path; from trainer.report.report_data import read_report; "
        "import trainer.report.comparison; report = read_report(Path(sys.argv[1])); assert report.main.main.mistakes; "
        "sys.stdout.write(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    command = [sys.executable, "-c", script, str(run)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    heavy = {"torch", "sklearn", "matplotlib", "numba", "umap", "transformers", "scipy", "jinja2", "PySide6"}
    assert set(done.stdout.split()).isdisjoint(heavy)


FILES = ("outputs-test.npz", "data.json", "events.jsonl", "config.json", "status.json", "projections.json")


def test_half_a_run_has_half_a_report(tmp_path: Path) -> None:
    made = without_maps(RunMaker(tmp_path / "runs").make(drawn_examples(tmp_path / "photos")))
    for number, lost in enumerate(FILES):
        (made / lost).write_bytes(b"\x00damaged")
        report = read_report(made)
        assert report.main.split == "validation"
        told = [name for name in ("outputs-test.npz", "data.json", "projections.json") if name in FILES[: number + 1]]
        assert all(any(name in note for note in report.notes) for name in told)
    assert Page(write_report(made).read_text(encoding="utf-8")).open == []
    for lost in FILES:
        (made / lost).unlink()
    assert read_report(made).main.split == "validation"


def test_a_run_that_has_only_begun_has_a_report(tmp_path: Path) -> None:
    made = RunMaker(tmp_path / "runs", epochs=0).make(drawn_examples(tmp_path / "photos"))
    for split in ("validation", "test"):
        (made / f"outputs-{split}.npz").unlink()
    assert "no photos to be judged by" in write_report(made).read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ReportError, match="not the folder of a run"):
            write_report(folder)


def test_a_run_without_test_photos_says_so(tmp_path: Path) -> None:
    examples = [each for each in drawn_examples(tmp_path / "photos") if each.split is not Split.TEST]
    made = without_maps(RunMaker(tmp_path / "runs", epochs=0).make(examples))
    assert "flatter a little" in write_report(made).read_text(encoding="utf-8")


class TestProjections:
    def test_groups_stay_groups_in_every_map(self) -> None:
        rng = np.random.default_rng(1)
        groups = np.arange(60) % 3
        features = (rng.normal(size=(3, 24))[groups] * 8 + rng.normal(size=(60, 24))).astype(np.float32)
        maps, failed = project(features)
        assert (set(maps), failed) == ({"PCA", "t-SNE", "UMAP"}, {})
        for places in maps.values():
            distances = np.linalg.norm(places[:, None] - places[None], axis=2)
            np.fill_diagonal(distances, np.inf)
            assert (groups[distances.argmin(axis=1)] == groups).mean() > 0.9

    @pytest.mark.parametrize(
        "features",
        [np.zeros((0, 4)), np.ones((30, 4)), np.zeros((4, 4)), np.arange(30.0)[:, None], np.full((30, 4), np.nan)],
    )
    def test_what_cannot_be_mapped_is_named(self, features: np.ndarray) -> None:
        maps, failed = project(features.astype(np.float32))
        assert (maps, set(failed)) == ({}, {"PCA", "t-SNE", "UMAP"})
        assert all(failed.values())

    def test_one_that_fails_does_not_stop_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(features: np.ndarray) -> np.ndarray:
            raise ValueError("no such luck")

        monkeypatch.setattr("trainer.report.projections._umap", fail)
        maps, failed = project(np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32))
        assert set(maps) == {"PCA", "t-SNE"}
        assert "no such luck" in failed["UMAP"]

    def test_of_many_photos_a_sample_is_mapped(
        self, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("trainer.report.projections._umap", lambda features: features[:, :2])
        outputs = {split: load_outputs(run / f"outputs-{split}.npz") for split in ("validation", "test")}
        write_projections(outputs, tmp_path / "projections.json", most=7)
        content = json.loads((tmp_path / "projections.json").read_text(encoding="utf-8"))
        assert (len(content["photos"]), content["out_of"]) == (7, 12)
        assert {len(places) for places in content["maps"].values()} == {7}


@pytest.mark.parametrize(("classes", "shown"), [(200, 200), (230, 200)])
def test_two_hundred_classes_are_readable(classes: int, shown: int) -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(2 * classes) % classes
    head = HeadOutputs(tuple(f"class {row:03}" for row in range(classes)), rng.random((len(targets), classes)), targets)
    names = [str(row) for row in range(len(targets))]
    report = head_report(Outputs(names, names, {"class": head}, np.zeros((len(names), 0))), "class")
    drawing = render(lambda: confusion(report)).svg
    assert len(set(re.findall(r"class \d{3}", drawing))) == shown
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: ?([\d.]+)px", drawing)]
    assert sizes
    assert min(sizes) >= 5.5


def test_real_photos_of_products(shared_data: Path, tmp_path: Path) -> None:
    made = without_maps(RunMaker(tmp_path / "runs").make(product_examples(shared_data / "products")))
    write_report(made)
    report = read_report(made)
    assert (report.main.photos, report.splits["validation"].photos) == (53, 100)
    assert report.main.main.right > 53 / 10  # better than chance
    assert "of 53 test photos got the right class" in (made / "report.html").read_text(encoding="utf-8")


def test_a_network_without_labels_says_nothing(tmp_path: Path) -> None:
    made = without_maps(RunMaker(tmp_path / "runs", epochs=0).make(drawn_examples(tmp_path / "photos")))
    for split in ("validation", "test"):
        before = load_outputs(made / f"outputs-{split}.npz")
        save_outputs(Outputs(before.ids, before.paths, {}, before.features), made / f"outputs-{split}.npz")
    assert Page(write_report(made).read_text(encoding="utf-8")).open == []
