"""The smallest real training: drawn photos in folders, a transformer of two layers in the hub's own format."""

from __future__ import annotations

import json
from pathlib import Path

from tests.photo_maker import PhotoMaker
from trainer.config import TrainConfig

COLORS = ("red", "blue", "green")
EDGE_PX = 32


def write_photos(folder: Path, each: int = 8, colors: tuple[str, ...] = COLORS) -> Path:
    """A folder for each class (the colour); no two photos are the same."""
    make_photo = PhotoMaker(folder)
    shapes = ("circle", "square", "triangle")
    grounds = ("white", "gray", "black", "yellow", "pink")
    for color in colors:
        for number in range(each):
            subject = f"{color} {shapes[number % 3]} on {grounds[number % 5]}"
            make_photo(f"{color}/{number}.png", subject, size=(40 + 3 * number, 40 + len(color)))
    return folder


def write_labels(folder: Path, each: int = 8) -> Path:
    """The same photos with a labels.csv: a class, an attribute that a third lacks, and a split."""
    write_photos(folder, each)
    lines = ["image_path,class_label,attributes,caption,split,instance_id"]
    for color in COLORS:
        for number in range(each):
            shape = ("circle", "square", "triangle")[number % 3]
            attributes = f"shape:{shape}" if number % 3 != 2 else ""
            split = ("train", "train", "train", "validation", "test", "train", "validation", "test")[number % 8]
            lines.append(f"{color}/{number}.png,{color},{attributes},,{split},{color}-{number}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "labels.csv"


def write_backbone(folder: Path) -> Path:
    """Only the architecture: weights come from the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    architecture = {
        "model_type": "deit",
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "image_size": EDGE_PX,
        "patch_size": 8,
    }
    (folder / "config.json").write_text(json.dumps(architecture), encoding="utf-8")
    return folder


def tiny_config(backbone: Path, **changes: object) -> TrainConfig:
    """Two phases of three steps an epoch; everything that could be random is."""
    values: dict[str, object] = {
        "recipe": "tiny",
        "backbone": str(backbone),
        "weights": "scratch",
        "image_px": EDGE_PX,
        "batch_size": 4,
        "precision": "float32",
        "phases": [
            {"name": "heads", "epochs": 1, "backbone_lr": 0.0, "head_lr": 1e-2},
            {
                "name": "all",
                "epochs": 3,
                "backbone_lr": 3e-3,
                "head_lr": 1e-2,
                "layer_decay": 0.8,
                "warmup_epochs": 0.5,
            },
        ],
        "ema_decay": 0.9,
        "gradient_clip": 1.0,
        "loss": {"label_smoothing": 0.05},
        "augmentation": {"crop_scale": [0.6, 1.0], "flip": 0.5, "brightness": 0.2, "mixup_alpha": 0.3, "mix": 0.5},
    }
    return TrainConfig.model_validate({**values, **changes})
