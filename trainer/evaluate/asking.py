"""One pass over labelled photos: the vectors of an encoder, and beside them what a trained tagger answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.files.decode import decode, read_content
from trainer.data.examples import Dataset
from trainer.report.outputs import HeadOutputs, Outputs, ReportError
from trainer.report.texts import readable
from trainer.runs.run_kind import tagger_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from core.models.clip import ClipEncoder
    from core.models.taggers.tagger import Tagger
    from core.types import Vectors
    from trainer.data.examples import Example
    from trainer.runs.run_folder import RunFolder

_BATCH = 128  # photos decoded at a time
_DECODED_EDGE_PX = 256  # as the indexer decodes for its thumbnails: a photo looks the same here as when it is tagged


def ask(
    encoder: ClipEncoder, tagger: Tagger | None, head: str, examples: Sequence[Example]
) -> tuple[Vectors, Outputs | None]:
    """The encoder's vectors (N, D), and what the tagger says of one head. Each photo is decoded once for both.

    Raises:
        PhotoError: a photo can no longer be read.
    """
    edge_px = max(_DECODED_EDGE_PX, encoder.image_edge_px, tagger.image_edge_px if tagger is not None else 0)
    vectors: list[Vectors] = []
    logits: list[Vectors] = []
    features: list[Vectors] = []
    for first in range(0, len(examples), _BATCH):
        images = [_decoded(each.path, edge_px) for each in examples[first : first + _BATCH]]
        vectors.append(encoder.encode_images(images))
        if tagger is not None:
            own = vectors[-1] if tagger.encoder_key is not None else None
            by_head, seen = tagger.outputs([tagger.prepare(image) for image in images], own)
            logits.append(by_head[head])
            features.append(seen)
    if tagger is None:
        return np.concatenate(vectors), None
    labels = tagger.heads[head]
    targets = Dataset(tuple(examples)).targets(examples, {head: labels})[head]
    said = HeadOutputs(labels, np.concatenate(logits), targets)
    outputs = outputs_of(
        examples, head, said, np.concatenate(features), tagger.temperatures[head], tagger.thresholds[head]
    )
    return np.concatenate(vectors), outputs


def tagger_of(run: RunFolder, head: str, labels: Sequence[str], encoder: ClipEncoder) -> Tagger:
    """The tagger that a run has trained.

    Raises:
        ReportError: it does not answer this head, knows none of the labels, or reads the vectors of another encoder.
        TrainingError, ModelError: it has no tagger, or that cannot be loaded.
    """
    from core.models.taggers.loaded import load_tagger

    tagger = load_tagger(tagger_checkpoint(run))
    if set(labels).isdisjoint(tagger.heads.get(head, ())):
        raise ReportError(
            f"{name_of(run)} knows none of the labels of {readable(head)} that these photos have.",
            remedy="Choose a run that was trained on photos with the same labels.",
        )
    if tagger.encoder_key not in (None, encoder.key):
        raise ReportError(
            f"{name_of(run)} reads the vectors of another model than {encoder.name}.",
            remedy="Name its model with --encoder, or choose a run that looks at pixels.",
        )
    return tagger


def name_of(run: RunFolder) -> str:
    """As the user called it."""
    return readable((run.status.name if run.status else "") or run.path.name)


def outputs_of(
    examples: Sequence[Example],
    head: str,
    said: HeadOutputs,
    features: Vectors,
    temperature: float = 1.0,
    threshold: float = 0.0,
) -> Outputs:
    """One head on these photos."""
    return Outputs(
        ids=[each.content_hash for each in examples],
        paths=[str(each.path) for each in examples],
        heads={head: said},
        features=features,
        temperatures={head: temperature},
        thresholds={head: threshold},
    )


def _decoded(path: Path, edge_px: int) -> Image:
    return decode(read_content(path)[0], edge_px=edge_px, name=path.name)
