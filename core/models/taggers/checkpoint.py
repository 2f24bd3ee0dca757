"""A tagger on disk: written as a whole or not at all, loaded only if every tensor is there and has its place.

Weights are safetensors under names that outlive a version of the libraries; nothing is ever pickled.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import ModelError
from core.models.disk import disk_errors
from core.models.taggers.card import model_card
from core.models.taggers.config import (
    CARD_FILE,
    CONFIG_FILE,
    WEIGHTS_FILE,
    CheckpointConfig,
    read_checkpoint_config,
)
from core.models.taggers.known_classes import MIDDLES, middles_name, module_name
from core.models.taggers.network import TaggerNetwork
from core.models.taggers.tensors import read_tensors, write_tensors
from core.models.taggers.towers import build_tower, fill

if TYPE_CHECKING:
    from pydantic import BaseModel
    from torch import Tensor

_BACKBONE = "backbone."
_HEADS = "heads."


def save_checkpoint(directory: Path, network: TaggerNetwork, config: CheckpointConfig) -> None:
    """Write the tagger with its model card; what was in `directory` is replaced in one step.

    Args:
        config: of the network; temperatures, thresholds, metrics and names may have changed since it was built.

    Raises:
        ModelError: the config is not that of the network, or its weights are not finite.
        DiskFullError, PermissionDeniedError, MachineError: the disk cannot take it.
    """
    if config.backbone != network.config.backbone or config.labels != network.config.labels:
        raise ModelError("The config is not that of the network.", remedy="Save it with the config it was built with.")
    config = config.of_its_format()
    tensors = _portable(network, [name for name, head in config.heads.items() if head.known_from is not None])
    broken = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    if broken:
        raise ModelError(
            f"The network holds numbers that are not finite, in {broken[0]}.",
            remedy="Train it again with a lower learning rate, or go back to an earlier checkpoint.",
            path=directory,
        )

    def write(folder: Path) -> None:
        write_tensors(folder / WEIGHTS_FILE, tensors)
        write_config(folder, config)
        (folder / CARD_FILE).write_text(model_card(config, _count(network)), encoding="utf-8")

    write_directory(directory, write)


def load_network(directory: Path) -> tuple[TaggerNetwork, CheckpointConfig]:
    """The network in float32 on the processor and in eval mode. Needs nothing but the directory.

    Raises:
        ModelError: not there, damaged, foreign, of a newer Recollect, or an ensemble.
    """
    settle(directory)
    config = read_checkpoint_config(directory)
    if not isinstance(config, CheckpointConfig):
        raise ModelError(
            f"{directory.name} is an ensemble: it has no network of its own.",
            remedy="Choose one of its members.",
            path=directory,
        )
    tensors = read_tensors(weights_path(directory))
    backbone = {key.removeprefix(_BACKBONE): value for key, value in tensors.items() if key.startswith(_BACKBONE)}
    heads = {key.removeprefix(_HEADS): value for key, value in tensors.items() if key.startswith(_HEADS)}
    middles = {key.removeprefix(MIDDLES): value for key, value in tensors.items() if key.startswith(MIDDLES)}
    if len(backbone) + len(heads) + len(middles) != len(tensors):
        raise ModelError(
            f"{WEIGHTS_FILE} of the tagger in {directory.name} holds what belongs to no tagger.",
            remedy="Take the tagger from a backup, or train it again.",
            path=directory,
        )
    network = TaggerNetwork(config, build_tower(config.backbone, backbone))
    fill(network.heads, heads, config.name)
    _fill_middles(network, middles, directory)
    network.eval()
    return network, config


def weights_path(directory: Path) -> Path:
    """Raises ModelError when the weights are missing, or lead out of the directory."""
    path = directory / WEIGHTS_FILE
    if not path.is_file():
        raise ModelError(
            f"The tagger in {directory.name} has no {WEIGHTS_FILE}.",
            remedy="Take the tagger from a backup, or train it again.",
            path=path,
        )
    if path.resolve().parent != directory.resolve():
        raise ModelError(
            f"{WEIGHTS_FILE} of the tagger in {directory.name} is a link to another place.",
            remedy="Copy the file itself into the directory.",
            path=path,
        )
    return path


def write_config(folder: Path, config: BaseModel) -> None:
    text = json.dumps(config.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / CONFIG_FILE).write_text(text, encoding="utf-8")


def write_directory(directory: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a directory, which then takes the place of `directory`: nobody ever reads half of it.

    After a crash between the two renames `settle` puts the old one back.

    Raises:
        DiskFullError, PermissionDeniedError, MachineError: what was there is still there.
    """
    part = directory.with_name(f".{directory.name}.{uuid4().hex}.tmp")
    before = _before(directory)
    with disk_errors(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
        settle(directory)
        try:
            part.mkdir()
            write(part)
            _sync_all(part)
            if directory.exists():
                shutil.rmtree(before, ignore_errors=True)
                directory.rename(before)
            part.rename(directory)
            _sync(directory.parent)
        except BaseException:
            settle(directory)
            shutil.rmtree(part, ignore_errors=True)
            raise
        shutil.rmtree(before, ignore_errors=True)


def settle(directory: Path) -> None:
    """Put back the directory that a crash left aside between the two renames of `write_directory`."""
    before = _before(directory)
    if before.is_dir() and not directory.exists():
        with disk_errors(directory):
            before.rename(directory)


def _before(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.before")


def _portable(network: TaggerNetwork, know: Sequence[str]) -> dict[str, Tensor]:
    """
    Args:
        know: Heads that can tell what they do not know.
    """
    tensors = {f"{_BACKBONE}{key}": tensor for key, tensor in network.backbone.portable_state().items()}
    tensors |= {f"{_HEADS}{key}": tensor for key, tensor in network.heads.state_dict().items()}
    return tensors | {middles_name(name): network.middles[name] for name in know}


def _fill_middles(network: TaggerNetwork, middles: dict[str, Tensor], directory: Path) -> None:
    """Raises ModelError unless they are those that the config speaks of."""
    heads = {name: head for name, head in network.config.heads.items() if head.known_from is not None}
    shapes = {module_name(name): (len(head.labels), network.backbone.dim) for name, head in heads.items()}
    if {name: tuple(tensor.shape) for name, tensor in middles.items()} != shapes:
        raise ModelError(
            f"{WEIGHTS_FILE} of the tagger in {directory.name} does not fit its {CONFIG_FILE}.",
            remedy="Take the tagger from a backup, or train it again.",
            path=directory,
        )
    network.middles = {name: middles[module_name(name)] for name in heads}


def _count(network: TaggerNetwork) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _sync_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    _sync(folder)


def _sync(folder: Path) -> None:
    """Windows cannot open a directory, and writes renames through by itself."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
