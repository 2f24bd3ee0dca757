"""The page of a run and its values: from real pictures and a real small model, with every name that people may give."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from core.tags.values import Split
from tests.trainer.report.run_maker import RunMaker, drawn_examples, product_examples
from trainer.report.confused import confused_sides
from trainer.report.drawing import render
from trainer.report.figures import class_scores
from trainer.report.head_report import head_report
from trainer.report.kinds import kind_report
from trainer.report.maps import LEGEND, feature_map
from trainer.report.matrices import SHOWN_KINDS, confusion, kind_confusion, worst_block
from trainer.report.outputs import HeadOutputs, Outputs, ReportError, load_outputs, save_outputs
from trainer.report.page import write_report
from trainer.report.projections import project, write_projections
from trainer.report.report_data import read_report
from trainer.report.values import FeatureMap, HeadReport, MapPhoto, RunReport

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
    sides = confused_sides(report.main.main)
    assert page.elements["img"] == sum(len(head.mistakes) for head in report.main.heads.values()) + sum(
        len(side) for pair in sides for side in pair.photos
    )
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


def test_an_epoch_of_the_heads_alone_is_told_where_more_was_learned(tmp_path: Path) -> None:
    examples = drawn_examples(tmp_path / "drawn")
    for epochs, best, told in ((6, 1, True), (6, 4, False), (2, 1, False)):
        folder = tmp_path / f"runs {epochs} {best}"
        folder.mkdir()
        notes = read_report(RunMaker(folder, epochs=epochs, best=best).make(examples)).notes
        assert any("Kept is an epoch of the phase heads" in note for note in notes) is told


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
    lost = {mistakes[0].path, mistakes[1].path}
    sides = chain.from_iterable(pair.photos for pair in confused_sides(read_report(made).main.main))
    shown = [*mistakes, *chain.from_iterable(sides)]
    assert text.count("no picture</div>") == sum(each.path in lost for each in shown) >= 2
    assert text.count("<img") == sum(each.path not in lost for each in shown) > 0


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


def guesses(classes: int, kinds: int = 0) -> HeadReport:
    """Of two photos of each class, by a head that knows nothing; classes of one kind have numbers of one remainder."""
    rng = np.random.default_rng(0)
    targets = np.arange(2 * classes) % classes
    head = HeadOutputs(tuple(f"class {row:03}" for row in range(classes)), rng.random((len(targets), classes)), targets)
    names = [str(row) for row in range(len(targets))]
    kind_of = {label: f"kind {row % kinds:02}" for row, label in enumerate(head.labels)} if kinds else {}
    return head_report(Outputs(names, names, {"class": head}, np.zeros((len(names), 0))), "class", kind_of)


def words_in(drawing: str, word: str) -> set[str]:
    """Also that what is written is large enough to be read."""
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: ?([\d.]+)px", drawing)]
    assert sizes
    assert min(sizes) >= 5.5
    return set(re.findall(rf"{word} \d+", drawing))


class TestManyClasses:
    def test_up_to_eighty_have_their_names(self) -> None:
        assert len(words_in(render(lambda: confusion(guesses(80))).svg, "class")) == 80

    @pytest.mark.parametrize("classes", [81, 230])
    def test_more_are_shown_without_names_and_the_worst_with_them(self, classes: int) -> None:
        report = guesses(classes)
        whole = render(lambda: confusion(report))
        assert words_in(whole.svg, "class") == set()
        with Image.open(io.BytesIO(whole.png)) as picture:
            assert max(picture.size) <= 1200
        shown = words_in(render(lambda: worst_block(report)).svg, "class")
        assert len(shown) == 24
        worst = report.pairs[0]
        assert {worst.true, worst.predicted} <= shown

    def test_kinds_have_a_matrix_of_their_own(self) -> None:
        report = guesses(200, kinds=12)
        assert len(words_in(render(lambda: kind_confusion(report)).svg, "kind")) == 12
        assert len(words_in(render(lambda: confusion(report)).svg, "kind")) == 12
        many = guesses(200, kinds=60)
        drawing = render(lambda: kind_confusion(many)).svg
        assert len(words_in(drawing, "kind")) == SHOWN_KINDS
        assert "all other classes" in drawing

    def test_scores_are_those_of_the_strongest_and_the_weakest(self) -> None:
        report = guesses(200)
        shown = words_in(render(lambda: class_scores(report)).svg, "class")
        ranked = [each.label for each in report.by_strength]
        assert shown == {*ranked[:15], *ranked[-15:]}

    def test_a_legend_names_a_dozen_at_most(self) -> None:
        photos = tuple(
            MapPhoto(str(row), "", "test", {"class": (f"class {row % 200:03}", f"class {(row + row % 3) % 200:03}")})
            for row in range(400)
        )
        places = tuple((float(row), float(row % 7)) for row in range(400))
        found = FeatureMap(photos, {"PCA": places}, {}, 400)
        assert len(words_in(render(lambda: feature_map(found, "PCA")).svg, "class")) == LEGEND
        kinds = {f"class {row:03}": f"kind {row % 4:02}" for row in range(150)}
        by_kind = render(lambda: feature_map(found, "PCA", kinds)).svg
        assert words_in(by_kind, "kind") == {"kind 00", "kind 01", "kind 02", "kind 03"}
        assert "other classes" in by_kind

    def test_the_page_begins_with_the_strongest_and_keeps_all_behind_a_line(self, tmp_path: Path) -> None:
        names = [f"class {row:03}" for row in range(81)]
        examples = drawn_examples(tmp_path / "photos", names, each=9)
        kinds = {name: f"kind {row % 8}" for row, name in enumerate(names)}
        made = without_maps(RunMaker(tmp_path / "runs", kinds=kinds, strength=1e-4).make(examples))
        text = write_report(made).read_text(encoding="utf-8")
        assert Page(text).open == []
        main = read_report(made).main.main
        shown = re.findall(r"<tr><td>(class \d{3})</td><td>[-\d]", text)
        ranked = [each.label for each in main.by_strength]
        assert shown[:10] == ranked[:10]
        assert shown[10:20] == ranked[:-11:-1]
        assert shown[20:101] == names
        assert "All 81 of them" in text
        assert main.kinds is not None
        assert f"{main.kinds.near_misses} photos got a wrong class of the right kind" in text
        assert {"kinds-test-0.svg", "worst-test-0.svg"} <= {path.name for path in (made / "figures").iterdir()}


class TestKinds:
    LABELS = ("cat", "dog", "car", "truck", "spoon")
    KIND_OF: ClassVar = {"cat": "animal", "dog": "animal", "car": "vehicle", "truck": "vehicle"}

    def head(self, said: list[int], truth: list[int]) -> HeadOutputs:
        return HeadOutputs(self.LABELS, np.eye(5)[said], np.array(truth))

    def test_a_wrong_class_of_the_right_kind_is_counted_apart(self) -> None:
        # Right; near; another kind; near; right; another kind; not labelled.
        found = kind_report(self.head([0, 1, 2, 3, 4, 0, 0], [0, 0, 0, 2, 4, 4, -1]), self.KIND_OF)
        assert found is not None
        assert found.accuracy.value == pytest.approx(4 / 6)
        assert found.near_misses == 2
        assert [each.kind for each in found.kinds] == ["animal", "spoon", "vehicle"]
        animal, spoon, vehicle = found.kinds
        assert (animal.classes, animal.photos, animal.right_class, animal.right_kind) == (2, 3, 1, 2)
        assert (vehicle.photos, vehicle.right_class, vehicle.right_kind) == (1, 0, 1)
        assert (spoon.classes, spoon.right_class, spoon.right_kind) == (1, 1, 1)
        assert found.confusion == ((2, 0, 1), (1, 1, 0), (0, 0, 1))
        assert [each.kind for each in found.proper] == ["animal", "vehicle"]

    def test_classes_that_share_no_kind_have_no_report(self) -> None:
        head = self.head([0], [0])
        assert kind_report(head, {}) is None
        assert kind_report(head, {"cat": "animal", "car": "vehicle"}) is None
        assert kind_report(self.head([0], [-1]), self.KIND_OF) is None


def test_confused_classes_are_shown_from_both_sides(report: RunReport) -> None:
    head = report.main.main
    (pair,) = confused_sides(head)
    first, second = pair.labels
    assert {first, second} == {"circle", "square"}
    assert pair.taken == (len(head.cells.get((first, second), ())), len(head.cells.get((second, first), ())))
    assert pair.taken[0] >= pair.taken[1]
    for label, photos in zip(pair.labels, pair.photos, strict=True):
        assert photos
        assert all(photo.true == label for photo in photos)
        wrong = [not photo.is_right for photo in photos]
        assert wrong == sorted(wrong, reverse=True)


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
