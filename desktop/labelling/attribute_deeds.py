"""The deeds that change what photos can be labelled with, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from core.tags.label_text import same
from desktop.labelling.deeds import SeveralChanges
from desktop.organise.wording import photos, quoted
from desktop.tagging.deeds import RestorableDeed
from desktop.tagging.tag_words import head_in_sentence

if TYPE_CHECKING:
    from core.library import Library
    from desktop.organise.undo import Deed


def define(library: Library, name: str) -> Deed:
    said = f"Added {quoted(name)}"
    return RestorableDeed(
        library, f"add the attribute {quoted(name)}", partial(library.labels.define, name), _say(said)
    )


def add_value(library: Library, name: str, value: str) -> Deed:
    change = partial(library.labels.add_value, name, value)
    return RestorableDeed(library, f"add {quoted(value)}", change, _say(f"Added {quoted(value)}"))


def rename_attribute(library: Library, old: str, new: str) -> Deed:
    change = partial(library.labels.rename_attribute, old, new)
    return RestorableDeed(
        library, f"rename {quoted(old)} to {quoted(new)}", change, _say(f"Renamed {quoted(old)} to {quoted(new)}")
    )


def rename_value(library: Library, name: str, old: str, new: str, known: Sequence[str]) -> Deed:
    """
    Args:
        known: The values that there are: renaming to one of them merges both.
    """
    change = partial(library.labels.rename_value, name, old, new)
    merges = any(same(value, new) and value != old for value in known)
    does, did = ("merge", "Merged") if merges else ("rename", "Renamed")
    into = "into" if merges else "to"
    return RestorableDeed(
        library,
        f"{does} {quoted(old)} {into} {quoted(new)}",
        change,
        _say(f"{did} {quoted(old)} {into} {quoted(new)}"),
    )


def merge_values(library: Library, name: str, values: Sequence[str], into: str) -> Deed:
    changes = [partial(library.labels.rename_value, name, value, into) for value in values if value != into]
    return SeveralChanges(
        library,
        f"merge {_named(values)} into {quoted(into)}",
        changes,
        lambda count: f"Merged into {quoted(into)}: {photos(count)} labelled anew",
    )


def remove_values(library: Library, name: str, values: Sequence[str]) -> Deed:
    changes = [partial(library.labels.remove_value, name, value) for value in values]
    return SeveralChanges(library, f"delete {_named(values)}", changes, lambda count: _deleted(_named(values), count))


def remove_attribute(library: Library, name: str) -> Deed:
    text = f"delete the attribute {quoted(name)}"
    changes = [partial(library.labels.remove_attribute, name)]
    return SeveralChanges(library, text, changes, lambda count: _deleted(quoted(name), count))


def order_values(library: Library, name: str, values: Sequence[str]) -> Deed:
    text = f"change the order of values of the {head_in_sentence(name)}"
    return RestorableDeed(library, text, partial(library.labels.order_values, name, values))


def set_key(library: Library, name: str, value: str, key: str) -> Deed:
    change = partial(library.labels.set_key, name, value, key or None)
    said = f"{quoted(key)} gives {quoted(value)} now" if key else f"No key gives {quoted(value)} now"
    return RestorableDeed(library, f"change the key of {quoted(value)}", change, _say(said))


def _deleted(what: str, count: int) -> str:
    return f"Deleted {what}, with the labels of {photos(count)}" if count else f"Deleted {what}"


def _named(values: Sequence[str]) -> str:
    return quoted(values[0]) if len(values) == 1 else f"{len(values):,} values"


def _say(text: str) -> Callable[[object], str]:
    return lambda _before: text
