"""Search by tags: scores, what is read anew, how it stands beside CLIP, and the whole way through a library."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from core.events import EventBus, TagsChanged
from core.library import Library
from core.query import parse
from core.settings import Settings
from core.store.database import Database
from core.store.remembered import Remembered
from core.store.tag_weights import TagWeightStore
from core.tag_search import TagSearch, blended
from core.tags.ranking import TagRanking
from core.types import PhotoId, Sort, SortKey
from core.words import tag_words

Top = list[tuple[str, float]]


def predict(database: Database, photo: int, said: Mapping[str, Top], *, source: str = "model") -> None:
    """Put what a live tagger says of a photo into the database."""
    with database.write() as db:
        known = database.read_tuples("SELECT id, heads FROM taggers WHERE source = ?", (source,))
        heads = json.loads(known[0][1]) if known else {}
        for head, top in said.items():
            heads[head] = sorted({*heads.get(head, ()), *(label for label, _ in top)})
        if known:
            sql = "UPDATE taggers SET heads = ?2, sequence = sequence + 1 WHERE source = ?1"
        else:
            sql = "INSERT INTO taggers (key, name, source, heads, live, created_at) VALUES (?1, 'A', ?1, ?2, 1, '')"
        db.execute(sql, (source, json.dumps(heads)))
        tagger = database.read_column("SELECT id FROM taggers WHERE source = ?", (source,))[0]
        db.executemany(
            "INSERT OR REPLACE INTO predictions (tagger_id, photo_id, head, label, probability, top, sure)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(tagger, photo, head, *top[0], json.dumps(top), top[0][1] >= 0.5) for head, top in said.items()],
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """1: a red bag; 2: a blue bag; 3: a red mug; 4: perhaps a bag, perhaps a mug, blue; 5: nothing is known."""
    database = Database(tmp_path / "library.db")
    with database.write() as db:
        db.execute("INSERT INTO folders (id, path, added_at) VALUES (1, '/', '')")
        db.executemany(
            "INSERT INTO photos (id, folder_id, path, name, status, size_bytes, mtime_ns, dated_at, added_at)"
            " VALUES (?, 1, ?, 'a.jpg', 'ready', 1, 0, '2024-01-01', '')",
            [(number, f"/{number}/a.jpg") for number in range(1, 6)],
        )
    predict(database, 1, {"class": [("Hand_Bags", 0.9)], "color": [("red", 0.9)]})
    predict(database, 2, {"class": [("Hand_Bags", 0.9)], "color": [("blue", 0.9)]})
    predict(database, 3, {"class": [("mug", 0.9)], "color": [("red", 0.9)]})
    predict(database, 4, {"class": [("Hand_Bags", 0.45), ("mug", 0.4)], "color": [("blue", 0.9)]})
    yield database
    database.close()


def ranked(ranking: TagRanking, text: str) -> list[tuple[int, float]]:
    found = ranking.scores(text)
    return [(int(found.ids[at]), round(float(found.scores[at]), 3)) for at in np.argsort(-found.scores, kind="stable")]


def label(database: Database, photo: int, head: str, value: str) -> None:
    with database.write() as db:
        db.execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, '')", (photo, head, value))
        Remembered(database).change("labels_sequence", lambda sequence: sequence + 1, 0)


def test_a_change_of_all_photos_is_not_lost_behind_one_of_a_single_photo(database: Database) -> None:
    ranking = TagRanking(TagWeightStore(database))
    assert ranked(ranking, "mug")[0][0] == 3
    ranking.note_changes([5])
    ranking.note_changes([])  # so many that nobody names them
    with database.write() as db:
        db.execute("UPDATE predictions SET label = 'cup' WHERE label = 'mug'")
        db.execute("UPDATE taggers SET sequence = sequence + 1")
    assert [photo for photo, score in ranked(ranking, "cup") if score > 0] == [3]
    assert 3 not in [photo for photo, score in ranked(ranking, "mug") if score > 0]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a photo of Red_Bags on the grass", ("red", "bag", "grass")),
            ("dresses, glasses & berries", ("dress", "glass", "berry")),
            ("T-Shirt t-shirts", ("t", "shirt")),
            ("bus boxes brushes iris", ("bus", "box", "brush", "iris")),
            ("Straße ДОМ", ("strasse", "дом")),
            ("", ()),
        ],
    )
    def test_case_gaps_and_plurals_do_not_matter(self, text: str, words: tuple[str, ...]) -> None:
        assert tag_words(text) == words


class TestScores:
    def test_the_photo_that_has_all_words_comes_first(self, database: Database) -> None:
        ranking = TagRanking(TagWeightStore(database))
        assert ranked(ranking, "red bags")[0] == (1, pytest.approx(0.9, abs=0.001))
        assert [photo for photo, _ in ranked(ranking, "blue hand bag")][:2] == [2, 4]

    def test_a_photo_counts_by_how_sure_the_tagger_is(self, database: Database) -> None:
        scores = dict(ranked(TagRanking(TagWeightStore(database)), "bag"))
        assert scores == {1: 0.9, 2: 0.9, 4: 0.45, 3: 0.0}
        assert dict(ranked(TagRanking(TagWeightStore(database)), "mug"))[4] == 0.4

    def test_the_user_counts_for_certain_and_in_place_of_the_tagger(self, database: Database) -> None:
        label(database, 4, "class", "mug")
        label(database, 5, "class", "bag")
        scores = dict(ranked(TagRanking(TagWeightStore(database)), "bag"))
        assert (scores[4], scores[5]) == (0.0, 1.0)

    def test_words_that_no_tag_knows_lower_the_coverage(self, database: Database) -> None:
        ranking = TagRanking(TagWeightStore(database))
        assert ranking.scores("bag").coverage == pytest.approx(1.0)
        assert 0.3 < ranking.scores("bag, zebra").coverage < 0.7
        assert ranking.scores("bag, zebra").known == ("bag",)
        assert ranking.scores("zebra").coverage == 0.0
        assert not ranking.scores("").scores.any()

    def test_zero_shot_tags_can_be_left_out(self, database: Database) -> None:
        predict(database, 5, {"season": [("summer", 0.9)]}, source="zero-shot")
        store = TagWeightStore(database)
        assert TagRanking(store).scores("summer").known == ("summer",)
        assert TagRanking(store, "taught").scores("summer").known == ()

    def test_a_library_without_tags(self, tmp_path: Path) -> None:
        empty = Database(tmp_path / "empty.db")
        found = TagRanking(TagWeightStore(empty)).scores("red bag")
        assert (len(found.ids), found.coverage) == (0, 0.0)
        empty.close()


class TestChanges:
    def test_are_seen_by_the_next_search_and_change_nothing_else(self, database: Database) -> None:
        ranking, told = TagRanking(TagWeightStore(database)), TagRanking(TagWeightStore(database))
        for each in (ranking, told):
            each.refresh()
        label(database, 3, "class", "teapot")
        told.note_changes([PhotoId(3)])
        predict(database, 5, {"class": [("teapot", 0.8)]})
        told.note_changes([PhotoId(5)])
        for text in ("teapot", "mug", "red bag"):
            assert ranked(told, text) == ranked(ranking, text)
        assert dict(ranked(told, "teapot"))[3] == 1.0

    def test_what_is_named_alone_is_read_anew(self, database: Database) -> None:
        for number in range(6, 40):
            with database.write() as db:
                db.execute(
                    "INSERT INTO photos SELECT ?, 1, '/' || ?, name, status, 1, 0, content_hash, format, width,"
                    " height, taken_at, taken_offset_min, dated_at, camera, lens, latitude, longitude,"
                    " altitude_m, 0, 0, '', NULL, NULL, '' FROM photos WHERE id = 1",
                    (number, number),
                )
            predict(database, number, {"class": [("mug", 0.9)]})
        ranking = TagRanking(TagWeightStore(database))
        ranking.refresh()
        label(database, 7, "class", "vase")
        ranking.note_changes([PhotoId(7)])
        assert ranked(ranking, "vase")[0] == (7, 1.0)
        assert ranked(ranking, "vase") == ranked(TagRanking(TagWeightStore(database)), "vase")


class TestBesideClip:
    def test_evidence_raises_and_lowers_and_silence_changes_nothing(self) -> None:
        strengths = np.array([0.0, 0.3, 0.5, 0.9, 1.0])
        assert blended(strengths, np.zeros(5)).tolist() == strengths.tolist()
        assert (blended(strengths, np.full(5, 2.0)) >= strengths - 1e-8).all()
        assert (blended(strengths, np.full(5, -1.0)) <= strengths + 1e-8).all()
        assert blended(np.array([0.5]), np.array([2.0]))[0] == pytest.approx(1 / (1 + np.exp(-2)))

    def test_what_is_wanted_and_what_is_not(self, database: Database) -> None:
        bus = EventBus()
        search = TagSearch(database, bus)
        evidence = search.evidence(parse("bag - red").terms).of(np.array([1, 2, 3, 5]))
        assert evidence[1] == evidence.max()
        assert evidence[2] == evidence.min()
        assert evidence[3] == 0
        strengths = search.strengths(parse("bag - red").terms).of(np.array([1, 2, 3, 5]))
        assert strengths == pytest.approx([0.09, 0.9, 0.0, 0.0])
        assert search.strengths(parse("- red").terms).of(np.array([2, 3])) == pytest.approx([1.0, 0.1])
        label(database, 5, "class", "bag")
        bus.publish(TagsChanged((PhotoId(5),)))
        assert search.strengths(parse("bag").terms).of(np.array([5])) == pytest.approx([1.0])

    def test_the_user_having_said_something_else_speaks_against_a_photo(self, database: Database) -> None:
        label(database, 5, "color", "red")
        before = TagSearch(database, EventBus()).evidence(parse("red bag").terms)
        label(database, 5, "class", "mug")
        label(database, 1, "class", "hand bag")
        label(database, 1, "color", "red")
        after = TagSearch(database, EventBus()).evidence(parse("red bag").terms)
        alone, contradicted, meant = before.of(np.array([5])), after.of(np.array([5])), after.of(np.array([1]))
        assert contradicted < 0 < alone < meant


class TestThroughTheLibrary:
    def test_tags_alone_answer_without_a_model(self, library_home: Path, library: Library) -> None:
        photos = {photo.path.stem: photo.id for photo in library.photos(library.all_photos())}
        library.labels.set([photos["red circle"]], "class", "traffic light")
        library.labels.set([photos["blue square"]], "class", "street sign")
        library.close()
        asleep = Library.open(library_home, Settings(ranking="tags"))
        try:
            result = asleep.search("traffic lights")
            assert [hit.path.stem for hit in result.hits] == ["red circle"]
            assert (result.ranking, result.encoder_key, result.hits[0].score) == ("tags", None, 1.0)
            assert asleep.encoder_name is None
            why = asleep.explain("traffic lights", photos["red circle"])
            assert (why.score, why.tags[0].value, why.tags[0].source) == (1.0, "traffic light", "user")
            assert asleep.search("street traffic", strictness=0.9).hits[0].weak
            assert [hit.path.stem for hit in asleep.search("sign name:*square*").hits] == ["blue square"]
        finally:
            asleep.close()

    def test_scikit_learn_is_loaded_ahead_of_the_first_search_and_only_where_there_is_a_label(
        self, library_home: Path, library: Library
    ) -> None:
        library.close()
        program = """
import sys, time
from core.library import Library
with_labels = len(sys.argv) > 1
library = Library.open()
if with_labels:
    library.labels.set(library.all_photos()[:1], "class", "sign")
    library.start()
    end = time.monotonic() + 60
    while time.monotonic() < end and not (library.is_up_to_date and "sklearn" in sys.modules):
        time.sleep(0.05)
else:
    assert library.search("a red shape").hits
library.close()
assert ("sklearn" in sys.modules) == with_labels
"""
        for arguments in ([], ["labels"]):
            command = [sys.executable, "-c", program, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
            assert done.returncode == 0, done.stderr

    def test_a_label_raises_a_photo_and_the_explanation_says_so(self, library: Library) -> None:
        photos = {photo.path.stem: photo.id for photo in library.photos(library.all_photos())}
        before = {hit.photo_id: hit.score for hit in library.search("zebra crossing", strictness=0).hits}
        library.labels.set([photos["black square"]], "class", "zebra crossing")
        result = library.search("zebra crossing", strictness=0)
        assert result.ranking == "blend"
        assert result.hits[0].photo_id == photos["black square"]
        for hit in result.hits:
            why = library.explain("zebra crossing", hit.photo_id, strictness=0)
            assert why.score == pytest.approx(hit.score, abs=1e-5)
            if hit.photo_id != photos["black square"]:
                assert hit.score == pytest.approx(before[hit.photo_id], abs=1e-5)  # nothing is known of them
        why = library.explain("zebra crossing", photos["black square"])
        assert [tag.value for tag in why.tags] == ["zebra crossing"]
        assert why.score_without_tags == pytest.approx(before[photos["black square"]], abs=1e-5)
        assert library.search("zebra crossing", ranking="clip").ranking == "clip"

    def test_filters_and_counts(self, library: Library) -> None:
        photos = {photo.path.stem: photo.id for photo in library.photos(library.all_photos())}
        library.labels.set([photos["red circle"], photos["blue square"]], "class", "sign")
        assert set(library.browse("class:sign").ids) == {photos["red circle"], photos["blue square"]}
        assert len(library.search("a red shape class:sign", strictness=0).hits) == 2
        assert any(each.text == "class:sign" for each in library.suggestions("class:si", 8))

    def test_the_least_certain_come_first(self, library: Library) -> None:
        ids = library.all_photos()
        database = Database(library.paths.database)
        try:
            predict(database, ids[0], {"class": [("a", 0.9)]})
            predict(database, ids[1], {"class": [("b", 0.2)]})
        finally:
            database.close()
        ordered = library.browse(sort=Sort(SortKey.UNCERTAIN, descending=False)).ids
        assert set(ordered[:4]) == set(ids[2:])
        assert ordered[4:] == (ids[1], ids[0])
