"""The models directory: what is offered, how it comes in, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from core.errors import DownloadCancelledError, DownloadError, ModelError, ModelMissingError
from core.models.open_clip_api import open_clip
from core.models.registry import ModelStore
from core.models.spec import EncoderSpec, offered_encoders
from core.models.weights_file import sha256_of
from core.settings import CustomEncoder, Settings
from tests.core.models.hub import Fault, Hub
from tests.core.models.tiny_models import TinyModel, make_tiny_model, vit_config, write_hub_tokenizer

OFFERED = {spec.name: spec for spec in offered_encoders()}
DOWNLOADS = [spec for spec in offered_encoders() if spec.downloads]


@pytest.fixture
def store_of(hub: Hub, tmp_path: Path) -> Callable[..., ModelStore]:
    """A store that offers some specs from the hub of the tests."""

    def make(*offered: EncoderSpec, settings: Settings | None = None) -> ModelStore:
        folder = tmp_path / "models"
        chosen = settings or Settings(device="cpu")
        return ModelStore(folder, chosen, calibration=tmp_path / "calibration.json", hub=hub.url, offered=offered)

    return make


def serve(hub: Hub, spec: EncoderSpec, model: TinyModel) -> None:
    for remote in spec.downloads:
        source = model.weights if remote is spec.downloads[0] else model.weights.with_name(remote.file)
        hub.files[f"{remote.repository}/resolve/main/{remote.file}"] = source.read_bytes()


class TestWhatIsOffered:
    def test_listing_does_not_load_torch(self) -> None:
        program = (
            "import sys; from pathlib import Path; from core.models.registry import ModelStore;"
            "from core.settings import Settings;"
            "assert len(ModelStore(Path('none'), Settings()).infos('starter')) >= 8;"
            "assert not {'torch', 'open_clip', 'torchvision', 'timm', 'httpx'} & sys.modules.keys()"
        )
        subprocess.run([sys.executable, "-c", program], check=True)

    @pytest.mark.parametrize("spec", offered_encoders(), ids=lambda spec: spec.name)
    def test_each_states_size_languages_licence_and_speed(self, spec: EncoderSpec) -> None:
        assert all([spec.title, spec.description, spec.languages, spec.license, spec.speed])
        assert all("{}" in template for template in spec.templates)
        assert bool(spec.downloads) != bool(spec.local_weights)
        assert (spec.download_bytes > 100e6) == bool(spec.downloads)

    @pytest.mark.parametrize("spec", DOWNLOADS, ids=lambda spec: spec.name)
    def test_repository_and_preprocessing_are_those_of_open_clip(self, spec: EncoderSpec) -> None:
        weights = spec.downloads[0]
        published = [
            open_clip.get_pretrained_cfg(spec.architecture, tag)
            for tag in open_clip.list_pretrained_tags_by_model(spec.architecture)
        ]
        mine = next(config for config in published if config["hf_hub"].rstrip("/") == weights.repository)
        stated = {"mean": (0.48145466, 0.4578275, 0.40821073), "interpolation": "bicubic", "resize_mode": "shortest"}
        stated |= {key: tuple(value) if isinstance(value, list) else value for key, value in spec.preprocess.items()}
        assert {key: mine[key] for key in stated} == stated

    @pytest.mark.parametrize("spec", DOWNLOADS, ids=lambda spec: spec.name)
    def test_a_tokenizer_is_downloaded_where_the_model_needs_one(self, spec: EncoderSpec) -> None:
        text_config = open_clip.get_model_config(spec.architecture)["text_cfg"]
        assert len(spec.downloads) == (3 if "hf_tokenizer_name" in text_config else 1)

    def test_the_starter_lies_in_the_package_as_the_registry_describes_it(self) -> None:
        spec = OFFERED["starter"]
        assert spec.local_weights is not None
        assert sha256_of(spec.local_weights) == spec.sha256
        assert spec.local_weights.stat().st_size == spec.size_bytes

    def test_an_unknown_name_suggests_the_nearest(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError) as error:
            ModelStore(tmp_path, Settings()).spec("siglip2-b61")
        assert "siglip2-b" in error.value.remedy

    def test_infos_tell_what_is_installed_and_live(self, tmp_path: Path) -> None:
        infos = {info.name: info for info in ModelStore(tmp_path, Settings()).infos("starter")}
        assert infos["starter"].installed
        assert infos["starter"].live
        assert infos["starter"].size_bytes == 0
        assert not infos["clip-b32"].installed
        assert infos["clip-b32"].size_bytes > 600e6
        assert "hub states" in infos["clip-b32"].extra["checksum"]
        assert "registry" in infos["clip-b32-openai"].extra["checksum"]


class TestDownload:
    def test_a_downloaded_model_is_installed_and_loads(self, store_of: Any, hub: Hub, tiny: TinyModel) -> None:
        store = store_of(spec := tiny.offered("tiny"))
        serve(hub, spec, tiny)
        assert not store.is_installed("tiny")
        weights = store.download("tiny")
        assert weights.read_bytes() == tiny.weights.read_bytes()
        assert store.is_installed("tiny")
        encoder = store.load("tiny")
        assert encoder.dim == 16
        assert encoder.key.startswith(f"tiny:{tiny.sha256[:16]}:")

    def test_what_it_was_checked_against_is_told(self, store_of: Any, hub: Hub, tiny: TinyModel) -> None:
        store = store_of(spec := tiny.offered("tiny", with_hash=False))
        serve(hub, spec, tiny)
        store.download("tiny")
        assert "hub states" in store.infos(None)[0].extra["checksum"]
        assert store.infos(None)[0].extra["source"].startswith(hub.url)

    def test_progress_counts_all_files_together(self, store_of: Any, hub: Hub, tiny: TinyModel, tmp_path: Path) -> None:
        model = TinyModel(tiny.config, shutil.copy(tiny.weights, tmp_path / "w.safetensors"))
        store = store_of(spec := model.offered("tiny", tokenizer=write_hub_tokenizer(tmp_path)))
        serve(hub, spec, model)
        steps: list[tuple[int, int]] = []
        store.download("tiny", on_progress=lambda done, total: steps.append((done, total)))
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
        assert steps[-1][0] <= steps[-1][1]
        assert steps[-1][0] > tiny.size_bytes

    def test_a_cancelled_download_leaves_it_uninstalled_and_goes_on_later(
        self, store_of: Any, hub: Hub, tiny: TinyModel
    ) -> None:
        store = store_of(spec := tiny.offered("tiny"))
        serve(hub, spec, tiny)
        with pytest.raises(DownloadCancelledError):
            store.download("tiny", cancelled=lambda: True)
        assert not store.is_installed("tiny")
        store.download("tiny")
        assert store.is_installed("tiny")

    def test_an_installed_model_is_not_fetched_again(self, store_of: Any, hub: Hub, tiny: TinyModel) -> None:
        store = store_of(spec := tiny.offered("tiny"))
        serve(hub, spec, tiny)
        store.download("tiny")
        store.download("tiny")
        assert len(hub.requests) == 1

    def test_a_damaged_model_is_refused_and_mended_by_downloading_it_again(
        self, store_of: Any, hub: Hub, tiny: TinyModel
    ) -> None:
        store = store_of(spec := tiny.offered("tiny"))
        serve(hub, spec, tiny)
        weights = store.download("tiny")
        content = bytearray(weights.read_bytes())
        content[-100] ^= 0xFF
        weights.write_bytes(content)
        with pytest.raises(ModelError, match="checksum") as error:
            store.load("tiny")
        assert "recollect models download tiny" in error.value.remedy
        store.download("tiny")
        assert store.load("tiny").dim == 16

    def test_two_downloads_of_one_model_do_not_meet(self, store_of: Any, tiny: TinyModel, tmp_path: Path) -> None:
        store = store_of(tiny.offered("tiny"))
        (tmp_path / "models" / "tiny").mkdir(parents=True)
        with FileLock(tmp_path / "models" / "tiny" / "installing.lock"), pytest.raises(DownloadError, match="another"):
            store.download("tiny")

    def test_a_gated_model_points_at_the_import(self, store_of: Any, hub: Hub, tiny: TinyModel) -> None:
        store = store_of(spec := tiny.offered("tiny"))
        serve(hub, spec, tiny)
        hub.faults.append(Fault(status=401))
        with pytest.raises(DownloadError) as error:
            store.download("tiny")
        assert "import" in error.value.remedy

    def test_the_mirror_of_the_environment_is_used(
        self, hub: Hub, tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        spec = tiny.offered("tiny")
        serve(hub, spec, tiny)
        assert ModelStore(tmp_path, Settings(), offered=[spec]).download("tiny").is_file()

    def test_the_bundled_model_needs_no_download(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="already"):
            ModelStore(tmp_path, Settings()).download("starter")


class TestImport:
    def test_a_file_is_copied_and_loads(self, store_of: Any, tiny: TinyModel) -> None:
        store = store_of(tiny.offered("tiny"))
        copy = store.import_file("tiny", tiny.weights)
        assert copy.read_bytes() == tiny.weights.read_bytes()
        assert store.load("tiny").dim == 16

    def test_without_a_known_checksum_it_is_checked_for_damage(self, store_of: Any, tiny: TinyModel) -> None:
        store = store_of(tiny.offered("tiny", with_hash=False))
        store.import_file("tiny", tiny.weights)
        assert "imported" in store.infos(None)[0].extra["checksum"]

    def test_weights_of_another_model_are_refused(self, store_of: Any, tiny: TinyModel, other: TinyModel) -> None:
        store = store_of(tiny.offered("tiny"))
        with pytest.raises(ModelError, match="checksum differs"):
            store.import_file("tiny", other.weights)
        assert not store.is_installed("tiny")
        assert [path.name for path in (store._directory / "tiny").iterdir()] in ([], ["installing.lock"])

    @pytest.mark.parametrize("name", ["model.bin", "model.pt", "model.ckpt"])
    def test_pickles_are_refused_with_the_way_out(self, store_of: Any, tiny: TinyModel, name: str) -> None:
        store = store_of(tiny.offered("tiny"))
        with pytest.raises(ModelError, match="pickled") as error:
            store.import_file("tiny", Path(name))
        assert "safetensors" in error.value.remedy

    @pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 1000, b"\x02\0\0\0\0\0\0\0[]"])
    def test_what_is_not_safetensors_is_refused(
        self, store_of: Any, tiny: TinyModel, tmp_path: Path, content: bytes
    ) -> None:
        file = tmp_path / "model.safetensors"
        file.write_bytes(content)
        with pytest.raises(ModelError, match="not a valid safetensors"):
            store_of(tiny.offered("tiny")).import_file("tiny", file)

    def test_a_truncated_file_is_refused(self, store_of: Any, tiny: TinyModel, tmp_path: Path) -> None:
        file = tmp_path / "model.safetensors"
        file.write_bytes(tiny.weights.read_bytes()[:-1000])
        with pytest.raises(ModelError, match="damaged"):
            store_of(tiny.offered("tiny")).import_file("tiny", file)

    def test_a_file_that_is_not_there_is_named(self, store_of: Any, tiny: TinyModel, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"gone\.safetensors"):
            store_of(tiny.offered("tiny")).import_file("tiny", tmp_path / "gone.safetensors")

    def test_the_tokenizer_must_lie_beside_the_weights(self, store_of: Any, tiny: TinyModel, tmp_path: Path) -> None:
        file = Path(shutil.copy(tiny.weights, tmp_path / "model.safetensors"))
        store = store_of(tiny.offered("tiny", tokenizer=("tokenizer.json", "tokenizer_config.json")))
        with pytest.raises(ModelError, match=r"tokenizer\.json"):
            store.import_file("tiny", file)
        write_hub_tokenizer(tmp_path)
        store.import_file("tiny", file)
        assert store.is_installed("tiny")


class TestLoad:
    def test_a_missing_model_names_the_command(self, tmp_path: Path) -> None:
        with pytest.raises(ModelMissingError) as error:
            ModelStore(tmp_path, Settings()).load("clip-b32")
        assert "recollect models download clip-b32" in error.value.remedy

    def test_a_model_of_ones_own_by_settings(self, store_of: Any, tiny: TinyModel) -> None:
        own = Settings(encoders={"mine": CustomEncoder(architecture=str(tiny.config), weights=tiny.weights)})
        store = store_of(settings=own)
        assert store.load("mine").dim == 16
        assert store.infos("mine")[0].live

    def test_a_model_of_ones_own_may_have_its_own_vocabulary(self, store_of: Any, tmp_path: Path) -> None:
        model = make_tiny_model(tmp_path, "few-words", vit_config(dim=8, words=8514))
        vocabulary = OFFERED["starter"].local_tokenizer
        own = CustomEncoder(architecture=str(model.config), weights=model.weights, tokenizer=vocabulary)
        assert store_of(settings=Settings(encoders={"mine": own})).load("mine").dim == 8

    def test_a_model_that_recollect_made_says_what_it_is(self, tmp_path: Path) -> None:
        model = make_tiny_model(tmp_path, "made", vit_config(dim=16))
        said = {"description": "An adapted one.", "templates": ["{}", "a photo of {}"], "alpha": 0.4}
        plain = json.loads(model.config.read_text())

        def spec_with(card: object) -> EncoderSpec:
            model.config.write_text(json.dumps({"model_cfg": plain, "recollect": card}))
            own = CustomEncoder(architecture=str(model.config), weights=model.weights)
            return ModelStore(tmp_path / "models", Settings(encoders={"made": own})).spec("made")

        assert spec_with(said).description == "An adapted one."
        assert spec_with(said).templates == ("{}", "a photo of {}")
        for damaged in ({"templates": 3}, [1], None):
            assert spec_with(damaged).templates == ("{}",)
            assert spec_with(damaged).description.startswith("A model of your own")

    def test_a_multilingual_model_loads_with_the_tokenizer_it_was_downloaded_with(
        self, store_of: Any, hub: Hub, tmp_path: Path
    ) -> None:
        pytest.importorskip("tokenizers")
        text = {"hf_tokenizer_name": "tests/words", "tokenizer_kwargs": {"clean": "canonicalize"}}
        config = vit_config(dim=12, words=8, no_causal_mask=True, pool_type="last", **text) | {"custom_text": True}
        model = make_tiny_model(tmp_path, "words", config)
        store = store_of(spec := model.offered("words", tokenizer=write_hub_tokenizer(tmp_path)))
        serve(hub, spec, model)
        store.download("words")
        hub.files.clear()
        vectors = store.load("words").encode_texts(["a dog", "A dog!", "hund"])
        np.testing.assert_array_equal(vectors[0], vectors[1])
        assert not np.allclose(vectors[0], vectors[2])

    def test_a_vocabulary_that_is_too_large_for_the_model_is_refused(self, store_of: Any, tmp_path: Path) -> None:
        model = make_tiny_model(tmp_path, "few-words", vit_config(dim=8, words=8514))
        own = CustomEncoder(architecture=str(model.config), weights=model.weights)
        with pytest.raises(ModelError, match="words"):
            store_of(settings=Settings(encoders={"mine": own})).load("mine")

    def test_a_hub_config_with_its_preprocessing_is_understood(self, store_of: Any, tiny: TinyModel) -> None:
        plain = store_of(settings=_own(tiny.config, tiny.weights)).load("mine")
        hub_config = tiny.config.with_name("open_clip_config.json")
        preprocessing = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "resize_mode": "squash"}
        model_config = json.loads(tiny.config.read_text())
        hub_config.write_text(json.dumps({"model_cfg": model_config, "preprocess_cfg": preprocessing}))
        told = store_of(settings=_own(hub_config, tiny.weights)).load("mine")
        assert told.dim == 16
        assert told.key != plain.key

    def test_weights_of_another_architecture_are_refused_in_plain_words(
        self, store_of: Any, tiny: TinyModel, other: TinyModel
    ) -> None:
        with pytest.raises(ModelError, match="do not belong to the model tiny"):
            store_of(settings=_own(tiny.config, other.weights)).load("mine")

    def test_pickled_weights_of_ones_own_are_refused(self, store_of: Any, tiny: TinyModel, tmp_path: Path) -> None:
        pickled = tmp_path / "weights.pt"
        pickled.write_bytes(b"anything")
        with pytest.raises(ModelError, match="pickled"):
            store_of(settings=_own(tiny.config, pickled)).load("mine")

    @pytest.mark.parametrize("name", ["ViT-B-23", "hf-hub:someone/model", "local-dir:/somewhere"])
    def test_an_unknown_architecture_is_refused_without_the_network(
        self, store_of: Any, tiny: TinyModel, name: str
    ) -> None:
        with pytest.raises(ModelError, match="no model that is called"):
            store_of(settings=_own(Path(name), tiny.weights)).load("mine")

    @pytest.mark.parametrize("text", ["not json", "[]", '{"embed_dim": 8}'])
    def test_a_config_that_is_none_is_refused(self, store_of: Any, tiny: TinyModel, tmp_path: Path, text: str) -> None:
        config = tmp_path / "config.json"
        config.write_text(text)
        with pytest.raises(ModelError, match=r"config\.json"):
            store_of(settings=_own(config, tiny.weights)).load("mine")

    def test_a_text_tower_of_another_library_is_refused(self, store_of: Any, tiny: TinyModel) -> None:
        with pytest.raises(ModelError, match="another library"):
            store_of(settings=_own(Path("roberta-ViT-B-32"), tiny.weights)).load("mine")

    def test_weights_that_are_not_numbers_are_refused(self, store_of: Any, tiny: TinyModel, tmp_path: Path) -> None:
        from safetensors.torch import load_file, save_file

        tensors = load_file(tiny.weights)
        tensors["text_projection"][:] = float("nan")
        broken = tmp_path / "nan.safetensors"
        save_file(tensors, broken)
        with pytest.raises(ModelError, match="not finite"):
            store_of(settings=_own(tiny.config, broken)).load("mine")

    def test_a_device_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        import torch

        absent = "mps" if torch.cuda.is_available() else "cuda"
        with pytest.raises(ModelError, match=absent):
            ModelStore(tmp_path, Settings(device=absent)).load("starter")


def _own(architecture: Path, weights: Path) -> Settings:
    return Settings(encoders={"mine": CustomEncoder(architecture=str(architecture), weights=weights)}, device="cpu")
