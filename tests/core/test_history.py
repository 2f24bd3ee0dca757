"""The searches of late: newest first, none twice, shared by all who use the library."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import QueryError
from core.history import KEPT
from core.library import Library


@pytest.fixture
def library():
    library = Library.open()
    yield library
    library.close()


def test_the_newest_comes_first_and_none_twice(library: Library) -> None:
    for text in ("red circle", "dog - cat", "  red   circle ", "camera:canon beach", "beach camera:canon"):
        library.history.add(text)
    assert library.history.recent() == ["beach camera:canon", "red circle", "dog - cat"]
    assert library.history.recent(limit=1) == ["beach camera:canon"]


def test_nothing_and_nonsense_are_not_kept(library: Library) -> None:
    library.history.add("  ")
    with pytest.raises(QueryError):
        library.history.add("camra:canon")
    assert library.history.recent() == []


def test_one_is_forgotten_or_all(library: Library) -> None:
    for text in ("dog", "cat", "bird"):
        library.history.add(text)
    library.history.forget("cat")
    library.history.forget("never searched")
    assert library.history.recent() == ["bird", "dog"]
    library.history.clear()
    assert library.history.recent() == []


def test_the_oldest_make_room(library: Library) -> None:
    for number in range(KEPT + 5):
        library.history.add(f"dog {number}")
    recent = library.history.recent(limit=1000)
    assert len(recent) == KEPT
    assert recent[0] == f"dog {KEPT + 4}"
    assert recent[-1] == "dog 5"


def test_it_survives_a_restart_with_any_file_name(library: Library) -> None:
    search = "image:/photos/M\udcfcnchen.jpg"
    library.history.add(search)
    library.close()
    again = Library.open()
    assert again.history.recent() == [search]
    again.close()


def test_two_windows_share_it_and_lose_nothing(library: Library) -> None:
    other = Library.open()
    with ThreadPoolExecutor(2) as pool:
        for search in range(30):
            pool.submit(library.history.add, f"dog {search}")
            pool.submit(other.history.add, f"cat {search}")
    assert len(library.history.recent(100)) == 60
    assert library.history.recent(100) == other.history.recent(100)
    other.close()
