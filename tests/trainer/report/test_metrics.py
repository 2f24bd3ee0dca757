"""Numbers of a run: against matrices worked out by hand, and against scikit-learn and torchmetrics."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from trainer.report.calibration import choose_threshold, ece, fit_temperature, negative_log_likelihood, reliability
from trainer.report.metrics import classification_metrics, confusion, summary_scores, top_k_accuracy
from trainer.report.outputs import HeadOutputs, Outputs

# Rows are true: of 4 cats 3 are right, of 2 dogs 1, of 4 owls 2.
BY_HAND = np.array([[3, 1, 0], [1, 1, 0], [0, 2, 2]])


def head(logits: np.ndarray, targets: list[int] | np.ndarray, labels: str = "abcdefgh") -> HeadOutputs:
    return HeadOutputs(tuple(labels[: logits.shape[1]]), logits, np.asarray(targets))


def outputs(logits: np.ndarray, targets: list[int] | np.ndarray, temperature: float = 1.0) -> Outputs:
    photos = len(logits)
    return Outputs(
        [f"hash{row}" for row in range(photos)],
        [f"/{row}.jpg" for row in range(photos)],
        {"class": head(logits, targets)},
        np.zeros((photos, 2)),
        {"class": temperature},
    )


def from_counts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and targets that have this confusion matrix."""
    cells = [(true, predicted) for (true, predicted), n in np.ndenumerate(counts) for _ in range(n)]
    targets, predicted = np.array(cells).T
    return np.eye(len(counts))[predicted] * 2.0, targets


def noisy(photos: int = 400, classes: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Logits that say how probable each class really is, and targets drawn from them; some are not labelled."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 1.5, (photos, classes))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = (shares.cumsum(axis=1) > rng.random((photos, 1))).argmax(axis=1)
    return logits, targets


def test_a_matrix_worked_out_by_hand() -> None:
    found = classification_metrics(outputs(*from_counts(BY_HAND)))["heads"]["class"]
    assert (found["n"], found["right"], found["confusion"]) == (10, 6, BY_HAND.tolist())
    assert found["accuracy"] == pytest.approx(6 / 10)
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2 + 2 / 4) / 3)
    f1 = [2 * 3 / (4 + 4), 2 * 1 / (2 + 4), 2 * 2 / (4 + 2)]
    assert found["macro_f1"] == pytest.approx(sum(f1) / 3)
    assert found["weighted_f1"] == pytest.approx((4 * f1[0] + 2 * f1[1] + 4 * f1[2]) / 10)
    dog = found["per_class"][1]
    assert (dog["precision"], dog["recall"], dog["f1"]) == pytest.approx((1 / 4, 1 / 2, 1 / 3))
    assert (dog["support"], dog["predicted"]) == (2, 4)


def test_scikit_learn_says_the_same() -> None:
    logits, targets = noisy()
    targets[::7] = -1
    known = targets >= 0
    predicted = logits.argmax(axis=1)
    found = classification_metrics(outputs(logits, targets))["heads"]["class"]
    true, said = targets[known], predicted[known]
    assert found["n"] == known.sum()
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(true, said))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(true, said))
    assert found["weighted_f1"] == pytest.approx(reference.f1_score(true, said, average="weighted"))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(true, said, average="macro"))
    assert found["confusion"] == reference.confusion_matrix(true, said).tolist()
    precision, recall, f1, support = reference.precision_recall_fscore_support(true, said)
    assert [each["precision"] for each in found["per_class"]] == pytest.approx(list(precision))
    assert [each["recall"] for each in found["per_class"]] == pytest.approx(list(recall))
    assert [each["f1"] for each in found["per_class"]] == pytest.approx(list(f1))
    assert [each["support"] for each in found["per_class"]] == list(support)
    for k in (3, 5):
        assert found["top_k"][str(k)] == pytest.approx(reference.top_k_accuracy_score(true, logits[known], k=k))
    probabilities = head(logits, targets).probabilities()[known]
    assert found["nll"] == pytest.approx(reference.log_loss(true, probabilities), rel=1e-5)


@pytest.mark.parametrize("targets", [[0, 0, 2, 2], [0, 1, 0, 0], [3, 3, 3, 3]])
def test_macro_f1_leaves_out_what_occurs_nowhere(targets: list[int]) -> None:
    predicted = np.array([0, 1, 2, 2])
    found = summary_scores(confusion(np.array(targets), predicted, 5))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(targets, predicted, average="macro", zero_division=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of predicted classes that have no photo; so do we not
        assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(targets, predicted))


def test_classes_and_heads_without_photos_are_none_and_no_warning() -> None:
    found = classification_metrics(outputs(np.eye(3), [-1, -1, -1]))["heads"]["class"]
    assert (found["n"], found["accuracy"], found["ece"], found["intervals"]) == (0, None, None, {})
    assert [each["recall"] for each in found["per_class"]] == [None, None, None]
    some = classification_metrics(outputs(np.eye(3), [0, 0, -1]))["heads"]["class"]
    assert [each["f1"] for each in some["per_class"]] == [pytest.approx(2 / 3), None, None]
    assert classification_metrics(outputs(np.zeros((0, 2)), []))["heads"]["class"]["n"] == 0


def test_metrics_are_strict_json() -> None:
    logits, targets = noisy(50)
    for each in (outputs(logits, targets), outputs(logits, [-1] * 50)):
        found = classification_metrics(each)
        assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_network_that_answers_all_alike_has_no_top_k() -> None:
    assert top_k_accuracy(head(np.zeros((4, 6)), [0, 1, 2, 3])) == {"1": 0.0, "3": 0.0, "5": 0.0}


class TestTemperature:
    def test_it_finds_what_the_logits_were_multiplied_with(self) -> None:
        logits, targets = noisy(5000)
        assert fit_temperature(logits, targets) == pytest.approx(1.0, rel=0.05)
        assert fit_temperature(logits * 3, targets) == pytest.approx(3 * fit_temperature(logits, targets), rel=1e-3)

    def test_no_other_temperature_is_likelier(self) -> None:
        logits, targets = noisy(2000)
        logits, best = logits * 2.5, fit_temperature(logits * 2.5, targets)
        around = [negative_log_likelihood(logits, targets, best * factor) for factor in (0.9, 1.0, 1.1)]
        assert min(around) == around[1]

    def test_calibration_is_better_with_it(self) -> None:
        logits, targets = noisy(2000)
        logits = logits * 4
        found = classification_metrics(outputs(logits, targets, fit_temperature(logits, targets)))["heads"]["class"]
        assert found["ece_calibrated"] < 0.05 < found["ece"]
        assert found["nll_calibrated"] < found["nll"]

    def test_a_few_photos_that_are_all_right_do_not_make_it_certain(self) -> None:
        logits = np.eye(3)[[0, 1, 2, 0]] * 2.0
        calibrated = head(logits, [0, 1, 2, 0]).probabilities(fit_temperature(logits, np.array([0, 1, 2, 0])))
        assert calibrated.max() == pytest.approx(5 / 6, abs=0.01)  # Platt's target: (n + 1) / (n + 2)

    @pytest.mark.parametrize(
        ("logits", "targets"),
        [
            (np.zeros((0, 3)), []),
            (np.ones((4, 3)), [0, 1, 2, 0]),
            (np.eye(3), [-1, -1, -1]),
            (np.ones((3, 1)), [0] * 3),
        ],
    )
    def test_it_is_one_where_nothing_can_be_learnt(self, logits: np.ndarray, targets: list[int]) -> None:
        assert fit_temperature(logits, np.array(targets, dtype=int)) == 1.0

    def test_unlabelled_photos_do_not_count(self) -> None:
        logits, targets = noisy(300)
        more = np.concatenate([logits, 100 * logits])
        assert fit_temperature(more, np.concatenate([targets, np.full(300, -1)])) == fit_temperature(logits, targets)


class TestReliability:
    def test_bins_worked_out_by_hand(self) -> None:
        probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.4, 0.6]])
        targets = np.array([0, 1, 0, 1])
        found = [each for each in reliability(probabilities, targets, bins=5) if each.count]
        assert [(each.count, each.confidence, each.accuracy) for each in found] == [
            (2, pytest.approx(0.6), 1.0),
            (1, pytest.approx(0.8), 0.0),
            (1, pytest.approx(0.9), 1.0),
        ]
        assert ece(probabilities, targets, bins=5) == pytest.approx((2 * 0.4 + 0.8 + 0.1) / 4)

    def test_torchmetrics_says_the_same(self) -> None:
        import torch

        from core.models.torchvision_operators import define_missing_operators

        define_missing_operators()  # torchmetrics imports torchvision
        from torchmetrics.functional.classification import multiclass_calibration_error

        logits, targets = noisy(700)
        probabilities = head(logits * 2, targets).probabilities()
        expected = multiclass_calibration_error(torch.tensor(probabilities), torch.tensor(targets), 6, n_bins=15)
        assert ece(probabilities, targets) == pytest.approx(float(expected), abs=1e-6)

    def test_adaptive_bins_hold_equally_many(self) -> None:
        logits, targets = noisy(150)
        found = reliability(head(logits, targets).probabilities(), targets, adaptive=True)
        assert {each.count for each in found} == {10}
        assert [each.confidence for each in found] == sorted(each.confidence for each in found)


class TestThreshold:
    def test_what_is_above_it_is_right_often_enough(self) -> None:
        logits, targets = noisy(4000)
        probabilities = head(logits, targets).probabilities()
        threshold = choose_threshold(probabilities, targets, precision=0.8)
        sure = probabilities.max(axis=1) >= threshold
        right = probabilities.argmax(axis=1) == targets
        assert right[sure].mean() == pytest.approx(0.8, abs=0.01)
        assert 0.1 < sure.mean() < 0.9

    def test_two_lucky_photos_prove_nothing(self) -> None:
        assert choose_threshold(np.array([[0.6, 0.4], [0.7, 0.3]]), np.array([0, 0])) == 0.9

    def test_without_labels_it_is_what_was_asked_for(self) -> None:
        assert choose_threshold(np.zeros((0, 2)), np.array([], dtype=int), precision=0.75) == 0.75
