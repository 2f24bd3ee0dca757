"""Taggers at work: predictions are what the network says, calibrated; in any number, in any dtype."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from core.errors import MachineError, ModelError
from core.models.calibration import Plan, Plans
from core.models.preprocessing import Preprocessing
from core.models.taggers.checkpoint import save_checkpoint
from core.models.taggers.config import HeadConfig, PreprocessingConfig
from core.models.taggers.loaded import PixelTagger, Tagger, VectorTagger, load_tagger
from core.models.taggers.network import normalised
from core.models.taggers.preprocessing import TaggerPreprocessing
from core.models.taggers.tagger import predictions
from core.protocols import Tagger as TaggerProtocol


def unit(count: int, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


@pytest.fixture
def saved(tmp_path: Path, make_network: Callable[..., Any]) -> Path:
    heads = {
        "class": HeadConfig(labels=("cup", "shoe", "hat"), temperature=2.5, threshold=0.45),
        "color": HeadConfig(labels=("r", "g")),
    }
    network, config = make_network(heads)
    save_checkpoint(tmp_path / "tagger", network, config)
    return tmp_path / "tagger"


@pytest.fixture
def tagger(saved: Path) -> PixelTagger:
    loaded = load_tagger(saved, device="cpu")
    assert isinstance(loaded, PixelTagger)
    return loaded


class TestPixels:
    def test_it_is_what_the_protocol_asks_for(self, tagger: PixelTagger) -> None:
        as_protocol: TaggerProtocol = tagger
        assert as_protocol.needs_pixels
        assert as_protocol.encoder_key is None
        assert list(as_protocol.heads) == ["class", "color"]
        assert as_protocol.thresholds == {"class": 0.45, "color": 0.0}
        assert as_protocol.image_edge_px == 32
        assert as_protocol.batch_size > 0

    def test_predictions_are_those_of_the_network_calibrated(
        self, tagger: PixelTagger, make_network: Callable[..., Any], pictures: list[Image.Image]
    ) -> None:
        network, _ = make_network(
            {
                "class": HeadConfig(labels=("cup", "shoe", "hat"), temperature=2.5),
                "color": HeadConfig(labels=("r", "g")),
            }
        )
        pixels = np.stack([np.asarray(picture.convert("RGB").resize((32, 32), 3)) for picture in pictures])
        scaled = torch.tensor(pixels).permute(0, 3, 1, 2) / 255
        mean, std = (torch.tensor(numbers).view(3, 1, 1) for numbers in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        with torch.inference_mode():
            logits = network((scaled - mean) / std)
        expected = torch.softmax(logits["class"] / 2.5, dim=1).numpy()
        answers = tagger.tag(pictures)
        assert len(answers) == len(pictures)
        for answer, row in zip(answers, expected, strict=True):
            found = answer["class"]
            assert found.probability == pytest.approx(row.max(), abs=0.05)  # whatever dtype was the fastest
            assert dict(found.top).keys() == {"cup", "shoe", "hat"}
            assert [p for _, p in found.top] == sorted((p for _, p in found.top), reverse=True)
            assert sum(p for _, p in found.top) == pytest.approx(1, abs=1e-5)
            assert found.sure == (found.probability >= 0.45)
            assert found.label == found.top[0][0]

    def test_in_float32_they_are_exact(self, saved: Path, pictures: list[Image.Image], tmp_path: Path) -> None:
        plans = FixedPlan("float32", 2)
        tagger = load_tagger(saved, device="cpu", plans=plans)
        logits, features = tagger.outputs([tagger.prepare(picture) for picture in pictures])
        assert {head: values.shape for head, values in logits.items()} == {"class": (7, 3), "color": (7, 2)}
        assert features.shape == (7, 16)
        assert {values.dtype for values in (*logits.values(), features)} == {np.dtype(np.float32)}
        one_by_one = [tagger.outputs([tagger.prepare(picture)])[0]["class"][0] for picture in pictures]
        assert np.allclose(logits["class"], one_by_one, atol=1e-4)

    def test_bfloat16_answers_alike(self, saved: Path, pictures: list[Image.Image]) -> None:
        wide = load_tagger(saved, device="cpu", plans=FixedPlan("float32", 4)).tag(pictures)
        narrow = load_tagger(saved, device="cpu", plans=FixedPlan("bfloat16", 4)).tag(pictures)
        for one, other in zip(wide, narrow, strict=True):
            assert other["color"].probability == pytest.approx(one["color"].probability, abs=0.05)

    @pytest.mark.parametrize("count", [0, 1, 5])
    def test_any_number_of_pictures(self, tagger: PixelTagger, pictures: list[Image.Image], count: int) -> None:
        assert len(tagger.tag(pictures[:count])) == count

    def test_no_picture_has_outputs_of_the_right_shape(self, tagger: PixelTagger) -> None:
        logits, features = tagger.outputs([])
        assert logits["class"].shape == (0, 3)
        assert features.shape == (0, 16)

    def test_what_was_measured_is_remembered(self, saved: Path, tmp_path: Path, pictures: list[Image.Image]) -> None:
        plans = Plans(tmp_path / "calibration.json")
        first = load_tagger(saved, device="cpu", plans=plans)
        assert isinstance(first, PixelTagger)
        assert not (tmp_path / "calibration.json").exists()  # not before the first picture
        first.tag(pictures[:1])
        second = load_tagger(saved, device="cpu", plans=plans)
        assert isinstance(second, PixelTagger)
        written = (tmp_path / "calibration.json").read_bytes()
        assert second.plan == first.plan
        assert (tmp_path / "calibration.json").read_bytes() == written

    def test_a_graphics_card_without_memory_gets_smaller_batches(
        self, saved: Path, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tagger = load_tagger(saved, device="cpu", plans=FixedPlan("float32", 8))
        expected = tagger.tag(pictures)
        run, sizes = tagger._network.run, []  # type: ignore[attr-defined]

        def short_of_memory(pixels: np.ndarray) -> Any:
            sizes.append(len(pixels))
            if len(pixels) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return run(pixels)

        monkeypatch.setattr(tagger._network, "run", short_of_memory)  # type: ignore[attr-defined]
        for one, other in zip(tagger.tag(pictures), expected, strict=True):
            assert one["class"].probability == pytest.approx(other["class"].probability, abs=1e-4)
        assert sizes == [7, 4, 2, 2, 2, 1]
        assert tagger.batch_size == 2

    def test_a_graphics_card_without_any_memory_is_an_error(
        self, saved: Path, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tagger = load_tagger(saved, device="cpu", plans=FixedPlan("float32", 2))
        tagger.tag(pictures[:1])

        def no_memory(pixels: np.ndarray) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr(tagger._network, "run", no_memory)  # type: ignore[attr-defined]
        with pytest.raises(MachineError, match="graphics card"):
            tagger.tag(pictures)

    def test_answers_that_are_no_numbers_are_an_error(self, saved: Path, pictures: list[Image.Image]) -> None:
        tensors = load_file(saved / "weights.safetensors")
        tensors["backbone.layernorm.weight"][:] = float("inf")
        save_file(tensors, saved / "weights.safetensors")
        with pytest.raises(ModelError, match="not finite"):
            load_tagger(saved, device="cpu", plans=FixedPlan("float32", 2)).tag(pictures)

    def test_flipped_channels_are_the_networks_affair(
        self, make_network: Callable[..., Any], tmp_path: Path, pictures: list[Image.Image]
    ) -> None:
        network, config = make_network()
        plain, flipped = tmp_path / "plain", tmp_path / "flipped"
        save_checkpoint(plain, network, config)
        preprocessing = config.preprocessing.model_copy(
            update={
                "flip_channels": True,
                "mean": config.preprocessing.mean[::-1],
                "std": config.preprocessing.std[::-1],
            }
        )
        save_checkpoint(flipped, network, config.model_copy(update={"preprocessing": preprocessing}))
        turned = [Image.merge("RGB", picture.convert("RGB").split()[::-1]) for picture in pictures]
        plans = FixedPlan("float32", 4)
        one = load_tagger(plain, device="cpu", plans=plans).tag(pictures)
        other = load_tagger(flipped, device="cpu", plans=plans).tag(turned)
        for a, b in zip(one, other, strict=True):
            assert a["class"].probability == pytest.approx(b["class"].probability, abs=1e-4)


class TestVectors:
    @pytest.fixture
    def taught(self, tmp_path: Path, make_vector_network: Callable[..., Any]) -> VectorTagger:
        network, config = make_vector_network()
        save_checkpoint(tmp_path / "taught", network, config)
        loaded = Tagger.load(tmp_path / "taught")
        assert isinstance(loaded, VectorTagger)
        return loaded

    def test_it_reads_vectors_and_no_pictures(self, taught: VectorTagger) -> None:
        assert not taught.needs_pixels
        assert taught.encoder_key == "starter:1"
        assert (taught.image_edge_px, taught.prepare(Image.new("RGB", (9, 9)))) == (0, ())

    def test_it_says_what_its_heads_say(self, taught: VectorTagger, make_vector_network: Callable[..., Any]) -> None:
        network, _ = make_vector_network()
        vectors = unit(9)
        with torch.inference_mode():
            expected = torch.softmax(network(torch.tensor(vectors))["class"], dim=1).numpy()
        found = taught.tag_prepared([()] * 9, vectors)
        assert [answer["class"].probability for answer in found] == pytest.approx(expected.max(axis=1), abs=1e-5)
        assert taught.tag_prepared([], unit(0)) == []

    @pytest.mark.parametrize(
        "vectors",
        [None, unit(2), unit(3)[:, :7], np.full((3, 8), np.nan, np.float32)],
        ids=["none", "few", "dim", "nan"],
    )
    def test_other_vectors_are_refused(self, taught: VectorTagger, vectors: Any) -> None:
        with pytest.raises(ModelError, match="encoder starter"):
            taught.tag_prepared([()] * 3, vectors)


class TestPredictions:
    def test_the_best_five_come_first_and_ties_go_to_the_first_label(self) -> None:
        labels = [f"label {i}" for i in range(7)]
        rows = np.array([[0.1, 0.2, 0.2, 0.1, 0.1, 0.2, 0.1]], np.float32)
        (found,) = predictions(labels, rows, threshold=0.2)
        assert [label for label, _ in found.top] == ["label 1", "label 2", "label 5", "label 0", "label 3"]
        assert found.label == "label 1"
        assert found.sure
        assert not predictions(labels, rows, threshold=0.21)[0].sure


class TestPreprocessing:
    @pytest.mark.parametrize(("resize", "mode"), [("crop", "shortest"), ("squash", "squash")])
    def test_pictures_are_prepared_as_those_of_encoders(
        self, resize: Any, mode: str, pictures: list[Image.Image]
    ) -> None:
        mine = TaggerPreprocessing(PreprocessingConfig(height_px=96, width_px=96, resize=resize))
        theirs = Preprocessing.of({"size": 96, "resize_mode": mode, "interpolation": "bicubic"})
        for picture in pictures:
            difference = np.abs(mine.prepare(picture).astype(int) - theirs.prepare(picture).astype(int))
            assert difference.mean() < 1.5  # a crop after the resize falls on whole pixels

    @pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (33, 64), (4000, 30)])
    @pytest.mark.parametrize("resize", ["squash", "crop"])
    def test_any_picture_gets_the_size_of_the_network(self, size: tuple[int, int], resize: Any) -> None:
        config = PreprocessingConfig(height_px=24, width_px=32, resize=resize)
        assert TaggerPreprocessing(config).prepare(Image.new("L", size, 128)).shape == (24, 32, 3)

    def test_the_middle_is_kept(self) -> None:
        picture = Image.new("RGB", (300, 100), "black")
        picture.paste("white", (100, 0, 200, 100))
        config = PreprocessingConfig(height_px=20, width_px=20, resize="crop", shorter_edge_px=25)
        assert TaggerPreprocessing(config).prepare(picture).min() > 250
        assert TaggerPreprocessing(config).edge_px == 25

    def test_the_arithmetic_is_that_of_mean_and_deviation(self) -> None:
        config = PreprocessingConfig(height_px=8, width_px=8, mean=(0.5, 0.25, 0.0), std=(0.5, 1.0, 2.0))
        pixels = torch.full((1, 8, 8, 3), 255, dtype=torch.uint8)
        assert normalised(pixels, config)[0, :, 0, 0].tolist() == pytest.approx([1.0, 0.75, 0.5])


class FixedPlan(Plans):
    """Plans of a machine on which one dtype is known to be the fastest."""

    def __init__(self, dtype: str, batch_size: int) -> None:
        super().__init__(None)
        self._plan = Plan(dtype, batch_size, 1.0)

    def get(self, key: str) -> Plan | None:
        return self._plan
