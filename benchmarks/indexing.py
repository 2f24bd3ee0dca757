"""Indexing end to end, against the slower of its two halves: the bare model where that is the limit, decoding where
that is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.encoders import heavy_encoder
from benchmarks.filled_library import model_store
from benchmarks.pictures import FINE_GRAIN, TWELVE_MEGAPIXELS, write_photos
from benchmarks.timing import seconds
from core.files.decode import decode_with_metadata, read_content
from core.library import Library
from core.read_ahead import DECODERS
from core.reading import read_photo
from core.settings import Settings
from core.store.intake import Claim
from core.types import PhotoId

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.report import Report
    from core.models.clip import ClipEncoder

SMALL = (480, 360)  # decoded in a millisecond: the model is the limit
GOAL = 0.9
POLL_S = 0.02
GIVE_UP_S = 1800


def run(report: Report, scratch: Path, photos: int = 1_000) -> None:
    small = write_photos(scratch / "small", photos, SMALL, distinct=50)
    _against_the_model(report, heavy_encoder(scratch), small, scratch / "heavy")
    large = write_photos(scratch / "large", photos, TWELVE_MEGAPIXELS, distinct=12, grain=FINE_GRAIN)
    starter = model_store(scratch / "models").load("starter")
    _against_decoding(report, starter, large, scratch / "starter")
    _against_the_model(report, starter, small, scratch / "starter small", goal=None)


def _against_the_model(
    report: Report, encoder: ClipEncoder, photos: Sequence[Path], home: Path, goal: float | None = GOAL
) -> None:
    report.note(f"{encoder.name} on {len(photos)} small photos")
    pixels = [encoder.prepare(_decoded(path, encoder.image_edge_px)) for path in photos]
    encoder.encode_pixels(pixels[:1])  # the first picture pays for the calibration
    # Before and after, so that a machine that gets slower or faster meanwhile is no advantage to either.
    before_s = seconds(lambda: encoder.encode_pixels(pixels))
    ours_s = _index(home, encoder, photos)
    after_s = seconds(lambda: encoder.encode_pixels(pixels))
    bare_s = (before_s + after_s) / 2
    report.add(
        f"{encoder.name}, {_size(SMALL)}: end to end", _rate(photos, ours_s),
        against=f"{_rate(photos, bare_s)} bare model", ratio=bare_s / ours_s, at_least=goal,
    )  # fmt: skip
    _against_both(report, encoder, photos, ours_s, bare_s)


def _against_decoding(report: Report, encoder: ClipEncoder, photos: Sequence[Path], home: Path) -> None:
    report.note(f"{encoder.name} on {len(photos)} photos of 12 megapixels")
    edge_px = Settings.model_validate({}).thumbnail_edge_px
    pixels = [encoder.prepare(_decoded(photos[0], edge_px))] * len(photos)
    encoder.encode_pixels(pixels[:1])
    before_s = seconds(lambda: _in_pool(photos, lambda path: _decoded(path, edge_px)))
    ours_s = _index(home, encoder, photos)
    after_s = seconds(lambda: _in_pool(photos, lambda path: _decoded(path, edge_px)))
    alone_s = (before_s + after_s) / 2
    report.add(
        f"{encoder.name}, 12 MP: end to end", _rate(photos, ours_s), against=f"{_rate(photos, alone_s)} decoding alone",
        ratio=alone_s / ours_s, at_least=GOAL,
    )  # fmt: skip
    _against_both(report, encoder, photos, ours_s, seconds(lambda: encoder.encode_pixels(pixels)))


def _against_both(report: Report, encoder: ClipEncoder, photos: Sequence[Path], ours_s: float, model_s: float) -> None:
    """Where the model runs on the cores that read the photos, their times add up: more than this cannot be had."""
    if encoder.device != "cpu":
        return
    edge_px = Settings.model_validate({}).thumbnail_edge_px
    reading_s = seconds(lambda: _in_pool(photos, lambda path: _read(path, encoder, edge_px)))
    report.add(
        "", "", against=f"{_rate(photos, reading_s + model_s)} reading, then the bare model",
        ratio=(reading_s + model_s) / ours_s,
    )  # fmt: skip


def _index(home: Path, encoder: ClipEncoder, photos: Sequence[Path]) -> float:
    """Seconds from naming the folder until its last photo can be found."""
    with closing(Library.open(home, encoder=encoder)) as library:
        library.start()
        began = time.perf_counter()
        library.add_folder(photos[0].parents[1])
        while not (library.photo_count() == len(photos) and library.is_up_to_date):
            if time.perf_counter() - began > GIVE_UP_S:
                raise TimeoutError(f"{library.photo_count()} of {len(photos)} photos after {GIVE_UP_S} s")
            time.sleep(POLL_S)
        return time.perf_counter() - began


def _in_pool(photos: Sequence[Path], work: Callable[[Path], object]) -> None:
    with ThreadPoolExecutor(DECODERS) as pool:
        for _ in pool.map(work, photos):
            pass


def _read(path: Path, encoder: ClipEncoder, edge_px: int) -> object:
    """All that the indexer does with a file before the model gets it."""
    status = path.stat()
    claim = Claim(PhotoId(1), path, status.st_size, status.st_mtime_ns)
    return read_photo(claim, [encoder], lambda _: None, lambda _: False, edge_px)


def _decoded(path: Path, edge_px: int):
    content, _ = read_content(path)
    return decode_with_metadata(content, edge_px=edge_px, name=path.name)[0]


def _rate(photos: Sequence[Path], duration_s: float) -> str:
    return f"{len(photos) / duration_s:.1f} photos/s"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
