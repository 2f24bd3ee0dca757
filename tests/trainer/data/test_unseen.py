"""Whole classes held out: by kind, by seed, and never to be met in training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import TrainingError
from core.tags.values import CLASS, Split
from tests.conftest import REPOSITORY
from trainer.data.examples import Dataset, Example
from trainer.data.hierarchy import Hierarchy, read_hierarchy, write_hierarchy
from trainer.data.sources import read_examples
from trainer.data.unseen import NO_KIND, ClassSplit, coarse_kinds, divide, hold_out_classes

KINDS = {
    "apple": "fruit", "pear": "fruit", "plum": "fruit", "kiwi": "fruit",
    "oak": "tree", "elm": "tree",
    "car": "vehicle",
}  # fmt: skip


def dataset(photos: int = 6, **others: int) -> Dataset:
    counts = {fine: others.get(fine, photos) for fine in KINDS}
    return Dataset(
        tuple(
            Example(Path(f"{fine}-{number}.jpg"), f"{fine}-{number:02}", {CLASS: fine, "size": "large"})
            for fine, count in counts.items()
            for number in range(count)
        ),
        name="things",
    )


def divided(data: Dataset, seed: int = 0) -> tuple[Dataset, ClassSplit]:
    classes = hold_out_classes(data, Hierarchy(KINDS), share=0.5, seed=seed)
    return divide(data, classes, validation=0.3, seed=seed)


@pytest.fixture(autouse=True)
def no_near_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """These photos have no files to be compared."""
    monkeypatch.setattr("trainer.data.near.near_duplicates", lambda examples, **options: [])


def test_no_photo_of_an_unseen_class_is_trained_on_or_validated_with() -> None:
    data, classes = divided(dataset())
    met = {each.labels[CLASS] for each in data.examples if each.split is not Split.TEST}
    assert met == set(classes.seen)
    assert {each.labels[CLASS] for each in data.of(Split.TEST)} == set(classes.unseen)
    assert len(data.of(Split.TEST)) == 6 * len(classes.unseen)
    assert not met & set(classes.unseen)


def test_each_kind_of_two_gives_a_share_and_keeps_a_class() -> None:
    _, classes = divided(dataset())
    for kind, wanted in (("fruit", 2), ("tree", 1), ("vehicle", 0)):
        of_kind = Hierarchy(KINDS).kinds[kind]
        assert len(set(of_kind) & set(classes.unseen)) == wanted
        assert set(of_kind) & set(classes.seen)


def test_the_seed_decides_and_the_order_of_photos_does_not() -> None:
    data = dataset()
    turned = replace(data, examples=data.examples[::-1])
    assert divided(data)[1] == divided(turned)[1]
    assert divided(data)[0].hash == divided(turned)[0].hash
    assert len({divided(data, seed)[1].unseen for seed in range(6)}) > 1


def test_another_kind_changes_nothing_in_this_one() -> None:
    data = dataset()
    fewer = replace(data, examples=tuple(each for each in data.examples if KINDS[each.labels[CLASS]] != "tree"))
    without = {fine for fine in divided(data)[1].unseen if KINDS[fine] != "tree"}
    assert set(divided(fewer)[1].unseen) == without


def test_a_class_of_one_photo_is_learned_from_and_never_held_out() -> None:
    for seed in range(8):
        data, classes = divided(dataset(oak=1), seed)
        assert "oak" in classes.seen
        assert "elm" in classes.seen, "the only other one of its kind stays too"
        assert [each.split for each in data.examples if each.labels[CLASS] == "oak"] == [Split.TRAIN]


def test_what_was_chosen_is_stored(tmp_path: Path) -> None:
    data, classes = divided(dataset())
    classes.write(tmp_path / "unseen.json", data)
    assert ClassSplit.read(tmp_path / "unseen.json") == ClassSplit(Hierarchy(KINDS), classes.seen, classes.unseen)
    text = (tmp_path / "unseen.json").read_text(encoding="utf-8")
    assert data.hash in text
    with pytest.raises(TrainingError, match="cannot be read"):
        ClassSplit.read(tmp_path / "nothing.json")


def test_a_split_of_the_data_is_kept_and_its_test_left_out() -> None:
    parts = (Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.VALIDATION, Split.TEST)
    given = dataset()
    given = replace(
        given, examples=tuple(replace(each, split=parts[int(each.content_hash[-2:])]) for each in given.examples)
    )
    data, classes = divided(given)
    assert len(data.of(Split.TRAIN)) == 3 * len(classes.seen)
    assert len(data.of(Split.VALIDATION)) == 2 * len(classes.seen)
    assert any("kept for a test" in warning for warning in data.warnings)


def test_photos_that_a_model_may_have_met_can_be_left_out() -> None:
    parts = (Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.VALIDATION)
    given = dataset(4)
    given = replace(
        given, examples=tuple(replace(each, split=parts[int(each.content_hash[-2:])]) for each in given.examples)
    )
    classes = hold_out_classes(given, Hierarchy(KINDS), share=0.5, seed=0)
    data, _ = divide(given, classes, validation=0.3, seed=0, only_held_out=True)
    assert len(data.of(Split.TEST)) == 2 * len(classes.unseen)
    assert {each.content_hash[-2:] for each in data.of(Split.TEST)} == {"02", "03"}


def test_a_class_without_photos_to_train_on_is_not_called_seen() -> None:
    given = dataset()
    given = replace(
        given,
        examples=tuple(
            replace(each, split=Split.VALIDATION) if each.labels[CLASS] == "car" else each for each in given.examples
        ),
    )
    data, classes = divided(given)
    assert "car" not in {each.labels[CLASS] for each in data.examples}
    assert "car" not in classes.seen
    assert any("car" in warning for warning in data.warnings)


def test_nothing_to_hold_out_is_said() -> None:
    with pytest.raises(TrainingError, match="No class can be held out"):
        hold_out_classes(dataset(), Hierarchy({fine: fine for fine in KINDS}), share=0.5, seed=0)
    lonely = replace(dataset(), examples=tuple(e for e in dataset().examples if e.labels[CLASS] in ("oak", "elm")))
    with pytest.raises(TrainingError, match="A single class is left"):
        hold_out_classes(lonely, Hierarchy(KINDS), share=0.5, seed=0)


def test_kinds_come_from_a_file_a_head_or_nested_folders(tmp_path: Path) -> None:
    data = dataset()
    assert coarse_kinds(data, tmp_path).coarse_of == dict.fromkeys(sorted(KINDS), NO_KIND)
    known = Hierarchy({fine: kind for fine, kind in KINDS.items() if fine != "car"})
    write_hierarchy(known, tmp_path / "hierarchy.toml")
    assert coarse_kinds(data, tmp_path).kind("oak") == "tree"
    assert coarse_kinds(data, tmp_path / "labels.csv").kind("car") == "car"
    assert coarse_kinds(data, tmp_path, "size").kind("oak") == "large"
    elsewhere = tmp_path / "of-my-own.toml"
    write_hierarchy(Hierarchy(dict.fromkeys(KINDS, "thing")), elsewhere)
    assert coarse_kinds(data, tmp_path, file=elsewhere).kind("oak") == "thing"
    grouped = replace(
        data, examples=tuple(replace(e, labels={**e.labels, "group": KINDS[e.labels[CLASS]]}) for e in data.examples)
    )
    assert coarse_kinds(grouped, tmp_path / "elsewhere").kind("plum") == "fruit"
    with pytest.raises(TrainingError, match="no head colour"):
        coarse_kinds(data, tmp_path, "colour")


@pytest.mark.parametrize("name", ["products", "clothing"])
def test_the_kinds_of_the_documentation_are_those_of_the_photos(name: str, shared_data: Path) -> None:
    known = read_hierarchy(REPOSITORY / "docs" / "recipes" / "hierarchies" / f"{name}.toml")
    classes = read_examples(shared_data / name).heads[CLASS]
    assert sorted(known.coarse_of) == sorted(classes)
    assert len(known.kinds) == 4
