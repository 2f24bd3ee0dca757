"""Checkpoints that can tell what they do not know, and what they say; those of before stay as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import ModelError
from core.models.taggers.checkpoint import load_network, save_checkpoint
from core.models.taggers.config import CheckpointConfig, EncoderBackbone, HeadConfig, tagger_key
from core.models.taggers.ensemble import save_ensemble
from core.models.taggers.loaded import Tagger

if TYPE_CHECKING:
    from PIL import Image

LEAST = 0.9


@pytest.fixture
def saved(tmp_path: Path, make_vector_network: Callable[..., Any]) -> Path:
    """class: hat, cup, plane, which lie along the first three axes; it reads vectors."""
    return knowing(tmp_path / "knowing", make_vector_network)


def knowing(folder: Path, make: Callable[..., Any], *, labels: tuple[str, ...] = ("hat", "cup", "plane")) -> Path:
    network, config = make(
        {"class": HeadConfig(labels=labels, known_from=LEAST), "size": HeadConfig(labels=("s", "l"))}
    )
    network.middles = {"class": torch.eye(len(labels), network.backbone.dim)}
    save_checkpoint(folder, network, config)
    return folder


class TestCheckpoint:
    def test_the_middles_come_back(self, saved: Path) -> None:
        network, config = load_network(saved)
        assert config.heads["class"].known_from == LEAST
        assert config.heads["size"].known_from is None
        assert torch.equal(network.middles["class"], torch.eye(3, 8))
        assert "middles.[class]" in load_file(saved / "weights.safetensors")
        assert "a cosine of 0.900" in (saved / "README.md").read_text(encoding="utf-8")

    def test_an_older_recollect_is_told_that_it_is_newer(self, saved: Path) -> None:
        assert json.loads((saved / "config.json").read_text())["format"] == 2

    def test_those_that_cannot_tell_are_as_they_always_were(
        self, tmp_path: Path, make_vector_network: Callable[..., Any]
    ) -> None:
        network, config = make_vector_network()
        save_checkpoint(tmp_path / "plain", network, config)
        document = json.loads((tmp_path / "plain" / "config.json").read_text())
        assert document["format"] == 1
        assert document["heads"]["class"] == {"labels": ["hat", "cup", "plane"], "temperature": 1.0, "threshold": 0.0}
        tagger = Tagger.load(tmp_path / "plain", device="cpu")
        assert not tagger.tells_unknown
        said = tagger.tag_prepared([()], np.eye(8, dtype=np.float32)[:1])
        assert not said[0]["class"].unknown

    def test_their_keys_are_those_under_which_libraries_keep_predictions(self) -> None:
        config = CheckpointConfig(
            name="",
            backbone=EncoderBackbone(encoder_key="k", encoder_name="n", dim=8),
            heads={
                "class": HeadConfig(labels=("cup", "shoe"), temperature=1.7, threshold=0.6),
                "color": HeadConfig(labels=("r", "g")),
            },
        )
        assert tagger_key(config, "aa") == "tagger:2a55934f8e1de09b1bc9c56719f8124a"
        head = config.heads["class"].model_copy(update={"known_from": 0.5})
        assert tagger_key(config.model_copy(update={"heads": {**config.heads, "class": head}}), "aa") != tagger_key(
            config, "aa"
        )

    @pytest.mark.parametrize("tensor", [None, torch.zeros(2, 8), torch.zeros(3, 7)])
    def test_middles_that_do_not_fit_are_refused(self, saved: Path, tensor: torch.Tensor | None) -> None:
        tensors = load_file(saved / "weights.safetensors")
        del tensors["middles.[class]"]
        save_file(tensors if tensor is None else {**tensors, "middles.[class]": tensor}, saved / "weights.safetensors")
        with pytest.raises(ModelError, match="does not fit") as caught:
            load_network(saved)
        assert caught.value.remedy


class TestPredictions:
    def test_far_from_all_middles_nothing_is_sure(self, saved: Path) -> None:
        tagger = Tagger.load(saved, device="cpu")
        vectors = np.zeros((3, 8), np.float32)
        vectors[0, 0] = 1  # a hat
        vectors[1, 5] = 1  # nothing that it knows
        vectors[2, :2] = 0.5**0.5  # between hat and cup: a cosine of 0.71 to both
        said = tagger.tag_prepared([()] * 3, vectors)
        assert [each["class"].unknown for each in said] == [False, True, True]
        assert [each["size"].unknown for each in said] == [False] * 3
        assert said[0]["class"].sure  # its threshold is 0
        assert not said[1]["class"].sure
        assert said[1]["class"].label in tagger.heads["class"], "the nearest class is told all the same"
        assert tagger.tells_unknown

    def test_a_network_that_looks_at_pixels_compares_its_own_features(
        self, tmp_path: Path, make_network: Callable[..., Any], pictures: list[Image.Image]
    ) -> None:
        network, config = make_network()
        save_checkpoint(tmp_path / "plain", network, config)
        plain = Tagger.load(tmp_path / "plain", device="cpu")
        _, features = plain.outputs([plain.prepare(picture) for picture in pictures])
        own = features / np.linalg.norm(features, axis=1, keepdims=True)
        cosines = (own @ own[:3].T).max(axis=1)
        least = float(np.sort(cosines)[2:4].mean())  # three of the seven pictures are farther away
        head = config.heads["class"].model_copy(update={"known_from": least})
        network.middles = {"class": torch.from_numpy(own[:3])}
        save_checkpoint(
            tmp_path / "knowing", network, config.model_copy(update={"heads": {**config.heads, "class": head}})
        )
        said = Tagger.load(tmp_path / "knowing", device="cpu").tag(pictures)
        assert [each["class"].unknown for each in said] == (cosines < least).tolist()
        assert sum(each["class"].unknown for each in said) == 3


class TestEnsembles:
    def test_what_one_member_knows_the_ensemble_knows(
        self, tmp_path: Path, saved: Path, make_vector_network: Callable[..., Any]
    ) -> None:
        other = knowing(tmp_path / "other", make_vector_network, labels=("hat", "cup", "plane", "boat", "tent"))
        save_ensemble(tmp_path / "both", [saved, other], name="both")
        both = Tagger.load(tmp_path / "both", device="cpu")
        assert both.tells_unknown
        said = both.tag_prepared([()] * 8, np.eye(8, dtype=np.float32))
        assert [each["class"].unknown for each in said] == [False] * 5 + [True] * 3

    def test_a_member_that_cannot_tell_leaves_it_open(
        self, tmp_path: Path, saved: Path, make_vector_network: Callable[..., Any]
    ) -> None:
        network, config = make_vector_network()
        save_checkpoint(tmp_path / "plain", network, config)
        save_ensemble(tmp_path / "both", [saved, tmp_path / "plain"], name="both")
        both = Tagger.load(tmp_path / "both", device="cpu")
        assert not both.tells_unknown
        assert not any(each["class"].unknown for each in both.tag_prepared([()] * 8, np.eye(8, dtype=np.float32)))
