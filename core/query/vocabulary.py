"""The words that the query language knows: keys, their fixed values, and what a misspelled word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Key:
    """A word that means something in front of a colon."""

    name: str
    explanation: str  # one line for the suggestion list
    example: str  # a valid value
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Its fixed values, where it has them, each with other spellings that mean the same."""


_FORMATS = {
    "jpeg": ("jpg", "jpe", "jfif"),
    "png": (),
    "webp": (),
    "gif": (),
    "bmp": (),
    "tiff": ("tif",),
    "heif": ("heic", "hif"),
    "avif": (),
}
_ORIENTATIONS = {"landscape": ("horizontal",), "portrait": ("vertical",), "square": ()}
_HAS = {"gps": ("location", "place"), "date": (), "camera": (), "lens": (), "album": ()}
_IS = {
    "favorite": ("favourite", "fav"),
    "hidden": (),
    "unsure": ("uncertain",),
    "unknown": (),
    "corrected": (),
    "labelled": ("labeled",),
}

FILTERS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("folder", "in a folder or below it", "holidays/2019"),
        Key("date", "taken in a year, month, day or range", "2023-05"),
        Key("after", "taken on this date or later", "2023-05-01"),
        Key("before", "taken before this date", "2023-05-01"),
        Key("camera", "by the camera's name", "canon"),
        Key("lens", "by the lens's name", "50mm"),
        Key("format", "by file format", "jpeg", _FORMATS),
        Key("size", "by file size, megapixels or longer edge", ">2mb"),
        Key("orientation", "landscape, portrait or square", "landscape", _ORIENTATIONS),
        Key("album", "in an album of that name", "summer"),
        Key("has", "with a place, capture date, camera or lens on record, or in an album", "gps", _HAS),
        Key(
            "is",
            "favorite, hidden or labelled photos; where the tagger is unsure, knows no such class, or was corrected",
            "favorite",
            _IS,
        ),
        Key("name", "by file name, with * and ? for what may differ", "IMG_*"),
        Key("class", "by what it shows, as you or the tagger say", "backpack"),
        Key("color", "by its colour, as you or the tagger say", "red"),
        Key("material", "by its material, as you or the tagger say", "leather"),
        Key("condition", "by its condition, as you or the tagger say", "new"),
        Key("tag", "by any tag, or by one of your own attributes", "style=casual"),
        Key("conf", "by how sure the tagger is of the class, 0 to 1", ">0.8"),
    )
}

IMAGES: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("photo", "like a photo of the library, by its number", "123"),
        Key("image", "like an image file", "pool.jpg"),
    )
}

KEYS: Mapping[str, Key] = {**FILTERS, **IMAGES}

# What other programs call our filters. Not accepted, so that there is one spelling, but led to the right one.
_CALLED_ELSEWHERE = {
    "type": "format",
    "ext": "format",
    "extension": "format",
    "path": "folder",
    "dir": "folder",
    "directory": "folder",
    "filename": "name",
    "file": "name",
    "since": "after",
    "from": "after",
    "until": "before",
    "year": "date",
    "make": "camera",
    "collection": "album",
    "favorite": "is",
    "favourite": "is",
    "gps": "has",
    "width": "size",
    "height": "size",
    "colour": "color",
    "category": "class",
    "kind": "class",
    "shows": "class",
    "label": "tag",
    "tags": "tag",
    "keyword": "tag",
    "attribute": "tag",
    "confidence": "conf",
    "probability": "conf",
    "score": "conf",
    "labelled": "is",
    "unsure": "is",
}

# 0.75 forgives one letter in four: "camra", "nmae" and "dat" are found, "note" and "re" are not taken for a filter.
_LIKENESS = 0.75
_LIKENESS_OF_VALUES = 0.6  # a value behind a valid key cannot be plain text: a guess may be bolder ("gsp" is gps)


def nearest(word: str, candidates: Iterable[str], likeness: float = _LIKENESS) -> str | None:
    """The candidate that `word` was most likely meant to be; None if none is near."""
    matches = get_close_matches(word.casefold(), list(candidates), n=1, cutoff=likeness)
    return matches[0] if matches else None


def nearest_key(word: str) -> str | None:
    """The key that `word` was most likely meant to be, by spelling or by its name in other programs."""
    return nearest(word, KEYS) or _CALLED_ELSEWHERE.get(word.casefold())


def choice_of(key: Key, text: str) -> str | None:
    """The canonical spelling of a fixed value; None if `key` has no such value."""
    word = text.casefold().lstrip(".")
    return next((value for value, others in key.choices.items() if word == value or word in others), None)


def nearest_choice(key: Key, text: str) -> str | None:
    """The fixed value that `text` was most likely meant to be; None if none is near."""
    spellings = [spelling for value, others in key.choices.items() for spelling in (value, *others)]
    found = nearest(text, spellings, _LIKENESS_OF_VALUES)
    return choice_of(key, found) if found else None
