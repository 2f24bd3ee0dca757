"""Backbones: built offline, and filled from files of the hub's own format, key by key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import ModelError, ModelMissingError
from core.models.spec import offered_encoders
from core.models.taggers.backbones import new_backbone, usual_preprocessing
from core.models.taggers.config import StarterBackbone, TransformersBackbone
from core.models.taggers.offered import offered_backbones
from core.models.taggers.towers import build_tower, clean_architecture
from core.models.taggers.transformers_api import AutoConfig, transformers
from tests.core.models.tiny_models import random_model
from tests.core.taggers.tiny_backbones import FAMILIES, make_hub_model

HEADS = ("classifier.", "cls_classifier.", "distillation_classifier.")


class TestArchitectures:
    @pytest.mark.parametrize(
        ("name", "family", "parameters", "dim"),
        # As the papers count them, with a classifier for the 1,000 classes of ImageNet.
        [("deit-tiny", "ViT", 5_717_416, 192), ("mobilevit-xxs", "MobileViT", 1_272_024, 320)],
    )
    def test_those_offered_are_the_published_ones(self, name: str, family: str, parameters: int, dim: int) -> None:
        spec = next(spec for spec in offered_backbones() if spec.name == name)
        assert spec.architecture is not None
        architecture = clean_architecture(spec.architecture)
        config = AutoConfig.for_model(architecture.pop("model_type"), **architecture, num_labels=1000)
        with torch.device("meta"):
            model = getattr(transformers, f"{family}ForImageClassification")(config)
        assert sum(parameter.numel() for parameter in model.parameters()) == parameters
        tower, _ = new_backbone(name, pretrained=False, image_px=64)
        assert tower(torch.zeros(2, 3, 64, 64)).shape == (2, dim)

    def test_random_weights_come_from_torchs_generator(self, tiny_vit: Path) -> None:
        states = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            tower, _ = new_backbone(str(tiny_vit), pretrained=False, image_px=16)
            states.append(torch.cat([parameter.flatten() for parameter in tower.parameters()]))
        assert torch.equal(states[0], states[1])
        assert not torch.equal(states[0], states[2])

    @pytest.mark.parametrize("family", FAMILIES)
    def test_groups_of_layers_hold_each_parameter_once_from_input_to_output(self, tmp_path: Path, family: str) -> None:
        make_hub_model(tmp_path, family)
        tower, _ = new_backbone(str(tmp_path), pretrained=False, image_px=32)
        groups = tower.layer_groups()
        grouped = [id(parameter) for group in groups for parameter in group]
        assert sorted(grouped) == sorted(id(parameter) for parameter in tower.parameters())
        assert len(groups) == (3 if family != "mobilevit" else 9)
        first, last = next(tower.parameters()), list(tower.parameters())[-1]
        assert any(first is parameter for parameter in groups[0])
        assert any(last is parameter for parameter in groups[-1])

    def test_of_the_starter_too(self) -> None:
        tower, _ = new_backbone("starter", pretrained=False, image_px=32)
        groups = tower.layer_groups()
        assert len(groups) == 9  # the stem and eight blocks
        grouped = [id(parameter) for group in groups for parameter in group]
        assert sorted(grouped) == sorted(id(parameter) for parameter in tower.parameters())


class TestHubFormat:
    @pytest.mark.parametrize("kind", ["ForImageClassification", "Model"])
    @pytest.mark.parametrize("family", FAMILIES)
    def test_every_tensor_of_the_backbone_is_taken_key_by_key(self, tmp_path: Path, family: str, kind: str) -> None:
        published = make_hub_model(tmp_path, family, kind=kind)
        prefix = FAMILIES[family][2]
        in_file = {
            key.removeprefix(prefix): tensor
            for key, tensor in load_file(tmp_path / "model.safetensors").items()
            if not key.startswith((*HEADS, "pooler."))
        }
        tower, config = new_backbone(str(tmp_path), pretrained=True, image_px=32)
        taken = tower.portable_state()
        assert taken.keys() == in_file.keys()
        assert all(torch.equal(taken[key], in_file[key]) for key in in_file)
        assert isinstance(config, TransformersBackbone)
        pixels = torch.randn(2, 3, 32, 32)
        base = getattr(published, prefix[:-1], published)
        with torch.inference_mode():
            output = base(pixels)
            expected = output.pooler_output if family == "mobilevit" else output.last_hidden_state[:, 0]
            assert torch.allclose(tower(pixels), expected, atol=1e-5)

    def test_the_distilled_kind_has_two_classifiers_more(self, tmp_path: Path) -> None:
        make_hub_model(tmp_path, "deit", kind="ForImageClassificationWithTeacher")
        tower, _ = new_backbone(str(tmp_path), pretrained=True, image_px=32)
        assert tower.dim == 16

    def test_a_tensor_that_is_missing_is_named(self, tiny_vit: Path) -> None:
        tensors = load_file(tiny_vit / "model.safetensors")
        del tensors["vit.layernorm.weight"]
        save_file(tensors, tiny_vit / "model.safetensors", {"format": "pt"})
        with pytest.raises(ModelError, match=r"layernorm\.weight"):
            new_backbone(str(tiny_vit), pretrained=True, image_px=32)

    def test_a_tensor_that_belongs_nowhere_is_named(self, tiny_vit: Path) -> None:
        tensors = load_file(tiny_vit / "model.safetensors")
        tensors["vit.encoder.layer.9.output.dense.bias"] = torch.zeros(16)
        save_file(tensors, tiny_vit / "model.safetensors", {"format": "pt"})
        with pytest.raises(ModelError, match=r"9\.\S*bias"):
            new_backbone(str(tiny_vit), pretrained=True, image_px=32)

    def test_a_tensor_of_another_shape_is_refused(self, tiny_vit: Path) -> None:
        tensors = load_file(tiny_vit / "model.safetensors")
        tensors["vit.layernorm.weight"] = torch.zeros(17)
        save_file(tensors, tiny_vit / "model.safetensors", {"format": "pt"})
        with pytest.raises(ModelError):
            new_backbone(str(tiny_vit), pretrained=True, image_px=32)

    @pytest.mark.parametrize("family", ["vit", "deit"])
    def test_positions_are_interpolated_as_the_network_itself_does(self, tmp_path: Path, family: str) -> None:
        published = make_hub_model(tmp_path, family)
        tower, config = new_backbone(str(tmp_path), pretrained=True, image_px=48)
        assert config.architecture["image_size"] == 48
        pixels = torch.randn(2, 3, 48, 48)
        with torch.inference_mode():
            base = getattr(published, FAMILIES[family][2][:-1])
            expected = base(pixels, interpolate_pos_encoding=True).last_hidden_state[:, 0]
            assert torch.allclose(tower(pixels), expected, atol=1e-5)

    def test_a_convolutional_one_takes_its_weights_to_any_size(self, tmp_path: Path) -> None:
        published = make_hub_model(tmp_path, "mobilevit")
        tower, _ = new_backbone(str(tmp_path), pretrained=True, image_px=64)
        pixels = torch.randn(1, 3, 64, 64)
        with torch.inference_mode():
            assert torch.allclose(tower(pixels), published.mobilevit(pixels).pooler_output, atol=1e-5)

    def test_another_family_that_transformers_knows_works_too(self, tmp_path: Path) -> None:
        config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
        transformers.ResNetForImageClassification(config).save_pretrained(tmp_path)
        tower, _ = new_backbone(str(tmp_path), pretrained=True, image_px=32)
        assert tower(torch.zeros(3, 3, 32, 32)).shape == (3, 16)


class TestRefused:
    def test_pickled_weights(self, tiny_vit: Path) -> None:
        (tiny_vit / "model.safetensors").rename(tiny_vit / "pytorch_model.bin")
        with pytest.raises(ModelError, match="pickled") as error:
            new_backbone(str(tiny_vit), pretrained=True, image_px=32)
        assert "safetensors" in error.value.remedy

    def test_damaged_weights(self, tiny_vit: Path) -> None:
        weights = tiny_vit / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        with pytest.raises(ModelError, match="damaged"):
            new_backbone(str(tiny_vit), pretrained=True, image_px=32)

    def test_a_directory_without_weights_or_config(self, tiny_vit: Path) -> None:
        (tiny_vit / "model.safetensors").unlink()
        with pytest.raises(ModelMissingError, match=r"no model\.safetensors"):
            new_backbone(str(tiny_vit), pretrained=True, image_px=32)
        (tiny_vit / "config.json").unlink()
        with pytest.raises(ModelMissingError, match=r"no config\.json"):
            new_backbone(str(tiny_vit), pretrained=False, image_px=32)

    @pytest.mark.parametrize(
        "config",
        [
            "{",
            "[]",
            '{"model_type": "no-such-network"}',
            '{"model_type": "bert", "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}',
            '{"model_type": "vit", "hidden_size": "wide"}',
            '{"model_type": "vit", "hidden_size": -1, "num_attention_heads": 1, "num_hidden_layers": 1}',
            '{"model_type": "mobilevit", "use_pretrained_backbone": true}',
        ],
    )
    def test_configs_that_are_none(self, tmp_path: Path, config: str) -> None:
        (tmp_path / "config.json").write_text(config)
        with pytest.raises(ModelError) as error:
            new_backbone(str(tmp_path), pretrained=False, image_px=32)
        assert error.value.remedy

    def test_code_that_comes_with_a_config_is_never_run(self, tiny_vit: Path, tmp_path: Path) -> None:
        config = json.loads((tiny_vit / "config.json").read_text())
        config["auto_map"] = {"AutoModel": "evil.Model", "AutoConfig": "evil.Config"}
        (tiny_vit / "config.json").write_text(json.dumps(config))
        (tiny_vit / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
        tower, backbone = new_backbone(str(tiny_vit), pretrained=True, image_px=32)
        assert type(tower.model).__name__ == "ViTModel"
        assert "auto_map" not in backbone.architecture
        assert not (tmp_path / "ran").exists()

    def test_a_name_that_nobody_has(self) -> None:
        with pytest.raises(ModelError) as error:
            new_backbone("deit-tyni", pretrained=False, image_px=32)
        assert "deit-tiny" in error.value.remedy

    def test_weights_that_are_not_installed(self, tmp_path: Path) -> None:
        with pytest.raises(ModelMissingError) as error:
            new_backbone("deit-tiny", pretrained=True, image_px=32, models=tmp_path)
        assert "recollect models download deit-tiny" in error.value.remedy

    @pytest.mark.parametrize("image_px", [4, 7])
    def test_pictures_smaller_than_a_patch(self, tiny_vit: Path, image_px: int) -> None:
        with pytest.raises(ModelError):
            new_backbone(str(tiny_vit), pretrained=False, image_px=image_px)

    def test_an_image_tower_that_would_come_from_the_network(self) -> None:
        tower = StarterBackbone(architecture={"embed_dim": 8, "vision_cfg": {"timm_model_name": "hf-hub:a/b"}})
        with pytest.raises(ModelError):
            build_tower(tower)


class TestStarter:
    def test_its_features_are_what_the_encoder_projects(self) -> None:
        spec = next(spec for spec in offered_encoders() if spec.name == "starter")
        assert spec.local_weights is not None
        encoder = random_model(Path(spec.architecture))
        encoder.load_state_dict(load_file(spec.local_weights))
        tower, config = new_backbone("starter", pretrained=True, image_px=96)
        pixels = torch.randn(2, 3, 96, 96)
        with torch.inference_mode():
            features = tower(pixels)
            assert torch.allclose(encoder.visual.head(features), encoder.visual(pixels), atol=1e-4)
        assert isinstance(config, StarterBackbone)
        assert features.shape == (2, 512)

    def test_it_can_begin_at_random_and_at_another_size(self) -> None:
        tower, _ = new_backbone("starter", pretrained=False, image_px=64)
        trained, _ = new_backbone("starter", pretrained=True, image_px=64)
        assert not torch.equal(next(tower.parameters()), next(trained.parameters()))


class TestUsualPreprocessing:
    def test_mobilevit_wants_its_channels_flipped_and_not_normalised(self, tmp_path: Path) -> None:
        found = usual_preprocessing("mobilevit-xxs", pretrained=True, image_px=224, models=tmp_path)
        assert (found.flip_channels, found.mean, found.std) == (True, (0, 0, 0), (1, 1, 1))
        assert (found.resize, found.shorter_edge_px, found.interpolation) == ("crop", 252, "bilinear")

    def test_deit_wants_imagenets(self, tmp_path: Path) -> None:
        found = usual_preprocessing("deit-tiny", pretrained=True, image_px=224, models=tmp_path)
        assert (found.flip_channels, found.mean) == (False, (0.485, 0.456, 0.406))
        assert (found.resize, found.shorter_edge_px, found.interpolation) == ("crop", 256, "bicubic")

    @pytest.mark.parametrize(
        "stated",
        [
            {"size": 36, "crop_size": 32, "do_center_crop": True, "do_flip_channels": True, "resample": 2},
            {
                "size": {"shortest_edge": 36},
                "crop_size": {"height": 32, "width": 32},
                "do_center_crop": True,
                "do_flip_channel_order": True,
                "resample": 2,
            },
        ],
    )
    def test_what_a_hub_wrote_of_old_and_writes_now(self, tmp_path: Path, stated: dict[str, object]) -> None:
        make_hub_model(tmp_path, "mobilevit", preprocess=stated)
        found = usual_preprocessing(str(tmp_path), pretrained=True, image_px=64)
        assert (found.height_px, found.shorter_edge_px, found.flip_channels) == (64, 72, True)
        assert (found.mean, found.std) == ((0, 0, 0), (1, 1, 1))

    def test_random_weights_take_what_is_usual(self) -> None:
        found = usual_preprocessing("mobilevit-xxs", pretrained=False, image_px=96)
        assert (found.flip_channels, found.mean[0], found.resize) == (False, 0.485, "squash")
