"""`recollect unpack`: photos in Parquet shards become a folder. Only options and output are here."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("pack", type=_FOLDER)
@click.argument("folder", type=_FOLDER)
@click.option("--source", "sources", multiple=True, help="Only photos of this collection; may be given again.")
@click.option("--per-class", type=click.IntRange(min=1), help="At most so many of each class and part.")
def unpack(pack: Path, folder: Path, sources: tuple[str, ...], per_class: int | None) -> None:
    """Write the labelled photos of PACK, a folder of Parquet shards, into FOLDER, as `recollect train` reads them."""
    from trainer.data.unpacking import unpack as write

    done = write(pack.expanduser(), folder.expanduser(), sources=sources, per_class=per_class)
    kinds = f", in {done.kinds} coarse kinds" if done.kinds else ""
    click.echo(f"{done.photos} photos of {done.classes} classes{kinds} are in {done.folder}.")
