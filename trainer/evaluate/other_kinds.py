"""What runs that are no taggers make of photos that taggers kept back, asked now: an adapted encoder and a projection
name them by words, a network for neighbours gives them places alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from core.models.json_cache import read_object
from core.models.projection import Projection, load_projection
from core.models.registry import ModelStore
from core.models.taggers.config import PreprocessingConfig
from core.models.taggers.tensors import read_tensors
from core.paths import LibraryPaths
from core.settings import Settings
from core.tags.values import Split
from trainer.config import load_config
from trainer.contrastive.config import ContrastiveConfig
from trainer.contrastive.shipping import own_encoder_of
from trainer.data.batches import Batches
from trainer.data.cache import ImageCache
from trainer.data.examples import Dataset
from trainer.data.forms import form_for
from trainer.data.samplers import in_order
from trainer.evaluate.named_by_words import NamedByWords, examples_of, named, unreadable
from trainer.openset.config import MetricConfig
from trainer.openset.network import MetricNetwork, new_network
from trainer.openset.task import CONFIG, WEIGHTS
from trainer.report.outputs import Outputs, ReportError
from trainer.runs.speed import work_of_encoder

if TYPE_CHECKING:
    from PIL.Image import Image

    from trainer.runs.run_folder import RunFolder

_LOOK_PHOTOS = 64  # at once


class OtherKind(Protocol):
    """One run, loaded when it is first asked."""

    def outputs(self, photos: Outputs, labels: Sequence[str]) -> Outputs:
        """What it makes of the same photos: its vectors as features, and a head `class` where it knows names."""
        ...

    def work(self, pictures: Sequence[Image]) -> Callable[[], object]:
        """Goes through all of them once, for a measurement of its speed."""
        ...


@dataclass(frozen=True)
class OtherKinds:
    """Asks them for `recollect compare`."""

    store: ModelStore
    home: Path  # whose caches keep vectors and pixels

    def outputs(self, folder: RunFolder, photos: Outputs, labels: Sequence[str]) -> Outputs:
        """
        Raises:
            ReportError: the run has learned from some of these photos, cannot be asked, or photos are gone.
            RecollectError: its files cannot be read.
        """
        learned = {each.content_hash for each in Dataset.read(folder.data).of(Split.TRAIN)}
        count = sum(id_ in learned for id_ in photos.ids)
        if count:
            raise ReportError(f"It has learned from {count} of these {len(photos)} photos.")
        return self.opened(folder).outputs(photos, labels)

    def opened(self, folder: RunFolder) -> OtherKind:
        """
        Raises:
            ReportError: it is of a kind that gives photos no places.
            RecollectError: its files cannot be read.
        """
        config = load_config(folder.config)
        if isinstance(config, ContrastiveConfig):
            own = Settings(encoders={folder.path.name: own_encoder_of(folder.checkpoint)})
            paths = LibraryPaths(self.home)
            store = ModelStore(paths.models, own, calibration=paths.calibration)
            return ByWords(NamedByWords(store, folder.path.name, self.home))
        if isinstance(config, MetricConfig) and config.is_projection:
            named_by = NamedByWords(self.store, config.encoder, self.home, config.prompt)
            return Projected(named_by, load_projection(folder.path))
        if isinstance(config, MetricConfig):
            return OnPixels(folder, config, self.home)
        raise ReportError("Its kind gives photos no places.")


@dataclass(frozen=True)
class ByWords:
    """An encoder that was adapted."""

    named_by: NamedByWords

    def outputs(self, photos: Outputs, labels: Sequence[str]) -> Outputs:
        return self.named_by.outputs(photos, labels)

    def work(self, pictures: Sequence[Image]) -> Callable[[], object]:
        return work_of_encoder(self.named_by.encoder, pictures)


@dataclass(frozen=True)
class Projected:
    """An encoder, and a projection of what it sees and reads."""

    named_by: NamedByWords
    projection: Projection

    def outputs(self, photos: Outputs, labels: Sequence[str]) -> Outputs:
        if self.projection.encoder_key != self.named_by.encoder.key:
            raise ReportError(f"Its model {self.named_by.encoder_name} is another one now.")
        seen, read = self.named_by.vectors(photos), self.named_by.names(labels)
        return named(photos, labels, self.projection.project(seen), self.projection.project(read))

    def work(self, pictures: Sequence[Image]) -> Callable[[], object]:
        encoder = self.named_by.encoder
        pixels = [encoder.prepare(each) for each in pictures]
        return lambda: self.projection.project(encoder.encode_pixels(pixels))


@dataclass(frozen=True)
class OnPixels:
    """A network of its own, which knows no names."""

    folder: RunFolder
    config: MetricConfig
    home: Path

    @cached_property
    def network(self) -> MetricNetwork:
        classes = len(read_object(self.folder.checkpoint / CONFIG).get("classes", ()))
        made = new_network(self.config.changed(weights="scratch"), classes, encoder_dim=None, models=self.home)
        made.load_state_dict(read_tensors(self.folder.checkpoint / WEIGHTS))
        return made.eval()

    def outputs(self, photos: Outputs, labels: Sequence[str]) -> Outputs:
        cache = ImageCache(LibraryPaths(self.home).training_cache)
        images = cache.images(examples_of(photos), form_for(self._form, None))
        if images.left_out:
            raise unreadable(len(images.left_out), len(photos))
        order = in_order(len(images))
        batches = Batches(images, {}, self._form, order=order, batch_size=_LOOK_PHOTOS)
        with torch.inference_mode():
            found = [self.network.embedder(batch.pixels).numpy() for batch in batches.epoch()]
        return Outputs(photos.ids, photos.paths, {}, np.concatenate(found))

    def work(self, pictures: Sequence[Image]) -> Callable[[], object]:
        size = (self._form.width_px, self._form.height_px)
        rows = np.stack([np.asarray(each.convert("RGB").resize(size), np.float32) for each in pictures])
        pixels = torch.from_numpy(rows).permute(0, 3, 1, 2) / 255

        def look() -> object:
            with torch.inference_mode():
                return self.network.embedder(pixels)

        return look

    @property
    def _form(self) -> PreprocessingConfig:
        return PreprocessingConfig(height_px=self.config.image_px, width_px=self.config.image_px)
