"""The encoder that the library works with: an image tower, a text tower and one key for both."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.errors import MachineError

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.calibration import Plan
    from core.models.preprocessing import Preprocessing
    from core.models.towers import ImageTower, TextTower
    from core.types import Pixels, Vector, Vectors

log = logging.getLogger(__name__)

# A query of a few terms with a few templates makes some ten texts: the last few hundred queries, in 12 MB at most.
_CACHED_TEXTS = 4096
# Texts come few at a time; background prompts for the noise floor come by the hundred.
_TEXT_BATCH = 64


Calibrate = Callable[["ImageTower"], tuple["Plan", "ImageTower"]]
"""Finds the plan for this machine, and brings the tower into its dtype."""


class ClipEncoder:
    """A CLIP model of open_clip. Implements `core.protocols.Encoder`; made by `core.models.registry.ModelStore.load`.

    `encode_texts` may run on any thread while another one is in `encode_pixels`.
    """

    def __init__(
        self,
        *,
        name: str,
        key: str,
        images: ImageTower,
        texts: TextTower,
        preprocessing: Preprocessing,
        calibrate: Calibrate,
        templates: tuple[str, ...],
    ) -> None:
        """
        Args:
            images: in float32.
            calibrate: called once, before the first picture: a search by words alone need not wait for it.
        """
        self.name = name
        self.key = key
        self.templates = templates
        self._images = images
        self._calibrate = calibrate
        self._plan: Plan | None = None
        self._plan_lock = threading.Lock()
        self._smaller_batch: int | None = None  # after the graphics card ran out of memory
        self._texts = texts
        self._preprocessing = preprocessing
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        self._cache_lock = threading.Lock()
        # The first pass through the text tower pays for memory and thread pools: the user's first query shall not.
        self.dim = int(texts.encode(["a photo"]).shape[1])

    @property
    def plan(self) -> Plan:
        """How pictures are run on this machine; measured now if it is not known yet."""
        with self._plan_lock:
            if self._plan is None:
                self._plan, self._images = self._calibrate(self._images)
            return self._plan

    @property
    def batch_size(self) -> int:
        return self._smaller_batch or self.plan.batch_size

    @property
    def device(self) -> str:
        """cpu, cuda or mps."""
        return self._images.device.type

    @property
    def image_edge_px(self) -> int:
        """The longer edge of the pixels that `prepare` makes."""
        return max(self._preprocessing.height_px, self._preprocessing.width_px)

    def prepare(self, image: Image) -> Pixels:
        """One upright picture as the model takes it; safe on any thread."""
        return self._preprocessing.prepare(image)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """(N, D) unit length."""
        return self.encode_pixels([self.prepare(image) for image in images])

    def encode_pixels(self, batch: Sequence[Pixels]) -> Vectors:
        """(N, D) unit length, for any N: it is cut into pieces of `batch_size`. One caller at a time.

        Raises:
            ModelError: the output is not finite.
            MachineError: the graphics card has not even memory for a single picture.
        """
        vectors = np.empty((len(batch), self.dim), dtype=np.float32)
        start = 0
        while start < len(batch):
            stop = min(start + self.batch_size, len(batch))  # asks for the plan, which settles the dtype
            try:
                vectors[start:stop] = self._images.encode(np.stack(batch[start:stop]))
            except torch.OutOfMemoryError as error:
                self._use_smaller_batches(error)
            else:
                start = stop
        return vectors

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """(N, D) unit length. Texts that were asked for lately come from memory."""
        wanted = dict.fromkeys(texts)
        found = self._remembered(wanted)
        missing = [text for text in wanted if text not in found]
        for start in range(0, len(missing), _TEXT_BATCH):
            part = missing[start : start + _TEXT_BATCH]
            found.update(zip(part, self._texts.encode(part), strict=True))
        self._remember({text: found[text] for text in missing})
        return np.stack([found[text] for text in texts]) if texts else np.empty((0, self.dim), dtype=np.float32)

    def _remembered(self, texts: dict[str, None]) -> dict[str, Vector]:
        with self._cache_lock:
            found = {text: self._cache[text] for text in texts if text in self._cache}
            for text in found:
                self._cache.move_to_end(text)
        return found

    def _remember(self, found: dict[str, Vector]) -> None:
        with self._cache_lock:
            # Copied: a row of a batch would keep the whole batch in memory.
            self._cache.update((text, vector.copy()) for text, vector in found.items())
            while len(self._cache) > _CACHED_TEXTS:
                self._cache.popitem(last=False)

    def _use_smaller_batches(self, error: torch.OutOfMemoryError) -> None:
        if self.batch_size == 1:
            raise MachineError(
                "The graphics card has too little free memory for this model.",
                remedy="Close other programs that use it, choose a smaller model, or set the device to cpu.",
            ) from error
        self._smaller_batch = self.batch_size // 2
        torch.cuda.empty_cache()
        log.info("Out of memory on the graphics card: batches of %d from now on", self.batch_size)
