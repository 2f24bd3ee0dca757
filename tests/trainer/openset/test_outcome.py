"""What a training for open-set retrieval is said to have given, and which head it learns."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import TrainingError
from core.tags.label_folders import GROUP
from core.tags.values import CLASS
from trainer.data.examples import Dataset, Example
from trainer.openset.outcome import Change, Found, Outcome
from trainer.openset.tier import as_class
from trainer.report.intervals import Interval


def found(first: float, near: float, half_width: float) -> Found:
    return Found(50, *(Interval(value, value - half_width, value + half_width) for value in (first, near)))


def change(near: tuple[float, float], first: tuple[float, float] = (0.5, 0.5), half_width: float = 0.02) -> Change:
    before, after = (found(one, many, half_width) for one, many in zip(first, near, strict=True))
    return Change(before, after)


STAYS, GAINS, LOSES = change((0.5, 0.504)), change((0.5, 0.6)), change((0.5, 0.4))


@pytest.mark.parametrize(
    ("seen", "unseen", "better", "mixed", "sure"),
    [
        (STAYS, GAINS, True, False, True),
        (GAINS, STAYS, True, False, True),
        (None, GAINS, True, False, True),
        (GAINS, LOSES, False, True, False),
        (STAYS, LOSES, False, False, False),
        (STAYS, STAYS, False, False, False),
        (None, None, False, False, False),
        (STAYS, change((0.5, 0.6), half_width=0.06), True, False, False),
        (STAYS, change((0.5, 0.6), first=(0.9, 0.85)), True, False, False),
    ],
)
def test_it_is_better_where_one_part_gains_and_none_loses(
    seen: Change | None, unseen: Change | None, better: bool, mixed: bool, sure: bool
) -> None:
    outcome = Outcome(seen, unseen, 2)
    assert (outcome.is_better, outcome.is_mixed, outcome.is_sure) == (better, mixed, sure)


def test_another_head_takes_the_place_of_the_class() -> None:
    labels = ({CLASS: "cap", "color": "red", "brand": "a"}, {CLASS: "cap"}, {"color": "blue"})
    examples = tuple(Example(Path(f"{number}.jpg"), str(number), each) for number, each in enumerate(labels))
    dataset = Dataset(examples, kinds={"cap": "clothes"})
    assert as_class(dataset, CLASS) is dataset
    by_color = as_class(dataset, "color")
    assert [each.labels for each in by_color.examples] == [{CLASS: "red"}, {CLASS: "blue"}]
    assert by_color.kinds == {}, "those of classes say nothing of colours"
    assert as_class(dataset, "color", "brand").examples[0].labels == {CLASS: "red", "brand": "a"}
    assert as_class(dataset, "color", CLASS).examples[0].labels == {CLASS: "red", GROUP: "cap"}
    with pytest.raises(TrainingError, match="no labels of size"):
        as_class(dataset, "size")
