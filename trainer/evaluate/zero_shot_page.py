"""What zero-shot found as one page: scores, confusions, the best photos of each prompt, mistakes, a map of photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.evaluate.zero_shot import SCALE, TITLES, Measured, averaged_name, score_rows, spoken
from trainer.report.figures import class_scores, confusion, feature_map
from trainer.report.head_report import head_report
from trainer.report.page import MISTAKES, PAIRS, SIDE, draw_figures, environment, write_page
from trainer.report.projections import MOST_PHOTOS, project
from trainer.report.texts import between, percent, readable
from trainer.report.thumbnails import Thumbnails
from trainer.report.values import FeatureMap, HeadReport, MapPhoto
from trainer.starter.validation import PROMPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from trainer.report.outputs import Outputs

BEST = 6  # photos of each prompt
MOST_PROMPTS = 40  # whose best photos are shown: those of the classes with most photos
_ENOUGH_FOR_UMAP = 50  # photos; the neighbourhoods that it keeps need some neighbours
_SEED = 0


@dataclass(frozen=True, slots=True)
class Hit:
    path: str
    true: str
    is_right: bool
    cosine: float


@dataclass(frozen=True, slots=True)
class PromptHits:
    """What a sentence finds among the photos of all classes."""

    text: str
    photos: int  # that it would be right for
    hits: tuple[Hit, ...]  # best first

    @property
    def right(self) -> int:
        return sum(hit.is_right for hit in self.hits)


def write_zero_shot_page(found: Measured, file: Path) -> None:
    """
    Raises:
        MachineError: it cannot be written.
    """
    head = head_report(found.averaged, found.head)
    features = map_of(found.averaged, found.head)
    drawings: dict[str, Callable[[], Figure]] = {
        "confusion": lambda: confusion(head),
        "classes": lambda: class_scores(head),
        **{f"map-{method.lower()}": partial(feature_map, features, method) for method in features.methods},
    }
    figures, failed = draw_figures(drawings, None)
    prompts = best_photos(found)
    page = environment().get_template("zero_shot.html")
    text = page.render(
        found=found,
        head=head,
        figures=figures,
        features=features,
        summary=summary(found, head),
        rows=score_rows(found),
        titles=TITLES,
        side=SIDE,
        gained=found.gained,
        against=found.against,
        averaged=averaged_name(found),
        prompts=prompts[:MOST_PROMPTS],
        all_prompts=len(prompts),
        words={label: spoken(label) for label in head.labels if spoken(label) != label},
        notes=[*found.notes, *failed],
        picture=Thumbnails(),
        mistakes=MISTAKES,
        pairs=PAIRS,
    )
    write_page(file, text)


def summary(found: Measured, head: HeadReport) -> str:
    """The page in one sentence or two."""
    accuracy = head.scores["accuracy"]
    part = "" if found.part == "all" else f"{found.part} "
    said = (
        f"By names alone {readable(found.encoder)} gave {head.right} of {head.count} {part}photos the right one of "
        f"{len(head.labels)} classes: {percent(accuracy.value)} (95 % interval {between(accuracy)})."
    )
    if (against := found.against) is None:
        return said
    return f"{said} {found.run_name}, which was trained, gave it to {against.right[0]}."


def best_photos(found: Measured, depth: int = BEST) -> list[PromptHits]:
    """For the one prompt of each class the photos nearest to it, whatever they are; classes with most photos first."""
    head = found.single.heads[found.head]
    counts = np.bincount(head.targets, minlength=len(head.labels))
    order = np.argsort(-counts, kind="stable")
    return [_hits(found.single, found.head, int(label), int(counts[label]), depth) for label in order if counts[label]]


def _hits(outputs: Outputs, name: str, label: int, photos: int, depth: int) -> PromptHits:
    head = outputs.heads[name]
    best = np.argsort(-head.logits[:, label], kind="stable")[:depth].tolist()
    hits = (
        Hit(
            str(outputs.paths[row]),
            head.labels[head.targets[row]],
            bool(head.targets[row] == label),
            float(head.logits[row, label]) / SCALE,
        )
        for row in best
    )
    return PromptHits(PROMPT.replace("{}", spoken(head.labels[label])), photos, tuple(hits))


def map_of(outputs: Outputs, name: str) -> FeatureMap:
    """The vectors of the photos in two dimensions: by UMAP, or by PCA where there are few photos or UMAP fails."""
    rows: Sequence[int] = range(len(outputs))
    if len(rows) > MOST_PHOTOS:
        rows = sorted(np.random.default_rng(_SEED).choice(len(rows), MOST_PHOTOS, replace=False).tolist())
    vectors = outputs.features[np.asarray(rows)]
    places, failed = project(vectors, ("UMAP",)) if len(rows) >= _ENOUGH_FOR_UMAP else ({}, {})
    if not places:
        places, also_failed = project(vectors, ("PCA",))
        failed = {**failed, **also_failed}
    head = outputs.heads[name]
    predicted = head.predicted
    photos = tuple(
        MapPhoto(
            outputs.ids[row],
            str(outputs.paths[row]),
            "",
            {name: (head.labels[head.targets[row]], head.labels[predicted[row]])},
        )
        for row in rows
    )
    methods = {method: tuple((float(x), float(y)) for x, y in found) for method, found in places.items()}
    return FeatureMap(photos if methods else (), methods, failed, len(outputs))
