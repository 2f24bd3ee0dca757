"""The recipes that come along: complete, and two of them exactly those of the published system."""

from __future__ import annotations

import pytest

from core.errors import TrainingError
from trainer.recipe_book import DEFAULT_RECIPE, recipe, recipes


def test_every_recipe_says_when_to_take_it_and_what_it_costs() -> None:
    names = [each.name for each in recipes()]
    assert names[:2] == ["teach", "starter-finetune"]  # those first that most people should take
    assert {"deit-tiny-classify", "deit-tiny-two-phase", "mobilevit-xxs-balanced", "starter"} <= set(names)
    for each in recipes():
        assert all((each.title, each.description.strip(), each.when, each.cost))
        assert each.config.recipe == each.name


def test_the_default_needs_no_download() -> None:
    config = recipe(DEFAULT_RECIPE).config
    assert (config.backbone, config.weights) == ("starter", "pretrained")


@pytest.mark.parametrize("name", ["deit-tiny-two-phase", "mobilevit-xxs-balanced"])
def test_what_both_published_recipes_share(name: str) -> None:
    config = recipe(name).config
    assert config.heads == ("class", "color", "material", "condition")
    assert (config.image_px, config.batch_size, config.normalisation) == (224, 32, "imagenet")
    assert (config.head_dropout, config.feature_dropout) == (0.2, 0.1)
    assert (config.weight_decay, config.decay_everything, config.gradient_clip) == (0.01, True, None)
    assert (config.loss.class_weight, config.loss.attribute_weight, config.loss.label_smoothing) == (1.0, 0.5, 0.0)
    assert (config.ema_decay, config.early_stopping_epochs, config.checkpoint_rule) == (None, None, "weighted f1")
    seen = config.augmentation
    assert (seen.crop_scale, seen.flip, seen.rotation_deg, seen.translate) == ((0.8, 1.0), 0.5, 15.0, 0.1)
    assert (seen.brightness, seen.contrast, seen.saturation, seen.hue) == (0.3, 0.3, 0.3, 0.1)
    assert (seen.erasing, seen.erasing_scale, seen.mixes, seen.policy) == (0.1, (0.02, 0.33), False, "none")


def test_two_phases_of_deit() -> None:
    config = recipe("deit-tiny-two-phase").config
    heads, everything = config.phases
    assert (heads.epochs, heads.backbone_lr, heads.head_lr, heads.schedule) == (8, 0.0, 3e-4, "cosine")
    assert (everything.epochs, everything.backbone_lr, everything.head_lr) == (20, 1e-5, 2e-4)
    assert (everything.schedule, everything.layer_decay, everything.warmup_epochs) == ("cosine", 1.0, 0.0)
    assert config.loss.class_balance == "none"


def test_one_phase_of_mobilevit_with_balanced_classes() -> None:
    config = recipe("mobilevit-xxs-balanced").config
    (phase,) = config.phases
    assert (phase.backbone_lr, phase.head_lr, phase.schedule, phase.layer_decay) == (2e-4, 2e-4, "cosine", 1.0)
    assert 20 <= phase.epochs <= 30
    assert config.loss.class_balance == "sampler"
    assert not config.keeps_batch_norm


def test_a_cnn_with_the_values_of_its_published_system() -> None:
    config = recipe("cnn").config
    (phase,) = config.phases
    assert (config.backbone, config.weights, config.heads) == ("cnn", "scratch", ("class",))
    assert (config.image_px, config.grey) == (28, True)
    assert not config.keeps_batch_norm
    assert (phase.epochs, phase.backbone_lr, phase.head_lr, phase.layer_decay) == (15, 0.00136, 0.00136, 1.0)
    assert (config.feature_dropout, config.head_dropout, config.weight_decay) == (0.4117, 0.0, 0.0)
    seen = config.augmentation
    assert (seen.rotation_deg, seen.flip, seen.crop_scale, seen.mixes, seen.recolours) == (
        10.0,
        0.5,
        None,
        False,
        False,
    )


def test_many_classes_are_learned_by_one_head_and_plain_cross_entropy() -> None:
    config = recipe("deit-tiny-classify").config
    assert (config.heads, config.backbone, config.weights) == (("class",), "deit-tiny", "pretrained")
    assert (config.loss.label_smoothing, config.loss.class_balance, config.augmentation.mixes) == (0.0, "none", False)
    assert (config.validation_fraction, config.test_fraction) == (0.2, 0.0)
    head, everything = config.phases
    assert head.is_frozen
    assert 0 < everything.backbone_lr < everything.head_lr


def test_a_recipe_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(TrainingError, match="Did you mean starter-finetune"):
        recipe("starter-finetun")
