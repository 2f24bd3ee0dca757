"""The network that a configuration begins with: new, pretrained, or taken from an earlier run."""

from __future__ import annotations

from pathlib import Path

import torch

from core.errors import TrainingError
from core.models.taggers.backbones import new_backbone, usual_preprocessing
from core.models.taggers.config import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    CheckpointConfig,
    DropoutConfig,
    HeadConfig,
    TrainedConfig,
)
from core.models.taggers.network import TaggerNetwork
from trainer.config import TrainConfig
from trainer.data.examples import Dataset
from trainer.finetune.distillation import load_networks


def new_network(
    config: TrainConfig, dataset: Dataset, run: str, models: Path
) -> tuple[TaggerNetwork, CheckpointConfig]:
    """Network and what its checkpoint will say. Random weights come from torch's generator.

    Args:
        models: The directory of pretrained weights.

    Raises:
        ModelError: there is no such backbone, or its weights are not installed.
        TrainingError: `weights` names no run, or one of several networks.
    """
    heads = {head: HeadConfig(labels=labels) for head, labels in dataset.heads.items()}
    dropout = DropoutConfig(features=config.feature_dropout, heads=config.head_dropout)
    trained = TrainedConfig(recipe=config.recipe, run=run or None, data_hash=dataset.hash, seed=config.seed)
    if config.weights not in ("scratch", "pretrained"):
        earlier, before = _earlier(config)
        checkpoint = before.model_copy(
            update={"name": config.recipe, "heads": heads, "dropout": dropout, "metrics": {}, "trained": trained}
        )
        network = TaggerNetwork(checkpoint, earlier.backbone)
        _take_heads(network, earlier)
        return network, checkpoint
    pretrained = config.weights == "pretrained"
    edge_px = config.image_px
    tower, backbone = new_backbone(
        config.backbone, pretrained=pretrained, image_px=edge_px, grey=config.grey, models=models
    )
    preprocessing = usual_preprocessing(config.backbone, pretrained=pretrained, image_px=edge_px, models=models)
    preprocessing = preprocessing.model_copy(update={"grey": config.grey})
    if config.normalisation == "imagenet":
        preprocessing = preprocessing.model_copy(update={"mean": IMAGENET_MEAN, "std": IMAGENET_STD})
    checkpoint = CheckpointConfig(
        name=config.recipe,
        backbone=backbone,
        heads=heads,
        preprocessing=preprocessing,
        dropout=dropout,
        trained=trained,
    )
    return TaggerNetwork(checkpoint, tower), checkpoint


def _earlier(config: TrainConfig) -> tuple[TaggerNetwork, CheckpointConfig]:
    directory = Path(config.weights).expanduser()
    networks = load_networks(directory)
    if len(networks) > 1:
        raise TrainingError(
            f"{directory} is an ensemble, and only one network can be trained on.",
            remedy="Choose one of its members.",
            path=directory,
        )
    network, before = networks[0]
    height = before.preprocessing.height_px if before.preprocessing is not None else 0
    if height != config.image_px:
        raise TrainingError(
            f"The network in {directory} takes pictures of {height} px, and the recipe asks for {config.image_px} px.",
            remedy=f"Add `--set image_px={height}`.",
            path=directory,
        )
    grey = before.preprocessing is not None and before.preprocessing.grey
    if grey != config.grey:
        seen, asked = ("grey", "in colour") if grey else ("in colour", "grey")
        raise TrainingError(
            f"The network in {directory} sees photos {seen}, and the recipe asks for them {asked}.",
            remedy=f"Add `--set grey={str(grey).lower()}`.",
            path=directory,
        )
    return network, before


@torch.no_grad()
def _take_heads(network: TaggerNetwork, earlier: TaggerNetwork) -> None:
    """What the earlier network knew of labels that both have."""
    for name, labels in network.config.labels.items():
        known = earlier.config.labels.get(name, ())
        own, old = network.heads[name].state_dict(keep_vars=True), None
        for row, label in enumerate(labels):
            if label not in known:
                continue
            old = old or earlier.heads[name].state_dict(keep_vars=True)
            for key, values in own.items():
                values[row] = old[key][known.index(label)]
