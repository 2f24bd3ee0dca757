"""Words that a model was trained with: counted, written, read and looked up."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from core.known_words import KnownWords, forms, read_known_words, says_something, words_of
from core.models.registry import ModelStore
from core.settings import CustomEncoder, Settings
from trainer.starter.known_words import count_words, write_known_words

KNOWN = KnownWords(100, {"dog": 40, "run": 20, "puppy": 8, "child": 9, "golden retriever": 6, "beach": 7, "beat": 1})


class TestForms:
    @pytest.mark.parametrize(
        ("word", "count"),
        [("dogs", 40), ("running", 20), ("runs", 20), ("ran", 20), ("puppies", 8), ("children", 9), ("cat", 0)],
    )
    def test_numbers_and_tenses_count_as_the_word_that_is_known(self, word: str, count: int) -> None:
        assert KNOWN.count(word) == count

    def test_a_known_inflection_stands_for_its_stem(self) -> None:
        assert KnownWords(10, {"skateboarding": 5}).count("skateboard") == 5

    def test_a_term_has_the_forms_of_its_last_word(self) -> None:
        assert KNOWN.count("golden retrievers") == 6

    def test_short_words_are_no_forms_of_letters(self) -> None:
        assert "r" not in forms("ring")

    def test_letters_may_be_the_beginning_of_a_word_that_is_known_well_enough(self) -> None:
        assert KNOWN.begins("bea", least=5)
        assert not KNOWN.begins("beat", least=5)
        assert not KNOWN.begins("zep", least=5)


class TestWords:
    def test_numbers_are_no_words_and_the_owner_is_the_word_itself(self) -> None:
        assert words_of("The dog\u2019s 2 Balls, don't in 2019") == ["the", "dog", "s", "balls", "don't", "in"]

    @pytest.mark.parametrize("word", ["the", "with", "photo", "photos", "pictures", "s", "my", "showing"])
    def test_words_that_say_nothing(self, word: str) -> None:
        assert not says_something(word)


class TestFile:
    def test_what_people_said_of_photos_is_counted_once_a_photo(self, tmp_path: Path) -> None:
        said = [
            (["A dog runs.", "The dog is red"], "", {}),
            ([], "golden retriever", {"broader": "dog", "synonyms": ["retriever"], "color": "red"}),
        ]
        known = count_words(said, least=1)
        assert (known.photos, known.counts["dog"], known.counts["red"]) == (2, 2, 2)
        assert known.counts["golden retriever"] == known.counts["retriever"] == 1
        write_known_words(known, tmp_path / "known-words.json")
        read = read_known_words(tmp_path / "known-words.json")
        assert read is not None
        assert (read.photos, dict(read.counts), read.digest) == (2, dict(known.counts), known.digest)

    def test_a_model_without_the_file_says_nothing(self, tmp_path: Path) -> None:
        assert read_known_words(tmp_path / "known-words.json") is None

    @pytest.mark.parametrize(
        "text",
        ["{", "[]", '{"format": 2, "photos": 1, "words": {}}', '{"format": 1, "photos": 1, "words": {"a": null}}'],
    )
    def test_a_damaged_file_is_like_none(self, tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
        path = tmp_path / "known-words.json"
        path.write_text(text)
        with caplog.at_level(logging.WARNING):
            assert read_known_words(path) is None
        assert "known-words.json" in caplog.text

    def test_the_starter_ships_its_words_in_a_small_file(self, tmp_path: Path) -> None:
        known = ModelStore(tmp_path, Settings()).known_words("starter")
        assert known is not None
        assert known.count("dog") > 1000
        assert known.count("zeppelin") == 0

    def test_models_to_download_and_unknown_ones_ship_none(self, tmp_path: Path) -> None:
        store = ModelStore(tmp_path, Settings())
        assert store.known_words("clip-b32") is None
        assert store.known_words("nobody") is None

    def test_a_model_of_ones_own_has_them_beside_its_weights(self, tmp_path: Path) -> None:
        folder = tmp_path / "mine"
        folder.mkdir()
        (folder / "known-words.json").write_text(json.dumps({"format": 1, "photos": 9, "words": {"Dog": 3}}))
        own = CustomEncoder(architecture="ViT-B-32", weights=folder / "w.safetensors")
        known = ModelStore(tmp_path, Settings(encoders={"mine": own})).known_words("mine")
        assert known is not None
        assert known.counts == {"dog": 3}
