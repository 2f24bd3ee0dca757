"""A whole training of a tiny starter, with both real teachers: what it leaves, and that a kill changes nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file

from core.errors import ModelError, TrainingError
from core.known_words import read_known_words
from core.models.open_clip_api import SimpleTokenizer
from core.models.registry import ModelStore
from core.settings import CustomEncoder, Settings
from tests.trainer.starter.tiny_pack import write_pack
from trainer.events import EpochDone, Event, PhaseStarted
from trainer.finetune.train import RunResult, resume, train
from trainer.runs.cli import runs
from trainer.runs.run_folder import RunFolder, RunState
from trainer.starter.config import StarterConfig
from trainer.starter.image_teacher import FILE
from trainer.starter.shipping import CONFIG, NETWORK, VOCABULARY, WEIGHTS
from trainer.train_cli import train as train_command

TINY = {
    "recipe": "starter",
    "towers": {
        "image": "test_efficientnet", "image_px": 32, "embed_dim": 16, "text_width": 16, "text_heads": 2,
        "text_layers": 1, "context_length": 12, "merges": 400,
    },
    "phases": [
        {"name": "space", "trains": "space", "epochs": 2, "lr": 1e-3, "batch_size": 32},
        {"name": "text", "trains": "text", "epochs": 1, "lr": 1e-3, "batch_size": 2048},
        {"name": "image", "trains": "image", "epochs": 2, "lr": 1e-3, "batch_size": 24, "image_px": 40},
    ],
    "views": 2,
    "texts_per_name": 0,
    "words": 20,
    "precision": "float32",
    "ema_decay": 0.9,
    "gradient_clip": 1.0,
    "augmentation": {"crop_scale": [0.5, 1.0], "flip": 0.5, "brightness": 0.2},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter")
    write_pack(folder / "data")
    (folder / "data" / "teachers").mkdir()
    (folder / "data" / "teachers" / FILE).symlink_to(shared_data / "teachers" / FILE)
    return folder


def run(folder: Path, on_event: object = None, config: StarterConfig | None = None) -> RunResult:
    return train(
        config or StarterConfig.model_validate(TINY),
        data=folder / "data" / "starter-pack",
        home=folder / "home",
        on_event=on_event or (lambda event: None),  # type: ignore[arg-type]
        device="cpu",
        save_every_s=0.0,
    )


@pytest.fixture(scope="module")
def trained(folder: Path) -> RunResult:
    return run(folder)


def test_leaves_a_model_that_the_registry_loads(trained: RunResult) -> None:
    assert trained.state is RunState.FINISHED
    model = trained.folder / "checkpoint"
    custom = CustomEncoder(architecture=str(model / CONFIG), weights=model / WEIGHTS, tokenizer=model / VOCABULARY)
    encoder = ModelStore(trained.folder / "models", Settings(encoders={"tiny": custom})).load("tiny")
    texts = encoder.encode_texts(["a photo of a circle", "unheard-of words"])
    images = encoder.encode_images([Image.new("RGB", (40, 60), "red")])
    assert texts.shape == (2, 16)
    assert np.allclose(np.linalg.norm(np.concatenate([texts, images]), axis=1), 1, atol=1e-3)


def test_the_run_says_what_it_learned_from_and_what_came_out(trained: RunResult) -> None:
    folder = RunFolder(trained.folder)
    data = json.loads(folder.data.read_text(encoding="utf-8"))
    assert data["splits"] == {"train": 50, "validation": 50}
    assert len(data["hash"]) == 32
    epochs = [event for event in folder.events() if isinstance(event, EpochDone)]
    assert [event.phase for event in epochs] == ["space", "space", "text", "image", "image"]
    assert {"captions loss", "names loss", "colors loss", "imagenet loss"} <= epochs[0].train.keys()
    assert epochs[2].train.keys() == {"loss", "distance loss", "contrast loss", "affinities loss"}
    cosine = epochs[2].validation["reading"]["cosine"]
    assert -1 < cosine < 1
    assert epochs[2].score == 1 + (1 + cosine) / 2
    assert {"features loss", "logits loss", "embeddings loss", "affinities loss"} <= epochs[-1].train.keys()
    assert "imagenet loss" not in epochs[-1].train
    assert [int(event.score) for event in epochs] == [0, 0, 1, 2, 2]
    metrics = json.loads(folder.metrics.read_text(encoding="utf-8"))
    assert set(trained.metrics) >= {"captions R@1", "names top-1", "color top-1"}
    assert metrics["validation"]["captions"]["photos"] == 24
    assert 0 < metrics["cost"]["parameters"] < 1e6


def test_its_page_has_curves_and_figures(trained: RunResult) -> None:
    page = (trained.folder / "report.html").read_text(encoding="utf-8")
    assert f"captions R@1 {trained.metrics['captions R@1']:.3f}" in page
    curves = (trained.folder / "figures" / "curves.svg").read_text(encoding="utf-8")
    assert "names, top-1" in curves
    assert "captions, R@10" in curves
    shown = CliRunner().invoke(runs, ["show", str(trained.folder)], catch_exceptions=False)
    assert f"names top-1: {trained.metrics['names top-1']:.3f}" in shown.output


def test_the_model_comes_with_a_card_and_the_words_that_it_knows(trained: RunResult) -> None:
    card = (trained.folder / "checkpoint" / "README.md").read_text(encoding="utf-8")
    assert "| drawn | 24 | not stated |" in card
    assert "| clothing | 1 | CC0 1.0 |" in card
    assert "recall at 1 / 5 / 10 | 24 | " in card
    assert "| color, one of 4 | 24 | " in card
    assert hashlib.sha256((trained.folder / "checkpoint" / WEIGHTS).read_bytes()).hexdigest() in card
    known = read_known_words(trained.folder / "checkpoint" / "known-words.json")
    assert known is not None
    assert known.photos == 50
    assert known.counts["circle"] == 16
    assert "test" not in known.counts


class Enough(Exception):
    """What stops a training as a kill would: nothing is written after it."""


@pytest.mark.parametrize("phase", [1, 2])
def test_a_training_that_was_killed_ends_with_the_same_model(folder: Path, trained: RunResult, phase: int) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.index == phase:
            raise Enough

    with pytest.raises(TrainingError, match="Enough"):
        run(folder, kill)
    newest = max((folder / "home" / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    resumed = resume(newest, home=folder / "home", on_event=lambda event: None, device="cpu")
    assert resumed.metrics == trained.metrics
    ours, theirs = (load_file(each.folder / "checkpoint" / WEIGHTS) for each in (resumed, trained))
    assert all((ours[name] == theirs[name]).all() for name in theirs)


def test_a_missing_teacher_is_named(tmp_path: Path) -> None:
    write_pack(tmp_path / "data", each=2)
    with pytest.raises(TrainingError) as raised:
        run(tmp_path)
    assert FILE in raised.value.remedy


def test_another_image_tower_begins_with_the_space_of_an_earlier_run(folder: Path, trained: RunResult) -> None:
    phases = [{"name": "image", "trains": "image", "epochs": 1, "lr": 1e-3, "batch_size": 24}]
    towers = {**TINY["towers"], "image": "test_convnext"}  # type: ignore[dict-item]
    changed = {**TINY, "phases": phases, "towers": towers, "begins_with": str(trained.folder / "checkpoint")}
    result = run(folder, config=StarterConfig.model_validate(changed))
    ours, theirs = (load_file(each.folder / "checkpoint" / WEIGHTS) for each in (result, trained))
    assert (ours["token_embedding.weight"] == theirs["token_embedding.weight"]).all()
    assert ours.keys() != theirs.keys()


def test_tokens_of_the_same_spelling_are_taken_up_from_another_vocabulary(folder: Path, trained: RunResult) -> None:
    phases = [{"name": "text", "trains": "text", "epochs": 1, "lr": 1e-12, "batch_size": 24}]
    towers = {**TINY["towers"], "merges": TINY["towers"]["merges"] - 20}  # type: ignore[call-overload,index]
    changed = {**TINY, "phases": phases, "towers": towers, "begins_with": str(trained.folder / "checkpoint")}
    result = run(folder, config=StarterConfig.model_validate(changed))
    ours, theirs = (rows_by_token(each.folder / "checkpoint") for each in (result, trained))
    shared = ours.keys() & theirs.keys()
    assert len(ours) - len(shared) < len(shared) < len(theirs)
    assert all(np.allclose(ours[token], theirs[token], atol=1e-3) for token in shared)


def rows_by_token(checkpoint: Path) -> dict[str, np.ndarray]:
    rows = load_file(checkpoint / WEIGHTS)["token_embedding.weight"].float().numpy()
    tokenizer = SimpleTokenizer(bpe_path=str(checkpoint / VOCABULARY))
    return {token: rows[place] for token, place in tokenizer.encoder.items()}


def test_a_run_to_begin_with_that_is_none_says_so(folder: Path) -> None:
    with pytest.raises(ModelError, match="nothing to go on from"):
        run(folder, config=StarterConfig.model_validate({**TINY, "begins_with": str(folder)}))


@pytest.mark.parametrize("vocabulary", [None, b"no gzip", b""])
def test_a_run_to_begin_with_without_its_vocabulary_says_so(
    folder: Path, trained: RunResult, tmp_path: Path, vocabulary: bytes | None
) -> None:
    shutil.copy(trained.folder / "checkpoint" / NETWORK, tmp_path)
    if vocabulary is not None:
        (tmp_path / VOCABULARY).write_bytes(vocabulary)
    with pytest.raises(ModelError, match="nothing to go on from"):
        run(folder, config=StarterConfig.model_validate({**TINY, "begins_with": str(tmp_path)}))


def test_the_first_phase_has_to_make_the_space() -> None:
    with pytest.raises(ValueError, match="space"):
        StarterConfig.model_validate({**TINY, "phases": TINY["phases"][1:]})  # type: ignore[index]


def test_a_dry_run_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = folder / "dry home"
    monkeypatch.setenv("RECOLLECT_HOME", str(home))
    config = folder / "config.json"
    config.write_text(StarterConfig.model_validate(TINY).model_dump_json(), encoding="utf-8")
    arguments = ["--data", str(folder / "data" / "starter-pack"), "--config", str(config), "--dry-run", "--json"]
    result = CliRunner().invoke(train_command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["data"]["photos"] == 100
    assert not (home / "runs").exists()
