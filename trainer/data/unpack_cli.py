"""`recollect unpack`: photos in Parquet shards or IDX files become a folder. Only options and output are here."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("pack", type=_FOLDER)
@click.argument("folder", type=_FOLDER)
@click.option("--source", "sources", multiple=True, help="Only photos of this collection; may be given again.")
@click.option("--per-class", type=click.IntRange(min=1), help="At most so many of each class and part.")
@click.option("--classes", help='Names for the numbers of IDX files: "t-shirt,trouser,pullover,...", from 0 on.')
def unpack(pack: Path, folder: Path, sources: tuple[str, ...], per_class: int | None, classes: str | None) -> None:
    """Write the labelled photos of PACK into FOLDER, as `recollect train` reads them.

    PACK is a folder of Parquet shards, or of the IDX files of MNIST or Fashion-MNIST (`train-images-idx3-ubyte.gz`
    and its like). Their classes are numbers: names are taken from --classes, or from a `classes.txt` beside them.
    """
    from trainer.data.unpacking import unpack as write

    names = tuple(name.strip() for name in classes.split(",")) if classes else ()
    done = write(pack.expanduser(), folder.expanduser(), sources=sources, per_class=per_class, classes=names)
    kinds = f", in {done.kinds} coarse kinds" if done.kinds else ""
    click.echo(f"{done.photos} photos of {done.classes} classes{kinds} are in {done.folder}.")
