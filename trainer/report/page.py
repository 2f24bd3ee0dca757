"""The page of a run: `report.html`, one file that needs nothing else, with the figures beside it.

No scripts and no network: styles, drawings and pictures lie in the page.
"""

from __future__ import annotations

import json
import logging
import shlex
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.models.disk import disk_errors, write_whole
from core.models.json_cache import read_object
from core.tags.values import CLASS
from trainer.report import texts
from trainer.report.confused import confused_sides
from trainer.report.drawing import Rendered, render
from trainer.report.figures import figure_name, figures_of
from trainer.report.kinds import metrics_with_kinds
from trainer.report.matrices import NAMED_CLASSES
from trainer.report.outputs import Outputs
from trainer.report.projections import write_projections
from trainer.report.report_data import read_data_summary, read_outputs, read_report
from trainer.report.thumbnails import Thumbnails
from trainer.report.values import RunReport
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure

log = logging.getLogger(__name__)

MISTAKES = 24  # of each head, with their photos
PAIRS = 15  # most confused pairs that are listed
SIDE = 10  # strongest labels, and weakest, that are shown where there are more than twice as many

_PAGES_OF_TIERS = {"metric": "trainer.openset.page", "contrastive": "trainer.contrastive.report"}
"""Modules with a `write_report` of their own: what a tagger's page shows says nothing of their runs."""


def write_report(run_dir: Path) -> Path:
    """Map the features, draw the figures, write `report.html` and, where it is absent, `metrics.json`.

    Raises:
        ReportError: this is no run folder.
        MachineError: a file cannot be written.
    """
    folder = RunFolder(run_dir)
    tier = str(read_object(folder.config).get("tier"))
    if tier in _PAGES_OF_TIERS:
        return import_module(_PAGES_OF_TIERS[tier]).write_report(run_dir)
    outputs = read_outputs(folder, [])
    _map_features(folder, outputs)
    if outputs and not folder.metrics.exists():
        kinds = read_data_summary(folder).kinds
        _write_metrics({split: metrics_with_kinds(each, kinds) for split, each in outputs.items()}, folder.metrics)
    report = read_report(run_dir)
    figures, failed = draw_figures(figures_of(report), run_dir / "figures")
    text = report_page(report, figures, failed)
    write_page(folder.report, text)
    return folder.report


def report_page(report: RunReport, figures: Mapping[str, Rendered], notes: list[str]) -> str:
    """The HTML of a run."""
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            figures=figures,
            summary=summary(report),
            notes=[*report.notes, *notes],
            command=command(report),
            config=json.dumps(report.config, indent=1, ensure_ascii=False),
            picture=Thumbnails(),
            mistakes=MISTAKES,
            pairs=PAIRS,
            side=SIDE,
            named=NAMED_CLASSES,
            confused_sides=confused_sides,
        )
    )


def summary(report: RunReport) -> str:
    """The run in one sentence."""
    split = report.main
    head = split.main if split else None
    if split is None or head is None or not head.count:
        figures = ", ".join(f"{name} {value:.3f}" for name, value in report.headline.items())
        return report.message or figures or "This run has no photos to be judged by."
    what = "the right class" if head.name == CLASS else f"the right value of {texts.readable(head.name)}"
    accuracy = head.scores["accuracy"]
    return (
        f"{head.right} of {head.count} {split.split} photos got {what}: {texts.percent(accuracy.value)} "
        f"(95 % interval {texts.between(accuracy)})."
    )


def command(report: RunReport) -> str:
    """What repeats the run."""
    data = report.data.name or "DATA"
    return f"recollect train --data {shlex.quote(data)} --config {shlex.quote(str(report.folder / 'config.json'))}"


def draw_figures(
    drawings: Mapping[str, Callable[[], Figure]], folder: Path | None
) -> tuple[dict[str, Rendered], list[str]]:
    """All that can be drawn, kept as SVG and PNG below `folder` where there is one; and which could not be."""
    drawn: dict[str, Rendered] = {}
    failed: list[str] = []
    if folder is not None:
        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
    for name, draw in drawings.items():
        try:
            drawn[name] = render(draw)
        except Exception as error:  # noqa: BLE001 - foreign code on any names and numbers: the rest of the report counts
            log.warning("The figure %s could not be drawn: %r", name, error)
            failed.append(f"The figure {name} could not be drawn: {type(error).__name__}.")
            continue
        if folder is not None:
            _keep(folder / name, drawn[name])
    return drawn, failed


def write_page(file: Path, text: str) -> None:
    with disk_errors(file):
        # Halves of characters, which names of files may hold, become question marks.
        write_whole(file, lambda part: part.write_bytes(text.encode("utf-8", errors="replace")))


def environment() -> Environment:
    """Where templates lie, and the words that they know."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("trainer.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    words: dict[str, Any] = {
        name: getattr(texts, name)
        for name in ("readable", "short", "percent", "between", "points", "duration", "size", "count")
    }
    found.filters.update(words)
    found.globals.update(SCORES=texts.HEAD_SCORES, figure_name=figure_name, file_name=lambda path: Path(path).name)
    return found


def _map_features(folder: RunFolder, outputs: Mapping[str, Outputs]) -> None:
    """Unless that was done since the outputs were written: it takes seconds."""
    file = folder.path / "projections.json"
    made_at = file.stat().st_mtime_ns if file.exists() else -1
    if any(folder.outputs(split).stat().st_mtime_ns > made_at for split in outputs):
        write_projections(outputs, file)


def _write_metrics(metrics: Mapping[str, Any], file: Path) -> None:
    text = json.dumps(metrics, indent=1)  # ASCII alone: a label may hold half a character
    with disk_errors(file):
        write_whole(file, lambda part: part.write_text(text, encoding="ascii"))


def _keep(stem: Path, figure: Rendered) -> None:
    files = {f"{stem.name}.svg": figure.svg.encode("utf-8", errors="replace"), f"{stem.name}.png": figure.png}
    for name, content in files.items():
        with disk_errors(stem.with_name(name)):
            write_whole(stem.with_name(name), lambda part, content=content: part.write_bytes(content))
