"""ONNX files answer as the checkpoint does; INT8 says what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from core.errors import TrainingError
from core.tags.values import Split
from tests.core.taggers.tiny_backbones import make_hub_model
from tests.photo_maker import PhotoMaker

if TYPE_CHECKING:
    from core.models.taggers.config import CheckpointConfig

COLOURS = ("red", "blue", "green")
EDGE_PX = 32

Save = Callable[[str, Path], "CheckpointConfig"]


@pytest.fixture(autouse=True)
def short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed itself is not tested here."""
    monkeypatch.setattr("trainer.export.onnx_parity.TIMED_S", 0.01)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a checkpoint of a small network with random weights."""
    import torch

    from core.models.taggers.backbones import new_backbone
    from core.models.taggers.checkpoint import save_checkpoint
    from core.models.taggers.config import CheckpointConfig, HeadConfig, PreprocessingConfig
    from core.models.taggers.network import TaggerNetwork

    def write(kind: str, directory: Path) -> CheckpointConfig:
        torch.manual_seed(0)
        name = kind
        if kind not in ("starter", "cnn"):
            make_hub_model(tmp_path / kind, kind)
            name = str(tmp_path / kind)
        tower, backbone = new_backbone(name, pretrained=kind != "cnn", image_px=EDGE_PX)
        heads = {"class": HeadConfig(labels=COLOURS, temperature=1.5), "f. 2/größe": HeadConfig(labels=("a", "b"))}
        preprocessing = PreprocessingConfig(height_px=EDGE_PX, width_px=EDGE_PX)
        config = CheckpointConfig(name=kind, backbone=backbone, heads=heads, preprocessing=preprocessing)
        save_checkpoint(directory, TaggerNetwork(config, tower), config)
        return config

    return write


def make_run(folder: Path, make_photo: PhotoMaker) -> None:
    """Photos of three colours in the list of a run."""
    from core.files.decode import read_content
    from trainer.data.examples import Dataset, Example

    examples = []
    for number in range(24):
        colour = COLOURS[number % 3]
        path = make_photo(f"{number}.jpg", f"{colour} circle", size=(64 + number, 64))
        split = Split.TRAIN if number % 2 else Split.VALIDATION
        examples.append(Example(path, read_content(path)[1], {"class": colour}, split))
    folder.mkdir(parents=True, exist_ok=True)
    Dataset(tuple(examples), "coloured").write(folder / "data.json")


@pytest.mark.parametrize("kind", ["deit", "mobilevit", "starter", "cnn"])
def test_the_file_answers_as_the_checkpoint_for_any_number_of_photos(kind: str, tmp_path: Path, save: Save) -> None:
    import torch

    from core.models.taggers.checkpoint import load_network
    from core.models.taggers.network import normalised
    from trainer.export.onnx_export import FLOAT_FILE, export_onnx
    from trainer.export.onnx_parity import session

    config = save(kind, tmp_path / "checkpoint")
    report = export_onnx(tmp_path / "checkpoint", tmp_path / "out")
    assert [each.name for each in report.variants] == ["PyTorch float32", "ONNX float32"]
    assert report.variants[1].agreement == {"class": 1.0, "f. 2/größe": 1.0}
    assert report.photos == 0  # a checkpoint alone has none
    assert config.preprocessing is not None
    network, _ = load_network(tmp_path / "checkpoint")
    runner = session(tmp_path / "out" / FLOAT_FILE)
    for count in (1, 5):
        pixels = np.random.default_rng(count).integers(0, 256, (count, EDGE_PX, EDGE_PX, 3), np.uint8)
        with torch.inference_mode():
            wanted = network(normalised(torch.as_tensor(pixels), config.preprocessing))
        found = runner.run(None, {"input": pixels})
        assert np.abs(found[0] - wanted["class"].numpy()).max() < 1e-4
        assert found[1].shape == (count, 2)


def test_the_file_says_what_its_outputs_mean(tmp_path: Path, save: Save) -> None:
    import onnx

    from trainer.export.onnx_export import FLOAT_FILE, METADATA, export_onnx

    save("deit", tmp_path / "checkpoint")
    export_onnx(tmp_path / "checkpoint", tmp_path / "out")
    model = onnx.load(tmp_path / "out" / FLOAT_FILE)
    meaning = json.loads({each.key: each.value for each in model.metadata_props}[METADATA])
    assert meaning["heads"]["class"]["labels"] == list(COLOURS)
    assert meaning["heads"]["class"]["temperature"] == 1.5
    assert [each.name for each in model.graph.output] == [each["output"] for each in meaning["heads"].values()]
    assert meaning["preprocessing"]["height_px"] == EDGE_PX


@pytest.mark.parametrize("kind", ["deit", "mobilevit"])
def test_int8_is_smaller_and_measured_on_the_photos_of_the_run(
    kind: str, tmp_path: Path, save: Save, make_photo: PhotoMaker
) -> None:
    from trainer.export.onnx_export import INT8_FILE, export_onnx

    make_run(tmp_path / "run", make_photo)
    save(kind, tmp_path / "run" / "checkpoint")
    report = export_onnx(tmp_path / "run", tmp_path / "out", int8=True)
    assert report.photos == 12
    int8 = [each for each in report.variants if "INT8" in each.name]
    assert {each.name for each in int8} == {"ONNX INT8, static", "ONNX INT8, dynamic"}
    assert [each.file for each in int8] == [INT8_FILE, None]  # the better one stays
    assert (tmp_path / "out" / INT8_FILE).stat().st_size == int8[0].size_bytes
    assert max(each.max_difference for each in int8) > report.variants[1].max_difference  # it is not float32
    for each in report.variants:
        assert each.accuracy["class"] is not None
        assert each.accuracy["f. 2/größe"] is None  # no photo has a label of it
        assert each.images_per_s > 0
    kept = json.loads((tmp_path / "out" / "export.json").read_text())
    assert kept["photos"] == 12
    assert "ONNX INT8, static" in report.table().markdown()


def test_int8_that_is_another_tagger_is_not_kept(
    tmp_path: Path, save: Save, make_photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer.export.onnx_export import FLOAT_FILE, INT8_FILE, export_onnx

    make_run(tmp_path / "run", make_photo)
    save("deit", tmp_path / "run" / "checkpoint")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / INT8_FILE).write_bytes(b"of an earlier export")
    monkeypatch.setattr("trainer.export.onnx_export.LEAST_AGREEMENT", 1.01)  # nothing is as good
    report = export_onnx(tmp_path / "run", tmp_path / "out", int8=True)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {FLOAT_FILE, "export.json"}
    assert [each.file for each in report.variants if "INT8" in each.name] == [None, None]
    assert "not written" in report.notes[0]


def test_int8_without_photos_is_an_error(tmp_path: Path, save: Save) -> None:
    from trainer.export.onnx_export import export_onnx

    save("deit", tmp_path / "checkpoint")
    with pytest.raises(TrainingError, match="photos") as caught:
        export_onnx(tmp_path / "checkpoint", tmp_path / "out", int8=True)
    assert caught.value.remedy


def test_the_command_takes_a_run_by_name(
    tmp_path: Path, save: Save, library_home: Path, make_photo: PhotoMaker
) -> None:
    from trainer.export.cli import export
    from trainer.runs.run_folder import RunFolder, RunState

    folder = RunFolder.create(library_home / "runs", "mine")
    folder.begin("mine")
    folder.end(RunState.FINISHED)
    make_run(folder.path, make_photo)
    save("deit", folder.checkpoint)
    result = CliRunner().invoke(export, [folder.path.name, str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    assert [each["name"] for each in json.loads(result.output)["variants"]] == ["PyTorch float32", "ONNX float32"]
    assert (tmp_path / "out" / "tagger.onnx").is_file()
