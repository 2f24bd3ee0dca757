"""Outputs on disk: what was written comes back, nothing is pickled, damage is told in words."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from trainer.report.ensemble import average_outputs
from trainer.report.outputs import HeadOutputs, Outputs, ReportError, load_outputs, save_outputs

ODD = ("<b>", "a/b\\c", "x" * 300, "猫", "\udcff half", "\n")


def some(ids: tuple[str, ...] = ("one", "two", "three"), labels: tuple[str, ...] = ("cat", "dog")) -> Outputs:
    rng = np.random.default_rng(len(ids))
    logits = rng.normal(size=(len(ids), len(labels)))
    head = HeadOutputs(labels, logits, np.arange(len(ids)) % len(labels))
    return Outputs(list(ids), [f"/{id_}" for id_ in ids], {"class": head}, rng.normal(size=(len(ids), 4)))


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    head = HeadOutputs(ODD, np.eye(6)[:2], np.array([-1, 5]))
    before = Outputs(
        ["a", "b"], list(ODD[3:5]), {name: head for name in ODD}, np.ones((2, 3)), {"猫": 1.7}, {"猫": 0.6}
    )
    save_outputs(before, tmp_path / "outputs-test.npz")
    after = load_outputs(tmp_path / "outputs-test.npz")
    assert (list(after.ids), list(after.paths), tuple(after.heads)) == (["a", "b"], list(ODD[3:5]), ODD)
    assert (after.temperatures, after.thresholds, after.temperature("<b>")) == ({"猫": 1.7}, {"猫": 0.6}, 1.0)
    for name in ODD:
        assert after.heads[name].labels == ODD
        assert after.heads[name].logits.dtype == np.float32
        np.testing.assert_array_equal(after.heads[name].logits, head.logits)
        np.testing.assert_array_equal(after.heads[name].targets, head.targets)
    np.testing.assert_array_equal(after.features, before.features)
    assert [path.name for path in tmp_path.iterdir()] == ["outputs-test.npz"]


@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "text", "foreign", "no npz"])
def test_damage_is_told_in_words(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "outputs-test.npz"
    save_outputs(some(), file)
    whole = file.read_bytes()
    match damage:
        case "absent":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "text":
            file.write_text("no arrays here", encoding="utf-8")
        case "foreign":
            np.savez(file, something=np.arange(3))
        case _:
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("words.npy", b"not an array")
    with pytest.raises(ReportError):
        load_outputs(file)


def test_an_object_array_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "outputs-test.npz"
    np.savez(file, words=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ReportError, match="damaged"):
        load_outputs(file)


@pytest.mark.parametrize(
    ("logits", "targets"),
    [(np.zeros((2, 3)), [0, 1]), (np.zeros((2, 2)), [0]), (np.zeros((1, 2)), [2]), (np.array([[np.nan, 1]]), [0])],
)
def test_what_does_not_fit_is_refused(logits: np.ndarray, targets: list[int]) -> None:
    with pytest.raises(ReportError):
        HeadOutputs(("a", "b"), logits, np.array(targets))


class TestEnsemble:
    def test_probabilities_are_averaged_after_calibration(self) -> None:
        first, second = (
            Outputs(
                ["x"], ["/x"], {"class": HeadOutputs(("a", "b"), np.log([shares]), np.array([0]))}, np.zeros((1, 1)), t
            )
            for shares, t in (([0.9, 0.1], {}), ([0.2, 0.8], {"class": 0.5}))
        )
        found = average_outputs([first, second])
        sharpened = 0.2**2 / (0.2**2 + 0.8**2)  # a temperature of 1/2 squares the odds
        assert found.probabilities("class")[0, 0] == pytest.approx((0.9 + sharpened) / 2, abs=1e-6)
        weighted = average_outputs([first, second], [3, 1])
        assert weighted.probabilities("class")[0, 0] == pytest.approx(0.75 * 0.9 + 0.25 * sharpened, abs=1e-6)

    def test_photos_and_labels_are_matched_by_name(self) -> None:
        first = some()
        turned = HeadOutputs(
            ("dog", "cat"), first.heads["class"].logits[::-1, ::-1], 1 - first.heads["class"].targets[::-1]
        )
        second = Outputs(list(first.ids)[::-1], list(first.paths)[::-1], {"class": turned}, first.features[::-1])
        found = average_outputs([first, second])
        assert list(found.ids) == list(first.ids)
        np.testing.assert_allclose(found.probabilities("class"), first.probabilities("class"), atol=1e-6)
        np.testing.assert_array_equal(found.heads["class"].targets, first.heads["class"].targets)

    def test_a_label_that_one_does_not_know_gets_half_at_most(self) -> None:
        few = HeadOutputs(("a", "b"), np.log([[0.6, 0.4], [0.9, 0.1]]), np.array([0, -1]))
        many = HeadOutputs(("c", "b", "a"), np.log([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]]), np.array([2, 0]))
        first, second = (Outputs(["x", "y"], ["/x", "/y"], {"class": each}, np.zeros((2, 1))) for each in (few, many))
        found = average_outputs([first, second])
        assert found.heads["class"].labels == ("a", "b", "c")
        assert found.heads["class"].targets.tolist() == [0, 2]
        np.testing.assert_allclose(found.probabilities("class"), [[0.65, 0.3, 0.05], [0.5, 0.1, 0.4]], atol=1e-6)

    def test_what_does_not_belong_together_is_refused(self) -> None:
        with pytest.raises(ReportError, match="no photos"):
            average_outputs([some(), some(("four",))])
        with pytest.raises(ReportError, match="different labels of class"):
            average_outputs([some(), some(labels=("cat", "cow"))])
        with pytest.raises(ReportError, match="weight"):
            average_outputs([some(), some()], [1, -1])
