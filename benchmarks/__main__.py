"""`python -m benchmarks [NAME]`: run one measurement, or all of them, each in a process of its own."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.report import Report

# In this order: what is quick and tells most comes first.
NAMES = (
    "decoding", "first_paint", "grid", "everyday", "search", "recall", "encoders", "teaching", "tagging", "training",
    "indexing", "near_duplicates", "memory",
)  # fmt: skip


@click.command()
@click.argument("name", required=False, type=click.Choice(NAMES))
@click.option(
    "--photos",
    type=click.IntRange(10),
    help="How many photos `grid`, `teaching`, `tagging`, `training`, `indexing`, `near_duplicates`, `memory` take.",
)
def main(name: str | None, photos: int | None) -> None:
    """Measure Recollect on this machine. Without NAME: everything."""
    if name is None:
        # A process each: memory that one measurement has taken would show in the next.
        codes = [subprocess.run([sys.executable, "-m", "benchmarks", each], check=False).returncode for each in NAMES]
        sys.exit(max(codes))
    report = Report(name)
    with tempfile.TemporaryDirectory(prefix="recollect bench ") as scratch:
        module = importlib.import_module(f"benchmarks.{name}")
        module.run(report, Path(scratch), **({"photos": photos} if photos is not None else {}))
    report.show()


if __name__ == "__main__":
    main()
