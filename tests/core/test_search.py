"""From a query to hits, over a real library."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import QueryError
from core.library import Library
from core.store import vector_index
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


@pytest.fixture
def travels(open_library: OpenLibrary, make_photo: PhotoMaker) -> Library:
    """Photos with dates and cameras."""
    for number, (name, subject, year, camera) in enumerate(
        (
            ("spain/red circle.jpg", "red circle", 2021, ("Canon", "Canon EOS 40D")),
            ("spain/blue circle.jpg", "blue circle", 2022, ("Canon", "Canon EOS 40D")),
            ("norway/red square.jpg", "red square", 2023, ("NIKON CORPORATION", "NIKON D70")),
            ("norway/blue square.jpg", "blue square", 2023, None),
        )
    ):
        make_photo(name, subject, taken_at=datetime(year, 5, 1 + number), camera=camera)
    library = open_library(make_photo.folder)
    wait_until(lambda: library.is_up_to_date)
    return library


def found(library: Library, query: str, **options: float) -> list[str]:
    return [hit.path.stem for hit in library.search(query, **{"strictness": 0.0, **options}).hits]


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("date:2023", {"red square", "blue square"}),
            ("camera:canon", {"red circle", "blue circle"}),
            ("-camera:canon", {"red square", "blue square"}),
            ("folder:spain after:2022", {"blue circle"}),
            ("name:*circle*", {"red circle", "blue circle"}),
            ("format:jpg size:<1mb orientation:landscape", {"red circle", "blue circle", "red square", "blue square"}),
            ("has:gps", set()),
            ("is:favorite", set()),
        ],
    )
    def test_alone_they_choose_and_with_words_they_choose_the_same(
        self, travels: Library, query: str, expected: set[str]
    ) -> None:
        assert set(found(travels, query)) == expected
        assert set(found(travels, f"a red shape {query}")) == expected

    def test_words_rank_what_filters_let_through(self, travels: Library) -> None:
        assert found(travels, "red circle camera:canon")[0] == "red circle"
        assert found(travels, "blue square date:2023")[0] == "blue square"

    def test_without_words_the_newest_comes_first(self, travels: Library) -> None:
        assert found(travels, "folder:spain") == ["blue circle", "red circle"]
        assert travels.search("folder:spain").encoder_key is None

    def test_favourites_and_hidden_photos(self, travels: Library) -> None:
        photo = travels.search("red circle").hits[0].photo_id
        travels.set_favorite([photo], True)
        assert found(travels, "is:favorite") == ["red circle"]
        travels.set_hidden([photo], True)
        assert "red circle" not in found(travels, "red circle")
        assert found(travels, "is:hidden") == ["red circle"]
        assert found(travels, "a red circle is:hidden") == ["red circle"]


class TestTerms:
    def test_a_wanted_and_an_unwanted_term(self, travels: Library) -> None:
        ids = {hit.path.stem: hit.photo_id for hit in travels.search("a shape", strictness=0).hits}
        ranked = found(travels, f"photo:{ids['red circle']} - photo:{ids['blue square']}")
        assert ranked[0] == "red circle"
        assert ranked[-1] == "blue square"
        assert found(travels, f"- photo:{ids['blue square']}")[-1] == "blue square"

    def test_a_photo_of_the_library_a_file_and_words_mixed(
        self, travels: Library, make_photo: PhotoMaker, tmp_path: Path
    ) -> None:
        photo = travels.search("red circle").hits[0].photo_id
        assert found(travels, f"photo:{photo}")[0] == "red circle"
        outside = PhotoMaker(tmp_path / "out side")("blue circle.jpg", "blue circle")
        assert found(travels, f'image:"{outside}"')[0] == "blue circle"
        mixed = found(travels, f'image:"{outside}" + 2*red - blue')
        assert mixed.index("red circle") < found(travels, f'image:"{outside}"').index("red circle")

    @pytest.mark.parametrize(
        "query", ['image:"/absent/file.jpg"', "photo:999999", "image:~nobody-of-that-name/x.jpg", 'image:"a\0b"']
    )
    def test_a_picture_that_cannot_be_used_is_pointed_at(self, travels: Library, query: str) -> None:
        line = f"dog + {query}"
        with pytest.raises(QueryError) as caught:
            travels.search(line)
        assert query[:5] in line[caught.value.start : caught.value.end]

    def test_a_misspelt_filter_is_pointed_at(self, travels: Library) -> None:
        with pytest.raises(QueryError) as caught:
            travels.search("dog camra:canon")
        assert "camera" in caught.value.remedy
        assert caught.value.start == 4


class TestStrength:
    def test_hits_come_strongest_first_and_weak_ones_last(self, travels: Library) -> None:
        hits = travels.search("red circle", strictness=0.5).hits
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        weak = [hit.weak for hit in hits]
        assert weak == sorted(weak)

    def test_strictness_draws_the_line(self, travels: Library) -> None:
        assert not any(hit.weak for hit in travels.search("red circle", strictness=0.0).hits)
        assert all(hit.weak for hit in travels.search("a submarine in the deep sea", strictness=1.0).hits)

    def test_the_limit_holds(self, travels: Library) -> None:
        assert len(travels.search("circle", limit=2).hits) == 2


class TestSimilar:
    def test_copies_stand_apart_from_near_photos(self, travels: Library, make_photo: PhotoMaker) -> None:
        original = make_photo.folder / "spain" / "red circle.jpg"
        copy = make_photo.folder / "copy.jpg"
        copy.write_bytes(original.read_bytes())
        wait_until(lambda: travels.photo_count() == 5 and travels.is_up_to_date)
        photo = travels.find_photo(original)
        assert photo is not None
        result = travels.similar(photo)
        assert [hit.path for hit in result.exact] == [copy]
        assert original not in {hit.path for hit in result.near}
        assert len(result.near) == 3

    def test_a_file_outside_of_the_library(self, travels: Library, tmp_path: Path) -> None:
        outside = PhotoMaker(tmp_path / "outside")("x.jpg", "blue circle on yellow")
        result = travels.similar(outside)
        assert result.exact == ()
        assert len(result.near) == 4


def test_a_name_that_is_not_text_is_found_too(open_library: OpenLibrary, make_photo: PhotoMaker) -> None:
    """Linux allows any bytes in a name."""
    path = make_photo("red circle.jpg")
    odd = Path(os.fsdecode(os.fsencode(path.parent) + b"/caf\xe9.jpg"))
    try:
        path.rename(odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    library = open_library(make_photo.folder)
    wait_until(lambda: library.is_up_to_date)
    assert library.search("red circle", strictness=0).hits[0].path == odd
    assert library.find_photo(odd) is not None


def test_the_graph_finds_what_the_matrix_finds(
    open_library: OpenLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same library with the graph answering, and after a restart that loads its file."""
    monkeypatch.setattr(vector_index, "EXACT_BELOW", 50)
    monkeypatch.setattr(vector_index, "SCAN_PER_BEAM", 0)
    maker = PhotoMaker(tmp_path / "photos")
    colors = np.random.default_rng(0).integers(0, 255, (60, 3))
    for red, green, blue in colors:
        maker(f"{red}-{green}-{blue}.jpg", f"#{red:02x}{green:02x}{blue:02x} circle")
    library = open_library(maker.folder)
    wait_until(lambda: library.is_up_to_date)
    by_graph = found(library, "a red circle", limit=10)
    allowed = found(library, "a red circle format:jpeg", limit=10)
    assert by_graph == allowed
    library.close()
    assert list(library.paths.index.glob("*.hnsw"))
    again = open_library()
    wait_until(lambda: again.is_up_to_date)
    assert found(again, "a red circle", limit=10) == by_graph
