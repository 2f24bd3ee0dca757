"""What the user says of photos: set, taken back, undone, kept with photos that move, told to who listens."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from core.errors import LabelError
from core.events import EventBus, TagsChanged
from core.store.folders import FolderStore
from core.store.labels import LabelStore
from core.tags.labels import MOST_NAMED, Labels
from core.tags.values import Attribute, Split
from core.types import PhotoId
from tests.core.tags.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    yield shelf
    shelf.close()


@pytest.fixture
def ids(shelf: Shelf) -> list[PhotoId]:
    return shelf.photos(4)


class TestSaying:
    def test_one_value_a_head(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        shelf.labels.set(ids[:3], "class", "cap")
        shelf.labels.set(ids[1:2], "class", "shoe")
        shelf.labels.set(ids[1:2], "color", "red")
        assert shelf.labels.of(ids) == {
            ids[0]: {"class": "cap"},
            ids[1]: {"class": "shoe", "color": "red"},
            ids[2]: {"class": "cap"},
        }
        assert shelf.labels.counts() == {"class": {"cap": 2, "shoe": 1}, "color": {"red": 1}}
        assert shelf.labels.count() == 3

    def test_spelling_follows_what_is_there(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        shelf.labels.set(ids[:1], "COLOR", "  RED\n")
        shelf.labels.set(ids[:1], "class", "Straße")
        shelf.labels.set(ids[1:2], "Class", "STRASSE")
        shelf.labels.set(ids[1:2], "Saison", "E\u0301te\u0301")
        assert shelf.labels.of(ids) == {
            ids[0]: {"color": "red", "class": "Straße"},
            ids[1]: {"class": "Straße", "Saison": "Été"},
        }

    @pytest.mark.parametrize(
        ("head", "value"),
        [("class", ""), ("class", "x" * 101), ("", "x"), ("a=b", "x"), ("x" * 101, "x"), ("c", "\x07")],
    )
    def test_what_cannot_be_said(self, shelf: Shelf, ids: list[PhotoId], head: str, value: str) -> None:
        with pytest.raises(LabelError) as caught:
            shelf.labels.set(ids, head, value)
        assert caught.value.remedy
        assert shelf.labels.count() == 0
        assert len(shelf.labels.attributes()) == 4

    def test_photos_that_do_not_exist_are_left_out(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        before = shelf.labels.set([*ids, PhotoId(999)], "class", "cap")
        assert len(before.labels) == len(ids)
        assert not shelf.labels.set([], "class", "hat")
        assert "hat" not in shelf.labels.attributes()[0].values

    def test_undo_and_redo(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        shelf.labels.set(ids[:2], "class", "cap")
        before = shelf.labels.set(ids[1:], "class", "shoe")
        again = shelf.labels.restore(before)
        assert shelf.labels.of(ids) == {ids[0]: {"class": "cap"}, ids[1]: {"class": "cap"}}
        assert shelf.labels.attributes()[0].values == ("cap",)  # the value that the change brought is gone too
        shelf.labels.restore(again)
        assert {photo: labels["class"] for photo, labels in shelf.labels.of(ids).items()} == {
            ids[0]: "cap",
            ids[1]: "shoe",
            ids[2]: "shoe",
            ids[3]: "shoe",
        }
        assert shelf.labels.attributes()[0].values == ("cap", "shoe")

    def test_undoing_leaves_alone_what_is_used_since(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        before = shelf.labels.set(ids[:1], "season", "winter")
        shelf.labels.set(ids[1:2], "season", "winter")
        shelf.labels.restore(before)
        assert shelf.labels.of(ids) == {ids[1]: {"season": "winter"}}
        assert shelf.labels.attributes()[-1].values == ("winter",)

    def test_clearing(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        shelf.labels.set(ids, "class", "cap")
        shelf.labels.set(ids, "color", "red")
        shelf.labels.clear(ids[:1], "Color")
        before = shelf.labels.clear(ids[1:])
        assert shelf.labels.of(ids) == {ids[0]: {"class": "cap"}}
        shelf.labels.restore(before)
        assert shelf.labels.counts() == {"class": {"cap": 4}, "color": {"red": 3}}
        with pytest.raises(LabelError):
            shelf.labels.clear(ids, "no such")

    def test_accepting_takes_what_is_sure_and_unsaid(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        shelf.labels.set(ids[:1], "class", "cap")
        shelf.predict("class", {ids[0]: [("shoe", 0.9)], ids[1]: [("shoe", 0.8)], ids[2]: [("shoe", 0.4)]})
        shelf.predict("color", {ids[1]: [("red", 0.9)]})
        assert len(shelf.labels.accept(ids, heads=["color"]).labels) == 1
        before = shelf.labels.accept(ids)
        assert before.labels == ((ids[1], "class", None),)
        assert shelf.labels.of(ids) == {ids[0]: {"class": "cap"}, ids[1]: {"class": "shoe", "color": "red"}}


class TestTelling:
    def test_who_listens_hears_which_photos(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        shelf.labels.set(ids[:2], "class", "cap")
        shelf.labels.set(ids, "class", "cap")
        shelf.labels.set(ids, "class", "cap")  # nothing new
        shelf.labels.define("season")
        told = [event for event in shelf.events if isinstance(event, TagsChanged)]
        assert told == [TagsChanged((ids[0], ids[1])), TagsChanged((ids[2], ids[3])), TagsChanged(())]

    def test_of_many_photos_all_is_read_anew(self, shelf: Shelf) -> None:
        with shelf.database.write() as db:
            db.executemany(
                "INSERT INTO photos (folder_id, path, name, status, size_bytes, mtime_ns, dated_at, added_at)"
                " VALUES (?, ?, 'x', 'ready', 1, 1, '2020', '2020')",
                [(shelf.folder_id, f"/none/{number}") for number in range(MOST_NAMED + 1)],
            )
        ids = shelf.database.read_column("SELECT id FROM photos")
        shelf.labels.set(ids, "class", "cap")
        assert shelf.events == [TagsChanged(())]

    def test_changes_by_another_process(self, shelf: Shelf, ids: list[PhotoId]) -> None:
        bus = EventBus()
        heard: list[object] = []
        bus.subscribe(heard.append)
        other = Labels(shelf.database, bus, shelf.vectors_of)
        shelf.labels.set(ids, "class", "cap")
        other.follow()
        other.follow()
        shelf.labels.follow()
        assert heard == [TagsChanged(())]
        assert len(shelf.events) == 1

    def test_many_threads_lose_nothing(self, shelf: Shelf) -> None:
        ids = shelf.photos(40)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: shelf.labels.set([ids[number]], "class", f"kind {number % 5}"), range(40)))
            list(pool.map(lambda number: shelf.labels.set(ids[number : number + 2], "season", "winter"), range(38)))
        assert shelf.labels.counts()["class"] == {f"kind {number}": 8 for number in range(5)}
        assert len(shelf.labels.attributes()[0].values) == 5
        assert shelf.labels.counts()["season"] == {"winter": 39}


class TestPhotosThatMove:
    def test_a_photo_that_moved_keeps_its_labels(self, shelf: Shelf) -> None:
        old = shelf.photo("a.jpg", b"content")
        shelf.labels.set([old], "class", "cap")
        shelf.labels.set([old], "color", "red")
        (shelf.folder / "a.jpg").rename(shelf.folder / "b.jpg")
        newcomer = shelf.queue("b.jpg")
        shelf.labels.set([newcomer], "color", "blue")  # while it waited
        shelf.labels.set([newcomer], "material", "wood")
        assert shelf.read(newcomer, "b.jpg") == old
        assert shelf.labels.of([old, newcomer]) == {old: {"class": "cap", "color": "blue", "material": "wood"}}
        (photo,) = shelf.labels.labelled()
        assert photo.path == shelf.folder / "b.jpg"

    def test_a_twin_gets_the_labels_that_it_lacks(self, shelf: Shelf) -> None:
        first, twin = shelf.photo("a.jpg", b"same"), shelf.photo("b.jpg", b"same")
        stranger = shelf.photo("c.jpg", b"other")
        shelf.labels.set([first], "class", "cap")
        shelf.labels.set([first], "color", "red")
        shelf.labels.set([twin], "color", "blue")
        store = LabelStore(shelf.database)
        assert store.copy(first, twin)
        assert not store.copy(first, twin)
        assert not store.copy(first, stranger)
        assert not store.copy(first, first)
        assert shelf.labels.of([first, twin, stranger]) == {
            first: {"class": "cap", "color": "red"},
            twin: {"class": "cap", "color": "blue"},
        }

    def test_who_trains_gets_photos_that_are_there(self, shelf: Shelf) -> None:
        taken = datetime(2024, 5, 6, 7, 8, 9)
        there = shelf.photo("a.jpg", taken_at=taken)
        gone, waiting, failed = shelf.photo("b.jpg"), shelf.queue("c.jpg"), shelf.photo("d.jpg")
        shelf.labels.set([there, gone, waiting, failed], "class", "cap")
        shelf.labels.set([there], "color", "red")
        shelf.intake.mark_gone([(gone, str(shelf.folder / "b.jpg"))])
        with shelf.database.write() as db:
            db.execute("UPDATE photos SET status = 'failed' WHERE id = ?", (failed,))
        (photo,) = shelf.labels.labelled()
        assert (photo.photo_id, photo.path, photo.labels) == (
            there,
            shelf.folder / "a.jpg",
            {"class": "cap", "color": "red"},
        )
        assert (photo.taken_at, photo.split, photo.instance) == (taken, None, None)
        assert len(photo.content_hash) == 32
        FolderStore(shelf.database).remove(shelf.folder_id)
        assert shelf.labels.labelled() == []
        assert shelf.labels.counts() == {}


class TestFiles:
    def test_import_and_undo(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        shelf.labels.set(ids[:1], "class", "hat")
        (shelf.folder.parent / "stranger.jpg").touch()
        path = tmp_path / "labels.csv"
        path.write_text(
            "image_path,class_label,attributes,caption,split,instance_id\n"
            "photos/0.jpg,CAP,color:RED;fit:loose,a cap,train,I1\n"
            "photos/1.jpg,cap,,,test,\n"
            "photos/none.jpg,cap,,,,\n"
            "stranger.jpg,cap,,,,\n"
            f"photos/2.jpg,{'x' * 300},fit:tight,,odd,\n",
            encoding="utf-8",
        )
        report = shelf.labels.import_csv(path)
        assert (report.photos, report.labels, report.replaced) == (3, 5, 1)
        assert [path.name for path in report.missing] == ["none.jpg"]
        assert [path.name for path in report.not_in_library] == ["stranger.jpg"]
        assert [warning.line for warning in report.warnings] == [6, 6]
        assert shelf.labels.of(ids) == {
            ids[0]: {"class": "CAP", "color": "red", "fit": "loose"},
            ids[1]: {"class": "CAP"},
            ids[2]: {"fit": "tight"},
        }
        first, second, _ = shelf.labels.labelled()
        assert (first.split, first.instance, second.split) == (Split.TRAIN, "I1", Split.TEST)
        again = shelf.labels.restore(report.before)
        assert shelf.labels.of(ids) == {ids[0]: {"class": "hat"}}
        assert shelf.labels.attributes()[0] == Attribute("class", ("hat",), {})
        assert len(shelf.labels.attributes()) == 4
        assert [photo.split for photo in shelf.labels.labelled()] == [None]
        shelf.labels.restore(again)
        assert shelf.labels.of(ids)[ids[0]] == {"class": "CAP", "color": "red", "fit": "loose"}
        assert shelf.labels.labelled()[0].instance == "I1"

    def test_what_the_user_said_can_be_kept(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        shelf.labels.set(ids[:1], "class", "hat")
        path = tmp_path / "labels.csv"
        path.write_text("image_path,class_label,attributes\nphotos/0.jpg,cap,color:red\n")
        assert shelf.labels.import_csv(path, keep=True).replaced == 0
        assert shelf.labels.of(ids) == {ids[0]: {"class": "hat", "color": "red"}}
        assert shelf.labels.attributes()[0].values == ("hat",)

    def test_folders(self, shelf: Shelf) -> None:
        cap, shoe = shelf.photo("train/cap/1.jpg"), shelf.photo("val/shoe/2.jpg")
        shelf.found("val/shoe/3.jpg")
        report = shelf.labels.import_folders(shelf.folder)
        assert (report.photos, [path.name for path in report.not_in_library]) == (2, ["3.jpg"])
        assert shelf.labels.of([cap, shoe]) == {cap: {"class": "cap"}, shoe: {"class": "shoe"}}
        assert [photo.split for photo in shelf.labels.labelled()] == [Split.TRAIN, Split.VALIDATION]

    def test_a_photo_is_found_through_a_link_and_in_either_form(self, shelf: Shelf, tmp_path: Path) -> None:
        photo = shelf.photo("e\u0301te\u0301/a.jpg")
        (tmp_path / "linked").symlink_to(shelf.folder)
        (tmp_path / "labels.csv").write_text(
            "image_path,class_label\nlinked/\u00e9t\u00e9/a.jpg,cap\n", encoding="utf-8"
        )
        assert shelf.labels.import_csv(tmp_path / "labels.csv").photos == 1
        assert shelf.labels.of([photo]) == {photo: {"class": "cap"}}
