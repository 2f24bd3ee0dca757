"""What follows the last epoch of a training for open-set retrieval: the best network is judged on seen and unseen
classes, before and after, and a projection is written for the window.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.errors import PhotoError
from core.files.decode import decode, read_content
from core.models.disk import disk_errors, write_whole
from core.models.projection import write_projection
from core.models.taggers.tensors import read_tensors
from trainer.events import Evaluating
from trainer.finetune.run import Run
from trainer.metric.neighbours import mean_figures
from trainer.openset.judging import Space, Truth, headline, judged
from trainer.openset.material import PROTOTYPES, UNSEEN, VALIDATION
from trainer.openset.network import Projector
from trainer.openset.outcome import SEEN
from trainer.openset.setting_up import Setup
from trainer.openset.task import WEIGHTS, MetricTask
from trainer.preparation import data_summary
from trainer.runs.ending import peak_memory_bytes, report
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from core.protocols import Encoder
    from core.types import Vectors
    from trainer.data.examples import Example

PROJECTION = "projection"
CLASSES_FILE = "unseen.json"
VECTORS_FILE = "vectors.npz"

_TIMED_PHOTOS = 64
_PARTS = (PROTOTYPES, VALIDATION, UNSEEN)


@dataclass(frozen=True)
class MetricJob:
    """See `trainer.finetune.job.Job`."""

    setup: Setup

    @property
    def task(self) -> MetricTask:
        return self.setup.task

    @property
    def data(self) -> Mapping[str, Any]:
        classes = self.setup.classes
        counts = {"seen": len(classes.seen), "unseen": len(classes.unseen), "kinds": len(classes.kinds)}
        return {**data_summary(self.setup.dataset), "classes": counts}

    @property
    def data_hash(self) -> str:
        return self.setup.dataset.hash

    @property
    def warnings(self) -> Sequence[str]:
        return self.setup.dataset.warnings

    def write_data(self, folder: RunFolder) -> None:
        self.setup.dataset.write(folder.data)
        self.setup.classes.write(folder.path / CLASSES_FILE, self.setup.dataset)

    def conclude(self, run: Run, seconds: float) -> dict[str, float]:
        """Figures of the space that it began with and of the one that it has learned."""
        folder, setup, task = run.folder, self.setup, self.task
        task.network.load_state_dict(read_tensors(folder.checkpoint / WEIGHTS))
        if not task.config.look_at_test:
            return self._conclude_unseen(folder, seconds)
        run.tell(Evaluating(sum(len(setup.examples[part]) for part in _PARTS)))
        before, _ = self._space(replace(task, network=setup.fresh()), projected=not task.config.is_projection)
        after, photos_per_s = self._space(task, projected=True)
        truth = self._truth()
        spaces = {"before": judged(before, truth), "after": judged(after, truth)}
        compared = headline(spaces["after"], spaces["before"])
        cost = {
            "seconds": round(seconds, 1),
            "core_seconds": round(seconds * torch.get_num_threads(), 1),
            "parameters": task.network.parameters_in_use,
            "tagging_images_per_s": round(photos_per_s, 1),
            "peak_memory_bytes": peak_memory_bytes(),
        }
        if setup.encoder is not None:
            cost["encoder_images_per_s"] = round(_speed(setup.encoder, setup.examples[VALIDATION]), 1)
            self._write_projection(folder.path / PROJECTION, setup.encoder)
        document = {"headline": compared, "classes": self.data["classes"], "spaces": spaces, "cost": cost}
        folder.write_json(folder.metrics, document)
        self._write_vectors(folder.path / VECTORS_FILE, before, after, truth)
        if run.with_report:
            report(folder, run.tell)
        return compared

    def _conclude_unseen(self, folder: RunFolder, seconds: float) -> dict[str, float]:
        """Of the validation photos of seen classes alone."""
        vectors = self.task.look_at(VALIDATION, nullcontext)
        figures = mean_figures(vectors, self._truth().seen)
        compared = {f"{SEEN} {name}": round(figures[name], 4) for name in ("R@1", "MAP@R")}
        cost = {"seconds": round(seconds, 1), "parameters": self.task.network.parameters_in_use}
        folder.write_json(folder.metrics, {"headline": compared, "classes": self.data["classes"], "cost": cost})
        return compared

    def _space(self, task: MetricTask, *, projected: bool) -> tuple[Space, float]:
        """What a network makes of the photos, and how many of them in a second."""
        started = time.perf_counter()
        if projected:
            found = {part: task.look_at(part, nullcontext) for part in _PARTS}  # float32: the same on any machine
        else:
            found = {part: self.setup.vectors[part] for part in _PARTS}
        seconds = max(1e-9, time.perf_counter() - started)
        names = self._names(task) if projected else self._encoded_names()
        space = Space(found[PROTOTYPES], found[VALIDATION], found[UNSEEN], names)
        return space, sum(map(len, found.values())) / seconds

    def _names(self, task: MetricTask) -> Vectors | None:
        if self.setup.names is None:
            return None
        task.network.eval()
        with torch.inference_mode():
            return task.network.embedder(self.setup.names).cpu().numpy()

    def _encoded_names(self) -> Vectors | None:
        return None if self.setup.names is None else self.setup.names.cpu().numpy()

    def _truth(self) -> Truth:
        labels = self.task.labels
        of = labels.of
        return Truth(of[PROTOTYPES], of[VALIDATION], of[UNSEEN], labels.kind_of)

    def _write_projection(self, folder: Path, encoder: Encoder) -> None:
        embedder = self.task.network.embedder
        assert isinstance(embedder, Projector)
        tensors = {name: value.detach().cpu().numpy() for name, value in embedder.state_dict().items()}
        write_projection(folder, tensors, encoder_key=encoder.key, classes=self.task.labels.seen)

    def _write_vectors(self, path: Path, before: Space, after: Space, truth: Truth) -> None:
        """The photos that were judged, in both spaces: the page is drawn from them, now or later."""
        examples = [*self.setup.examples[VALIDATION], *self.setup.examples[UNSEEN]]
        labels = self.task.labels
        content = {
            "paths": np.array([str(each.path) for each in examples]),
            "classes": np.concatenate([truth.seen, truth.unseen]),
            "names": np.array([*labels.seen, *labels.unseen]),
            "kinds": np.array(labels.kinds),
            "kind_of": labels.kind_of,
            "seen_photos": np.array(len(truth.seen)),
            "before": np.concatenate([before.seen, before.unseen]).astype(np.float16),
            "after": np.concatenate([after.seen, after.unseen]).astype(np.float16),
        }

        def write(part: Path) -> None:
            with part.open("wb") as file:
                np.savez_compressed(file, **content)

        with disk_errors(path):
            write_whole(path, write)


def _speed(encoder: Encoder, examples: Sequence[Example]) -> float:
    """Photos a second through the encoder, decoding left out."""
    pixels = []
    for each in examples[:_TIMED_PHOTOS]:
        try:
            image = decode(read_content(each.path)[0], edge_px=encoder.image_edge_px, name=each.path.name)
        except PhotoError:  # it was there a moment ago; the others are enough
            continue
        pixels.append(encoder.prepare(image))
    encoder.encode_pixels(pixels[:1])
    started = time.perf_counter()
    encoder.encode_pixels(pixels)
    return len(pixels) / max(1e-9, time.perf_counter() - started)
