"""The page of an adaptation: what the encoder found before, what it finds now, and what the guard decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.models.json_cache import read_object
from trainer.contrastive.figures import figures_of_curve
from trainer.contrastive.guard import AGREEMENT, Curve, Figures, Point, read_curve
from trainer.report.figures import curves
from trainer.report.page import command, draw_figures, environment, write_page
from trainer.report.report_data import read_report
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from trainer.report.intervals import Interval

TEMPLATE = "adaptation.html"
Rows = list[tuple[str, list["Interval | None"]]]


def write_report(run_dir: Path) -> Path:
    """Draw the figures and write `report.html`.

    Raises:
        TrainingError: the run has adapted no encoder.
        MachineError: a file cannot be written.
    """
    report, curve = read_report(run_dir), read_curve(run_dir)
    drawings = figures_of_curve(curve)
    if report.curves.points:
        drawings = {"curves": lambda: curves(report.curves), **drawings}
    figures, failed = draw_figures(drawings, run_dir / "figures")
    ends = [curve.before, curve.taken, curve.after]
    text = (
        environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            curve=curve,
            figures=figures,
            notes=[*report.notes, *failed],
            image_rows=rows_of([point.image for point in ends]),
            text_rows=rows_of([point.text for point in ends]),
            test_rows=_test_rows(curve),
            fallen=_fallen(curve),
            agreement=AGREEMENT,
            guard_s=read_object(RunFolder(run_dir).metrics).get("cost", {}).get("guard_seconds"),
            command=command(report),
            config=json.dumps(report.config, indent=1, ensure_ascii=False),
        )
    )
    file = RunFolder(run_dir).report
    write_page(file, text)
    return file


def rows_of(points: list[Figures]) -> Rows:
    """By figure, what each of the points has."""
    return [(name, [each.get(name) for each in points]) for name in points[0]]


def _test_rows(curve: Curve) -> Rows:
    def at(alpha: float) -> Point:
        return min(curve.test, key=lambda point: abs(point.alpha - alpha))

    if not curve.test:
        return []
    points = [at(0.0), at(curve.alpha), at(1.0)]
    return rows_of([{**point.image, **point.text} for point in points])


def _fallen(curve: Curve) -> list[tuple[float, str]]:
    """What broke at which alpha, in words."""
    return [(alpha, ", ".join(names)) for alpha, names in sorted(curve.broken.items()) if names]
