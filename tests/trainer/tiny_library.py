"""A real library whose photos are labelled by colour, for the tests of teaching and promotion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.library import Library
from core.types import PhotoId
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.protocols import Encoder

COLOURS = ("red", "blue", "green")
SHAPES = ("circle", "square")


def make_coloured_photos(make_photo: PhotoMaker, of_each: int) -> None:
    """`of_each` photos of each colour, shapes by turns, no two alike."""
    for colour in COLOURS:
        for number in range(of_each):
            shape = SHAPES[number % 2]
            make_photo(f"{colour} {shape} {number}.jpg", f"{colour} {shape}", size=(96 + 4 * number, 96))


@contextmanager
def indexed_library(home: Path, photos: Path, encoder: Encoder) -> Iterator[Library]:
    """Open until all photos are indexed, and then for the test."""
    library = Library.open(home, encoder=encoder)
    try:
        library.start()
        library.add_folder(photos)
        count = len([path for path in photos.rglob("*") if path.is_file()])
        wait_until(lambda: library.is_up_to_date and library.photo_count() == count, timeout_s=60)
        yield library
    finally:
        library.close()


def label_by_name(library: Library, wanted: Callable[[str], bool] = lambda name: True) -> list[PhotoId]:
    """Photos that are called so get the class and the shape that their names begin with. Returns which they were."""
    named = [(hit.photo_id, hit.path.name) for hit in library.search("").hits if wanted(hit.path.name)]
    for photo_id, name in named:
        colour, shape, _ = name.split(" ")
        library.labels.set([photo_id], "class", colour)
        library.labels.set([photo_id], "shape", shape)
    return [photo_id for photo_id, _ in named]
