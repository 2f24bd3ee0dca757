"""What the library asks of a model and of an index. Implementations: `core.models.clip`, `core.store.vector_index`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PIL.Image import Image

    from core.types import PhotoId, Pixels, Vector, Vectors


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


class VectorIndex(Protocol):
    """Nearest neighbours by cosine similarity among the vectors of one encoder."""

    def __len__(self) -> int: ...
    def add(self, ids: Sequence[PhotoId], vectors: Vectors) -> None: ...
    def remove(self, ids: Collection[PhotoId]) -> None: ...
    def search(
        self, vector: Vector, k: int, allowed: Collection[PhotoId] | None = None
    ) -> list[tuple[PhotoId, float]]: ...
