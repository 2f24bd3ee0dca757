"""What can be said of photos: prompts for names, colours and materials, and the many texts that the text tower reads.

Everyday queries are short, captions are long, and neither names all things: so the text tower is shown captions, pieces
of captions, composed phrases and single words, and learns of each what the sentence encoder knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.starter.corpus import Corpus

TEMPLATES = ("a photo of a {}", "{}", "a picture of a {}", "a {}", "a photo of {}", "a close-up of a {}")
"""How people ask for a thing."""

COLOURS = (
    *("black", "blue", "brown", "white", "gray", "red", "green", "purple", "pink", "beige", "silver", "yellow"),
    *("orange", "gold", "navy blue", "turquoise", "maroon", "cream", "transparent", "colourful"),
)
MATERIALS = (
    *("plastic", "metal", "glass", "paper", "cardboard", "wood", "leather", "fabric", "cotton", "wool", "rubber"),
    *("stone", "ceramic", "steel", "synthetic"),
)
PLACES = (
    *("on a table", "on grass", "in the snow", "on the beach", "in water", "in a kitchen", "in the street"),
    *("in a forest", "in the city", "at night", "indoors", "outdoors", "in a shop", "on a white background"),
    *("in a garden", "under a tree", "on a plate", "in a box", "in the sky", "on the floor"),
)
PEOPLE = ("a man", "a woman", "a child", "a boy", "a girl", "people", "a group of people", "two people", "a baby")
COUNTS = ("two", "three", "many", "some", "a group of", "a pair of")
RELATIONS = ("with", "and", "next to", "in front of", "behind", "near")

_SHORTEST, _LONGEST = 2, 6  # words of a piece of a caption
_WORD = re.compile(r"[a-z]{3,}")


def material_phrase(material: str, name: str = "") -> str:
    return f"a photo of a {material} {name}" if name else f"a photo of something made of {material}"


def colour_phrase(color: str, name: str) -> str:
    return f"a photo of a {color} {name}"


def names_of(corpus: Corpus) -> list[str]:
    """All that the photos of the train part are called: classes, synonyms, broader words. Sorted."""
    train = (each for each in corpus.photos if each.split == "train")
    return sorted({name for each in train for name in (each.label, *each.synonyms, *each.broader) if name})


def whole_words(pieces: Iterable[str]) -> list[str]:
    """The words among the pieces of a vocabulary, each once, in their order."""
    return list(dict.fromkeys(piece for piece in pieces if _WORD.fullmatch(piece)))


def said_alone(word: str) -> tuple[str, str]:
    """A single word, as people type it and as prompts put it."""
    return word, f"a photo of a {word}"


def reading_list(texts: Sequence[str], words: Iterable[str], word_repeats: int) -> NDArray[np.int64]:
    """Places of the texts that an epoch reads: single words several times, the others once.

    What a caption means follows from many words, each of which is in other captions too; what a word means that stands
    alone has to be learned of that word.
    """
    alone = {text for word in words for text in said_alone(word)}
    return np.repeat(np.arange(len(texts)), [word_repeats if text in alone else 1 for text in texts])


def text_corpus(corpus: Corpus, names: Sequence[str], words: Sequence[str], *, seed: int, scale: int = 1) -> list[str]:
    """Distinct texts for the text tower, some hundred thousand; the same for the same arguments.

    Args:
        names: Of things: those of the photos, and of the classes that the image teacher knows.
        words: Single words, whatever they mean.
        scale: How many composed phrases a name gets, in units of about thirty.
    """
    random = np.random.default_rng((seed, 23))
    captions = [text for each in corpus.photos if each.split == "train" for text in each.captions]
    texts = list(captions)
    texts += [piece for caption in captions for piece in _pieces(caption, random)]
    texts += [template.format(name) for name in names for template in TEMPLATES]
    for name in names:
        texts += _composed(name, names, random, scale)
    for word in words:
        texts += said_alone(word)
    for word in _drawn(words, len(words), random):
        texts += [f"{_one(COLOURS, random)} {word}", f"{word} {_one(PLACES, random)}", f"{word} {_one(words, random)}"]
    return list(dict.fromkeys(texts))


def _pieces(caption: str, random: np.random.Generator) -> list[str]:
    words = re.findall(r"[A-Za-z'-]+", caption)
    if len(words) <= _LONGEST:
        return []
    length = int(random.integers(_SHORTEST, _LONGEST + 1))
    first = int(random.integers(len(words) - length + 1))
    return [" ".join(words[first : first + length]).lower()]


def _composed(name: str, names: Sequence[str], random: np.random.Generator, scale: int) -> list[str]:
    several = plural(name)
    texts = [several, f"a photo of {several}"]
    for _ in range(scale):
        texts += [f"{color} {name}" for color in _drawn(COLOURS, 6, random)]
        texts += [colour_phrase(color, name) for color in _drawn(COLOURS, 4, random)]
        texts += [material_phrase(material, name) for material in _drawn(MATERIALS, 2, random)]
        texts += [f"{material} {name}" for material in _drawn(MATERIALS, 2, random)]
        texts += [f"{name} {place}" for place in _drawn(PLACES, 4, random)]
        texts += [f"{_one(COUNTS, random)} {several}", f"{_one(PEOPLE, random)} with a {name}"]
        texts += [f"{name} {_one(RELATIONS, random)} {other}" for other in _drawn(names, 3, random)]
        texts += [f"{_one(COLOURS, random)} {name} {_one(PLACES, random)}"]
    return texts


def plural(name: str) -> str:
    """Of an English noun, by the usual rules; irregular ones come out as children would say them."""
    if name.endswith(("s", "x", "ch", "sh")):
        return name if name.endswith("s") else f"{name}es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def _one(choices: Sequence[str], random: np.random.Generator) -> str:
    return choices[int(random.integers(len(choices)))]


def _drawn(choices: Sequence[str], count: int, random: np.random.Generator) -> list[str]:
    """So many of them, each at most once."""
    places = random.permutation(len(choices))[:count]
    return [choices[int(place)] for place in places]
