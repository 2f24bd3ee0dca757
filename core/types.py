"""The plain values that travel between the parts of the library. No behaviour that touches disk, database or models."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NewType

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    from core.coverage import Coverage

PhotoId = NewType("PhotoId", int)
"""SQLite rowid and HNSW label: there is no second id map."""

Vector = NDArray[np.float32]
"""(D,) unit length."""

Vectors = NDArray[np.float32]
"""(N, D) unit length, one row a photo or text."""

Pixels = NDArray[np.uint8]
"""(H, W, 3) RGB, upright."""


class PhotoStatus(StrEnum):
    """Where a photo stands on its way into the index."""

    QUEUED = "queued"  # found on disk, or changed there; an older vector may still answer
    READY = "ready"  # metadata read and embedded
    FAILED = "failed"  # cannot be read; retried when the file changes or the user asks
    GONE = "gone"  # no longer on disk; kept for a while, so that a moved file finds its row again


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says about itself. Fields that it does not state are None."""

    format: str  # Pillow's name in upper case: JPEG, PNG, WEBP, GIF, BMP, TIFF, HEIF, AVIF
    width: int  # pixels, after EXIF orientation
    height: int  # pixels, after EXIF orientation
    taken_at: datetime | None = None  # local wall-clock time where the photo was taken, without tzinfo
    taken_offset_min: int | None = None  # minutes east of UTC, where the camera wrote it
    camera: str | None = None  # "Canon EOS 40D": make not repeated when the model starts with it
    lens: str | None = None
    latitude: float | None = None  # degrees, north positive
    longitude: float | None = None  # degrees, east positive
    altitude_m: float | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as the window shows it."""

    id: PhotoId
    path: Path
    folder_id: int
    status: PhotoStatus
    size_bytes: int
    mtime_ns: int
    content_hash: str | None  # of the whole file; equal for exact duplicates
    metadata: Metadata | None  # None until it was indexed
    favorite: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result."""

    photo_id: PhotoId
    path: Path
    cosine: float  # raw similarity; for a query of several terms that of the combined vector. For curious people
    score: float  # 0..1, calibrated strength: comparable between queries and encoders
    weak: bool  # below the line that the strictness draws


Ranking = Literal["clip", "tags", "blend"]
"""What ranks photos for words: the encoder, the words of labels and predictions, or both together."""


class SortKey(StrEnum):
    """What decides the order of photos."""

    RELEVANCE = "relevance"  # strongest first; where nothing was compared the same as DATE
    DATE = "date"
    NAME = "name"
    SIZE = "size"  # of the file
    UNCERTAIN = "uncertain"  # how sure the tagger is of the class; ascending, what it was never asked comes first


@dataclass(frozen=True, slots=True)
class Sort:
    """An order. `descending` is newest, Z or largest first; relevance is always strongest first."""

    key: SortKey = SortKey.RELEVANCE
    descending: bool = True


STRONGEST_FIRST = Sort(SortKey.RELEVANCE)
NEWEST_FIRST = Sort(SortKey.DATE)


@dataclass(frozen=True, slots=True)
class Section:
    """Photos that stand one behind the other in an order by date and were taken in the same month."""

    month: date  # its first day
    count: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Photos in an order. `sections` tile `ids` from its beginning; empty where the order is not by date."""

    ids: tuple[PhotoId, ...]
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query. `hits` come in the order that was asked for, weak ones last, strongest first."""

    hits: tuple[Hit, ...]
    elapsed_s: float
    searched: int  # photos that the filters let through
    encoder_key: str | None  # which model answered; None when the query had filters only, or tags alone answered
    note: str | None = None  # what the user should know, such as "42 photos are still being indexed"
    sections: tuple[Section, ...] = ()  # of the strong hits, where they are sorted by date
    limited: bool = False  # there are more strong photos than were asked for
    ranking: Ranking | None = None  # what ranked the photos; None when nothing was compared
    coverage: Coverage | None = None  # how well the model knows the words; None where that cannot be told

    @property
    def compared(self) -> bool:
        """Whether photos were compared with anything: a query of filters alone compares nothing."""
        return self.encoder_key is not None or self.ranking is not None


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder."""

    id: int
    path: Path
    online: bool  # False while its drive is unplugged: its photos are hidden, nothing is deleted
    polled: bool  # True where the system sends no events (network drives): looked through now and then
    photos: int = 0  # present on disk
    queued: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read."""

    photo_id: PhotoId
    path: Path
    reason: str  # one sentence for the user
    failed_at: datetime


class Activity(StrEnum):
    """What the indexer is doing, in the words of the status line."""

    IDLE = "idle"
    LOADING_MODEL = "loading model"
    SCANNING = "scanning"
    INDEXING = "indexing"
    REEMBEDDING = "re-embedding"
    TAGGING = "tagging"
    PAUSED = "paused"
    FOLLOWING = "following"  # another process of Recollect indexes this library; this one shows its progress
    STOPPED = "stopped"  # by an error that the user must look at


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the indexer is. `done` and `total` count the photos of the current stretch of work."""

    activity: Activity
    done: int = 0
    total: int = 0
    rate: float = 0.0  # photos/s over the last seconds
    eta_s: float | None = None  # time left at that rate; None while it cannot be told
    throttled: bool = False  # on battery, or because the user asked for it
    detail: str = ""  # "photos/2019/beach", the name of the tagger at work, or why it stopped


@dataclass(frozen=True, slots=True)
class Album:
    """Photos that the user put together, or a search that is saved under a name."""

    id: int
    name: str
    query: str | None = None  # a saved search makes it a smart album; None: photos put in by hand
    count: int = 0  # visible photos; 0 for a smart album, which has to be searched
    cover: PhotoId | None = None  # the photo that was put in first


@dataclass(frozen=True, slots=True)
class AlbumContents:
    """An album as it was before a change, for undoing that."""

    album: Album
    photo_ids: tuple[PhotoId, ...]  # in their order, also those that are not visible at the moment


@dataclass(frozen=True, slots=True)
class TermMatch:
    """How well one photo fits one part of a query."""

    text: str  # the term, or one word of it
    strength: float  # 0..1, as in `Hit.score`
    wanted: bool  # False: the query wants to stay away from it


@dataclass(frozen=True, slots=True)
class TagMatch:
    """A tag of a photo that has words of a query."""

    head: str
    value: str
    probability: float  # 0..1; 1 where the user says so
    source: str  # "user", "model" or "zero-shot"
    wanted: bool  # False: the query wants to stay away from it


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a photo answers a query."""

    score: float | None  # 0..1, of the whole query; None where nothing was compared
    weak: bool
    terms: tuple[TermMatch, ...]  # those of the query, in its order
    words: tuple[TermMatch, ...]  # single words of text terms that have several, strongest first
    filters: tuple[str, ...]  # the filters of the query, which it meets, in canonical text
    tags: tuple[TagMatch, ...] = ()  # those that have a word of the query, where tags had a part in the ranking
    score_without_tags: float | None = None  # 0..1, of CLIP alone, where tags had a part beside it


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a photo was taken, as its file states it. Fields that it does not state are None."""

    exposure_s: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None  # equivalent on a 35 mm film
    flash: bool | None = None
    description: str | None = None
    artist: str | None = None
    software: str | None = None


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What became of photos that were copied to a folder."""

    written: tuple[Path, ...]
    failed: tuple[tuple[Path, str], ...]  # the original, and why: one sentence for the user
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Relocation:
    """What became of a library that was copied to another folder."""

    old: Path  # still there, whole: it may be deleted once Recollect was started with the new one
    new: Path
    copied_bytes: int
    followed: bool  # the next start finds it; False where --home or RECOLLECT_HOME has said where the library lies
    cancelled: bool = False  # then nothing has changed


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Photos of which one is enough: the same file byte for byte, or the very same picture in other files."""

    content_hash: str | None  # None where the files differ
    photo_ids: tuple[PhotoId, ...]  # those that should stay rather than others first
    best: PhotoId  # the one to keep
    reason: str  # why, to stand behind "Keep: ", as in "a favourite, most pixels"; empty where nothing speaks for it


@dataclass(frozen=True, slots=True)
class SimilarResult:
    """Photos like a given one: exact copies apart from near ones."""

    exact: tuple[Hit, ...]
    near: tuple[Hit, ...]
    elapsed_s: float
    encoder_key: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One encoder as the user chooses it."""

    name: str  # the registry's short name, what `recollect models use` takes
    title: str
    description: str
    languages: str
    license: str
    license_url: str | None
    size_bytes: int  # of the weights to download; 0 where nothing has to be downloaded
    speed: str  # against the starter, in words: "about 5 times slower than the starter"
    installed: bool
    live: bool  # it answers queries now
    good_for: str = ""  # one sentence; empty where nobody has said
    weights_bytes: int = 0  # of the weights, wherever they come from; 0 where it is not known
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    own: bool = False  # a model of the user's own, which can be deleted
    adapted_from: str = ""  # the name of the model that it was adapted from; empty where it was not
