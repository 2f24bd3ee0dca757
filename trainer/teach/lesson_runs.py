"""Tier 1, "teach": from labelled photos to linear heads on their vectors, in the folder of a run like any other.

Two ways lead here. `train_teach` is the recipe `teach` of `recollect train`: the data has its splits, and photos of any
folder are embedded first. `teach_library` is the window's: the vectors are there, and labels are too few to keep a part
of them aside, so that every photo is held out once and the tagger then learns from all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import TrainingError
from core.models.taggers.config import TrainedConfig
from core.paths import LibraryPaths, default_home
from core.tags.values import CLASS, Split
from trainer.config import TrainConfig
from trainer.control import CancelledError
from trainer.data.examples import Dataset, Example
from trainer.data.features import vectors_of
from trainer.data.hierarchy import kinds_of
from trainer.data.sources import LIBRARY
from trainer.data.splits import grouped
from trainer.events import Event, Note, Warned
from trainer.report.kinds import metrics_with_kinds
from trainer.report.outputs import Outputs, save_outputs
from trainer.runs.run_folder import RunFolder, RunState
from trainer.teach.embeddings import EmbeddingCache, cache_of
from trainer.teach.heads import Cancelled
from trainer.teach.kept import forget_replaced
from trainer.teach.result import Source, TeachResult, figures, majority_accuracy, teach, write_checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.library import Library
    from core.protocols import Encoder
    from core.types import Vectors

RECIPE = "teach"
_NAMED = 3  # unreadable photos that a warning names

Tell = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class TaughtRun:
    """What came out, and where it lies."""

    folder: Path
    metrics: dict[str, float]
    result: TeachResult


def train_teach(
    config: TrainConfig,
    dataset: Dataset,
    folder: RunFolder,
    tell: Tell,
    *,
    home: Path | None = None,
    encoder: Encoder | None = None,
    cancelled: Cancelled = lambda: False,
) -> dict[str, float]:
    """Embed the photos of a dataset that has its splits, teach on the training part, measure on the others; on the test
    part only where the configuration wants to look at it.

    Writes checkpoint, outputs and metrics; state and report of the run are the caller's. Returns the figures.

    Args:
        home: of the library, whose model embeds and whose cache keeps the vectors; None: the default library.
        encoder: a loaded model, instead of the one that the settings of `home` name.

    Raises:
        TrainingError: there is nothing to tell apart, or no photo to train on can be read.
        CancelledError: it was cancelled.
        ModelError: the encoder cannot be loaded.
    """
    home = home or default_home()
    encoder = encoder or encoder_of(home)
    wanted = dataset if config.look_at_test else dataset.with_examples(
        each for each in dataset.examples if each.split is not Split.TEST
    )  # fmt: skip
    readable, vectors = embedded(wanted, encoder, home, tell, cancelled)
    rows = {split: np.array([each.split is split for each in readable]) for split in Split}
    if not rows[Split.TRAIN].any():
        raise TrainingError("No photo to train on can be read.", remedy="Check the folder and its permissions.")
    train = [each for each in readable if each.split is Split.TRAIN]
    result = teach(
        vectors[rows[Split.TRAIN]], labels_of(train), groups_of(train), seed=config.seed, cancelled=cancelled
    )
    parts: dict[str, Outputs] = {}
    for split in (Split.VALIDATION, Split.TEST):
        if rows[split].any():
            chosen = [each for each in readable if each.split is split]
            parts[split.value] = _outputs(result, chosen, vectors[rows[split]])
    if (validation := parts.get(Split.VALIDATION.value)) is not None and CLASS in validation.heads:
        result = result.with_threshold_of(validation.features, validation.heads[CLASS].targets)
    if Split.VALIDATION.value not in parts:
        parts[Split.VALIDATION.value] = _cross_validated(result, train, vectors[rows[Split.TRAIN]])
    for warning in result.warnings:
        tell(Warned(warning))
    source = Source(encoder.key, encoder.name, encoder.dim)
    status = folder.status
    return _write(folder, config, dataset, result, parts, source, status.name if status else RECIPE)


def teach_library(
    library: Library,
    *,
    name: str = RECIPE,
    start: TeachResult | None = None,
    seed: int = 0,
    cancelled: Cancelled = lambda: False,
    on_event: Tell = lambda event: None,
    with_report: bool = True,
) -> TaughtRun:
    """Teach from all labels of a library, with the vectors that it has. Writes a run; promotes nothing.

    Photos that a labels.csv calls test are for measuring alone. All others are held out in turn. Older ones that nobody
    has named, and that are not in use, make room: see `trainer.teach.kept`.

    Args:
        with_report: Also draw figures and page, which takes longer than to teach; `write_report` can do it later.

    Raises:
        TrainingError: there are no labels, or nothing to tell apart.
        CancelledError: it was cancelled; the run says so too.
        MachineError: the run cannot be written.
    """
    examples, vectors, source = labelled_vectors(library)
    folder = RunFolder.create(library.paths.runs, name)
    folder.begin(name)
    config = TrainConfig(recipe=RECIPE, tier="teach", seed=seed)
    dataset = Dataset(
        tuple(replace(each, split=each.split or Split.TRAIN) for each in examples),
        name=LIBRARY,
        kinds=kinds_of(None, (each.labels for each in examples)),
    )

    def tell(event: Event) -> None:
        folder.append(event)
        on_event(event)

    try:
        folder.write_json(folder.config, config.model_dump(mode="json"))
        dataset.write(folder.data)
        run = _teach_all(folder, name, config, dataset, vectors, source, start, cancelled, tell)
    except BaseException as error:
        state = RunState.CANCELLED if isinstance(error, CancelledError) else RunState.FAILED
        folder.end(state, message=str(error))
        raise
    folder.end(RunState.FINISHED, metrics=run.metrics)
    if with_report:
        _report(folder, tell)
    forget_replaced(library, tell)
    return run


def labelled_vectors(library: Library) -> tuple[list[Example], Vectors, Source]:
    """Photos of the library that have a label and a vector of the encoder that answers, (N,) and (N, D).

    Raises:
        TrainingError: there are none.
    """
    labelled = {each.photo_id: each for each in library.labels.labelled()}
    ids, vectors, source = library_vectors(library, list(labelled))
    if not ids:
        raise TrainingError(
            "No photo is both labelled and indexed.", remedy="Label some photos, and let the library finish indexing."
        )
    examples = [
        Example(each.path, each.content_hash, each.labels, each.split, each.instance, each.taken_at, each.photo_id)
        for each in (labelled[photo_id] for photo_id in ids)
    ]
    return examples, vectors, source


def library_vectors(library: Library, ids: Sequence[Any]) -> tuple[list[Any], Vectors, Source]:
    """Those of the photos that have a vector of the encoder that answers, (N, D), and that encoder."""
    found, vectors = library.vectors(ids)
    encoder = library.answering_encoder()
    return found, vectors, Source(encoder.key, encoder.name, encoder.dim)


def labels_of(examples: Sequence[Example]) -> dict[str, list[str | None]]:
    """By head, one for each photo."""
    heads = {head: None for example in examples for head in example.labels}
    return {head: [example.labels.get(head) for example in examples] for head in heads}


def groups_of(examples: Sequence[Example], near: Iterable[Sequence[int]] = ()) -> NDArray[np.int64]:
    """(N,) photos of one thing, of one burst or with one content have the same number."""
    return np.array(grouped(examples, near).of, np.int64)


def _teach_all(
    folder: RunFolder,
    name: str,
    config: TrainConfig,
    dataset: Dataset,
    vectors: Vectors,
    source: Source,
    start: TeachResult | None,
    cancelled: Cancelled,
    tell: Tell,
) -> TaughtRun:
    learning = np.array([each.split is not Split.TEST for each in dataset.examples])
    taught = [each for each in dataset.examples if each.split is not Split.TEST]
    result = teach(
        vectors[learning], labels_of(taught), groups_of(taught),
        start=start.heads if start is not None else None, seed=config.seed, cancelled=cancelled,
    )  # fmt: skip
    parts = {Split.VALIDATION.value: _cross_validated(result, taught, vectors[learning])}
    if not learning.all():
        parts[Split.TEST.value] = _outputs(result, dataset.of(Split.TEST), vectors[~learning])
    for warning in result.warnings:
        tell(Warned(warning))
    tell(Note("Every photo was held out once; the tagger has then learned from all of them."))
    return TaughtRun(folder.path, _write(folder, config, dataset, result, parts, source, name), result)


def _write(
    folder: RunFolder,
    config: TrainConfig,
    dataset: Dataset,
    result: TeachResult,
    parts: dict[str, Outputs],
    source: Source,
    name: str = RECIPE,
) -> dict[str, float]:
    found = figures((parts.get(Split.TEST.value) or parts[Split.VALIDATION.value]).heads)
    folder.write_json(folder.config, config.model_dump(mode="json"))
    for part, outputs in parts.items():
        save_outputs(outputs, folder.outputs(part))
    trained = TrainedConfig(recipe=RECIPE, run=folder.path.name, data_hash=dataset.hash, seed=config.seed)
    write_checkpoint(folder.checkpoint, result.heads, source, name=name, metrics=found, trained=trained)
    parameters = sum(head.weights.size + head.bias.size for head in result.heads.values())
    metrics = {part: metrics_with_kinds(outputs, dataset.kinds) for part, outputs in parts.items()}
    for part, outputs in parts.items():
        for name, head in outputs.heads.items():
            if head.known.any():
                metrics[part]["heads"][name]["majority_accuracy"] = majority_accuracy(head)
    folder.write_json(folder.metrics, {**metrics, "cost": {"parameters": parameters}})
    return found


def _outputs(result: TeachResult, examples: Sequence[Example], vectors: Vectors) -> Outputs:
    """What the heads say of photos that they have not learned from."""
    targets = Dataset(tuple(examples)).targets(examples, {name: head.labels for name, head in result.heads.items()})
    return _packed(result, examples, vectors, result.outputs(vectors, targets))


def _cross_validated(result: TeachResult, examples: Sequence[Example], vectors: Vectors) -> Outputs:
    """What heads that were taught without a photo say of it."""
    return _packed(result, examples, vectors, result.held_out)


def _packed(result: TeachResult, examples: Sequence[Example], vectors: Vectors, heads: Any) -> Outputs:
    return Outputs(
        ids=[each.content_hash for each in examples],
        paths=[str(each.path) for each in examples],
        heads=heads,
        features=vectors,
        temperatures=result.temperatures,
        thresholds=result.thresholds,
    )


def embedded(
    dataset: Dataset, encoder: Encoder, home: Path, tell: Tell, cancelled: Cancelled
) -> tuple[list[Example], Vectors]:
    """Photos that can be read, and their vectors (N, D)."""
    cache = EmbeddingCache(cache_of(home), encoder.key, encoder.dim)
    _take_from_library(cache, [each for each in dataset.examples if each.content_hash not in cache], encoder, home)
    missing = [each for each in dataset.examples if each.content_hash not in cache]
    if missing:
        tell(Note(f"Looking at {len(missing)} photos"))
    found = vectors_of(missing, encoder, cancelled=cancelled)
    _stop_if(cancelled)
    readable = np.flatnonzero(found.any(axis=1))
    cache.add([missing[row].content_hash for row in readable.tolist()], found[readable])
    cache.save()
    if len(readable) < len(missing):
        names = [each.path.name for each in missing if each.content_hash not in cache]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        tell(Warned(f"{len(names)} photos cannot be read: {', '.join(names[:_NAMED])}{more}."))
    kept = [each for each in dataset.examples if each.content_hash in cache]
    return kept, cache.vectors([each.content_hash for each in kept])


def _take_from_library(cache: EmbeddingCache, examples: Sequence[Example], encoder: Encoder, home: Path) -> None:
    """Vectors that the library has already, of photos that are its own and have not changed since."""
    hashes = {each.photo_id: each.content_hash for each in examples if each.photo_id is not None}
    if not hashes:
        return
    from core.library import Library

    library = Library.open(home, encoder=encoder)
    try:
        found, vectors = library.vectors(list(hashes))
        now = {each.photo_id: each.content_hash for each in library.labels.labelled()}
    finally:
        library.close()
    same = [row for row, photo_id in enumerate(found) if now.get(photo_id) == hashes[photo_id]]
    cache.add([hashes[found[row]] for row in same], vectors[same])


def _stop_if(cancelled: Cancelled) -> None:
    if cancelled():
        raise CancelledError


def encoder_of(home: Path) -> Encoder:
    """The model that the settings of a library name.

    Raises:
        ModelError: it cannot be loaded.
    """
    from core.models.registry import ModelStore
    from core.settings import load_settings

    paths = LibraryPaths(home)
    settings = load_settings(paths.settings)
    return ModelStore(paths.models, settings, calibration=paths.calibration).load(settings.encoder)


def _report(folder: RunFolder, tell: Tell) -> None:
    from trainer.runs.ending import report

    report(folder, tell)
