"""Which values are searched, and between which bounds: the table `[search]` of a recipe, or of a file of the user's.

    [search]
    phases.all.head_lr = {low = 1e-5, high = 1e-2, log = true}
    phases.all.epochs = {low = 5, high = 20}
    batch_size = {choices = [16, 32, 64]}

Paths are those of `--set`. They, and both ends of every range, are tried on the configuration before any training.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TrainingError
from trainer.loop_config import LoopConfig
from trainer.overrides import place_of, value_at, with_overrides

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Scalar = bool | int | float | str | None

_RANGE, _CHOICES = {"low", "high", "log", "step"}, {"choices"}
_MEASURES = (
    "recipe", "tier", "seed", "head", "heads", "validation_fraction", "test_fraction", "look_at_test",
    "checkpoint_rule", "processes", "coarse_head", "hierarchy", "unseen_share", "unseen_photos",
)  # fmt: skip
"""They choose what is measured or how: trials that differ in one of them cannot be compared."""

_HOW = "Write `path = {low = 0.1, high = 0.5}`, with `log = true` or `step = 0.1` if you like, or `{choices = [1, 2]}`."
_TITLE = "The file does not say what to search"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from low to high, both of them included."""

    path: str
    low: float
    high: float
    log: bool = False
    step: float | None = None
    whole: bool = False  # integers

    @property
    def ends(self) -> tuple[Scalar, ...]:
        return self.low, self.high

    @property
    def distribution(self) -> BaseDistribution:
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=int(self.step or 1))
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step)

    def holds(self, value: Scalar) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values, which have no order."""

    path: str
    choices: tuple[Scalar, ...]

    @property
    def ends(self) -> tuple[Scalar, ...]:
        return self.choices

    @property
    def distribution(self) -> BaseDistribution:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.choices)

    def holds(self, value: Scalar) -> bool:
        return value in self.choices


@dataclass(frozen=True, slots=True)
class Space:
    """All that is searched at once."""

    parts: tuple[Range | Choice, ...]

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return {part.path: part.distribution for part in self.parts}

    def values_of(self, config: LoopConfig) -> dict[str, Scalar]:
        """Those values that the configuration has already, where they lie in the space."""
        found = {part.path: value_at(config, part.path) for part in self.parts}
        return {part.path: found[part.path] for part in self.parts if part.holds(found[part.path])}

    def table(self) -> dict[str, dict[str, Any]]:
        """As plain values, which `read_space` takes."""
        return {part.path: _plain(part) for part in self.parts}


def read_space(table: Mapping[str, Any], config: LoopConfig) -> Space:
    """
    Args:
        table: As it stands in TOML; dotted paths may have become tables in tables.

    Raises:
        TrainingError: nothing is searched, a path does not exist, or a value does not fit; said as of `--set`.
    """
    parts = tuple(_part(path, entry, config) for path, entry in _entries(table))
    if not parts:
        raise TrainingError(
            f"Nothing is searched: the recipe {config.recipe} has no table [search].",
            remedy="Name values in a file, `phases.0.epochs = {low = 5, high = 20}`, and pass it with --search.",
        )
    places = [place_of(config, part.path) for part in parts]
    twice = [part.path for part, place in zip(parts, places, strict=True) if places.count(place) > 1]
    if twice:
        raise TrainingError(f"{' and '.join(f'`{path}`' for path in twice)} are one value.", remedy="Name it once.")
    return Space(parts)


def read_search_file(file: Path) -> dict[str, Any]:
    """The table of a TOML file: all of it, or what stands below `[search]`.

    Raises:
        TrainingError: it cannot be read, or is no TOML.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why, remedy = (error.strerror, "Check the path.") if isinstance(error, OSError) else (str(error), _HOW)
        raise TrainingError(f"{file} cannot be read: {why}.", remedy=remedy, path=file, title=_TITLE) from error
    search = document.get("search", document)
    if not isinstance(search, dict):
        raise TrainingError(f"`search` is no table in {file}.", remedy=_HOW, path=file, title=_TITLE)
    return search


def with_values(config: LoopConfig, values: Mapping[str, Scalar]) -> LoopConfig:
    """The configuration with what a trial has been given.

    Raises:
        TrainingError: the values do not go together.
    """
    return with_overrides(config, assignments(values))


def assignments(values: Mapping[str, Scalar]) -> list[str]:
    """As `--set` takes them."""
    return [f"{path}={value if isinstance(value, str) else json.dumps(value)}" for path, value in values.items()]


def with_at_most(config: LoopConfig, epochs: int | None) -> LoopConfig:
    """No more epochs than that: each phase, and its warm-up, becomes shorter in the same proportion."""
    if epochs is None or config.total_epochs <= epochs:
        return config
    used = [phase for phase in config.phases if phase.epochs]
    if epochs < len(used):
        raise TrainingError(
            f"{epochs} epochs are too few for {len(used)} phases.", remedy=f"Allow at least {len(used)} of them."
        )
    share = epochs / config.total_epochs
    lengths = {phase.name: max(1, round(phase.epochs * share)) for phase in used}
    while sum(lengths.values()) > epochs:
        lengths[max(lengths, key=lambda name: lengths[name])] -= 1
    phases = [
        {
            **phase.model_dump(),
            "epochs": lengths.get(phase.name, 0),
            "warmup_epochs": round(phase.warmup_epochs * share, 3),
        }
        for phase in config.phases
    ]
    return config.changed(phases=phases)


def _entries(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Ranges and choices with their dotted paths."""
    for key, entry in table.items():
        path = f"{prefix}{key}"
        if not isinstance(entry, Mapping):
            raise TrainingError(f"`{path}` is no range and no choice.", remedy=_HOW)
        if set(entry) & (_RANGE | _CHOICES) and not any(isinstance(value, Mapping) for value in entry.values()):
            yield path, entry
        else:
            yield from _entries(entry, f"{path}.")


def _part(path: str, entry: Mapping[str, Any], config: LoopConfig) -> Range | Choice:
    now = value_at(config, path)
    if path in _MEASURES:
        raise TrainingError(
            f"`{path}` cannot be searched: trials that differ in it cannot be compared.",
            remedy=f"Search once for each of its values, with `--set {path}=VALUE` and a --study of its own.",
        )
    part = _choice(path, entry) if "choices" in entry else _range(path, entry, now)
    for value in part.ends:
        with_values(config, {path: value})
    return part


def _choice(path: str, entry: Mapping[str, Any]) -> Choice:
    choices = entry["choices"]
    if set(entry) - _CHOICES or not isinstance(choices, list) or not choices:
        raise TrainingError(f"`{path}`: the choices are not a list.", remedy=_HOW)
    if not all(isinstance(value, bool | int | float | str) for value in choices):
        raise TrainingError(f"`{path}`: a choice is a number, a text, true or false.", remedy=_HOW)
    return Choice(path, tuple(choices))


def _range(path: str, entry: Mapping[str, Any], now: object) -> Range:
    low, high, log, step = (entry.get(name) for name in ("low", "high", "log", "step"))
    if set(entry) - _RANGE or not (_is_number(low) and _is_number(high)) or not isinstance(log, bool | None):
        raise TrainingError(f"`{path}`: a range has the numbers low and high.", remedy=_HOW)
    assert low is not None
    assert high is not None
    if low > high or (log and low <= 0) or (step is not None and (log or not _is_number(step) or step <= 0)):
        said = "log needs a low above 0" if log and low <= 0 else "low is above high, or the step does not fit"
        raise TrainingError(f"`{path}`: {said}.", remedy=_HOW)
    whole = isinstance(low, int) and isinstance(high, int) and (now is None or isinstance(now, int))
    if whole and step is not None and step != int(step):
        raise TrainingError(f"`{path}`: the step of whole numbers is a whole number.", remedy=_HOW)
    return Range(path, low, high, bool(log), step, whole)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(part: Range | Choice) -> dict[str, Any]:
    if isinstance(part, Choice):
        return {"choices": list(part.choices)}
    entry: dict[str, Any] = {"low": part.low, "high": part.high}
    return {**entry, **({"log": True} if part.log else {}), **({"step": part.step} if part.step else {})}
