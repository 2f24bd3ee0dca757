"""The words of zero-shot tags: heads, their values, and the sentences in which an encoder reads them.

Recollect's own lie in `resources/tags/vocabulary.toml`; the user's file in the library takes their place as a whole.
Nothing here knows an encoder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import tomlkit

from core.errors import LabelError, LabelFileError, PermissionDeniedError
from core.prompts import BARE
from core.tags.values import CLASS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from core.tags.values import Attribute

MOST_VALUES = 1000  # of one head: its prompts are encoded at every start, 30 ms each with a large model on a slow CPU
MOST_LETTERS = 300


@dataclass(frozen=True, slots=True)
class VocabularyHead:
    """One question to a photo, and the answers to choose from."""

    name: str  # "class", "color", ...
    values: tuple[str, ...]
    templates: tuple[str, ...] = BARE  # sentences with one {} for a value
    prompts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def sentences(self, value: str) -> list[str]:
        """All in which the encoder reads one value."""
        words = self.prompts.get(value, (value,))
        return [template.replace("{}", word) for word in words for template in self.templates]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All heads, "class" first where there is one."""

    heads: tuple[VocabularyHead, ...]

    @property
    def hash(self) -> str:
        """Changes with everything that the encoder reads."""
        content = [(head.name, [(value, head.sentences(value)) for value in head.values]) for head in self.heads]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    def with_attributes(self, attributes: Iterable[Attribute]) -> Vocabulary:
        """With the values that the user labels with, where they are not in it yet."""
        heads = {head.name: head for head in self.heads}
        for attribute in attributes:
            head = heads.get(attribute.name, VocabularyHead(attribute.name, ()))
            new = [value for value in attribute.values if value not in head.values]
            values = (*head.values, *new)[:MOST_VALUES]
            if len(values) > 1:  # one value alone is no choice
                heads[attribute.name] = replace(head, values=values)
        return Vocabulary(tuple(sorted(heads.values(), key=lambda head: head.name != CLASS)))


@cache
def bundled_vocabulary() -> Vocabulary:
    """Recollect's own words."""
    text = (files("resources") / "tags" / "vocabulary.toml").read_text(encoding="utf-8")
    return _parse(tomllib.loads(text))


def read_vocabulary(path: Path) -> Vocabulary:
    """The user's file where there is one, else Recollect's own words.

    Raises:
        LabelFileError: the user's file cannot be read or is not a vocabulary; the message names head and reason.
    """
    try:
        return _parse(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except FileNotFoundError:
        return bundled_vocabulary()
    except OSError as error:
        raise LabelFileError(
            f"The words of tags in {path} cannot be read: {error.strerror}.", remedy="Check its permissions.", path=path
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LabelFileError(f"{path} is not valid TOML: {error}.", remedy=_MEND, path=path) from error
    except LabelError as error:
        raise LabelFileError(f"{path}: {error.message}", remedy=error.remedy or _MEND, path=path) from error


def write_vocabulary(path: Path, vocabulary: Vocabulary) -> None:
    """Keep the user's words: a new file takes the place of the old one at once.

    Raises:
        LabelError: it is no vocabulary: a head without values, say.
        PermissionDeniedError: the file cannot be written.
    """
    document = tomlkit.document()
    for head in vocabulary.heads:
        table: dict[str, Any] = {"templates": list(head.templates), "values": list(head.values)}
        if head.prompts:
            table["prompts"] = {value: list(words) for value, words in head.prompts.items()}
        document[head.name] = table
    text = tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType]
    _parse(tomllib.loads(text))
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise PermissionDeniedError(
            f"{path} cannot be written: {error.strerror}.", remedy="Check its permissions.", path=path
        ) from error


class Words:
    """The vocabulary of one library. Safe to use from any thread."""

    def __init__(self, file: Path, attributes: Callable[[], Iterable[Attribute]]) -> None:
        """
        Args:
            file: The user's; it need not be there.
            attributes: What the user labels with.
        """
        self._file = file
        self._attributes = attributes

    def own(self) -> Vocabulary:
        """Raises LabelFileError as `read_vocabulary` does."""
        return read_vocabulary(self._file)

    def all(self) -> Vocabulary:
        """With the values that the user labels with. Raises LabelFileError as `read_vocabulary` does."""
        return self.own().with_attributes(self._attributes())

    def change(self, vocabulary: Vocabulary) -> None:
        """Raises LabelError and PermissionDeniedError as `write_vocabulary` does."""
        write_vocabulary(self._file, vocabulary)

    def reset(self) -> None:
        """Use Recollect's own again.

        Raises:
            PermissionDeniedError: the user's file cannot be deleted.
        """
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise PermissionDeniedError(
                f"{self._file} cannot be deleted: {error.strerror}.", remedy="Check its permissions.", path=self._file
            ) from error


_MEND = "Mend the file, or delete it to use Recollect's own words."


def _parse(tables: dict[str, Any]) -> Vocabulary:
    heads = [_head(_text(name, "the name of a head"), table) for name, table in tables.items()]
    return Vocabulary(tuple(sorted(heads, key=lambda head: head.name != CLASS)))


def _head(name: str, table: object) -> VocabularyHead:
    if not isinstance(table, dict):
        raise LabelError(f'"{name}" is not a table.', remedy=f"Write [{name}] and its values below it.")
    fields = cast("dict[str, object]", table)
    values = tuple(dict.fromkeys(_texts(fields.get("values"), f"[{name}] values")))
    if not 2 <= len(values) <= MOST_VALUES:
        raise LabelError(f"[{name}] has {len(values)} values; 2 to {MOST_VALUES} are needed.")
    templates = _texts(fields.get("templates", list(BARE)), f"[{name}] templates") or list(BARE)
    if wrong := [template for template in templates if template.count("{}") != 1]:
        raise LabelError(f'[{name}] templates: "{wrong[0]}" needs exactly one {{}} for the value.')
    prompts = fields.get("prompts", {})
    if not isinstance(prompts, dict):
        raise LabelError(f"[{name}.prompts] is not a table.")
    words = {
        value: tuple(_texts(said, f"[{name}.prompts] {value}")) or (value,)
        for value, said in cast("dict[str, object]", prompts).items()
    }
    return VocabularyHead(name, values, tuple(templates), words)


def _texts(value: object, where: str) -> Sequence[str]:
    if not isinstance(value, list):
        raise LabelError(f"{where} is not a list of texts.")
    return [_text(item, where) for item in cast("list[object]", value)]


def _text(value: object, where: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > MOST_LETTERS:
        raise LabelError(f"{where}: {str(value)[:40]!r} is not a text of 1 to {MOST_LETTERS} letters.")
    return text
