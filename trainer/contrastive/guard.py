"""The guard: how far the image tower may go from what it was to what it has learned, so that words still find photos.

WiSE-FT (Wortsman et al. 2022, Robust fine-tuning of zero-shot models): the weights before and after are mixed,
(1 - alpha) before + alpha after. For each alpha it is known how well photos find photos of their class, and how well
texts find photos; the largest alpha that keeps search by words is taken. Plain values: nothing here loads torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import TrainingError
from core.models.json_cache import read_object
from trainer.contrastive.config import GuardConfig
from trainer.report.intervals import Interval
from trainer.runs.run_folder import RunFolder

FILE = "guard.json"
ALPHAS = tuple(step / 10 for step in range(11))
AGREEMENT = "same first photos"
"""Of the first 20 photos that a text found before (a fifth of all, where that is less), the share that it still finds
among the first: the mean over the background prompts of `core.relevance`."""
DECIDING = "MAP@R"  # of the image figures: without a gain of it there is no reason to change the encoder

Figures = Mapping[str, Interval]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Point:
    """The encoder at one alpha."""

    alpha: float
    image: Figures  # photo to photo: "R@1", "R@5", "R@10", "MAP@R", "mAP"
    text: Figures  # "names mAP", "names top-1", "captions R@1" and so on, and the agreement


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which point is taken, and why."""

    alpha: float
    reason: str
    broken: Mapping[float, tuple[str, ...]]  # by alpha: the text figures that fell too far


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Cosines of the same photos with each other, before, as it was taken, and fully learned."""

    paths: tuple[str, ...]
    labels: tuple[str, ...]
    cosines: Mapping[str, tuple[tuple[float, ...], ...]]  # by "before", "taken", "after": (N, N)


@dataclass(frozen=True, slots=True)
class Curve:
    """`guard.json`: all that the guard has measured and decided."""

    encoder: str  # the name of the one that was adapted
    encoder_key: str
    alpha: float  # the point that was taken
    reason: str
    tolerance: float
    agreement: float
    photos: int  # validation photos of the classes that were learned
    asked: str  # whom else texts were asked for, in words
    points: tuple[Point, ...]
    broken: Mapping[float, tuple[str, ...]]
    test: tuple[Point, ...] = ()  # before, as taken, and fully learned, on test photos: looked at once
    heatmap: Heatmap | None = None

    def at(self, alpha: float) -> Point:
        """The point that was measured at this alpha, or next to it."""
        return min(self.points, key=lambda point: abs(point.alpha - alpha))

    @property
    def before(self) -> Point:
        return self.at(0.0)

    @property
    def taken(self) -> Point:
        return self.at(self.alpha)

    @property
    def after(self) -> Point:
        return self.at(1.0)


def judged(points: Sequence[Point], guard: GuardConfig) -> Verdict:
    """The largest alpha that keeps every text figure, and whose photos find more of their class than before.

    Captions and names decide, each by `guard.tolerance`. Where no captions were asked, the agreement has to do for all
    the texts that nobody has written down: it must not be less than `guard.agreement`.

    Args:
        points: Of rising alpha; the first one is 0.
    """
    before = points[0]
    broken = {point.alpha: _broken(before.text, point.text, guard) for point in points}
    kept = [point for point in points[1:] if not broken[point.alpha]]
    better = [point for point in kept if point.image[DECIDING].value > before.image[DECIDING].value]
    if better:
        taken = better[-1]
        beyond = [point for point in points if point.alpha > taken.alpha]
        words = all(broken[point.alpha] for point in beyond)
        return Verdict(taken.alpha, _gained(before, taken, is_whole=not beyond, words_alone=words), broken)
    return Verdict(0.0, _nothing_gained(points, broken), broken)


def _broken(before: Figures, now: Figures, guard: GuardConfig) -> tuple[str, ...]:
    fallen = [
        name
        for name, figure in before.items()
        if name != AGREEMENT and now[name].value < figure.value - guard.tolerance - _ROUNDING
    ]
    if not any(name.startswith("captions") for name in before) and AGREEMENT in now:
        fallen += [AGREEMENT] * (now[AGREEMENT].value < guard.agreement - _ROUNDING)
    return tuple(fallen)


def _gained(before: Point, taken: Point, *, is_whole: bool, words_alone: bool) -> str:
    """
    Args:
        words_alone: Search by words is what stopped it everywhere beyond.
    """
    ends = f"{DECIDING} of photo to photo {before.image[DECIDING].value:.3f} to {taken.image[DECIDING].value:.3f}"
    if is_whole:
        return f"All that was learned is taken: {ends}, and search by words stays as good as the guard asks for."
    worse = "search by words" if words_alone else "search by words, or the way from photo to photo,"
    return f"{taken.alpha:g} of the way is taken: {ends}. Further on, {worse} would have become worse."


def _nothing_gained(points: Sequence[Point], broken: Mapping[float, tuple[str, ...]]) -> str:
    first = points[1]
    if not broken[first.alpha]:
        return "Nothing was gained: photos find no more of their class than before. The encoder stays as it was."
    name = broken[first.alpha][0]
    values = f"{name} {points[0].text[name].value:.3f} to {first.text[name].value:.3f}"
    return (
        f"Nothing was gained: even {first.alpha:g} of the way makes search by words worse ({values}). "
        "The encoder stays as it was."
    )


def document_of(curve: Curve) -> dict[str, Any]:
    """As JSON holds it."""
    document = asdict(curve)
    document["broken"] = [{"alpha": alpha, "figures": list(names)} for alpha, names in curve.broken.items() if names]
    return document


def read_curve(run_dir: Path) -> Curve:
    """What the guard of a run has found.

    Raises:
        TrainingError: the run has none, or it is damaged.
    """
    document = read_object(run_dir / FILE)
    try:
        heatmap = document["heatmap"]
        return Curve(
            **{
                **document,
                "points": tuple(map(_point, document["points"])),
                "test": tuple(map(_point, document["test"])),
                "broken": {each["alpha"]: tuple(each["figures"]) for each in document["broken"]},
                "heatmap": None if heatmap is None else Heatmap(**heatmap),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"The run {run_dir.name} has no adapted encoder.",
            remedy="Choose a finished run of the recipe `clip-contrastive`.",
            path=run_dir,
        ) from error


def is_adaptation(run_dir: Path) -> bool:
    """Whether a run has adapted an encoder, or was to."""
    return read_object(RunFolder(run_dir).config).get("tier") == "contrastive"


def _point(document: Mapping[str, Any]) -> Point:
    figures = ({name: Interval(**interval) for name, interval in document[part].items()} for part in ("image", "text"))
    return Point(float(document["alpha"]), *figures)
