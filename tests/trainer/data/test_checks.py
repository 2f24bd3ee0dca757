from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.tags.values import Split
from tests.trainer.data.conftest import example
from trainer.data.checks import Finding, FindingKind, Severity, check
from trainer.data.examples import Dataset
from trainer.data.features import vectors_of
from trainer.data.likely_wrong import likely_wrong, out_of_sample
from trainer.data.sources import read_examples

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder


def clusters(per_class: int, classes: int = 3, *, dim: int = 64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of classes that a line can tell apart."""
    random = np.random.default_rng(seed)
    targets = np.repeat(np.arange(classes), per_class)
    centres = random.normal(size=(classes, dim))
    return (centres[targets] + 0.3 * random.normal(size=(len(targets), dim))).astype(np.float32), targets


def found(findings: list[Finding], kind: FindingKind) -> list[Finding]:
    return [finding for finding in findings if finding.kind is kind]


def test_flipped_labels_are_found_with_what_they_were():
    features, truth = clusters(80)
    given = truth.copy()
    flipped = np.arange(5, 240, 24)
    given[flipped] = (truth[flipped] + 1) % 3

    doubts = likely_wrong(features, given)

    found_rows = {doubt.row for doubt in doubts}
    assert found_rows <= set(flipped.tolist())
    assert len(found_rows) >= 7
    assert all(doubt.suggested == truth[doubt.row] and doubt.given == given[doubt.row] for doubt in doubts)


def test_wrong_labels_of_products_are_found(shared_data: Path, starter: ClipEncoder):
    dataset = read_examples(shared_data / "products")
    train = dataset.of(Split.TRAIN)
    truth = dataset.targets(train)["class"]
    things = np.unique([str(each.instance) for each in train], return_inverse=True)[1]
    flipped = np.random.default_rng(0).choice(len(train), len(train) // 20, replace=False)
    given = truth.copy()
    given[flipped] = (truth[flipped] + 1) % 10

    doubts = likely_wrong(vectors_of(train, starter), given, groups=things.tolist())

    hits = [doubt for doubt in doubts if doubt.row in set(flipped.tolist())]
    assert len(hits) >= 0.35 * len(flipped)
    assert len(hits) >= 0.4 * len(doubts)
    assert np.mean([doubt.suggested == truth[doubt.row] for doubt in hits]) > 0.6


def test_right_labels_are_left_alone():
    features, truth = clusters(80)

    assert likely_wrong(features, truth) == []


def test_photos_without_a_label_and_labels_of_one_photo_are_not_doubted():
    features, truth = clusters(40)
    given = truth.copy()
    given[:10] = -1
    given[50] = 7

    assert {doubt.row for doubt in likely_wrong(features, given)}.isdisjoint({*range(10), 50})


def test_nothing_is_said_of_a_handful_of_photos():
    features, truth = clusters(4)

    assert likely_wrong(features, truth) == []


def test_a_photo_is_not_judged_by_its_twins():
    features, truth = clusters(30, seed=1)
    features[:30] = np.random.default_rng(2).normal(size=(30, 64))  # nothing to be learned of the first class
    features[30:60] = features[:30]  # but each of its photos has a twin in the second
    groups = np.arange(90)
    groups[30:60] = groups[:30]

    alone = out_of_sample(features, truth, groups, seed=0)

    assert (alone[:30].argmax(1) == 0).mean() < 0.75


def test_counts_are_looked_at():
    examples = [example(n, "many", color="red") for n in range(40)]
    examples += [example(100 + n, "some") for n in range(8)] + [example(200, "rare")]

    findings = check(Dataset(tuple(examples)))

    (too_few,) = found(findings, FindingKind.TOO_FEW)
    assert [each.labels["class"] for each in too_few.examples] == ["rare"]
    (few,) = found(findings, FindingKind.FEW)
    assert {each.labels["class"] for each in few.examples} == {"some"}
    assert found(findings, FindingKind.IMBALANCE)[0].severity is Severity.HINT
    assert found(findings, FindingKind.SINGLE_LABEL)[0].head == "color"
    assert [finding.severity for finding in findings] == sorted((f.severity for f in findings), reverse=True)
    assert all(finding.message and finding.remedy for finding in findings)


def test_an_attribute_that_few_photos_have():
    examples = [example(n, "ab"[n % 2], **({"color": ["red", "blue"][n % 2]} if n < 10 else {})) for n in range(60)]

    (finding,) = found(check(Dataset(tuple(examples))), FindingKind.NOT_LABELLED)

    assert len(finding.examples) == 50
    assert "83%" in finding.message


def test_one_picture_with_two_labels():
    twin, other, near = example(1, "a"), example(2, "b", content=f"{1:032x}"), example(3, "b")

    findings = check(Dataset((twin, other, near, example(4, "a"))), near=[(2, 3)])

    conflicts = found(findings, FindingKind.CONFLICT)
    assert [{each.path.name for each in finding.examples} for finding in conflicts] == [
        {"1.jpg", "2.jpg"},
        {"3.jpg", "4.jpg"},
    ]
    assert all(finding.severity is Severity.ERROR for finding in conflicts)


def test_pictures_and_things_on_two_sides():
    examples = (
        example(1, split=Split.TRAIN),
        example(2, split=Split.TEST, content=f"{1:032x}"),
        example(3, split=Split.TRAIN, instance="cap"),
        example(4, split=Split.VALIDATION, instance="cap"),
        example(5, split=Split.TRAIN),
    )

    pictures, things = found(check(Dataset(examples)), FindingKind.LEAK)

    assert {each.path.name for each in pictures.examples} == {"1.jpg", "2.jpg"}
    assert {each.path.name for each in things.examples} == {"3.jpg", "4.jpg"}


def test_likely_wrong_labels_come_with_a_suggestion():
    features, truth = clusters(60)
    labels = [("shoe", "cap", "bag")[target] for target in truth]
    labels[7] = "bag"
    dataset = Dataset(tuple(example(n, label) for n, label in enumerate(labels)))

    (finding,) = found(check(dataset, vectors=lambda examples: features), FindingKind.LIKELY_WRONG)

    assert [each.path.name for each in finding.examples] == ["7.jpg"]
    assert finding.suggested == ("shoe",)


def test_what_was_left_out_is_told_again():
    dataset = Dataset((example(1, "a"), example(2, "b")), warnings=("2 photos were left out.",))

    assert found(check(dataset), FindingKind.LEFT_OUT)[0].message == "2 photos were left out."
