"""Tagging in the background: killed, paused, and what becomes of tags when photos are copied, moved or edited."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.events import ErrorRaised, Event, ProgressChanged
from core.library import Library
from core.settings import CustomEncoder, Settings, save_settings
from core.store.database import Database
from core.tags import tagging
from core.tags.values import CLASS, TagSource
from core.tags.vocabulary import Vocabulary, VocabularyHead
from core.types import Activity
from tests.core.conftest import OpenLibrary
from tests.core.models.tiny_models import make_tiny_model, vit_config
from tests.core.tags.checkpoints import HEADS, pixel_checkpoint, vector_checkpoint
from tests.core.test_crash import start_indexing
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

PHOTOS = 160
KILLS = 2


@pytest.fixture
def noisy_photos(tmp_path: Path) -> Path:
    folder = tmp_path / "noise"
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(PHOTOS):
        pixels = noise.integers(0, 255, (12, 16, 3), np.uint8)
        Image.fromarray(pixels).resize((320, 240)).save(folder / f"{number:04}.jpg")
    return folder


def tagged(home: Path, tagger_id: int) -> int:
    """Photos that the tagger has looked at, each with all of its heads."""
    database = Database(home / "library.db")
    sql = "SELECT COUNT(*), COUNT(DISTINCT photo_id) FROM predictions WHERE tagger_id = ?"
    predictions, photos = database.connection.execute(sql, (tagger_id,)).fetchone()
    database.close()
    assert predictions == photos * len(HEADS)  # what is said of a photo is committed together
    return photos


@pytest.mark.timeout(300)
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_kills_while_a_new_tagger_looks_at_the_photos_lose_nothing(
    noisy_photos: Path, library_home: Path, tmp_path: Path
) -> None:
    assert start_indexing(noisy_photos).wait(120) == 0
    library = Library.open(library_home)
    info = library.tags.promote(pixel_checkpoint(tmp_path / "tiny"), name="mine", metrics={})
    library.close()
    assert not info.live
    done, in_the_middle = 0, 0
    for _ in range(KILLS):
        process = start_indexing(noisy_photos)
        wait_until(
            lambda process=process, done=done: process.poll() is not None or tagged(library_home, info.id) > done,
            timeout_s=60,
            what="a batch",
        )
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert tagged(library_home, info.id) >= done
        done = tagged(library_home, info.id)
        in_the_middle += 0 < done < PHOTOS
        if done == PHOTOS:
            break
    assert in_the_middle  # or the kills came at moments that prove nothing
    assert start_indexing(noisy_photos).wait(120) == 0
    assert tagged(library_home, info.id) == PHOTOS
    library = Library.open(library_home)
    assert library.tags.taggers()[0].live
    assert library.damage() is None
    found = library.tags.of(library.all_photos())
    assert {tags[CLASS].source for tags in found.values()} == {TagSource.MODEL}
    assert len(found) == PHOTOS
    library.close()


class TestWordsThatChange:
    WORDS = Vocabulary((VocabularyHead(CLASS, ("circle", "square", "triangle")),))

    def test_let_all_photos_be_tagged_anew_while_the_old_tags_answer(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tagging, "CHUNK", 2)
        progress: list[Activity] = []
        library.subscribe(lambda event: progress.append(activity_of(event)))
        library.pause()
        library.tags.change_vocabulary(self.WORDS)
        old = library.tags.facets(CLASS)
        assert not {facet.value for facet in old} & set(self.WORDS.heads[0].values)
        assert not library.is_up_to_date
        library.resume()
        wait_until(lambda: library.is_up_to_date)
        assert {facet.value for facet in library.tags.facets(CLASS)} <= set(self.WORDS.heads[0].values)
        assert progress.count(Activity.TAGGING) >= 3
        wait_until(lambda: len(library._database.read("SELECT * FROM taggers")) == 1, what="the old tags to go")

        library.tags.reset_vocabulary()
        wait_until(lambda: library.is_up_to_date and library.tags.facets(CLASS) == old)

    def test_values_of_the_users_attributes_are_among_them(self, library: Library) -> None:
        library.labels.define("shape", ["round", "angular"])
        wait_until(lambda: library.tags.facets("shape"), what="tags of the new attribute")
        assert {facet.value for facet in library.tags.facets("shape")} <= {"round", "angular"}

    def test_a_file_that_is_no_vocabulary_is_reported_and_stops_nothing(
        self, library: Library, make_photo: PhotoMaker
    ) -> None:
        errors: list[Event] = []
        library.subscribe(lambda event: errors.append(event) if isinstance(event, ErrorRaised) else None)
        library.paths.tag_vocabulary.write_text("[class]\nvalues = 3\n", encoding="utf-8")
        make_photo("new.jpg", "orange square")
        wait_until(lambda: library.photo_count() == 7 and library.is_up_to_date)
        assert len(errors) == 1
        assert len(library.tags.of(library.all_photos())) == 7

    def test_another_process_changes_them(self, library: Library, open_library: OpenLibrary) -> None:
        follower = open_library()
        wait_until(lambda: follower.is_up_to_date)
        follower.tags.change_vocabulary(self.WORDS)
        wait_until(lambda: {facet.value for facet in library.tags.facets(CLASS)} <= set(self.WORDS.heads[0].values))


def activity_of(event: Event) -> Activity:
    return event.progress.activity if isinstance(event, ProgressChanged) else Activity.IDLE


class TestPhotos:
    @pytest.fixture
    def taught(self, library: Library, tmp_path: Path, starter: ClipEncoder) -> Library:
        library.tags.promote(vector_checkpoint(tmp_path / "taught", starter), name="mine", metrics={})
        wait_until(lambda: library.is_up_to_date)
        return library

    def test_a_copy_gets_tags_and_labels_of_its_twin_without_being_looked_at(
        self, taught: Library, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = taught.find_photo(photo_folder / "red circle.jpg")
        assert original is not None
        taught.labels.set([original], CLASS, "tomato")
        from core.models.taggers.loaded import VectorTagger

        monkeypatch.setattr(VectorTagger, "tag_prepared", lambda *_: pytest.fail("it was looked at"))
        copy = shutil.copy(photo_folder / "red circle.jpg", photo_folder / "trip" / "copy.jpg")
        wait_until(lambda: taught.photo_count() == 7 and taught.is_up_to_date)
        twin = taught.find_photo(Path(copy))
        assert twin is not None
        tags = taught.tags.of([original, twin])
        assert tags[original] == tags[twin]
        assert tags[twin][CLASS].value == "tomato"
        assert tags[twin][CLASS].is_corrected

        taught.labels.clear([twin], CLASS)
        os.utime(copy, (1, 1))  # it is read again, and stays as the user wants it
        taught.rescan()
        wait_until(lambda: taught.photos([twin])[0].mtime_ns == 10**9 and taught.is_up_to_date)
        assert taught.tags.of([twin])[twin][CLASS].source is TagSource.MODEL

    def test_an_edit_renews_predictions_and_keeps_labels(
        self, taught: Library, photo_folder: Path, make_photo: PhotoMaker
    ) -> None:
        photo_id = taught.find_photo(photo_folder / "red circle.jpg")
        assert photo_id is not None
        taught.labels.set([photo_id], "material", "paper")
        before = taught.tags.of([photo_id])[photo_id]
        make_photo("red circle.jpg", "blue square", size=(200, 200))
        wait_until(lambda: taught.photos([photo_id])[0].metadata.width == 200 and taught.is_up_to_date)  # type: ignore[union-attr]
        after = taught.tags.of([photo_id])[photo_id]
        assert after["material"].value == "paper"
        assert after[CLASS].prediction != before[CLASS].prediction
        assert after["color"].prediction is not None

    def test_a_moved_photo_keeps_both(self, taught: Library, photo_folder: Path) -> None:
        photo_id = taught.find_photo(photo_folder / "red circle.jpg")
        assert photo_id is not None
        taught.labels.set([photo_id], CLASS, "tomato")
        before = taught.tags.of([photo_id])[photo_id]
        (photo_folder / "red circle.jpg").rename(photo_folder / "moved.jpg")
        wait_until(lambda: taught.find_photo(photo_folder / "moved.jpg") == photo_id and taught.is_up_to_date)
        assert taught.tags.of([photo_id])[photo_id] == before


def test_a_photo_is_called_the_same_beside_embedding_and_from_its_stored_vector(library: Library) -> None:
    photos = library.all_photos()
    beside_embedding = library.tags.of(photos)
    library.tags.change_vocabulary(TestWordsThatChange.WORDS)
    wait_until(lambda: library.is_up_to_date and library.tags.of(photos) != beside_embedding)
    library.tags.reset_vocabulary()
    wait_until(lambda: library.is_up_to_date)
    assert library.tags.of(photos) == beside_embedding


def test_closing_does_not_wait_until_all_is_tagged(
    library: Library, monkeypatch: pytest.MonkeyPatch, starter: ClipEncoder, tmp_path: Path
) -> None:
    monkeypatch.setattr(tagging, "CHUNK", 1)
    library._pace.speed = "gentle"
    from core.models.taggers.loaded import VectorTagger

    real = VectorTagger.tag_prepared

    def slow(self: VectorTagger, *arguments: object) -> object:
        time.sleep(0.3)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(VectorTagger, "tag_prepared", slow)
    info = library.tags.promote(vector_checkpoint(tmp_path / "taught", starter), name="mine", metrics={})
    wait_until(lambda: library._database.read("SELECT 1 FROM predictions WHERE tagger_id = ?", (info.id,)))
    began = time.monotonic()
    library.close()
    assert time.monotonic() - began < 3
    monkeypatch.undo()
    again = Library.open(library.paths.home, encoder=starter)
    assert not again.tags.taggers()[0].live
    again.start()
    wait_until(lambda: again.is_up_to_date and again.tags.taggers()[0].live)
    again.close()


def test_another_encoder_lets_zero_shot_answer_until_the_tagger_can_work_again(
    tmp_path: Path, library_home: Path, photo_folder: Path
) -> None:
    models = {
        "small": make_tiny_model(tmp_path / "weights", "small", vit_config(dim=16)),
        "large": make_tiny_model(tmp_path / "weights", "large", vit_config(dim=40), seed=1),
    }
    encoders = {
        name: CustomEncoder(architecture=str(model.config), weights=model.weights) for name, model in models.items()
    }
    library_home.mkdir()
    save_settings(library_home / "settings.toml", Settings(encoder="small", encoders=encoders))
    library = Library.open()
    errors: list[Event] = []
    library.subscribe(lambda event: errors.append(event) if isinstance(event, ErrorRaised) else None)
    library.add_folder(photo_folder)
    library.start()
    try:
        wait_until(lambda: library.is_up_to_date and library.photo_count() == 6, timeout_s=60)
        small = library._encoders.live
        assert small is not None
        checkpoint = vector_checkpoint(tmp_path / "taught", small.encoder)
        info = library.tags.promote(checkpoint, name="mine", metrics={})
        wait_until(lambda: library.tags.taggers()[0].live and library.is_up_to_date)

        library.models.use("large")
        wait_until(lambda: library.encoder_name == "large" and errors, timeout_s=60)
        wait_until(lambda: library.is_up_to_date)
        assert isinstance(errors[0], ErrorRaised)
        assert "Models" in errors[0].error.remedy
        mine = next(each for each in library.tags.taggers() if each.id == info.id)
        assert not mine.live
        assert not mine.usable
        found = library.tags.of(library.all_photos())
        assert {tags[CLASS].source for tags in found.values()} == {TagSource.ZERO_SHOT}
        assert "large" in library.tags.taggers()[-1].name

        library.models.use("small")
        wait_until(lambda: library.encoder_name == "small", timeout_s=60)
        wait_until(lambda: library.tags.taggers()[0].live and library.is_up_to_date)
        assert len(errors) == 1
    finally:
        library.close()


def test_the_command_line_shows_tags_and_goes_back(
    library: Library, tmp_path: Path, starter: ClipEncoder, photo_folder: Path
) -> None:
    library.tags.promote(vector_checkpoint(tmp_path / "taught", starter), name="mine", metrics={"class accuracy": 0.5})
    wait_until(lambda: library.is_up_to_date)
    library.close()

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "core.cli.main", *arguments]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    assert "mine" in run("taggers", "list")
    shown = run("tags", str(photo_folder / "red circle.jpg"))
    assert any(f"class {label}" in shown for label in HEADS[CLASS])
    assert "class: " in run("tags", "--head", CLASS)
    assert "Zero-shot" in run("taggers", "rollback", "--no-wait")
    assert "deleted" in run("taggers", "delete", "--yes", "2")


def test_the_command_line_combines_taggers(library: Library, tmp_path: Path, starter: ClipEncoder) -> None:
    for seed, name in enumerate(("first", "second", "twin", "twin")):
        library.tags.promote(vector_checkpoint(tmp_path / f"{name} {seed}", starter, seed=seed), name=name, metrics={})
        wait_until(lambda: library.is_up_to_date)
    numbers = {info.name: info.id for info in library.tags.taggers()}
    library.close()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "core.cli.main", "taggers", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    for wrong, said in (
        (("first",), "two different"),
        (("first", "first"), "two different"),
        (("first", "nobody"), "no tagger called nobody"),
        (("first", "twin"), "Several taggers are called twin"),
        (("first", "999"), "no tagger 999"),
        (("first", str(next(number for name, number in numbers.items() if "Zero" in name))), "trained"),
    ):
        refused = run("combine", *wrong)
        assert refused.returncode != 0
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr
    done = run("combine", "first", str(numbers["second"]))
    assert (done.returncode, done.stdout.strip()) == (0, "first + second answers now."), done.stderr
    assert "\u25cf" in next(line for line in run("list").stdout.splitlines() if "first + second" in line)
    assert "averages" in run("combine", "--help").stdout
