"""Whether an ONNX file answers as the checkpoint does, and how fast: on the run's own photos, with the same threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.errors import PhotoError, RecollectError
from core.files.decode import decode, read_content
from core.models.calibration import probe_pixels
from core.models.taggers.network import normalised
from core.models.taggers.preprocessing import TaggerPreprocessing
from core.tags.values import Split
from trainer.data.examples import Dataset, Example
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.taggers.config import CheckpointConfig
    from core.models.taggers.network import TaggerNetwork

BATCH = 16
MOST_MEASURED = 1_000  # validation photos: a share is then known to one or two hundredths
MOST_CALIBRATED = 128  # photos that settle the ranges of INT8
_DECODED_EDGE_PX = 256  # as the indexer decodes
_GENERATED = 8  # pictures, where there are no photos
TIMED_S = 1.0  # measured at least so long, after one batch that pays for what is set up once


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What is asked: (N, H, W, 3) uint8 as the tagger's preprocessing leaves them, or vectors (N, D)."""

    validation: NDArray[Any]
    targets: Mapping[str, NDArray[np.int64]]  # by head (N,), -1: no label
    calibration: NDArray[Any]  # other photos
    from_run: bool  # False: generated, because there are no photos


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Answers to `Pictures.validation`, and speed."""

    logits: Mapping[str, NDArray[np.float32]]  # by head (N, C)
    images_per_s: float

    @property
    def largest(self) -> float:
        return max(float(np.abs(values).max(initial=0.0)) for values in self.logits.values())


def pictures_of(source: Path, config: CheckpointConfig) -> Pictures:
    """The run's photos; generated pictures where it is no run, or its photos are gone."""
    try:
        dataset = Dataset.read(RunFolder(source).data)
    except RecollectError:
        return _generated(config)
    if config.preprocessing is None:
        return _generated(config)
    preprocessing = TaggerPreprocessing(config.preprocessing)
    edge_px = max(_DECODED_EDGE_PX, preprocessing.edge_px)
    kept = dataset.of(Split.VALIDATION)[:MOST_MEASURED]
    examples, validation = _read(kept, preprocessing, edge_px)
    _, calibration = _read(_spread(dataset.of(Split.TRAIN), MOST_CALIBRATED), preprocessing, edge_px)
    if not len(validation) or not len(calibration):
        return _generated(config)
    return Pictures(validation, dataset.targets(examples, config.labels), calibration, from_run=True)


def measure_torch(network: TaggerNetwork, config: CheckpointConfig, pictures: Pictures) -> Measured:
    network = network.eval()
    preprocessing = config.preprocessing

    def run(batch: NDArray[Any]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            read = torch.as_tensor(batch)
            answers = network(read if preprocessing is None else normalised(read, preprocessing))
            return [answers[head].numpy() for head in config.heads]

    return _measured(run, config, pictures)


def measure(file: Path, config: CheckpointConfig, pictures: Pictures) -> Measured:
    """An ONNX file, with as many threads as torch has."""
    runner = session(file)
    name = runner.get_inputs()[0].name
    return _measured(lambda batch: runner.run(None, {name: batch}), config, pictures)


def session(file: Path) -> Any:
    """A runtime for a file, on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors: warnings are about its own optimisations
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def agreement(
    measured: Measured, reference: Measured, config: CheckpointConfig, pictures: Pictures
) -> tuple[dict[str, float], dict[str, float | None], float]:
    """By head the share of equal answers, and the accuracy; and the largest difference of a logit."""
    same: dict[str, float] = {}
    accuracy: dict[str, float | None] = {}
    for head in config.heads:
        answers = measured.logits[head].argmax(axis=1)
        same[head] = float((answers == reference.logits[head].argmax(axis=1)).mean())
        targets = pictures.targets.get(head)
        known = targets >= 0 if targets is not None else np.zeros(0, np.bool_)
        accuracy[head] = float((answers == targets)[known].mean()) if targets is not None and known.any() else None
    difference = max(
        float(np.abs(measured.logits[head] - reference.logits[head]).max(initial=0.0)) for head in config.heads
    )
    return same, accuracy, difference


def _measured(
    run: Callable[[NDArray[Any]], Sequence[NDArray[np.float32]]], config: CheckpointConfig, pictures: Pictures
) -> Measured:
    batches = [pictures.validation[first : first + BATCH] for first in range(0, len(pictures.validation), BATCH)]
    parts = [run(batch) for batch in batches]
    logits = {
        head: np.concatenate([part[place] for part in parts]).astype(np.float32)
        for place, head in enumerate(config.heads)
    }
    full = np.resize(pictures.validation, (BATCH, *pictures.validation.shape[1:]))
    run(full)
    seconds: list[float] = []
    while sum(seconds) < TIMED_S:
        started = time.perf_counter()
        run(full)
        seconds.append(time.perf_counter() - started)
    return Measured(logits, BATCH / float(np.median(seconds)))


def _generated(config: CheckpointConfig) -> Pictures:
    if config.preprocessing is None:
        dim = getattr(config.backbone, "dim", 1)
        vectors = np.random.default_rng(0).standard_normal((_GENERATED, dim)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Pictures(vectors, {}, vectors, from_run=False)
    shape = (config.preprocessing.height_px, config.preprocessing.width_px, 3)
    pixels = probe_pixels(shape, _GENERATED)
    return Pictures(pixels, {}, pixels, from_run=False)


def _read(
    examples: Sequence[Example], preprocessing: TaggerPreprocessing, edge_px: int
) -> tuple[list[Example], NDArray[np.uint8]]:
    """Those that can be read, and their pixels (N, H, W, 3)."""
    kept: list[Example] = []
    pixels: list[NDArray[np.uint8]] = []
    for example in examples:
        try:
            content, _ = read_content(example.path)
            pixels.append(preprocessing.prepare(decode(content, edge_px=edge_px, name=example.path.name)))
        except PhotoError:
            continue
        kept.append(example)
    return kept, np.stack(pixels) if pixels else np.empty((0, 0, 0, 3), np.uint8)


def _spread(examples: Sequence[Example], count: int) -> list[Example]:
    """Evenly over all of them: folders are read class by class."""
    if len(examples) <= count:
        return list(examples)
    return [examples[int(row)] for row in np.linspace(0, len(examples) - 1, count)]
