"""`--set loss.label_smoothing=0.1`: a field of the configuration, named by a dotted path, gets another value.

Phases are named by their number from 0 or by their name: `phases.1.epochs=5`, `phases.heads.epochs=5`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from core.errors import TrainingError
from trainer.config import config_class
from trainer.loop_config import LoopConfig

_FREE = ("loss.head_weights",)  # its keys are names of heads, which the configuration cannot know


def with_overrides(config: LoopConfig, assignments: Sequence[str]) -> LoopConfig:
    """The configuration with each `path=value` in it. A value is JSON (`0.1`, `true`, `null`, `["class"]`) or text.

    Raises:
        TrainingError: a path that does not exist (its message names the nearest one), or a value that does not fit.
    """
    document: dict[str, Any] = config.model_dump(mode="json")
    written: dict[tuple[str | int, ...], str] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise TrainingError(
                f"`{assignment}` sets nothing.", remedy="Write it as key=value, such as `--set batch_size=16`."
            )
        written[_assign(document, path.strip(), _value(text.strip()))] = path.strip()
    return checked(document, written)


def place_of(config: LoopConfig, path: str) -> tuple[str | int, ...]:
    """The keys behind a dotted path, phases by their number: two paths may name one place.

    Raises:
        TrainingError: a path that does not exist; its message names the nearest one.
    """
    document: dict[str, Any] = config.model_dump(mode="json")
    parent, _, last = path.rpartition(".")
    if parent in _FREE:
        return (*place_of(config, parent), last)
    place: Any = document
    keys: list[str | int] = []
    for part in path.split("."):
        keys.append(_key(document, place, part, path))
        place = place[keys[-1]]
    return tuple(keys)


def value_at(config: LoopConfig, path: str) -> Any:
    """What stands at a dotted path; None at one of those that the configuration cannot know.

    Raises:
        TrainingError: as of `place_of`.
    """
    place: Any = config.model_dump(mode="json")
    for key in place_of(config, path):
        place = place.get(key) if isinstance(place, dict) else place[key]
    return place


def checked(
    document: dict[str, Any], written: Mapping[tuple[str | int, ...], str] = MappingProxyType({})
) -> LoopConfig:
    """A configuration from plain values, in the class of its `tier`.

    Args:
        written: By the keys behind them, paths as the user wrote them, with the name of a phase, say.

    Raises:
        TrainingError: a value does not fit; the message names its path and what is allowed.
    """
    try:
        return config_class(document).model_validate(document)
    except ValidationError as error:
        raise TrainingError(
            "; ".join(_complaints(error, written)) + ".",
            remedy="`recollect train --dry-run` prints all values of a recipe.",
        ) from error


def _complaints(error: ValidationError, written: Mapping[tuple[str | int, ...], str]) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        path = written.get(problem["loc"]) or ".".join(str(part) for part in problem["loc"])
        said = problem["msg"].removeprefix("Value error, ")
        yield f"`{path}`: {said[0].lower()}{said[1:]}" if path else said


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _assign(document: dict[str, Any], path: str, value: Any) -> tuple[str | int, ...]:
    """Returns the keys behind the path."""
    *parents, last = path.split(".")
    place: Any = document
    keys: list[str | int] = []
    for part in parents:
        keys.append(_key(document, place, part, path))
        place = place[keys[-1]]
    keys.append(last if path.rpartition(".")[0] in _FREE else _key(document, place, last, path))
    place[keys[-1]] = value
    return tuple(keys)


def _key(document: dict[str, Any], place: Any, part: str, path: str) -> str | int:
    """`part` as a key of `place`, which may be a list of phases."""
    if isinstance(place, dict) and part in place:
        return part
    if isinstance(place, list):
        names = [str(item["name"]) for item in place if isinstance(item, dict) and "name" in item]
        if part in names:
            return names.index(part)
        if part.isdecimal() and int(part) < len(place):
            return int(part)
    known = [*_paths(document, by_number=any(map(str.isdecimal, path.split("."))))]
    by_last_part = [name for name in known if name.rpartition(".")[2] == path.rpartition(".")[2]]
    nearest = difflib.get_close_matches(path, by_last_part or known, n=1, cutoff=0.0 if by_last_part else 0.5)
    meant = next(iter(nearest), None)
    raise TrainingError(
        f"There is no setting `{path}`.",
        remedy=f"Did you mean `{meant}`?" if meant else "`recollect train --dry-run` prints all settings of a recipe.",
    )


def _paths(document: Any, prefix: str = "", *, by_number: bool) -> Iterator[str]:
    """All dotted paths that lead to a value, phases by their numbers or by their names."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for number, value in items:
        key = number if by_number or isinstance(document, dict) else value.get("name", number)
        path = f"{prefix}{key}"
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from _paths(value, f"{path}.", by_number=by_number)
        else:
            yield path
