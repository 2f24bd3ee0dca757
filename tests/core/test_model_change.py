"""Another model is chosen: all photos are embedded again in the background, and the one in use answers until then."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError, ModelMissingError
from core.events import EncoderChanged, ErrorRaised, Event
from core.library import Library
from core.settings import CustomEncoder, Settings, save_settings
from core.types import Vectors
from tests.core.models.tiny_models import TinyModel, make_tiny_model, vit_config
from tests.photo_maker import PhotoMaker
from tests.waiting import wait_until


@pytest.fixture
def two_models(tmp_path: Path, library_home: Path) -> Settings:
    """Settings with two small models of different dimensions, in the real file formats."""
    folder = tmp_path / "weights"
    small = make_tiny_model(folder, "small", vit_config(dim=16))
    large = make_tiny_model(folder, "large", vit_config(dim=40, image_px=48), seed=1)
    settings = Settings(
        encoder="small",
        encoders={
            "small": CustomEncoder(architecture=str(small.config), weights=small.weights),
            "large": CustomEncoder(architecture=str(large.config), weights=large.weights),
        },
    )
    library_home.mkdir()
    save_settings(library_home / "settings.toml", settings)
    return settings


@pytest.fixture
def small_library(two_models: Settings, photo_folder: Path) -> Iterator[Library]:
    library = Library.open()
    library.add_folder(photo_folder)
    library.start()
    wait_until(lambda: library.is_up_to_date and library.photo_count() == 6, timeout_s=60)
    yield library
    library.close()


def dimensions(library: Library) -> set[int]:
    return set(library._database.read_column("SELECT LENGTH(vector) / 2 FROM vectors"))


def test_the_old_model_answers_until_the_new_one_knows_every_photo(
    small_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert small_library.encoder_name == "small"
    may_embed = threading.Event()
    hold_back(monkeypatch, may_embed, dim=40)
    small_library.models.use("large")
    wait_until(lambda: small_library._encoders.target is not None, timeout_s=60)
    result = small_library.search("anything", strictness=0)
    assert result.encoder_key is not None
    assert result.encoder_key.startswith("small:")
    assert len(result.hits) == 6

    may_embed.set()
    wait_until(lambda: small_library.encoder_name == "large", timeout_s=60)
    result = small_library.search("anything", strictness=0)
    assert result.encoder_key is not None
    assert result.encoder_key.startswith("large:")
    assert len(result.hits) == 6
    assert dimensions(small_library) == {16, 40}


def test_a_model_of_ones_own_can_be_deleted_once_another_one_answers(
    small_library: Library, two_models: Settings
) -> None:
    folder = small_library.paths.models / "mine"
    large = two_models.encoders["large"]
    for mine in (folder, small_library.paths.models / "shared"):
        mine.mkdir(parents=True)
        shutil.copy(large.weights, mine / "w.safetensors")
        shutil.copy(large.architecture, mine / "c.json")
    own = {
        "mine": CustomEncoder(architecture="mine/c.json", weights=Path("mine/w.safetensors")),
        "shared": CustomEncoder(architecture="shared/c.json", weights=Path("shared/w.safetensors")),
        "its twin": CustomEncoder(architecture="shared/c.json", weights=Path("shared/w.safetensors")),
    }
    known = {name: custom.model_dump() for name, custom in {**two_models.encoders, **own}.items()}
    small_library.change_settings(encoders=known)
    models = small_library.models
    assert models.info("mine").own
    assert not models.info("starter").own
    for name, why in (("small", "answers your searches"), ("starter", "not a model of your own")):
        with pytest.raises(ModelError, match=why):
            models.delete(name)
    models.use("mine")
    wait_until(lambda: small_library.encoder_name == "mine", timeout_s=60)
    models.use("small")
    with pytest.raises(ModelError, match="answers your searches"):
        models.delete("mine")  # until the other one does
    wait_until(lambda: small_library.encoder_name == "small", timeout_s=60)
    assert dimensions(small_library) == {16, 40}
    for name in ("mine", "large", "shared"):
        models.delete(name)
    assert set(small_library.settings.encoders) == {"small", "its twin"}
    assert not folder.exists()
    assert large.weights.is_file()  # it lies outside the library
    assert models.info("its twin").installed
    assert dimensions(small_library) == {16}
    assert len(small_library.search("anything", strictness=0).hits) == 6


def hold_back(monkeypatch: pytest.MonkeyPatch, may_embed: threading.Event, *, dim: int) -> None:
    """Let the model of this dimension wait before it embeds photos."""
    from core.models.clip import ClipEncoder

    real = ClipEncoder.encode_pixels

    def encode_pixels(self: ClipEncoder, batch: list) -> Vectors:
        if self.dim == dim:
            may_embed.wait(30)
        return real(self, batch)

    monkeypatch.setattr(ClipEncoder, "encode_pixels", encode_pixels)


def test_a_model_that_is_given_up_on_its_way_in_never_answers(
    small_library: Library, monkeypatch: pytest.MonkeyPatch, make_photo: PhotoMaker
) -> None:
    may_embed = threading.Event()
    hold_back(monkeypatch, may_embed, dim=40)
    answered: list[str] = []
    small_library.subscribe(lambda event: answered.append(event.name) if isinstance(event, EncoderChanged) else None)
    small_library.models.use("large")
    wait_until(lambda: small_library._encoders.target is not None, timeout_s=60)
    small_library.models.use("small")
    wait_until(lambda: small_library._encoders.target is None, timeout_s=60, what="the model to be given up")
    may_embed.set()
    make_photo("later.jpg", "orange square")
    wait_until(lambda: small_library.photo_count() == 7 and small_library.is_up_to_date, timeout_s=60)
    assert small_library.encoder_name == "small"
    assert "large" not in answered
    rows = "SELECT COUNT(*) FROM vectors WHERE LENGTH(vector) = 80"
    assert small_library._database.read_column(rows)[0] <= 6  # but for the batch that was under way
    small_library.models.delete("large")
    assert dimensions(small_library) == {16}


def test_a_change_that_was_interrupted_goes_on_and_the_way_back_is_short(
    small_library: Library, photo_folder: Path, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_embed = threading.Event()
    hold_back(monkeypatch, may_embed, dim=40)
    small_library.models.use("large")
    wait_until(lambda: small_library._encoders.target is not None, timeout_s=60)
    may_embed.set()
    small_library.close()
    make_photo("meanwhile.jpg", "red square")

    with closing(Library.open()) as again:
        again.start()
        wait_until(lambda: again.encoder_name == "large" and again.is_up_to_date, timeout_s=60)
        assert len(again.search("anything", strictness=0).hits) == 7

        events: list[Event] = []
        again.subscribe(events.append)
        again.models.use("small")
        wait_until(lambda: EncoderChanged("small") in events, timeout_s=60)
        assert again.encoder_name == "small"
        assert len(again.search("anything", strictness=0).hits) == 7


def test_another_process_hears_of_the_choice(small_library: Library, library_home: Path) -> None:
    other = Library.open()
    other.models.use("large")
    other.close()
    wait_until(lambda: small_library.encoder_name == "large", timeout_s=60)


def test_a_process_that_follows_changes_its_model_too(small_library: Library) -> None:
    follower = Library.open()
    follower.start()
    try:
        wait_until(lambda: follower.encoder_name == "small", timeout_s=60)
        small_library.models.use("large")
        wait_until(lambda: follower.encoder_name == "large", timeout_s=60)
        assert not follower.is_indexer
        wait_until(lambda: len(follower.search("anything", strictness=0).hits) == 6)
    finally:
        follower.close()


def test_the_command_line_lets_the_open_window_change_its_model(small_library: Library) -> None:
    command = [sys.executable, "-m", "core.cli.main", "models", "use", "large", "--no-wait"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    wait_until(lambda: small_library.encoder_name == "large", timeout_s=60)


def model_errors(library: Library) -> list[ModelError]:
    """The troubles with models of which the library tells from now on."""
    errors: list[ModelError] = []

    def listen(event: Event) -> None:
        if isinstance(event, ErrorRaised) and isinstance(event.error, ModelError):
            errors.append(event.error)

    library.subscribe(listen)
    return errors


class TestModelsThatCannotBeLoaded:
    @pytest.fixture
    def mend(self, small_library: Library, tmp_path: Path) -> Callable[[], object]:
        """The model `large` is damaged, was chosen, and could not be loaded; calling this mends its file."""
        weights = tmp_path / "weights" / "large.safetensors"
        sound = weights.read_bytes()
        weights.write_bytes(b"\0" * 5000)
        errors = model_errors(small_library)
        small_library.models.use("large")
        wait_until(lambda: errors, timeout_s=60)
        assert errors[0].message
        return lambda: weights.write_bytes(sound)

    def test_are_reported_and_the_old_one_answers_on(self, small_library: Library, mend: Callable[[], object]) -> None:
        assert small_library.encoder_name == "small"
        assert len(small_library.search("anything", strictness=0).hits) == 6

    def test_are_tried_again_when_the_user_goes_on(self, small_library: Library, mend: Callable[[], object]) -> None:
        mend()
        small_library.resume()
        wait_until(lambda: small_library.encoder_name == "large", timeout_s=60)

    def test_are_tried_again_when_they_are_chosen_anew(
        self, small_library: Library, mend: Callable[[], object]
    ) -> None:
        mend()
        small_library.models.use("large")
        wait_until(lambda: small_library.encoder_name == "large", timeout_s=60)

    def test_are_tried_again_when_another_process_chooses_them_anew(
        self, small_library: Library, mend: Callable[[], object]
    ) -> None:
        mend()
        other = Library.open()
        other.models.use("small")
        wait_until(lambda: small_library.encoder_failure is None)
        other.models.use("large")
        other.close()
        wait_until(lambda: small_library.encoder_name == "large", timeout_s=60)


class TestModelsThatAreNotInstalled:
    @pytest.fixture
    def tiny(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyModel:
        """The one model that can be downloaded. The settings name it before it is there."""
        tiny = make_tiny_model(tmp_path / "elsewhere", "tiny", vit_config(dim=16))
        monkeypatch.setattr("core.models.registry.offered_encoders", lambda: (tiny.offered("tiny"),))
        return tiny

    def test_answer_as_soon_as_they_are_imported(self, tiny: TinyModel, photo_folder: Path) -> None:
        library = Library.open(settings=Settings(encoder="tiny"))
        errors = model_errors(library)
        library.add_folder(photo_folder)
        library.start()
        try:
            wait_until(lambda: errors, timeout_s=60)
            assert isinstance(errors[0], ModelMissingError)
            with pytest.raises(ModelMissingError):
                library.search("anything")
            library.models.import_file("tiny", tiny.weights)
            wait_until(lambda: library.is_up_to_date and library.encoder_name == "tiny", timeout_s=60)
            assert len(library.search("anything", strictness=0).hits) == 6
        finally:
            library.close()


def test_a_vector_never_meets_an_index_of_another_encoder(small_library: Library) -> None:
    live = small_library._encoders.live
    assert live is not None
    with pytest.raises(ModelError):
        live.index.add([1], np.ones((1, 40), np.float32) / np.sqrt(40))
    with pytest.raises(ModelError):
        small_library._encoders._vectors.encoder_id(live.encoder.key, "small", 40)
