"""An adapted encoder becomes one of the library's models: taken in, answering, compared, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from core.cli.context import Session
from core.cli.models import list_models
from core.errors import TrainingError
from core.library import Library
from core.models.clip import ClipEncoder
from core.models.registry import ModelStore
from core.relevance import background_prompts
from core.settings import load_settings
from tests.photo_maker import draw
from tests.trainer.contrastive.tiny_adaptation import ENCODER, run, tiny_config, write_home
from tests.waiting import wait_until
from trainer.contrastive.guard import FILE
from trainer.contrastive.promotion import take_in, taken_in_as
from trainer.contrastive.side_by_side import SideBySide, compare_on_queries
from trainer.runs.cli import runs


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("promoted"))


@pytest.fixture(scope="module")
def adapted(home: Path) -> Path:
    """Folder of a run whose guard let all pass."""
    return run(home, tiny_config(phases=[{"name": "tower", "epochs": 2, "lr": 3e-3}])).folder


def store(home: Path) -> ModelStore:
    return ModelStore(home / "models", load_settings(home / "settings.toml"))


def test_it_is_taken_in_under_a_name_of_its_own_beside_the_one_before(home: Path, adapted: Path) -> None:
    name = take_in(adapted, home)
    assert name.startswith("tiny, adapted 20")
    again = take_in(adapted, home)
    assert again == f"{name} (2)"
    names = [spec.name for spec in store(home).specs()]
    assert {ENCODER, name, again} <= set(names)
    info = store(home).info(name, live=None)
    assert info.installed
    assert "adapted to your labels" in info.description
    encoder, before = store(home).load(name), store(home).load(ENCODER)
    assert encoder.key != before.key
    texts = ["a photo of a dog", "red"]
    assert np.allclose(encoder.encode_texts(texts), before.encode_texts(texts), atol=1e-6)
    pictures = [draw("red circle"), draw("blue square")]
    assert not np.allclose(encoder.encode_images(pictures), before.encode_images(pictures), atol=1e-2)
    settings = load_settings(home / "settings.toml")
    assert not Path(settings.encoders[name].weights).is_absolute()  # the library may move
    assert taken_in_as(adapted, home) == [name, again]
    assert taken_in_as(home / "runs" / "another", home) == []


def test_a_name_that_is_taken_is_refused(home: Path, adapted: Path) -> None:
    assert take_in(adapted, home, "closer") == "closer"
    for taken in ("closer", "starter", "deit-tiny"):
        with pytest.raises(TrainingError, match="already"):
            take_in(adapted, home, taken)


def test_another_point_of_the_way_lies_between(home: Path, adapted: Path) -> None:
    whole, half = (take_in(adapted, home, f"at {alpha}", alpha=alpha) for alpha in (1.0, 0.5))
    picture = [draw("green triangle on black")]
    old, middle, new = (store(home).load(name).encode_images(picture)[0] for name in (ENCODER, half, whole))
    assert old @ new < min(old @ middle, middle @ new)
    with pytest.raises(TrainingError, match="no point"):
        take_in(adapted, home, alpha=0.0)


def test_where_nothing_was_gained_nothing_is_taken_in_unless_a_point_is_named(home: Path, adapted: Path) -> None:
    document = json.loads((adapted / FILE).read_text())
    kept = json.dumps(document)
    (adapted / FILE).write_text(json.dumps({**document, "alpha": 0.0, "reason": "Nothing was gained."}))
    try:
        with pytest.raises(TrainingError, match="Nothing was gained"):
            take_in(adapted, home)
        assert take_in(adapted, home, "all the same", alpha=0.3) == "all the same"
    finally:
        (adapted / FILE).write_text(kept)


@contextmanager
def indexed(home: Path) -> Iterator[Library]:
    """The library of the 48 photos, whose encoder before the adaptation answers."""
    library = Library.open(home)
    try:
        library.change_settings(encoder=ENCODER)
        library.add_folder(home.parent / "photos")
        library.start()
        wait_until(
            lambda: library.is_up_to_date and library.photo_count() == 48 and library.encoder_name == ENCODER,
            timeout_s=60,
        )
        yield library
    finally:
        library.close()


def test_promote_lets_it_answer_and_the_way_back_is_at_once(
    home: Path, adapted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with indexed(home) as library:
        promoted = CliRunner().invoke(
            runs, ["promote", str(adapted), "--name", "promoted", "--use"], obj=Session(home), catch_exceptions=False
        )
        assert promoted.exit_code == 0
        assert "promoted answers as soon as it has seen all photos" in promoted.output
        wait_until(lambda: library.encoder_name == "promoted", timeout_s=60)
        assert len(library.search("red", strictness=0).hits) == 48
        embedded: list[int] = []
        real = ClipEncoder.encode_pixels
        monkeypatch.setattr(
            ClipEncoder, "encode_pixels", lambda self, batch: embedded.append(len(batch)) or real(self, batch)
        )
        library.models.use(ENCODER)
        wait_until(lambda: library.encoder_name == ENCODER, timeout_s=60)
        assert len(library.search("red", strictness=0).hits) == 48
        assert not embedded  # the vectors of before were kept


def test_promote_says_how_it_is_let_answer(home: Path, adapted: Path) -> None:
    done = CliRunner().invoke(runs, ["promote", str(adapted), "--name", "not yet"], obj=Session(home))
    assert done.exit_code == 0, done.output
    assert 'recollect models use "not yet"' in done.output
    assert load_settings(home / "settings.toml").encoder != "not yet"
    count = len(load_settings(home / "settings.toml").encoders)
    again = CliRunner().invoke(runs, ["promote", str(adapted)], obj=Session(home))
    assert "is installed already" in again.output, "no copy beside it"
    assert len(load_settings(home / "settings.toml").encoders) == count


def test_lists_know_it_as_ones_own_and_by_its_figures(home: Path, adapted: Path) -> None:
    take_in(adapted, home, "listed")
    models = CliRunner().invoke(list_models, [], obj=Session(home)).output
    assert "your own" in next(line for line in models.splitlines() if "listed" in line)
    assert models.count("included") == 1, "the bundled one"
    listed = CliRunner().invoke(runs, ["list"], obj=Session(home)).output
    assert "MAP@R before" in next(line for line in listed.splitlines() if adapted.name in line)


def test_queries_are_answered_side_by_side(home: Path, adapted: Path) -> None:
    with indexed(home) as library:
        (one,) = compare_on_queries(adapted, library, ["a red thing"], first=5)
        assert (one.query, len(one.before), len(one.after)) == ("a red thing", 5, 5)
        assert [each.cosine for each in one.after] == sorted((each.cosine for each in one.after), reverse=True)
        known = library.search("a red thing", strictness=0, ranking="clip", limit=5).hits
        assert [hit.cosine for hit in known] == pytest.approx([each.cosine for each in one.before], abs=2e-2)
        told: list[tuple[int, int]] = []
        both = SideBySide(adapted, library, most=10, on_progress=lambda *done: told.append(done))
        assert told[-1] == (10, 10)
        answers = both.answers(background_prompts()[:20], first=3)
        assert len(answers) == 20
        assert any(each.shared < 3 for each in answers)


def test_a_run_without_an_encoder_says_so(home: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no adapted encoder"):
        take_in(tmp_path, home)
