"""The end of a run: the best network is calibrated on validation photos, and judged on test photos, looked at but once.

Writes the checkpoint anew (temperatures, thresholds, metrics), the outputs of both parts, `metrics.json`, the report
and, where there is a tagger to compare with, the verdict.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from core.errors import RecollectError
from core.models.taggers.checkpoint import load_network, save_checkpoint
from core.models.taggers.config import CheckpointConfig
from core.tags.values import CLASS, Split
from trainer.data.examples import Dataset
from trainer.events import Evaluating, Event, Warned
from trainer.finetune.validation import look_at
from trainer.metric.known_classes import known_classes, middles_of, some_of_each
from trainer.report.calibration import choose_threshold, fit_temperature
from trainer.report.kinds import metrics_with_kinds
from trainer.report.outputs import HeadOutputs, Outputs, save_outputs
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from core.models.taggers.network import TaggerNetwork
    from trainer.finetune.photos import TrainingPhotos

Tell = Callable[[Event], None]


def conclude(
    folder: RunFolder,
    dataset: Dataset,
    photos: TrainingPhotos,
    device: torch.device,
    tell: Tell,
    *,
    seconds: float = 0.0,
    look_at_test: bool = True,
) -> dict[str, float]:
    """Everything that follows the last epoch. Returns the figures that people compare: see `headline`.

    Raises:
        RecollectError: the checkpoint cannot be read, or the disk does not take the files.
    """
    network, config = load_network(folder.checkpoint)
    network.to(device)
    wanted = (Split.VALIDATION, Split.TEST) if look_at_test else (Split.VALIDATION,)
    parts = [part for part in wanted if dataset.of(part)]
    tell(Evaluating(sum(len(dataset.of(part)) for part in parts)))
    outputs: dict[str, Outputs] = {}
    rates: list[float] = []
    calibration: dict[str, tuple[float, float]] = {}
    for part in parts:
        started = time.perf_counter()
        heads, features = look_at(network, photos.plain(part.value), nullcontext)  # float32: the same on any machine
        rates.append(len(features) / (time.perf_counter() - started))
        calibration = calibration or {name: calibrated(head) for name, head in heads.items()}
        examples = dataset.of(part)
        outputs[part.value] = Outputs(
            ids=[each.content_hash for each in examples],
            paths=[str(each.path) for each in examples],
            heads=heads,
            features=features,
            temperatures={name: temperature for name, (temperature, _) in calibration.items()},
            thresholds={name: threshold for name, (_, threshold) in calibration.items()},
        )
        save_outputs(outputs[part.value], folder.outputs(part.value))
    metrics = {part: metrics_with_kinds(each, dataset.kinds) for part, each in outputs.items()}
    figures = headline(metrics.get(Split.TEST.value) or metrics[Split.VALIDATION.value])
    known = what_it_knows(network, photos, outputs[Split.VALIDATION.value])
    save_checkpoint(folder.checkpoint, network, with_calibration(config, calibration, figures, known))
    cost = {
        "seconds": round(seconds, 1),
        "tagging_images_per_s": round(max(rates), 1),
        "peak_memory_bytes": peak_memory_bytes(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }
    folder.write_json(folder.metrics, {**metrics, "cost": cost})
    return figures


def calibrated(head: HeadOutputs) -> tuple[float, float]:
    """Temperature and threshold of a head, from its validation photos."""
    temperature = fit_temperature(head.logits, head.targets)
    return temperature, choose_threshold(head.probabilities(temperature), head.targets)


def what_it_knows(network: TaggerNetwork, photos: TrainingPhotos, validation: Outputs) -> dict[str, float]:
    """By head, the cosine below which a photo is of no class: of the class alone, where there are enough photos that
    were held out. The network gets the middles of its classes, of photos to train on.
    """
    network.middles = {}
    if CLASS not in validation.heads:
        return {}
    rows = some_of_each(photos.parts[Split.TRAIN.value].targets[CLASS])
    if not len(rows):
        return {}
    heads, features = look_at(network, photos.plain(Split.TRAIN.value, rows), nullcontext)
    middles = middles_of(features, heads[CLASS].targets, len(heads[CLASS].labels))
    found = known_classes(middles, validation.features[validation.heads[CLASS].known])
    if found is None:
        return {}
    network.middles = {CLASS: torch.from_numpy(found.middles)}
    return {CLASS: found.least}


def headline(metrics: Mapping[str, Any]) -> dict[str, float]:
    """ "class accuracy", "class weighted F1" and so on, of one part's metrics."""
    names = {"accuracy": "accuracy", "weighted_f1": "weighted F1", "macro_f1": "macro F1"}
    return {
        f"{head} {title}": round(float(values[name]), 4)
        for head, values in metrics["heads"].items()
        for name, title in names.items()
        if values.get(name) is not None
    }


def with_calibration(
    config: CheckpointConfig,
    calibration: Mapping[str, tuple[float, float]],
    metrics: Mapping[str, float],
    known_from: Mapping[str, float],
) -> CheckpointConfig:
    heads = {
        name: head.model_copy(
            update={
                "temperature": calibration[name][0],
                "threshold": calibration[name][1],
                "known_from": known_from.get(name),
            }
        )
        for name, head in config.heads.items()
    }
    return config.model_copy(update={"heads": heads, "metrics": dict(metrics)})


def report(folder: RunFolder, tell: Tell) -> None:
    """Figures and page; `recollect runs show` makes them again."""
    with _no_reason_to_lose_the_network(folder, "The report could not be made", tell):
        from trainer.report.page import write_report

        write_report(folder.path)


def judge_against(folder: RunFolder, live: Path, home: Path, tell: Tell) -> None:
    """Is it better than the live tagger on the same photos? The answer is kept as `verdict.json`."""
    with _no_reason_to_lose_the_network(folder, "It could not be compared with the tagger in use", tell):
        from trainer.promotion.judge import judge

        judge(folder.path, live, home=home)


@contextmanager
def _no_reason_to_lose_the_network(folder: RunFolder, what: str, tell: Tell) -> Iterator[None]:
    """The training is done: what goes wrong now is told, and the run is finished all the same."""
    try:
        yield
    except RecollectError as error:
        tell(Warned(f"{what}: {error.message}", error.remedy))
    except Exception as error:  # noqa: BLE001 - whatever a drawing library raises, hours of training are worth more
        folder.note_fault(error)
        tell(Warned(f"{what}: {type(error).__name__}.", f"What is known of it is in {folder.log}."))


def peak_memory_bytes() -> int:
    """The most that this process has had in memory."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource  # there is none on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
