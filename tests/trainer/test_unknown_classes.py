"""`recollect evaluate open-set`: on real folders, with the bundled encoder, and its scores on clouds of points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from core.errors import LabelFileError, TrainingError
from tests.photo_maker import PhotoMaker
from tests.trainer.tiny_training import COLORS, write_photos
from trainer.evaluate.cli import evaluate
from trainer.evaluate.unknown_scores import SCORES, Asked, Learned
from trainer.report.detection import auroc

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four kinds, and a folder of something else."""
    root = tmp_path_factory.mktemp("kinds")
    things, others = PhotoMaker(root / "things"), PhotoMaker(root / "others")
    for colour in ("red", "blue", "green", "white"):
        for number in range(12):
            things(f"{colour}/{number}.jpg", f"{colour} circle", size=(80 + 4 * number, 80))
    for number in range(6):
        others(f"squares/{number}.jpg", "black square", size=(80 + 4 * number, 90))
        others(f"rounds/{number}.jpg", "black circle", size=(80 + 4 * number, 90))
    return root


def test_the_table_tells_how_well_each_score_does(shapes: Path, starter: ClipEncoder) -> None:
    from trainer.evaluate.unknown_classes import unknown_tables

    scores, threshold = unknown_tables(starter, shapes / "things", [shapes / "others"], draws=3)
    assert scores.title == "Unknown classes: things, 1 of 4 held out"
    assert [row[0] for row in scores.rows] == list(SCORES)
    rows = {row[0]: dict(zip(scores.head, row, strict=True)) for row in scores.rows}
    best = rows["nearest class mean"]["AUROC, held out"]
    assert best.value > 0.7  # type: ignore[union-attr]
    assert 0 <= best.low <= best.value <= best.high <= 1  # type: ignore[union-attr]
    assert set(rows["energy"]) == {
        *("score", "AUROC, held out", "FPR at 95 % TPR, held out"),
        *("AUROC, others", "FPR at 95 % TPR, others"),
    }
    shares = {row[0]: row[1] for row in threshold.rows}
    assert shares["known, and stay known"].value > 0.6  # type: ignore[union-attr]
    assert set(shares) == {
        "known, and stay known", "held out, and told to be unknown", "others, and told to be unknown"
    }  # fmt: skip


def test_two_classes_are_not_enough(shapes: Path, starter: ClipEncoder) -> None:
    from trainer.evaluate.unknown_classes import unknown_tables

    with pytest.raises(TrainingError, match="2 classes") as caught:
        unknown_tables(starter, shapes / "others")
    assert caught.value.remedy


@pytest.mark.parametrize("kept_back", [0, 1])
def test_without_photos_to_ask_for_nothing_is_made_up(tmp_path: Path, kept_back: int) -> None:
    write_photos(tmp_path / "photos" / "train", each=4)
    write_photos(tmp_path / "photos" / "validation", each=2)
    write_photos(tmp_path / "photos" / "test", each=kept_back, colors=COLORS[:1])
    for form in ((), ("--json",)):
        refused = CliRunner().invoke(evaluate, ["open-set", "--on", str(tmp_path / "photos"), "--test", *form])
        assert isinstance(refused.exception, LabelFileError), refused.output
        assert "test photos to ask for" in refused.exception.message
        assert "leave out --test" in refused.exception.remedy
        assert not refused.stdout


def test_the_command_gives_records(shapes: Path, library_home: Path) -> None:
    found = CliRunner().invoke(evaluate, ["open-set", "--on", str(shapes / "things"), "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    tables = json.loads(found.stdout)["tables"]
    assert [row["score"] for row in tables[0]["rows"]] == list(SCORES)


@pytest.mark.parametrize("name", list(SCORES))
def test_each_score_is_higher_for_what_is_known(name: str) -> None:
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(3), 40)
    around = np.eye(10)[:4]
    learned = (around[targets] + 0.15 * rng.normal(size=(120, 10))).astype(np.float32)
    known = (around[targets] + 0.15 * rng.normal(size=(120, 10))).astype(np.float32)
    unknown = (around[np.full(50, 3)] + 0.15 * rng.normal(size=(50, 10))).astype(np.float32)
    weights = 8 * around[:3].astype(np.float32)
    score = SCORES[name]
    given = Learned(learned, targets, 3, 1.0)
    assert (
        auroc(score(given, Asked(known, known @ weights.T)), score(given, Asked(unknown, unknown @ weights.T))).value
        > 0.97
    )


def test_mahalanobis_is_what_it_is_called() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 4)).astype(np.float32) @ np.diag([1, 2, 3, 4]).astype(np.float32)
    targets = np.repeat([0, 1], 150)
    rows[targets == 1] += 5
    asked = rng.normal(size=(20, 4)).astype(np.float32)
    from sklearn.covariance import ledoit_wolf

    means = np.stack([rows[targets == each].mean(axis=0) for each in (0, 1)])
    precision = np.linalg.inv(ledoit_wolf(rows - means[targets])[0])
    expected = [min(float((row - mean) @ precision @ (row - mean)) for mean in means) for row in asked]
    found = SCORES["Mahalanobis distance"](Learned(rows, targets, 2, 1.0), Asked(asked, asked[:, :2]))
    assert -found == pytest.approx(expected, rel=1e-3)
