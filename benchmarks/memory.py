"""Memory while thousands of photos of 12 megapixels are indexed: it must not grow with their number."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from benchmarks.filled_library import model_store
from benchmarks.pictures import FINE_GRAIN, TWELVE_MEGAPIXELS, write_photos
from core.library import Library

if TYPE_CHECKING:
    from benchmarks.report import Report

MEGABYTE = 1024**2
SAMPLE_S = 1.0
# The first part fills pools, caches and the model's workspace; what grows after it, grows with the library.
WARM_UP = 0.3
# What a photo is allowed to keep: its vector (1.5 KB), its place in the index and SQLite's page cache.
ALLOWED_MB_PER_1000 = 10.0
SPARE_DISK_MB = 2_000
PHOTO_MB = 1.1  # of 12 megapixels with fine grain


def run(report: Report, scratch: Path, photos: int = 1_000) -> None:
    report.note(f"writing {photos:,} photos of 12 megapixels")
    folder = scratch / "photos"
    _check_space(scratch, photos * PHOTO_MB * MEGABYTE)
    write_photos(folder, photos, TWELVE_MEGAPIXELS, distinct=40, grain=FINE_GRAIN)
    encoder = model_store(scratch / "home").load("starter")
    with closing(Library.open(scratch / "home", encoder=encoder)) as library:
        library.add_folder(folder)
        began = time.monotonic()
        library.start()
        samples = _watch_memory(report, library, photos)
        seconds = time.monotonic() - began
        problems = len(library.problems())
    counts, resident = samples[:, 0], samples[:, 1]
    report.add(f"{photos:,} photos of 12 MP", f"{photos / seconds:.1f} photos/s", against=f"{problems} problems")
    report.add("memory when 10 % are indexed", f"{np.interp(0.1 * photos, counts, resident):.0f} MB")
    report.add("memory at the end", f"{resident[-1]:.0f} MB")
    report.add("peak", f"{resident.max():.0f} MB")
    late = counts >= WARM_UP * photos
    slope = float(np.polyfit(counts[late] / 1000, resident[late], 1)[0])
    report.add(
        "growth after the first 30 %", f"{slope:+.1f} MB per 1,000 photos", against=f"{ALLOWED_MB_PER_1000:g} allowed",
        ratio=slope / ALLOWED_MB_PER_1000, at_most=1.0,
    )  # fmt: skip


def _watch_memory(report: Report, library: Library, photos: int) -> np.ndarray:
    """(N, 2): photos that are indexed, resident megabytes; sampled each second until all are."""
    process = psutil.Process()
    samples: list[tuple[float, float]] = []
    while True:
        waiting = sum(folder.queued for folder in library.folders())
        found = library.photo_count()
        done = found - waiting if found else 0
        samples.append((done, process.memory_info().rss / MEGABYTE))
        if _passed_a_tenth(samples, photos):
            report.note(f"{done:,} photos, {samples[-1][1]:.0f} MB")
        if done >= photos and library.is_up_to_date:
            return np.array(samples)
        time.sleep(SAMPLE_S)


def _passed_a_tenth(samples: list[tuple[float, float]], photos: int) -> bool:
    return any(int(10 * then / photos) < int(10 * now / photos) for (then, _), (now, _) in pairwise(samples[-2:]))


def _check_space(scratch: Path, needed_bytes: float) -> None:
    free = shutil.disk_usage(scratch).free
    if free < needed_bytes + SPARE_DISK_MB * MEGABYTE:
        raise SystemExit(
            f"{needed_bytes / 1e9:.0f} GB of disk space are needed, {free / 1e9:.0f} are free in {scratch}"
        )
