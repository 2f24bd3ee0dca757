"""How many photos a second each of several contenders takes: now, on this machine, on the same photos, in turn.

The network alone is measured; decoding and resizing are the same work for all. Each goes through the photos once
before, which pays for what is set up once, and then in rounds: what else the machine does meets all of them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import PhotoError, RecollectError
from core.files.decode import decode, read_content
from core.models.calibration import Plans
from core.models.taggers.config import CheckpointConfig, EncoderBackbone, read_checkpoint_config
from core.models.taggers.loaded import load_tagger
from trainer.config import TrainConfig, load_config

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.clip import ClipEncoder
    from core.models.registry import ModelStore
    from trainer.evaluate.other_kinds import OtherKinds
    from trainer.runs.run_folder import RunFolder

PHOTOS = 64  # one batch, twice over
ROUNDS = 3
_LEAST_S = 0.4  # of one round: shorter ones say more of the clock than of the network
_DECODED_EDGE_PX = 256  # as the indexer decodes

Work = Callable[[], object]
"""Goes through all photos once."""


def pictures(paths: Sequence[str], most: int = PHOTOS) -> list[Image]:
    """The first ones that can be read, decoded."""
    found: list[Image] = []
    for path in map(Path, paths):
        if len(found) == most:
            break
        try:
            found.append(decode(read_content(path)[0], edge_px=_DECODED_EDGE_PX, name=path.name))
        except PhotoError:
            continue
    return found


def work_of_run(folders: Sequence[RunFolder], photos: Sequence[Image], others: OtherKinds, plans: Plans) -> Work | None:
    """What a run does, or several one after the other; None of those that do nothing with photos, or are damaged."""
    parts: list[Work] = []
    for folder in folders:
        try:
            if isinstance(load_config(folder.config), TrainConfig):
                parts.append(_tagging(folder.checkpoint, photos, others.store, plans))
            else:
                parts.append(others.opened(folder).work(photos))
        except RecollectError:
            return None
    return lambda: [part() for part in parts]


def work_of_encoder(encoder: ClipEncoder, photos: Sequence[Image]) -> Work:
    pixels = [encoder.prepare(photo) for photo in photos]
    return lambda: encoder.encode_pixels(pixels)


def images_per_s(work: Mapping[str, Work], photos: int) -> dict[str, float]:
    """By name, the median of `ROUNDS`."""
    repeats: dict[str, int] = {}
    for name, each in work.items():
        each()
        repeats[name] = max(1, round(_LEAST_S / max(_seconds(each, 1), 1e-6)))
    rounds = [{name: _seconds(each, repeats[name]) for name, each in work.items()} for _ in range(ROUNDS)]
    return {name: photos / statistics.median(each[name] for each in rounds) for name in work}


def _seconds(work: Work, repeats: int) -> float:
    """Of one time through, the mean of several."""
    started = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - started) / repeats


def _tagging(checkpoint: Path, photos: Sequence[Image], store: ModelStore, plans: Plans) -> Work:
    """A tagger that reads vectors has to wait for its encoder: both count."""
    tagger = load_tagger(checkpoint, plans=plans)
    config = read_checkpoint_config(checkpoint)
    prepared = [tagger.prepare(photo) for photo in photos]
    if not isinstance(config, CheckpointConfig) or not isinstance(config.backbone, EncoderBackbone):
        return lambda: tagger.outputs(prepared)
    encoder = store.load(config.backbone.encoder_name)
    pixels = [encoder.prepare(photo) for photo in photos]
    return lambda: tagger.outputs(prepared, encoder.encode_pixels(pixels))
