"""The bundled starter: images/s against ViT-B-32, and how long a text takes that was not seen before.

Both on pixels in memory, in one process, by turns, each as it is run on this machine: the line says with which dtypes.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from benchmarks.filled_library import model_store
from benchmarks.search import QUERIES
from benchmarks.timing import p50_p95_ms, seconds
from core.models.registry import ModelStore
from core.settings import Settings

if TYPE_CHECKING:
    from benchmarks.report import Report
    from core.models.clip import ClipEncoder
    from core.types import Pixels

HEAVY = "ViT-B-32"  # the model that most people will choose first; its speed does not depend on its weights
GOAL, GOAL_MS = 3.0, 5.0
IMAGES, ROUNDS = 512, 3


def run(report: Report, scratch: Path) -> None:
    starter, heavy = model_store(scratch / "models").load("starter"), heavy_encoder(scratch)
    batches = {one.name: _pixels(one) for one in (starter, heavy)}
    for one in (starter, heavy):
        one.encode_pixels(batches[one.name])  # the first pictures pay for the calibration
    times: dict[str, list[float]] = {starter.name: [], heavy.name: []}
    for _ in range(ROUNDS):
        for one in (starter, heavy):
            times[one.name].append(seconds(lambda one=one: one.encode_pixels(batches[one.name])))
    ours, theirs = (IMAGES / statistics.median(times[one.name]) for one in (starter, heavy))
    report.add(
        f"images, {starter.plan.dtype} and {heavy.plan.dtype}", f"{ours:.0f}/s", against=f"{theirs:.0f}/s {HEAVY}",
        ratio=ours / theirs, at_least=GOAL,
    )  # fmt: skip
    starter.encode_texts(["a first text, that pays for the start"])
    p50, p95 = p50_p95_ms([seconds(lambda q=query: starter.encode_texts([q])) for query in QUERIES])
    report.add(
        "a text that was not seen before", f"{p50:.1f} / {p95:.1f} ms", against=f"goal {GOAL_MS:g} ms",
        ratio=p50 / GOAL_MS, at_most=1.0,
    )  # fmt: skip


def heavy_encoder(scratch: Path) -> ClipEncoder:
    """A full-size model with random weights, in the real file format, set up as any model of one's own."""
    from core.models.torchvision_operators import define_missing_operators

    define_missing_operators()
    import open_clip
    from safetensors.torch import save_file

    weights = scratch / "heavy.safetensors"
    model = open_clip.create_model(HEAVY)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, weights)
    settings = Settings.model_validate({"encoders": {"heavy": {"architecture": HEAVY, "weights": str(weights)}}})
    return ModelStore(scratch / "models", settings, calibration=scratch / "calibration.json").load("heavy")


def _pixels(encoder: ClipEncoder) -> list[Pixels]:
    random, shape = np.random.default_rng(0), (encoder.image_edge_px, encoder.image_edge_px, 3)
    pictures = (Image.fromarray(random.integers(0, 256, shape, np.uint8)) for _ in range(IMAGES))
    return [encoder.prepare(picture) for picture in pictures]
