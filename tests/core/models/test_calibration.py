"""The choice of dtype and batch size: by measurement, remembered, and never at the price of the vectors."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.models import calibration
from core.models.calibration import Plan, Plans, calibrate, probe_pixels
from core.models.preprocessing import Preprocessing
from core.models.registry import ModelStore
from core.models.towers import ImageTower
from core.settings import Settings

PLAN = Plan("bfloat16", 32, 100.0)


class Projection(nn.Module):
    """A picture's mean colours by quadrant: cheap, and the same in every dtype."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)


class Fragile(Projection):
    """Adds and takes away what bfloat16 cannot hold: quick there, and wrong."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.dtype == torch.float32:
            time.sleep(0.05)
        return (super().forward(images) + 4096.0) - 4096.0


class SlowInFloat32(Projection):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.dtype == torch.float32:
            time.sleep(0.05)
        return super().forward(images)


class SlowInBfloat16(Projection):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.dtype == torch.bfloat16:
            time.sleep(0.05)
        return super().forward(images)


def tower(visual: nn.Module) -> ImageTower:
    preprocessing = Preprocessing.of({"size": (32, 32)})
    return ImageTower(visual, preprocessing, torch.device("cpu"))


class TestChoice:
    def test_the_faster_dtype_wins_where_it_agrees(self) -> None:
        plan, chosen = calibrate(tower(SlowInFloat32()))
        assert plan.dtype == "bfloat16"
        assert chosen.dtype == torch.bfloat16

    def test_a_slower_dtype_is_not_taken(self) -> None:
        plan, chosen = calibrate(tower(SlowInBfloat16()))
        assert plan.dtype == "float32"
        assert chosen.dtype == torch.float32

    def test_a_dtype_that_spoils_the_vectors_is_not_taken(self) -> None:
        assert calibrate(tower(Fragile()))[0].dtype == "float32"

    def test_a_slow_model_gets_small_batches(self) -> None:
        class Slow(Projection):
            def forward(self, images: torch.Tensor) -> torch.Tensor:
                time.sleep(0.1 * len(images))
                return super().forward(images)

        plan, _ = calibrate(tower(Slow()))
        assert plan.batch_size <= 5
        assert plan.images_per_s == pytest.approx(10, rel=0.3)

    def test_probes_are_pictures_of_the_right_shape_that_differ(self) -> None:
        probes = probe_pixels((20, 30, 3), 4)
        assert probes.shape == (4, 20, 30, 3)
        assert probes.dtype == np.uint8
        assert not np.array_equal(probes[0], probes[1])


class TestMemory:
    def test_a_plan_is_remembered(self, tmp_path: Path) -> None:
        Plans(tmp_path / "calibration.json").put("model on machine", PLAN)
        assert Plans(tmp_path / "calibration.json").get("model on machine") == PLAN
        assert Plans(tmp_path / "calibration.json").get("model on another") is None

    def test_what_others_keep_in_the_file_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "calibration.json"
        path.write_text('{"noise": {"starter": [1, 2]}}')
        Plans(path).put("key", PLAN)
        assert json.loads(path.read_text())["noise"] == {"starter": [1, 2]}

    @pytest.mark.parametrize(
        "damage",
        [
            "",
            "{",
            "[]",
            '{"plans": 3}',
            '{"plans": {"key": {"dtype": "complex64", "batch_size": 8, "images_per_s": 1.0}}}',
            '{"plans": {"key": {"dtype": "float32", "batch_size": 0, "images_per_s": 1.0}}}',
            '{"plans": {"key": {"dtype": "float32"}}}',
        ],
    )
    def test_a_damaged_file_is_like_none(self, tmp_path: Path, damage: str) -> None:
        path = tmp_path / "calibration.json"
        path.write_text(damage)
        assert Plans(path).get("key") is None
        Plans(path).put("key", PLAN)
        assert Plans(path).get("key") == PLAN

    def test_a_place_that_cannot_be_written_is_no_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        plans = Plans(tmp_path / "file" / "calibration.json")
        plans.put("key", PLAN)
        assert plans.get("key") is None

    def test_what_a_busy_machine_measures_is_not_remembered(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calibration, "is_busy", lambda: True)
        store = ModelStore(tmp_path, Settings(device="cpu"), calibration=tmp_path / "calibration.json")
        assert store.load("starter").batch_size > 0
        assert not (tmp_path / "calibration.json").exists()

    def test_a_model_is_measured_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store = ModelStore(tmp_path, Settings(device="cpu"), calibration=tmp_path / "calibration.json")
        first = store.load("starter").plan
        written = (tmp_path / "calibration.json").read_text()
        assert store.load("starter").plan == first
        assert (tmp_path / "calibration.json").read_text() == written
        assert next(iter(json.loads(written)["plans"])).startswith("starter:")
