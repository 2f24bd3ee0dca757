"""The configuration: what it refuses, what it keeps, and how single values of it are changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import TrainingError
from trainer.config import LossConfig, Phase, TrainConfig, load_config
from trainer.overrides import with_overrides
from trainer.recipe_book import recipe

PHASE = Phase(name="all", epochs=2, backbone_lr=1e-4, head_lr=1e-3)


def config() -> TrainConfig:
    return TrainConfig(recipe="r", phases=(PHASE,))


def test_it_comes_back_from_its_file(tmp_path: Path) -> None:
    whole = recipe("starter-finetune").config
    (tmp_path / "config.json").write_text(whole.model_dump_json(), encoding="utf-8")
    assert load_config(tmp_path / "config.json") == whole


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"recipe": "r", "phases": [], "speed": 3}'])
def test_a_file_that_is_none_is_named_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"config\.json cannot be read") as raised:
        load_config(tmp_path / "config.json")
    assert raised.value.remedy


def test_what_does_not_hang_together_is_refused() -> None:
    with pytest.raises(ValidationError, match="no epochs"):
        TrainConfig(recipe="r", phases=())
    with pytest.raises(ValidationError, match="same name"):
        TrainConfig(recipe="r", phases=(PHASE, PHASE))
    with pytest.raises(ValidationError, match="no photos to train with"):
        TrainConfig(recipe="r", phases=(PHASE,), validation_fraction=0.5, test_fraction=0.5)


def test_heads_weigh_what_they_are_told_to() -> None:
    loss = LossConfig(head_weights={"color": 2.0})
    assert (loss.weight("class"), loss.weight("material"), loss.weight("color")) == (1.0, 0.5, 2.0)


def test_values_are_set_by_their_path_with_phases_by_number_or_name() -> None:
    changed = with_overrides(
        config(),
        [
            "phases.0.epochs=7",
            "phases.all.head_lr=0.5",
            "loss.label_smoothing=0.1",
            "loss.head_weights.color=3",
            "ema_decay=null",
            'heads=["class", "color"]',
            "backbone=deit-tiny",
        ],
    )
    assert (changed.phases[0].epochs, changed.phases[0].head_lr) == (7, 0.5)
    assert changed.loss.label_smoothing == 0.1
    assert changed.loss.weight("color") == 3.0
    assert changed.heads == ("class", "color")
    assert changed.backbone == "deit-tiny"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("loss.label_smothing=0.1", "Did you mean `loss.label_smoothing`"),
        ("label_smoothing=0.1", "Did you mean `loss.label_smoothing`"),
        ("phases.3.epochs=1", "Did you mean `phases.0.epochs`"),
        ("batch_size=many", "`batch_size`: input should be a valid integer"),
        ("batch_size=0", "greater than or equal to 1"),
        ("phases.0.epochs=0", "phases have no epochs"),
        ("batch_size", "sets nothing"),
        ("precision=float8", "'auto', 'float32' or 'bfloat16'"),
        ("zzzzqqq=1", "prints all settings"),
    ],
)
def test_what_cannot_be_set_is_answered_with_what_was_meant(assignment: str, said: str) -> None:
    with pytest.raises(TrainingError) as raised:
        with_overrides(config(), [assignment])
    assert said in str(raised.value)
