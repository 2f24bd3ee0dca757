"""Which point of the way the guard takes, on curves whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import TrainingError
from trainer.contrastive.between import shown_rows
from trainer.contrastive.config import GuardConfig
from trainer.contrastive.guard import AGREEMENT, ALPHAS, FILE, Curve, Point, document_of, judged, read_curve
from trainer.contrastive.questions import agreement
from trainer.report.intervals import Interval

GUARD = GuardConfig()


def exactly(value: float) -> Interval:
    return Interval(value, value, value)


def points(
    gain: float, captions: float | None = None, agreed: float = 1.0, names: float = 0.0, bump_at: float | None = None
) -> list[Point]:
    """A straight way: what each figure gains or loses from one end to the other.

    Args:
        bump_at: Where the captions are, once more, as they were.
    """
    found: list[Point] = []
    for alpha in ALPHAS:
        text = {"names mAP": exactly(0.5 + alpha * names), AGREEMENT: exactly(1 - alpha * (1 - agreed))}
        if captions is not None:
            text["captions R@1"] = exactly(0.3 if alpha == bump_at else 0.3 + alpha * captions)
        found.append(Point(alpha, {"MAP@R": exactly(0.4 + alpha * gain)}, text))
    return found


def test_the_largest_alpha_that_keeps_every_text_figure_is_taken() -> None:
    verdict = judged(points(0.2, captions=-0.02), GUARD)
    assert verdict.alpha == 0.5
    assert "0.400 to 0.500" in verdict.reason
    assert verdict.broken[0.5] == ()
    assert verdict.broken[0.6] == ("captions R@1",)
    assert judged(points(0.2, captions=-0.02, names=-0.05), GUARD).alpha == 0.2
    assert judged(points(0.2, captions=-0.02, bump_at=0.9), GUARD).alpha == 0.9


def test_what_gets_better_goes_all_the_way() -> None:
    verdict = judged(points(0.2, captions=0.1, agreed=0.1), GUARD)
    assert verdict.alpha == 1.0
    assert "All that was learned" in verdict.reason


def test_agreement_decides_where_no_captions_were_asked() -> None:
    assert judged(points(0.2, captions=0.0, agreed=0.5), GUARD).alpha == 1.0
    assert judged(points(0.2, agreed=0.5), GUARD).alpha == 0.2


def test_where_nothing_was_gained_the_encoder_stays_and_the_run_says_so() -> None:
    broken = judged(points(0.2, captions=-0.2), GUARD)
    assert broken.alpha == 0.0
    assert "Nothing was gained" in broken.reason
    assert "captions R@1 0.300 to 0.280" in broken.reason
    worse = judged(points(-0.2, captions=0.1), GUARD)
    assert worse.alpha == 0.0
    assert "no more of their class" in worse.reason


def test_agreement_is_the_share_of_the_first_photos_that_stay() -> None:
    before = np.array([[0, 1, 2, 3], [4, 5, 6, 7]])
    now = np.array([[3, 2, 1, 0], [4, 8, 9, 5]])
    assert agreement(before, now)[AGREEMENT].value == 0.75


def test_the_curve_is_kept_as_it_is(tmp_path: Path) -> None:
    found = points(0.2, captions=-0.02)
    verdict = judged(found, GUARD)
    curve = Curve(
        "tiny", "tiny:1:2", verdict.alpha, verdict.reason, 0.01, 0.8, 30, "nobody else", tuple(found), verdict.broken
    )
    (tmp_path / FILE).write_text(json.dumps(document_of(curve)))
    read = read_curve(tmp_path)
    assert (read.points, read.alpha, read.taken.alpha) == (curve.points, 0.5, 0.5)
    assert read.broken[1.0] == ("captions R@1",)
    with pytest.raises(TrainingError, match="no adapted encoder"):
        read_curve(tmp_path / "elsewhere")


def test_photos_of_the_heatmap_are_two_of_each_label() -> None:
    labels = ["a", "b", "b", "c", "a", "b", "c", "d"]
    assert shown_rows(labels, ()) == [1, 2, 0, 4, 3, 6]  # most photos first; d has but one
    assert shown_rows(labels, ("c", "d", "a")) == [3, 6, 0, 4]
