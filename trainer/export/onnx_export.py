"""Taggers as ONNX files, in float32 and INT8: written, compared with the checkpoint, and measured.

The graph takes pictures as the tagger's preprocessing leaves them, (N, H, W, 3) uint8 RGB, and answers with logits
(N, C) for each head, before temperature; a tagger that reads vectors takes those, (N, D). What its outputs mean stands
in the file's metadata under "recollect", as JSON: heads with labels, temperature and threshold, and the preprocessing.
"""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from core.errors import TrainingError
from core.models.disk import disk_errors, write_whole
from core.models.taggers.checkpoint import load_network
from core.models.taggers.config import EnsembleConfig, read_checkpoint_config
from trainer.evaluate.tables import Table
from trainer.export.onnx_parity import Measured, Pictures, agreement, measure, measure_torch, pictures_of, session
from trainer.finetune.distillation import checkpoint_of

if TYPE_CHECKING:
    import numpy as np

    from core.models.taggers.config import CheckpointConfig
    from core.models.taggers.network import TaggerNetwork

OPSET = 18  # ONNX 1.13, 2022: any runtime of today reads it
INPUT = "input"
METADATA = "recollect"
FLOAT_FILE, INT8_FILE, REPORT_FILE = "tagger.onnx", "tagger-int8.onnx", "export.json"
# What float32 in another order of operations may change in a logit. More is a fault of the export.
TOLERANCE = 1e-3
# Answers that may be lost for a faster kind of INT8.
_AS_GOOD = 0.01
# A head that answers fewer photos as before is another tagger: that INT8 is not kept.
LEAST_AGREEMENT = 0.95


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of the tagger."""

    name: str
    file: str | None  # None: the checkpoint itself
    size_bytes: int
    images_per_s: float
    max_difference: float  # of any logit, from the checkpoint's
    agreement: Mapping[str, float]  # by head: share of photos with the same answer as the checkpoint
    accuracy: Mapping[str, float | None]  # by head, on labelled photos; None where there are none


@dataclass(frozen=True, slots=True)
class ExportReport:
    """All forms, the checkpoint first, measured on the same photos with the same threads."""

    variants: tuple[Variant, ...]
    photos: int  # 0: no photos were at hand, and parity was checked on generated pictures
    threads: int
    notes: tuple[str, ...] = ()  # what INT8 costs, or why there is none

    def table(self) -> Table:
        heads = list(self.variants[0].agreement)
        head = ("form", "MB", "images/s", "largest difference of a logit")
        columns = [*(f"{name}: same answer" for name in heads), *(f"{name}: accuracy" for name in heads)]
        rows = [
            (
                each.name, round(each.size_bytes / 1e6, 2), round(each.images_per_s, 1), f"{each.max_difference:.2g}",
                *(each.agreement[name] for name in heads), *(_shown(each.accuracy[name]) for name in heads),
            )
            for each in self.variants
        ]  # fmt: skip
        return Table(f"ONNX on {self.photos} photos, {self.threads} threads", (*head, *columns), rows)


def export_onnx(source: Path, out: Path, *, int8: bool = False) -> ExportReport:
    """Write `tagger.onnx` and, if `int8`, `tagger-int8.onnx` into `out`, with `export.json` beside them.

    Args:
        source: a run, whose validation photos measure what is lost; or a checkpoint, for float32 alone.

    Raises:
        TrainingError: an ensemble, a graph that answers otherwise than the checkpoint, or INT8 without photos.
        ModelError: the checkpoint cannot be read.
        MachineError: `out` cannot be written.
    """
    checkpoint = checkpoint_of(source)
    if isinstance(read_checkpoint_config(checkpoint), EnsembleConfig):
        raise TrainingError(
            "An ensemble cannot be exported as one file.", remedy="Export its members.", path=checkpoint
        )
    network, config = load_network(checkpoint)
    pictures = pictures_of(source, config)
    if int8 and config.preprocessing is None:
        raise TrainingError("A tagger that reads vectors has nothing to gain from INT8.", remedy="Leave out --int8.")
    if int8 and not pictures.from_run:
        raise TrainingError(
            "INT8 has to be calibrated and measured on photos, and those of the run cannot be read.",
            remedy="Export from the run's folder, on a machine that has its photos.", path=source,
        )  # fmt: skip
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    reference = measure_torch(network, config, pictures)
    _write_float(network, config, out / FLOAT_FILE, pictures)
    exported = measure(out / FLOAT_FILE, config, pictures)
    weights_bytes = sum(file.stat().st_size for file in checkpoint.glob("*.safetensors"))
    variants = [
        _variant("PyTorch float32", None, weights_bytes, reference, reference, config, pictures),
        _variant("ONNX float32", out / FLOAT_FILE, None, exported, reference, config, pictures),
    ]
    if variants[1].max_difference > TOLERANCE * max(1.0, reference.largest):
        raise TrainingError(
            f"The graph answers otherwise than the checkpoint: a logit differs by {variants[1].max_difference:.2g}.",
            remedy="Report this, with the backbone of the run.", path=out,
        )  # fmt: skip
    if int8:
        variants += _write_int8(out, config, pictures, reference)
    notes = _notes(variants) if int8 else ()
    photos = len(pictures.validation) if pictures.from_run else 0
    report = ExportReport(tuple(variants), photos, torch.get_num_threads(), notes)
    text = json.dumps(asdict(report), indent=1, ensure_ascii=False) + "\n"
    with disk_errors(out / REPORT_FILE):
        write_whole(out / REPORT_FILE, lambda part: part.write_text(text, encoding="utf-8"))
    return report


class _Graph(nn.Module):
    """The tagger with the arithmetic of its preprocessing; one output a head."""

    def __init__(self, network: TaggerNetwork, config: CheckpointConfig) -> None:
        super().__init__()
        self.network = network
        self._names = list(config.heads)
        self._pixels = config.preprocessing is not None
        if config.preprocessing is not None:
            std, mean = torch.tensor(config.preprocessing.std), torch.tensor(config.preprocessing.mean)
            self.scale = nn.Buffer((1.0 / (255.0 * std)).view(1, 3, 1, 1))
            self.shift = nn.Buffer((mean / std).view(1, 3, 1, 1))

    def forward(self, read: Tensor) -> tuple[Tensor, ...]:
        if self._pixels:
            read = read.permute(0, 3, 1, 2).to(torch.float32) * self.scale - self.shift
        answers = self.network(read)
        return tuple(answers[name] for name in self._names)


def _write_float(network: TaggerNetwork, config: CheckpointConfig, file: Path, pictures: Pictures) -> None:
    graph = _Graph(network, config).eval()
    example = torch.as_tensor(pictures.validation[:2])
    names = [_output_name(head) for head in config.heads]
    with _quiet(), torch.inference_mode():
        program: Any = torch.onnx.export(
            graph, (example,), dynamo=True, opset_version=OPSET, input_names=[INPUT], output_names=names,
            dynamic_shapes=({0: torch.export.Dim("photos", min=1, max=65536)},), verbose=False, optimize=True,
        )  # fmt: skip
    program.model.metadata_props[METADATA] = json.dumps(_meaning(config))
    with disk_errors(file):
        write_whole(file, lambda part: program.save(part, external_data=False))


def _meaning(config: CheckpointConfig) -> dict[str, Any]:
    heads = {
        name: {"output": _output_name(name), **head.model_dump(mode="json")} for name, head in config.heads.items()
    }
    prepared = None if config.preprocessing is None else config.preprocessing.model_dump(mode="json")
    return {"name": config.name, "heads": heads, "preprocessing": prepared}


def _output_name(head: str) -> str:
    """Runtimes take any name but an empty one; that of the input is taken."""
    return f"logits {head}"


def _write_int8(out: Path, config: CheckpointConfig, pictures: Pictures, reference: Measured) -> list[Variant]:
    """Static and dynamic INT8 are both tried; the better one is what stays as the file, if it is good enough."""
    (out / INT8_FILE).unlink(missing_ok=True)  # of an earlier export
    with tempfile.TemporaryDirectory(prefix="recollect-int8-") as folder:
        tried: list[tuple[Variant, Path]] = []
        for name, file in _quantized(out / FLOAT_FILE, Path(folder), pictures):
            measured = measure(file, config, pictures)
            tried.append((_variant(f"ONNX INT8, {name}", file, None, measured, reference, config, pictures), file))
        best = _better(tried)
        if best is None:
            return [replace(each, file=None) for each, _ in tried]
        with disk_errors(out / INT8_FILE):
            write_whole(out / INT8_FILE, lambda part: part.write_bytes(best[1].read_bytes()))
    kept = [replace(best[0], file=INT8_FILE)]
    return kept + [replace(each, file=None) for each, _ in tried if each is not best[0]]


def _better(tried: list[tuple[Variant, Path]]) -> tuple[Variant, Path] | None:
    """The fastest of those that keep as many answers as the best one, to a hundredth; None: none keeps enough."""

    def kept(entry: tuple[Variant, Path]) -> float:
        return sum(entry[0].agreement.values()) / len(entry[0].agreement)

    good = [entry for entry in tried if min(entry[0].agreement.values()) >= LEAST_AGREEMENT]
    most = max((kept(entry) for entry in good), default=0.0)
    fast = [entry for entry in good if kept(entry) >= most - _AS_GOOD]
    return max(fast, key=lambda entry: entry[0].images_per_s, default=None)


def _notes(variants: list[Variant]) -> tuple[str, ...]:
    """What INT8 costs beside the float32 of the same runtime."""
    whole = variants[1]
    small = next((each for each in variants if each.file == INT8_FILE), None)
    if small is None:
        tried = [f"{each.name.removeprefix('ONNX INT8, ')} {_lowest(each)}" for each in variants[2:]]
        return (
            f"INT8 is not written: it answers too many photos otherwise ({'; '.join(tried)}; "
            f"{LEAST_AGREEMENT:.0%} are asked for).",
        )
    notes = [f"{small.name}: {_lowest(small)}, and no head fewer."]
    for head, accuracy in whole.accuracy.items():
        after = small.accuracy[head]
        if accuracy is not None and after is not None and after != accuracy:
            notes.append(f"{head}: accuracy {after:.1%} instead of {accuracy:.1%}.")
    if small.images_per_s < whole.images_per_s:
        notes.append("INT8 is slower than float32 on this machine: it saves space alone.")
    return tuple(notes)


def _lowest(variant: Variant) -> str:
    head = min(variant.agreement, key=lambda name: variant.agreement[name])
    return f"{variant.agreement[head]:.1%} of {head} as before"


def _quantized(float_file: Path, folder: Path, pictures: Pictures) -> Iterator[tuple[str, Path]]:
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        """The calibration photos, one by one."""

        def __init__(self) -> None:
            self._left = iter(pictures.calibration)

        def get_next(self) -> dict[str, np.ndarray] | None:  # type: ignore[override]  # None ends it
            photo = next(self._left, None)
            return None if photo is None else {INPUT: photo[None]}

    prepared, static, dynamic = folder / "prepared.onnx", folder / "static.onnx", folder / "dynamic.onnx"
    with _quiet():
        quant_pre_process(float_file, prepared, skip_symbolic_shape=True)
        _forget_shapes(prepared)
        quantize_static(
            prepared, static, Reader(), per_channel=True, op_types_to_quantize=["Conv", "MatMul", "Gemm"],
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        # Convolutions have no quick dynamic form on a CPU, so only products of matrices are taken.
        quantize_dynamic(
            prepared, dynamic, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"]
        )
    yield "static", static
    yield "dynamic", dynamic


def _forget_shapes(file: Path) -> None:
    """The quantizer transposes weights, and would then complain that their shape is not the one that was noted."""
    import onnx

    model = onnx.load(file)
    model.graph.ClearField("value_info")
    onnx.save(model, file)


def _variant(
    name: str,
    file: Path | None,
    size_bytes: int | None,
    measured: Measured,
    reference: Measured,
    config: CheckpointConfig,
    pictures: Pictures,
) -> Variant:
    if size_bytes is None:
        size_bytes = file.stat().st_size if file is not None else 0
    same, accuracy, difference = agreement(measured, reference, config, pictures)
    shown = None if file is None else file.name
    return Variant(name, shown, size_bytes, round(measured.images_per_s, 1), difference, same, accuracy)


def _shown(accuracy: float | None) -> float | str:
    return "" if accuracy is None else accuracy


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter and the quantizer tell developers of theirs what they do, and warn of each other's old names."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "onnxruntime", "")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning, UserWarning):
            for module in (r"torch\.", r"onnx", r"copyreg", r"transformers\."):
                warnings.filterwarnings("ignore", category=category, module=module)
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


__all__ = ["ExportReport", "Variant", "export_onnx", "session"]
