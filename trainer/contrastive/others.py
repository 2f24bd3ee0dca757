"""Photos beyond those that are learned, and the texts that should still find them: which, and where they come from.

With captions where `guard_data` names some: a folder of shared data, or a table of labels. Else a sample of the
library's photos without labels, and else the validation photos: of these nobody has said what they show, and the
texts have to find what they found before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash

from core.errors import PhotoError, TrainingError
from core.files.decode import decode, read_content
from core.prompts import embed_texts
from core.relevance import background_prompts
from core.tags.label_csv import read_label_csv
from core.tags.values import Split
from trainer.contrastive.photos import HeldPhotos
from trainer.contrastive.questions import OtherQuestions
from trainer.data.forms import DECODED_EDGE_PX
from trainer.evaluate.photos import LabelledPhoto, read_starter_pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.library import Library
    from core.models.clip import ClipEncoder
    from core.models.preprocessing import Preprocessing
    from core.types import Pixels
    from trainer.data.batches import Photos

PACK = "starter-pack"
_CAPTIONS_EACH = 5  # of a photo at most
_FEWEST_CAPTIONED = 10  # a smaller pool says nothing


@dataclass(frozen=True)
class Origin:
    """Whom else texts are asked for; as plain values, so that a resumed run asks the same."""

    captions: str | None = None  # absolute path of shared data, or of a table
    library: tuple[str, ...] = ()  # paths of photos

    @classmethod
    def read(cls, document: dict[str, Any]) -> Origin:
        return cls(document.get("captions"), tuple(document.get("library", ())))


def found_origin(guard_data: str | None, library: Library | None, learned: Sequence[Path], most: int) -> Origin:
    """
    Args:
        library: Where photos without labels may be; None: nowhere.
        learned: Photos that the run knows already.
        most: Photos of the library at most.

    Raises:
        TrainingError: there is no `guard_data`.
    """
    if guard_data is not None:
        path = Path(guard_data).expanduser().absolute()
        if not path.exists():
            raise TrainingError(
                f"There is no {path} to guard search by words with.",
                remedy="Name a folder of shared data or a table with captions: `--set guard_data=../shared/data`.",
                path=path,
            )
        return Origin(captions=str(path))
    if library is None:
        return Origin()
    known = set(learned)
    paths = [photo.path for photo in library.photos(library.all_photos()) if photo.path not in known]
    return Origin(library=tuple(str(path) for path in evenly(paths, most)))


def evenly(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many, spread over all."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in np.linspace(0, len(items) - 1, most).astype(int)]


def other_questions(
    origin: Origin,
    encoder: ClipEncoder,
    preprocessing: Preprocessing,
    validation: Photos,
    learned: frozenset[str],
    most: int,
) -> OtherQuestions:
    """
    Args:
        encoder: Embeds the texts.
        validation: Asked where there is nobody else.
        learned: Hashes of contents that the run learns from: they are not asked.
        most: Photos of each kind at most.

    Raises:
        TrainingError: what `guard_data` names has too few photos with captions.
    """
    if origin.captions is not None:
        photos = _with_captions(Path(origin.captions), learned, most)
        return _asked(f"photos with captions of {Path(origin.captions).name}", photos, encoder, preprocessing)
    paths = (Path(path) for path in evenly(origin.library, most))
    contents = [content for path in paths if (content := _content(path, learned)) is not None]
    if len(contents) >= _FEWEST_CAPTIONED:
        bare = [LabelledPhoto(content, "library", "") for content in contents]
        return _asked("photos of the library without labels", bare, encoder, preprocessing)
    return _questions("the validation photos", validation, (), encoder)


def _with_captions(place: Path, learned: frozenset[str], most: int) -> list[LabelledPhoto]:
    found = _of_pack(place) if place.is_dir() and (place / PACK).is_dir() else _of_table(place)
    found = [photo for photo in found if xxhash.xxh3_128_hexdigest(photo.content) not in learned]
    captioned = [photo for photo in found if photo.captions]
    if len(captioned) < _FEWEST_CAPTIONED:
        raise TrainingError(
            f"{place} has {len(captioned)} photos with captions that were not learned from: "
            f"{_FEWEST_CAPTIONED} are needed to guard search by words.",
            remedy="Name another table in `guard_data`, or leave it out.",
            path=place,
        )
    named = [photo for photo in found if photo.label and not photo.captions]
    return [*evenly(captioned, most), *evenly(named, most)]


def _of_pack(data: Path) -> list[LabelledPhoto]:
    """The validation photos; a title of a product is no caption."""
    return [
        LabelledPhoto(
            photo.content, photo.source, photo.label, photo.other_names, () if photo.label else photo.captions
        )
        for photo in read_starter_pack(data, "val")
    ]


def _of_table(place: Path) -> list[LabelledPhoto]:
    """Rows with a caption that are not to be trained with."""
    rows = read_label_csv(place / "labels.csv" if place.is_dir() else place).rows
    wanted = [row for row in rows if row.caption and row.split is not Split.TRAIN]
    read = [(row.caption, _content(row.path, frozenset())) for row in wanted]
    return [LabelledPhoto(content, "", "", captions=(said,)) for said, content in read if content and said]


def _content(path: Path, learned: frozenset[str]) -> bytes | None:
    """None where the photo is gone, or one to learn from."""
    try:
        content, content_hash = read_content(path)
    except (PhotoError, OSError):
        return None
    return None if content_hash in learned else content


def _asked(
    asked: str, photos: Sequence[LabelledPhoto], encoder: ClipEncoder, preprocessing: Preprocessing
) -> OtherQuestions:
    pixels, readable = [], []
    for photo in photos:
        if (made := _pixels(photo.content, preprocessing)) is not None:
            pixels.append(made)
            readable.append(photo)
    return _questions(asked, HeldPhotos(pixels), readable, encoder)


def _pixels(content: bytes, preprocessing: Preprocessing) -> Pixels | None:
    edge_px = max(DECODED_EDGE_PX, preprocessing.height_px, preprocessing.width_px)
    try:
        return preprocessing.prepare(decode(content, edge_px=edge_px))
    except PhotoError:
        return None


def _questions(asked: str, photos: Photos, known: Sequence[LabelledPhoto], encoder: ClipEncoder) -> OtherQuestions:
    """
    Args:
        known: What is said of each photo; empty: nothing of any.
    """
    said = [(text, row) for row, photo in enumerate(known) for text in photo.captions[:_CAPTIONS_EACH]]
    named = [row for row, photo in enumerate(known) if photo.label]
    names = sorted({known[row].label for row in named})
    relevant = np.array([[name in known[row].names for row in named] for name in names], bool)
    return OtherQuestions(
        asked=f"{len(photos):,} {asked}" if known else asked,
        photos=photos,
        prompts=embed_texts(encoder, background_prompts(), encoder.templates),
        captions=embed_texts(encoder, [text for text, _ in said], encoder.templates),
        owners=_rows(row for _, row in said),
        captioned=_rows(row for row, photo in enumerate(known) if photo.captions),
        names=embed_texts(encoder, names, encoder.templates),
        relevant=relevant.reshape(len(names), len(named)),
        named=_rows(named),
    )


def _rows(rows: Any) -> NDArray[np.intp]:
    return np.array(list(rows), np.intp)
