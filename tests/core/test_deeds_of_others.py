"""Two processes of Recollect on one library: what the user does in one of them, the other one shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.events import Event, PhotosChanged
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.library import Library
    from tests.core.conftest import OpenLibrary


def heard(library: Library) -> list[Event]:
    events: list[Event] = []
    library.subscribe(lambda event: events.append(event) if isinstance(event, PhotosChanged) else None)
    return events


def test_the_process_that_indexes_hears_of_favourites_and_of_photos_that_are_gone(
    library: Library, open_library: OpenLibrary
) -> None:
    follower = open_library()
    assert library.is_indexer
    assert not follower.is_indexer
    first, second = library.browse().ids[:2]
    events = heard(library)
    follower.set_favorite([first], True)
    wait_until(lambda: events, what="the favourite of the other process")
    assert library.browse("is:favorite").ids == (first,)
    events.clear()
    follower.set_hidden([second], True)
    wait_until(lambda: events, what="the hidden photo of the other process")


def test_what_it_does_itself_it_is_told_once(library: Library, open_library: OpenLibrary) -> None:
    follower = open_library()
    first = library.browse().ids[0]
    by_follower = heard(follower)
    events = heard(library)
    library.set_favorite([first], True)
    wait_until(lambda: by_follower, what="the favourite at the other process")
    follower.history.add("a search")  # wakes the housekeeper of the indexer, but no photo has changed
    assert events == [PhotosChanged((first,))]
