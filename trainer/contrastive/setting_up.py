"""Everything that an adaptation needs before its first step: the encoder, photos in the cache, questions to ask."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from core.errors import TrainingError
from core.models.loading import ClipParts, load_clip
from core.models.registry import EncoderFiles, ModelStore
from core.prompts import embed_texts
from core.settings import load_settings
from core.tags.values import Split
from trainer.contrastive.config import ContrastiveConfig
from trainer.contrastive.others import Origin, other_questions
from trainer.contrastive.photos import ClassBatches, training_form
from trainer.contrastive.questions import ClassQuestions, OtherQuestions
from trainer.contrastive.task import ContrastiveTask
from trainer.contrastive.tower import LearningTower
from trainer.data.cache import ImageCache
from trainer.data.examples import Dataset
from trainer.data.forms import as_encoded
from trainer.data.sources import read_examples
from trainer.data.splits import split_dataset
from trainer.finetune.setting_up import readable
from trainer.metric.losses import metric_loss
from trainer.preparation import learnable

if TYPE_CHECKING:
    from core.paths import LibraryPaths
    from trainer.finetune.parallel import Workers
    from trainer.finetune.run import Source


@dataclass(frozen=True)
class Setup:
    """What a run is made of."""

    task: ContrastiveTask
    dataset: Dataset  # without photos that cannot be read
    files: EncoderFiles  # of the encoder that is adapted
    encoder_key: str
    others: OtherQuestions
    test: ClassQuestions | None


def prepared(config: ContrastiveConfig, source: Source, home: Path) -> Dataset:
    """Photos with labels of the head that is learned, each with a split.

    Raises:
        TrainingError: there is nothing that could be learned from it.
        LabelFileError: the labels cannot be read.
    """
    dataset = read_examples(source.data, library=source.library, home=home, encoding=source.encoding)
    if config.head not in dataset.heads:
        others = ", ".join(dataset.heads)
        raise TrainingError(
            f"The photos have no labels of {config.head}.",
            remedy=f"They have {others}: `--set head={next(iter(dataset.heads))}`." if others else "Label some.",
        )
    dataset = split_dataset(
        dataset.only_heads([config.head]),
        validation=config.validation_fraction,
        test=config.test_fraction,
        seed=config.seed,
    )
    return learnable(dataset)


def model_store(paths: LibraryPaths) -> ModelStore:
    return ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration)


def set_up(
    config: ContrastiveConfig,
    dataset: Dataset,
    origin: Origin,
    workers: Workers,
    *,
    paths: LibraryPaths,
    checkpoint: Path,
    cache: Path,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Setup:
    """
    Args:
        checkpoint: Directory for what is learned.
        cache: Directory for decoded photos.

    Raises:
        TrainingError: what can be read of the photos is not enough.
        ModelError: the encoder is not installed, or damaged.
    """
    store = model_store(paths)
    files = store.files(config.encoder)
    parts = load_clip(files.spec, files.weights)
    forms = {split: as_encoded(parts.preprocessing) for split in Split}
    forms[Split.TRAIN] = training_form(parts.preprocessing, parts.preprocess, config.augmentation)
    images = {
        split: ImageCache(cache).images(dataset.of(split), form, on_progress=on_progress, cancelled=cancelled)
        for split, form in forms.items()
    }
    dataset = readable(dataset, images)
    classes = {split: dataset.targets(rows.examples)[config.head] for split, rows in images.items()}
    if not has_pairs(classes[Split.VALIDATION]):
        raise TrainingError(
            "No label has two photos to validate with: nobody could see whether photos of a kind come together.",
            remedy="Label more photos of each kind: ten at least to be of use.",
        )
    encoder = store.load(config.encoder)
    names = embed_texts(encoder, [spoken(label) for label in dataset.heads[config.head]], encoder.templates)
    validation = ClassQuestions(images[Split.VALIDATION], classes[Split.VALIDATION], names)
    test = None
    if config.look_at_test and has_pairs(classes[Split.TEST]):
        test = ClassQuestions(images[Split.TEST], classes[Split.TEST], names)
    kept = frozenset(each.content_hash for each in dataset.examples if each.split is not Split.VALIDATION)
    others = other_questions(origin, encoder, parts.preprocessing, validation.photos, kept, config.guard.photos)
    photos = ClassBatches(config, images[Split.TRAIN], classes[Split.TRAIN], parts.preprocessing, workers)
    task = _task(config, parts, photos, validation, workers.device, checkpoint)
    return Setup(task, dataset, files, encoder.key, others, test)


def _task(
    config: ContrastiveConfig,
    parts: ClipParts,
    photos: ClassBatches,
    validation: ClassQuestions,
    device: torch.device,
    checkpoint: Path,
) -> ContrastiveTask:
    """The tower that learns, beside the one that it was."""
    preprocessing, visual = parts.preprocessing, parts.model.visual
    old = copy.deepcopy(visual).requires_grad_(False) if config.old_embedding else None
    torch.manual_seed(config.seed)  # the first weights of LoRA
    tower = LearningTower(visual, config, max(preprocessing.height_px, preprocessing.width_px))
    return ContrastiveTask(
        config=config,
        network=_placed(tower, device),
        photos=photos,
        metric_loss=metric_loss(config.loss, temperature=config.temperature),
        validation=validation,
        preprocessing=preprocessing,
        device=device,
        checkpoint=checkpoint,
        old=None if old is None else _placed(old, device),
    )


def has_pairs(classes: np.ndarray[Any, Any]) -> bool:
    """Some class has two photos."""
    return len(classes) > 0 and int(np.unique(classes, return_counts=True)[1].max()) > 1


def spoken(label: str) -> str:
    """A label as a person would type it."""
    return label.replace("_", " ")


def _placed(module: Any, device: torch.device) -> Any:
    # Convolutions train a fifth faster with their channels last.
    return cast("Any", module).to(device=device, memory_format=torch.channels_last)
