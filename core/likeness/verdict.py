"""The verdict: are two pictures the very same, or merely alike?

What copying, resizing, compressing, a small crop and a slight edit leave alone is held against what differs between two
shots of one subject. The thresholds were measured: decision 0033.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.likeness.framing import aligned, best_tried_frame, correlation, cropped, no_frames
from core.likeness.miniatures import gray, shrunk, softened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.likeness.framing import Frames
    from core.likeness.miniatures import Floats, Miniatures

FINE_PX = 32
COARSE_STEPS = 6
FINE_STEPS = 4
A_SMALL_CUT = 0.02  # a second place to begin: crops of a few percent lie between those that are tried
UNCUT = 0.99  # a correlation with which there is nothing left to align

LEAST_TRIED = 0.92  # correlation with the best of the tried crops; what is below is not aligned
LEAST_ALIGNED = 0.94  # of the aligned sketches; what is below is not looked at more closely
MOST_SKETCH_CHANGED = 40.0  # gray levels, as in `Limits`, where 16 pixels know less than 64
MOST_SKETCH_CHANGED_OFTEN = 25.0

LEAST_EXPLAINED = 0.9  # share of the variance of one picture that the other explains
MOST_CONTRAST = 1.6  # of one picture against the other
MOST_TINT = 0.15  # by how much one colour channel may gain more than all together

PATCHES = 8  # in a row and in a column
PATCH_PX = 8
FLAT = 9.0  # variance, in gray levels squared, below which a patch is noise
NOISE = 4.0  # variance that compressing adds


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may differ between two files of one picture."""

    changed: float  # gray levels of 255, of the patch that differs most: a small mark or stamp may be new
    changed_often: float  # of the patch that differs fourth most: a thing that moved may not
    structure: float  # mean correlation of the textured patches
    local_structure: float  # of the tenth of them that correlates least


USUAL = Limits(changed=40.0, changed_often=20.0, structure=0.94, local_structure=0.83)
# Things on white ground: two of a kind have the same outline, so what little there is inside has to agree better.
BARE = Limits(changed=20.0, changed_often=10.0, structure=0.97, local_structure=0.93)
BARE_BELOW = 0.55  # share of patches with texture


@dataclass(frozen=True, slots=True)
class Measures:
    """What the verdict looks at; each (P,)."""

    explained: Floats
    contrast: Floats  # of the more to the less contrasty, >= 1
    changed: Floats
    changed_often: Floats
    structure: Floats
    local_structure: Floats
    texture: Floats  # share of patches that are more than noise

    @property
    def same(self) -> NDArray[np.bool_]:
        alike = (self.explained >= LEAST_EXPLAINED) & (self.contrast <= MOST_CONTRAST)
        return alike & np.where(self.texture < BARE_BELOW, self._within(BARE), self._within(USUAL))

    def _within(self, limits: Limits) -> NDArray[np.bool_]:
        return (
            (self.changed <= limits.changed)
            & (self.changed_often <= limits.changed_often)
            & (self.structure >= limits.structure)
            & (self.local_structure >= limits.local_structure)
        )


@dataclass(frozen=True, slots=True)
class Alignment:
    """How pairs of pictures lie on each other, as far as their sketches tell."""

    promising: NDArray[np.bool_]  # (P,) they are worth a closer look
    frames: Frames  # (P, 4)
    swapped: NDArray[np.bool_]  # (P,) the first picture is a crop of the second, not the other way round


def sketched(first: Miniatures, second: Miniatures) -> Alignment:
    """Align pictures, each of which may be a crop of the other, by their sketches (P, 16, 16, 3)."""
    a, b = softened(first.astype(np.float32)), softened(second.astype(np.float32))
    gray_a, gray_b = gray(a), gray(b)
    best, frames, swapped = correlation(gray_a, gray_b), no_frames(len(a)), np.zeros(len(a), np.bool_)
    rows = np.flatnonzero(best < UNCUT)
    forth, back = best_tried_frame(first[rows], second[rows]), best_tried_frame(second[rows], first[rows])
    hopeful = np.maximum(forth[0], back[0]) >= LEAST_TRIED
    rows, turn = rows[hopeful], (back[0] > forth[0])[hopeful]
    tried = np.where(turn[:, None], back[1][hopeful], forth[1][hopeful])
    small = no_frames(len(rows)) + A_SMALL_CUT
    for begin, turned in ((tried, turn), (small, turn), (small, ~turn)):
        whole = np.where(turned[:, None, None], gray_b[rows], gray_a[rows])
        part = np.where(turned[:, None, None], gray_a[rows], gray_b[rows])
        reached, found = aligned(whole, part, begin, COARSE_STEPS)
        better = reached > best[rows]
        improved = rows[better]
        best[improved], frames[improved], swapped[improved] = reached[better], found[better], turned[better]
    promising = best >= LEAST_ALIGNED
    promising[promising] = _sketches_agree(a[promising], b[promising], frames[promising], swapped[promising])
    return Alignment(promising, frames, swapped)


def _sketches_agree(a: Floats, b: Floats, frames: Frames, swapped: NDArray[np.bool_]) -> NDArray[np.bool_]:
    turn = swapped[:, None, None, None]
    _, patches = _differences(cropped(np.where(turn, b, a), frames), np.where(turn, a, b))
    return (patches[:, -1] <= MOST_SKETCH_CHANGED) & (patches[:, -4] <= MOST_SKETCH_CHANGED_OFTEN)


def measured(first: Miniatures, second: Miniatures, frames: Frames) -> Measures:
    """Lay the pictures one on the other, as well as possible, and measure what differs.

    Args:
        first: (P, 64, 64, 3)
        second: (P, 64, 64, 3), the first or a crop of it.
        frames: (P, 4) where the search for the crop begins.
    """
    whole, other = softened(first.astype(np.float32)), softened(second.astype(np.float32))
    a, b = gray(whole), gray(other)
    small_a, small_b = (shrunk(picture[..., None], FINE_PX)[..., 0] for picture in (a, b))
    reached, frames = aligned(small_a, small_b, frames, FINE_STEPS)
    uncut = correlation(small_a, small_b) >= reached - 0.0005  # what needs no crop was not cropped
    part = cropped(whole, np.where(uncut[:, None], np.float32(0), frames))
    explained, patches = _differences(part, other)
    structure, local_structure, texture = _structure(gray(part), gray(other))
    spread, other_spread = part.std((1, 2, 3)) + 1, other.std((1, 2, 3)) + 1
    contrast = np.maximum(spread, other_spread) / np.minimum(spread, other_spread)
    return Measures(explained, contrast, patches[:, -1], patches[:, -4], structure, local_structure, texture)


def _differences(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """(P,) explained variance and (P, 64) difference of each patch, ascending; the worse of both directions."""
    count = len(first)
    pixels = first.shape[1] * first.shape[2]
    a, b = first.reshape(count, pixels, 3), second.reshape(count, pixels, 3)
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    forth, back = _explain(a, b), _explain(b, a)
    worse = forth[0] <= back[0]
    explained = np.where(worse, forth[0], back[0])
    return explained, np.sort(np.where(worse[:, None], forth[1], back[1]), axis=1)


def _explain(source: Floats, target: Floats) -> tuple[Floats, Floats]:
    """How well brightness, contrast and tint make one picture of the other. Both (P, E * E, 3), centred."""
    count, pixels, _ = source.shape
    edge = int(pixels**0.5)
    power, shared = (source**2).sum(1, keepdims=True), (source * target).sum(1, keepdims=True)
    common = shared.sum(2, keepdims=True) / (power.sum(2, keepdims=True) + 1.0)
    # A channel with little contrast of its own follows the others.
    pull = 0.1 * power.sum(2, keepdims=True) + 1.0
    gains = (shared + common * pull) / (power + pull)
    gains = np.clip(gains, common * (1 - MOST_TINT), common * (1 + MOST_TINT)).clip(0.4, 2.5)
    rest = target - gains * source
    explained = 1 - (rest**2).sum((1, 2)) / ((target**2).sum((1, 2)) + pixels * 3 * NOISE)
    size = edge // PATCHES
    patches = (rest.reshape(count, PATCHES, size, PATCHES, size, 3) ** 2).mean((2, 4, 5))
    return explained, np.sqrt(patches).reshape(count, PATCHES * PATCHES)


def _structure(first: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    """(P,) mean, and (P,) tenth percentile, of how patches correlate where either picture has texture; 1 if none has.

    The structure term of SSIM (Wang et al. 2004), at one scale.
    """
    balance = np.sqrt((first.std((1, 2), keepdims=True) + 3) / (second.std((1, 2), keepdims=True) + 3))
    a, b = first / balance, second * balance
    mean_a, mean_b = _patch_means(a), _patch_means(b)
    variance_a = (_patch_means(a * a) - mean_a**2).clip(0)
    variance_b = (_patch_means(b * b) - mean_b**2).clip(0)
    shared = _patch_means(a * b) - mean_a * mean_b
    local = (shared + FLAT / 2) / (np.sqrt(variance_a * variance_b) + FLAT / 2)
    textured = np.maximum(variance_a, variance_b) > FLAT
    local = np.sort(np.where(textured, local, np.inf), axis=1)
    count = textured.sum(1)
    mean = np.where(np.isinf(local), 0, local).sum(1) / np.maximum(count, 1)
    tenth = local[np.arange(len(local)), count // 10]
    return np.where(count > 0, mean, 1.0), np.where(count > 0, tenth, 1.0), count / local.shape[1]


def _patch_means(pictures: Floats) -> NDArray[np.float64]:
    """(P, N) means of overlapping patches of (P, E, E), by sums over areas."""
    sums = np.pad(pictures.astype(np.float64).cumsum(1).cumsum(2), ((0, 0), (1, 0), (1, 0)))
    starts = np.arange(0, pictures.shape[1] - PATCH_PX + 1, PATCH_PX // 2, dtype=np.int64)
    ends = starts + PATCH_PX
    bands = sums[:, ends] - sums[:, starts]
    return ((bands[:, :, ends] - bands[:, :, starts]) / PATCH_PX**2).reshape(len(pictures), len(starts) ** 2)
