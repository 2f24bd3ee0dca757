"""In how many training photos each word was said: makes the `known-words.json` that a model ships.

    python -m trainer.starter.known_words FOLDER OUT

FOLDER holds parquet files with the columns `captions`, `label`, `attributes` (JSON) and `split`; photos of the split
"train" are counted. What the window does with the words is `core.coverage`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from core.known_words import LONGEST_TERM, KnownWords, known_words_document, words_of

LEAST_PHOTOS = 2
"""A word of a single photo is mostly a slip of the pen: leaving these out halves the file and changes no verdict."""

Said = tuple[Sequence[str], str, Mapping[str, Any]]
"""What people say of one photo: captions, label (may be empty), attributes (strings, or lists of strings)."""


def count_words(photos: Iterable[Said], *, least: int = LEAST_PHOTOS) -> KnownWords:
    """How many photos each word was said of, once a photo; and each label or attribute of a few words, as a whole.

    Args:
        least: Words of fewer photos are left out.
    """
    counts: Counter[str] = Counter()
    number = 0
    for captions, label, attributes in photos:
        names = [label, *_strings(attributes)]
        counts.update({word for text in (*captions, *names) for word in words_of(text)} | set(_terms(names)))
        number += 1
    return KnownWords(number, {word: count for word, count in counts.items() if count >= least})


def write_known_words(known: KnownWords, path: Path) -> None:
    """One line a word, so that two versions can be compared."""
    path.write_text(json.dumps(known_words_document(known), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def read_said(folder: Path, split: str = "train") -> Iterator[Said]:
    """What the parquet files of a folder say of the photos of one split."""
    import pyarrow.parquet

    for shard in sorted(folder.glob("*.parquet")):
        columns = ["captions", "label", "attributes"]
        table = pyarrow.parquet.read_table(shard, columns=columns, filters=[("split", "=", split)])
        for row in table.to_pylist():
            yield row["captions"] or [], row["label"] or "", json.loads(row["attributes"] or "{}")


def _strings(attributes: Mapping[str, Any]) -> Iterator[str]:
    for value in attributes.values():
        yield from (str(each) for each in (value if isinstance(value, list) else [value]))


def _terms(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        words = words_of(name)
        if 1 < len(words) <= LONGEST_TERM:
            yield " ".join(words)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def main(folder: Path, out: Path) -> None:
    """Count the words of the photos in FOLDER and write them to OUT."""
    known = count_words(read_said(folder))
    write_known_words(known, out)
    click.echo(f"{len(known.counts):,} words of {known.photos:,} photos: {out}")


if __name__ == "__main__":
    main()
