"""The small CNN as a backbone, and taggers that see their photos grey."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import ModelError, ModelMissingError
from core.models.taggers.backbones import new_backbone, usual_preprocessing
from core.models.taggers.checkpoint import load_network, save_checkpoint
from core.models.taggers.config import (
    CheckpointConfig,
    CnnBackbone,
    HeadConfig,
    PreprocessingConfig,
    read_checkpoint_config,
    tagger_key,
)
from core.models.taggers.loaded import Tagger
from core.models.taggers.network import TaggerNetwork, normalised
from core.models.taggers.preprocessing import TaggerPreprocessing

LABELS = ("cup", "shoe", "hat")


def save(directory: Path, *, grey: bool, image_px: int = 28) -> tuple[TaggerNetwork, CheckpointConfig]:
    torch.manual_seed(3)
    tower, backbone = new_backbone("cnn", pretrained=False, image_px=image_px, grey=grey)
    preprocessing = usual_preprocessing("cnn", pretrained=False, image_px=image_px)
    config = CheckpointConfig(
        name="small",
        backbone=backbone,
        heads={"class": HeadConfig(labels=LABELS)},
        preprocessing=preprocessing.model_copy(update={"grey": grey}),
    )
    network = TaggerNetwork(config, tower).eval()
    torch.nn.init.normal_(network.heads["class"].weight, std=2.0)
    save_checkpoint(directory, network, config)
    return network, config


@pytest.mark.parametrize(("image_px", "blocks"), [(16, 2), (28, 3), (31, 3), (32, 3), (33, 4), (64, 4), (224, 6)])
def test_it_takes_pictures_of_any_size(image_px: int, blocks: int) -> None:
    tower, config = new_backbone("cnn", pretrained=False, image_px=image_px)
    assert isinstance(config, CnnBackbone)
    assert len(config.widths) == blocks
    assert tower(torch.zeros(2, 3, image_px, image_px)).shape == (2, tower.dim)
    groups = tower.layer_groups()
    assert len(groups) == blocks + 1
    assert [id(each) for group in groups for each in group] == [id(each) for each in tower.parameters()]


def test_pixels_lie_between_minus_one_and_one() -> None:
    preprocessing = usual_preprocessing("cnn", pretrained=False, image_px=28)
    ends = normalised(torch.tensor([[[[0, 0, 0], [255, 255, 255]]]], dtype=torch.uint8), preprocessing)
    assert (ends.amin().item(), ends.amax().item()) == pytest.approx((-1.0, 1.0))


def test_a_grey_tagger_comes_back_and_sees_no_colours(tmp_path: Path) -> None:
    network, config = save(tmp_path / "grey", grey=True)
    again, read = load_network(tmp_path / "grey")
    assert read.preprocessing == config.preprocessing
    assert isinstance(read.backbone, CnnBackbone)
    assert read.backbone.channels == 1
    assert "It sees them grey" in (tmp_path / "grey" / "README.md").read_text()
    pixels = torch.rand(2, 3, 28, 28)
    assert torch.equal(again(pixels)["class"], network(pixels)["class"])
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8))
    grey = picture.convert("L")
    tagger = Tagger.load(tmp_path / "grey", device="cpu")
    in_colour, without, of_mode_l = tagger.tag([picture, grey.convert("RGB"), grey])
    assert in_colour["class"].top == without["class"].top == of_mode_l["class"].top
    prepared = TaggerPreprocessing(read.preprocessing or PreprocessingConfig(height_px=8, width_px=8)).prepare(picture)
    assert prepared.shape == (28, 28, 3)
    assert (prepared == prepared[..., :1]).all()
    assert np.ptp(prepared) > 10


def test_one_in_colour_sees_colours(tmp_path: Path) -> None:
    save(tmp_path / "colour", grey=False)
    tagger = Tagger.load(tmp_path / "colour", device="cpu")
    red, blue = (Image.new("RGB", (32, 32), colour) for colour in ("red", "blue"))
    assert tagger.tag([red])[0]["class"].top != tagger.tag([blue])[0]["class"].top


def test_what_was_written_before_there_were_grey_ones_is_read_as_it_was(tmp_path: Path) -> None:
    _, config = save(tmp_path / "colour", grey=False)
    document = json.loads((tmp_path / "colour" / "config.json").read_text())
    assert "grey" not in document["preprocessing"]
    assert read_checkpoint_config(tmp_path / "colour") == config.of_its_format()
    assert "grey" not in config.decisive()["preprocessing"]
    assert config.preprocessing is not None
    grey = config.model_copy(update={"preprocessing": config.preprocessing.model_copy(update={"grey": True})})
    assert tagger_key(grey, "aa") != tagger_key(config, "aa")


def test_there_are_no_pretrained_weights_and_the_remedy_says_what_to_do() -> None:
    with pytest.raises(ModelMissingError, match="learns from nothing") as raised:
        new_backbone("cnn", pretrained=True, image_px=28)
    assert "weights=scratch" in raised.value.remedy


def test_blocks_that_leave_nothing_of_the_picture_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "grey", grey=True)
    path = tmp_path / "grey" / "config.json"
    document = json.loads(path.read_text())
    document["backbone"]["widths"] = [8] * 5
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="leave nothing"):
        load_network(tmp_path / "grey")
    document["backbone"]["widths"] = [8, 8, 8]
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="weights are not those"):
        load_network(tmp_path / "grey")
