"""A trimmed vocabulary: those merges of CLIP's byte-pair encoding that our texts need most.

The full one has 48,894 merges, and each token costs a row of the text tower: three quarters of what we ship would be
words that nobody asks for. A word whose merges are left out is still read, in more pieces.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from core.models.disk import write_whole
from core.models.open_clip_api import SimpleTokenizer

if TYPE_CHECKING:
    from typing import Any

Merge = tuple[str, str]
SPECIAL_TOKENS = 2 + 2 * 256  # the start and the end of a text; each byte within a word and at its end
_HEAD = "#version: recollect starter"
_END = "</w>"  # of a word


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word of the tokenizer occurs, in the bytes that it merges."""
    tokenizer: Any = SimpleTokenizer()
    counts: Counter[str] = Counter()
    for text in texts:
        for word in tokenizer.pat.findall(tokenizer.clean_fn(text).lower()):
            counts["".join(tokenizer.byte_encoder[byte] for byte in word.encode("utf-8"))] += 1
    return counts


def chosen_merges(words: Mapping[str, int], count: int) -> list[Merge]:
    """The `count` merges that are made most often in these words, in the order of the full vocabulary.

    A merge needs those that made its two parts, and these are made at least as often: so none is left without them.
    """
    order = full_merges()
    ranks = {merge: rank for rank, merge in enumerate(order)}
    made: Counter[Merge] = Counter()
    for word, times in words.items():
        for merge in _merges_of(word, ranks):
            made[merge] += times
    best = sorted(made, key=lambda merge: (-made[merge], ranks[merge]))[:count]
    return sorted(best, key=lambda merge: ranks[merge])


def write_vocabulary(merges: Iterable[Merge], path: Path) -> None:
    """In the format of open_clip's `SimpleTokenizer(bpe_path=...)`, the same bytes for the same merges.

    Raises:
        OSError: it cannot be written.
    """
    text = "\n".join([_HEAD, *(" ".join(merge) for merge in merges)])
    write_whole(path, lambda part: part.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0)))


def vocabulary_size(merges: int) -> int:
    """Tokens in all."""
    return merges + SPECIAL_TOKENS


def full_merges() -> list[Merge]:
    """CLIP's own, from the package open_clip."""
    packed = files("open_clip").joinpath("bpe_simple_vocab_16e6.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").split("\n")
    pairs = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    return [(first, second) for first, second in pairs]


def ending_pieces() -> list[str]:
    """What the full vocabulary's merges make at the end of words, and most often a whole one, in their order."""
    made = ("".join(merge) for merge in full_merges())
    return [piece.removesuffix(_END) for piece in made if piece.endswith(_END)]


def _merges_of(word: str, ranks: Mapping[Merge, int]) -> list[Merge]:
    """The merges that byte-pair encoding makes in one word (Sennrich, Haddow and Birch 2016)."""
    parts = [*word[:-1], f"{word[-1]}{_END}"]
    made: list[Merge] = []
    while len(parts) > 1:
        pairs = set(pairwise(parts))
        best = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        made.append(best)
        parts = _merged(parts, best)
    return made


def _merged(parts: list[str], merge: Merge) -> list[str]:
    joined: list[str] = []
    place = 0
    while place < len(parts):
        if tuple(parts[place : place + 2]) == merge:
            joined.append("".join(merge))
            place += 2
        else:
            joined.append(parts[place])
            place += 1
    return joined
