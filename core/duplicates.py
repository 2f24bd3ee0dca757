"""Photos that the library holds more than once: the same files, and other files of the very same picture."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from core.errors import PhotoError
from core.keeping import best_first, reason_to_keep
from core.likeness import record
from core.likeness.search import Search
from core.types import DuplicateGroup, PhotoId, Vectors

if TYPE_CHECKING:
    from pathlib import Path

    from core.encoders import ActiveEncoder
    from core.store.contents import Content, ContentStore
    from core.store.vector_index import EncoderIndex

UNKNOWN_MOMENT = -1


class Duplicates:
    """Safe to use from any thread. `near` takes minutes in a large library, and one caller at a time."""

    def __init__(
        self,
        contents: ContentStore,
        encoder: Callable[[], ActiveEncoder],
        thumbnail: Callable[[PhotoId], bytes],
        record_file: Path,
    ) -> None:
        """
        Args:
            encoder: The one that answers; waits for it.
            thumbnail: A JPEG of a photo, as it is kept. Raises PhotoError.
            record_file: What was compared before.
        """
        self._contents = contents
        self._encoder = encoder
        self._thumbnail = thumbnail
        self._record_file = record_file
        self._lock = threading.Lock()  # of the record

    def exact(self) -> list[DuplicateGroup]:
        """Photos whose files are the same byte for byte, the most copies first."""
        copies = _by_content(self._contents.shared())
        return _groups([best_first(each) for each in copies.values()], exact=True)

    def near(
        self,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[DuplicateGroup]:
        """Photos that show the very same picture in other files: resized, compressed, converted, a little cropped or
        edited; and not those that are merely similar. One of several exact copies stands for all of them.

        Every photo is compared the first time, and from then on those that are new.

        Args:
            on_progress: Called with steps done and steps in total.
            cancelled: Asked now and then. What was found until then is returned; the rest is left for the next time.

        Raises:
            ModelError: no model could be loaded.
        """
        with self._lock:
            active = self._encoder()
            photos = _Photos(self._contents.all(), active.index, self._thumbnail)
            known = record.load(self._record_file, active.encoder.key)
            search = Search(photos, known, cancelled or (lambda: False))
            found = search.run(on_progress or (lambda done, total: None))
            if search.has_new:
                record.save(self._record_file, known)
            return _groups([[photos.best[hash_] for hash_ in hashes] for hashes in found], exact=False)


class _Photos:
    """Those that can be compared, by content; `core.likeness.search.Pictures`."""

    def __init__(self, contents: Iterable[Content], index: EncoderIndex, thumbnail: Callable[[PhotoId], bytes]) -> None:
        embedded = set(index.ids().tolist())
        self._copies = _by_content(content for content in contents if content.photo_id in embedded)
        self.best = {hash_: best_first(copies)[0] for hash_, copies in self._copies.items()}
        self._index = index
        self._thumbnail = thumbnail

    @property
    def hashes(self) -> Iterable[str]:
        return self.best

    def thumbnail(self, hash_: str) -> bytes | None:
        try:
            return self._thumbnail(self.best[hash_].photo_id)
        except PhotoError:  # it has just gone, or cannot be read any more: the list of problems will tell
            return None

    def moment(self, hash_: str) -> int:
        taken_at = self.best[hash_].taken_at
        return UNKNOWN_MOMENT if taken_at is None else int(datetime.fromisoformat(f"{taken_at}Z").timestamp())

    def vectors(self, hashes: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(hashes), self._index.dim), np.float32)
        for row, hash_ in enumerate(hashes):
            found = self._index.vectors([content.photo_id for content in self._copies[hash_]])
            vectors[row] = found[0] if len(found) else 0
        return vectors

    def best_first(self, hashes: Iterable[str]) -> list[str]:
        return [content.content_hash for content in best_first([self.best[hash_] for hash_ in hashes])]


def _by_content(contents: Iterable[Content]) -> dict[str, list[Content]]:
    copies: defaultdict[str, list[Content]] = defaultdict(list)
    for content in contents:
        copies[content.content_hash].append(content)
    return copies


def _groups(found: Iterable[Sequence[Content]], *, exact: bool) -> list[DuplicateGroup]:
    """The largest first; in each the photo that should stay first."""
    largest_first = sorted(found, key=lambda contents: (-len(contents), contents[0].photo_id))
    return [
        DuplicateGroup(
            content_hash=contents[0].content_hash if exact else None,
            photo_ids=tuple(content.photo_id for content in contents),
            best=contents[0].photo_id,
            reason=reason_to_keep(contents),
        )
        for contents in largest_first
    ]
