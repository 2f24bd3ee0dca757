"""Everything that a training of the starter needs before its first step: photos, teachers, texts, network, exam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from core.models.open_clip_api import SimpleTokenizer
from trainer.control import CancelledError
from trainer.starter.batches import PhotoBatches, TextBatches, whole_photos
from trainer.starter.concepts import Concepts, Texts, imagenet_names, targets_of
from trainer.starter.config import StarterConfig
from trainer.starter.corpus import Corpus, CorpusPixels
from trainer.starter.image_teacher import FILE, Lessons, Views, teach
from trainer.starter.network import StarterNetwork
from trainer.starter.phrases import names_of, reading_list, text_corpus, whole_words
from trainer.starter.sentence_teacher import SentenceTeacher, embedded
from trainer.starter.shipping import VOCABULARY, ship, take_up
from trainer.starter.task import Curriculum, Exam, StarterTask
from trainer.starter.validation import Examination
from trainer.starter.vocabulary import chosen_merges, count_words, ending_pieces, write_vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from trainer.finetune.task import Metrics

_LEAST_STD = 1e-3  # of a feature that never changes
_MEASURED_ROWS = 8192  # photos, for mean and deviation of the features
_TOKENISED = 4096  # texts at a time


@dataclass(frozen=True)
class Surroundings:
    """Where a training finds and keeps things, and who hears of it."""

    teachers: Path  # folder
    cache: Path
    checkpoint: Path  # folder of what ships
    device: torch.device
    tell: Callable[[str], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False

    def progress(self, what: str) -> Callable[[int, int], None]:
        """Tells a sentence at each twentieth."""
        told = -1

        def tell(done: int, total: int) -> None:
            nonlocal told
            if self.cancelled():
                raise CancelledError
            if (part := 20 * done // max(1, total)) > told:
                told = part
                self.tell(f"{done:,} of {total:,} {what}")

        return tell


def set_up(config: StarterConfig, corpus: Corpus, pixels: CorpusPixels, around: Surroundings) -> StarterTask:
    """
    Raises:
        TrainingError: a teacher is missing.
        CancelledError: what the teachers have said until then is kept.
        MachineError: the cache cannot be written.
    """
    views = Views(config.augmentation, config.seed, config.views)
    lessons = teach(
        around.teachers / FILE,
        corpus,
        pixels,
        views,
        around.cache / "image-teacher",
        on_progress=around.progress("views looked at by the image teacher"),
        cancelled=around.cancelled,
    )
    concepts = Concepts.of(corpus)
    texts = Texts(corpus, concepts, imagenet_names())
    words = whole_words([*SentenceTeacher().vocabulary, *ending_pieces()])[: config.words]
    names = sorted({*names_of(corpus), *imagenet_names()})
    reading = text_corpus(corpus, names, words, seed=config.seed, scale=config.texts_per_name)

    def read(given: Sequence[str]) -> Tensor:
        by_teacher = around.progress("texts read by the sentence teacher")
        return torch.from_numpy(embedded(given, around.cache / "sentence-teacher", by_teacher)).to(around.device)

    tokenize = _vocabulary(reading, config, around.checkpoint)
    torch.manual_seed(config.seed)
    network = StarterNetwork(config)
    _standardise(network, lessons, corpus.rows("train"))
    if config.begins_with is not None:
        take_up(network, Path(config.begins_with).expanduser(), around.checkpoint / VOCABULARY)
    network.to(device=around.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    curriculum = Curriculum(
        photos=PhotoBatches(corpus, pixels, lessons, views, config),
        concepts=concepts,
        targets=targets_of(corpus, concepts, texts),
        texts=texts,
        sentences=read(texts.all),
        text_tokens=_tokenised(tokenize, texts.all),
        reading=TextBatches(
            _tokenised(tokenize, reading), reading_list(reading, words, config.word_repeats), config.seed
        ),
        read_sentences=read(reading),
        device=around.device,
    )

    def shipped(trained: StarterNetwork, metrics: Metrics) -> Path:
        return ship(trained, config, metrics, around.checkpoint)

    exam = _exam(corpus, pixels, lessons, config, around, tokenize)
    return StarterTask(config, network, curriculum, exam, shipped)


def _vocabulary(texts: Sequence[str], config: StarterConfig, folder: Path) -> Callable[[list[str]], Tensor]:
    """The tokenizer that ships, made of the words of our texts."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / VOCABULARY
    write_vocabulary(chosen_merges(count_words(texts), config.towers.merges), path)
    tokenizer: Any = SimpleTokenizer(bpe_path=str(path), context_length=config.towers.context_length)
    return tokenizer


def _tokenised(tokenize: Callable[[list[str]], Tensor], texts: Sequence[str]) -> Tensor:
    """(N, context) int64"""
    return torch.cat([tokenize(list(texts[first : first + _TOKENISED])) for first in range(0, len(texts), _TOKENISED)])


def _standardise(network: StarterNetwork, lessons: Lessons, train: NDArray[np.int64]) -> None:
    """Mean and deviation of the image teacher's features, over photos to learn from."""
    rows = np.sort(np.random.default_rng(0).permutation(train)[:_MEASURED_ROWS])
    features = lessons.features_of(0, rows)
    network.photo_map.get_buffer("mean").copy_(features.mean(0))
    network.photo_map.get_buffer("std").copy_(features.std(0) + _LEAST_STD)


def _exam(
    corpus: Corpus,
    pixels: CorpusPixels,
    lessons: Lessons,
    config: StarterConfig,
    around: Surroundings,
    tokenize: Callable[[list[str]], Tensor],
) -> Exam:
    examination = Examination.of(corpus)
    rows = corpus.rows("val")
    asked: dict[str, None] = {}

    def note(texts: Sequence[str]) -> NDArray[np.float32]:
        asked.update(dict.fromkeys(texts))
        return np.zeros((len(texts), 1), np.float32)

    examination.metrics(np.zeros((len(rows), 1), np.float32), note)
    sentences = embedded(list(asked), around.cache / "sentence-teacher")
    return Exam(
        examination,
        whole_photos(pixels, rows.tolist(), config.towers.image_px),
        lessons.features_of(0, rows).to(around.device),
        dict(zip(asked, sentences, strict=True)),
        tokenize,
    )
