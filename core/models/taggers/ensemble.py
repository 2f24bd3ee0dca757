"""Several taggers that vote: their calibrated probabilities are averaged, head by head.

A member votes on the heads that it has. Where members know other labels, labels are matched by name: a label that a
member does not know gets nothing from it, and each label is divided by the weight of all members that vote on the head.
So a row still sums to 1, and a label that only one of two members knows can reach one half at most: the other member,
which never saw it, gave its vote to something else.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError
from core.models.taggers.card import ensemble_card
from core.models.taggers.checkpoint import settle, write_config, write_directory
from core.models.taggers.config import CARD_FILE, FORMAT, CheckpointConfig, EnsembleConfig, read_checkpoint_config
from core.models.taggers.loaded import load_tagger
from core.models.taggers.tagger import Tagger, check_finite
from core.tags.values import CLASS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.models.calibration import Plans
    from core.models.taggers.tagger import ByHead
    from core.protocols import Prepared
    from core.types import Vectors

# Averaged probabilities become logits again, for evaluation: what nobody voted for is as improbable as float32 can say.
_SMALLEST = 1e-30


def save_ensemble(
    directory: Path,
    members: Sequence[Path],
    *,
    name: str,
    weights: Sequence[float] | None = None,
    thresholds: Mapping[str, float] | None = None,
    metrics: Mapping[str, float] | None = None,
) -> EnsembleConfig:
    """Write an ensemble of checkpoints, which are copied: it needs nothing but its directory.

    Args:
        members: directories of checkpoints, none of them an ensemble.
        thresholds: by head; None takes the mean of the members'.

    Raises:
        ModelError: fewer than two members, one that cannot be used, or odd weights.
        DiskFullError, PermissionDeniedError, MachineError: the disk cannot take it.
    """
    found = [_checked(member) for member in members]
    names = tuple(f"member-{number}" for number in range(1, len(found) + 1))
    try:
        config = EnsembleConfig(
            name=name,
            members=names,
            weights=None if weights is None else tuple(weights),
            thresholds=dict(thresholds or {}),
            metrics=dict(metrics or {}),
        )
    except ValueError as error:
        raise ModelError(
            "These taggers cannot be combined: an ensemble needs two or more, and a weight above 0 for each.",
            remedy="Choose two or more taggers.",
        ) from error

    def write(folder: Path) -> None:
        for member, below in zip(members, names, strict=True):
            shutil.copytree(member, folder / below, symlinks=False)
        write_config(folder, config)
        card = ensemble_card(config, dict(zip(names, found, strict=True)))
        (folder / CARD_FILE).write_text(card, encoding="utf-8")

    write_directory(directory, write)
    return config


def load_ensemble(
    directory: Path, config: EnsembleConfig, *, device: str = "auto", plans: Plans | None = None
) -> EnsembleTagger:
    """Raises ModelError when a member cannot be loaded, or members read the vectors of several encoders."""
    members: list[Tagger] = []
    for below in config.members:
        folder = directory / below
        if folder.resolve().parent != directory.resolve():
            raise ModelError(
                f"The member {below} of {directory.name} is a link to another place.",
                remedy="Combine the taggers again.",
                path=folder,
            )
        _checked(folder)
        members.append(load_tagger(folder, device=device, plans=plans))
    return EnsembleTagger(config.name, members, weights=config.weights, thresholds=config.thresholds)


@dataclass(frozen=True, slots=True)
class _Vote:
    """How one member votes on one head."""

    member: int
    share: float  # of the weight of all that vote on this head
    columns: NDArray[np.int64]  # of the member's labels among those of the ensemble


class EnsembleTagger(Tagger):
    """Two or more taggers as one."""

    def __init__(
        self,
        name: str,
        members: Sequence[Tagger],
        *,
        weights: Sequence[float] | None = None,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        """Raises ModelError when members read the vectors of several encoders."""
        shares = [1.0] * len(members) if weights is None else list(weights)
        heads = _merged_heads(members)
        votes = {head: _votes(head, labels, members, shares) for head, labels in heads.items()}
        means = {
            head: sum(vote.share * members[vote.member].thresholds[head] for vote in votes[head]) for head in heads
        }
        merged = {head: (thresholds or {}).get(head, mean) for head, mean in means.items()}
        super().__init__(key=_key(members, shares, merged), name=name, heads=heads, thresholds=merged)
        self._members = tuple(members)
        self._votes = votes
        self._encoder_key = _one_encoder(members)
        # What one member knows, all of them know: only where each can tell can the ensemble.
        self._telling = [head for head in heads if all(head in members[vote.member].known for vote in votes[head])]

    @property
    def members(self) -> tuple[Tagger, ...]:
        return self._members

    @property
    def tells_unknown(self) -> bool:
        return CLASS in self._telling

    @property
    def needs_pixels(self) -> bool:
        return any(member.needs_pixels for member in self._members)

    @property
    def encoder_key(self) -> str | None:
        return self._encoder_key

    @property
    def image_edge_px(self) -> int:
        return max(member.image_edge_px for member in self._members)

    @property
    def batch_size(self) -> int:
        return min(member.batch_size for member in self._members)

    @property
    def temperatures(self) -> Mapping[str, float]:
        """All 1: members have been calibrated each for itself."""
        return dict.fromkeys(self.heads, 1.0)

    def prepare(self, image: Image) -> Prepared:
        return tuple(pixels for member in self._members for pixels in member.prepare(image))

    def probabilities(self, prepared: Sequence[Prepared], vectors: Vectors | None = None) -> ByHead:
        return self.answers(prepared, vectors)[0]

    def answers(
        self, prepared: Sequence[Prepared], vectors: Vectors | None = None
    ) -> tuple[ByHead, dict[str, NDArray[np.bool_]]]:
        """A photo is none of the labels where every member that votes on the head says so."""
        each = [
            member.answers(self._part(prepared, index), vectors if member.encoder_key is not None else None)
            for index, member in enumerate(self._members)
        ]
        averaged = check_finite(self._averaged([said for said, _ in each], len(prepared)), self.name)
        unknown = {
            head: np.all([each[vote.member][1][head] for vote in self._votes[head]], axis=0) for head in self._telling
        }
        return averaged, unknown

    def outputs(
        self, prepared: Sequence[Prepared], vectors: Vectors | None = None
    ) -> tuple[ByHead, NDArray[np.float32]]:
        """Logits are the logarithms of the averaged probabilities; features those of all members side by side, each of
        unit length, so that none of them drowns the others."""
        each: list[ByHead] = []
        features: list[NDArray[np.float32]] = []
        for index, member in enumerate(self._members):
            read = vectors if member.encoder_key is not None else None
            logits, found = member.outputs(self._part(prepared, index), read)
            each.append(member.calibrated(logits))
            features.append(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12))
        averaged = self._averaged(each, len(prepared))
        logits = {head: np.log(np.maximum(values, _SMALLEST)) for head, values in averaged.items()}
        return check_finite(logits, self.name), np.concatenate(features, axis=1).astype(np.float32)

    def _part(self, prepared: Sequence[Prepared], index: int) -> list[Prepared]:
        """What `prepare` made for one member."""
        counts = [int(member.needs_pixels) for member in self._members]  # a member looks once at a photo, or never
        start = sum(counts[:index])
        return [of_one[start : start + counts[index]] for of_one in prepared]

    def _averaged(self, each: Sequence[ByHead], count: int) -> ByHead:
        averaged: ByHead = {}
        for head, labels in self.heads.items():
            total = np.zeros((count, len(labels)), dtype=np.float32)
            for vote in self._votes[head]:
                total[:, vote.columns] += np.float32(vote.share) * each[vote.member][head]
            averaged[head] = total
        return averaged


def _merged_heads(members: Sequence[Tagger]) -> dict[str, tuple[str, ...]]:
    """All heads, the class first; all labels of a head, in the order in which they come."""
    merged: dict[str, dict[str, None]] = {}
    for member in members:
        for head, labels in member.heads.items():
            merged.setdefault(head, {}).update(dict.fromkeys(labels))
    return {head: tuple(merged[head]) for head in sorted(merged, key=lambda head: head != CLASS)}


def _votes(head: str, labels: Sequence[str], members: Sequence[Tagger], weights: Sequence[float]) -> list[_Vote]:
    voters = [index for index, member in enumerate(members) if head in member.heads]
    total = sum(weights[index] for index in voters)
    column = {label: index for index, label in enumerate(labels)}
    return [
        _Vote(index, weights[index] / total, np.array([column[label] for label in members[index].heads[head]]))
        for index in voters
    ]


def _one_encoder(members: Sequence[Tagger]) -> str | None:
    keys = {member.encoder_key for member in members} - {None}
    if len(keys) > 1:
        raise ModelError(
            "These taggers cannot be combined: they read the vectors of different encoders.",
            remedy="Combine taggers that were trained with the same encoder.",
        )
    return next(iter(keys), None)


def _key(members: Sequence[Tagger], weights: Sequence[float], thresholds: Mapping[str, float]) -> str:
    total = sum(weights)
    shares = [round(weight / total, 6) for weight in weights]
    described = json.dumps([FORMAT, [member.key for member in members], shares, dict(thresholds)])
    return f"ensemble:{hashlib.sha256(described.encode()).hexdigest()[:32]}"


def _checked(directory: Path) -> CheckpointConfig:
    """Raises ModelError unless it is a checkpoint; an ensemble of ensembles would hide what votes."""
    settle(directory)
    config = read_checkpoint_config(directory)
    if isinstance(config, EnsembleConfig):
        raise ModelError(
            f"{config.name} is an ensemble already.",
            remedy="Combine its members instead.",
            path=directory,
        )
    return config
