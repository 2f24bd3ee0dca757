"""What was compared before, in a file: a cache, so that the next look compares new photos only; empty when in doubt."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.likeness.miniatures import SKETCH_PX, Miniatures

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

RULES = 1
"""Raised when other pairs than before would be called the same."""

_HASH_BYTES = 32  # XXH3-128 in hexadecimal
_NO_SKETCHES = np.empty((0, SKETCH_PX, SKETCH_PX, 3), np.uint8)

Pair = tuple[str, str]
"""Content hashes of two files that show one picture, the lesser first."""


@dataclass
class Record:
    """Pictures by the hashes of their files."""

    encoder_key: str
    sketches: dict[str, Miniatures] = field(default_factory=dict[str, Miniatures])  # (16, 16, 3) each
    compared: set[str] = field(default_factory=set[str])  # each with all others of this set
    pairs: set[Pair] = field(default_factory=set[Pair])

    def keep_only(self, hashes: Iterable[str]) -> None:
        """Forget pictures that are no longer in the library: when they come back, others may have come between."""
        wanted = set(hashes)
        self.sketches = {hash_: sketch for hash_, sketch in self.sketches.items() if hash_ in wanted}
        self.compared &= wanted
        self.pairs = {pair for pair in self.pairs if wanted.issuperset(pair)}


def load(path: Path, encoder_key: str) -> Record:
    """The record for this encoder: another one brings other pairs to be looked at, so only the sketches stay."""
    record = Record(encoder_key)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # np.load leaks a damaged one
            hashes = [hash_.decode() for hash_ in file["hashes"].tolist()]
            record.sketches = dict(zip(hashes, file["sketches"], strict=True))
            if (int(file["rules"]), str(file["encoder_key"])) == (RULES, encoder_key):
                record.compared = {hashes[row] for row in np.flatnonzero(file["compared"])}
                record.pairs = {(hashes[low], hashes[high]) for low, high in file["pairs"].tolist()}
    except FileNotFoundError:
        pass
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        log.warning("%s cannot be read, and all photos are compared anew: %s", path.name, error)
        return Record(encoder_key)
    return record


def save(path: Path, record: Record) -> None:
    """Write it whole or not at all. A disk that does not take it is no harm: the next look takes longer."""
    hashes = sorted(record.sketches)
    rows = {hash_: row for row, hash_ in enumerate(hashes)}
    pairs = sorted((rows[low], rows[high]) for low, high in record.pairs)
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(
                file,
                rules=np.int64(RULES),
                encoder_key=np.array(record.encoder_key),
                hashes=np.array([hash_.encode() for hash_ in hashes], dtype=f"S{_HASH_BYTES}"),
                sketches=np.stack([record.sketches[hash_] for hash_ in hashes]) if hashes else _NO_SKETCHES,
                compared=np.array([hash_ in record.compared for hash_ in hashes], np.bool_),
                pairs=np.array(pairs, np.int64).reshape(len(pairs), 2),
            )
        temporary.replace(path)
    except OSError as error:
        log.info("%s was not written: %s", path.name, error)
        temporary.unlink(missing_ok=True)
