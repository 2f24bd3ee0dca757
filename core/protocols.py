"""What the library asks of models and of an index. Implementations: `core.models.clip`, `core.models.taggers`,
`core.store.vector_index`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from PIL.Image import Image

    from core.tags.values import Predictions
    from core.types import PhotoId, Pixels, Vector, Vectors

    Prepared = tuple[Pixels, ...]
    """One photo for a tagger: its pixels, once for each network that looks at them."""


class Encoder(Protocol):
    """CLIP: one text tower, one image tower, one space.

    `key` names model, weights hash and preprocessing; it is stored beside every vector, so that vectors of two
    encoders never meet. Encoding is split in two, so that the first half can run in the decode pool while the model is
    busy with the batch before: `prepare` (one image, any thread) and `encode_pixels` (a batch, one caller at a time).
    """

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def image_edge_px(self) -> int:
        """The longer edge of the pixels that `prepare` makes: what a decoder has to deliver at least."""
        ...

    @property
    def batch_size(self) -> int: ...
    @property
    def templates(self) -> tuple[str, ...]:
        """Prompt templates that help this model, such as "a photo of a {}."; see `core.prompts`."""
        ...

    def prepare(self, image: Image) -> Pixels: ...
    def encode_pixels(self, batch: Sequence[Pixels]) -> Vectors: ...
    def encode_images(self, images: Sequence[Image]) -> Vectors: ...
    def encode_texts(self, texts: Sequence[str]) -> Vectors: ...


class Tagger(Protocol):
    """Gives a photo its class and attributes: one head for the class, one for each attribute.

    `key` names network, weights hash, preprocessing and thresholds; it is stored beside every prediction. A tagger
    looks at pixels (`needs_pixels`), at the vectors of one encoder (`encoder_key`), or, as an ensemble may, at both.
    `prepare` runs on any thread; `tag_prepared` takes one caller at a time.
    """

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def heads(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of each head; "class" is the first head, where it has one."""
        ...

    @property
    def thresholds(self) -> Mapping[str, float]:
        """By head: the calibrated probability below which a prediction is unsure."""
        ...

    @property
    def tells_unknown(self) -> bool:
        """Whether it can say of a photo that its class is none of those that it knows."""
        ...

    @property
    def needs_pixels(self) -> bool: ...
    @property
    def encoder_key(self) -> str | None:
        """The encoder whose vectors it reads; None where it reads none."""
        ...

    @property
    def image_edge_px(self) -> int:
        """What a decoder has to deliver at least; 0 where it needs no pixels."""
        ...

    @property
    def batch_size(self) -> int: ...
    def prepare(self, image: Image) -> Prepared:
        """One upright picture as the networks take it; empty where it needs no pixels."""
        ...

    def tag_prepared(self, prepared: Sequence[Prepared], vectors: Vectors | None = None) -> list[Predictions]:
        """One answer a photo, in the order given, for any number of photos.

        Args:
            vectors: (N, D) of the encoder `encoder_key`, unit length; None where that is None.
        """
        ...

    def tag(self, images: Sequence[Image], vectors: Vectors | None = None) -> list[Predictions]: ...


class VectorIndex(Protocol):
    """Nearest neighbours by cosine similarity among the vectors of one encoder."""

    def __len__(self) -> int: ...
    def add(self, ids: Sequence[PhotoId], vectors: Vectors) -> None: ...
    def remove(self, ids: Collection[PhotoId]) -> None: ...
    def search(
        self, vector: Vector, k: int, allowed: Collection[PhotoId] | None = None
    ) -> list[tuple[PhotoId, float]]: ...
