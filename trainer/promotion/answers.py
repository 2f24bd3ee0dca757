"""What the tagger in use says of the photos that a run held out, and whether it has learned from them.

A photo that it has learned from would flatter it. Where its own run still lies beside the new one, such a photo is
answered by that run's cross-validation; where that has no answer, it is left out. All of this head by head: a photo
whose colour was not labelled then may be asked for its colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelError, PhotoError, RecollectError
from core.files.decode import decode, read_content
from core.models.taggers.config import CheckpointConfig, read_checkpoint_config
from core.paths import LibraryPaths
from core.tags.values import Split
from trainer.data.examples import Dataset
from trainer.promotion.truth import home_of
from trainer.promotion.words import wording_of
from trainer.report.outputs import Outputs, load_outputs
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.protocols import Encoder, Tagger
    from core.types import Vectors

_BATCH = 128  # photos decoded at a time
_DECODED_EDGE_PX = 256  # as the indexer decodes for its thumbnails: a photo looks the same here as when it is tagged
_ZERO_SHOT = "zero-shot"  # how the keys of taggers without training begin


@dataclass(frozen=True, slots=True)
class Answers:
    """Of the live tagger, for N photos, in the user's words of now."""

    heads: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, list[str | None]]  # (N,) by head; None: not asked
    asked: Mapping[str, NDArray[np.bool_]]  # (N,) by head: photos to compare on
    readable: NDArray[np.bool_]  # (N,)
    zero_shot: bool
    flattered: bool
    notes: tuple[str, ...]

    def asked_for(self, head: str) -> NDArray[np.bool_]:
        """(N,) a head that it does not have is wrong for every photo: it can be compared on all."""
        return self.asked.get(head, self.readable)


@dataclass(frozen=True, slots=True)
class _Past:
    """What is known of the run that the live tagger came from."""

    seen: Mapping[str, frozenset[str]]  # by head: content hashes that it has learned from
    cross_validated: Outputs | None  # its answers to some of them, without having learned from those
    known: bool

    def has_seen(self, head: str, outputs: Outputs) -> NDArray[np.bool_]:
        return np.array([content in self.seen.get(head, ()) for content in outputs.ids], np.bool_)


def answers_of_live(
    live: Tagger | Path,
    outputs: Outputs,
    runs: Path,
    *,
    encoder: Encoder | None,
    home: Path | None,
    enough: int,
    primary: str,
    wanted: NDArray[np.bool_],
) -> Answers:
    """
    Args:
        outputs: of the new run, with the paths of the photos.
        runs: the folder in which its own run may lie.
        enough: fewer photos than that that it has not seen are no comparison: then it may show what it has seen, too.
        primary: the head that decides, and (N,) the photos that have a label in it.

    Raises:
        ModelError: it cannot be loaded.
    """
    tagger, past = _loaded(live, runs)
    kept = {head: _held_out_then(past, outputs, head) for head in tagger.heads}
    seen = {head: past.has_seen(head, outputs) for head in tagger.heads}
    unfair = {head: seen[head] & np.array([each is None for each in kept[head]], np.bool_) for head in tagger.heads}
    in_first = unfair.get(primary, np.zeros(len(outputs), np.bool_)) & wanted
    flattered = not past.known or int((wanted & ~in_first).sum()) < enough
    fresh = {head: ~seen[head] | unfair[head] if flattered else ~seen[head] for head in tagger.heads}
    ask = np.flatnonzero(np.any(list(fresh.values()), axis=0))
    said, rows = _ask(tagger, outputs, ask, encoder, home or home_of(runs))
    answer_of = dict(zip(rows, said, strict=True))
    labels: dict[str, list[str | None]] = {}
    for head in tagger.heads:
        own = fresh[head]
        labels[head] = [
            (answer_of[row].get(head) if row in answer_of else None) if own[row] else kept[head][row]
            for row in range(len(outputs))
        ]
    asked = {head: np.array([label is not None for label in labels[head]], np.bool_) for head in tagger.heads}
    readable = np.ones(len(outputs), np.bool_)
    readable[[row for row in ask.tolist() if row not in answer_of]] = False
    notes = _notes(past, int(in_first.sum()), len(ask) - len(rows), flattered)
    words = wording_of(home or home_of(runs), dict(tagger.heads), tagger.key)
    said_now = {
        words.head(head): [None if value is None else words.value(head, value) for value in values]
        for head, values in labels.items()
    }
    return Answers(
        heads=words.shown(dict(tagger.heads)),
        labels=said_now,
        asked={words.head(head): of_head for head, of_head in asked.items()},
        readable=readable,
        zero_shot=tagger.key.startswith(_ZERO_SHOT),
        flattered=flattered,
        notes=notes,
    )


def _loaded(live: Tagger | Path, runs: Path) -> tuple[Tagger, _Past]:
    if not isinstance(live, Path):
        trained = not live.key.startswith(_ZERO_SHOT)
        return live, _Past({}, None, known=not trained)
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
        return _Past({}, None, known=False)
    if len(read) < len(parts):
        return _Past({}, None, known=False)
    cross_validated = _cross_validation(folders[0], read[0]) if len(folders) == 1 else None
    seen: dict[str, set[str]] = {}
    for part, data in zip(parts, read, strict=True):
        if isinstance(part, CheckpointConfig):
            for head, contents in _seen_by(part, data).items():
                seen.setdefault(head, set()).update(contents)
    if cross_validated is not None:  # then its tagger has learned from all that it was validated with
        for head, outputs in cross_validated.heads.items():
            learned = [content for content, known in zip(cross_validated.ids, outputs.known, strict=True) if known]
            seen.setdefault(head, set()).update(learned)
    return _Past({head: frozenset(contents) for head, contents in seen.items()}, cross_validated, known=True)


def _seen_by(config: CheckpointConfig, dataset: Dataset) -> dict[str, set[str]]:
    """By head, the photos that it has learned from. Heads on vectors know nothing of each other's photos; those of a
    network share what is below them.
    """
    learned = [each for each in dataset.examples if each.split not in (Split.VALIDATION, Split.TEST)]
    apart = config.backbone.kind == "encoder"
    return {head: {each.content_hash for each in learned if not apart or head in each.labels} for head in config.heads}


def _cross_validation(folder: RunFolder, dataset: Dataset) -> Outputs | None:
    """The outputs of a run that held each photo out in turn: photos to learn from are among them."""
    try:
        outputs = load_outputs(folder.outputs("validation"))
    except RecollectError:
        return None
    learned = {each.content_hash for each in dataset.of(Split.TRAIN)}
    return outputs if learned.intersection(outputs.ids) else None


def _held_out_then(past: _Past, outputs: Outputs, head: str) -> list[str | None]:
    """What the live tagger's own cross-validation said of each photo; None where it said nothing."""
    kept = past.cross_validated.heads.get(head) if past.cross_validated is not None else None
    if kept is None or past.cross_validated is None:
        return [None] * len(outputs)
    rows = {content: row for row, content in enumerate(past.cross_validated.ids) if kept.known[row]}
    return [kept.labels[int(kept.predicted[rows[each]])] if each in rows else None for each in outputs.ids]


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
