"""Everything that a run needs before its first step: photos or their vectors, labels, the network, the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from core.models.taggers.config import PreprocessingConfig
from core.prompts import embed_texts
from core.relevance import background_prompts
from core.tags.values import CLASS, Split
from trainer.data.cache import ImageCache
from trainer.data.examples import Dataset, Example
from trainer.data.forms import form_for
from trainer.data.unseen import ClassSplit, judgeable
from trainer.events import Event, Note
from trainer.openset.config import MetricConfig
from trainer.openset.material import PROTOTYPES, TRAIN, Labels, PixelMaterial, VectorMaterial
from trainer.openset.network import MetricNetwork, new_network
from trainer.openset.task import MetricTask
from trainer.teach.lesson_runs import embedded

if TYPE_CHECKING:
    from torch import Tensor

    from core.paths import LibraryPaths
    from core.protocols import Encoder
    from core.types import Vectors

_OF_EACH_CLASS = 20  # photos for its prototype: more hardly move a mean
_NAMED = 3  # unreadable photos that a warning names


@dataclass(frozen=True)
class Surroundings:
    """Where a training takes place."""

    paths: LibraryPaths
    kept: LibraryPaths  # where photos and vectors are cached: the same, or a place of which nothing stays
    checkpoint: Path
    device: torch.device
    tell: Callable[[Event], None]
    cancelled: Callable[[], bool]


@dataclass(frozen=True)
class Setup:
    """A task, and what is judged with it."""

    task: MetricTask
    dataset: Dataset  # without photos that cannot be read
    classes: ClassSplit
    examples: Mapping[str, tuple[Example, ...]]  # by part
    encoder: Encoder | None  # whose vectors are projected
    vectors: Mapping[str, Vectors]  # of the encoder, by part
    names: Tensor | None  # (C, D) of all classes, the seen ones first
    fresh: Callable[[], MetricNetwork]  # as it began


def set_up(config: MetricConfig, dataset: Dataset, classes: ClassSplit, around: Surroundings) -> Setup:
    """
    Raises:
        TrainingError: what can be read of the photos is not enough.
        ModelError: the encoder or the weights cannot be read.
    """
    return (_with_vectors if config.is_projection else _with_pixels)(config, dataset, classes, around)


def _with_vectors(config: MetricConfig, dataset: Dataset, classes: ClassSplit, around: Surroundings) -> Setup:
    encoder = encoder_named(config.encoder, around.paths)
    kept, found = embedded(dataset, encoder, around.kept.home, around.tell, around.cancelled)
    dataset = judgeable(dataset.with_examples(kept))
    examples, labels = _parts(dataset, classes)
    rows = {id(each): row for row, each in enumerate(kept)}
    vectors = {part: found[[rows[id(each)] for each in members]] for part, members in examples.items()}
    spoken = [*labels.seen, *labels.unseen]
    texts = embed_texts(encoder, [name.replace("_", " ") for name in spoken], (config.prompt,))
    names = torch.from_numpy(texts.astype(np.float32)).to(around.device)
    vocabulary = torch.from_numpy(embed_texts(encoder, background_prompts())).to(around.device)
    fresh = _beginning(config, len(labels.seen), encoder.dim, around)
    material = VectorMaterial(config, vectors, labels, around.device)
    task = MetricTask(config, fresh(), material, labels, around.checkpoint, names[: len(labels.seen)], vocabulary)
    return Setup(task, dataset, classes, examples, encoder, vectors, names, fresh)


def _with_pixels(config: MetricConfig, dataset: Dataset, classes: ClassSplit, around: Surroundings) -> Setup:
    preprocessing = PreprocessingConfig(height_px=config.image_px, width_px=config.image_px)
    examples, _ = _parts(dataset, classes)

    def decoded(done: int, total: int) -> None:
        around.tell(Note(f"{done} of {total} photos decoded"))

    cache = ImageCache(around.kept.training_cache)
    images = {
        part: cache.images(
            members,
            form_for(preprocessing, config.augmentation if part == TRAIN else None),
            on_progress=decoded,
            cancelled=around.cancelled,
        )
        for part, members in examples.items()
    }
    unreadable = {each.example.content_hash: each for rows in images.values() for each in rows.left_out}
    if unreadable:
        named = "; ".join(f"{each.example.path.name}: {each.reason}" for each in [*unreadable.values()][:_NAMED])
        more = f" and {len(unreadable) - _NAMED} more" if len(unreadable) > _NAMED else ""
        readable = (each for each in dataset.examples if each.content_hash not in unreadable)
        warning = f"{len(unreadable)} photos cannot be read ({named}{more})."
        return _with_pixels(config, judgeable(dataset.with_examples(readable, warning)), classes, around)
    _, labels = _parts(dataset, classes)
    fresh = _beginning(config, len(labels.seen), None, around)
    material = PixelMaterial(config, images, labels, preprocessing, around.device)
    task = MetricTask(config, fresh(), material, labels, around.checkpoint)
    return Setup(task, dataset, classes, examples, None, {}, None, fresh)


def _beginning(
    config: MetricConfig, classes: int, encoder_dim: int | None, around: Surroundings
) -> Callable[[], MetricNetwork]:
    def fresh() -> MetricNetwork:
        torch.manual_seed(config.seed)
        network = new_network(config, classes, encoder_dim=encoder_dim, models=around.paths.models)
        # Convolutions train a fifth faster with their channels last.
        return cast("Any", network).to(device=around.device, memory_format=torch.channels_last)

    return fresh


def _parts(dataset: Dataset, classes: ClassSplit) -> tuple[dict[str, tuple[Example, ...]], Labels]:
    """The photos of each part with their classes. Classes whose photos cannot be read stay known."""
    examples = {part.value: dataset.of(part) for part in Split}
    examples[PROTOTYPES] = _few_of_each(examples[TRAIN])
    named = (*classes.seen, *classes.unseen)
    of = {part: dataset.targets(members, {CLASS: named})[CLASS] for part, members in examples.items()}
    kinds = np.array(classes.kind_places(named), np.int64)
    return examples, Labels(classes.seen, classes.unseen, classes.kinds, kinds, of)


def _few_of_each(examples: tuple[Example, ...]) -> tuple[Example, ...]:
    counts: dict[str, int] = {}
    kept: list[Example] = []
    for each in examples:
        fine = each.labels[CLASS]
        counts[fine] = counts.get(fine, 0) + 1
        if counts[fine] <= _OF_EACH_CLASS:
            kept.append(each)
    return tuple(kept)


def encoder_named(name: str, paths: LibraryPaths) -> Encoder:
    """
    Raises:
        ModelError: there is no such encoder, or it is not installed.
    """
    from core.models.registry import ModelStore
    from core.settings import load_settings

    return ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration).load(name)


def few(dataset: Dataset, classes: ClassSplit, photos_per_class: int) -> tuple[Dataset, ClassSplit]:
    """A handful for a dry run: some photos of the largest few classes, seen and unseen, in all parts."""
    parts = {
        split: _largest(dataset.of(split), members, number)
        for split, members, number in (
            (Split.TRAIN, classes.seen, 4),
            (Split.TEST, classes.unseen, 2),
        )
    }
    seen, unseen = parts[Split.TRAIN], parts[Split.TEST]
    validated = _largest(dataset.of(Split.VALIDATION), classes.seen, 1)
    seen = tuple(sorted({*seen, *validated}))
    counts: dict[tuple[Split | None, str], int] = {}
    kept: list[Example] = []
    for each in dataset.examples:
        key = (each.split, each.labels[CLASS])
        counts[key] = counts.get(key, 0) + 1
        if key[1] in {*seen, *unseen} and counts[key] <= photos_per_class:
            kept.append(replace(each, photo_id=None))
    return dataset.with_examples(kept), ClassSplit(classes.hierarchy, seen, unseen)


def _largest(examples: tuple[Example, ...], classes: tuple[str, ...], number: int) -> tuple[str, ...]:
    counts = {fine: 0 for fine in classes}
    for each in examples:
        counts[each.labels[CLASS]] = counts.get(each.labels[CLASS], 0) + 1
    return tuple(sorted(sorted(counts, key=lambda fine: (-counts[fine], fine))[:number]))
