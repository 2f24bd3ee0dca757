"""`recollect doctor`: what is installed, what is wrong, how to mend it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console

from core.cli.context import Session, pass_session
from core.doctor import Finding, examine

EXIT_WRONG = 1
MARKS = {"ok": "[green]✓[/green]", "note": "[yellow]•[/yellow]", "wrong": "[red]✗[/red]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a finding.")
@pass_session
def doctor(session: Session, as_json: bool) -> None:
    """Say what is installed, which device is used, what is wrong, and how to mend it."""
    output = Console(highlight=False)
    wrong = False
    for finding in examine(session.home):
        wrong |= finding.state == "wrong"
        if as_json:
            click.echo(json.dumps(asdict(finding)))
        else:
            _print(output, finding)
    if wrong:
        raise click.exceptions.Exit(EXIT_WRONG)


def _print(output: Console, finding: Finding) -> None:
    output.print(MARKS[finding.state], end=" ")
    output.print(f"{finding.subject}: {finding.text}", markup=False, soft_wrap=True)
    if finding.remedy:
        output.print(f"  → {finding.remedy}", markup=False, soft_wrap=True)
