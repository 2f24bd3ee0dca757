"""The model card that lies beside the weights of a tagger: what it is, what it says, how good it is, where it ends."""

from __future__ import annotations

from collections.abc import Mapping

from core.models.taggers.config import CheckpointConfig, EncoderBackbone, EnsembleConfig

# Labels that a card names; a head with more of them says how many.
_SHOWN_LABELS = 60


def model_card(config: CheckpointConfig, parameters: int) -> str:
    """Markdown.

    Args:
        parameters: how many numbers the network learned, or could have.
    """
    return _page(
        config.name,
        ("", f"A tagger of Recollect: it gives a photo {_sentence(list(config.heads))}.", ""),
        ("## Network", "", *_network(config, parameters), ""),
        ("## Heads", "", *_heads(config), ""),
        ("## Training", "", *_training(config), ""),
        ("## Metrics", "", *_metrics(config.metrics), ""),
        ("## Limits", "", *_limits(config)),
    )


def ensemble_card(config: EnsembleConfig, members: Mapping[str, CheckpointConfig]) -> str:
    """Markdown.

    Args:
        members: by directory.
    """
    weights = config.weights or (1.0,) * len(config.members)
    rows = [
        f"| `{directory}` | {_cell(members[directory].name)} | {weight:g} |"
        for directory, weight in zip(config.members, weights, strict=True)
    ]
    return _page(
        config.name,
        ("", "An ensemble of Recollect: the probabilities of several taggers, averaged.", ""),
        ("## Members", "", "| directory | tagger | weight |", "|---|---|---|", *rows, ""),
        ("## Metrics", "", *_metrics(config.metrics), ""),
        (
            "## Limits",
            "",
            "- It takes as long as all its members together.",
            "- What all members get wrong stays wrong.",
        ),
    )


def _page(title: str, *parts: tuple[str, ...]) -> str:
    return "\n".join([f"# {_line(title)}", *(line for part in parts for line in part)]) + "\n"


def _network(config: CheckpointConfig, parameters: int) -> list[str]:
    backbone = config.backbone
    if isinstance(backbone, EncoderBackbone):
        return [
            f"- Linear heads on the vectors of the encoder {_line(backbone.encoder_name)}, {backbone.dim} numbers.",
            f"- {parameters:,} parameters.",
        ]
    preprocessing = config.preprocessing
    assert preprocessing is not None
    return [
        f"- Backbone: {_line(backbone.name)}, with a linear head on its features for each question.",
        f"- {parameters:,} parameters, {parameters * 4 / 1e6:,.1f} MB in float32.",
        f"- Pictures of {preprocessing.width_px} x {preprocessing.height_px} pixels, "
        + ("squashed to that size." if preprocessing.resize == "squash" else "cut to the middle."),
        *(["- It sees them grey."] if preprocessing.grey else []),
    ]


def _heads(config: CheckpointConfig) -> list[str]:
    rows = ["| head | labels | temperature | unsure below | unknown below |", "|---|---|---|---|---|"]
    for name, head in config.heads.items():
        shown = ", ".join(_cell(label) for label in head.labels[:_SHOWN_LABELS])
        more = f" and {len(head.labels) - _SHOWN_LABELS} more" if len(head.labels) > _SHOWN_LABELS else ""
        known = "-" if head.known_from is None else f"a cosine of {head.known_from:.3f}"
        rows.append(f"| {_cell(name)} | {shown}{more} | {head.temperature:.3g} | {head.threshold:.2g} | {known} |")
    return rows


def _training(config: CheckpointConfig) -> list[str]:
    trained = config.trained
    said = {"Recipe": trained.recipe, "Run": trained.run, "Data": trained.data_hash, "Seed": trained.seed}
    lines = [f"- {what}: {_line(str(value))}" for what, value in said.items() if value is not None]
    return lines or ["Not stated."]


def _metrics(metrics: Mapping[str, float]) -> list[str]:
    if not metrics:
        return ["None were measured."]
    rows = [f"| {_cell(name)} | {value:.4g} |" for name, value in metrics.items()]
    return ["On photos that were held out:", "", "| metric | value |", "|---|---|", *rows]


def _limits(config: CheckpointConfig) -> list[str]:
    tells = [_line(name) for name, head in config.heads.items() if head.known_from is not None]
    lines = [
        "- It knows the labels above and no others: a photo of something else gets one of them all the same, "
        "most often with a low probability.",
        *(
            f"- {name}: a photo that lies farther from the middles of all labels than 95 % of the held-out photos is "
            "called unknown. Things that look like a label stay unnoticed."
            for name in tells
        ),
        "- It was made for photos like those that it was trained on; on others its probabilities say less.",
        "- A photo whose probability is below the head's threshold is shown as unsure.",
    ]
    if isinstance(config.backbone, EncoderBackbone):
        lines.append("- It works only while the library has the vectors of that encoder.")
    return lines


def _sentence(heads: list[str]) -> str:
    named = [_line(head) for head in heads]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _line(text: str) -> str:
    """One line, whatever a user called it."""
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
