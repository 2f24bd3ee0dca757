"""Which layers learn, and what comes of LoRA: on towers of open_clip and of timm."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.models.open_clip_api import CLIP
from tests.trainer.contrastive.tiny_adaptation import RESNET, VIT, tiny_config
from trainer.contrastive.between import between
from trainer.contrastive.tower import LearningTower

TIMM_VIT = {
    **RESNET,
    "vision_cfg": {**RESNET["vision_cfg"], "timm_model_name": "test_vit", "timm_pool": "token"},  # type: ignore[dict-item]
}
TOWERS = {"resnet of timm": RESNET, "transformer of open_clip": VIT, "transformer of timm": TIMM_VIT}


def visual_of(config: dict[str, Any]) -> tuple[Any, int]:
    torch.manual_seed(0)
    clip: Any = CLIP(**config)
    size = clip.visual.image_size
    return clip.visual.eval(), size if isinstance(size, int) else size[0]


def moved(tower: LearningTower, before: dict[str, Tensor], image_px: int) -> set[str]:
    """Names of the weights that three steps have changed."""
    tower.begin()
    optimizer = torch.optim.SGD(tower.learning, lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        tower(torch.randn(4, 3, image_px, image_px)).sum().backward()
        optimizer.step()
    after = tower.plain_state()
    assert after.keys() == before.keys()
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


@pytest.fixture(params=TOWERS.values(), ids=TOWERS.keys())
def made(request: pytest.FixtureRequest) -> tuple[nn.Module, int, dict[str, Tensor]]:
    visual, image_px = visual_of(request.param)
    return visual, image_px, {name: value.clone() for name, value in visual.state_dict().items()}


def test_the_fewer_layers_learn_the_fewer_move(made: tuple[nn.Module, int, dict[str, Tensor]]) -> None:
    visual, image_px, before = made
    changed: dict[str, set[str]] = {}
    for trained in ("last block", "last stages", "all"):
        visual.load_state_dict(before)
        changed[trained] = moved(LearningTower(visual, tiny_config(trained=trained), image_px), before, image_px)
    first = next(name for name in before if name.endswith("conv1.weight") or "patch_embed" in name)
    assert first not in changed["last stages"]
    assert first in changed["all"]
    assert changed["last block"] < changed["last stages"] < changed["all"]
    assert any(name.startswith("head.") or name == "proj" for name in changed["last block"])


def test_norms_over_the_batch_stay_unless_they_are_to_be_learned() -> None:
    visual, image_px = visual_of(RESNET)
    before = {name: value.clone() for name, value in visual.state_dict().items()}
    means = {name for name in before if name.endswith("running_mean")}
    assert means
    assert not means & moved(LearningTower(visual, tiny_config(), image_px), before, image_px)
    visual.load_state_dict(before)
    assert means <= moved(LearningTower(visual, tiny_config(batch_norm="learned"), image_px), before, image_px)


def test_lora_begins_as_the_tower_was_and_merges_to_what_it_says(
    made: tuple[nn.Module, int, dict[str, Tensor]],
) -> None:
    visual, image_px, before = made
    pixels = torch.randn(4, 3, image_px, image_px)
    with torch.inference_mode():
        was = nn.functional.normalize(visual(pixels), dim=-1)
    config = tiny_config(trained="lora", lora={"rank": 2, "alpha": 4.0})
    tower = LearningTower(visual, config, image_px)
    with torch.inference_mode():
        assert torch.allclose(tower(pixels), was, atol=1e-6)
    assert all("lora" in name for name, each in tower.named_parameters() if each.requires_grad)
    changed = moved(tower, before, image_px)
    assert changed
    assert all(name.endswith(("weight", "proj")) for name in changed)  # no bias, no norm
    with torch.inference_mode():
        said = tower(pixels)
    fresh, _ = visual_of(TOWERS[next(key for key, each in TOWERS.items() if keys_of(each) == before.keys())])
    fresh.load_state_dict(tower.plain_state())
    with torch.inference_mode():
        merged = nn.functional.normalize(fresh(pixels), dim=-1)
    assert torch.allclose(merged, said, atol=1e-5)
    assert not torch.allclose(merged, was, atol=1e-3)


def keys_of(config: dict[str, Any]) -> Any:
    return visual_of(config)[0].state_dict().keys()


def test_the_ends_of_the_way_are_the_very_bits_and_the_middle_is_the_mean() -> None:
    before = {"a": torch.randn(3), "count": torch.tensor(7)}
    after = {"a": torch.randn(3), "count": torch.tensor(9)}
    assert torch.equal(between(before, after, 0.0)["a"], before["a"])
    assert torch.equal(between(before, after, 1.0)["a"], after["a"])
    middle = between(before, after, 0.5)
    assert torch.allclose(middle["a"], (before["a"] + after["a"]) / 2)
    assert middle["count"] == 7
