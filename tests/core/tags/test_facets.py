"""What a TagStore reads: tags of photos, counts of values; against a plain count over the view `tags`."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from core.query import compile_filters, parse
from core.store.database import Database
from core.store.tags import TagStore
from core.tags.values import Facet, TagSource
from core.types import PhotoId

HEADS = {"class": ["mug", "cap", "backpack"], "color": ["red", "blue"], "style": ["casual", "formal"]}
PHOTOS = 60


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Photos of which some are hidden, predicted by a trained tagger and by zero-shot, and some labelled."""
    database = Database(tmp_path / "library.db")
    chance = random.Random(1)
    with database.write() as db:
        db.execute("INSERT INTO folders (id, path, added_at) VALUES (1, '/', '2024-01-01')")
        db.executemany(
            "INSERT INTO photos (id, folder_id, path, name, status, size_bytes, mtime_ns, dated_at, added_at, hidden)"
            " VALUES (?, 1, ?, ?, 'ready', 1, 0, '2024-01-01', '2024-01-01', ?)",
            [(number, f"/{number}.jpg", f"{number}.jpg", number % 7 == 0) for number in range(1, PHOTOS + 1)],
        )
        trained = {head: HEADS[head] for head in ("class", "color")}
        for tagger_id, source, heads in ((1, "zero-shot", HEADS), (2, "model", trained)):
            db.execute(
                "INSERT INTO taggers (id, key, name, source, heads, live, created_at) VALUES (?, ?, 'A', ?, ?, 1, '')",
                (tagger_id, source, source, json.dumps(heads)),
            )
            for photo in range(1, PHOTOS + 1):
                for head, labels in heads.items():
                    top = [[chance.choice(labels), round(chance.random(), 2)], ["other", 0.01]]
                    row = (tagger_id, photo, head, *top[0], json.dumps(top), chance.random() < 0.7)
                    db.execute(
                        "INSERT INTO predictions (tagger_id, photo_id, head, label, probability, top, sure)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?)",
                        row,
                    )
        for photo in range(1, PHOTOS + 1, 4):
            for head in ("class", "style", "mood"):
                db.execute("INSERT INTO labels VALUES (?, ?, ?, '')", (photo, head, f"{head} {photo % 3}"))
    yield database
    database.close()


def counted(database: Database, condition: str, parameters: list[object]) -> dict[tuple[str, str], tuple[int, int]]:
    """The plain way, slow at 100,000 photos."""
    rows = database.read_tuples(
        "SELECT t.head, t.value, t.sure FROM tags t JOIN photos p ON p.id = t.photo_id"
        f" WHERE p.hidden = 0 AND ({condition})",
        parameters,
    )
    tally = Counter((head, value, bool(sure)) for head, value, sure in rows)
    return {(head, value): (tally[head, value, True], tally[head, value, False]) for head, value, _ in tally}


@pytest.mark.parametrize("line", ["", "class:mug", "-class:mug", "is:unsure", "is:labelled", "conf:>0.5 color:red"])
def test_facets_are_the_counts_of_what_holds(database: Database, line: str) -> None:
    condition, parameters = compile_filters(parse(line).filters, today=date.min)
    expected = counted(database, condition, parameters)
    store = TagStore(database)
    found = store.facets(None, condition, parameters)
    assert {(facet.head, facet.value): (facet.count, facet.unsure) for facet in found} == expected
    for head in store.heads():
        assert store.facets(head, condition, parameters) == [facet for facet in found if facet.head == head]


def test_the_class_comes_first_and_the_most_frequent_value(database: Database) -> None:
    facets = TagStore(database).facets(None)
    assert list(dict.fromkeys(facet.head for facet in facets)) == ["class", "color", "mood", "style"]
    counts = [facet.count for facet in facets if facet.head == "class"]
    assert counts == sorted(counts, reverse=True)


def test_hidden_photos_count_only_where_they_are_asked_for(database: Database) -> None:
    store = TagStore(database)

    def total(facets: list[Facet]) -> int:
        return sum(facet.count + facet.unsure for facet in facets)

    assert total(store.facets("class")) == PHOTOS - PHOTOS // 7
    assert total(store.facets("class", hidden=True)) == PHOTOS


def test_values_for_completion(database: Database) -> None:
    store = TagStore(database)
    assert set(store.values("color")) == {"red", "blue"}
    assert {"mug", "red", "style=casual", "mood=mood 1"} <= set(store.values(None))


def test_the_user_wins_and_the_prediction_is_kept_beside(database: Database) -> None:
    tags = TagStore(database).of([PhotoId(1), PhotoId(2), PhotoId(999)])
    assert set(tags) == {1, 2}
    assert list(tags[PhotoId(1)]) == ["class", "color", "mood", "style"]
    said = tags[PhotoId(1)]["class"]
    assert (said.value, said.source, said.sure, said.is_corrected) == ("class 1", TagSource.USER, True, True)
    assert said.prediction is not None
    assert said.prediction.top[1] == ("other", 0.01)
    assert tags[PhotoId(1)]["mood"].prediction is None
    assert tags[PhotoId(2)]["class"].source is TagSource.MODEL
    assert tags[PhotoId(2)]["style"].source is TagSource.ZERO_SHOT
