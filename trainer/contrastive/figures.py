"""The figures of an adaptation: what the guard saw on the way, and how like each other a few photos are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.errors import RecollectError
from core.files.decode import decode, read_content
from trainer.contrastive.guard import AGREEMENT, Curve, Heatmap, Point
from trainer.report.drawing import colour_of, faint, ink, new_figure, tidy
from trainer.report.texts import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PICTURE_PX = 48  # of the photos along the axes
_PANEL_IN, _BESIDE_IN, _ABOVE_IN, _BELOW_IN = 3.9, 0.6, 0.9, 0.95  # a heatmap, and what stands around it
_TITLES = {"before": "before", "taken": "as it is now", "after": "without the guard"}
_IMAGE_FIGURES = ("MAP@R", "mAP", "R@1")


def figures_of_curve(curve: Curve) -> dict[str, Callable[[], Figure]]:
    """By name of its file: what draws it."""
    drawings: dict[str, Callable[[], Figure]] = {"way": lambda: way(curve)}
    heatmap = curve.heatmap
    if heatmap is not None:
        drawings["heatmap"] = lambda: heatmaps(heatmap, is_whole=curve.alpha == 1.0, is_old=curve.alpha == 0.0)
    return drawings


def way(curve: Curve) -> Figure:
    """What photos and texts find at each alpha, with 95 % intervals; a line at the point that was taken."""
    figure = new_figure(9.5, 3.8)
    images, texts = figure.subplots(1, 2)
    alphas = [point.alpha for point in curve.points]
    _lines(images, alphas, curve.points, "image", _IMAGE_FIGURES)
    names = [name for name in curve.before.text if name != "captions R@1"]
    _lines(texts, alphas, curve.points, "text", [name for name in names if name != AGREEMENT])
    agreed = [point.text[AGREEMENT].value for point in curve.points if AGREEMENT in point.text]
    if agreed:
        texts.plot(alphas, agreed, color=faint(), linewidth=1.4, linestyle="--", label=AGREEMENT)
    images.set(xlabel="alpha", ylabel="photo to photo", ylim=(-0.02, 1.02))
    texts.set(xlabel="alpha", ylabel="text to photo", ylim=(-0.02, 1.02))
    for axes in (images, texts):
        tidy(axes)
        axes.axvline(curve.alpha, color=ink(), linewidth=1.2, linestyle=":", label=f"taken: {curve.alpha:g}")
        axes.legend(fontsize=7.5, frameon=False, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2)
    return figure


def _lines(axes: Axes, alphas: Sequence[float], points: Sequence[Point], part: str, names: Sequence[str]) -> None:
    for row, name in enumerate(names):
        intervals = [getattr(point, part)[name] for point in points]
        colour = colour_of(row)
        values = [each.value for each in intervals]
        axes.plot(alphas, values, color=colour, linewidth=1.8, marker="o", markersize=2.5, label=name)
        low, high = [each.low for each in intervals], [each.high for each in intervals]
        axes.fill_between(alphas, low, high, color=colour, alpha=0.12, linewidth=0)


def heatmaps(heatmap: Heatmap, *, is_whole: bool, is_old: bool) -> Figure:
    """Cosines of the photos with each other, one square for each state of the encoder."""
    left_out = {"after"} if is_whole else {"taken"} if is_old else set[str]()
    shown = [name for name in _TITLES if name in heatmap.cosines and name not in left_out]
    pictures = [_picture(path) for path in heatmap.paths]
    width, height = _PANEL_IN + _BESIDE_IN, _ABOVE_IN + _PANEL_IN + _BELOW_IN
    figure = new_figure(width * len(shown), height)
    figure.set_layout_engine("none")  # it would not see the photos along the axes
    for place, name in enumerate(shown):
        left, part = (place * width + _BESIDE_IN) / (width * len(shown)), _PANEL_IN / (width * len(shown))
        axes = figure.add_axes((left, _BELOW_IN / height, part * 0.98, _PANEL_IN / height * 0.98))
        cosines = np.array(heatmap.cosines[name])
        axes.imshow(cosines, cmap="Blues", vmin=0.0, vmax=1.0)
        _numbers(axes, cosines)
        _photos_along(axes, pictures, heatmap.labels)
        axes.set_title(_TITLES[name], pad=38, fontsize=10)
    return figure


def _numbers(axes: Axes, cosines: np.ndarray) -> None:
    for row, column in np.ndindex(*cosines.shape):
        value = float(cosines[row, column])
        colour = "white" if value > 0.55 else "#1f2328"  # on blue, whatever the page
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7.5, color=colour)


def _photos_along(axes: Axes, pictures: Sequence[np.ndarray | None], labels: Sequence[str]) -> None:
    """The photos themselves above the columns and beside the rows; the label under each column."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    count = len(pictures)
    for place, picture in enumerate(pictures):
        if picture is None:
            continue
        for at, shift in (((place, -0.5), (0, 18)), ((-0.5, place), (-18, 0))):
            box = OffsetImage(picture, zoom=26 / _PICTURE_PX)
            axes.add_artist(
                AnnotationBbox(box, at, shift, boxcoords="offset points", frameon=False, annotation_clip=False)
            )
    axes.set_xticks(
        range(count),
        [short(label, 14) for label in labels],
        rotation=55,
        ha="right",
        rotation_mode="anchor",
        fontsize=8,
    )
    axes.set_yticks([])
    axes.tick_params(length=0, colors=ink())
    axes.spines[:].set_visible(False)


def _picture(path: str) -> np.ndarray | None:
    """(P, P, 3) the middle of a photo; None where it cannot be read."""
    try:
        content, _ = read_content(Path(path))
        image = decode(content, edge_px=_PICTURE_PX, name=Path(path).name).convert("RGB")
    except (RecollectError, OSError, ValueError):
        return None
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    middle = image.crop((left, top, left + edge, top + edge))
    return np.asarray(middle.resize((_PICTURE_PX, _PICTURE_PX), Image.Resampling.BICUBIC))
