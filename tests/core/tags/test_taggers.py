"""Taggers in a library at work: taken in, used, gone back from, lost and found again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.doctor import examine
from core.errors import ModelError
from core.events import ErrorRaised, Event, TaggerChanged, TagsChanged
from core.library import Library
from core.tags.values import TaggerInfo, TagSource
from tests.core.conftest import OpenLibrary
from tests.core.tags.checkpoints import HEADS, pixel_checkpoint, vector_checkpoint
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder


@pytest.fixture
def taught(tmp_path: Path, starter: ClipEncoder) -> Path:
    return vector_checkpoint(tmp_path / "taught", starter)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return pixel_checkpoint(tmp_path / "tiny")


def promote(library: Library, checkpoint: Path, name: str = "mine") -> TaggerInfo:
    """Take a tagger in, and wait until it answers."""
    info = library.tags.promote(checkpoint, name=name, metrics={"class accuracy": 0.5}, run="run-1")
    wait_until(lambda: live(library).id == info.id, what="the new tagger")
    wait_until(lambda: library.is_up_to_date)
    return live(library)


def live(library: Library) -> TaggerInfo:
    """The tagger that answers for the class."""
    infos = [info for info in library.tags.taggers() if info.live]
    return min(infos, key=lambda info: info.source is TagSource.ZERO_SHOT)


def sources(library: Library, head: str) -> set[TagSource]:
    tags = library.tags.of(library.all_photos())
    assert len(tags) == library.photo_count()
    return {tags[photo_id][head].source for photo_id in tags}


def said(library: Library) -> dict[Path, list[tuple[str, str]]]:
    tags = library.tags.of(library.all_photos())
    photos = library.photos(list(tags))
    return {photo.path: sorted((head, tag.value) for head, tag in tags[photo.id].items()) for photo in photos}


def heard(library: Library, *kinds: type) -> list[Event]:
    events: list[Event] = []
    library.subscribe(lambda event: events.append(event) if isinstance(event, kinds) else None)
    return events


def rows(library: Library, info: TaggerInfo) -> int:
    return library._database.read_column("SELECT COUNT(*) FROM predictions WHERE tagger_id = ?", (info.id,))[0]


def test_without_training_every_photo_has_tags_and_they_are_shown_as_such(library: Library) -> None:
    for head in ("class", "color", "material", "condition"):
        assert sources(library, head) == {TagSource.ZERO_SHOT}
    (info,) = library.tags.taggers()
    assert info.source is TagSource.ZERO_SHOT
    assert info.live
    assert info.usable
    facets = library.tags.facets("class")
    assert sum(facet.count + facet.unsure for facet in facets) == 6


@pytest.mark.parametrize("make", ["taught", "tiny"])
def test_a_promoted_tagger_answers_when_it_has_seen_every_photo_and_new_ones_at_once(
    library: Library, make: str, request: pytest.FixtureRequest, make_photo: PhotoMaker
) -> None:
    checkpoint: Path = request.getfixturevalue(make)
    changed, tags = heard(library, TaggerChanged), heard(library, TagsChanged)
    info = promote(library, checkpoint)
    assert changed
    assert TagsChanged(()) in tags
    assert (info.name, info.run, info.metrics) == ("mine", "run-1", {"class accuracy": 0.5})
    assert info.heads == HEADS
    assert info.usable
    shutil.rmtree(checkpoint)  # the library has its own copy
    assert sources(library, "class") == sources(library, "color") == {TagSource.MODEL}
    assert sources(library, "material") == {TagSource.ZERO_SHOT}  # a head that it lacks

    path = make_photo("new.jpg", "orange square")
    wait_until(lambda: library.photo_count() == 7 and library.is_up_to_date)
    new = library.find_photo(path)
    assert new is not None
    found = library.tags.of([new])[new]
    assert found["class"].source is TagSource.MODEL
    assert found["class"].value in HEADS["class"]
    assert found["material"].source is TagSource.ZERO_SHOT
    assert {facet.value for facet in library.tags.facets("class")} <= set(HEADS["class"])


def test_predictions_are_the_same_beside_embedding_and_later(
    open_library: OpenLibrary, photo_folder: Path, taught: Path, tmp_path: Path
) -> None:
    first = open_library(photo_folder)
    wait_until(lambda: first.is_up_to_date)
    promote(first, taught)
    second = open_library(home=tmp_path / "second home")
    promote(second, taught)
    second.add_folder(photo_folder)
    wait_until(lambda: second.photo_count() == 6 and second.is_up_to_date)
    assert said(first) == said(second)


def test_going_back_is_instant_and_brings_the_old_tags(library: Library, tmp_path: Path, starter: ClipEncoder) -> None:
    untrained = said(library)
    a = promote(library, vector_checkpoint(tmp_path / "a", starter, seed=1), "a")
    said_by_a = said(library)
    b = promote(library, vector_checkpoint(tmp_path / "b", starter, seed=2), "b")
    assert said(library) != said_by_a
    library.pause()  # nothing has to be done for it in the background
    assert library.tags.roll_back().id == a.id
    assert said(library) == said_by_a
    assert library.tags.roll_back().source is TagSource.ZERO_SHOT
    assert said(library) == untrained
    with pytest.raises(ModelError):
        library.tags.roll_back()
    assert library.tags.use(b.id).live  # forth again, at once too
    assert library.tags.roll_back().source is not TagSource.USER
    library.resume()


def test_a_tagger_that_is_on_its_way_in_can_be_called_off(
    library: Library, tmp_path: Path, starter: ClipEncoder, taught: Path
) -> None:
    a = promote(library, taught, "a")
    library.pause()
    coming = library.tags.promote(vector_checkpoint(tmp_path / "b", starter, seed=2), name="b", metrics={})
    assert not coming.live
    assert live(library).id == a.id
    waiting = library.tags.on_its_way()
    assert waiting is not None
    assert waiting.id == coming.id
    assert library.tags.roll_back().id == a.id
    assert library.tags.on_its_way() is None
    library.resume()
    wait_until(lambda: library.is_up_to_date)
    assert live(library).id == a.id


def test_two_taggers_make_an_ensemble_and_it_survives_them(
    library: Library, tmp_path: Path, starter: ClipEncoder, tiny: Path
) -> None:
    a = promote(library, vector_checkpoint(tmp_path / "a", starter, seed=1), "a")
    b = promote(library, tiny, "b")
    both = library.tags.combine([a.id, b.id], "both")
    wait_until(lambda: live(library).id == both.id)
    wait_until(lambda: library.is_up_to_date)
    assert sources(library, "class") == {TagSource.MODEL}
    library.tags.delete(a.id)
    library.tags.delete(b.id)
    assert library.tags.taggers()[0].name == "both"
    assert live(library).usable
    assert len(list(library.paths.taggers.iterdir())) == 1
    with pytest.raises(ModelError):
        library.tags.combine([both.id], "alone")
    with pytest.raises(ModelError):
        library.tags.delete(both.id)  # in use


@pytest.mark.parametrize("damage", ["weights", "config", "nothing there"])
def test_what_is_no_checkpoint_is_refused_and_leaves_nothing(library: Library, taught: Path, damage: str) -> None:
    if damage == "weights":
        (taught / "weights.safetensors").write_bytes(b"\0" * 100)
    elif damage == "config":
        (taught / "config.json").write_text("{")
    else:
        shutil.rmtree(taught)
    with pytest.raises(ModelError) as caught:
        library.tags.promote(taught, name="damaged", metrics={})
    assert caught.value.remedy
    assert list(library.paths.taggers.iterdir()) == []
    assert len(library.tags.taggers()) == 1


def errors(events: Sequence[Event]) -> list[ModelError]:
    return [event.error for event in events if isinstance(event, ErrorRaised) and isinstance(event.error, ModelError)]


@pytest.mark.parametrize("damage", ["lost", "damaged"])
def test_a_tagger_whose_files_are_gone_gives_way_to_zero_shot_and_comes_back(
    library: Library, open_library: OpenLibrary, taught: Path, tmp_path: Path, make_photo: PhotoMaker, damage: str
) -> None:
    info = promote(library, taught)
    library.close()
    (place,) = library.paths.taggers.iterdir()
    safe = shutil.copytree(place, tmp_path / "safe")
    if damage == "lost":
        shutil.rmtree(place)
    else:
        (place / "weights.safetensors").write_bytes(b"\0" * 100)

    again = Library.open(library.paths.home, encoder=library._encoders.live.encoder)  # type: ignore[union-attr]
    events = heard(again, ErrorRaised)
    make_photo("new.jpg", "orange square")
    again.start()
    try:
        wait_until(lambda: again.photo_count() == 7 and again.is_up_to_date)
        assert len(errors(events)) == 1
        assert errors(events)[0].remedy
        assert sources(again, "class") == {TagSource.ZERO_SHOT}
        (lost,) = [each for each in again.tags.taggers() if each.id == info.id]
        assert not lost.live
        findings = [each for each in examine(library.paths.home) if each.subject == "Tagger"]
        assert [info.name in each.text for each in findings] == ([True] if damage == "lost" else [])
        assert lost.usable == (damage == "damaged")  # that its weights are damaged is seen when they are loaded

        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(safe, place)
        again.resume()
        wait_until(lambda: live(again).id == info.id)
        wait_until(lambda: again.is_up_to_date)
        assert sources(again, "class") == {TagSource.MODEL}
    finally:
        again.close()


def test_a_tagger_that_fails_at_its_work_stops_nothing(
    library: Library, taught: Path, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models.taggers.loaded import VectorTagger

    promote(library, taught)
    events = heard(library, ErrorRaised)

    def fail(*arguments: object) -> object:
        raise ModelError("The tagger made numbers that are not finite.", remedy="Train it again.")

    monkeypatch.setattr(VectorTagger, "tag_prepared", fail)
    path = make_photo("new.jpg", "orange square")
    wait_until(lambda: library.photo_count() == 7 and library.is_up_to_date)
    assert len(errors(events)) == 1
    new = library.find_photo(path)
    assert new is not None
    assert library.tags.of([new])[new]["class"].source is TagSource.ZERO_SHOT


def test_another_process_chooses_and_both_know(library: Library, open_library: OpenLibrary, taught: Path) -> None:
    follower = open_library()
    wait_until(lambda: follower.is_up_to_date)
    assert not follower.is_indexer
    mine, theirs = heard(library, TaggerChanged), heard(follower, TaggerChanged)
    info = follower.tags.promote(taught, name="from there", metrics={})
    wait_until(lambda: live(library).id == info.id and live(follower).id == info.id)
    wait_until(lambda: mine and len(theirs) >= 2, what="both to hear of it")
    mine.clear()
    follower.tags.roll_back()
    wait_until(lambda: mine, what="the indexer to hear of it")
    assert sources(library, "class") == {TagSource.ZERO_SHOT}


def test_predictions_of_the_last_taggers_are_kept_and_those_of_older_ones_cleared_away(
    library: Library, tmp_path: Path, starter: ClipEncoder
) -> None:
    infos = [
        promote(library, vector_checkpoint(tmp_path / str(seed), starter, seed=seed), str(seed)) for seed in range(4)
    ]
    wait_until(lambda: rows(library, infos[0]) == 0, what="the oldest to be cleared away")
    assert all(rows(library, info) == 12 for info in infos[1:])
    library.tags.use(infos[0].id)  # its files are kept: it looks at the photos anew
    wait_until(lambda: live(library).id == infos[0].id)
