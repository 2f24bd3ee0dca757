"""A real library on real photos: a tagger that was taught some classes says that another one is none of them, and the
photos of that one form a group.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.library import Library
from core.tags.values import CLASS
from core.types import PhotoId
from tests.waiting import wait_until
from trainer.teach.lesson_runs import teach_library

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

KNOWN = ("clothing_cap", "clothing_wrist_watch", "travel_handbag", "personal_care_deodorant")
HELD_OUT = "footwear_sneakers"
OF_EACH, LABELLED = 20, 12


@pytest.fixture
def photos(shared_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in (*KNOWN, HELD_OUT):
        for path in sorted((shared_data / "products" / "images").glob(f"*{name}*"))[:OF_EACH]:
            shutil.copy(path, folder / f"{name}-{path.name}")
    return folder


def kind_of(library: Library, ids: list[PhotoId]) -> list[str]:
    return [photo.path.name.split("-")[0] for photo in library.photos(ids)]


def test_a_class_that_was_never_shown_is_unknown_and_forms_a_group(
    photos: Path, library_home: Path, starter: ClipEncoder
) -> None:
    library = Library.open(library_home, encoder=starter)
    try:
        library.add_folder(photos)
        library.start()
        wait_until(lambda: library.is_up_to_date, what="the first index")
        ids = library.all_photos()
        kinds = dict(zip(ids, kind_of(library, ids), strict=True))
        for kind in KNOWN:
            library.labels.set([each for each in ids if kinds[each] == kind][:LABELLED], CLASS, kind)
        assert not library.unknown.look().trained
        run = teach_library(library, with_report=False)
        library.tags.promote(run.folder / "checkpoint", name="first", metrics=run.metrics)
        wait_until(lambda: not library.tags.on_its_way(), what="the new tagger")
        found = library.browse("is:unknown").ids
        labelled = library.labels.of(ids)
        open_photos = Counter(kinds[each] for each in ids if each not in labelled)
        unknown = Counter(kinds[each] for each in found)
        assert not set(found) & set(labelled), "what the user has labelled is never unknown"
        of_held_out = unknown[HELD_OUT] / open_photos[HELD_OUT]
        of_known = sum(unknown[kind] for kind in KNOWN) / sum(open_photos[kind] for kind in KNOWN)
        assert of_held_out > 0.5
        assert of_held_out > of_known + 0.3
        looked = library.unknown.look()
        assert looked.tells
        first = looked.groups[0]
        assert kind_of(library, list(first.ids)).count(HELD_OUT) / len(first.ids) > 0.8
        assert first.suggestion is not None
        assert first.suggestion.name in ("sneakers", "shoe", "shoes", "boot")

        library.labels.set(first.ids, CLASS, HELD_OUT)
        again = teach_library(library, with_report=False)
        library.tags.promote(again.folder / "checkpoint", name="second", metrics=again.metrics)
        wait_until(lambda: not library.tags.on_its_way(), what="the tagger that knows it")
        now = Counter(kind_of(library, list(library.browse("is:unknown").ids)))
        assert now[HELD_OUT] < unknown[HELD_OUT] - len(first.ids) + 1
        assert (
            HELD_OUT
            in next(each for each in library.tags.taggers() if each.live and each.source == "model").heads[CLASS]
        )
    finally:
        library.close()
