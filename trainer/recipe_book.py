"""The recipes that come with Recollect: complete configurations with a title and when to take them.

Each is a TOML file in `trainer/recipes/`: what a person wants to know in front, the configuration below `[config]`,
and below `[search]` the values that `recollect tune` tries unless it is told others (`trainer.tune.space`).
"""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from core.errors import TrainingError
from trainer.loop_config import LoopConfig
from trainer.overrides import checked

DEFAULT_RECIPE = "starter-finetune"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe as it is offered."""

    name: str
    title: str
    description: str
    when: str  # to take it
    cost: str  # in time, on a machine that is named
    config: LoopConfig
    search: Mapping[str, Any] = field(default_factory=dict)  # a table of ranges, as it stands in the file


@functools.cache
def recipes() -> tuple[Recipe, ...]:
    """All recipes, those first that most people should take."""
    entries = [entry for entry in files("trainer").joinpath("recipes").iterdir() if entry.name.endswith(".toml")]
    read = [(tomllib.loads(entry.read_text(encoding="utf-8")), entry.name.removesuffix(".toml")) for entry in entries]
    return tuple(_recipe(name, document) for document, name in sorted(read, key=lambda pair: pair[0]["place"]))


def _recipe(name: str, document: dict[str, object]) -> Recipe:
    texts = [str(document[key]) for key in ("title", "description", "when", "cost")]
    config = document["config"]
    assert isinstance(config, dict)
    search = document.get("search", {})
    assert isinstance(search, dict)
    return Recipe(name, *texts, config=checked({"recipe": name, **config}), search=search)


def recipe(name: str) -> Recipe:
    """
    Raises:
        TrainingError: there is none of this name; the remedy names the nearest.
    """
    known = {entry.name: entry for entry in recipes()}
    if name in known:
        return known[name]
    nearest = difflib.get_close_matches(name, known, n=1)
    meant = f"Did you mean {nearest[0]}? " if nearest else ""
    raise TrainingError(
        f"There is no recipe {name}.", remedy=f"{meant}`recollect train --list-recipes` shows all of them."
    )
