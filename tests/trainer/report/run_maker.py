"""Run folders as training leaves them, from real pictures and a real, small model: regression on their pixels."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xxhash
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from core.tags.values import Split
from trainer.data.examples import Dataset, Example
from trainer.events import BestFound, EpochDone, Finished, PhaseStarted, Prepared, StepDone, Warned
from trainer.report.calibration import choose_threshold, fit_temperature
from trainer.report.outputs import HeadOutputs, Outputs, save_outputs
from trainer.runs.run_folder import RunFolder, RunState

_EDGE_PX = 16


@dataclass
class RunMaker:
    """`make(examples)` trains on the split "train" and keeps the outputs on the others."""

    runs: Path
    dimensions: int = 32
    strength: float = 1.0  # of the model: less is worse
    epochs: int = 6
    best: int | None = None  # the epoch that was kept; None: the last but one
    warnings: Sequence[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def make(self, examples: Sequence[Example], name: str = "little") -> Path:
        dataset = Dataset(tuple(examples), name="made for the test", warnings=tuple(self.warnings), kinds=self.kinds)
        folder = RunFolder.create(self.runs, name)
        folder.begin(name)
        dataset.write(folder.data)
        folder.write_json(folder.config, {"recipe": "made for the test", "seed": 0, "phases": [{"epochs": 2}]})
        pixels = np.stack([_pixels(example.path) for example in examples])
        train = np.array([example.split is Split.TRAIN for example in examples])
        reduced = PCA(min(self.dimensions, train.sum(), pixels.shape[1]), random_state=0).fit(pixels[train])
        features = reduced.transform(pixels).astype(np.float32)
        heads = {head: self._head(dataset, head, features) for head in dataset.heads}
        held_out = np.array([example.split is Split.VALIDATION for example in examples])
        temperatures = {
            head: fit_temperature(each.logits[held_out], each.targets[held_out]) for head, each in heads.items()
        }
        thresholds = {
            head: choose_threshold(each.probabilities(temperatures[head])[held_out], each.targets[held_out])
            for head, each in heads.items()
        }
        everything = Outputs(
            [example.content_hash for example in examples],
            [str(example.path) for example in examples],
            heads,
            features,
            temperatures,
            thresholds,
        )
        for split in (Split.VALIDATION, Split.TEST):
            rows = np.flatnonzero([example.split is split for example in examples])
            if len(rows):
                save_outputs(everything.rows(rows), folder.outputs(split))
        self._events(folder, heads)
        folder.checkpoint.mkdir()
        (folder.checkpoint / "weights.safetensors").write_bytes(bytes(12_345))
        folder.end(RunState.FINISHED, metrics={})
        return folder.path

    def _head(self, dataset: Dataset, head: str, features: np.ndarray) -> HeadOutputs:
        labels = dataset.heads[head]
        targets = dataset.targets(dataset.examples)[head]
        train = np.array([example.split is Split.TRAIN for example in dataset.examples]) & (targets >= 0)
        logits = np.full((len(targets), len(labels)), -5.0)
        known = np.unique(targets[train])
        if len(known) > 1:
            model = LogisticRegression(C=self.strength, max_iter=2000).fit(features[train], targets[train])
            scores = model.decision_function(features)
            logits[:, known] = scores if scores.ndim == 2 else np.stack([-scores / 2, scores / 2], axis=1)
        return HeadOutputs(labels, logits, targets)

    def _events(self, folder: RunFolder, heads: Mapping[str, HeadOutputs]) -> None:
        folder.append(Prepared(str(folder.path), {}, {}, 10.0, "cpu", "float32", 5_700_000))
        folder.append(PhaseStarted("heads", 0, 2, 0, True))
        for epoch in range(self.epochs):
            if epoch == 2:
                folder.append(PhaseStarted("everything", 1, self.epochs - 2, 2, False))
            folder.append(StepDone(epoch, self.epochs, epoch, 1.0, 1e-3, 150.0, 1.0))
            loss = 2.2 * 0.7**epoch
            scores = {"accuracy": 1 - loss / 3, "weighted f1": 0.98 - loss / 3, "macro f1": 0.9 - loss / 3, "photos": 5}
            validation = {head: {**scores, "loss": loss + 0.05 * epoch} for head in heads}
            train = {"loss": 1.8 * loss, **{f"{head} loss": loss for head in heads}}
            folder.append(EpochDone("any", epoch, self.epochs, train, validation, 1 - loss, 2.0))
        best = self.epochs - 2 if self.best is None else self.best
        folder.append(BestFound(best, 0.9, "weighted f1"))
        for warning in self.warnings:
            folder.append(Warned(warning))
        folder.append(Finished(str(folder.path), {}, 83.2))


def product_examples(products: Path, heads: Sequence[str] = ("class", "color")) -> list[Example]:
    """The product photos with their own split."""
    with (products / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        example(
            products / row["image_path"],
            {head: value for head, value in _labels(row).items() if head in heads},
            Split.VALIDATION if row["split"] == "val" else Split(row["split"]),
        )
        for row in rows
    ]


def _labels(row: Mapping[str, str]) -> dict[str, str]:
    return {"class": row["class_label"], **dict(part.split(":", 1) for part in row["attributes"].split(";"))}


def example(path: Path, labels: Mapping[str, str], split: Split) -> Example:
    return Example(path, xxhash.xxh3_128_hexdigest(path.read_bytes()), labels, split)


def drawn_examples(
    folder: Path, classes: Sequence[str] = ("circle", "square"), each: int = 9, *, seed: int = 0
) -> list[Example]:
    """Spots in noise, which a linear model tells apart most of the time; a third has no colour."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    splits = (Split.TRAIN, Split.VALIDATION, Split.TEST)
    found: list[Example] = []
    for number in range(each * len(classes)):
        place, tint = number % len(classes), number % 2
        pixels = rng.integers(0, 90, (_EDGE_PX, _EDGE_PX, 3))
        row, column = divmod(place * 5 % 16, 4)
        pixels[4 * row : 4 * row + 5, 4 * column : 4 * column + 5, tint] += 70
        path = folder / f"{number:03}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        labels = {"class": classes[place]}
        if number * 7 // 3 % 3:
            labels["color"] = ("red", "green")[tint]
        found.append(example(path, labels, splits[number // len(classes) % 3]))
    return found


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((_EDGE_PX, _EDGE_PX)), dtype=np.float32).ravel() / 255
