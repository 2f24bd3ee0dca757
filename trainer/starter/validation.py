"""How good search is on photos that nothing was learned from: the figures of each epoch, and those of the model card.

The prompts are those of the first starter's figures: one, "a photo of a ...".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from trainer.starter.phrases import colour_phrase, material_phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.starter.corpus import Corpus

PROMPT = "a photo of a {}"
SUMMARY = ("captions", "names", "color", "material")
"""Come first among the figures; the others are of one source each."""
_FEW = 3  # photos of a colour or material: rarer ones are no choice
_FEWEST_CAPTIONED = 20  # a smaller pool says nothing


class Known(Protocol):
    """A photo of which something is known; what is not, is empty."""

    @property
    def source(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def captions(self) -> tuple[str, ...]: ...
    @property
    def color(self) -> str: ...
    @property
    def material(self) -> str: ...


Read = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts -> (N, D) unit length."""


@dataclass(frozen=True)
class Examination:
    """What is asked of the photos of one split."""

    photos: Sequence[Known]
    labels: Mapping[str, tuple[str, ...]]  # of each source: the classes that a photo may be of

    @classmethod
    def of(cls, corpus: Corpus, split: str = "val") -> Examination:
        sources = sorted({each.source for each in corpus.photos})
        labels = {
            source: tuple(sorted({each.label for each in corpus.photos if each.source == source and each.label}))
            for source in sources
        }
        chosen = tuple(each for each in corpus.photos if each.split == split)
        return cls(chosen, {source: names for source, names in labels.items() if len(names) > 1})

    def metrics(self, images: NDArray[np.float32], read: Read) -> dict[str, dict[str, float]]:
        """By question.

        Args:
            images: (N, D) unit length, of `photos`.
        """
        metrics: dict[str, dict[str, float]] = {}
        if (captions := self._captions(images, read)) is not None:
            metrics["captions"] = captions
        hits: list[float] = []
        for source, names in self.labels.items():
            rows = [row for row, each in enumerate(self.photos) if each.source == source and each.label]
            if not rows:
                continue
            metrics[source] = _told_apart(
                images[rows],
                read([PROMPT.format(name) for name in names]),
                [self.photos[row].label for row in rows],
                names,
            )
            hits.append(metrics[source]["top-1"])
        for kind, phrase in (("color", colour_phrase), ("material", material_phrase)):
            if (found := self._attribute(kind, phrase, images, read)) is not None:
                metrics[kind] = found
        metrics["names"] = {"top-1": float(np.mean(hits)) if hits else 0.0, "photos": float(len(self.photos))}
        return {name: metrics[name] for name in (*SUMMARY, *metrics) if name in metrics}

    def _captions(self, images: NDArray[np.float32], read: Read) -> dict[str, float] | None:
        """A caption finds its photo among all photos that have one; product titles are no captions."""
        rows = [row for row, each in enumerate(self.photos) if each.captions and not each.label]
        if len(rows) < _FEWEST_CAPTIONED:
            return None
        pairs = [(text, place) for place, row in enumerate(rows) for text in self.photos[row].captions]
        scores = read([text for text, _ in pairs]) @ images[rows].T
        own = scores[np.arange(len(pairs)), [place for _, place in pairs]]
        ranks = (scores >= own[:, None]).sum(1)
        return {
            **{f"R@{depth}": float((ranks <= depth).mean()) for depth in (1, 5, 10)},
            "photos": float(len(rows)),
        }

    def _attribute(
        self, kind: str, phrase: Callable[[str, str], str], images: NDArray[np.float32], read: Read
    ) -> dict[str, float] | None:
        """The colour (or material) of a thing whose name is known."""
        counts = Counter(str(getattr(each, kind)) for each in self.photos if getattr(each, kind))
        values = sorted(value for value, count in counts.items() if count >= _FEW)
        rows = [row for row, each in enumerate(self.photos) if getattr(each, kind) in values and each.label]
        if len(values) < 2:
            return None
        names = sorted({self.photos[row].label for row in rows})
        texts = read([phrase(value, name) for name in names for value in values]).reshape(len(names), len(values), -1)
        hits = [
            values[int((texts[names.index(self.photos[row].label)] @ images[row]).argmax())]
            == getattr(self.photos[row], kind)
            for row in rows
        ]
        return {"top-1": float(np.mean(hits)), "photos": float(len(rows)), "choices": float(len(values))}


def search_score(metrics: Mapping[str, Mapping[str, float]]) -> float:
    """0 to 1: captions, names and colours in equal parts."""
    parts = [
        np.mean([metrics["captions"][f"R@{depth}"] for depth in (1, 5, 10)]) if "captions" in metrics else None,
        metrics["names"]["top-1"],
        metrics["color"]["top-1"] if "color" in metrics else None,
    ]
    return float(np.mean([part for part in parts if part is not None]))


def _told_apart(
    images: NDArray[np.float32], texts: NDArray[np.float32], wanted: Sequence[str], names: Sequence[str]
) -> dict[str, float]:
    order = np.argsort(-(images @ texts.T), axis=1, kind="stable")
    places = np.array([names.index(each) for each in wanted])[:, None]
    return {
        "top-1": float((order[:, :1] == places).any(1).mean()),
        "top-5": float((order[:, :5] == places).any(1).mean()),
        "photos": float(len(wanted)),
        "choices": float(len(names)),
    }
