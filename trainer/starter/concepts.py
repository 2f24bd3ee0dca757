"""What photos are called, as targets: classes, broader words, colours, materials, and the texts that stand for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from trainer.data.examples import NOT_LABELLED
from trainer.starter.phrases import TEMPLATES, colour_phrase, material_phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.starter.corpus import Corpus

_RAREST = 3  # photos of a colour or material: below that, it is not told apart
_FEWEST = 4  # photos of a class: below that, a network learns the photos by heart. The image teacher knows such things


@dataclass(frozen=True)
class Concepts:
    """What the train part of a corpus says often enough to be learned, each sorted."""

    labels: tuple[str, ...]
    variants: tuple[tuple[str, ...], ...]  # of each label: itself, and its synonyms
    broader_of: tuple[frozenset[str], ...]  # of each label
    broader: tuple[str, ...]
    colors: tuple[str, ...]
    materials: tuple[str, ...]
    colored: tuple[str, ...]  # labels of which some photo states a colour
    made: tuple[str, ...]  # labels of which some photo states a material

    @classmethod
    def of(cls, corpus: Corpus) -> Concepts:
        train = [each for each in corpus.photos if each.split == "train"]
        photos = Counter(each.label for each in train)
        synonyms: dict[str, set[str]] = defaultdict(set)
        above: dict[str, set[str]] = defaultdict(set)
        for each in train:
            if each.label and photos[each.label] >= _FEWEST:
                synonyms[each.label].update(each.synonyms)
                above[each.label].update(each.broader)
        labels = tuple(sorted(synonyms))
        return cls(
            labels,
            tuple((label, *sorted(synonyms[label] - {label})) for label in labels),
            tuple(frozenset(above[label]) for label in labels),
            tuple(sorted({word for words in above.values() for word in words})),
            _frequent(each.color for each in train),
            _frequent(each.material for each in train),
            tuple(sorted({each.label for each in train if each.label in synonyms and each.color})),
            tuple(sorted({each.label for each in train if each.label in synonyms and each.material})),
        )

    @cached_property
    def overlap(self) -> NDArray[np.bool_]:
        """(L, L): may a photo of one label well be called by the other too? Such names are no counterexamples: a
        golden retriever is a dog, and an automobile is a car.
        """
        names = [frozenset(each) for each in self.variants]
        overlap = np.zeros((len(self.labels), len(self.labels)), np.bool_)
        for row, label in enumerate(self.labels):
            for column, other in enumerate(self.labels):
                akin = names[row] & names[column] or other in self.broader_of[row] or label in self.broader_of[column]
                overlap[row, column] = row != column and bool(akin)
        return overlap


@dataclass(frozen=True)
class Targets:
    """By row of a corpus: places in the lists of `Concepts`, -1 where nothing is said."""

    labels: NDArray[np.int64]
    broader: NDArray[np.int64]
    colors: NDArray[np.int64]
    materials: NDArray[np.int64]
    captions: tuple[tuple[int, ...], ...]  # places in `Texts.captions`


class Texts:
    """All texts that the joint space is learned from, each once; `rows` finds them again."""

    def __init__(self, corpus: Corpus, concepts: Concepts, imagenet: Sequence[str]) -> None:
        """
        Args:
            imagenet: Names of the image teacher's classes, in their order.
        """
        said = (caption for each in corpus.photos if each.split == "train" for caption in each.captions)
        self.captions = tuple(dict.fromkeys(said))
        self.names = tuple(dict.fromkeys(name for variants in concepts.variants for name in variants))
        self._concepts, self._imagenet = concepts, tuple(imagenet)
        prompts = [template.format(name) for name in self.names for template in TEMPLATES]
        prompts += [template.format(word) for word in concepts.broader for template in TEMPLATES]
        prompts += [TEMPLATES[0].format(name) for name in imagenet]
        prompts += [colour_phrase(color, name) for name in concepts.colored for color in concepts.colors]
        prompts += [material_phrase(material, name) for name in concepts.made for material in concepts.materials]
        self.all = tuple(dict.fromkeys([*self.captions, *prompts]))
        self._places = {text: place for place, text in enumerate(self.all)}

    def rows(self, texts: Iterable[str]) -> NDArray[np.int64]:
        return np.array([self._places[text] for text in texts], np.int64)

    @cached_property
    def name_rows(self) -> tuple[NDArray[np.int64], ...]:
        """Of each label (variants, templates)."""
        return tuple(
            np.stack([self.rows(template.format(name) for template in TEMPLATES) for name in variants])
            for variants in self._concepts.variants
        )

    @cached_property
    def broader_rows(self) -> NDArray[np.int64]:
        """(broader words, templates)"""
        rows = [self.rows(template.format(word) for template in TEMPLATES) for word in self._concepts.broader]
        return np.stack(rows) if rows else np.empty((0, len(TEMPLATES)), np.int64)

    @cached_property
    def imagenet_rows(self) -> NDArray[np.int64]:
        """(classes of the teacher,)"""
        return self.rows(TEMPLATES[0].format(name) for name in self._imagenet)

    @cached_property
    def color_rows(self) -> dict[int, NDArray[np.int64]]:
        """By place of a label, (colours,)."""
        return self._phrases(self._concepts.colored, self._concepts.colors, colour_phrase)

    @cached_property
    def material_rows(self) -> dict[int, NDArray[np.int64]]:
        """By place of a label, (materials,)."""
        return self._phrases(self._concepts.made, self._concepts.materials, material_phrase)

    def _phrases(
        self, labels: Iterable[str], values: Sequence[str], phrase: Callable[[str, str], str]
    ) -> dict[int, NDArray[np.int64]]:
        places = {label: place for place, label in enumerate(self._concepts.labels)}
        return {places[label]: self.rows(phrase(value, label) for value in values) for label in labels}


def targets_of(corpus: Corpus, concepts: Concepts, texts: Texts) -> Targets:
    """Of all photos; those of the validation part are never learned from, and have theirs all the same."""
    captions = {caption: place for place, caption in enumerate(texts.captions)}
    return Targets(
        _places(concepts.labels, [each.label for each in corpus.photos]),
        _places(concepts.broader, [next(iter(each.broader), "") for each in corpus.photos]),
        _places(concepts.colors, [each.color for each in corpus.photos]),
        _places(concepts.materials, [each.material for each in corpus.photos]),
        tuple(tuple(captions[text] for text in each.captions if text in captions) for each in corpus.photos),
    )


def imagenet_names() -> tuple[str, ...]:
    """Of the 1,000 classes of ImageNet, in the order of every network that was trained on them; from open_clip."""
    from core.models.open_clip_api import open_clip

    return tuple(open_clip.IMAGENET_CLASSNAMES)


def _frequent(values: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(value for value in values if value)
    return tuple(sorted(value for value, count in counts.items() if count >= _RAREST))


def _places(values: Sequence[str], wanted: Sequence[str]) -> NDArray[np.int64]:
    places = {value: place for place, value in enumerate(values)}
    return np.array([places.get(each, NOT_LABELLED) for each in wanted], np.int64)
