"""The model card: what the model is, what it learned from and by which rights, how well it does, and what it cannot."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from core.models.disk import disk_errors, write_whole
from trainer.starter.config import StarterConfig
from trainer.starter.corpus import Corpus
from trainer.starter.shipping import CONFIG, VOCABULARY, WEIGHTS
from trainer.starter.vocabulary import vocabulary_size

CARD = "README.md"

RIGHTS = {
    "tiny-imagenet": "research and education only (ImageNet)",
    "flickr8k": "research and education only",
    "cifar10": "research",
    "fashion-products": "research and education",
    "caltech-101": "research",
    "intel-scenes": "research and education",
    "grocery-store": "MIT",
    "flowers-5": "Creative Commons, of several kinds",
    "trashnet": "MIT",
    "dog-cat": "research",
    "imagenet-sample-images": "research and education only (ImageNet)",
    "coco-mini": "CC BY 4.0 for the captions, terms of Flickr for the photos",
    "products": "educational and research purposes",
    "clothing": "CC0 1.0",
}


def write_card(
    folder: Path, config: StarterConfig, corpus: Corpus, metrics: Mapping[str, Mapping[str, float]], seconds: float
) -> Path:
    """Write the card beside the model that lies in `folder`; returns its path.

    Args:
        metrics: See `trainer.starter.validation`.
        seconds: That the training took.

    Raises:
        MachineError: it cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    counts = Counter(each.source for each in corpus.photos if each.split == "train")
    template = files("trainer").joinpath("starter", "card.md.jinja").read_text(encoding="utf-8")
    path = folder / CARD
    with disk_errors(path):
        weights = (folder / WEIGHTS).read_bytes()
        text = (
            Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
            .from_string(template)
            .render(
                towers=config.towers,
                config=config,
                vocabulary=vocabulary_size(config.towers.merges),
                files={"config": CONFIG, "weights": WEIGHTS, "vocabulary": VOCABULARY},
                megabytes=len(weights) / 1e6,
                sha256=hashlib.sha256(weights).hexdigest(),
                hours=seconds / 3600,
                photos=counts.total(),
                data_hash=corpus.hash,
                sources=[
                    {"name": name, "photos": count, "rights": RIGHTS.get(name, "not stated")}
                    for name, count in counts.most_common()
                ],
                metrics={"captions": None, **{name: {"choices": 0, **values} for name, values in metrics.items()}},
            )
        )
        write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
    return path
