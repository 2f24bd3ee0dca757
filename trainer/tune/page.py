"""The page of a search: `report.html`, one file that needs nothing else, with the figures beside it."""

from __future__ import annotations

import json
from pathlib import Path

from trainer.report.page import draw_figures, environment, write_page
from trainer.tune.figures import figures_of
from trainer.tune.outcome import FAILED, FINISHED, PRUNED, Found, TrialRecord, rounded
from trainer.tune.search_folder import SearchFolder


def write_found(found: Found, search: SearchFolder) -> Path:
    """Draw the figures and write the page.

    Raises:
        MachineError: a file cannot be written.
    """
    figures, failed = draw_figures(figures_of(found), search.path / "figures")
    paths = [part.path for part in found.settings.space.parts]
    own = found.settings.space.values_of(found.settings.config)
    text = (
        environment()
        .get_template("tuning.html")
        .render(
            found=found,
            figures=figures,
            summary=summary(found),
            notes=failed,
            paths=paths,
            own=rounded(own),
            rows=[_row(trial, found) for trial in _in_order(found)],
            best=rounded(found.best.values) if found.best else {},
            searched=json.dumps(found.settings.space.table(), indent=1),
        )
    )
    write_page(search.report, text)
    return search.report


def summary(found: Found) -> str:
    """The search in one sentence or two."""
    counts = {state: sum(trial.state == state for trial in found.trials) for state in (FINISHED, PRUNED, FAILED)}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    if found.best is None:
        return f"No trial was trained to its end ({said or 'none was begun'})."
    score = f"{found.rule} {score_of(found.best, found)}"
    text = f"Trial {found.best.number} is the best of {len(found.trials)} ({said}): {score}."
    own = found.as_it_stands
    if own is None or own.score is None or own.state != FINISHED:
        return text
    return (
        f"{text} Nothing was better than the recipe as it stands."
        if own == found.best
        else f"{text} The recipe as it stands has {score_of(own, found)}."
    )


def score_of(trial: TrialRecord, found: Found) -> str:
    return "-" if trial.score is None else f"{found.shown(trial.score):.4f}"


def _in_order(found: Found) -> list[TrialRecord]:
    """The best first; those without a score last."""
    return sorted(found.trials, key=lambda each: (each.state != FINISHED, -(each.score or -1e9), each.number))


def _row(trial: TrialRecord, found: Found) -> dict[str, object]:
    return {
        "number": trial.number,
        "state": f"failed: {trial.reason}" if trial.state == FAILED else trial.state,
        "score": score_of(trial, found),
        "epochs": len(trial.curve),
        "best_epoch": "-" if trial.best_epoch is None else trial.best_epoch + 1,
        "seconds": trial.seconds,
        "values": rounded(trial.values),
    }
