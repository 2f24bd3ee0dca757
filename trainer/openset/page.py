"""The page of a run for open-set retrieval: how well seen and unseen classes are found, before and after, and a map."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.json_cache import read_object
from trainer.openset.drawings import Mapped, class_map, recalls
from trainer.openset.job import CLASSES_FILE, VECTORS_FILE
from trainer.openset.outcome import POOLS, UNSEEN
from trainer.report.figures import curves
from trainer.report.intervals import Interval
from trainer.report.page import command, draw_figures, environment, write_page
from trainer.report.projections import tsne
from trainer.report.report_data import read_report
from trainer.report.thumbnails import Thumbnails
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from trainer.report.values import RunReport

FIGURES = ("R@1", "R@5", "R@10", "MAP@R", "mAP")
_MAPPED = 1200  # photos: t-SNE of so many takes some seconds
_ASKED, _SHOWN = 8, 6  # unseen photos that ask, and what is found for each


@dataclass(frozen=True)
class Judged:
    """`vectors.npz`: the photos that were judged, in both spaces."""

    paths: NDArray[np.str_]
    classes: NDArray[np.int64]
    names: NDArray[np.str_]
    kinds: NDArray[np.str_]
    kind_of: NDArray[np.int64]
    seen_photos: int  # come first
    spaces: Mapping[str, NDArray[np.float32]]

    @property
    def is_unseen(self) -> NDArray[np.bool_]:
        return np.arange(len(self.classes)) >= self.seen_photos


def write_report(run_dir: Path) -> Path:
    """Draw the figures and write `report.html`.

    Raises:
        ReportError: this is no run folder.
        MachineError: a file cannot be written.
    """
    folder = RunFolder(run_dir)
    report = read_report(run_dir)
    figures = read_object(folder.metrics)
    photos = _read(run_dir / VECTORS_FILE)
    drawn, failed = draw_figures(_drawings(report, figures, photos), run_dir / "figures")
    template = environment().get_template("openset.html")
    text = template.render(
        report=report,
        metrics=figures,
        spaces=_with_intervals(figures.get("spaces") or {}),
        classes=read_object(run_dir / CLASSES_FILE),
        summary=_summary(figures),
        pools=POOLS,
        names=FIGURES,
        figures=drawn,
        notes=[*report.notes, *failed],
        asked=[] if photos is None else _asked(photos),
        picture=Thumbnails(),
        command=command(report),
        config=json.dumps(report.config, indent=1, ensure_ascii=False),
    )
    write_page(folder.report, text)
    return folder.report


def _drawings(report: RunReport, figures: Mapping[str, Any], photos: Judged | None) -> dict[str, Callable[[], Figure]]:
    drawings: dict[str, Callable[[], Figure]] = {}
    spaces = figures.get("spaces") or {}
    if spaces:
        drawings["recalls"] = lambda: recalls(spaces)
    if report.curves.points:
        drawings["curves"] = lambda: curves(report.curves)
    if photos is not None:
        for name in photos.spaces:
            mapped = _mapped(photos, name)
            drawings[f"map-{name}"] = lambda mapped=mapped: class_map(mapped)
    return drawings


def _mapped(photos: Judged, space: str) -> Mapped:
    rows = np.arange(len(photos.classes))
    if len(rows) > _MAPPED:
        rows = np.sort(np.random.default_rng(0).choice(len(rows), _MAPPED, replace=False))
    kinds = photos.kinds[photos.kind_of[photos.classes[rows]]]
    return Mapped(tsne(photos.spaces[space][rows]), kinds, photos.is_unseen[rows])


def _asked(photos: Judged) -> list[dict[str, Any]]:
    """Photos of unseen classes, one of each class as far as they go, with what is nearest to them among all."""
    vectors = photos.spaces["after"]
    firsts = [
        int(np.flatnonzero(photos.classes == fine)[0]) for fine in np.unique(photos.classes[photos.seen_photos :])
    ]
    step = max(1, len(firsts) // _ASKED)
    found: list[dict[str, Any]] = []
    for row in firsts[::step][:_ASKED]:
        cosines = vectors @ vectors[row]
        cosines[row] = -np.inf
        nearest = np.argsort(-cosines, kind="stable")[:_SHOWN]
        found.append({"query": _photo(photos, row), "found": [_photo(photos, int(each)) for each in nearest]})
    return found


def _photo(photos: Judged, row: int) -> dict[str, str]:
    return {"path": str(photos.paths[row]), "name": str(photos.names[photos.classes[row]])}


def _with_intervals(spaces: Mapping[str, Any]) -> dict[str, Any]:
    """The same with `Interval`s in place of their plain values, for the filters of templates."""

    def read(value: Any) -> Any:
        if isinstance(value, Mapping):
            return Interval(**value) if value.keys() == {"value", "low", "high"} else _each(value)
        return value

    def _each(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: read(value) for name, value in values.items()}

    return _each(spaces)


def _summary(metrics: Mapping[str, Any]) -> str:
    """The run in one sentence."""
    spaces, classes = metrics.get("spaces") or {}, metrics.get("classes") or {}
    pools = [spaces[name]["rankings"]["cosine"].get(UNSEEN) for name in ("before", "after") if name in spaces]
    if len(pools) < 2 or pools[0] is None or pools[1] is None:
        return "This run has no photos of unseen classes to be judged by."
    before, after = (100 * pool["R@1"]["value"] for pool in pools)
    return (
        f"For {after:.1f} of 100 photos of the {classes.get('unseen', 0)} classes that it has never seen, the nearest "
        f"photo is of their class; for {before:.1f} before the training."
    )


def _read(path: Path) -> Judged | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Judged(
                kept["paths"], kept["classes"], kept["names"], kept["kinds"], kept["kind_of"], int(kept["seen_photos"]),
                {name: kept[name].astype(np.float32) for name in ("before", "after")},
            )  # fmt: skip
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
