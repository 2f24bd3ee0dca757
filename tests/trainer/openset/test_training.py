"""Whole trainings on drawn photos: what they leave, that they help, and that a kill changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from core.errors import ModelError, TrainingError
from core.models.projection import load_projection
from core.paths import LibraryPaths
from core.tags.values import CLASS, Split
from tests.trainer.openset.drawn import COLORS, SHAPES, config, projection_config, write_photos
from trainer.data.examples import Dataset
from trainer.data.unseen import ClassSplit
from trainer.events import Event, StepDone
from trainer.finetune.train import RunResult, resume, train
from trainer.openset.config import MetricConfig
from trainer.openset.network import Projector
from trainer.openset.setting_up import encoder_named
from trainer.openset.task import WEIGHTS
from trainer.runs.cli import runs
from trainer.runs.run_folder import RunFolder, RunState, list_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openset")
    write_photos(folder / "photos")
    return folder


def run(folder: Path, chosen: MetricConfig, on_event: object = None, *, with_report: bool = False) -> RunResult:
    return train(
        chosen,
        data=folder / "photos",
        home=folder / "home",
        on_event=on_event or (lambda event: None),  # type: ignore[arg-type]
        device="cpu",
        save_every_s=0.0,
        with_report=with_report,
    )


@pytest.fixture(scope="module")
def trained(folder: Path) -> RunResult:
    return run(folder, config())


@pytest.fixture(scope="module")
def projected(folder: Path) -> RunResult:
    return run(folder, projection_config(), with_report=True)


def metrics(result: RunResult) -> dict[str, dict]:
    return json.loads((result.folder / "metrics.json").read_text(encoding="utf-8"))


def value(result: RunResult, space: str, pool: str, name: str = "MAP@R", ranking: str = "cosine") -> float:
    return metrics(result)["spaces"][space]["rankings"][ranking][pool][name]["value"]


def test_the_folder_says_which_classes_were_held_out_and_none_of_them_was_met(trained: RunResult) -> None:
    classes = ClassSplit.read(trained.folder / "unseen.json")
    assert classes.kinds == SHAPES
    assert len(classes.unseen) == 2 * len(SHAPES)
    assert len(classes.seen) == len(SHAPES) * len(COLORS) - len(classes.unseen)
    data = Dataset.read(RunFolder(trained.folder).data)
    for part in (Split.TRAIN, Split.VALIDATION):
        assert {each.labels[CLASS] for each in data.of(part)} == set(classes.seen)
    assert {each.labels[CLASS] for each in data.of(Split.TEST)} == set(classes.unseen)
    stored = json.loads((trained.folder / "unseen.json").read_text(encoding="utf-8"))
    assert sum(stored["photos"]["unseen"].values()) == len(data.of(Split.TEST))


def test_training_raises_what_is_found_of_both_seen_and_unseen_classes(trained: RunResult) -> None:
    assert trained.state is RunState.FINISHED
    assert value(trained, "after", "seen") > value(trained, "before", "seen") + 0.1
    assert value(trained, "after", "unseen") > value(trained, "before", "unseen") + 0.1
    cost = metrics(trained)["cost"]
    assert cost["parameters"] < 1_000_000
    assert cost["core_seconds"] >= cost["seconds"] > 0
    assert trained.metrics["unseen MAP@R"] == round(value(trained, "after", "unseen"), 4)


def test_rankings_stand_beside_each_other_for_all_pools(trained: RunResult) -> None:
    rankings = metrics(trained)["spaces"]["after"]["rankings"]
    assert list(rankings) == ["cosine", "coarse first", "weighed"]
    pools = rankings["cosine"]
    assert list(pools) == ["seen", "unseen", "seen, among all", "unseen, among all"]
    assert pools["unseen, among all"]["pool"] == pools["seen"]["pool"] + pools["unseen"]["pool"] + 1
    assert pools["unseen, among all"]["queries"] == pools["unseen"]["queries"]
    assert value(trained, "after", "seen", ranking="weighed") >= value(trained, "after", "seen")


def test_while_recipes_are_compared_unseen_classes_stay_unseen(folder: Path, trained: RunResult) -> None:
    compared = run(folder, config().changed(look_at_test=False))
    assert set(compared.metrics) == {"seen R@1", "seen MAP@R"}
    assert compared.metrics["seen MAP@R"] == pytest.approx(trained.metrics["seen MAP@R"], abs=1e-3)
    assert "unseen" not in (compared.folder / "metrics.json").read_text(encoding="utf-8").replace('"unseen":', "")
    assert not (compared.folder / "vectors.npz").exists()


def test_one_that_is_killed_ends_with_the_same_network_and_centres(folder: Path, trained: RunResult) -> None:
    steps = 0

    def kill(event: Event) -> None:
        nonlocal steps
        steps += isinstance(event, StepDone)
        if steps == 5:
            steps += 1  # once
            raise KeyError("killed")

    before = {each.path for each in list_runs(folder / "home" / "runs")}
    with pytest.raises(TrainingError, match="killed"):
        run(folder, config(), kill)
    (left,) = {each.path for each in list_runs(folder / "home" / "runs")} - before
    assert (left / "state" / "state.safetensors").is_file()
    resumed = resume(left, home=folder / "home", on_event=lambda event: None, device="cpu", with_report=False)
    ours, theirs = (load_file(each.folder / "checkpoint" / WEIGHTS) for each in (resumed, trained))
    assert "centres.W" in ours
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert resumed.metrics == trained.metrics


def test_the_written_projection_does_in_numpy_what_torch_did(folder: Path, projected: RunResult) -> None:
    projection = load_projection(projected.folder)
    classes = ClassSplit.read(projected.folder / "unseen.json")
    assert projection.classes == classes.seen
    encoder = encoder_named("starter", LibraryPaths(folder / "home"))
    assert (projection.encoder_key, projection.dim, projection.projected_dim) == (encoder.key, 384, 384)
    network = Projector(384, 384, 64, 0.0).eval()
    weights = load_file(projected.folder / "checkpoint" / WEIGHTS)
    prefix = "embedder."
    network.load_state_dict({name.removeprefix(prefix): values for name, values in weights.items()})
    vectors = np.concatenate([encoder.encode_texts(["a photo of a red circle"]), drawn_vectors(20)])
    with torch.inference_mode():
        theirs = network(torch.from_numpy(vectors)).numpy()
    assert np.allclose(projection.project(vectors), theirs, atol=1e-5)
    assert not np.allclose(theirs, vectors, atol=1e-2), "it has learned something"


def drawn_vectors(count: int) -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(count, 384)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_words_find_photos_in_the_projected_space_too(projected: RunResult) -> None:
    spaces = metrics(projected)["spaces"]
    before, after = (spaces[name]["names"] for name in ("before", "after"))
    assert after["seen"]["mAP"]["value"] > before["seen"]["mAP"]["value"]
    assert after["unseen"]["mAP"]["value"] > 0.8 * before["unseen"]["mAP"]["value"]
    assert value(projected, "after", "seen") > value(projected, "before", "seen")
    assert projected.metrics["unseen names mAP"] == round(after["unseen"]["mAP"]["value"], 4)


def test_its_page_shows_both_spaces_a_map_and_what_is_found(projected: RunResult) -> None:
    page = (projected.folder / "report.html").read_text(encoding="utf-8")
    assert "After the training" in page
    assert "The vectors of the encoder, without the projection." in page
    for figure in ("recalls", "curves", "map-before", "map-after"):
        assert (projected.folder / "figures" / f"{figure}.svg").is_file()
    drawing = (projected.folder / "figures" / "map-after.svg").read_text(encoding="utf-8")
    assert "circle, seen" in drawing
    assert "circle, unseen" in drawing
    shown = CliRunner().invoke(runs, ["show", str(projected.folder)], catch_exceptions=False)
    assert f"unseen R@1: {projected.metrics['unseen R@1']:.3f}" in shown.output


def test_the_page_can_be_made_anew(projected: RunResult) -> None:
    page = (projected.folder / "report.html").read_text(encoding="utf-8")
    (projected.folder / "report.html").unlink()
    CliRunner().invoke(runs, ["show", str(projected.folder), "--page"], catch_exceptions=False)
    anew = (projected.folder / "report.html").read_text(encoding="utf-8")
    assert anew[anew.index("After the training") :] == page[page.index("After the training") :]


@pytest.fixture
def few(folder: Path) -> Path:
    """A part of the photos."""
    write_photos(folder / "few" / "photos", each=8, colors=COLORS[:4])
    return folder / "few"


def test_weights_and_backbones_that_are_not_there_are_named(few: Path) -> None:
    with pytest.raises(TrainingError, match="timm has no backbone"):
        run(few, config(backbone="efficientnet_b99"))
    with pytest.raises(ModelError, match="no trained weights of efficientnet_b0"):
        run(few, config(backbone="efficientnet_b0", weights="pretrained"))
    with pytest.raises(ModelError, match="There are no weights in"):
        run(few, config(weights=str(few / "none.safetensors")))


def test_a_backbone_begins_with_the_weights_of_a_file(few: Path, trained: RunResult) -> None:
    known = load_file(trained.folder / "checkpoint" / WEIGHTS)
    prefix = "embedder.backbone."
    tower = {name.removeprefix(prefix): values for name, values in known.items() if name.startswith(prefix)}
    file = few / "tower.safetensors"
    save_file({**tower, "classifier.weight": torch.zeros(3, 2)}, file)
    phases = [{"name": "all", "epochs": 1, "lr": 1e-9, "backbone_lr": 0.0}]
    result = run(few, config(weights=str(file), phases=phases))
    ours = load_file(result.folder / "checkpoint" / WEIGHTS)
    assert all(torch.equal(ours[prefix + name], values) for name, values in tower.items()), "frozen, statistics too"
    save_file({"conv.weight": torch.zeros(1)}, file)
    with pytest.raises(ModelError, match="those of another network"):
        run(few, config(weights=str(file)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": {"fine_margin": 0.5, "coarse_margin": 0.1}}, "coarse_margin"),
        ({"batch_size": 4}, "two classes"),
        ({"augmentation": {"mixup_alpha": 0.2}}, "must not mix"),
        ({"loss": {"text": 1.0}}, "reads no text"),
        ({"prompt": "a photo"}, "needs {}"),
    ],
)
def test_values_that_do_not_fit_together_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        config(**changes)
