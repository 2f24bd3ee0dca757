"""What is done with runs and taggers, as functions for a worker: taken into use, combined, exported, deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.library import Library
    from core.tags.values import TaggerInfo
    from desktop.reports.run_rows import Entry

ONNX, INT8, CHECKPOINT = "onnx", "int8", "checkpoint"


def use(library: Library, entry: Entry, *, force: bool) -> str:
    """Let it tag the library.

    Raises:
        TrainingError: a run that is not better than what is in use; the message says why.
        ModelError: it cannot be loaded, or its files are lost.
    """
    if entry.run is not None and entry.run.has_checkpoint:
        from trainer.promotion.judge import promote

        return _said(promote(library, entry.run.path, force=force))
    assert entry.tagger is not None
    return _said(library.tags.use(entry.tagger.id))


def go_back(library: Library) -> str:
    """
    Raises:
        ModelError: nothing was in use before.
    """
    return _said(library.tags.roll_back())


def combine(library: Library, entries: Sequence[Entry], name: str) -> str:
    """
    Raises:
        ModelError: they cannot be combined.
    """
    return _said(library.tags.combine([entry.tagger.id for entry in entries if entry.tagger is not None], name))


def delete(library: Library, entries: Sequence[Entry]) -> str:
    """Runs with their reports, and taggers that came from no run.

    Raises:
        TrainingError: a run is still training.
        ModelError: a tagger is in use.
    """
    from trainer.runs.run_folder import RunFolder
    from trainer.runs.run_history import delete_run

    for entry in entries:
        if entry.run is not None:
            delete_run(RunFolder(entry.run.path))
        elif entry.tagger is not None:
            library.tags.delete(entry.tagger.id)
    return f"Deleted {entries[0].name}" if len(entries) == 1 else f"Deleted {len(entries)} entries"


def export(run_dir: Path, folder: Path, kind: str) -> str:
    """Into a new folder inside `folder`. What came of it, in a sentence.

    Args:
        kind: ONNX, INT8 (which brings ONNX as well) or CHECKPOINT.

    Raises:
        TrainingError, ModelError: it cannot be exported.
        MachineError: the disk does not take it.
    """
    place = _free(folder, f"{run_dir.name}-{'checkpoint' if kind == CHECKPOINT else 'onnx'}")
    if kind == CHECKPOINT:
        from trainer.runs.run_history import copy_checkpoint

        copy_checkpoint(run_dir, place)
        return f"The checkpoint is in {place}"
    from trainer.export.onnx_export import export_onnx

    report = export_onnx(run_dir, place, int8=kind == INT8)
    told = [
        f"{each.name}: {each.size_bytes / 1e6:.1f} MB, {each.images_per_s:,.0f} photos a second, "
        f"{min(each.agreement.values(), default=1.0):.0%} the same answers"
        for each in report.variants[1:]
    ]
    return " ".join([f"The files are in {place}. {'; '.join(told)}.", *report.notes])


def _said(info: TaggerInfo) -> str:
    from desktop.reports.words import title_of_run

    tags = f"{title_of_run(info.name)} tags your photos"
    return tags if info.live else f"{tags} as soon as it has seen all"


def _free(folder: Path, name: str) -> Path:
    """Nothing is overwritten."""
    for number in range(1, 1000):
        place = folder / (name if number == 1 else f"{name}-{number}")
        if not place.exists():
            return place
    raise TrainingError(f"{folder} holds a thousand exports of {name}.", remedy="Choose another folder.", path=folder)
