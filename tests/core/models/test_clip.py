"""The encoder gives what open_clip gives, whatever the batches, threads and caches between."""

from __future__ import annotations

import csv
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import MachineError
from core.models import clip
from core.models.calibration import Plan, Plans
from core.models.loading import load_encoder
from core.models.preprocessing import Preprocessing
from core.models.spec import offered_encoders
from tests.core.models.tiny_models import random_model

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from tests.core.models.tiny_models import TinyModel

SIZES = [(640, 480), (97, 331), (96, 96), (50, 40), (1200, 90)]


class FixedPlan(Plans):
    """Float32 in small batches, so that results can be compared closely."""

    def __init__(self) -> None:
        super().__init__(None)

    def get(self, key: str) -> Plan:
        return Plan("float32", 3, 1.0)


@pytest.fixture(scope="module")
def exact_starter() -> ClipEncoder:
    spec = next(spec for spec in offered_encoders() if spec.name == "starter")
    assert spec.local_weights is not None
    return load_encoder(
        spec,
        weights=spec.local_weights,
        sha256=spec.sha256 or "",
        device="cpu",
        plans=FixedPlan(),
    )


@pytest.fixture
def tiny_encoder(tiny: TinyModel) -> ClipEncoder:
    """A fresh one, for tests that change it."""
    spec = tiny.offered("tiny")
    return load_encoder(spec, weights=tiny.weights, sha256=tiny.sha256, device="cpu", plans=FixedPlan())


@pytest.fixture(scope="module")
def reference() -> tuple[Any, Any, Any]:
    """open_clip's own model, transform and tokenizer for the starter."""
    from core.models.open_clip_api import open_clip

    spec = next(spec for spec in offered_encoders() if spec.name == "starter")
    open_clip.add_model_config(spec.architecture)
    model, _, transform = open_clip.create_model_and_transforms(
        Path(spec.architecture).stem,
        pretrained=str(spec.local_weights),
        image_resize_mode=spec.preprocess["resize_mode"],  # pyright: ignore[reportArgumentType]
    )
    tokenizer = open_clip.SimpleTokenizer(bpe_path=str(spec.local_tokenizer), context_length=24)
    return model.eval(), transform, tokenizer


def pictures() -> list[Image.Image]:
    random = np.random.default_rng(1)
    small = [random.integers(0, 256, size=(9, 7, 3), dtype=np.uint8) for _ in SIZES]
    return [Image.fromarray(s).resize(size, Image.Resampling.BICUBIC) for s, size in zip(small, SIZES, strict=True)]


def unit(features: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(features.float(), dim=-1).numpy()


class TestSameAsOpenClip:
    def test_images(self, exact_starter: ClipEncoder, reference: tuple[Any, Any, Any]) -> None:
        model, transform, _ = reference
        with torch.inference_mode():
            expected = unit(model.encode_image(torch.stack([transform(picture) for picture in pictures()])))
        np.testing.assert_allclose(exact_starter.encode_images(pictures()), expected, atol=2e-5)

    def test_texts(self, exact_starter: ClipEncoder, reference: tuple[Any, Any, Any]) -> None:
        model, _, tokenizer = reference
        texts = ["a dog on the beach", "", "Ünïcode & 日本語", "very " * 60 + "long"]
        with torch.inference_mode():
            expected = unit(model.encode_text(tokenizer(texts)))
        np.testing.assert_allclose(exact_starter.encode_texts(texts), expected, atol=2e-5)

    @pytest.mark.parametrize("mode", ["squash", "longest", "shortest"])
    def test_every_way_of_resizing(self, mode: str) -> None:
        from core.models.open_clip_api import PreprocessCfg, image_transform_v2

        config = {"size": (48, 64), "resize_mode": mode, "mean": (0.5, 0.4, 0.3), "interpolation": "bilinear"}
        whole = image_transform_v2(PreprocessCfg(**config), is_train=False)
        split = Preprocessing.of(config)
        for picture in pictures():
            pixels = split.prepare(picture)
            assert pixels.shape == (48, 64, 3)
            scaled = (pixels / 255.0 - np.array(split.mean)) / np.array(split.std)
            np.testing.assert_allclose(scaled.transpose(2, 0, 1), whole(picture).numpy(), atol=1e-5)

    def test_random_weights_of_another_architecture(self, tiny: TinyModel, tiny_encoder: ClipEncoder) -> None:
        model = random_model(tiny.config)
        from core.models.open_clip_api import open_clip

        with torch.inference_mode():
            expected = unit(model.encode_text(open_clip.get_tokenizer("ViT-B-32")(["two dogs"], context_length=12)))
        np.testing.assert_allclose(tiny_encoder.encode_texts(["two dogs"]), expected, atol=2e-5)


class TestVectors:
    def test_are_float32_of_unit_length(self, starter: ClipEncoder) -> None:
        for vectors in (starter.encode_images(pictures()), starter.encode_texts(["sunset", "a cat"])):
            assert vectors.dtype == np.float32
            assert vectors.shape[1] == starter.dim
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)

    def test_of_nothing_are_none(self, starter: ClipEncoder) -> None:
        assert starter.encode_pixels([]).shape == (0, starter.dim)
        assert starter.encode_texts([]).shape == (0, starter.dim)

    def test_do_not_depend_on_the_batch(self, exact_starter: ClipEncoder) -> None:
        together = exact_starter.encode_images(pictures())  # two batches of three at most
        alone = np.concatenate([exact_starter.encode_images([picture]) for picture in pictures()])
        np.testing.assert_allclose(together, alone, atol=2e-5)

    def test_of_the_calibrated_plan_are_near_the_exact_ones(
        self, starter: ClipEncoder, exact_starter: ClipEncoder
    ) -> None:
        cosines = (starter.encode_images(pictures()) * exact_starter.encode_images(pictures())).sum(axis=1)
        assert cosines.min() > 0.99

    @pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
    def test_come_from_any_mode_of_picture(self, starter: ClipEncoder, mode: str) -> None:
        assert starter.prepare(pictures()[0].convert(mode)).shape == (96, 96, 3)

    def test_pixels_are_as_large_as_announced(self, starter: ClipEncoder) -> None:
        assert max(starter.prepare(pictures()[0]).shape[:2]) == starter.image_edge_px == 96


class TestTextCache:
    def test_a_text_is_encoded_once(self, tiny_encoder: ClipEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
        first = tiny_encoder.encode_texts(["a dog", "a cat", "a dog"])
        np.testing.assert_array_equal(first[0], first[2])
        encoded: list[str] = []
        tower = tiny_encoder._texts
        whole = tower.encode
        monkeypatch.setattr(tower, "encode", lambda texts: (encoded.extend(texts), whole(texts))[1])
        again = tiny_encoder.encode_texts(["a cat", "a bird"])
        assert encoded == ["a bird"]
        np.testing.assert_array_equal(again[0], first[1])

    def test_what_a_caller_does_to_its_vectors_does_not_reach_the_cache(self, tiny_encoder: ClipEncoder) -> None:
        vector = tiny_encoder.encode_texts(["a dog"])
        kept = vector.copy()
        vector[:] = 0
        np.testing.assert_array_equal(tiny_encoder.encode_texts(["a dog"]), kept)

    def test_is_bounded(self, tiny_encoder: ClipEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clip, "_CACHED_TEXTS", 10)
        vectors = tiny_encoder.encode_texts([f"text {i}" for i in range(150)])
        assert vectors.shape == (150, 16)
        assert len(tiny_encoder._cache) == 10

    def test_queries_run_while_pictures_are_encoded(self, exact_starter: ClipEncoder) -> None:
        pixels = [exact_starter.prepare(picture) for picture in pictures()] * 3
        images, texts = exact_starter.encode_pixels(pixels), [f"number {i}" for i in range(15)]
        seen: list[np.ndarray] = []
        worker = threading.Thread(target=lambda: seen.append(exact_starter.encode_pixels(pixels)))
        worker.start()
        during = np.concatenate([exact_starter.encode_texts([text]) for text in texts])
        worker.join()
        np.testing.assert_array_equal(seen[0], images)
        np.testing.assert_allclose(during, exact_starter.encode_texts(texts), atol=2e-5)


class TestOutOfMemory:
    def test_batches_shrink_until_they_fit(self, tiny_encoder: ClipEncoder) -> None:
        tiny_encoder._smaller_batch = 16
        pixels = [tiny_encoder.prepare(picture) for picture in pictures() * 4]
        expected = tiny_encoder.encode_pixels(pixels)
        self._limit_memory(tiny_encoder, images=3)
        np.testing.assert_allclose(tiny_encoder.encode_pixels(pixels), expected, atol=2e-5)
        assert tiny_encoder.batch_size == 2

    def test_no_memory_for_a_single_picture_is_an_error_with_a_remedy(self, tiny_encoder: ClipEncoder) -> None:
        self._limit_memory(tiny_encoder, images=0)
        with pytest.raises(MachineError, match="too little free memory"):
            tiny_encoder.encode_images(pictures())

    @staticmethod
    def _limit_memory(encoder: ClipEncoder, *, images: int) -> None:
        def allocate(module: torch.nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
            if len(arguments[0]) > images:
                raise torch.OutOfMemoryError("out of memory")

        encoder._images._visual.register_forward_pre_hook(allocate)


def test_the_starter_knows_what_it_sees(starter: ClipEncoder, shared_data: Path) -> None:
    with (shared_data / "products" / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::8]
    names = sorted({row["class_label"] for row in rows})
    prompts = [f"a photo of a {name.rpartition('_')[2]}" for name in names]
    images = [Image.open(shared_data / "products" / row["image_path"]) for row in rows]
    found = (starter.encode_images(images) @ starter.encode_texts(prompts).T).argmax(axis=1)
    right = [names[best] == row["class_label"] for best, row in zip(found, rows, strict=True)]
    assert np.mean(right) > 0.4  # one in ten by chance


def test_texts_are_read_without_their_padding_and_give_the_same() -> None:
    from core.models.loading import read_config
    from core.models.open_clip_api import open_clip
    from core.models.short_texts import read, reads_forward

    assert read_config("ViT-B-32")["text_cfg"]["context_length"] == 77
    model = open_clip.create_model("ViT-B-32").eval()
    tokens = open_clip.get_tokenizer("ViT-B-32")(["a dog", "a red car on the road beside a very long white fence", ""])
    assert reads_forward(model)
    with torch.inference_mode():
        torch.testing.assert_close(read(model, tokens), model.encode_text(tokens), atol=1e-5, rtol=1e-4)
    assert not reads_forward(torch.nn.Identity())
