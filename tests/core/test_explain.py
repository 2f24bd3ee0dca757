"""Why a photo answers a query: the numbers of the search, taken apart."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from core.errors import ModelError, QueryError
from core.library import Library
from core.types import PhotoId
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


def photo_named(library: Library, name: str) -> PhotoId:
    return next(photo.id for photo in library.photos(library.all_photos()) if photo.path.name == name)


class TestScore:
    @pytest.mark.parametrize(
        "query",
        [
            "red circle",
            "a red circle on white - blue",
            "2*circle + 0.5*yellow",
            "- square",
            "red circle format:jpeg",
            "photo:{} + a circle",
        ],
    )
    @pytest.mark.parametrize("strictness", [0.1, 0.5])
    def test_it_is_that_of_the_search(self, library: Library, query: str, strictness: float) -> None:
        query = query.format(photo_named(library, "red circle.jpg"))
        hits = library.search(query, strictness=strictness).hits
        assert hits
        for hit in hits:
            explanation = library.explain(query, hit.photo_id, strictness=strictness)
            assert explanation.score == pytest.approx(hit.score, abs=1e-5)
            assert explanation.weak == hit.weak

    def test_it_follows_the_settings(self, library: Library) -> None:
        photo = photo_named(library, "black square.jpg")
        library.change_settings(strictness=0.0)
        assert not library.explain("a yellow circle", photo).weak
        library.change_settings(strictness=1.0)
        assert library.explain("a yellow circle", photo).weak


class TestTerms:
    def test_each_is_rated_as_if_it_stood_alone(self, library: Library) -> None:
        photo = photo_named(library, "red circle.jpg")
        other = photo_named(library, "blue square.jpg")
        explanation = library.explain(f"3*red circle - square + photo:{other}", photo)
        assert [(match.text, match.wanted) for match in explanation.terms] == [
            ("red circle", True),
            ("square", False),
            (f"photo:{other}", True),
        ]
        alone = [library.explain(query, photo).score for query in ("red circle", "square", f"photo:{other}")]
        assert [match.strength for match in explanation.terms] == pytest.approx(alone, abs=1e-5)

    def test_a_photo_is_most_like_itself(self, library: Library) -> None:
        photo = photo_named(library, "red circle.jpg")
        assert library.explain(f"photo:{photo}", photo).terms[0].strength > 0.8

    def test_a_picture_outside_of_the_library(self, library: Library, tmp_path: Path) -> None:
        outside = PhotoMaker(tmp_path / "out side")("red circle.jpg", "red circle")
        explanation = library.explain(f'image:"{outside}"', photo_named(library, "red circle.jpg"))
        assert explanation.terms[0].text == f'image:"{outside}"'
        assert explanation.score == pytest.approx(explanation.terms[0].strength)


class TestWords:
    def test_the_words_of_a_description_strongest_first(self, library: Library) -> None:
        photo = photo_named(library, "red circle.jpg")
        words = library.explain("the red circle in front of a submarine", photo).words
        assert {match.text for match in words} == {"red", "circle", "front", "submarine"}
        strengths = [match.strength for match in words]
        assert strengths == sorted(strengths, reverse=True)
        assert words[0].text == "red"
        assert all(match.wanted for match in words)

    def test_a_single_word_needs_no_explanation(self, library: Library) -> None:
        photo = photo_named(library, "red circle.jpg")
        assert library.explain("a circle", photo).words == ()
        assert library.explain(f"photo:{photo}", photo).words == ()

    def test_words_of_unwanted_terms_are_marked_and_none_comes_twice(self, library: Library) -> None:
        explanation = library.explain("Red circle red - blue circle", photo_named(library, "red circle.jpg"))
        assert sorted((match.text, match.wanted) for match in explanation.words) == [
            ("Red", True),
            ("blue", False),
            ("circle", False),
            ("circle", True),
        ]


class TestFilters:
    def test_those_that_the_photo_meets(self, library: Library) -> None:
        photo = photo_named(library, "yellow circle.jpg")
        explanation = library.explain("folder:trip format:png format:jpg -is:favorite is:hidden", photo)
        assert explanation.filters == ("folder:trip", "format:jpeg", "-is:favorite")
        assert explanation.score is None
        assert not explanation.weak
        assert explanation.terms == explanation.words == ()

    def test_with_words_too(self, library: Library) -> None:
        explanation = library.explain("red folder:trip", photo_named(library, "yellow circle.jpg"))
        assert explanation.filters == ("folder:trip",)
        assert explanation.score is not None


class TestWhatCannotBeExplained:
    def test_a_photo_that_was_not_embedded(self, library: Library, make_photo: PhotoMaker) -> None:
        library.pause()
        path = make_photo("later.jpg", "blue circle", taken_at=datetime(2020, 1, 1))
        wait_until(lambda: library.find_photo(path))
        photo = library.find_photo(path)
        assert photo is not None
        explanation = library.explain("blue circle folder:photos", photo)
        assert explanation.score is None
        assert explanation.terms == ()
        assert explanation.filters == ("folder:photos",)
        library.resume()
        wait_until(lambda: library.explain("blue circle", photo).score is not None)

    def test_a_photo_that_is_not_there(self, library: Library) -> None:
        explanation = library.explain("red circle format:jpeg", PhotoId(999_999))
        assert explanation.score is None
        assert explanation.filters == ()

    def test_a_query_that_makes_no_sense(self, library: Library) -> None:
        photo = photo_named(library, "red circle.jpg")
        with pytest.raises(QueryError):
            library.explain("red - red", photo)
        with pytest.raises(QueryError):
            library.explain('image:"/absent/file.jpg"', photo)
        with pytest.raises(QueryError):
            library.explain("red camra:canon", photo)

    def test_a_model_that_is_still_loading_is_not_waited_for(self, open_library: OpenLibrary) -> None:
        library = open_library()
        library._encoders._loaded.clear()
        with pytest.raises(ModelError, match="still being loaded"):
            library.explain("red circle", PhotoId(1))
        assert library.explain("is:favorite", PhotoId(1)).score is None
        library._encoders._loaded.set()
