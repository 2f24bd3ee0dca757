"""The icon of each filter, the same in the menu and in the suggestions."""

from __future__ import annotations

_ICONS = {
    "folder": "folder",
    "date": "calendar",
    "after": "calendar",
    "before": "calendar",
    "camera": "camera",
    "lens": "camera",
    "format": "image",
    "size": "fit",
    "orientation": "rotate-right",
    "album": "album",
    "has": "map-pin",
    "is": "heart",
    "name": "edit",
    "class": "tag",
    "color": "tag",
    "material": "tag",
    "condition": "tag",
    "tag": "tag",
    "conf": "tag",
    "photo": "similar",
    "image": "similar",
}
FILTER = "filter"  # of a key that has none of its own


def key_icon(key: str) -> str:
    return _ICONS.get(key, FILTER)
