"""What is known of photos, in the user's words and in the manner of the user's country. No widgets here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QDateTime, QLocale, QTime

from core.types import PhotoStatus

if TYPE_CHECKING:
    from core.library import Library
    from core.types import Exposure, Metadata, Photo, PhotoId

BY = "\N{MULTIPLICATION SIGN}"
DOT = " · "
LONGEST_TEXT = 1_000  # characters of a description: some programs write whole reports into it
LONG_EXPOSURE_S = 0.3  # from here on cameras show seconds, below it a fraction
AT_ONCE = 1_000  # rows: between two readings the window gets its turn


def file_size(size_bytes: int) -> str:
    """As in "2.4 MB"."""
    format_ = QLocale.DataSizeFormat.DataSizeSIFormat
    return QLocale().formattedDataSize(size_bytes, 0 if size_bytes < 1000 else 1, format_)


def dimensions(metadata: Metadata) -> str:
    """Width by height and, from a tenth of a megapixel on, how many of them: "24.0 MP"."""
    megapixels = metadata.width * metadata.height / 1_000_000
    pixels = f"{metadata.width} {BY} {metadata.height}"
    return f"{pixels}{DOT}{QLocale().toString(megapixels, 'f', 1)} MP" if megapixels >= 0.1 else pixels


def day(moment: datetime) -> str:
    """As in "Friday, 30 May 2008"."""
    return QLocale().toString(QDate(moment.year, moment.month, moment.day), QLocale.FormatType.LongFormat)


def time_of_day(moment: datetime, offset_min: int | None) -> str:
    """As in "15:56 UTC+02:00", the clock where the photo was taken."""
    clock = QLocale().toString(QTime(moment.hour, moment.minute), QLocale.FormatType.ShortFormat)
    if offset_min is None:
        return clock
    hours, minutes = divmod(abs(offset_min), 60)
    return f"{clock} UTC{'-' if offset_min < 0 else '+'}{hours:02}:{minutes:02}"


def date_lines(photo: Photo) -> tuple[str, str]:
    """When it was taken or, where that is not known, when its file was changed: the day, and the rest."""
    metadata = photo.metadata
    if metadata is not None and metadata.taken_at is not None:
        return day(metadata.taken_at), time_of_day(metadata.taken_at, metadata.taken_offset_min)
    changed = QDateTime.fromMSecsSinceEpoch(photo.mtime_ns // 1_000_000).toPython()
    assert isinstance(changed, datetime)
    return day(changed), "File last changed"


def exposure_line(exposure: Exposure) -> str:
    """As in "1/250 s · f/2.8 · ISO 400 · 50 mm"; empty where nothing is known."""
    parts = [
        _stated(exposure.exposure_s, lambda value: f"{_seconds(value)} s"),
        _stated(exposure.f_number, lambda value: f"f/{value:.3g}"),
        _stated(exposure.iso, lambda value: f"ISO {value}"),
        _focal_length(exposure),
        "Flash" if exposure.flash else "",
    ]
    return DOT.join(part for part in parts if part)


def _stated(value: float | None, text: Callable[[float], str]) -> str:
    return text(value) if value else ""


def _seconds(exposure_s: float) -> str:
    return f"{exposure_s:.3g}" if exposure_s >= LONG_EXPOSURE_S else f"1/{round(1 / exposure_s)}"


def _focal_length(exposure: Exposure) -> str:
    real, as_film = exposure.focal_length_mm, exposure.focal_length_35mm
    if not real:
        return f"{as_film:.3g} mm on 35 mm film" if as_film else ""
    same = not as_film or round(as_film) == round(real)
    return f"{real:.3g} mm" if same else f"{real:.3g} mm (like {as_film:.3g} mm)"


def coordinates(metadata: Metadata) -> str:
    """Degrees, to a metre, as maps understand them: "48.85837, 2.29448"; empty where the place is not known."""
    if metadata.latitude is None or metadata.longitude is None:
        return ""
    return f"{metadata.latitude:.5f}, {metadata.longitude:.5f}"


def shortened(text: str | None) -> str:
    text = (text or "").strip()
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT].rstrip()}…"


@dataclass(frozen=True, slots=True)
class Total:
    """Several photos together."""

    count: int = 0
    size_bytes: int = 0
    first: datetime | None = None  # taken, where that is known
    last: datetime | None = None

    def with_photos(self, photos: Sequence[Photo]) -> Total:
        taken = [photo.metadata.taken_at for photo in photos if photo.metadata and photo.metadata.taken_at]
        return Total(
            self.count + len(photos),
            self.size_bytes + sum(photo.size_bytes for photo in photos),
            min([*taken, *filter(None, [self.first])], default=None),
            max([*taken, *filter(None, [self.last])], default=None),
        )

    @property
    def dates(self) -> str:
        """From the first to the last day; empty where no photo knows its own."""
        if self.first is None or self.last is None:
            return ""
        first, last = (_short_day(moment) for moment in (self.first, self.last))
        return first if first == last else f"{first} \N{EN DASH} {last}"


def _short_day(moment: datetime) -> str:
    return QLocale().toString(QDate(moment.year, moment.month, moment.day), QLocale.FormatType.ShortFormat)


def add_up(library: Library, ids: Sequence[PhotoId], is_unwanted: Callable[[], bool]) -> Total:
    """On a worker. In steps: all photos of a large library may be selected."""
    total = Total()
    for start in range(0, len(ids), AT_ONCE):
        if is_unwanted():
            break
        photos = library.photos(ids[start : start + AT_ONCE])
        total = total.with_photos([photo for photo in photos if photo.status is not PhotoStatus.GONE])
    return total
