"""Checkpoints: they come back as they were saved, stand alone, and are refused when they are anything else."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from core.errors import MachineError, ModelError
from core.models.taggers.backbones import new_backbone, usual_preprocessing
from core.models.taggers.checkpoint import load_network, save_checkpoint, write_directory
from core.models.taggers.config import (
    CheckpointConfig,
    EncoderBackbone,
    HeadConfig,
    PreprocessingConfig,
    read_checkpoint_config,
    tagger_key,
)
from core.models.taggers.loaded import Tagger
from core.models.taggers.network import TaggerNetwork
from tests.core.taggers.tiny_backbones import FAMILIES, make_hub_model

ODD_HEADS = {
    "type": HeadConfig(labels=("a", "b")),
    "f. 2/8 %2E": HeadConfig(labels=("x" * 300, "größe", "\u8272", "\U0001f408 | cat")),
    "forward": HeadConfig(labels=("only",)),
    "class": HeadConfig(labels=("cup", "shoe"), temperature=1.7, threshold=0.6),
}


@pytest.fixture
def saved(tmp_path: Path, make_network: Callable[..., Any]) -> Path:
    network, config = make_network()
    save_checkpoint(tmp_path / "tagger", network, config)
    return tmp_path / "tagger"


def edit(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = directory / "config.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


class TestRoundTrip:
    @pytest.mark.parametrize("family", FAMILIES)
    def test_every_tensor_and_the_config_come_back(self, tmp_path: Path, family: str) -> None:
        make_hub_model(tmp_path / "hub", family)
        tower, backbone = new_backbone(str(tmp_path / "hub"), pretrained=True, image_px=48)
        config = CheckpointConfig(
            name="one",
            backbone=backbone,
            heads=ODD_HEADS,
            preprocessing=PreprocessingConfig(height_px=48, width_px=48, flip_channels=True),
            metrics={"class accuracy": 0.5},
        )
        network = TaggerNetwork(config, tower).eval()
        save_checkpoint(tmp_path / "saved", network, config)
        shutil.rmtree(tmp_path / "hub")  # it stands alone
        back, read = load_network(tmp_path / "saved")
        assert read == config
        assert next(iter(read.heads)) == "class"
        assert back.state_dict().keys() == network.state_dict().keys()
        assert all(torch.equal(back.state_dict()[key], value) for key, value in network.state_dict().items())
        pixels = torch.randn(2, 3, 48, 48)
        with torch.inference_mode():
            expected, found = network(pixels), back(pixels)
        assert all(torch.equal(found[head], expected[head]) for head in config.heads)
        assert not back.training

    def test_the_starter_stands_alone_too(self, tmp_path: Path) -> None:
        tower, backbone = new_backbone("starter", pretrained=True, image_px=64)
        config = CheckpointConfig(
            name="s",
            backbone=backbone,
            heads={"class": HeadConfig(labels=("a", "b"))},
            preprocessing=usual_preprocessing("starter", pretrained=True, image_px=64),
        )
        network = TaggerNetwork(config, tower).eval()
        save_checkpoint(tmp_path / "saved", network, config)
        back, _ = load_network(tmp_path / "saved")
        assert all(torch.equal(back.state_dict()[key], value) for key, value in network.state_dict().items())

    def test_taught_heads_are_a_checkpoint_without_a_network(
        self, tmp_path: Path, make_vector_network: Callable[..., Any]
    ) -> None:
        network, config = make_vector_network()
        save_checkpoint(tmp_path / "taught", network, config)
        back, _ = load_network(tmp_path / "taught")
        assert set(load_file(tmp_path / "taught" / "weights.safetensors")) == {
            f"heads.[{head}].{part}" for head in config.heads for part in ("weight", "bias")
        }
        vectors = torch.randn(3, 8)
        assert torch.equal(back(vectors)["class"], network(vectors)["class"])

    def test_its_directory_may_have_any_name(self, tmp_path: Path, make_network: Callable[..., Any]) -> None:
        network, config = make_network()
        place = tmp_path / "Größe 1.0, it's mine \u732b"
        save_checkpoint(place, network, config)
        assert Tagger.load(place, device="cpu").name == "tiny"

    def test_weights_are_saved_under_the_names_of_hubs(self, saved: Path) -> None:
        keys = set(load_file(saved / "weights.safetensors"))
        assert "backbone.encoder.layer.0.attention.attention.query.weight" in keys
        assert "heads.[class].weight" in keys

    def test_nothing_but_three_files_is_written(self, saved: Path) -> None:
        assert sorted(path.name for path in saved.iterdir()) == ["README.md", "config.json", "weights.safetensors"]
        assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".")] == []


class TestCard:
    def test_it_tells_what_the_tagger_is(self, tmp_path: Path, make_network: Callable[..., Any]) -> None:
        heads = {"class": HeadConfig(labels=("cup", "a|b\nc"), threshold=0.25), "color": HeadConfig(labels=("red",))}
        trained = {"recipe": "deit-tiny-two-phase", "run": "2026-01-02", "data_hash": "abc", "seed": 7}
        network, config = make_network(heads, trained=trained, metrics={"class accuracy": 0.875, "f1": float("nan")})
        save_checkpoint(tmp_path / "tagger", network, config)
        card = (tmp_path / "tagger" / "README.md").read_text(encoding="utf-8")
        for said in ("# tiny", "tiny-vit", "cup", "a\\|b c", "0.25", "deit-tiny-two-phase", "abc", "0.875", "Limits"):
            assert said in card
        assert "nan" not in card


class TestReplacing:
    def test_a_newer_one_takes_its_place(self, saved: Path, make_network: Callable[..., Any]) -> None:
        network, config = make_network(name="second", seed=5)
        save_checkpoint(saved, network, config)
        assert read_checkpoint_config(saved).name == "second"
        assert len(list(saved.parent.iterdir())) == 2  # and the backbone of the fixture

    def test_a_write_that_fails_leaves_the_old_one(self, saved: Path) -> None:
        def fail(folder: Path) -> None:
            (folder / "config.json").write_text("half")
            raise OSError(5, "the disk failed")

        with pytest.raises(MachineError):
            write_directory(saved, fail)
        assert Tagger.load(saved, device="cpu").name == "tiny"
        assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".")] == []

    def test_a_crash_between_the_two_renames_loses_nothing(self, saved: Path) -> None:
        saved.rename(saved.with_name(".tagger.before"))
        assert Tagger.load(saved, device="cpu").name == "tiny"
        assert saved.is_dir()

    def test_weights_that_are_not_finite_are_not_saved(self, saved: Path, make_network: Callable[..., Any]) -> None:
        network, config = make_network()
        with torch.no_grad():
            network.heads["class"].weight[0, 0] = float("nan")
        with pytest.raises(ModelError, match="not finite"):
            save_checkpoint(saved, network, config)
        assert Tagger.load(saved, device="cpu").name == "tiny"

    def test_a_config_of_other_labels_is_not_saved(self, saved: Path, make_network: Callable[..., Any]) -> None:
        network, config = make_network()
        other = config.model_copy(update={"heads": {"class": HeadConfig(labels=("x", "y", "z"))}})
        with pytest.raises(ModelError, match="not that of the network"):
            save_checkpoint(saved, network, other)


class TestRefused:
    def check(self, directory: Path, words: str) -> None:
        with pytest.raises(ModelError, match=words) as error:
            Tagger.load(directory, device="cpu")
        assert error.value.remedy

    def test_a_directory_that_is_not_there(self, tmp_path: Path) -> None:
        self.check(tmp_path / "none", "no tagger")

    def test_without_weights(self, saved: Path) -> None:
        (saved / "weights.safetensors").unlink()
        self.check(saved, "has no weights")

    def test_cut_off_weights(self, saved: Path) -> None:
        weights = saved / "weights.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1])
        self.check(saved, "damaged")

    def test_a_pickle_under_the_name_of_weights(self, saved: Path) -> None:
        (saved / "weights.safetensors").write_bytes(pickle.dumps({"backbone": [1, 2, 3]}))
        self.check(saved, "not a valid safetensors file")

    @pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 1}', b"[" * 100_000])
    def test_a_damaged_config(self, saved: Path, damage: bytes) -> None:
        (saved / "config.json").write_bytes(damage)
        self.check(saved, r"config\.json|not a tagger")

    def test_the_config_of_something_else(self, tiny_vit: Path) -> None:
        self.check(tiny_vit, "not a tagger that Recollect has made")

    def test_one_of_a_newer_recollect(self, saved: Path) -> None:
        edit(saved, lambda document: document.update(format=3, surprise=True))
        self.check(saved, "newer Recollect")

    @pytest.mark.parametrize(
        "change",
        [
            {"heads": {}},
            {"heads": {"class": {"labels": []}}},
            {"heads": {"class": {"labels": ["a", "a"]}}},
            {"heads": {"class": {"labels": ["a"], "temperature": 0}}},
            {"heads": {"class": {"labels": ["a"], "temperature": float("nan")}}},
            {"heads": {"class": {"labels": ["a"], "threshold": 2}}},
            {"preprocessing": None},
            {"backbone": {"kind": "magic"}},
            {"surprise": 1},
        ],
    )
    def test_configs_that_say_what_cannot_be(self, saved: Path, change: dict[str, Any]) -> None:
        edit(saved, lambda document: document.update(change))
        self.check(saved, "is damaged")

    @pytest.mark.parametrize("key", ["heads.[class].bias", "backbone.layernorm.weight"])
    def test_a_tensor_that_is_missing_has_another_shape_or_belongs_nowhere(self, saved: Path, key: str) -> None:
        tensors = load_file(saved / "weights.safetensors")
        for changed in (
            {name: tensor for name, tensor in tensors.items() if name != key},
            {**tensors, key: torch.zeros(99)},
            {**tensors, f"{key}.more": torch.zeros(2)},
            {**tensors, "backbone.classifier.weight": torch.zeros(2)},
            {**tensors, "optimizer": torch.zeros(2)},
        ):
            save_file(changed, saved / "weights.safetensors")
            self.check(saved, "weights|belongs to no tagger")

    @pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
    def test_weights_that_lie_elsewhere(self, saved: Path, tmp_path: Path) -> None:
        (saved / "weights.safetensors").rename(tmp_path / "elsewhere.safetensors")
        (saved / "weights.safetensors").symlink_to(tmp_path / "elsewhere.safetensors")
        self.check(saved, "link to another place")

    def test_a_device_that_is_not_there(self, saved: Path) -> None:
        with pytest.raises(ModelError, match="device"):
            Tagger.load(saved, device="tpu")


class TestKey:
    def test_it_names_what_decides_predictions_and_nothing_else(self, make_network: Callable[..., Any]) -> None:
        _, config = make_network()
        key = tagger_key(config, "aa")

        def changed(**update: Any) -> str:
            return tagger_key(config.model_copy(update=update), "aa")

        assert changed(name="other", metrics={"f1": 1.0}) == key
        assert tagger_key(config, "bb") != key
        head = config.heads["class"]
        for update in ({"temperature": 2.0}, {"threshold": 0.5}, {"labels": ("shoe", "cup", "hat")}):
            heads = {**config.heads, "class": head.model_copy(update=update)}
            assert changed(heads=heads) != key
        assert changed(preprocessing=config.preprocessing.model_copy(update={"resize": "crop"})) != key

    def test_the_encoder_counts_by_its_key(self) -> None:
        def key_of(**encoder: Any) -> str:
            backbone = EncoderBackbone(**{"encoder_key": "k", "encoder_name": "n", "dim": 4, **encoder})
            return tagger_key(CheckpointConfig(name="", backbone=backbone, heads=ODD_HEADS), "aa")

        assert key_of(encoder_name="other") == key_of()
        assert key_of(encoder_key="other") != key_of()

    def test_saving_again_changes_nothing(self, saved: Path, make_network: Callable[..., Any], tmp_path: Path) -> None:
        network, config = load_network(saved)
        save_checkpoint(tmp_path / "again", network, config.model_copy(update={"name": "again"}))
        assert Tagger.load(tmp_path / "again", device="cpu").key == Tagger.load(saved, device="cpu").key


def test_preprocessing_is_for_networks_alone() -> None:
    encoder = EncoderBackbone(encoder_key="k", encoder_name="n", dim=4)
    with pytest.raises(ValidationError):
        CheckpointConfig(
            name="",
            backbone=encoder,
            heads=ODD_HEADS,
            preprocessing=PreprocessingConfig(height_px=32, width_px=32),
        )


def test_reading_a_config_loads_no_torch() -> None:
    program = (
        "import sys; import core.models.taggers.config, core.models.taggers.store, core.models.taggers.tagger;"
        "import core.models.taggers.preprocessing;"
        "assert not {'torch', 'transformers', 'open_clip', 'safetensors', 'httpx'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
