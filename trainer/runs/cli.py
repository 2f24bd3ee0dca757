"""`recollect runs`: what was trained, what came of it, and which of it is used. Only options and output are here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.context import Session, pass_session
from core.errors import ModelError
from core.models.projection import load_projection
from core.projections import IN_A_RUN
from trainer.chosen_home import chosen_home, chosen_run, chosen_runs
from trainer.export.cli import export

if TYPE_CHECKING:
    from trainer.report.comparison import Comparison
    from trainer.report.values import RunReport
    from trainer.runs.run_history import RunSummary

EXIT_NOTHING = 1
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


@click.group()
def runs() -> None:
    """What was trained: list, reports, comparisons, and taking one into use."""


runs.add_command(export)


@runs.command("list")
@_JSON
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show all runs, the newest first."""
    from trainer.runs.run_history import history

    found = history(chosen_runs(ctx))
    for each in found:
        click.echo(json.dumps(_record(each)) if as_json else _line(each))
    if not found:
        if not as_json:
            click.echo("Nothing has been trained yet. Begin with: recollect train --data FOLDER", err=True)
        raise click.exceptions.Exit(EXIT_NOTHING)


@runs.command()
@click.argument("run")
@click.option("--page", is_flag=True, help="Make its page anew, figures and all.")
@_JSON
@click.pass_context
def show(ctx: click.Context, run: str, page: bool, as_json: bool) -> None:
    """Show how good RUN is: a name of the list, or the folder of a run."""
    from trainer.report.report_data import read_report

    folder = chosen_run(ctx, run)
    if page:
        from trainer.folds.folds_folder import is_folds
        from trainer.folds.page import write_folds_page
        from trainer.report.page import write_report

        (write_folds_page if is_folds(folder.path) else write_report)(folder.path)
    report = read_report(folder.path)
    if as_json:
        click.echo(json.dumps(_report_record(report), ensure_ascii=False))
        return
    _print_report(report)
    if folder.report.is_file():
        click.echo(f"\n{folder.report}")


@runs.command()
@click.argument("first")
@click.argument("second")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write a page with the photos here.")
@_JSON
@click.pass_context
def compare(ctx: click.Context, first: str, second: str, out: Path | None, as_json: bool) -> None:
    """Compare the run SECOND with the run FIRST, on the photos that both kept back."""
    from trainer.report.comparison import compare_runs

    comparison = compare_runs(chosen_run(ctx, first).path, chosen_run(ctx, second).path, out)
    if as_json:
        click.echo(json.dumps(_comparison_record(comparison), ensure_ascii=False))
    else:
        _print_comparison(comparison)


@runs.command()
@click.argument("run")
@click.option("--force", is_flag=True, help="Even if it is not better than the tagger in use.")
@click.option("--name", default="", help="Of an adapted encoder: what it is called.")
@click.option("--alpha", type=click.FloatRange(0, 1), help="Of an adapted encoder: another point than the guard took.")
@click.option("--use", is_flag=True, help="Let an adapted encoder answer, as soon as it has seen all photos.")
@pass_session
@click.pass_context
def promote(
    ctx: click.Context, session: Session, run: str, force: bool, name: str, alpha: float | None, use: bool
) -> None:
    """Let the tagger of RUN tag the library, if it is better than the one in use on photos that neither has seen. Of a
    run that adapted an encoder: make that one of the library's models. Of one that learned a projection: order photos
    like one photo by it.
    """
    from trainer.contrastive.guard import is_adaptation
    from trainer.promotion.judge import promote as promote_run

    folder = chosen_run(ctx, run)
    if (folder.path / IN_A_RUN).is_dir():
        _order_by(session, folder.path)
        return
    if is_adaptation(folder.path):
        _take_in(session, folder.path, chosen_home(ctx), name, alpha, use=use)
        return
    with session.library() as library:
        info = promote_run(library, folder.path, force=force)
    click.echo(
        f"{info.name} answers now."
        if info.live
        else f"{info.name} answers as soon as it has seen all photos. `recollect taggers rollback` goes back."
    )


def _order_by(session: Session, run: Path) -> None:
    """
    Raises:
        ModelError: its projection cannot be read, or goes with another model than the one that answers.
    """
    learned = load_projection(run)
    with session.library() as library:
        if learned.encoder_key != library.answering_encoder().key:
            raise ModelError(
                f"The projection of {run.name} goes with another model than the one that answers.",
                remedy="Let that model answer, or train a projection of this one.",
            )
        is_ours = run.resolve().parent == library.paths.runs.resolve()
        library.change_settings(projection=run.name if is_ours else str(run.resolve()))
    click.echo("Photos like one photo are ordered by it now. Settings, Search, leads back to the model alone.")


def _take_in(session: Session, run: Path, home: Path, name: str, alpha: float | None, *, use: bool) -> None:
    from trainer.contrastive.promotion import take_in, taken_in_as

    earlier = [] if name or alpha is not None else taken_in_as(run, home)
    taken = earlier[0] if earlier else take_in(run, home, name, alpha=alpha)
    if not use:
        installed = "is installed already" if earlier else "is installed"
        click.echo(f'{taken} {installed}. `recollect models use "{taken}"` lets it answer.')
        return
    with session.library() as library:
        library.models.use(taken)
    click.echo(f"{taken} answers as soon as it has seen all photos. `recollect models list` names the ones before.")


@runs.command()
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def delete(ctx: click.Context, run: str, yes: bool) -> None:
    """Delete RUN with its report. A tagger that was taken into use from it stays: it is a copy."""
    from trainer.runs.run_history import delete_run

    folder = chosen_run(ctx, run)
    if not yes:
        click.confirm(f"Delete the run {folder.path.name}?", abort=True)
    delete_run(folder)
    click.echo(f"The run {folder.path.name} is deleted.")


def _line(each: RunSummary) -> str:
    from trainer.report.texts import between, duration, percent, readable

    when = f"{each.started_at:%Y-%m-%d %H:%M}" if each.started_at is not None else "-"
    parts = [each.key, each.recipe or "-", when, each.state.value]
    if each.accuracy is not None:
        accuracy = f"{percent(each.accuracy.value)} ({between(each.accuracy)})"
        parts.append(f"{readable(each.head)} {accuracy} of {each.photos} {each.part} photos")
    elif each.headline:
        parts.append(", ".join(f"{name} {value:.3f}" for name, value in each.headline.items()))
    if each.seconds is not None:
        parts.append(duration(each.seconds))
    return "  ".join([*parts, readable(each.message)] if each.message else parts)


def _record(each: RunSummary) -> dict[str, Any]:
    when = each.started_at.isoformat() if each.started_at is not None else None
    fields = {"key": each.key, **dataclasses.asdict(each)}
    return {**fields, "path": str(each.path), "state": each.state.value, "started_at": when}


def _print_report(report: RunReport) -> None:
    from trainer.report.texts import between, duration, percent, readable, size

    click.echo(f"{readable(report.name)}: {report.state}".rstrip(": "))
    for split in report.splits.values():
        click.echo(f"\n{split.split}, {split.photos} photos")
        for head in split.heads.values():
            accuracy, f1 = head.scores.get("accuracy"), head.scores.get("macro_f1")
            if accuracy is None:
                click.echo(f"  {readable(head.name)}: no labels")
                continue
            click.echo(
                f"  {readable(head.name)}: {head.right} of {head.count} right,"
                f" {percent(accuracy.value)} ({between(accuracy)}), macro F1 {percent(f1.value if f1 else None)}"
            )
    if not report.splits and report.headline:
        click.echo("")
        for name, value in report.headline.items():
            click.echo(f"  {name}: {value:.3f}")
    cost = report.cost
    click.echo(f"\n{duration(cost.seconds)}, checkpoint {size(cost.checkpoint_bytes)}")
    for note in report.notes:
        click.echo(f"Note: {note}")


def _report_record(report: RunReport) -> dict[str, Any]:
    splits = {
        split.split: {
            head.name: {
                "photos": head.count,
                "right": head.right,
                **{name: dataclasses.asdict(score) for name, score in head.scores.items()},
            }
            for head in split.heads.values()
        }
        for split in report.splits.values()
    }
    return {
        "name": report.name,
        "state": report.state,
        "folder": str(report.folder),
        "headline": dict(report.headline),
        "splits": splits,
        "cost": dataclasses.asdict(report.cost),
        "notes": list(report.notes),
    }


def _print_comparison(comparison: Comparison) -> None:
    from trainer.report.texts import HEAD_SCORES, percent, points, readable

    click.echo(comparison.summary)
    for head in comparison.heads.values():
        click.echo(f"\n{readable(head.name)}, {head.count} photos")
        for score, title in HEAD_SCORES.items():
            before, after = percent(head.first[score].value), percent(head.second[score].value)
            click.echo(f"  {title}: {before} -> {after}, {points(head.difference[score])} points")
        click.echo(f"  gained {len(head.gained)}, lost {len(head.lost)}, McNemar p = {head.test.exact_p:.3f}")
    if comparison.page is not None:
        click.echo(f"\n{comparison.page}")


def _comparison_record(comparison: Comparison) -> dict[str, Any]:
    heads = {
        head.name: {
            "photos": head.count,
            "right": head.right,
            "difference": {name: dataclasses.asdict(score) for name, score in head.difference.items()},
            "mcnemar": dataclasses.asdict(head.test),
            "gained": [each.path for each in head.gained],
            "lost": [each.path for each in head.lost],
        }
        for head in comparison.heads.values()
    }
    return {
        "names": comparison.names,
        "split": comparison.split,
        "photos": comparison.photos,
        "only": comparison.only,
        "summary": comparison.summary,
        "heads": heads,
    }
