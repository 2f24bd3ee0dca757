"""Labels out of a library and into another one; copies of photos in folders. Nothing is overwritten, nothing moves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import FolderError, LabelError, MachineError
from core.tags.label_export import LONGEST_NAME_BYTES, folder_names
from core.tags.values import LabelledPhoto
from core.types import PhotoId
from tests.core.tags.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "home", tmp_path / "photos")
    yield shelf
    shelf.close()


@pytest.fixture
def ids(shelf: Shelf) -> list[PhotoId]:
    names = ("a.jpg", "trip/a.jpg", " odd; \u201cname\u201d,\n.jpg", os.fsdecode(b"caf\xe9.jpg"))
    ids = [shelf.photo(name) for name in names]
    shelf.labels.set(ids[:2], "class", "cap")
    shelf.labels.set(ids[2:3], "class", 'CON/.."; \u5e3d\u5b50')
    shelf.labels.set(ids[1:], "note", '"5:3"; or so, 50 %')
    return ids


def comparable(photos: list[LabelledPhoto]) -> list[object]:
    return [(each.path, dict(each.labels), each.split, each.instance) for each in photos]


class TestTable:
    def test_another_library_reads_what_was_written(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        (shelf.folder / "said.csv").write_text(
            "image_path,class_label,attributes,caption,split,instance_id\n"
            "a.jpg,cap,,with a brim,val,I 1\ntrip/a.jpg,cap,,,train,I 1\n"
        )
        shelf.labels.import_csv(shelf.folder / "said.csv")
        assert shelf.labels.export_csv(tmp_path / "out.csv") == 4
        first = comparable(shelf.labels.labelled())
        other = Shelf(tmp_path / "other home", shelf.folder)
        try:
            for name in sorted(path.relative_to(shelf.folder) for path in shelf.folder.rglob("*.jpg")):
                other.photo(str(name))
            report = other.labels.import_csv(tmp_path / "out.csv")
            assert (report.photos, report.warning_count, report.missing, report.not_in_library) == (4, 0, (), ())
            assert sorted(map(repr, comparable(other.labels.labelled()))) == sorted(map(repr, first))
            other.labels.export_csv(tmp_path / "again.csv")
        finally:
            other.close()
        assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()

    def test_importing_what_was_exported_changes_nothing(
        self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path
    ) -> None:
        shelf.labels.export_csv(tmp_path / "out.csv")
        told = len(shelf.events)
        report = shelf.labels.import_csv(tmp_path / "out.csv")
        assert (report.photos, report.labels, bool(report.before)) == (4, 0, False)
        assert len(shelf.events) == told

    def test_photos_below_the_table_are_named_from_there_on(
        self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path
    ) -> None:
        shelf.labels.export_csv(tmp_path / "out.csv")
        assert "\r\nphotos/trip/a.jpg,cap," in (tmp_path / "out.csv").read_bytes().decode()
        elsewhere = tmp_path / "else"
        elsewhere.mkdir()
        shelf.labels.export_csv(elsewhere / "out.csv")
        assert f"\r\n{shelf.folder}/trip/a.jpg,cap," in (elsewhere / "out.csv").read_bytes().decode()

    def test_a_place_that_cannot_be_written(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        with pytest.raises(FolderError) as caught:
            shelf.labels.export_csv(tmp_path / "none" / "out.csv")
        assert caught.value.remedy
        (tmp_path / "taken").mkdir()
        with pytest.raises(MachineError):
            shelf.labels.export_csv(tmp_path / "taken")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "photos", "taken"]


class TestFolders:
    def test_copies_by_class(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        out = tmp_path / "out"
        (out / "cap").mkdir(parents=True)
        (out / "cap" / "a.jpg").write_text("mine")
        before = {path: path.read_bytes() for path in shelf.folder.rglob("*.jpg")}
        steps: list[tuple[int, int]] = []
        report = shelf.labels.export_folders(out, on_progress=lambda done, total: steps.append((done, total)))
        assert steps == [(1, 3), (2, 3), (3, 3)]
        assert not report.failed
        assert (out / "cap" / "a.jpg").read_text() == "mine"
        assert {path.relative_to(out).parts[0] for path in report.written} == {"cap", "CON_.._; \u5e3d\u5b50"}
        assert {path.read_bytes() for path in (out / "cap").iterdir()} == {b"mine", b"a.jpg", b"trip/a.jpg"}
        assert {path: path.read_bytes() for path in shelf.folder.rglob("*.jpg")} == before

    def test_by_another_attribute_and_cancelled(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        assert len(shelf.labels.export_folders(tmp_path / "out", "Note").written) == 3
        report = shelf.labels.export_folders(tmp_path / "out", cancelled=lambda: True)
        assert (report.written, report.cancelled) == ((), True)

    def test_a_photo_that_vanished_costs_no_other(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        (shelf.folder / "a.jpg").unlink()
        (tmp_path / "out").mkdir()
        report = shelf.labels.export_folders(tmp_path / "out")
        assert len(report.written) == 2
        assert [path.name for path, _ in report.failed] == ["a.jpg"]

    def test_what_cannot_be_done(self, shelf: Shelf, ids: list[PhotoId], tmp_path: Path) -> None:
        with pytest.raises(FolderError):
            shelf.labels.export_folders(tmp_path / "none")
        with pytest.raises(LabelError):
            shelf.labels.export_folders(tmp_path, "none")

    def test_every_label_has_a_folder_of_its_own(self) -> None:
        labels = ["cap", "Cap", "a/b", "a:b", "..", ".", "con", "nul.txt", "x. ", "\U0001f9e2" * 100, "", ".git"]
        names = folder_names(labels)
        assert len({name.casefold() for name in names.values()}) == len(labels)
        for name in names.values():
            assert name == name.strip()
            assert not name.startswith(".")
            assert not name.endswith(".")
            assert len(name.encode()) <= LONGEST_NAME_BYTES + 10
            assert not set(name) & set('<>:"/\\|?*')
