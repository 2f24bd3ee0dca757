"""From a run to an encoder of the library: taken in under a name of its own, beside the one that it was adapted from.

Nothing is replaced: the encoder before stays installed, and so do the vectors that the library has of it. Letting the
new one answer is `library.models.use(name)`: photos are embedded anew in the background, and going back is at once but
for photos that came meanwhile.
"""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from core.errors import ModelError, TrainingError
from core.models.disk import disk_errors
from core.models.json_cache import read_object
from core.models.loading import load_clip
from core.models.registry import ModelStore
from core.models.spec import CARD_KEY
from core.paths import LibraryPaths
from core.run_names import LONGEST_NAME
from core.settings import load_settings
from core.settings_file import SettingsFile
from trainer.contrastive.between import between
from trainer.contrastive.card import CARD
from trainer.contrastive.guard import Curve, read_curve
from trainer.contrastive.shipping import CONFIG, LEARNED, WEIGHTS, own_encoder_of, read_learned, write_encoder
from trainer.runs.run_folder import RunFolder

_NO_MODEL = shutil.ignore_patterns(LEARNED)


def take_in(run_dir: Path, home: Path, name: str = "", *, alpha: float | None = None) -> str:
    """Make the encoder of a run one of the library's. Takes a second or two; nothing answers differently yet.

    Args:
        home: Of the library.
        name: What it is called; by default after the encoder that it was adapted from, and the day.
        alpha: Another point of the way than the guard has taken; search by words may then be worse.

    Returns:
        Its name: `library.models.use(name)` lets it answer.

    Raises:
        TrainingError: the run has no such encoder, nothing was gained, or the name is taken.
        ModelError: the encoder that it was adapted from is no longer what it was.
        MachineError: the disk does not take it.
    """
    curve, paths = read_curve(run_dir), LibraryPaths(home)
    point = curve.alpha if alpha is None else alpha
    _check(curve, run_dir, alpha)
    settings = SettingsFile(paths.settings, None, lambda changed: None)
    store = ModelStore(paths.models, settings.current, calibration=paths.calibration)
    chosen = _free_name(name, curve, store)
    folder = _new_folder(paths.models, chosen)
    part = folder.with_name(f".{folder.name}-{uuid4().hex[:8]}.part")
    try:
        with disk_errors(folder):
            shutil.copytree(RunFolder(run_dir).checkpoint, part, ignore=_NO_MODEL)
            if point != curve.alpha:
                _write_point(run_dir, part, point, curve, store)
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _enter(settings, chosen, folder)
    return chosen


def taken_in_as(run_dir: Path, home: Path) -> list[str]:
    """The names under which a run's encoder was taken in; none where it was not.

    Raises:
        SettingsError: the settings cannot be read.
    """
    paths = LibraryPaths(home)
    cards = {
        name: read_object(paths.models / custom.architecture).get(CARD_KEY)
        for name, custom in load_settings(paths.settings).encoders.items()
    }
    return [name for name, card in cards.items() if isinstance(card, dict) and card.get("run") == run_dir.name]


def _check(curve: Curve, run_dir: Path, alpha: float | None) -> None:
    if alpha is not None and not 0 < alpha <= 1:
        raise TrainingError(f"{alpha:g} is no point of the way.", remedy="Take one above 0 and up to 1.", path=run_dir)
    if alpha is None and curve.alpha == 0:
        raise TrainingError(
            curve.reason,
            title="The encoder is no better",
            remedy="Train with more photos or other values, or take a point that costs search by words: `--alpha 0.5`.",
            path=run_dir,
        )
    if not (RunFolder(run_dir).checkpoint / WEIGHTS).is_file():
        raise TrainingError(f"The encoder of the run {run_dir.name} is gone.", remedy="Train again.", path=run_dir)


def _free_name(wanted: str, curve: Curve, store: ModelStore) -> str:
    taken = {spec.name for spec in store.specs()} | {info.name for info in store.backbones.infos()}
    wanted = wanted.strip()
    if wanted in taken:
        raise TrainingError(f"There is a model called {wanted} already.", remedy="Choose another name with --name.")
    usual = f"{curve.encoder.partition(', adapted')[0]}, adapted {datetime.now():%Y-%m-%d}"
    names = [wanted or usual, *(f"{usual} ({number})" for number in range(2, 1000))]
    return next(name for name in names if name not in taken)


def _new_folder(models: Path, name: str) -> Path:
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:LONGEST_NAME] or "adapted"
    with disk_errors(models):
        models.mkdir(parents=True, exist_ok=True)
    places = (models / (stem if number == 1 else f"{stem}-{number}") for number in range(1, 1000))
    return next(place for place in places if not place.exists())


def _write_point(run_dir: Path, folder: Path, alpha: float, curve: Curve, store: ModelStore) -> None:
    """Another point of the way, in place of the one that the guard took."""
    files = store.files(curve.encoder)
    if files.sha256[:16] not in curve.encoder_key:
        raise ModelError(
            f"The encoder {curve.encoder} is not the one that the run was adapted from.", remedy="Train again."
        )
    parts = load_clip(files.spec, files.weights)
    before = {name: value.clone() for name, value in parts.model.visual.state_dict().items()}
    after = read_learned(RunFolder(run_dir).checkpoint)
    said = {**read_object(folder / CONFIG).get(CARD_KEY, {}), "alpha": alpha}
    write_encoder(folder, files, parts, between(before, after, alpha), said)
    (folder / CARD).unlink(missing_ok=True)  # its figures are those of the other point


def _enter(settings: SettingsFile, name: str, folder: Path) -> None:
    """Into the settings, with paths that stay right when the library moves."""
    own = own_encoder_of(folder)
    relative = {
        "architecture": f"{folder.name}/{CONFIG}",
        "weights": f"{folder.name}/{WEIGHTS}",
        "tokenizer": None if own.tokenizer is None else f"{folder.name}/{own.tokenizer.name}",
    }
    known = {key: custom.model_dump() for key, custom in settings.reread().encoders.items()}
    settings.change({"encoders": {**known, name: relative}})
