"""The image teacher: MobileNetV2 for ImageNet-1k (Sandler et al. 2018), quantised, as a TFLite file. For training only.

It looks at a few views of each photo, crops that are drawn once; the student is shown the very same crops. A good
teacher is patient and consistent (Beyer et al. 2022). What it sees is kept in a cache: an epoch then costs nothing.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xxhash

from core.errors import TrainingError
from core.models.disk import check_space, disk_errors
from trainer.control import CancelledError
from trainer.data.augment import Augmentation
from trainer.data.geometry import View, drawn_view, seen

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from trainer.starter.corpus import Corpus, CorpusPixels

EDGE_PX = 224
FEATURES, CLASSES = 1280, 1000
FILE = "mobilenet_v2_1.0_224_quant.tflite"
_POOLED = "global_average_pooling2d/Mean"
_LOGITS = "predictions/MatMul"
_CHUNK = 512  # photos: after so many the work of a view is kept
_VIEW_STREAM = 11


@dataclass(frozen=True, slots=True)
class Quantisation:
    """real = scale * (stored - zero)"""

    scale: float
    zero: int

    def real(self, stored: NDArray[np.int8]) -> Tensor:
        """float32 of the same shape"""
        return (torch.from_numpy(np.ascontiguousarray(stored)).float() - self.zero) * self.scale


class ImageTeacher:
    """One interpreter; not safe for several threads at once."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            TrainingError: the runtime is not installed, or the file is not that network.
        """
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise TrainingError(
                "The runtime of the image teacher is not installed.", remedy="Install it: `pip install ai-edge-litert`."
            ) from error
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # all tensors are kept, which costs memory: that is wanted here
                self._interpreter: Any = Interpreter(str(path), num_threads=1, experimental_preserve_all_tensors=True)
            self._interpreter.allocate_tensors()
            details: list[dict[str, Any]] = self._interpreter.get_tensor_details()
            pooled, logits = _answer(details, _POOLED, FEATURES), _answer(details, _LOGITS, CLASSES)
        except (ValueError, RuntimeError, OSError, StopIteration) as error:
            raise TrainingError(
                f"{path} is not the MobileNetV2 that teaches the starter.",
                remedy=f"Put {FILE} into the folder `teachers` beside the starter pack.",
                path=path,
            ) from error
        self._input = int(self._interpreter.get_input_details()[0]["index"])
        self._places = int(pooled["index"]), int(logits["index"])
        self.features, self.logits = (Quantisation(*each["quantization"]) for each in (pooled, logits))

    def look(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """(224, 224, 3) RGB -> its (1280,) features and (1000,) logits, quantised."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        features, logits = (self._interpreter.get_tensor(place)[0] for place in self._places)
        return features, logits


def _answer(details: Sequence[dict[str, Any]], name: str, width: int) -> dict[str, Any]:
    """The tensor of that name for one photo; weights have the name of their layer too."""
    return next(each for each in details if name in each["name"] and tuple(each["shape"]) == (1, width))


class Views:
    """The views of all photos: the first is the whole photo, the others are crops by chance."""

    def __init__(self, crops: Augmentation, seed: int, count: int) -> None:
        """
        Args:
            crops: Its geometry alone is used.
            count: Views of each photo, the whole one included.
        """
        self._crops, self._seed, self.count = crops, seed, count

    @property
    def key(self) -> str:
        """Changes where a view would."""
        geometry = self._crops.model_dump(include={"crop_scale", "crop_ratio", "flip", "rotation_deg", "translate"})
        return xxhash.xxh3_64_hexdigest(json.dumps([geometry, self._seed]).encode())

    def view(self, content_hash: str, number: int, size: tuple[int, int]) -> View:
        """One view of a photo of (height, width)."""
        if number == 0:
            return View()
        random = np.random.default_rng((self._seed, number, int(content_hash[:15], 16), _VIEW_STREAM))
        return drawn_view(self._crops, size, random)


@dataclass(frozen=True)
class Lessons:
    """What the teacher saw, mapped into memory: (photos, ...) int8 arrays, one of each for a view."""

    features: Sequence[NDArray[np.int8]]
    logits: Sequence[NDArray[np.int8]]
    feature_scale: Quantisation
    logit_scale: Quantisation

    def of(self, view: int, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Features (B, 1280) and logits (B, 1000) of some photos in one view."""
        return self.features_of(view, rows), self.logit_scale.real(self.logits[view][rows])

    def features_of(self, view: int, rows: NDArray[np.int64]) -> Tensor:
        """(B, 1280)"""
        return self.feature_scale.real(self.features[view][rows])


def teach(
    teacher: Path,
    corpus: Corpus,
    pixels: CorpusPixels,
    views: Views,
    cache: Path,
    *,
    threads: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Lessons:
    """Let the teacher look at all views, or read what it saw before; stopped halfway, it goes on from there.

    Args:
        teacher: The TFLite file.
        threads: Photos that are looked at at once.

    Raises:
        TrainingError: see `ImageTeacher`.
        CancelledError: what was seen until then is kept.
        MachineError: the cache cannot be written.
    """
    with ThreadPoolExecutor(threads) as pool:
        teachers = list(pool.map(lambda _: ImageTeacher(teacher), range(threads)))
        folder = cache / xxhash.xxh3_64_hexdigest(f"{corpus.pixels_hash} {views.key} {_hash(teacher)}".encode())
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            kept = [_Kept(folder, number, len(corpus)) for number in range(views.count)]
        total, done = views.count * len(corpus), sum(each.done for each in kept)
        for number, each in enumerate(kept):
            for rows in each.missing():
                if cancelled():
                    raise CancelledError

                def look(part: tuple[ImageTeacher, NDArray[np.int64]], view: int = number) -> _Seen:
                    return _look(part[0], corpus, pixels, views, view, part[1])

                seen_by = list(pool.map(look, zip(teachers, np.array_split(rows, threads), strict=True)))
                with disk_errors(folder):
                    each.keep(*(np.concatenate(parts) for parts in zip(*seen_by, strict=True)))
                done += len(rows)
                if on_progress is not None:
                    on_progress(done, total)
    features, logits = zip(*(each.read() for each in kept), strict=True)
    return Lessons(features, logits, teachers[0].features, teachers[0].logits)


_Seen = tuple["NDArray[np.int8]", "NDArray[np.int8]"]


def _look(
    teacher: ImageTeacher, corpus: Corpus, pixels: CorpusPixels, views: Views, number: int, rows: NDArray[np.int64]
) -> _Seen:
    features, logits = np.empty((len(rows), FEATURES), np.int8), np.empty((len(rows), CLASSES), np.int8)
    for place, row in enumerate(rows.tolist()):
        planes = pixels.planes(row)
        view = views.view(corpus.photos[row].content_hash, number, planes.shape[1:])
        shown = seen(planes, view, (EDGE_PX, EDGE_PX))
        picture = np.ascontiguousarray((shown + 0.5).clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
        features[place], logits[place] = teacher.look(picture)
    return features, logits


class _Kept:
    """The two files of one view: as many photos as both hold are done, in the order of the corpus."""

    def __init__(self, folder: Path, number: int, photos: int) -> None:
        self._photos = photos
        self._features, self._logits = folder / f"features-{number}.i8", folder / f"logits-{number}.i8"
        self.done = min(self._rows(self._features, FEATURES), self._rows(self._logits, CLASSES), photos)

    def _rows(self, path: Path, width: int) -> int:
        with suppress(OSError):
            return path.stat().st_size // width
        return 0

    def missing(self) -> Iterator[NDArray[np.int64]]:
        if self.done < self._photos:
            check_space(self._features.parent, (self._photos - self.done) * (FEATURES + CLASSES))
        for first in range(self.done, self._photos, _CHUNK):
            yield np.arange(first, min(first + _CHUNK, self._photos), dtype=np.int64)

    def keep(self, features: NDArray[np.int8], logits: NDArray[np.int8]) -> None:
        for path, values in ((self._features, features), (self._logits, logits)):
            with path.open("r+b" if path.exists() else "w+b") as file:
                file.seek(self.done * values.shape[1])  # over what a kill may have left half written
                file.write(np.ascontiguousarray(values).data)
        self.done += len(features)

    def read(self) -> _Seen:
        """(photos, 1280) and (photos, 1000), mapped."""
        features, logits = (
            np.memmap(path, np.int8, "r", shape=(self._photos, width))
            for path, width in ((self._features, FEATURES), (self._logits, CLASSES))
        )
        return features, logits


def _hash(path: Path) -> str:
    try:
        return xxhash.xxh3_64_hexdigest(path.read_bytes())
    except OSError as error:
        raise TrainingError(
            f"The image teacher is not in {path.parent}.",
            remedy=f"Put {FILE} into the folder `teachers` beside the starter pack.",
            path=path,
        ) from error
