"""Between the image tower as it was and as it has learned: the weights of each point, and what each of them finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn

from trainer.contrastive.guard import ALPHAS, Heatmap, Point
from trainer.contrastive.photos import embedded
from trainer.contrastive.questions import ClassQuestions, OtherQuestions, agreement

if TYPE_CHECKING:
    from torch import Tensor

    from core.models.preprocessing import Preprocessing
    from core.types import Vectors
    from trainer.data.batches import Photos

State = Mapping[str, "Tensor"]
_PHOTOS_EACH = 2  # of a label in the heatmap


def between(before: State, after: State, alpha: float) -> dict[str, Tensor]:
    """(1 - alpha) before + alpha after; the ends are the very same bits. Counters stay as they were.

    Args:
        before: Weights by name, like `after`.
    """
    if alpha in (0.0, 1.0):
        return dict(after if alpha else before)
    return {
        name: torch.lerp(value, after[name].to(value.dtype), alpha) if value.is_floating_point() else value
        for name, value in before.items()
    }


class _Unit(nn.Module):
    """Vectors of unit length."""

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        self.visual = visual

    def forward(self, pixels: Tensor) -> Tensor:
        return functional.normalize(self.visual(pixels).float(), dim=-1)


@dataclass(frozen=True)
class Way:
    """From before to after. Looks at photos in float32, whatever was learned in: the same on any machine."""

    visual: Any  # of open_clip, on its device; its weights are replaced
    before: State
    after: State
    preprocessing: Preprocessing
    device: torch.device

    def vectors(self, alpha: float, photos: Photos) -> Vectors:
        """(N, D) unit length."""
        self.visual.load_state_dict(between(self.before, self.after, alpha))
        return embedded(_Unit(self.visual).eval(), photos, self.preprocessing, self.device)

    def points(
        self,
        own: ClassQuestions,
        others: OtherQuestions,
        alphas: Sequence[float] = ALPHAS,
        on_point: Callable[[Point], None] = lambda point: None,
    ) -> list[Point]:
        """
        Args:
            alphas: The first one is what the others are compared with.
        """
        points: list[Point] = []
        found_before = None
        for alpha in alphas:
            vectors = self.vectors(alpha, own.photos)
            of_others = vectors if others.photos is own.photos else self.vectors(alpha, others.photos)
            found = others.first(of_others)
            found_before = found if found_before is None else found_before
            text = {**own.text_figures(vectors), **others.figures(of_others), **agreement(found_before, found)}
            points.append(Point(alpha, own.image_figures(vectors), text))
            on_point(points[-1])
        return points

    def own_points(self, own: ClassQuestions, alphas: Sequence[float]) -> list[Point]:
        """The same without other questions."""
        found = [(alpha, self.vectors(alpha, own.photos)) for alpha in alphas]
        return [Point(alpha, own.image_figures(vectors), own.text_figures(vectors)) for alpha, vectors in found]

    def heatmap(self, own: ClassQuestions, paths: Sequence[str], labels: Sequence[str], alpha: float) -> Heatmap:
        """
        Args:
            paths: Of the photos of `own`.
            labels: The same; those that stand in the heatmap are chosen by `shown_rows`.
        """
        cosines: dict[str, tuple[tuple[float, ...], ...]] = {}
        for name, at in (("before", 0.0), ("taken", alpha), ("after", 1.0)):
            vectors = self.vectors(at, own.photos)
            cosines[name] = tuple(tuple(round(float(value), 4) for value in row) for row in vectors @ vectors.T)
        return Heatmap(tuple(paths), tuple(labels), cosines)


def shown_rows(labels: Sequence[str], wanted: Sequence[str], most: int = 4) -> list[int]:
    """The first two photos of each label that is shown: of those wanted, else of those with most photos.

    Args:
        labels: (N,) of the photos.
    """
    names, counts = np.unique(np.array(labels, object), return_counts=True)
    enough = {str(name): int(count) for name, count in zip(names, counts, strict=True) if count >= _PHOTOS_EACH}
    usual = sorted(enough, key=lambda name: -enough[name])  # names in their order, where they have as many photos
    shown = [name for name in wanted if name in enough] or usual[:most]
    return [row for name in shown for row in _rows_of(labels, name)[:_PHOTOS_EACH]]


def _rows_of(labels: Sequence[str], name: str) -> list[int]:
    return [row for row, label in enumerate(labels) if label == name]
