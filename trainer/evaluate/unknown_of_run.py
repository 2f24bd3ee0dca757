"""How well the tagger of one run tells what it does not know: photos that it has not seen, of classes that it knows and
of others. For networks that are too slow to be trained anew for each draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp, softmax

from core.errors import PhotoError, TrainingError
from core.files.decode import decode, read_content
from core.models.taggers.known_classes import nearest_cosine
from core.models.taggers.loaded import Tagger
from core.tags.values import CLASS, Split
from trainer.data.examples import Dataset, Example
from trainer.data.features import vectors_of
from trainer.data.sources import read_examples
from trainer.evaluate.tables import Cell, Table
from trainer.report.detection import auroc, false_positives
from trainer.report.intervals import wilson
from trainer.runs.run_folder import RunFolder
from trainer.runs.run_kind import tagger_checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.protocols import Encoder, Prepared

_AT_A_TIME = 256  # photos
_TITLE = "Nothing can be measured"


def run_tables(encoder: Encoder, source: str | Path, run: Path, *, home: Path | None = None) -> list[Table]:
    """
    Args:
        encoder: Whose vectors the tagger reads, if it reads any.

    Raises:
        TrainingError, LabelFileError: the run has no tagger, or there are no such photos, or only photos of one kind.
        ModelError: the tagger cannot be loaded.
    """
    folder = RunFolder(run)
    tagger = Tagger.load(tagger_checkpoint(folder))
    if not tagger.tells_unknown:
        raise TrainingError(
            f"The tagger of {run.name} cannot tell what it does not know.",
            remedy="Train it again, with more photos.",
            title=_TITLE,
        )
    seen = {each.content_hash for each in Dataset.read(folder.data).examples if each.split is not Split.TEST}
    examples = read_examples(source, home=home).examples
    asked = [each for each in examples if CLASS in each.labels and each.content_hash not in seen]
    known = np.array([each.labels[CLASS] in tagger.heads[CLASS] for each in asked], np.bool_)
    if known.all() or not known.any():
        raise TrainingError(
            f"{len(asked)} photos that the run has not seen are all of one kind, known or unknown.",
            remedy="Name a folder with classes that the run was trained with, and others.",
            title=_TITLE,
        )
    logits, features = _outputs(tagger, asked, encoder)
    scores = {
        "highest probability": softmax(logits / tagger.temperatures[CLASS], axis=1).max(axis=1),
        "highest logit": logits.max(axis=1),
        "energy": np.asarray(logsumexp(logits, axis=1)),
        "nearest class mean": nearest_cosine(features, tagger.known[CLASS].middles),
    }
    title = f"Unknown classes: {run.name}, {int(known.sum())} known and {int((~known).sum())} unknown photos"
    rows: list[tuple[Cell, ...]] = [
        (name, auroc(score[known], score[~known]), false_positives(score[known], score[~known]))
        for name, score in scores.items()
    ]
    unknown = tagger.known[CLASS].unknown(features)
    shares: list[tuple[Cell, ...]] = [
        ("known, and stay known", wilson(int((~unknown & known).sum()), int(known.sum()))),
        ("unknown, and told to be so", wilson(int((unknown & ~known).sum()), int((~known).sum()))),
    ]
    return [
        Table(title, ("score", "AUROC", "FPR at 95 % TPR"), rows),
        Table(f"{title}: what the threshold does", ("photos", "share"), shares),
    ]


def _outputs(
    tagger: Tagger, examples: Sequence[Example], encoder: Encoder
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits (N, C) of the class and features (N, F)."""
    reads = tagger.encoder_key is not None
    vectors = vectors_of(examples, encoder) if reads else None
    logits: list[NDArray[np.float32]] = []
    features: list[NDArray[np.float32]] = []
    for start in range(0, len(examples), _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        prepared = list(_prepared(tagger, examples[part]))
        said, seen = tagger.outputs(prepared, vectors[part] if vectors is not None else None)
        logits.append(said[CLASS])
        features.append(seen)
    return np.concatenate(logits), np.concatenate(features)


def _prepared(tagger: Tagger, examples: Sequence[Example]) -> Iterator[Prepared]:
    for each in examples:
        if not tagger.needs_pixels:
            yield ()
            continue
        try:
            content, _ = read_content(each.path)
            yield tagger.prepare(decode(content, edge_px=tagger.image_edge_px, name=each.path.name))
        except PhotoError as error:
            raise TrainingError(
                f"{each.path.name} cannot be read any more: {error.message}", remedy="Check the disk."
            ) from error
