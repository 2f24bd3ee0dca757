"""The trimmed vocabulary: a part of CLIP's own that reads the same words in the same pieces."""

from __future__ import annotations

from pathlib import Path

from core.models.open_clip_api import SimpleTokenizer
from trainer.starter.vocabulary import (
    SPECIAL_TOKENS,
    chosen_merges,
    count_words,
    ending_pieces,
    full_merges,
    vocabulary_size,
    write_vocabulary,
)

TEXTS = ["A dog runs on the beach.", "two dogs, a red ball", "a photo of an automobile", "Café au lait"]


def test_words_of_the_texts_are_single_tokens_where_all_merges_are_kept(tmp_path: Path) -> None:
    counts = count_words(TEXTS)
    assert counts["a"] == 3
    merges = chosen_merges(counts, 10_000)
    write_vocabulary(merges, tmp_path / "bpe.txt.gz")
    ours = SimpleTokenizer(bpe_path=str(tmp_path / "bpe.txt.gz"), context_length=16)
    full = SimpleTokenizer(context_length=16)
    assert ours.vocab_size == vocabulary_size(len(merges)) == len(merges) + SPECIAL_TOKENS
    for word in counts:
        assert ours.bpe(word) == full.bpe(word)


def test_fewer_merges_read_everything_in_more_pieces(tmp_path: Path) -> None:
    merges = chosen_merges(count_words(TEXTS), 12)
    assert len(merges) == 12
    write_vocabulary(merges, tmp_path / "bpe.txt.gz")
    ours = SimpleTokenizer(bpe_path=str(tmp_path / "bpe.txt.gz"), context_length=32)
    (tokens,) = ours(["zebra"])
    assert ours.decode(tokens[tokens > 0].tolist()) == "<start_of_text>zebra <end_of_text>"


def test_every_merge_has_those_that_made_its_parts() -> None:
    merges = chosen_merges(count_words(TEXTS * 3), 40)
    made = {"".join(merge) for merge in merges}
    for merge in merges:
        for part in merge:
            assert part in made or len(part.removesuffix("</w>")) == 1
    order = {merge: rank for rank, merge in enumerate(full_merges())}
    assert [order[merge] for merge in merges] == sorted(order[merge] for merge in merges)


def test_the_same_merges_make_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_vocabulary(full_merges()[:50], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_full_vocabulary_ends_words_in_pieces_that_are_words_most_often() -> None:
    pieces = ending_pieces()
    assert {"dog", "pooch", "tangerine"} <= set(pieces)
    assert not any(piece.endswith("</w>") for piece in pieces)
