"""Photos decoded and resized once, in files that are mapped into memory: an epoch then costs no decoding.

A pack for each form (`trainer.data.forms`), keyed by content: a photo that was moved or is in another dataset is there
already. A cache only: what is missing, damaged or does not fit is decoded when it is needed.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from core.errors import PhotoError, TrainingError
from core.files.decode import decode, read_content
from core.models.disk import RESERVED_BYTES, disk_errors
from trainer.data.examples import Example
from trainer.data.forms import Form
from trainer.data.pack import Pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Pixels

log = logging.getLogger(__name__)

BUDGET_BYTES = 16 << 30
"""Of all forms together: some 85,000 photos of 251 px."""

DECODERS = os.cpu_count() or 2
_PHOTOS_AT_A_TIME = 128  # are decoded and then written: 24 MB
_SAVED_EVERY_S = 5.0  # what a crash may cost

OnProgress = Callable[[int, int], None]
"""Called with photos done and photos in all."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    example: Example
    reason: str


class Images:
    """Photos by row; `examples` says which photo each row is. Safe to read from many threads."""

    def __init__(self, examples: Sequence[Example], form: Form, pack: Pack, left_out: Sequence[LeftOut] = ()) -> None:
        self.examples = tuple(examples)
        self.left_out = tuple(left_out)  # cannot be read, and have no row
        self.form = form
        self._pack = pack

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, row: int) -> Pixels:
        """(H, W, 3) RGB"""
        return self.planes(row).transpose(1, 2, 0)

    def planes(self, row: int) -> NDArray[np.uint8]:
        """(3, H, W) RGB

        Raises:
            TrainingError: it was not in the cache, and its file cannot be read any more.
        """
        example = self.examples[row]
        if example.content_hash in self._pack.entries:
            return self._pack.planes(example.content_hash)
        try:
            return _decoded(example, self.form)
        except PhotoError as error:
            raise TrainingError(
                f"{example.path} can no longer be read: {error.message}",
                remedy="Bring the photo back, or start the training anew without it.",
                path=example.path,
            ) from error


class ImageCache:
    """A directory, such as `cache` beside the runs."""

    def __init__(self, folder: Path, *, budget_bytes: int = BUDGET_BYTES) -> None:
        self._folder = folder
        self._budget_bytes = budget_bytes

    def images(
        self,
        examples: Sequence[Example],
        form: Form,
        *,
        on_progress: OnProgress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Images:
        """Photos in one form; those that are not in the cache are decoded now. Photos that cannot be read are left out.

        Args:
            cancelled: Asked now and then. What was decoded until then stays in the cache, and the rest is decoded when
                it is asked for.

        Raises:
            DiskFullError, PermissionDeniedError, MachineError: not even the directory can be made.
        """
        folder = self._folder / form.key
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)  # when it was used last
        with FileLock(folder / "writing.lock", thread_local=False):
            pack = Pack(folder)
            hashes = [example.content_hash for example in examples]
            if damaged := pack.drop_damaged(hashes):
                log.warning("%d photos in the cache %s were damaged and are decoded anew.", damaged, folder.name)
            missing = [each for each in _each_content_once(examples) if each.content_hash not in pack.entries]
            filling = _Filling(pack, form, self._room(pack, folder, bool(missing), set(hashes)))
            left_out = filling.fill(missing, on_progress or (lambda done, total: None), cancelled)
            pack.map()
        reasons = {each.example.content_hash: each.reason for each in left_out}
        return Images(
            [example for example in examples if example.content_hash not in reasons],
            form,
            pack,
            [LeftOut(each, reasons[each.content_hash]) for each in examples if each.content_hash in reasons],
        )

    def _room(self, pack: Pack, folder: Path, wanted: bool, hashes: set[str]) -> int:
        """Bytes that may be added. Makes room: first other forms go, those used longest ago first, then photos of this
        form that nobody asked for, with all of it."""
        if not wanted:
            return 0
        others = self._others(folder)
        while others and pack.size_bytes + sum(size for _, size in others) > self._budget_bytes // 2:
            oldest, _ = others.pop(0)
            shutil.rmtree(oldest, ignore_errors=True)
        if pack.size_bytes > self._budget_bytes // 2 and not hashes.issuperset(pack.entries):
            pack.clear()
        used = pack.size_bytes + sum(size for _, size in others)
        on_disk = shutil.disk_usage(folder).free - 4 * RESERVED_BYTES
        return max(0, min(self._budget_bytes - used, on_disk))

    def _others(self, folder: Path) -> list[tuple[Path, int]]:
        """Packs of other forms and their bytes, the one used longest ago first."""
        packs = [each for each in self._folder.iterdir() if each.is_dir() and each != folder]
        packs.sort(key=lambda each: each.stat().st_mtime)
        return [(each, sum(file.stat().st_size for file in each.iterdir() if file.is_file())) for each in packs]


class _Filling:
    """Decodes what is missing into a pack."""

    def __init__(self, pack: Pack, form: Form, room_bytes: int) -> None:
        self._pack = pack
        self._form = form
        self._room_bytes = room_bytes
        self._is_full = False

    def fill(
        self, examples: Sequence[Example], on_progress: OnProgress, cancelled: Callable[[], bool]
    ) -> list[LeftOut]:
        """Those that cannot be read. When the disk takes no more, the rest stays out of the cache."""
        left_out: list[LeftOut] = []
        if not examples:
            return left_out
        saved_at = time.monotonic()
        done = 0
        with ThreadPoolExecutor(DECODERS, thread_name_prefix="recollect-cache") as pool:
            for chunk in _chunks(examples):
                if cancelled():
                    break
                photos: dict[str, NDArray[np.uint8]] = {}
                for example, result in zip(chunk, pool.map(self._try, chunk), strict=True):
                    if isinstance(result, str):
                        left_out.append(LeftOut(example, result))
                    else:
                        photos[example.content_hash] = result
                self._add(photos)
                done += len(chunk)
                on_progress(done, len(examples))
                if time.monotonic() - saved_at > _SAVED_EVERY_S:
                    self._save()
                    saved_at = time.monotonic()
        self._save()
        return left_out

    def _try(self, example: Example) -> NDArray[np.uint8] | str:
        try:
            return _decoded(example, self._form)
        except PhotoError as error:
            return error.message

    def _add(self, photos: dict[str, NDArray[np.uint8]]) -> None:
        size_bytes = sum(planes.nbytes for planes in photos.values())
        if size_bytes > self._room_bytes:
            if not self._is_full:
                log.warning("The cache of photos is full: the rest is decoded in every epoch, which takes longer.")
            self._is_full = True
        if self._is_full:
            return
        try:
            self._pack.append(photos)
            self._room_bytes -= size_bytes
        except OSError as error:
            log.warning("The cache of photos cannot be written, so photos are decoded in every epoch: %s", error)
            self._is_full = True

    def _save(self) -> None:
        try:
            self._pack.save()
        except OSError as error:
            log.warning("The index of the cache of photos cannot be written: %s", error)


def _decoded(example: Example, form: Form) -> NDArray[np.uint8]:
    """(3, H, W). Raises PhotoError."""
    content, content_hash = read_content(example.path)
    if content_hash != example.content_hash:
        raise PhotoError("The file has changed since its labels were read.", path=example.path)
    image = decode(content, edge_px=form.decoded_edge_px, name=example.path.name)
    return np.ascontiguousarray(form.make(image).transpose(2, 0, 1))


def _each_content_once(examples: Sequence[Example]) -> list[Example]:
    return list({example.content_hash: example for example in reversed(examples)}.values())[::-1]


def _chunks(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    for start in range(0, len(examples), _PHOTOS_AT_A_TIME):
        yield examples[start : start + _PHOTOS_AT_A_TIME]
