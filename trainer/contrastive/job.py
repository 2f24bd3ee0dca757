"""An adaptation as a job of the loop: its photos, and the guarded end of it. See `trainer.finetune.job.Job`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import xxhash

from core.models.loading import load_clip
from core.tags.values import Split
from trainer.contrastive.between import Way, between, shown_rows
from trainer.contrastive.card import said_of, write_card
from trainer.contrastive.guard import AGREEMENT, FILE, Curve, Heatmap, Point, document_of, judged
from trainer.contrastive.questions import ClassQuestions
from trainer.contrastive.shipping import read_learned, write_encoder
from trainer.events import Evaluating, Note
from trainer.finetune.run import Run
from trainer.preparation import data_summary
from trainer.runs.ending import peak_memory_bytes, report
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from core.models.loading import ClipParts
    from trainer.contrastive.setting_up import Setup
    from trainer.contrastive.task import ContrastiveTask

_HEADLINE = ("MAP@R", "R@1", "names mAP", "captions R@10", AGREEMENT)


@dataclass(frozen=True)
class ContrastiveJob:
    """See `trainer.finetune.job.Job`."""

    setup: Setup

    @property
    def task(self) -> ContrastiveTask:
        return self.setup.task

    @property
    def data(self) -> Mapping[str, Any]:
        return data_summary(self.setup.dataset)

    @property
    def data_hash(self) -> str:
        """Of the photos and of the encoder that it begins with."""
        return xxhash.xxh3_128_hexdigest(f"{self.setup.dataset.hash} {self.setup.encoder_key}".encode())

    @property
    def warnings(self) -> Sequence[str]:
        return self.setup.dataset.warnings

    def write_data(self, folder: RunFolder) -> None:
        self.setup.dataset.write(folder.data)

    def conclude(self, run: Run, seconds: float) -> dict[str, float]:
        started = time.monotonic()
        setup, folder, config = self.setup, run.folder, self.task.config
        own, others = self.task.validation, setup.others
        run.tell(Evaluating(len(own.photos) + (0 if others.photos is own.photos else len(others.photos))))
        parts = load_clip(setup.files.spec, setup.files.weights)
        way = self._way(parts, run)
        points = way.points(own, others, on_point=lambda point: run.tell(Note(_line(point))))
        verdict = judged(points, config.guard)
        run.tell(Note(verdict.reason))
        ends = list(dict.fromkeys((0.0, verdict.alpha, 1.0)))
        curve = Curve(
            encoder=config.encoder,
            encoder_key=setup.encoder_key,
            alpha=verdict.alpha,
            reason=verdict.reason,
            tolerance=config.guard.tolerance,
            agreement=config.guard.agreement,
            photos=len(own.photos),
            asked=others.asked,
            points=tuple(points),
            broken=verdict.broken,
            test=() if setup.test is None else tuple(way.own_points(setup.test, ends)),
            heatmap=self._heatmap(way, verdict.alpha),
        )
        said = said_of(setup.files.spec, curve, setup.dataset, folder.path.name)
        write_encoder(folder.checkpoint, setup.files, parts, between(way.before, way.after, verdict.alpha), said)
        write_card(folder.checkpoint, setup.files.spec, config, curve, setup.dataset, said, seconds)
        folder.write_json(folder.path / FILE, document_of(curve))
        figures = headline(curve)
        cost = {
            "seconds": round(seconds, 1),
            "guard_seconds": round(time.monotonic() - started, 1),
            "peak_memory_bytes": peak_memory_bytes(),
            "parameters": sum(parameter.numel() for parameter in self.task.network.parameters()),
            "trained_parameters": sum(parameter.numel() for parameter in self.task.network.learning),
        }
        folder.write_json(folder.metrics, {"headline": figures, "cost": cost})
        if run.with_report:
            report(folder, run.tell)
        return figures

    def _way(self, parts: ClipParts, run: Run) -> Way:
        visual = parts.model.visual
        before = {name: value.clone() for name, value in visual.state_dict().items()}
        after = read_learned(run.folder.checkpoint)
        device = run.workers.device
        return Way(visual.to(device), before, after, self.task.preprocessing, device)

    def _heatmap(self, way: Way, alpha: float) -> Heatmap | None:
        """Of validation photos."""
        setup, config = self.setup, self.task.config
        examples = setup.dataset.of(Split.VALIDATION)
        labels = [each.labels[config.head] for each in examples]
        rows = shown_rows(labels, config.shown)
        if len(rows) < 2:
            return None
        photos = _Some(self.task.validation.photos, rows)
        own = ClassQuestions(photos, self.task.validation.classes[rows], self.task.validation.names)
        return way.heatmap(own, [str(examples[row].path) for row in rows], [labels[row] for row in rows], alpha)


class _Some:
    """Some photos of many."""

    def __init__(self, photos: Any, rows: Sequence[int]) -> None:
        self._photos, self._rows = photos, rows

    def __len__(self) -> int:
        return len(self._rows)

    def planes(self, row: int) -> Any:
        """(3, H, W) RGB"""
        return self._photos.planes(self._rows[row])


def headline(curve: Curve) -> dict[str, float]:
    """What people compare: how far it went, and figures as they are now and as they were before."""
    figures: dict[str, float] = {"alpha": curve.alpha}
    before, taken = ({**point.image, **point.text} for point in (curve.before, curve.taken))
    for name in _HEADLINE:
        if name in taken:
            figures[name] = round(taken[name].value, 4)
            figures[f"{name} before"] = round(before[name].value, 4)
    return figures


def _line(point: Point) -> str:
    figures = {**point.image, **point.text}
    return f"alpha {point.alpha:g}: " + ", ".join(f"{name} {figure.value:.3f}" for name, figure in figures.items())
