"""Drawn photos of things in two kinds of folders: shapes, and in them colours. Small networks learn them in seconds."""

from __future__ import annotations

from pathlib import Path

from tests.photo_maker import PhotoMaker
from trainer.openset.config import MetricConfig

SHAPES = ("circle", "square", "triangle")
COLORS = ("red", "blue", "green", "orange", "purple", "black")
GROUNDS = ("white", "gray", "pink", "yellow", "beige", "cyan")


def write_photos(folder: Path, each: int = 12, colors: tuple[str, ...] = COLORS) -> Path:
    """SHAPE/COLOUR SHAPE/NUMBER.png, no two alike."""
    make_photo = PhotoMaker(folder)
    for at, shape in enumerate(SHAPES):
        for row, color in enumerate(colors):
            for number in range(each):
                ground = GROUNDS[(number + row) % len(GROUNDS)]
                size = (40 + 3 * number + at, 36 + 2 * number + row)
                make_photo(f"{shape}/{color} {shape}/{number}.png", f"{color} {shape} on {ground}", size=size)
    return folder


def config(**changes: object) -> MetricConfig:
    """A network of timm's for tests, on 32 px."""
    values: dict[str, object] = {
        "recipe": "drawn",
        "backbone": "test_efficientnet",
        "image_px": 32,
        "embedding_dim": 16,
        "batch_size": 24,
        "photos_per_class": 3,
        "precision": "float32",
        "unseen_share": 0.3,
        "validation_fraction": 0.34,
        "phases": [{"name": "all", "epochs": 8, "lr": 5e-3, "backbone_lr": 5e-3}],
        "loss": {"scale": 16.0, "margin_deg": 15.0},
        "augmentation": {"flip": 0.5, "brightness": 0.1},
        **changes,
    }
    return MetricConfig.model_validate(values)


def projection_config(**changes: object) -> MetricConfig:
    """Two light layers on the bundled model's vectors."""
    values = {
        "backbone": "encoder",
        "embedding_dim": 0,
        "hidden_dim": 64,
        "augmentation": {},
        "loss": {"name": "supcon", "text": 0.5, "keep": 5.0},
        "phases": [{"name": "projection", "epochs": 6, "lr": 2e-3}],
        **changes,
    }
    return config(**values)
