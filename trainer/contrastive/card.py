"""The model card of an adapted encoder, and the sentences about it that the registry shows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.models.disk import disk_errors, write_whole
from core.models.spec import EncoderSpec
from core.tags.values import Split
from trainer.contrastive.config import ContrastiveConfig
from trainer.contrastive.guard import AGREEMENT, Curve
from trainer.data.examples import Dataset

CARD = "README.md"
_NAMED = 8  # labels in a sentence


def said_of(spec: EncoderSpec, curve: Curve, dataset: Dataset, run: str) -> dict[str, Any]:
    """What the model says of itself, see `core.models.spec.OwnCard`: templates and licence are those of the encoder
    that it was adapted from.

    Args:
        run: Name of the run's folder.
    """
    labels = next(iter(dataset.heads.values()), ())
    named = ", ".join(labels[:_NAMED]) + (f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else "")
    return {
        "description": f"{spec.title}, adapted to your labels of {dataset.name}: {named}.",
        "good_for": f"Photos like a photo, among {named}. {spec.good_for}".strip(),
        "languages": spec.languages,
        "license": spec.license,
        "license_url": spec.license_url,
        "speed": spec.speed,
        "templates": list(spec.templates),
        "adapted_from": curve.encoder_key,
        "alpha": curve.alpha,
        "run": run,
    }


def write_card(
    folder: Path,
    spec: EncoderSpec,
    config: ContrastiveConfig,
    curve: Curve,
    dataset: Dataset,
    said: Mapping[str, Any],
    seconds: float,
) -> Path:
    """Write the card beside the model; returns its path.

    Args:
        said: See `said_of`.
        seconds: That the training took.

    Raises:
        MachineError: it cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    template = files("trainer").joinpath("contrastive", "card.md.jinja").read_text(encoding="utf-8")
    before, taken = ({**point.image, **point.text} for point in (curve.before, curve.taken))
    text = (
        Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
        .from_string(template)
        .render(
            encoder=spec.name,
            spec=spec,
            config=config,
            curve=curve,
            said=said,
            seconds=seconds,
            photos=len(dataset.of(Split.TRAIN)),
            labels=next(iter(dataset.heads.values()), ()),
            data_hash=dataset.hash,
            figures=[(name, (before[name].value, taken[name].value)) for name in taken],
            agreement=AGREEMENT,
        )
    )
    path = folder / CARD
    with disk_errors(path):
        write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
    return path
