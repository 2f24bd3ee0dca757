"""What the tagger in use says of the photos that a run held out, and whether it has learned from them.

A photo that it has learned from would flatter it. Where its own run still lies beside the new one, such a photo is
answered by that run's cross-validation; where that does not help, it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError, PhotoError, RecollectError
from core.files.decode import decode, read_content
from core.models.taggers.config import CheckpointConfig, read_checkpoint_config
from core.paths import LibraryPaths, default_home
from core.tags.values import Split
from trainer.data.examples import Dataset
from trainer.report.outputs import Outputs, load_outputs
from trainer.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.protocols import Encoder, Tagger
    from core.types import Vectors

_BATCH = 128  # photos decoded at a time
_DECODED_EDGE_PX = 256  # as the indexer decodes for its thumbnails: a photo looks the same here as when it is tagged
_ZERO_SHOT = "zero-shot"  # how the keys of taggers without training begin


@dataclass(frozen=True, slots=True)
class Answers:
    """Of the live tagger, for N photos."""

    heads: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, list[str | None]]  # (N,) by head; None: not asked
    asked: NDArray[np.bool_]  # (N,) photos to compare on
    zero_shot: bool
    flattered: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Past:
    """What is known of the run that the live tagger came from."""

    seen: frozenset[str]  # content hashes that it has learned from
    cross_validated: Outputs | None  # its answers to some of them, without having learned from those
    known: bool


def answers_of_live(
    live: Tagger | Path, outputs: Outputs, runs: Path, *, encoder: Encoder | None, home: Path | None, enough: int
) -> Answers:
    """
    Args:
        outputs: of the new run, with the paths of the photos.
        runs: the folder in which its own run may lie.
        enough: fewer photos than that that it has not seen are no comparison: then it may show what it has seen, too.

    Raises:
        ModelError: it cannot be loaded.
    """
    tagger, past = _loaded(live, runs)
    kept = _held_out_then(past, outputs, tagger.heads)
    seen = np.array([each in past.seen for each in outputs.ids], np.bool_)
    unfair = seen & ~np.array([row is not None for row in kept], np.bool_)
    flattered = (not past.known) or int((~unfair).sum()) < enough
    ask = np.flatnonzero((~seen) | unfair) if flattered else np.flatnonzero(~seen)
    said, readable = _ask(tagger, outputs, ask, encoder, home or _home_of(runs))
    labels: dict[str, list[str | None]] = {head: [None] * len(outputs) for head in tagger.heads}
    asked = np.zeros(len(outputs), np.bool_)
    for row, answer in enumerate(kept):
        if answer is not None and seen[row]:
            asked[row] = True
            for head, label in answer.items():
                labels[head][row] = label
    for row, answer in zip(readable, said, strict=True):
        asked[row] = True
        for head, label in answer.items():
            labels[head][row] = label
    notes = _notes(past, int(unfair.sum()), len(ask) - len(readable), flattered)
    return Answers(dict(tagger.heads), labels, asked, tagger.key.startswith(_ZERO_SHOT), flattered, notes)


def _loaded(live: Tagger | Path, runs: Path) -> tuple[Tagger, _Past]:
    if not isinstance(live, Path):
        trained = not live.key.startswith(_ZERO_SHOT)
        return live, _Past(frozenset(), None, known=not trained)
    from core.models.taggers.loaded import load_tagger

    return load_tagger(live), _past(live, runs)


def _past(checkpoint: Path, runs: Path) -> _Past:
    config = read_checkpoint_config(checkpoint)
    parts = [config] if isinstance(config, CheckpointConfig) else [
        read_checkpoint_config(checkpoint / member) for member in config.members
    ]  # fmt: skip
    names = [part.trained.run if isinstance(part, CheckpointConfig) else None for part in parts]
    folders = [RunFolder(runs / name) for name in names if name is not None]
    try:
        read = [Dataset.read(folder.data) for folder in folders]
    except RecollectError:  # the run was deleted
        return _Past(frozenset(), None, known=False)
    if len(read) < len(parts):
        return _Past(frozenset(), None, known=False)
    held_aside = (Split.VALIDATION, Split.TEST)
    cross_validated = _cross_validation(folders[0], read[0]) if len(folders) == 1 else None
    seen = {each.content_hash for data in read for each in data.examples if each.split not in held_aside}
    if cross_validated is not None:  # then its tagger has learned from all that it was validated with
        seen |= set(cross_validated.ids)
    return _Past(frozenset(seen), cross_validated, known=True)


def _cross_validation(folder: RunFolder, dataset: Dataset) -> Outputs | None:
    """The outputs of a run that held each photo out in turn: photos to learn from are among them."""
    try:
        outputs = load_outputs(folder.outputs("validation"))
    except RecollectError:
        return None
    learned = {each.content_hash for each in dataset.of(Split.TRAIN)}
    return outputs if learned.intersection(outputs.ids) else None


def _held_out_then(
    past: _Past, outputs: Outputs, heads: Mapping[str, Sequence[str]]
) -> list[dict[str, str | None] | None]:
    """What the live tagger's own cross-validation said of each photo; None where it said nothing."""
    kept = past.cross_validated
    rows = {} if kept is None else {content: row for row, content in enumerate(kept.ids)}
    answers: list[dict[str, str | None] | None] = []
    for content in outputs.ids:
        row = rows.get(content)
        if kept is None or row is None:
            answers.append(None)
            continue
        said = {
            name: head.labels[int(head.predicted[row])]
            for name, head in kept.heads.items()
            if name in heads and head.known[row]
        }
        answers.append({**dict.fromkeys(heads), **said} if said else None)
    return answers


def _ask(
    tagger: Tagger, outputs: Outputs, rows: NDArray[np.intp], encoder: Encoder | None, home: Path
) -> tuple[list[dict[str, str | None]], list[int]]:
    """Its answers, and the rows that could be read."""
    if tagger.encoder_key is not None and len(rows):
        encoder = _encoder(tagger.encoder_key, encoder, home)
    said: list[dict[str, str | None]] = []
    readable: list[int] = []
    for first in range(0, len(rows), _BATCH):
        images, these = [], []
        for row in rows[first : first + _BATCH]:
            try:
                content, _ = read_content(Path(outputs.paths[int(row)]))
                edge_px = max(_DECODED_EDGE_PX, tagger.image_edge_px, encoder.image_edge_px if encoder else 0)
                images.append(decode(content, edge_px=edge_px, name=Path(outputs.paths[int(row)]).name))
                these.append(int(row))
            except PhotoError:
                continue
        if not images:
            continue
        vectors: Vectors | None = None
        if tagger.encoder_key is not None and encoder is not None:
            vectors = encoder.encode_images(images)
        for predictions in tagger.tag(images, vectors):
            said.append({head: prediction.label for head, prediction in predictions.items()})
        readable += these
    return said, readable


def _encoder(key: str, given: Encoder | None, home: Path) -> Encoder:
    if given is not None and given.key == key:
        return given
    from core.models.registry import ModelStore
    from core.settings import load_settings

    paths = LibraryPaths(home)
    store = ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration)
    named = [spec.name for spec in store.specs() if key.startswith(f"{spec.name}:") and store.is_installed(spec.name)]
    for name in named:
        encoder = store.load(name)
        if encoder.key == key:
            return encoder
    raise ModelError(
        "The model whose vectors the tagger in use reads is not installed.",
        remedy="Choose that model under Models, or use the new tagger anyway.",
    )


def _home_of(runs: Path) -> Path:
    return runs.parent if LibraryPaths(runs.parent).runs == runs else default_home()


def _notes(past: _Past, unfair: int, unreadable: int, flattered: bool) -> tuple[str, ...]:
    notes: list[str] = []
    if not past.known:
        notes.append("What the tagger in use has learned from is not known: if from these photos, they flatter it.")
    elif unfair and flattered:
        notes.append(f"The tagger in use has learned from {unfair} of these photos, which flatters it.")
    elif unfair:
        notes.append(f"{unfair} photos that the tagger in use has learned from are left out.")
    if unreadable:
        notes.append(f"{unreadable} photos can no longer be read and are left out.")
    return tuple(notes)
