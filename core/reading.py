"""Reading one photo for the indexer: a pure step from a path to what has to be stored, run in the decode pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import PhotoError
from core.files.decode import decode_with_metadata, read_content
from core.files.metadata import read_metadata
from core.files.scan import FoundFile
from core.files.thumbs import as_jpeg, shrink
from core.store.intake import Claim, Indexed
from core.types import PhotoId, Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.protocols import Encoder, Tagger

FindTwin = Callable[[str], PhotoId | None]
"""The photo with this content hash that has all vectors."""

HasThumbnail = Callable[[str], bool]
"""Whether the thumbnail of this content hash is kept already: it is when another model looks at known photos."""


@dataclass(frozen=True, slots=True)
class PhotoRead:
    """A photo that is ready for the model, or that needs none because its content is known."""

    indexed: Indexed
    twin: PhotoId | None = None  # a photo with the same content and all vectors
    pixels: dict[str, Pixels] = field(default_factory=dict[str, Pixels])  # by encoder key
    prepared: dict[str, tuple[Pixels, ...]] = field(default_factory=dict[str, tuple[Pixels, ...]])  # by tagger key
    thumbnail: bytes | None = None  # JPEG; None where it is kept already


@dataclass(frozen=True, slots=True)
class PhotoUnreadable:
    claim: Claim
    file: FoundFile | None  # None: it is no longer there
    reason: str


def read_photo(
    claim: Claim,
    encoders: Sequence[Encoder],
    find_twin: FindTwin,
    has_thumbnail: HasThumbnail,
    thumbnail_edge_px: int,
    taggers: Sequence[Tagger] = (),
) -> PhotoRead | PhotoUnreadable:
    """Read, hash, and decode for every encoder and tagger. Never raises for a bad file."""
    path, file = claim.path, None
    claimed = FoundFile(path, claim.size_bytes, claim.mtime_ns)
    try:
        status = path.stat()
        file = FoundFile(path, status.st_size, status.st_mtime_ns)
        content, content_hash = read_content(path)
        twin = find_twin(content_hash)
        if twin is not None:
            return PhotoRead(Indexed(claim, file, content_hash, read_metadata(content, name=path.name)), twin)
        edge_px = max([thumbnail_edge_px, *(model.image_edge_px for model in (*encoders, *taggers))])
        image, metadata = decode_with_metadata(content, edge_px=edge_px, name=path.name)
        small = shrink(image, thumbnail_edge_px)
        return PhotoRead(
            Indexed(claim, file, content_hash, metadata),
            pixels={encoder.key: encoder.prepare(_enough(small, image, encoder)) for encoder in encoders},
            prepared={tagger.key: tagger.prepare(_enough(small, image, tagger)) for tagger in taggers},
            thumbnail=None if has_thumbnail(content_hash) else as_jpeg(small),
        )
    except (FileNotFoundError, NotADirectoryError):
        return PhotoUnreadable(claim, None, "The file is no longer there.")
    except PhotoError as error:
        vanished = isinstance(error.__cause__, FileNotFoundError)
        return PhotoUnreadable(claim, None if vanished else file or claimed, error.message)
    except OSError as error:
        return PhotoUnreadable(claim, file or claimed, error.strerror or str(error))


def _enough(small: Image, whole: Image, model: Encoder | Tagger) -> Image:
    """The thumbnail, where it has twice what the model looks at: that saves time and loses nothing (cosine > 0.999)."""
    return small if min(small.size) >= 2 * model.image_edge_px else whole
