"""What the user's own queries find before and after: the encoder that was adapted, and the one that came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import PhotoError
from core.files.decode import decode, read_content
from core.models.registry import ModelStore
from core.prompts import embed_texts
from core.settings import Settings
from core.types import PhotoId
from trainer.contrastive.guard import read_curve
from trainer.contrastive.others import evenly
from trainer.contrastive.shipping import own_encoder_of
from trainer.data.forms import DECODED_EDGE_PX
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.library import Library
    from core.models.clip import ClipEncoder
    from core.types import Photo, Vectors

_ADAPTED = "adapted"
_AT_A_TIME = 64  # decoded photos in memory


@dataclass(frozen=True, slots=True)
class Found:
    """One photo that a query finds."""

    photo_id: PhotoId
    path: Path
    cosine: float


@dataclass(frozen=True, slots=True)
class QueryAnswers:
    """One query and its first photos, the strongest first, by what they show alone: no filters, no tags."""

    query: str
    before: tuple[Found, ...]
    after: tuple[Found, ...]

    @property
    def shared(self) -> int:
        """Photos that are among the first of both."""
        return len({each.photo_id for each in self.before} & {each.photo_id for each in self.after})


class SideBySide:
    """Photos of a library, embedded by both encoders once; then any number of queries."""

    def __init__(
        self,
        run_dir: Path,
        library: Library,
        *,
        most: int = 2000,
        also: Sequence[PhotoId] = (),
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Embeds the photos: seconds for hundreds of them. Not for the thread that draws.

        Args:
            most: Photos at most, spread over the library.
            also: Photos beside those, which others will be likened to.
            on_progress: Called with photos done and photos in all.
            cancelled: Asked now and then; the photos until then are those that are compared.

        Raises:
            TrainingError: the run has no adapted encoder.
            ModelError: one of the two cannot be loaded.
        """
        curve, paths = read_curve(run_dir), library.paths
        checkpoint = RunFolder(run_dir).checkpoint
        own = Settings(device=library.settings.device, encoders={_ADAPTED: own_encoder_of(checkpoint)})
        before = ModelStore(paths.models, library.settings, calibration=paths.calibration).load(curve.encoder)
        self._encoder = ModelStore(paths.models, own, calibration=paths.calibration).load(_ADAPTED)
        wanted = library.photos(list(dict.fromkeys([*evenly(library.all_photos(), most), *also])))
        edge_px = max(DECODED_EDGE_PX, self._encoder.image_edge_px)
        self._photos: list[Photo] = []
        seen_before, seen_after = [_nothing(before)], [_nothing(before)]
        for start in range(0, len(wanted), _AT_A_TIME):
            if cancelled():
                break
            seen = [
                (photo, image) for photo in wanted[start : start + _AT_A_TIME] if (image := _opened(photo, edge_px))
            ]
            self._photos += [photo for photo, _ in seen]
            images = [image for _, image in seen]
            seen_before.append(before.encode_images(images) if images else _nothing(before))
            seen_after.append(self._encoder.encode_images(images) if images else _nothing(before))
            on_progress(min(start + _AT_A_TIME, len(wanted)), len(wanted))
        self._before, self._after = np.concatenate(seen_before), np.concatenate(seen_after)

    @property
    def photos(self) -> int:
        """How many are compared."""
        return len(self._photos)

    def like(self, photo: PhotoId, first: int = 12) -> QueryAnswers | None:
        """The photos most like one, without itself; None where it is not among those that are compared."""
        rows = [row for row, each in enumerate(self._photos) if each.id == photo]
        if not rows:
            return None
        found = (self._found(of @ of[rows[0]], first + 1) for of in (self._before, self._after))
        before, after = (tuple(each for each in hits if each.photo_id != photo)[:first] for hits in found)
        return QueryAnswers(f"photo:{photo}", before, after)

    def answers(self, queries: Sequence[str], first: int = 12) -> list[QueryAnswers]:
        """
        Args:
            queries: Texts, such as those of the user's history.
            first: Photos of each.
        """
        texts = embed_texts(self._encoder, queries, self._encoder.templates)  # both read them alike
        return [
            QueryAnswers(query, self._found(text @ self._before.T, first), self._found(text @ self._after.T, first))
            for query, text in zip(queries, texts, strict=True)
        ]

    def _found(self, cosines: Vectors, first: int) -> tuple[Found, ...]:
        rows = np.argsort(-cosines, kind="stable")[:first].tolist()
        return tuple(Found(self._photos[row].id, self._photos[row].path, float(cosines[row])) for row in rows)


def compare_on_queries(run_dir: Path, library: Library, queries: Sequence[str], first: int = 12) -> list[QueryAnswers]:
    """The first photos of each query before and after; see `SideBySide` for what is raised, and for more queries."""
    return SideBySide(run_dir, library).answers(queries, first)


def _opened(photo: Photo, edge_px: int) -> Image | None:
    """None where it is gone, or cannot be read."""
    try:
        content, _ = read_content(photo.path)
        return decode(content, edge_px=edge_px, name=photo.path.name)
    except (PhotoError, OSError):
        return None


def _nothing(encoder: ClipEncoder) -> Vectors:
    return np.empty((0, encoder.dim), np.float32)
