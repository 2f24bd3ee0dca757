"""Embedding photos alone, and embedding and tagging them.

A taught tagger reads the vectors; one that looks at pixels itself comes on top with all of its time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.filled_library import model_store
from benchmarks.pictures import write_photos
from benchmarks.timing import seconds
from core.files.decode import decode, read_content
from core.models.taggers.config import (
    CheckpointConfig,
    EncoderBackbone,
    HeadConfig,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from benchmarks.report import Report
    from core.models.clip import ClipEncoder
    from core.models.taggers.config import BackboneConfig, PreprocessingConfig
    from core.models.taggers.towers import Tower
    from core.protocols import Tagger
    from core.types import Pixels, Vectors

SIZE = (480, 360)  # decoded in a millisecond
EDGE_PX = 256
HEADS = {"class": 10, "color": 13, "material": 9, "condition": 4}  # labels of each, as in system 2
GOAL_TAUGHT = 0.95  # linear heads shall cost next to nothing
PIXEL_BACKBONES = (("starter", 96), ("mobilevit-xxs", 224), ("deit-tiny", 224))


def run(report: Report, scratch: Path, photos: int = 500) -> None:
    encoder = model_store(scratch / "models").load("starter")
    paths = write_photos(scratch / "photos", photos, SIZE, distinct=min(photos, 50))
    images = [decode(read_content(path)[0], edge_px=EDGE_PX) for path in paths]
    pixels = [encoder.prepare(image) for image in images]
    encoder.encode_pixels(pixels[:1])  # the first picture pays for the calibration
    alone_s = seconds(lambda: encoder.encode_pixels(pixels))
    alone = f"{photos / alone_s:.0f} photos/s"
    report.add("starter: embedding alone", alone)
    with_vectors = _taught(scratch / "taught", encoder)
    _add(report, "embedding, and a taught tagger", encoder, with_vectors, images, pixels, alone, alone_s, GOAL_TAUGHT)
    for name, edge_px in PIXEL_BACKBONES:
        tagger = _of_pixels(scratch / name, name, edge_px)
        _add(report, f"embedding, and {name} at {edge_px} px", encoder, tagger, images, pixels, alone, alone_s, None)


def _add(
    report: Report,
    what: str,
    encoder: ClipEncoder,
    tagger: Tagger,
    images: Sequence[Image],
    pixels: Sequence[Pixels],
    alone: str,
    alone_s: float,
    goal: float | None,
) -> None:
    prepared = [tagger.prepare(image) for image in images]
    size = encoder.batch_size  # the indexer's own

    def work() -> None:
        for first in range(0, len(pixels), size):
            vectors: Vectors = encoder.encode_pixels(pixels[first : first + size])
            tagger.tag_prepared(prepared[first : first + size], None if tagger.needs_pixels else vectors)

    tagger.tag_prepared(prepared[:1], None if tagger.needs_pixels else np.zeros((1, encoder.dim), np.float32))
    both_s = seconds(work)
    again_s = seconds(lambda: encoder.encode_pixels(pixels))
    mean_s = (alone_s + again_s) / 2  # before and after: a machine that slows down meanwhile is no advantage
    report.add(what, f"{len(pixels) / both_s:.0f} photos/s", against=alone, ratio=mean_s / both_s, at_least=goal)


def _taught(directory: Path, encoder: ClipEncoder) -> Tagger:
    backbone = EncoderBackbone(encoder_key=encoder.key, encoder_name=encoder.name, dim=encoder.dim)
    return _saved(directory, backbone, None, None)


def _of_pixels(directory: Path, name: str, edge_px: int) -> Tagger:
    """With random weights: speed does not depend on them."""
    from core.models.taggers.backbones import new_backbone, usual_preprocessing

    tower, backbone = new_backbone(name, pretrained=name == "starter", image_px=edge_px)
    return _saved(directory, backbone, usual_preprocessing(name, pretrained=False, image_px=edge_px), tower)


def _saved(
    directory: Path, backbone: BackboneConfig, preprocessing: PreprocessingConfig | None, tower: Tower | None
) -> Tagger:
    from core.models.taggers.checkpoint import save_checkpoint
    from core.models.taggers.loaded import load_tagger
    from core.models.taggers.network import TaggerNetwork

    heads = {name: HeadConfig(labels=tuple(f"{name} {n}" for n in range(count))) for name, count in HEADS.items()}
    config = CheckpointConfig(name="bench", backbone=backbone, heads=heads, preprocessing=preprocessing)
    save_checkpoint(directory, TaggerNetwork(config, tower), config)
    return load_tagger(directory)
