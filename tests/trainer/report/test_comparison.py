"""Two runs side by side: the same photos, paired numbers, and the photos that changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.tags.values import Split
from tests.trainer.report.run_maker import RunMaker, drawn_examples
from trainer.report.comparison import compare_outputs, compare_runs
from trainer.report.outputs import HeadOutputs, Outputs, ReportError, load_outputs


def outputs(predicted: str, true: str, labels: str = "abc", ids: str = "") -> Outputs:
    """One letter a photo; "." is not labelled."""
    logits = np.eye(len(labels))[[labels.index(letter) for letter in predicted]] * 3
    targets = np.array([labels.find(letter) for letter in true])
    names = list(ids or [f"photo {row}" for row in range(len(true))])
    return Outputs(
        names,
        [f"/{name}.jpg" for name in names],
        {"class": HeadOutputs(tuple(labels), logits, targets)},
        np.zeros((len(names), 1)),
    )


def test_numbers_worked_out_by_hand() -> None:
    found = compare_outputs(outputs("aabbccab", "aabbcc.a"), outputs("aabbbcaa", "aabbcc.a"))
    head = found.heads["class"]
    assert (head.count, head.right) == (7, (6, 6))
    assert (head.test.only_first, head.test.only_second, head.test.exact_p) == (1, 1, 1.0)
    assert [photo.id for photo in head.gained] == ["photo 7"]
    assert [(photo.id, photo.first.predicted, photo.second.predicted) for photo in head.lost] == [("photo 4", "c", "b")]
    assert head.difference["accuracy"].value == 0
    assert head.difference["accuracy"].low < 0 < head.difference["accuracy"].high
    assert not found.is_partial


def test_photos_and_labels_are_matched_whatever_their_order() -> None:
    first = outputs("abcab", "abcab", "abc", ids="vwxyz")
    second = outputs("bacba", "bacba", "cab", ids="zyxwv")  # each photo as in the first, from the back
    found = compare_outputs(first, second)
    assert found.heads["class"].right == (5, 5)
    assert (found.heads["class"].gained, found.heads["class"].lost, found.relabelled) == ((), (), 0)
    assert "the very same photos" in found.summary


def test_only_shared_photos_count_and_that_is_said() -> None:
    found = compare_outputs(outputs("aab", "aab", ids="vwx"), outputs("aba", "aaa", ids="wxy"))
    assert (found.photos, found.only, found.is_partial) == (2, (1, 1), True)
    assert found.relabelled == 1  # x was b for the first, and is a for the second
    assert found.heads["class"].right == (1, 1)


def test_a_class_that_only_one_knows_is_no_obstacle() -> None:
    found = compare_outputs(outputs("aabb", "aabb", "ab"), outputs("aabc", "aabc", "abc"))
    assert found.heads["class"].right == (3, 4)
    assert [photo.true for photo in found.heads["class"].gained] == ["c"]


@pytest.fixture
def two_runs(tmp_path: Path) -> tuple[Path, Path]:
    examples = drawn_examples(tmp_path / "photos", ("<b>bold</b>", "circle", "square"), each=12)
    weak = RunMaker(tmp_path / "runs", dimensions=2).make(examples, "<weak>")
    return weak, RunMaker(tmp_path / "runs", dimensions=30).make(examples, "strong")


def test_the_page_shows_what_changed(two_runs: tuple[Path, Path], tmp_path: Path) -> None:
    found = compare_runs(*two_runs, tmp_path / "out" / "put")
    assert found.page == tmp_path / "out" / "put" / "comparison.html"
    text = found.page.read_text(encoding="utf-8")
    first, second = (load_outputs(run / "outputs-test.npz").heads["class"] for run in two_runs)
    rights = [int((each.logits.argmax(axis=1) == each.targets).sum()) for each in (first, second)]
    assert found.heads["class"].right == tuple(rights)
    assert rights[1] > rights[0]
    changed = [photo for head in found.heads.values() for photo in (*head.gained, *head.lost)]
    assert text.count("<img") == len(changed) > 0
    assert "<weak>" not in text
    assert "<b>" not in text
    assert "McNemar" in text


def test_no_page_where_none_is_wanted(two_runs: tuple[Path, Path]) -> None:
    assert compare_runs(*two_runs).page is None
    assert not (two_runs[1] / "comparison.html").exists()


def test_without_test_photos_the_validation_photos_are_compared(tmp_path: Path) -> None:
    examples = [each for each in drawn_examples(tmp_path / "photos") if each.split is not Split.TEST]
    runs = [RunMaker(tmp_path / "runs").make(examples, name) for name in ("one", "two")]
    assert compare_runs(*runs, tmp_path).split == "validation"
    assert "chose their epoch" in (tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_runs_on_other_photos_cannot_be_compared(tmp_path: Path) -> None:
    examples = drawn_examples(tmp_path / "photos")
    strangers = [replace(each, content_hash=f"other {row}") for row, each in enumerate(examples)]
    runs = [RunMaker(tmp_path / "runs").make(some, name) for some, name in ((examples, "one"), (strangers, "two"))]
    with pytest.raises(ReportError, match="no photos in common"):
        compare_runs(*runs)
    with pytest.raises(ReportError, match="no photos in common"):
        compare_runs(runs[0], tmp_path / "no run")
