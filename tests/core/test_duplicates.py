"""The same picture in several files: what is found, what is left alone although it is similar, and which one stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from core.keeping import best_first, reason_to_keep
from core.library import Library
from core.likeness.groups import grouped
from core.likeness.record import Pair
from core.sample_scenes import SCENES, draw_scene
from core.store.contents import Content
from core.types import DuplicateGroup, PhotoId
from tests.core.conftest import OpenLibrary
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

SIZE = (960, 640)
SCENE = "beach with an umbrella"


def indexed(library: Library, photos: int) -> Library:
    wait_until(lambda: library.is_up_to_date and library.photo_count() == photos, timeout_s=60, what="the index")
    return library


def names(library: Library, groups: Sequence[DuplicateGroup]) -> list[set[str]]:
    return [{photo.path.name for photo in library.photos(group.photo_ids)} for group in groups]


def best_name(library: Library, group: DuplicateGroup) -> str:
    (photo,) = library.photos([group.best])
    return photo.path.name


def photo_at(library: Library, path: Path) -> PhotoId:
    found = library.find_photo(path)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "many photos"
    folder.mkdir()
    return folder


@pytest.fixture
def scenes(folder: Path) -> Path:
    """All scenes that we can draw, each once."""
    for name in SCENES:
        draw_scene(name, SIZE).save(folder / f"{name}.jpg", quality=92)
    return folder


def marked(image: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(image)
    pen.text((700, 600), "(c) holidays", fill="white", font_size=24)
    return image


VARIANTS: dict[str, Callable[[Image.Image, Path], None]] = {
    "half size": lambda image, path: image.resize((480, 320)).save(path.with_suffix(".jpg")),
    "a third, poor quality": lambda image, path: image.resize((320, 213)).save(path.with_suffix(".jpg"), quality=50),
    "compressed": lambda image, path: image.save(path.with_suffix(".jpg"), quality=40),
    "WebP": lambda image, path: image.save(path.with_suffix(".webp"), quality=80),
    "PNG": lambda image, path: image.save(path.with_suffix(".png")),
    "cropped": lambda image, path: image.crop((40, 20, 900, 600)).save(path.with_suffix(".jpg")),
    "cropped to a square": lambda image, path: image.crop((80, 0, 760, 640)).save(path.with_suffix(".jpg")),
    "brighter": lambda image, path: ImageEnhance.Brightness(image).enhance(1.12).save(path.with_suffix(".jpg")),
    "less color": lambda image, path: ImageEnhance.Color(image).enhance(0.8).save(path.with_suffix(".jpg")),
    "marked": lambda image, path: marked(image.copy()).save(path.with_suffix(".jpg")),
}


class TestNear:
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_an_altered_file_of_a_picture_is_found_among_others(
        self, variant: str, scenes: Path, open_library: OpenLibrary
    ) -> None:
        with Image.open(scenes / f"{SCENE}.jpg") as image:
            VARIANTS[variant](image, scenes / "variant")
        library = indexed(open_library(scenes), len(SCENES) + 1)
        (group,) = library.duplicates.near()
        (variant_file,) = scenes.glob("variant.*")
        assert names(library, [group]) == [{f"{SCENE}.jpg", variant_file.name}]
        assert group.photo_ids[0] == group.best
        assert group.content_hash is None
        assert library.duplicates.exact() == []

    def test_different_pictures_are_none(self, scenes: Path, open_library: OpenLibrary) -> None:
        assert indexed(open_library(scenes), len(SCENES)).duplicates.near() == []

    def test_a_second_shot_of_the_scene_is_similar_and_no_duplicate(
        self, folder: Path, open_library: OpenLibrary
    ) -> None:
        scene = draw_scene(SCENE, (1100, 740))
        for number, (shift, place) in enumerate(
            [((40, 40), (300, 350)), ((52, 34), (380, 350)), ((70, 50), (480, 340))]
        ):
            shot = scene.crop((*shift, shift[0] + 960, shift[1] + 640))
            ImageDraw.Draw(shot).ellipse((*place, place[0] + 120, place[1] + 200), fill="maroon")
            shot.save(folder / f"shot {number}.jpg", quality=90)
        library = indexed(open_library(folder), 3)
        assert library.duplicates.near() == []
        assert library.similar(photo_at(library, folder / "shot 0.jpg")).near

    def test_things_of_another_color_are_no_duplicates(self, make_photo: PhotoMaker, open_library: OpenLibrary) -> None:
        for color in ("red", "green", "blue", "purple", "navy", "black"):
            make_photo(f"{color}.jpg", f"{color} circle", size=(320, 240))
        assert indexed(open_library(make_photo.folder), 6).duplicates.near() == []

    def test_shots_of_two_moments_are_no_duplicates_however_alike(
        self, folder: Path, open_library: OpenLibrary
    ) -> None:
        scene = draw_scene(SCENE, SIZE)
        maker = PhotoMaker(folder)
        for name, quality, second in (("first.jpg", 90, 1), ("again.jpg", 80, 1), ("later.jpg", 85, 2)):
            taken = maker("exif.jpg", taken_at=datetime(2024, 7, 1, 12, 0, second))
            with Image.open(taken) as image:
                scene.save(folder / name, quality=quality, exif=image.getexif())
            taken.unlink()
        library = indexed(open_library(folder), 3)
        assert names(library, library.duplicates.near()) == [{"first.jpg", "again.jpg"}]

    def test_one_copy_stands_for_all_exact_ones(self, scenes: Path, open_library: OpenLibrary) -> None:
        original = scenes / f"{SCENE}.jpg"
        shutil.copy(original, scenes / f"{SCENE} copy.jpg")
        with Image.open(original) as image:
            image.resize((480, 320)).save(scenes / "small.jpg")
        library = indexed(open_library(scenes), len(SCENES) + 2)
        assert names(library, library.duplicates.near()) == [{original.name, "small.jpg"}]
        assert names(library, library.duplicates.exact()) == [{original.name, f"{SCENE} copy.jpg"}]

    def test_hidden_and_vanished_photos_are_left_out(self, scenes: Path, open_library: OpenLibrary) -> None:
        small = scenes / "small.jpg"
        with Image.open(scenes / f"{SCENE}.jpg") as image:
            image.resize((480, 320)).save(small)
        library = indexed(open_library(scenes), len(SCENES) + 1)
        assert len(library.duplicates.near()) == 1
        library.set_hidden([photo_at(library, small)], True)
        assert library.duplicates.near() == []
        library.set_hidden([photo_at(library, small)], False)
        assert len(library.duplicates.near()) == 1
        small.unlink()
        indexed(library, len(SCENES))
        assert library.duplicates.near() == []

    def test_the_answer_is_always_the_same(self, scenes: Path, open_library: OpenLibrary) -> None:
        for number, scale in enumerate((0.5, 0.6, 0.7)):
            with Image.open(scenes / f"{SCENE}.jpg") as image:
                image.resize((int(960 * scale), int(640 * scale))).save(scenes / f"small {number}.jpg")
        library = indexed(open_library(scenes), len(SCENES) + 3)
        first = library.duplicates.near()
        library.paths.compared.unlink()
        assert library.duplicates.near() == first
        assert best_name(library, first[0]) == f"{SCENE}.jpg"
        assert first[0].reason.startswith("most pixels")


class TestWhatIsRemembered:
    def test_only_new_photos_are_compared_the_next_time(
        self, scenes: Path, open_library: OpenLibrary, library_home: Path
    ) -> None:
        library = indexed(open_library(scenes), len(SCENES))
        told: list[tuple[int, int]] = []
        assert library.duplicates.near(on_progress=lambda done, total: told.append((done, total))) == []
        assert told[-1] == (3 * len(SCENES), 3 * len(SCENES))
        assert told == sorted(told)
        library.close()
        with Image.open(scenes / f"{SCENE}.jpg") as image:
            image.resize((480, 320)).save(scenes / "small.jpg")
        library = indexed(open_library(), len(SCENES) + 1)
        told.clear()
        groups = library.duplicates.near(on_progress=lambda done, total: told.append((done, total)))
        assert names(library, groups) == [{f"{SCENE}.jpg", "small.jpg"}]
        assert told[-1] == (3, 3)

    @pytest.mark.parametrize("damage", [b"", b"no such thing", None])
    def test_a_damaged_record_is_made_anew(self, damage: bytes | None, scenes: Path, open_library: OpenLibrary) -> None:
        with Image.open(scenes / f"{SCENE}.jpg") as image:
            image.resize((480, 320)).save(scenes / "small.jpg")
        library = indexed(open_library(scenes), len(SCENES) + 1)
        first = library.duplicates.near()
        content = library.paths.compared.read_bytes()
        library.paths.compared.write_bytes(content[: len(content) // 2] if damage is None else damage)
        assert library.duplicates.near() == first
        assert library.paths.compared.read_bytes() == content

    def test_cancelled_it_goes_on_the_next_time(self, scenes: Path, open_library: OpenLibrary) -> None:
        with Image.open(scenes / f"{SCENE}.jpg") as image:
            image.resize((480, 320)).save(scenes / "small.jpg")
        library = indexed(open_library(scenes), len(SCENES) + 1)
        assert library.duplicates.near(cancelled=lambda: True) == []
        assert len(library.duplicates.near()) == 1

    def test_it_works_while_photos_wait(self, scenes: Path, open_library: OpenLibrary) -> None:
        with Image.open(scenes / f"{SCENE}.jpg") as image:
            image.resize((480, 320)).save(scenes / "small.jpg")
            library = indexed(open_library(scenes), len(SCENES) + 1)
            library.pause()
            image.resize((720, 480)).save(scenes / "medium.jpg")
        wait_until(lambda: library.find_photo(scenes / "medium.jpg") is not None)
        assert names(library, library.duplicates.near()) == [{f"{SCENE}.jpg", "small.jpg"}]
        library.resume()
        indexed(library, len(SCENES) + 2)
        assert names(library, library.duplicates.near()) == [{f"{SCENE}.jpg", "small.jpg", "medium.jpg"}]


class TestRealPhotos:
    """Of one hundred: most files that a messenger or an export makes of them are found, and nothing else."""

    def test_what_was_made_of_them_is_found_and_nothing_else(
        self, shared_data: Path, folder: Path, open_library: OpenLibrary
    ) -> None:
        originals = sorted((shared_data / "clothing" / "train").rglob("*.jpg"))[::28][:100]
        for number, original in enumerate(originals):
            with Image.open(original) as image:
                photo = image.convert("RGB")
            photo.save(folder / f"{number}.jpg", quality=92)
            photo.resize((photo.width * 3 // 4, photo.height * 3 // 4)).save(folder / f"{number} a.jpg", quality=70)
            cut = photo.crop((photo.width // 20, 0, photo.width, photo.height * 24 // 25))
            cut.save(folder / f"{number} b.webp", quality=80)
        library = indexed(open_library(folder), 3 * len(originals))
        groups = names(library, library.duplicates.near())
        mixed = [group for group in groups if len({name.split(".")[0].split()[0] for name in group}) > 1]
        together = sum(len(group) - 1 for group in groups if group not in mixed)
        assert together >= 0.97 * 2 * len(originals)
        assert len(mixed) <= 1  # the collection itself holds some photos twice


def content(number: int, name: str = "", **facts: object) -> Content:
    defaults: dict[str, object] = {
        "pixels": 100,
        "size_bytes": 50,
        "taken_at": None,
        "favorite": False,
        "in_album": False,
    }
    return Content(
        photo_id=PhotoId(number),
        path=Path(name or f"/photos/{number}.jpg"),
        content_hash=f"{number}",
        **(defaults | facts),
    )  # type: ignore[arg-type]


class TestWhichOneStays:
    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            ({"favorite": True, "pixels": 1}, "a favourite"),
            ({"in_album": True, "pixels": 1}, "in an album"),
            ({"pixels": 400, "size_bytes": 1}, "most pixels"),
            ({"taken_at": "2024-07-01T12:00:00", "size_bytes": 1}, "knows when it was taken"),
            ({"size_bytes": 80}, "largest file"),
        ],
    )
    def test_one_thing_decides(self, facts: dict[str, object], reason: str) -> None:
        ordered = best_first([content(1), content(2, **facts), content(3)])
        assert ordered[0].photo_id == 2
        assert reason_to_keep(ordered) == reason

    @pytest.mark.parametrize(
        "copy",
        [
            "IMG 1 copy.jpg",
            "IMG 1 (2).jpg",
            "Copy of IMG 1.jpg",
            "IMG 1 - Kopie.jpg",
            "IMG 1-edited.jpg",
            "IMG 1~2.jpg",
        ],
    )
    def test_the_original_name_stays(self, copy: str) -> None:
        ordered = best_first([content(1, f"/a/{copy}"), content(2, "/z/IMG 1.jpg")])
        assert ordered[0].path.name == "IMG 1.jpg"
        assert reason_to_keep(ordered) == "original name"

    def test_nothing_speaks_for_one_of_equal_files(self) -> None:
        ordered = best_first([content(2, "/b/1.jpg"), content(1, "/c/1.jpg"), content(3, "/a/1.jpg")])
        assert [each.path.parent.name for each in ordered] == ["a", "b", "c"]
        assert reason_to_keep(ordered) == ""

    def test_among_several_favorites_the_next_thing_decides(self) -> None:
        ordered = best_first([content(1, favorite=True), content(2, favorite=True, pixels=900), content(3, pixels=999)])
        assert [each.photo_id for each in ordered] == [2, 1, 3]
        assert reason_to_keep(ordered) == "a favourite, most pixels"

    def test_a_photo_of_an_album_stays_rather_than_its_copy(self, photo_folder: Path, library: Library) -> None:
        original, copy = photo_folder / "red circle.jpg", photo_folder / "zz copy.jpg"
        shutil.copy(original, copy)
        indexed(library, 7)
        (group,) = library.duplicates.exact()
        assert best_name(library, group) == original.name
        assert group.reason == "original name"
        assert group.content_hash
        library.albums.create("Best of", [photo_at(library, copy)])
        (group,) = library.duplicates.exact()
        assert best_name(library, group) == copy.name
        assert group.reason == "in an album"
        library.set_favorite([photo_at(library, original)], True)
        (group,) = library.duplicates.exact()
        assert best_name(library, group) == original.name


class TestGroups:
    @staticmethod
    def group(pairs: Sequence[Pair], same: Sequence[Pair] = ()) -> list[list[str]]:
        return grouped(pairs, lambda members: sorted(members), lambda asked: set(same) & set(asked))

    def test_pairs_that_share_a_picture_are_one_group(self) -> None:
        assert self.group([("a", "b"), ("a", "c"), ("d", "e")]) == [["a", "b", "c"], ["d", "e"]]

    def test_who_was_not_compared_with_the_best_one_is_asked_about(self) -> None:
        assert self.group([("a", "b"), ("b", "c")], same=[("a", "c")]) == [["a", "b", "c"]]

    def test_a_chain_is_cut(self) -> None:
        assert self.group([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")]) == [["a", "b"], ["c", "d"]]

    def test_the_order_of_pairs_does_not_matter(self) -> None:
        numbers = np.random.default_rng(1)
        pairs = [(f"{a:02}", f"{b:02}") for a in range(30) for b in range(a + 1, 30) if (a * b) % 7 == 1]
        shuffled = [pairs[row] for row in numbers.permutation(len(pairs))]
        assert self.group(pairs) == self.group(shuffled)
