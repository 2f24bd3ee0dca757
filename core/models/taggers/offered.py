"""The backbones that Recollect offers for training, and any other of a hub by its name. Imports no torch.

The bundled starter is one of them and needs no download; the small CNN has no weights that could be downloaded. The
others stand in `resources/models/registry.json`.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.errors import ModelError
from core.models.spec import RemoteFile

STARTER = "starter"
CNN = "cnn"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class _Entry(BaseModel):
    """One backbone as `registry.json` writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    description: str
    license: str
    license_url: str | None
    architecture: dict[str, Any]
    preprocess: dict[str, Any]  # in the words of a hub's preprocessor_config.json
    weights: RemoteFile


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """A backbone to download or to import."""

    name: str
    title: str
    description: str
    license: str
    license_url: str | None
    downloads: tuple[RemoteFile, ...]  # weights first
    architecture: dict[str, Any] | None = None  # None: in the `config.json` that comes along
    preprocess: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def folder_name(self) -> str:
        """Its directory in the models directory: two repositories never share one."""
        return self.name.replace("/", "--")

    @property
    def download_bytes(self) -> int:
        """0 where it is not known before the hub is asked."""
        return sum(remote.size_bytes for remote in self.downloads)


@cache
def offered_backbones() -> tuple[BackboneSpec, ...]:
    """Those of `resources/models/registry.json`: what a download is offered for."""
    path = Path(str(files("resources") / "models" / "registry.json"))
    document = json.loads(path.read_text(encoding="utf-8"))
    return tuple(_offered(_Entry.model_validate(entry)) for entry in document["taggers"])


def backbone_spec(name: str) -> BackboneSpec:
    """By a name of ours, or "owner/name" of a hub.

    Raises:
        ModelError: neither of both, with the nearest name.
    """
    known = {spec.name: spec for spec in offered_backbones()}
    if name in known:
        return known[name]
    if is_repository(name):
        return _of_hub(name)
    near = difflib.get_close_matches(name, [*known, STARTER, CNN], n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise ModelError(
        f"There is no backbone that is called {name!r}.",
        remedy=f"{hint}There are {', '.join(known)}, {STARTER} and {CNN}, any directory with {CONFIG} and {WEIGHTS}, "
        "and any owner/name of the hub.",
    )


def is_repository(name: str) -> bool:
    return _REPOSITORY.fullmatch(name) is not None and ".." not in name and "--" not in name


def _of_hub(repository: str) -> BackboneSpec:
    def remote(file: str, *, optional: bool = False) -> RemoteFile:
        return RemoteFile(
            repository=repository, revision="main", file=file, size_bytes=0, sha256=None, optional=optional
        )

    return BackboneSpec(
        name=repository,
        title=repository,
        description="A model of the hub.",
        license="as its page says",
        license_url=f"https://huggingface.co/{repository}",
        downloads=(remote(WEIGHTS), remote(CONFIG), remote(PREPROCESSOR, optional=True)),
    )


def _offered(entry: _Entry) -> BackboneSpec:
    return BackboneSpec(
        name=entry.name,
        title=entry.title,
        description=entry.description,
        license=entry.license,
        license_url=entry.license_url,
        downloads=(entry.weights,),
        architecture=entry.architecture,
        preprocess=entry.preprocess,
    )
