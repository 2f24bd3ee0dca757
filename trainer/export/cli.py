"""`recollect export`: a run's tagger as ONNX. Only options and output are here."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from trainer.chosen_home import chosen_run


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--int8", is_flag=True, help="Also a file of 8-bit numbers: smaller, and faster on most machines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.pass_context
def export(ctx: click.Context, run: str, out: Path, int8: bool, as_json: bool) -> None:
    """Write the tagger of RUN (a name, a run's folder or a checkpoint) into the folder OUT as ONNX, and measure it."""
    from trainer.export.onnx_export import export_onnx

    report = export_onnx(_source(ctx, run), out, int8=int8)
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        click.echo(report.table().markdown())
        for note in report.notes:
            click.echo(f"\n{note}")
        click.echo(f"\n{out}")


def _source(ctx: click.Context, run: str) -> Path:
    if Path(run).is_dir():
        return Path(run)
    return chosen_run(ctx, run).path
