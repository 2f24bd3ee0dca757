"""A training in folds among the runs of the window: one row, and a report that has means and no photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desktop.reports.report_view import ReportView
from desktop.reports.run_actions import COMPARE, DELETE, EXPORT, FOLDER, GO_ON, REPORT, USE, fits
from desktop.reports.runs_view import RunsView
from tests.desktop.reports.conftest import ReportsStage
from tests.trainer.tiny_training import tiny_config, write_backbone, write_photos
from trainer.folds.running import train_folds

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme


def test_folds_are_one_run_in_the_list_and_can_be_looked_at(
    reports: ReportsStage, theme: Theme, qtbot: QtBot, tmp_path: Path
) -> None:
    phases = [{"name": "all", "epochs": 1, "backbone_lr": 3e-3, "head_lr": 1e-2}]
    config = tiny_config(write_backbone(tmp_path / "tiny"), phases=phases)
    photos, home = write_photos(tmp_path / "photos", 4), reports.library.paths.home
    shared = {"data": photos, "home": home, "device": "cpu", "with_report": False}
    folded = train_folds(config, 2, **shared, on_event=lambda event: None, name="in two")
    runs = RunsView(reports.library, reports.tasks, theme)
    report = ReportView(reports.library, reports.tasks, theme)
    for view in (runs, report):
        qtbot.addWidget(view)
        view.show()
        qtbot.waitExposed(view)
    qtbot.waitUntil(lambda: not runs.is_busy, timeout=60_000)
    (entry,) = (entry for entry in runs.entries if entry.path is not None and entry.name == "in two")
    assert len(runs.entries) == len(reports.runs) + 2  # the folds as one, and what tags by words
    assert [action for action in (REPORT, FOLDER, DELETE) if fits(action, [entry])] == [REPORT, FOLDER, DELETE]
    assert not any(fits(action, [entry]) for action in (USE, EXPORT, GO_ON, COMPARE))
    report.show_run(folded.folder)
    qtbot.waitUntil(lambda: report.report is not None)
    assert report.report is not None
    assert dict(report.report.headline) == folded.metrics
