"""How well the words of a query are known: verdicts, the measure, and what a library tells with a search."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.coverage import Coverage, NotMeasuredError, cover, hardly_known_sentence
from core.events import Event, WordsMeasured
from core.known_words import KnownWords
from core.library import Library
from core.query import parse
from core.word_vectors import WordVectors, looks_like

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

KNOWN = KnownWords(100, {"dog": 40, "sea": 30, "cat": 20, "crane": 20, "golden retriever": 6, "beach": 7, "rare": 4})


def covered(query: str) -> Coverage:
    coverage = cover(parse(query).terms, KNOWN, lambda word: ("cat", 0.9) if word == "kitty" else None)
    assert coverage is not None
    return coverage


def verdicts(query: str) -> dict[str, str]:
    return {word.word: word.verdict for word in covered(query).words}


class TestVerdicts:
    def test_each_word_has_its_own(self) -> None:
        assert verdicts("a kitty and two dogs in a zeppelin") == {
            "kitty": "near",
            "two": "unknown",
            "dogs": "known",
            "zeppelin": "unknown",
        }

    def test_a_word_of_few_photos_is_hardly_known(self) -> None:
        assert verdicts("rare dog") == {"rare": "unknown", "dog": "known"}

    def test_a_term_is_known_as_a_whole(self) -> None:
        assert verdicts("golden retrievers at sea") == {"golden retrievers": "known", "sea": "known"}

    def test_unwanted_words_filters_and_pictures_do_not_count(self) -> None:
        coverage = covered("zeppelin - giraffe name:unicorn image:pool.jpg")
        assert coverage.hardly_known == ("zeppelin",)
        assert coverage.with_picture

    @pytest.mark.parametrize("query", ["a photo of me", "is:favorite", "- zeppelin", "2019", "image:pool.jpg"])
    def test_where_there_are_no_words_there_is_nothing_to_say(self, query: str) -> None:
        assert cover(parse(query).terms, KNOWN, lambda word: None) is None

    def test_what_the_user_has_labelled_is_known(self) -> None:
        coverage = cover(parse("zeppelin").terms, KNOWN, lambda word: None, familiar=lambda word: word == "zeppelin")
        assert coverage is not None
        assert coverage.hardly_known == ()

    def test_the_last_word_may_still_be_typed(self) -> None:
        assert covered("dog bea").is_unfinished
        assert not covered("bea dog").is_unfinished
        assert not covered("dog zep").is_unfinished


class TestMeasure:
    @pytest.mark.parametrize(
        ("query", "measure"),
        [("dog", 1.0), ("zeppelin", 0.0), ("dog zeppelin", 0.5), ("3*dog + zeppelin", 0.75), ("kitty", 0.9)],
    )
    def test_is_the_share_of_what_is_known(self, query: str, measure: float) -> None:
        assert covered(query).measure == pytest.approx(measure)

    def test_all_is_lost_only_where_nothing_is_known(self) -> None:
        assert covered("zeppelin giraffe").is_hopeless
        assert not covered("zeppelin dog").is_hopeless
        assert not covered("zeppelin + image:pool.jpg").is_hopeless
        assert not covered("kitty").is_hopeless


def test_the_sentence_names_a_few_words() -> None:
    def said(*words: str) -> str:
        return hardly_known_sentence("Starter", words, repr)

    assert said("a") == "Starter hardly knows 'a'"
    assert said("a", "b") == "Starter hardly knows 'a' and 'b'"
    assert said("a", "b", "c", "d") == "Starter hardly knows 'a', 'b', 'c' and 1 more word"


class TestNearWords:
    @pytest.fixture
    def words(self, starter: ClipEncoder, tmp_path: Path) -> Iterator[WordVectors]:
        words = WordVectors(starter, KNOWN, tmp_path / "words.npz")
        yield words
        words.close()

    def test_a_synonym_is_taken_for_the_word_that_is_known(self, words: WordVectors) -> None:
        coverage = words.cover(parse("canine").terms, wait_s=60)
        assert coverage is not None
        assert coverage.taken_for == {"canine": "dog"}

    def test_a_word_that_only_looks_alike_is_not(self, words: WordVectors) -> None:
        coverage = words.cover(parse("hurricane").terms, wait_s=60)
        assert coverage is not None
        assert coverage.hardly_known == ("hurricane",)

    def test_known_words_need_no_vectors(self, words: WordVectors) -> None:
        assert words.cover(parse("dog").terms) is not None
        with pytest.raises(NotMeasuredError):
            words.nearest("zeppelin")

    def test_what_was_computed_is_kept(self, words: WordVectors, starter: ClipEncoder, tmp_path: Path) -> None:
        words.cover(parse("zeppelin").terms, wait_s=60)
        kept = (tmp_path / "words.npz").stat().st_mtime_ns
        again = WordVectors(starter, KNOWN, tmp_path / "words.npz")
        coverage = again.cover(parse("canine").terms, wait_s=60)
        assert coverage is not None
        assert coverage.taken_for == {"canine": "dog"}
        assert (tmp_path / "words.npz").stat().st_mtime_ns == kept

    def test_vectors_of_other_words_or_damaged_ones_are_computed_anew(
        self, words: WordVectors, starter: ClipEncoder, tmp_path: Path
    ) -> None:
        words.cover(parse("zeppelin").terms, wait_s=60)
        other = WordVectors(starter, KnownWords(10, {"dog": 10}), tmp_path / "words.npz")
        coverage = other.cover(parse("kitten").terms, wait_s=60)
        assert coverage is not None
        assert coverage.taken_for == {}
        (tmp_path / "words.npz").write_bytes(b"PK damaged")
        again = WordVectors(starter, KNOWN, tmp_path / "words.npz")
        assert again.cover(parse("canine").terms, wait_s=60) is not None

    @pytest.mark.parametrize(("word", "other"), [("hurricane", "crane"), ("foal", "foggy"), ("meme", "lime")])
    def test_looks(self, word: str, other: str) -> None:
        assert looks_like(word, other)
        assert not looks_like("kitty", "cat")


def test_a_search_tells_it_as_soon_as_it_can_be_told(
    library_home: Path, starter: ClipEncoder, photo_folder: Path
) -> None:
    measured = threading.Event()

    def note(event: Event) -> None:
        if isinstance(event, WordsMeasured):
            measured.set()

    library = Library.open(library_home, encoder=starter)
    try:
        library.subscribe(note)
        known = library.search("red circle").coverage
        assert known is not None
        assert known.measure == 1.0
        assert library.search("zeppelin").coverage is None
        assert measured.wait(120)
        coverage = library.search("zeppelin").coverage
        assert coverage is not None
        assert coverage.is_hopeless
        assert library.coverage("zeppelin over the sea") == library.search("zeppelin over the sea").coverage
        assert library.search("name:zeppelin").coverage is None
    finally:
        library.close()


def test_a_closed_library_computes_no_more(library_home: Path, starter: ClipEncoder) -> None:
    library = Library.open(library_home, encoder=starter)
    assert library.search("zeppelin").coverage is None
    library.close()
    assert list((library_home / "index").glob("*.tmp")) == []
