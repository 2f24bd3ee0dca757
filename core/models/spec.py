"""What is known about an encoder before it is loaded: names, licences, where its files come from. Imports no torch.

The encoders that Recollect offers stand in `resources/models/registry.json`; the user's own in `settings.toml`.
Nothing here touches the network or the models directory: that is `core.models.registry`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from core.models.json_cache import read_object
from core.settings import CustomEncoder

CARD_KEY = "recollect"
"""In a model's JSON config, what Recollect wrote of a model that it made: titles, licence and templates, as in the
registry. open_clip does not look at it."""

ORIGIN_FILE = "origin.json"
"""Beside the files of an installed model: for each, where it came from and what it was checked against."""


class RemoteFile(BaseModel):
    """One file of a hub repository.

    `size_bytes` is exact where `sha256` is given, unless `size_is_exact` denies it; else it is an estimate for the
    user, and the hub states both.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: str  # "owner/name"
    revision: str  # a commit, or "main"
    file: str
    size_bytes: int
    sha256: str | None
    size_is_exact: bool = True
    optional: bool = False  # a repository need not have it

    def url(self, hub: str) -> str:
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{self.file}"


class Bundled(BaseModel):
    """Weights that lie in `resources/models`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    size_bytes: int
    sha256: str
    tokenizer: str


class RegistryEntry(BaseModel):
    """One encoder as `registry.json` writes it. Has either `bundled` or `weights`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    description: str
    good_for: str
    languages: str
    license: str
    license_url: str | None
    speed: str
    architecture: str
    preprocess: dict[str, object] = {}
    templates: tuple[str, ...]
    bundled: Bundled | None = None
    weights: RemoteFile | None = None
    tokenizer: tuple[RemoteFile, ...] = ()


class OwnCard(BaseModel):
    """What a model of the user's own says of itself, below `CARD_KEY` of its config."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    description: str = ""
    good_for: str = ""
    languages: str = "not stated"
    license: str = "not stated"
    license_url: str | None = None
    speed: str = "not known"
    templates: tuple[str, ...] = ("{}",)
    adapted_from: str = ""  # key of the model that it began as


class Installable(Protocol):
    """What `core.models.installation` brings in: an encoder, or the backbone of a tagger."""

    @property
    def name(self) -> str: ...
    @property
    def downloads(self) -> tuple[RemoteFile, ...]:
        """Weights first."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """One encoder, whatever its origin.

    Where it comes from: `local_weights` (bundled, or the user's own) or `downloads` (weights first).
    """

    name: str
    title: str
    description: str
    languages: str
    license: str
    license_url: str | None
    speed: str  # against the starter, in words
    architecture: str  # a model name of open_clip, or the path of a JSON config
    templates: tuple[str, ...]  # prompts with one {} for the query
    preprocess: Mapping[str, object] = field(
        default_factory=dict[str, object]
    )  # what differs from open_clip's defaults
    local_weights: Path | None = None
    local_tokenizer: Path | None = None
    downloads: tuple[RemoteFile, ...] = ()
    size_bytes: int | None = None  # exact size of the weights, where it is known
    sha256: str | None = None  # of the weights, where it is known
    good_for: str = ""  # one sentence; empty where nobody has said
    own: bool = False  # a model of the user's own
    adapted_from: str = ""  # the name of the model that it began as; empty where it is of another origin

    @property
    def download_bytes(self) -> int:
        """What a download fetches in all; 0 where nothing has to be downloaded."""
        return sum(remote.size_bytes for remote in self.downloads)

    @property
    def weights_bytes(self) -> int:
        """The size of the weights, exact or nearly so; 0 where it is not known."""
        return self.size_bytes or (self.downloads[0].size_bytes if self.downloads else 0)


@cache
def offered_encoders() -> tuple[EncoderSpec, ...]:
    """The encoders of `resources/models/registry.json`, in the order in which the user should see them."""
    folder = Path(str(files("resources") / "models"))
    document = json.loads((folder / "registry.json").read_text(encoding="utf-8"))
    return tuple(_offered(RegistryEntry.model_validate(entry), folder) for entry in document["encoders"])


def own_encoder(name: str, custom: CustomEncoder, base: Path) -> EncoderSpec:
    """An encoder of `[encoders.NAME]` in settings.toml; relative paths start at `base`, the models directory."""

    def located(path: Path) -> Path:
        return base / path.expanduser()

    config = located(Path(custom.architecture))
    said = _card(config) if config.suffix == ".json" else OwnCard()
    usual = f"A model of your own: {custom.architecture} with {custom.weights.name}."
    return EncoderSpec(
        name=name,
        title=name,
        description=said.description or usual,
        languages=said.languages,
        license=said.license,
        license_url=said.license_url,
        speed=said.speed,
        architecture=str(config) if config.suffix == ".json" else custom.architecture,
        templates=said.templates,
        local_weights=located(custom.weights),
        local_tokenizer=located(custom.tokenizer) if custom.tokenizer is not None else None,
        good_for=said.good_for,
        own=True,
        adapted_from=said.adapted_from.rsplit(":", 2)[0],  # a key is name:weights:preprocessing
    )


def _card(config: Path) -> OwnCard:
    """What the config of a model says of it; a card that is damaged says nothing."""
    try:
        return OwnCard.model_validate(read_object(config).get(CARD_KEY, {}))
    except ValidationError:
        return OwnCard()


def _offered(entry: RegistryEntry, folder: Path) -> EncoderSpec:
    bundled, weights = entry.bundled, entry.weights
    exact = bundled or (weights if weights is not None and weights.sha256 else None)
    config = folder / entry.architecture
    return EncoderSpec(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        languages=entry.languages,
        license=entry.license,
        license_url=entry.license_url,
        speed=entry.speed,
        architecture=str(config) if config.suffix == ".json" else entry.architecture,
        templates=entry.templates,
        preprocess=entry.preprocess,
        local_weights=folder / bundled.file if bundled else None,
        local_tokenizer=folder / bundled.tokenizer if bundled else None,
        downloads=(weights, *entry.tokenizer) if weights else (),
        size_bytes=exact.size_bytes if exact else None,
        sha256=exact.sha256 if exact else None,
        good_for=entry.good_for,
    )
