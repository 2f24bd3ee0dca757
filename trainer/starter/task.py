"""The starter as a task of the loop: see `trainer.finetune.task.Task`. What the stages learn stands in `Curriculum`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from trainer.finetune.optimizer import decay_groups
from trainer.starter.batches import PhotoBatch, PhotoBatches, TextBatch, TextBatches
from trainer.starter.concepts import Concepts, Targets, Texts
from trainer.starter.config import LossWeights, StarterConfig
from trainer.starter.losses import agreement, choice, contrast, distance
from trainer.starter.network import StarterNetwork
from trainer.starter.questions import Question, all_names, asked, drawn_captions
from trainer.starter.validation import Examination, search_score

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch.optim import Optimizer

    from trainer.finetune.checkpoint import Position
    from trainer.finetune.task import Autocast, Metrics

StarterBatch = PhotoBatch | TextBatch

_LOOK_BATCH = 128  # photos at once where nothing is learned
_PLACE_BATCH = 2048  # photos of which only the features are there
_NEAR_PHOTOS = 1024  # that the texts of a step are compared with
_AFFINITY_SCALE = 20.0  # of their cosines: softer than captions tell photos apart, so that more than a few count
_READ_BATCH = 1024  # texts


@dataclass(frozen=True)
class Curriculum:
    """All that the stages learn from, on the device of the network."""

    photos: PhotoBatches
    concepts: Concepts
    targets: Targets
    texts: Texts
    sentences: Tensor  # (T, 384) float16: the sentence teacher, of `texts.all`
    text_tokens: Tensor  # (T, context) int64: the same texts for the text tower
    reading: TextBatches
    read_sentences: Tensor  # (R, 384) float16: the sentence teacher, of the texts for the text tower
    device: torch.device


@dataclass(frozen=True)
class Exam:
    """Photos that nothing is learned from, and what is asked of them."""

    examination: Examination
    pixels: Tensor  # (V, 3, H, W)
    features: Tensor  # (V, 1280) that the image teacher sees in the whole photos
    sentences: Mapping[str, NDArray[np.float16]]  # the sentence teacher, by text
    tokens: Callable[[list[str]], Tensor]


@dataclass
class Fixed:
    """What does not change within a phase, worked out at its beginning, anew for each."""

    stage: str = ""
    learned: set[str] = field(default_factory=set[str])  # stages, this one included
    texts: Tensor | None = None  # (T, D): `Curriculum.texts` in the joint space, by the text tower if that is learned
    read: Tensor | None = None  # (R, D): where the texts for the text tower lie
    near: Tensor | None = None  # (N, D): the names that photos are compared with, or the photos that texts are
    images: NDArray[np.float32] | None = None  # (V, D): the exam's photos, where they do not change

    def begin(
        self, stage: str, learned: set[str], texts: Tensor | None, read: Tensor | None, near: Tensor | None
    ) -> None:
        self.stage, self.learned = stage, learned
        self.texts, self.read, self.near, self.images = texts, read, near, None


@dataclass(frozen=True)
class StarterTask:
    """Phases are stages that build on each other: any epoch of a later one is better than all before."""

    config: StarterConfig
    network: StarterNetwork
    curriculum: Curriculum
    exam: Exam
    ship: Callable[[StarterNetwork, Metrics], Path]
    fixed: Fixed = field(default_factory=Fixed)

    @property
    def validation_examples(self) -> int:
        return len(self.exam.pixels)

    @property
    def cost_key(self) -> str:
        return f"starter; {self.config.towers.model_dump_json()}; {self.config.augmentation.model_dump_json()}"

    def steps_per_epoch(self, phase: int) -> int:
        one = self.config.phases[phase]
        source = self.curriculum.reading if one.trains == "text" else self.curriculum.photos
        return source.steps(one.batch_size)

    def batch_size(self, phase: int) -> int:
        return self.config.phases[phase].batch_size

    def begin_phase(self, phase: int) -> None:
        stage = self.config.phases[phase].trains
        self.network.begin(stage)
        given = self.curriculum
        learned = {each.trains for each in self.config.phases[: phase + 1] if each.epochs}
        if self.config.begins_with is not None:
            learned |= {"space", "text"}
        texts = read = near = None
        if stage == "image":
            texts = self._read(given.text_tokens) if "text" in learned else self._in_space(given.sentences)
            near = texts[torch.from_numpy(all_names(given.texts)).to(given.device)]
        if stage == "text":
            read, near = self._in_space(given.read_sentences), self._places(given.photos)
        self.fixed.begin(stage, learned, texts, read, near)

    def new_optimizer(self, phase: int) -> Optimizer:
        learning = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        one = self.config.phases[phase]
        return torch.optim.AdamW(decay_groups(learning, one.lr, one.trains, self.config), lr=one.lr, fused=True)

    def batches(self, phase: int, epoch: int, first_step: int = 0) -> Generator[StarterBatch]:
        one, given = self.config.phases[phase], self.curriculum
        if one.trains == "text":
            made: Generator[StarterBatch] = given.reading.epoch(epoch, one.batch_size, first_step)
        else:
            edge_px = one.image_px or self.config.towers.image_px
            made = given.photos.epoch(epoch, one.batch_size, first_step, edge_px if one.trains == "image" else None)
        for batch in made:
            yield _moved(batch, given.device)

    def loss(self, model: Callable[..., Any], batch: StarterBatch) -> tuple[Tensor, dict[str, Tensor]]:
        parts = self._reading_loss(model, batch) if isinstance(batch, TextBatch) else self._photo_loss(model, batch)
        total = torch.stack([*parts.values()]).sum()
        return total, {name: part.detach() for name, part in parts.items()}

    def _reading_loss(self, model: Callable[..., Any], batch: TextBatch) -> dict[str, Tensor]:
        network, fixed, weights = self.network, self.fixed, self.config.text_loss
        assert fixed.read is not None
        assert fixed.near is not None
        (read,) = model("text", batch.tokens)
        wanted = fixed.read[batch.rows]
        with torch.autocast(read.device.type, enabled=False):
            read = read.float()
            near = fixed.near[torch.randint(len(fixed.near), (_NEAR_PHOTOS,)).to(read.device)]
            affinities = agreement(_AFFINITY_SCALE * read @ near.T, _AFFINITY_SCALE * wanted @ near.T, temperature=1.0)
            return {
                "distance": weights.distance * distance(read, wanted),
                "contrast": weights.contrast * contrast(read, wanted, network.scale("texts")),
                "affinities": weights.affinities * affinities,
            }

    def _photo_loss(self, model: Callable[..., Any], batch: PhotoBatch) -> dict[str, Tensor]:
        network, given = self.network, self.curriculum
        questions = list(asked(batch.rows, given.texts, given.targets, given.concepts.overlap, given.device))
        features = network.photo_map.standardised(batch.features)
        if batch.pixels is None:
            sentences = given.sentences[self._rows(questions)].float()
            vectors, texts = model("space", features, sentences)
            with torch.autocast(vectors.device.type, enabled=False):
                return self._joint_loss(vectors.float(), texts.float(), questions, batch, self.config.space_loss)
        assert self.fixed.texts is not None
        assert self.fixed.near is not None
        vectors, guessed_features, guessed_logits = model("image", batch.pixels)
        texts, weights = self.fixed.texts[self._rows(questions)], self.config.image_loss
        with torch.autocast(vectors.device.type, enabled=False):
            vectors, wanted = vectors.float(), network.photo_map(features)
            near = torch.cat([self.fixed.texts[drawn_captions(given.texts).to(given.device)], self.fixed.near])
            scale = network.scale("captions").detach()
            parts = {
                "features": distance(guessed_features.float(), features),
                "logits": agreement(guessed_logits.float(), batch.logits, self.config.temperature),
                "embeddings": distance(vectors, wanted),
                "affinities": agreement(scale * vectors @ near.T, scale * wanted @ near.T, temperature=1.0),
            }
            learned = {name: getattr(weights, name) * part for name, part in parts.items() if getattr(weights, name)}
            return learned | self._joint_loss(vectors, texts, questions, batch, weights)

    def _rows(self, questions: Sequence[Question]) -> Tensor:
        """Of `Texts.all`, those of all questions, one after the other."""
        return torch.from_numpy(np.concatenate([each.rows for each in questions])).to(self.curriculum.device)

    def _joint_loss(
        self,
        vectors: Tensor,
        texts: Tensor,
        questions: Sequence[Question],
        batch: PhotoBatch,
        weights: LossWeights,
    ) -> dict[str, Tensor]:
        """Photos and texts in the joint space; the texts are those of all questions, one after the other."""
        names, smoothing = self.network.scale("names"), self.config.label_smoothing
        parts: dict[str, Tensor] = {}
        by_question = texts.split([len(question.rows) for question in questions])
        for question, given in zip(questions, by_question, strict=True):
            weight = getattr(weights, question.name)
            if not weight or (not len(question.photos) and question.name != "imagenet"):
                continue
            if question.name == "imagenet":
                loss = agreement(names * vectors @ given.T, batch.logits, self.config.temperature)
            elif question.name == "captions":
                owners = batch.rows[question.photos]
                loss = contrast(vectors[question.photos], given, self.network.scale("captions"), owners)
            else:
                options = given if question.shared else given.reshape(len(question.photos), -1, given.shape[-1])
                loss = choice(vectors[question.photos], options, question.wanted, names, smoothing, question.ignored)
            parts[question.name] = weight * loss
        return parts

    @torch.inference_mode()
    def validate(self, autocast: Autocast) -> Metrics:
        network, exam, stage, learned = self.network, self.exam, self.fixed.stage, self.fixed.learned
        modes = {module: module.training for module in network.modules()}
        network.eval()
        images = self.fixed.images
        if images is None:
            images = self._seen(autocast) if "image" in learned else self._seen_by_teacher()
        if stage == "text":
            self.fixed.images = images
        metrics = exam.examination.metrics(images, self._read_by_tower if "text" in learned else self._read_by_teacher)
        if stage == "text":
            metrics["reading"] = {"cosine": self._nearness()}
        for module, training in modes.items():
            module.training = training
        return metrics

    def _seen(self, autocast: Autocast) -> NDArray[np.float32]:
        """(V, D) of the exam's photos, by the image tower."""
        parts: list[NDArray[np.float32]] = []
        for pixels in self.exam.pixels.split(_LOOK_BATCH):
            with autocast():
                vectors, _ = self.network.see(pixels.to(self.curriculum.device))
            parts.append(vectors.float().cpu().numpy())
        return np.concatenate(parts)

    def _read_by_teacher(self, texts: Sequence[str]) -> NDArray[np.float32]:
        sentences = np.stack([self.exam.sentences[text] for text in texts])
        return self._in_space(torch.from_numpy(sentences).to(self.curriculum.device)).cpu().numpy()

    @torch.no_grad()
    def _places(self, photos: PhotoBatches) -> Tensor:
        """(P, D) of the photos to learn from, as the image teacher sees the whole of them, in the joint space."""
        chunks = np.array_split(photos.photos, max(1, len(photos.photos) // _PLACE_BATCH))
        return torch.cat([self._place(photos.lessons.features_of(0, rows)) for rows in chunks])

    def _seen_by_teacher(self) -> NDArray[np.float32]:
        """The same, by the image teacher in the joint space."""
        return self._place(self.exam.features).cpu().numpy()

    @torch.no_grad()
    def _place(self, features: Tensor) -> Tensor:
        """(N, 1280) -> (N, D)"""
        photo_map = self.network.photo_map
        return photo_map(photo_map.standardised(features.to(self.curriculum.device))).float()

    def _read_by_tower(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._read(self.exam.tokens(list(texts))).cpu().numpy()

    def _nearness(self) -> float:
        """Of the exam's texts as the tower reads them to where the sentence teacher puts them: a mean cosine."""
        texts = list(self.exam.sentences)
        return float((self._read_by_tower(texts) * self._read_by_teacher(texts)).sum(1).mean())

    @torch.no_grad()
    def _read(self, tokens: Tensor) -> Tensor:
        """(N, context) -> (N, D)"""
        device = self.curriculum.device
        parts = [self.network.read(part.to(device)).float() for part in tokens.split(_READ_BATCH)]
        return torch.cat(parts)

    @torch.no_grad()
    def _in_space(self, sentences: Tensor) -> Tensor:
        """(N, 384) -> (N, D)"""
        parts = [self.network.text_map(part.float()) for part in sentences.split(_READ_BATCH)]
        return torch.cat(parts)

    def score(self, metrics: Metrics) -> float:
        place = [phase.trains for phase in self.config.phases].index(self.fixed.stage)
        if self.fixed.stage == "text":  # search says less of it: the photos lie as far from the teacher's texts
            return place + (1 + metrics["reading"]["cosine"]) / 2
        return place + search_score(metrics)

    def keep(self, position: Position, metrics: Metrics) -> Path:
        return self.ship(self.network, metrics)

    def trial(self) -> Self:
        return replace(self, network=copy.deepcopy(self.network), fixed=replace(self.fixed))

    def first(self, batch: StarterBatch, count: int) -> StarterBatch:
        if isinstance(batch, TextBatch):
            return TextBatch(batch.rows[:count], batch.tokens[:count])
        pixels = batch.pixels[:count] if batch.pixels is not None else None
        return PhotoBatch(batch.rows[:count], batch.features[:count], batch.logits[:count], pixels)


def _moved(batch: StarterBatch, device: torch.device) -> StarterBatch:
    if isinstance(batch, TextBatch):
        return TextBatch(batch.rows.to(device), batch.tokens.to(device))
    pixels = batch.pixels
    if pixels is not None:
        pixels = pixels.to(device, memory_format=torch.channels_last)
    return PhotoBatch(batch.rows.to(device), batch.features.to(device), batch.logits.to(device), pixels)
