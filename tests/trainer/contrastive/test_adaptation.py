"""A whole adaptation of a tiny encoder: what it leaves, that a kill changes nothing, and how it says no."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.errors import TrainingError
from core.models.registry import ModelStore
from core.settings import Settings
from core.tags.values import Split
from tests.photo_maker import draw
from tests.trainer.contrastive.tiny_adaptation import ENCODER, ignore, parts_of, run, tiny_config, write_home
from trainer.contrastive.between import between
from trainer.contrastive.config import GuardConfig
from trainer.contrastive.guard import AGREEMENT, ALPHAS, read_curve
from trainer.contrastive.photos import embedded
from trainer.contrastive.shipping import LEARNED, WEIGHTS, own_encoder_of, read_learned
from trainer.contrastive.tier import _few, _in_full
from trainer.data.examples import Dataset
from trainer.events import EpochDone, Event
from trainer.finetune.rehearsal import rehearse
from trainer.finetune.train import RunResult, resume
from trainer.runs.run_folder import RunFolder, RunState


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("adaptation"))


@pytest.fixture(scope="module")
def adapted(home: Path) -> RunResult:
    return run(home, tiny_config(), with_report=True)


def test_photos_of_a_class_come_together(adapted: RunResult) -> None:
    curve = read_curve(adapted.folder)
    assert curve.alpha == 1.0
    assert curve.after.image["MAP@R"].value > curve.before.image["MAP@R"].value
    assert adapted.metrics["MAP@R"] > adapted.metrics["MAP@R before"]
    heatmap = curve.heatmap
    assert heatmap is not None
    same = np.array([[one == other for other in heatmap.labels] for one in heatmap.labels])
    before, after = (np.array(heatmap.cosines[name]) for name in ("before", "after"))
    assert gap(after, same) > gap(before, same) + 0.1


def gap(cosines: np.ndarray, same: np.ndarray) -> float:
    others = ~np.eye(len(cosines), dtype=bool)
    return float(cosines[same & others].mean() - cosines[~same].mean())


def test_what_is_written_is_what_was_measured_and_the_registry_loads_it(home: Path, adapted: RunResult) -> None:
    folder = adapted.folder / "checkpoint"
    encoder = ModelStore(home / "models", Settings(encoders={"new": own_encoder_of(folder)})).load("new")
    pictures = [draw("red circle"), draw("blue square")]
    preprocessing = parts_of(home).preprocessing
    pixels = [preprocessing.prepare(picture) for picture in pictures]
    learned = parts_of(home).model.visual
    learned.load_state_dict(read_learned(folder))
    with torch.inference_mode():
        batch = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float()
        mean, std = (torch.tensor(each)[:, None, None] for each in (preprocessing.mean, preprocessing.std))
        wanted = torch.nn.functional.normalize(learned((batch / 255 - mean) / std), dim=-1).numpy()
    assert np.allclose(encoder.encode_pixels(pixels), wanted, atol=2e-2)  # the plan of this machine may be bfloat16
    assert encoder.templates == ("{}",)
    stored, before = load_file(folder / WEIGHTS), parts_of(home).model.state_dict()
    texts = [name for name in before if not name.startswith("visual.")]
    assert texts
    assert all(torch.equal(stored[name], before[name]) for name in texts)
    assert "adapted" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_ends_of_the_way_are_the_old_model_and_the_new_one(home: Path, adapted: RunResult) -> None:
    parts = parts_of(home)
    visual, preprocessing = parts.model.visual, parts.preprocessing
    before = {name: value.clone() for name, value in visual.state_dict().items()}
    after = read_learned(adapted.folder / "checkpoint")
    photos = Drawn([preprocessing.prepare(draw(f"{color} circle")) for color in ("red", "blue")])

    def seen() -> np.ndarray:
        return embedded(visual, photos, preprocessing, torch.device("cpu"))

    old = seen()
    visual.load_state_dict(between(before, after, 0.0))
    assert (seen() == old).all()
    visual.load_state_dict(after)
    new = seen()
    visual.load_state_dict(between(before, after, 1.0))
    assert (seen() == new).all()
    assert not np.allclose(old, new, atol=1e-3)


class Drawn:
    def __init__(self, pixels: list[np.ndarray]) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def planes(self, row: int) -> np.ndarray:
        return np.ascontiguousarray(self._pixels[row].transpose(2, 0, 1))


def test_the_curve_has_all_points_and_all_questions(adapted: RunResult) -> None:
    curve = read_curve(adapted.folder)
    assert [point.alpha for point in curve.points] == list(ALPHAS)
    assert curve.before.image.keys() == {"R@1", "R@5", "R@10", "MAP@R", "mAP"}
    assert curve.before.text.keys() == {"names mAP", "names top-1", AGREEMENT}
    assert curve.before.text[AGREEMENT].value == 1.0
    assert 0 < curve.after.text[AGREEMENT].value <= 1.0
    assert [point.alpha for point in curve.test] == [0.0, 1.0]
    metrics = json.loads((adapted.folder / "metrics.json").read_text())
    assert metrics["headline"]["alpha"] == 1.0
    assert metrics["cost"]["trained_parameters"] > 0


def test_its_page_shows_the_way_the_heatmaps_and_the_curves(adapted: RunResult) -> None:
    page = (adapted.folder / "report.html").read_text(encoding="utf-8")
    assert read_curve(adapted.folder).reason in page
    assert page.count("<svg") == 3
    assert "Test photos" in page
    assert {path.name for path in (adapted.folder / "figures").glob("*.png")} == {
        "curves.png", "heatmap.png", "way.png",
    }  # fmt: skip


class Enough(Exception):
    """What stops a training as a kill would: nothing is written after it."""


def test_a_training_that_was_killed_ends_with_the_same_model(home: Path) -> None:
    config = tiny_config(trained="lora", phases=[{"name": "tower", "epochs": 3, "lr": 3e-3}], old_embedding=0.5)
    undisturbed = run(home, config)

    def kill(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 1:
            raise Enough

    with pytest.raises(TrainingError, match="Enough"):
        run(home, config, kill)
    newest = max((home / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    resumed = resume(newest, home=home, on_event=ignore, device="cpu", with_report=False)
    assert resumed.metrics == undisturbed.metrics
    for file in (LEARNED, WEIGHTS):
        ours, theirs = (load_file(each.folder / "checkpoint" / file) for each in (resumed, undisturbed))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_where_search_by_words_would_suffer_the_encoder_stays_bit_for_bit(home: Path) -> None:
    """No figure may fall, and of the first photos of a text none may change."""
    result = run(home, tiny_config(guard={"tolerance": 0.0, "agreement": 1.0}))
    curve = read_curve(result.folder)
    assert curve.alpha == 0.0
    assert "Nothing was gained" in curve.reason
    stored, before = load_file(result.folder / "checkpoint" / WEIGHTS), parts_of(home).model.state_dict()
    assert stored.keys() == before.keys()
    assert all(torch.equal(stored[name], value) for name, value in before.items())


def test_captions_of_a_table_are_asked(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image_path", "class_label", "caption", "split"])
        for number in range(12):
            path = tmp_path / f"{number}.png"
            draw(f"{('pink', 'cyan')[number % 2]} triangle", size=(40 + number, 40)).save(path)
            writer.writerow([path.name, "", f"a drawing number {number}", "train" if number == 0 else ""])
    phases = [{"name": "tower", "epochs": 1, "lr": 1e-3}]
    curve = read_curve(run(home, tiny_config(phases=phases, guard_data=str(table))).folder)
    assert curve.asked == "11 photos with captions of captions.csv"
    assert {"captions R@1", "captions R@5", "captions R@10"} < curve.before.text.keys()
    with pytest.raises(TrainingError, match="to guard search"):
        run(home, tiny_config(phases=phases, guard_data=str(tmp_path / "nowhere")))


def test_a_head_that_nobody_labelled_is_named_with_those_there_are(home: Path) -> None:
    with pytest.raises(TrainingError, match="no labels of colour") as raised:
        run(home, tiny_config(head="colour"))
    assert "--set head=class" in raised.value.remedy


def test_a_dry_run_leaves_nothing(home: Path) -> None:
    before = sorted((home / "runs").iterdir())
    found = rehearse(tiny_config(), data=home.parent / "photos" / "labels.csv", home=home, device="cpu")
    assert found.parameters > 0
    assert found.estimate_s > 0
    assert sorted((home / "runs").iterdir()) == before


@pytest.mark.parametrize(("found", "in_full"), [(0, 0), (20, 20), (32, 400), (64, 800)])
def test_a_dry_run_knows_how_many_photos_the_guard_will_look_at(found: int, in_full: int) -> None:
    assert _in_full(found, GuardConfig(photos=32), GuardConfig(photos=400)) == in_full


def test_a_dry_run_takes_pairs_of_a_class_to_ask(adapted: RunResult) -> None:
    few = _few(Dataset.read(RunFolder(adapted.folder).data), "class")
    asked = [each.labels["class"] for each in few.of(Split.VALIDATION)]
    assert asked
    assert all(asked.count(label) > 1 for label in asked)


def test_the_run_is_finished_and_says_what_it_learned_from(adapted: RunResult) -> None:
    assert adapted.state is RunState.FINISHED
    status = RunFolder(adapted.folder).status
    assert status is not None
    assert status.metrics == adapted.metrics
    assert read_curve(adapted.folder).encoder == ENCODER
