import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from trainer.data.augment import Augmentation
from trainer.data.batches import augmented
from trainer.data.colour import recoloured, turn_hue
from trainer.data.geometry import View, drawn_view, seen
from trainer.data.mixing import mixed
from trainer.data.policies import _NARROW, _WIDE

SYSTEM_2 = Augmentation(
    crop_scale=(0.8, 1.0),
    flip=0.5,
    rotation_deg=15,
    brightness=0.3,
    contrast=0.3,
    saturation=0.3,
    hue=0.1,
    translate=0.1,
    erasing=0.1,
    erasing_scale=(0.02, 0.33),
)


@pytest.fixture
def photo() -> np.ndarray:
    """(3, 60, 60) soft colours, no two places alike."""
    noise = torch.from_numpy(np.random.default_rng(3).uniform(0, 255, (1, 3, 8, 8)).astype(np.float32))
    large = torch.nn.functional.interpolate(noise, (60, 60), mode="bicubic").clamp(0, 255)
    return large[0].round().to(torch.uint8).numpy()


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def torchvision():
    from core.models.torchvision_operators import define_missing_operators

    define_missing_operators()
    from torchvision.transforms.v2 import functional

    return functional


def test_the_identity_changes_nothing(photo: np.ndarray):
    assert np.allclose(seen(photo, View(), (60, 60)), photo, atol=1e-2)
    assert np.array_equal(augmented(photo, Augmentation(), (60, 60), generator()), photo)


def test_views_are_turned_mirrored_moved_and_cropped(photo: np.ndarray):
    def look(view: View) -> np.ndarray:
        return seen(photo, view, (60, 60))

    assert np.allclose(look(View(mirrored=True)), photo[:, :, ::-1], atol=0.1)
    assert np.allclose(look(View(upside_down=True)), photo[:, ::-1], atol=0.1)
    assert np.allclose(look(View(angle_rad=math.pi / 2)), np.rot90(photo, axes=(1, 2)), atol=0.1)
    moved = look(View(right_by=0.1, down_by=0.05))
    assert np.allclose(moved[:, 3:, 6:], photo[:, :-3, :-6], atol=0.1)
    assert np.all(moved[:, :3] == 0)
    assert np.allclose(seen(photo, View(0.25, 0.5, 0.5, 0.25), (15, 30)), photo[:, 30:45, 15:45], atol=0.1)


def test_turning_is_what_torchvision_makes_of_it(photo: np.ndarray):
    functional = torchvision()
    ours = seen(photo, View(angle_rad=math.radians(15)), (60, 60))
    theirs = functional.rotate(
        torch.from_numpy(photo.astype(np.float32)), 15, interpolation=functional.InterpolationMode.BILINEAR
    )

    assert np.abs(ours - theirs.numpy())[:, 10:-10, 10:-10].max() < 1


@pytest.mark.parametrize("turn", [-0.5, -0.21, 0.1, 0.37])
def test_hue_is_turned_as_torchvision_does(turn: float):
    photo = np.random.default_rng(0).integers(0, 256, (3, 100, 100)).astype(np.float32)
    photo[:, 0] = 128  # grey has no hue
    theirs = torchvision().adjust_hue(torch.from_numpy(photo / 255), turn).numpy() * 255

    turn_hue(photo, turn)

    assert np.abs(photo - theirs).max() < 0.01


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_colours_change_as_torchvision_changes_them(photo: np.ndarray, name: str):
    ours = photo.astype(np.float32)
    recoloured(ours, Augmentation.model_validate({name: 0.6}), generator(4))
    factors = {
        each: 1 + 0.6 * drawn for each, drawn in zip(("brightness", "contrast", "saturation"), _three(4), strict=True)
    }
    theirs = getattr(torchvision(), f"adjust_{name}")(torch.from_numpy(photo.astype(np.float32) / 255), factors[name])

    assert np.abs(ours - theirs.numpy() * 255).max() < 0.1


def _three(seed: int) -> list[float]:
    random = generator(seed)
    return [random.uniform(-1, 1) for _ in range(3)]


def test_crops_have_the_wanted_area_and_shape():
    augmentation = Augmentation(crop_scale=(0.3, 0.6), crop_ratio=(0.5, 2.0))
    random = generator()

    views = [drawn_view(augmentation, (200, 300), random) for _ in range(300)]

    areas = np.array([view.width * view.height for view in views])
    ratios = np.array([view.width * 300 / (view.height * 200) for view in views])
    assert areas.min() >= 0.3
    assert areas.max() <= 0.6
    assert ratios.min() >= 0.5
    assert ratios.max() <= 2.0
    assert np.ptp(areas) > 0.25
    assert all(0 <= view.left <= 1 - view.width and 0 <= view.top <= 1 - view.height for view in views)


def test_a_crop_that_cannot_be_is_the_middle():
    view = drawn_view(Augmentation(crop_scale=(0.99, 1.0)), (100, 400), generator())

    assert (view.width, view.height) == pytest.approx((1 / 3, 1.0))
    assert view.left == pytest.approx(1 / 3)


def test_chances_and_bounds_of_system_2_hold():
    random = generator()

    views = [drawn_view(SYSTEM_2, (96, 96), random) for _ in range(1000)]

    assert 0.45 < np.mean([view.mirrored for view in views]) < 0.55
    angles = np.degrees([view.angle_rad for view in views])
    assert -15 <= angles.min() < -14
    assert 14 < angles.max() <= 15
    assert 0.095 < max(abs(view.right_by) for view in views) <= 0.1


@pytest.mark.parametrize("operations", [_WIDE, _NARROW])
def test_every_operation_of_the_policies_works_at_any_strength(operations: tuple, photo: np.ndarray):
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(photo.transpose(1, 2, 0)))
    for operation in operations:
        for strength in (-1.0, -0.3, 0.0, 0.5, 1.0):
            result = operation(image, strength)
            assert (result.size, result.mode) == (image.size, "RGB")


@pytest.mark.parametrize("policy", ["trivial", "rand"])
def test_policies_repeat_and_vary(policy: str, photo: np.ndarray):
    augmentation = Augmentation.model_validate({"policy": policy})

    results = [augmented(photo, augmentation, (60, 60), generator(seed)) for seed in range(12)]

    assert np.array_equal(results[5], augmented(photo, augmentation, (60, 60), generator(5)))
    assert sum(not np.array_equal(results[0], other) for other in results[1:]) > 5
    assert all(result.min() >= 0 and result.max() <= 255 for result in results)


def test_mixup_shares_add_up():
    pixels = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 3, 8, 8).clone()
    before = pixels.clone()

    mixing = mixed(pixels, Augmentation(mixup_alpha=1.0), generator(1))

    assert mixing is not None
    share = mixing.share.reshape(4, 1, 1, 1)
    assert torch.allclose(pixels, share * before + (1 - share) * before[mixing.partner])


def test_cutmix_shares_are_what_was_left():
    for seed in range(10):
        pixels = torch.arange(5.0).reshape(5, 1, 1, 1).expand(5, 3, 16, 20).clone()
        mixing = mixed(pixels, Augmentation(cutmix_alpha=1.0), generator(seed))
        assert mixing is not None
        for row in range(5):
            partner = int(mixing.partner[row])
            own = 1.0 if partner == row else float((pixels[row] == row).float().mean())
            assert own == pytest.approx(1.0 if partner == row else float(mixing.share[row]), abs=1e-6)
            assert set(pixels[row].unique().tolist()) <= {float(row), float(partner)}


def test_only_some_batches_are_mixed():
    augmentation = Augmentation(mixup_alpha=0.4, mix=0.25)
    random = generator()

    drawn = [mixed(torch.zeros(2, 3, 4, 4), augmentation, random) is not None for _ in range(400)]

    assert 0.18 < np.mean(drawn) < 0.32
    assert mixed(torch.zeros(1, 3, 4, 4), Augmentation(mixup_alpha=1), random) is None


@pytest.mark.parametrize(
    "wrong", [{"flip": 2}, {"crop_scale": (0.9, 0.1)}, {"erasing_scale": (0.1, 1.5)}, {"hue": 0.6}, {"unknown": 1}]
)
def test_senseless_settings_are_refused(wrong: dict):
    with pytest.raises(ValidationError):
        Augmentation.model_validate(wrong)
