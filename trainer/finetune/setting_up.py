"""Everything that a run needs before its first step: photos in the cache, network, batches, loss, teacher."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from core.tags.values import Split
from trainer.config import TrainConfig
from trainer.data.cache import ImageCache, Images
from trainer.data.examples import Dataset
from trainer.data.forms import form_for
from trainer.data.samplers import class_weights
from trainer.finetune.distillation import Teacher, load_networks
from trainer.finetune.loss import MultiTaskLoss
from trainer.finetune.networks import new_network
from trainer.finetune.parallel import Workers
from trainer.finetune.photos import Part, TrainingPhotos
from trainer.preparation import learnable

if TYPE_CHECKING:
    from core.models.taggers.config import CheckpointConfig
    from core.models.taggers.network import TaggerNetwork

_UNREADABLE_NAMED = 3  # in a warning; the window lists all under Problems


@dataclass(frozen=True)
class Setup:
    """What `Training` is made of."""

    dataset: Dataset  # without photos that cannot be read
    network: TaggerNetwork
    checkpoint: CheckpointConfig
    photos: TrainingPhotos
    loss: MultiTaskLoss
    teacher: Teacher | None


def set_up(
    config: TrainConfig,
    dataset: Dataset,
    workers: Workers,
    *,
    cache: Path,
    models: Path,
    run: str = "",
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Setup:
    """
    Args:
        cache: Directory for decoded photos.
        models: Directory of pretrained weights.

    Raises:
        TrainingError: what can be read of the photos is not enough, or teacher and labels do not fit together.
        ModelError: the network cannot be made or read.
    """
    torch.manual_seed(config.seed)  # the first weights of heads, and of a backbone from scratch
    network, checkpoint = new_network(config, dataset, run, models)
    # Convolutions train a fifth faster with their channels last.
    cast("Any", network).to(device=workers.device, memory_format=torch.channels_last)
    preprocessing = checkpoint.preprocessing
    assert preprocessing is not None  # only networks that look at pixels are made here
    images = {
        split: ImageCache(cache).images(
            dataset.of(split),
            form_for(preprocessing, config.augmentation if split is Split.TRAIN else None),
            on_progress=on_progress,
            cancelled=cancelled,
        )
        for split in Split
    }
    dataset = readable(dataset, images)
    heads = checkpoint.labels
    parts = {split.value: Part(rows, dataset.targets(rows.examples, heads)) for split, rows in images.items()}
    weights = {}
    if config.loss.class_balance == "loss":
        targets = parts[Split.TRAIN.value].targets
        weights = {
            head: torch.from_numpy(class_weights(np.asarray(targets[head]), len(labels))).to(workers.device)
            for head, labels in heads.items()
        }
    teacher = None
    if config.teacher is not None:
        networks = load_networks(Path(config.teacher))
        teacher = Teacher(networks, heads, preprocessing, workers.device, config.distillation.temperature)
    photos = TrainingPhotos(config, parts, preprocessing, workers)
    return Setup(dataset, network, checkpoint, photos, MultiTaskLoss(config.loss, weights), teacher)


def readable(dataset: Dataset, images: Mapping[Split, Images]) -> Dataset:
    """Without photos that turned out to be unreadable.

    Raises:
        TrainingError: what is left is not enough.
    """
    left_out = [each for rows in images.values() for each in rows.left_out]
    if not left_out:
        return dataset
    hashes = {each.example.content_hash for each in left_out}
    named = "; ".join(f"{each.example.path.name}: {each.reason}" for each in left_out[:_UNREADABLE_NAMED])
    more = f" and {len(left_out) - _UNREADABLE_NAMED} more" if len(left_out) > _UNREADABLE_NAMED else ""
    kept = (each for each in dataset.examples if each.content_hash not in hashes)
    return learnable(dataset.with_examples(kept, f"{len(left_out)} photos cannot be read ({named}{more})."))
