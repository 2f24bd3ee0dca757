"""A run folder read into plain values, for the page and for the window.

What is absent or damaged is left out and named in the notes: half a run has half a report. Loads neither torch nor
scikit-learn nor matplotlib.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from core.errors import ModelError, RecollectError
from core.models.json_cache import read_object
from core.models.taggers.config import CONFIG_FILE
from core.models.taggers.known_classes import KnownClasses, read_known_classes
from core.tags.values import CLASS, Split
from trainer import events
from trainer.data.examples import Dataset
from trainer.report.head_report import head_report
from trainer.report.outputs import Outputs, ReportError, load_outputs
from trainer.report.values import (
    Cost,
    CurvePoint,
    Curves,
    DataSummary,
    FeatureMap,
    MapPhoto,
    PhaseSpan,
    RunReport,
    SplitReport,
)
from trainer.runs.run_folder import RunFolder

SPLITS = (Split.VALIDATION.value, Split.TEST.value)  # those that have outputs


def read_report(run_dir: Path) -> RunReport:
    """Everything that a run folder tells.

    Raises:
        ReportError: this is no run folder.
    """
    folder = RunFolder(run_dir)
    if not any(path.exists() for path in (folder.config, folder.status_file, *map(folder.outputs, SPLITS))):
        raise ReportError(f"{run_dir} is not the folder of a run.", remedy="Choose a folder that training made.")
    notes: list[str] = []
    outputs = read_outputs(folder, notes)
    happened = list(folder.events())
    status = folder.status
    curves = _curves(happened)
    notes += said_of_kept(curves)
    data = _data(folder.data, notes)
    known = _known_classes(folder, notes) if outputs else {}
    return RunReport(
        folder=run_dir,
        name=status.name if status else run_dir.name,
        state=status.state.value if status else "",
        started_at=status.started_at if status else "",
        message=status.message if status else "",
        headline=_numbers(read_object(folder.metrics).get("headline") or {}),
        splits={name: split_report(name, each, data.kinds, known) for name, each in outputs.items()},
        curves=curves,
        features=_feature_map(run_dir / "projections.json", notes),
        cost=read_cost(folder, happened),
        data=data,
        config=read_object(folder.config),
        notes=(*_warnings(happened), *notes),
    )


def read_curves(folder: RunFolder) -> Curves:
    """How a training went; empty where it left no events."""
    return _curves(list(folder.events()))


def said_of_kept(curves: Curves) -> list[str]:
    """What a reader has to know of the epoch that was kept, or nothing."""
    kept = curves.frozen_phase_kept
    if kept is None:
        return []
    return [
        f"Kept is an epoch of the phase {kept.name}, in which the backbone does not learn: what it learned afterwards "
        "was no better on validation photos."
    ]


def read_outputs(folder: RunFolder, notes: list[str]) -> dict[str, Outputs]:
    """By split; what cannot be read is told in `notes`."""
    found: dict[str, Outputs] = {}
    for split in SPLITS:
        file = folder.outputs(split)
        if file.exists():
            try:
                found[split] = load_outputs(file)
            except ReportError as error:
                notes.append(str(error))
    return found


def _known_classes(folder: RunFolder, notes: list[str]) -> dict[str, KnownClasses]:
    """By head, where the tagger can tell what it does not know; a checkpoint that cannot be read is told in `notes`."""
    if not (folder.checkpoint / CONFIG_FILE).is_file():
        return {}
    try:
        return read_known_classes(folder.checkpoint)
    except ModelError as error:
        notes.append(str(error))
        return {}


def split_report(
    name: str, outputs: Outputs, kinds: Mapping[str, str], known: Mapping[str, KnownClasses]
) -> SplitReport:
    """All heads on one split; the class by coarse kind too, where there are kinds.

    Args:
        known: By head, of a tagger that can tell what it does not know.
    """
    heads = {
        head: head_report(outputs, head, kinds if head == CLASS else {}, known.get(head)) for head in outputs.heads
    }
    return SplitReport(name, len(outputs), heads)


def _curves(happened: list[events.Event]) -> Curves:
    phases = {
        each.index: PhaseSpan(each.name, each.first_epoch, each.epochs, each.frozen)
        for each in happened
        if isinstance(each, events.PhaseStarted)
    }
    # After a resume an epoch may stand there twice: what came later is what the network went through.
    points = {each.epoch: _point(each) for each in happened if isinstance(each, events.EpochDone)}
    best = [each for each in happened if isinstance(each, events.BestFound)]
    return Curves(
        tuple(phases[index] for index in sorted(phases)),
        tuple(points[epoch] for epoch in sorted(points)),
        best[-1].epoch if best else None,
        best[-1].rule if best else "",
    )


def _point(done: events.EpochDone) -> CurvePoint:
    validation = {head: _numbers(values) for head, values in done.validation.items()}
    return CurvePoint(done.epoch, done.phase, _numbers(done.train), validation, done.score, done.seconds or 0.0)


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Without what is no number: infinite losses are written as null."""
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}


def _warnings(happened: list[events.Event]) -> Iterator[str]:
    texts = (f"{each.message} {each.remedy}".strip() for each in happened if isinstance(each, events.Warned))
    return iter(dict.fromkeys(texts))


def read_cost(folder: RunFolder, happened: list[events.Event] | None = None) -> Cost:
    """What the run took; None of all that it does not say."""
    happened = list(folder.events()) if happened is None else happened
    prepared = [each for each in happened if isinstance(each, events.Prepared)]
    rates = [each.images_per_s for each in happened if isinstance(each, events.StepDone) and each.images_per_s]
    seconds = [each.seconds for each in happened if isinstance(each, events.Finished) and each.seconds]
    epochs = sum(each.seconds or 0.0 for each in happened if isinstance(each, events.EpochDone))
    measured = read_object(folder.metrics).get("cost")
    measured = measured if isinstance(measured, dict) else {}
    return Cost(
        seconds=seconds[-1] if seconds else measured.get("seconds") or epochs or None,
        images_per_s=median(rates) if rates else None,
        tagging_images_per_s=measured.get("tagging_images_per_s"),
        peak_memory_bytes=measured.get("peak_memory_bytes"),
        parameters=(prepared[-1].parameters if prepared else 0) or measured.get("parameters"),
        checkpoint_bytes=_size(folder.checkpoint),
        device=prepared[-1].device if prepared else "",
        precision=prepared[-1].precision if prepared else "",
    )


def _size(folder: Path) -> int | None:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else None


def read_data_summary(folder: RunFolder) -> DataSummary:
    """The photos of a run by label and part; empty where it does not say."""
    return _data(folder.data, [])


def _data(file: Path, notes: list[str]) -> DataSummary:
    if not file.exists():
        return DataSummary()
    try:
        dataset = Dataset.read(file)
    except RecollectError as error:
        notes.append(error.message)
        return DataSummary()
    counts: dict[str, dict[str, Counter[str]]] = {
        head: {label: Counter() for label in labels} for head, labels in dataset.heads.items()
    }
    for example in dataset.examples:
        for head, label in example.labels.items():
            counts[head][label][str(example.split or "")] += 1
    splits = Counter(str(example.split or "") for example in dataset.examples)
    return DataSummary(dataset.name, dataset.hash, splits, counts, dataset.warnings, dataset.kinds)


def _feature_map(file: Path, notes: list[str]) -> FeatureMap:
    if not file.exists():
        return FeatureMap()
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        photos = tuple(
            MapPhoto(each["id"], each["path"], each["split"], _pairs(each["heads"])) for each in content["photos"]
        )
        methods = {name: tuple((float(x), float(y)) for x, y in places) for name, places in content["maps"].items()}
        if any(len(places) != len(photos) for places in methods.values()):
            raise ValueError("it has not a place for every photo")
        return FeatureMap(photos, methods, content["failed"], content["out_of"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        notes.append(f"The feature map {file} cannot be read: {error}.")
        return FeatureMap()


def _pairs(heads: Mapping[str, Any]) -> dict[str, tuple[str | None, str]]:
    return {name: (true, predicted) for name, (true, predicted) in heads.items()}
