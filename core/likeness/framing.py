"""Finds how one picture was cropped from the other, so that the two can be laid one on the other.

A crop takes a part off each side, at most `MOST_CUT` in all of the width or height; what is left was stretched to the
same square. Nothing else is searched for: two photos of which neither contains the other are two shots, not a crop.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from core.likeness.miniatures import OUTLINE_PX, SKETCH_PX, Floats, gray, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.likeness.miniatures import Miniatures

Frames = Floats
"""(P, 4) what is cut off the first picture to have the second: left, top, right, bottom, in parts of its edge."""

MOST_CUT = 0.3
"""From 4:3 to a square a quarter goes."""

_TRIED_CUTS = (0.0, 0.06, 0.12, 0.2)
_MOST_TRIED = 0.24
_LARGEST_STEP = 0.05
_DAMPING = 1.02  # Gauss-Newton runs away on flat pictures without it
_RIDGE = 1e-2


def _tried_spans() -> list[tuple[float, float]]:
    return [(low, high) for low, high in product(_TRIED_CUTS, _TRIED_CUTS) if low + high <= _MOST_TRIED]


def _shrinking(spans: list[tuple[float, float]]) -> Floats:
    """(K * 8, 16): each 8 rows cut a line of 16 pixels to one of the spans and shrink it to 8, by area."""
    matrices: list[Floats] = []
    cells = np.arange(SKETCH_PX, dtype=np.float32)
    for low, high in spans:
        edges = np.linspace(low * SKETCH_PX, (1 - high) * SKETCH_PX, OUTLINE_PX + 1, dtype=np.float32)
        begin = np.maximum(edges[:-1, None], cells)
        end = np.minimum(edges[1:, None], cells + 1)
        overlap = np.maximum(0.0, end - begin)
        matrices.append(overlap / overlap.sum(1, keepdims=True))
    return np.concatenate(matrices).astype(np.float32)


_SPANS = _tried_spans()
_CUTTING = _shrinking(_SPANS)


def best_tried_frame(first: Miniatures, second: Miniatures) -> tuple[Floats, Frames]:
    """(P,) correlation of the second picture with the best of some hundred crops of the first, and (P, 4) that crop.

    Args:
        first: (P, 16, 16, 3)
        second: (P, 16, 16, 3)
    """
    count, spans = len(first), len(_SPANS)
    crops = _CUTTING @ gray(first.astype(np.float32)) @ _CUTTING.T
    crops = crops.reshape(count, spans, OUTLINE_PX, spans, OUTLINE_PX).transpose(0, 1, 3, 2, 4)
    crops = crops.reshape(count, spans * spans, OUTLINE_PX * OUTLINE_PX)
    crops = crops - crops.mean(2, keepdims=True)
    wanted = gray(shrunk(second, OUTLINE_PX)).reshape(count, OUTLINE_PX * OUTLINE_PX, 1)
    wanted = wanted - wanted.mean(1, keepdims=True)
    lengths = np.linalg.norm(crops, axis=2) * np.linalg.norm(wanted, axis=1)
    correlations = (crops @ wanted)[..., 0] / (lengths + 1.0)
    best = correlations.argmax(1)
    cuts = np.array(_SPANS, np.float32)
    vertical, horizontal = cuts[best // spans], cuts[best % spans]
    frames = np.stack([horizontal[:, 0], vertical[:, 0], horizontal[:, 1], vertical[:, 1]], 1)
    return correlations[np.arange(count), best], frames


def cropped(pictures: Floats, frames: Frames) -> Floats:
    """(P, E, E, C) pictures cut to their frames and stretched to the same square again."""
    rows = _interpolation(frames[:, 1], frames[:, 3], pictures.shape[1])
    columns = _interpolation(frames[:, 0], frames[:, 2], pictures.shape[2])
    planes = np.moveaxis(pictures, 3, 1)  # (P, C, E, E)
    cut = rows[:, None] @ planes @ columns[:, None].transpose(0, 1, 3, 2)
    return np.moveaxis(cut, 1, 3).astype(np.float32, copy=False)


def correlation(first: Floats, second: Floats) -> Floats:
    """(P,) of gray pictures (P, E, E), -1..1."""
    first, second = _centred(first), _centred(second)
    lengths = np.sqrt((first**2).sum((1, 2)) * (second**2).sum((1, 2)))
    return (first * second).sum((1, 2)) / (lengths + 1.0)


def aligned(first: Floats, second: Floats, frames: Frames, steps: int) -> tuple[Floats, Frames]:
    """(P,) correlation and (P, 4) frames, improved by Gauss-Newton steps (Lucas and Kanade, with gain and offset).

    Args:
        first: (P, E, E) gray, softened.
        second: (P, E, E) gray, softened.
        frames: Where to begin.
    """
    edge = first.shape[1]
    slopes_y, slopes_x = np.gradient(first, axis=(1, 2))
    layers = np.stack([first, slopes_x * edge, slopes_y * edge], -1)
    best, best_frames = np.full(len(first), -1.0, np.float32), frames
    for step in range(steps + 1):
        cut = cropped(layers, frames)
        reached = correlation(cut[..., 0], second)
        better = reached > best
        best = np.where(better, reached, best)
        best_frames = np.where(better[:, None], frames, best_frames)
        if step < steps:
            frames = _within_bounds(frames + _step(cut, second))
    return best, best_frames


def _step(cut: Floats, second: Floats) -> Frames:
    """(P, 4) by how much frames should change, from the cropped first pictures and their slopes (P, E, E, 3)."""
    count, edge = second.shape[:2]
    across = ((np.arange(edge, dtype=np.float32) + 0.5) / edge)[None, None, :]
    down = across.transpose(0, 2, 1)
    picture, slope_x, slope_y = np.moveaxis(cut, 3, 0)
    centred = _centred(picture)
    gain = (centred * second).sum((1, 2)) / ((centred**2).sum((1, 2)) + 1.0)
    gain = gain.clip(0.3, 3.0)[:, None, None]
    moves = [slope_x * (1 - across), slope_y * (1 - down), -slope_x * across, -slope_y * down]
    columns = [gain * move for move in moves] + [picture, np.ones_like(picture)]
    jacobian = np.stack(columns, -1).reshape(count, edge * edge, 6)
    missing = (second - gain * picture).reshape(count, edge * edge, 1)
    transposed = jacobian.transpose(0, 2, 1)
    normal: NDArray[np.float64] = (transposed @ jacobian).astype(np.float64)
    diagonal = np.arange(6, dtype=np.int64)
    normal[:, diagonal, diagonal] *= _DAMPING
    normal[:, diagonal, diagonal] += _RIDGE
    wanted: NDArray[np.float64] = (transposed @ missing).astype(np.float64)
    solved = np.linalg.solve(normal, wanted)[:, :4, 0].astype(np.float32)
    return np.clip(solved, np.float32(-_LARGEST_STEP), np.float32(_LARGEST_STEP))


def _within_bounds(frames: Frames) -> Frames:
    frames = frames.clip(0.0, MOST_CUT)
    for low, high in ((0, 2), (1, 3)):
        cut = frames[:, low] + frames[:, high]
        shrink = np.minimum(1.0, MOST_CUT / np.maximum(cut, 1e-6))[:, None]
        frames[:, [low, high]] *= shrink
    return frames


def _interpolation(low: Floats, high: Floats, edge: int) -> Floats:
    """(P, E, E) matrices that cut a line of E pixels and stretch what is left to E, linearly."""
    cells = np.arange(edge, dtype=np.float32)
    places = low[:, None] + (cells + 0.5) / edge * (1 - low - high)[:, None]
    places = (places * edge - 0.5).clip(0, edge - 1)
    return np.maximum(0.0, 1.0 - np.abs(places[:, :, None] - cells)).astype(np.float32)


def _centred(pictures: Floats) -> Floats:
    """(P, E, E) around zero."""
    return pictures - pictures.mean((1, 2), keepdims=True, dtype=np.float32)


def no_frames(count: int) -> NDArray[np.float32]:
    """(P, 4) of nothing cut off."""
    return np.zeros((count, 4), np.float32)
