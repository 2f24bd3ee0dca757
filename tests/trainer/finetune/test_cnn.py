"""The recipe `cnn`: it learns, it goes on after a kill, and the rest of the trainer takes it as any other."""

from __future__ import annotations

import random
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from core.errors import TrainingError
from core.models.taggers.config import CnnBackbone, PreprocessingConfig, read_checkpoint_config
from core.models.taggers.loaded import Tagger
from tests.trainer.finetune.test_resume import child, same_weights
from trainer.config import LossConfig, TrainConfig
from trainer.data.augment import Augmentation
from trainer.data.examples import Dataset, Example
from trainer.data.forms import form_for
from trainer.events import EpochDone, StepDone
from trainer.finetune.distillation import Teacher, load_networks
from trainer.finetune.networks import new_network
from trainer.finetune.rehearsal import rehearse
from trainer.finetune.train import RunResult, resume, train
from trainer.recipe_book import recipe
from trainer.runs.run_folder import RunState, list_runs

SHAPES = ("bar", "cross", "ring")
EACH = 36  # photos; every third one is held out
PIECES = 5  # epochs of the training that is killed


def draw_shapes(folder: Path) -> Path:
    """Shapes of any colour, place and thickness on a ground of any colour, all of which says nothing of the class."""
    rng = random.Random(1)
    for shape in SHAPES:
        for number in range(EACH):
            path = folder / ("validation" if number % 3 == 2 else "train") / shape / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            ground = tuple(rng.randrange(0, 110) for _ in range(3))
            ink = tuple(rng.randrange(150, 256) for _ in range(3))
            picture = Image.new("RGB", (48, 48), ground)
            pen, left, top, width = (
                ImageDraw.Draw(picture),
                rng.randrange(2, 14),
                rng.randrange(2, 14),
                rng.randrange(3, 7),
            )
            if shape == "ring":
                pen.ellipse((left, top, left + 30, top + 30), outline=ink, width=width)
            else:
                pen.line((left, top + 15, left + 30, top + 15), fill=ink, width=width)
            if shape == "cross":
                pen.line((left + 15, top, left + 15, top + 30), fill=ink, width=width)
            picture.save(path)
    return folder


def config(**changes: object) -> TrainConfig:
    """The recipe, in small steps."""
    own = recipe("cnn").config
    assert isinstance(own, TrainConfig)
    return own.changed(**{"batch_size": 12, "precision": "float32", **changes})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cnn")
    draw_shapes(folder / "photos")
    return folder


@pytest.fixture(scope="module")
def learned(folder: Path) -> RunResult:
    return train(
        config(),
        data=folder / "photos",
        home=folder / "home",
        on_event=lambda event: None,
        device="cpu",
        with_report=False,
    )


def test_it_learns_shapes_whatever_their_colour(learned: RunResult) -> None:
    assert learned.state is RunState.FINISHED
    assert learned.metrics["class accuracy"] > 0.8  # chance: a third
    kept = read_checkpoint_config(learned.folder / "checkpoint")
    assert isinstance(kept.backbone, CnnBackbone)  # type: ignore[union-attr]
    assert kept.preprocessing == PreprocessingConfig(  # type: ignore[union-attr]
        height_px=28, width_px=28, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), grey=True
    )


def test_the_tagger_answers_as_the_run_did(learned: RunResult, folder: Path) -> None:
    tagger = Tagger.load(learned.folder / "checkpoint", device="cpu")
    rows = [(path, path.parent.name) for path in sorted((folder / "photos" / "validation").rglob("*.png"))]
    said = tagger.tag([Image.open(path).convert("RGB") for path, _ in rows])
    right = np.mean([each["class"].label == truth for each, (_, truth) in zip(said, rows, strict=True)])
    assert right == pytest.approx(learned.metrics["class accuracy"], abs=0.03)


def test_killed_it_goes_on_to_the_very_same_weights(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    lines = ["image_path,class_label,split"]
    for path in sorted((folder / "photos").rglob("*.png")):
        lines.append(f"{path},{path.parent.name},{path.parent.parent.name}")
    labels = tmp_path / "photos" / "labels.csv"
    labels.write_text("\n".join(lines) + "\n", encoding="utf-8")
    short = config(phases=[{"name": "all", "epochs": PIECES, "backbone_lr": 0.00136, "head_lr": 0.00136}])
    (tmp_path / "config.json").write_text(short.model_dump_json(), encoding="utf-8")
    shared = {"on_event": lambda event: None, "device": "cpu", "with_report": False}
    with child(tmp_path) as (process, events):  # in the middle of an epoch
        next(event for event in events if isinstance(event, EpochDone) and event.epoch == 1)
        next(event for event in events if isinstance(event, StepDone))
        process.send_signal(signal.SIGKILL)
        process.wait()
    (run,) = list_runs(tmp_path / "home" / "runs")
    again = resume(run.path, home=tmp_path / "home", **shared)
    undisturbed = train(short, data=labels, home=tmp_path / "other home", **shared)
    assert same_weights(again.folder, undisturbed.folder)
    assert again.metrics == undisturbed.metrics


def test_a_run_can_be_gone_on_from_but_not_in_other_colours(learned: RunResult, folder: Path, tmp_path: Path) -> None:
    dataset = Dataset(tuple(Example(Path(shape), shape, {"class": shape}) for shape in SHAPES))
    network, checkpoint = new_network(config(weights=str(learned.folder)), dataset, "", tmp_path)
    before, _ = load_networks(learned.folder)[0]
    assert all(torch.equal(network.state_dict()[name], values) for name, values in before.state_dict().items())
    assert checkpoint.preprocessing is not None
    assert checkpoint.preprocessing.grey
    with pytest.raises(TrainingError, match="sees photos grey") as raised:
        new_network(config(weights=str(learned.folder), grey=False), dataset, "", tmp_path)
    assert "grey=true" in raised.value.remedy


def test_a_grey_teacher_sees_the_photos_of_a_student_grey(learned: RunResult) -> None:
    student = PreprocessingConfig(height_px=28, width_px=28, mean=(0, 0, 0), std=(1, 1, 1))
    (network, checkpoint) = load_networks(learned.folder)[0]
    labels = {"class": checkpoint.heads["class"].labels}
    teacher = Teacher([(network, checkpoint)], labels, student, torch.device("cpu"), 1.0)
    pixels = torch.rand(3, 3, 28, 28)
    luma = (pixels * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True).expand(-1, 3, -1, -1)
    assert teacher.loss(pixels, network(luma * 2 - 1), LossConfig()).item() == pytest.approx(0.0, abs=1e-5)
    assert teacher.loss(pixels, network(pixels * 2 - 1), LossConfig()).item() > 1e-4


@pytest.mark.parametrize("crop", [None, (0.5, 1.0)])
def test_the_cache_keeps_grey_photos_apart_from_those_in_colour(crop: tuple[float, float] | None) -> None:
    augmentation = Augmentation.model_validate({"crop_scale": crop})
    grey, colour = (
        form_for(PreprocessingConfig(height_px=28, width_px=28, grey=grey), augmentation) for grey in (True, False)
    )
    assert grey.key != colour.key
    picture = Image.new("RGB", (60, 50), "red")
    assert set(np.unique(grey.make(picture))) == {76}
    assert set(np.unique(colour.make(picture))) == {0, 255}


@pytest.mark.parametrize(("source", "changes"), [("products", {}), ("clothing", {"grey": False, "image_px": 32})])
def test_a_dry_run_on_real_photos(shared_data: Path, tmp_path: Path, source: str, changes: dict[str, object]) -> None:
    data = shared_data / "products" / "labels.csv"
    if source == "clothing":
        data = tmp_path / "clothing"
        for path in sorted((shared_data / "clothing").glob("*/*/*.jpg"))[::20]:
            copy = data / path.relative_to(shared_data / "clothing")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    found = rehearse(config(**changes), data=data, home=tmp_path / "home", device="cpu")
    assert found.estimate_s > 0
    assert 100_000 < found.parameters < 1_000_000
    assert not (tmp_path / "home" / "runs").exists()
