"""Backbones come in as encoders do: from a hub with progress and hash, or from a file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.errors import DownloadCancelledError, DownloadError, ModelError
from core.models.registry import ModelStore
from core.models.spec import RemoteFile
from core.models.taggers import offered
from core.models.taggers.backbones import new_backbone, usual_preprocessing
from core.models.taggers.offered import BackboneSpec, backbone_spec, offered_backbones
from core.models.taggers.store import BackboneStore
from core.settings import CustomEncoder, Settings
from tests.core.models.hub import Fault, Hub
from tests.core.taggers.tiny_backbones import make_hub_model

REPOSITORY = "tests/tiny-vit.v1"


@pytest.fixture
def store(tmp_path: Path, hub: Hub) -> ModelStore:
    return ModelStore(tmp_path / "models", Settings(device="cpu"), hub=hub.url)


@pytest.fixture
def published(tiny_vit: Path, hub: Hub) -> Path:
    """A repository `tests/tiny-vit.v1` on the hub of the tests."""
    for path in tiny_vit.iterdir():
        hub.files[f"{REPOSITORY}/resolve/main/{path.name}"] = path.read_bytes()
    return tiny_vit


@pytest.fixture
def as_registered(published: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> BackboneSpec:
    """The same model as the registry would offer it: architecture and hash known, size in round numbers."""
    weights = (published / "model.safetensors").read_bytes()
    spec = BackboneSpec(
        name="tiny",
        title="Tiny",
        description="For tests.",
        license="MIT",
        license_url=None,
        downloads=(
            RemoteFile(
                repository=REPOSITORY,
                revision="main",
                file="model.safetensors",
                size_bytes=round(len(weights), -3),
                sha256=hashlib.sha256(weights).hexdigest(),
                size_is_exact=False,
            ),
        ),
        architecture=json.loads((published / "config.json").read_text()),
    )
    everything = (*offered_backbones(), spec)
    monkeypatch.setattr(offered, "offered_backbones", lambda: everything)
    monkeypatch.setattr("core.models.taggers.store.offered_backbones", lambda: everything)
    return spec


class TestWhatIsOffered:
    @pytest.mark.parametrize("spec", offered_backbones(), ids=lambda spec: spec.name)
    def test_each_states_size_and_licence_and_is_a_whole_config(self, spec: BackboneSpec) -> None:
        assert all([spec.title, spec.description, spec.license, spec.license_url])
        assert 1e6 < spec.download_bytes < 50e6
        assert spec.architecture is not None
        assert spec.downloads[0].file.endswith(".safetensors")

    def test_the_store_of_models_tells_them_apart(self, store: ModelStore) -> None:
        assert [info.name for info in store.backbones.infos()] == ["deit-tiny", "mobilevit-xxs"]
        assert not {"deit-tiny", "mobilevit-xxs"} & {info.name for info in store.infos("starter")}
        assert store.info("deit-tiny", "starter").extra["purpose"] == "training"
        assert not store.is_installed("deit-tiny")
        with pytest.raises(ModelError, match="answers no queries"):
            store.load("deit-tiny")

    def test_a_slip_of_the_pen_is_answered_with_the_nearest(self, store: ModelStore) -> None:
        with pytest.raises(ModelError) as error:
            store.download("mobilevit-xs")
        assert "mobilevit-xxs" in error.value.remedy

    def test_an_encoder_of_the_users_own_keeps_its_name(self, tmp_path: Path) -> None:
        own = CustomEncoder(architecture="ViT-B-32", weights=Path("mine.safetensors"))
        store = ModelStore(tmp_path, Settings(encoders={"deit-tiny": own}))
        assert store.info("deit-tiny", None).extra["architecture"] == "ViT-B-32"

    @pytest.mark.parametrize("name", ["../etc", "a/../b", "a/b/c", "/a/b", "a--b/c", "a/b--c", "a/", "a b/c", ".a/b"])
    def test_names_that_lead_elsewhere_are_none(self, name: str) -> None:
        with pytest.raises(ModelError):
            backbone_spec(name)


class TestDownload:
    def test_any_repository_of_the_hub(self, store: ModelStore, published: Path, tmp_path: Path) -> None:
        steps: list[tuple[int, int]] = []
        weights = store.download(REPOSITORY, on_progress=lambda done, total: steps.append((done, total)))
        assert weights.read_bytes() == (published / "model.safetensors").read_bytes()
        assert weights.parent.name == "tests--tiny-vit.v1"
        assert steps[-1][0] == steps[-1][1] > 0
        assert store.is_installed(REPOSITORY)
        assert [info.name for info in store.backbones.infos()][-1] == REPOSITORY
        tower, _ = new_backbone(REPOSITORY, pretrained=True, image_px=32, models=tmp_path / "models")
        expected = load_file(published / "model.safetensors")["vit.layernorm.weight"]
        assert torch.equal(tower.portable_state()["layernorm.weight"], expected)

    def test_its_preprocessing_comes_along_where_it_has_one(self, store: ModelStore, hub: Hub, tmp_path: Path) -> None:
        make_hub_model(tmp_path / "hub", "mobilevit", preprocess={"do_flip_channel_order": True})
        for path in (tmp_path / "hub").iterdir():
            hub.files[f"tests/mv/resolve/main/{path.name}"] = path.read_bytes()
        store.download("tests/mv")
        models = tmp_path / "models"
        assert usual_preprocessing("tests/mv", pretrained=True, image_px=32, models=models).flip_channels

    def test_one_of_the_registry_is_checked_against_its_hash(
        self, store: ModelStore, hub: Hub, as_registered: BackboneSpec, tmp_path: Path
    ) -> None:
        weights = store.download("tiny")
        origin = json.loads((weights.parent / "origin.json").read_text())
        assert origin["model.safetensors"]["checked"] == "registry"
        tower, _ = new_backbone("tiny", pretrained=True, image_px=32, models=tmp_path / "models")
        assert tower.dim == 16
        hub.files[f"{REPOSITORY}/resolve/main/model.safetensors"] = b"other"
        weights.unlink()
        with pytest.raises(DownloadError):
            store.download("tiny")
        assert not store.is_installed("tiny")

    def test_a_broken_connection_is_taken_up_where_it_broke(self, store: ModelStore, hub: Hub, published: Path) -> None:
        size = (published / "model.safetensors").stat().st_size
        hub.faults.append(Fault(break_after=size // 2))
        weights = store.download(REPOSITORY)
        assert weights.stat().st_size == size
        assert hub.requests[1]["Range"] == f"bytes={size // 2}-"

    def test_a_cancelled_one_goes_on_later(self, store: ModelStore, published: Path) -> None:
        with pytest.raises(DownloadCancelledError):
            store.download(REPOSITORY, cancelled=lambda: True)
        assert not store.is_installed(REPOSITORY)
        store.download(REPOSITORY)
        assert store.is_installed(REPOSITORY)

    def test_a_repository_without_safetensors_is_refused(self, store: ModelStore, hub: Hub, published: Path) -> None:
        del hub.files[f"{REPOSITORY}/resolve/main/model.safetensors"]
        hub.files[f"{REPOSITORY}/resolve/main/pytorch_model.bin"] = b"pickle"
        with pytest.raises(DownloadError) as error:
            store.download(REPOSITORY)
        assert error.value.remedy
        assert not store.is_installed(REPOSITORY)

    def test_weights_that_were_changed_on_the_disk_are_not_loaded(
        self, store: ModelStore, published: Path, tmp_path: Path
    ) -> None:
        weights = store.download(REPOSITORY)
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
        with pytest.raises(ModelError, match="checksum"):
            new_backbone(REPOSITORY, pretrained=True, image_px=32, models=tmp_path / "models")


class TestImport:
    def test_weights_from_a_file(
        self, store: ModelStore, as_registered: BackboneSpec, published: Path, tmp_path: Path
    ) -> None:
        store.import_file("tiny", published / "model.safetensors")
        tower, _ = new_backbone("tiny", pretrained=True, image_px=32, models=tmp_path / "models")
        assert tower.dim == 16

    def test_a_repository_needs_its_config_beside_the_weights(
        self, store: ModelStore, published: Path, tmp_path: Path
    ) -> None:
        store.import_file(REPOSITORY, published / "model.safetensors")
        assert store.is_installed(REPOSITORY)
        (published / "config.json").unlink()
        with pytest.raises(ModelError, match=r"config\.json"):
            store.import_file("tests/other", published / "model.safetensors")

    def test_pickles_and_other_files_are_refused(self, store: ModelStore, tmp_path: Path) -> None:
        for name in ("pytorch_model.bin", "model.safetensors"):
            (tmp_path / name).write_bytes(b"\x80\x04N.")
            with pytest.raises(ModelError):
                store.import_file("deit-tiny", tmp_path / name)
        assert not store.is_installed("deit-tiny")

    def test_the_starter_needs_none(self, tmp_path: Path, published: Path) -> None:
        with pytest.raises(ModelError, match="comes with Recollect"):
            BackboneStore(tmp_path).import_file("starter", published / "model.safetensors")


def test_other_weights_under_the_name_of_a_backbone_are_refused_when_it_is_built(
    store: ModelStore, tiny_vit: Path, tmp_path: Path
) -> None:
    store.import_file("deit-tiny", tiny_vit / "model.safetensors")
    with pytest.raises(ModelError, match="weights are not those"):
        new_backbone("deit-tiny", pretrained=True, image_px=224, models=tmp_path / "models")


def test_damage_is_told_as_an_error_of_the_model(store: ModelStore, published: Path, tmp_path: Path) -> None:
    folder: Any = store.download(REPOSITORY).parent
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"config\.json cannot be read"):
        new_backbone(REPOSITORY, pretrained=True, image_px=32, models=tmp_path / "models")
