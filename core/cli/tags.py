"""`recollect tags` and `recollect taggers`: what photos show, and who says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.context import Session, console, pass_session
from core.cli.progress_bar import wait_until_indexed
from core.errors import ModelError
from core.tags.values import TaggerId, TagSource

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.values import Tag, TaggerInfo

EXIT_NOTHING = 1


@click.command()
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path))
@click.option("--head", help="Only this one: class, color, ...")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a photo or value.")
@pass_session
def tags(session: Session, photos: tuple[Path, ...], head: str | None, as_json: bool) -> None:
    """Show the tags of PHOTOS; without PHOTOS how many photos have each tag. A ? stands behind what is unsure."""
    with session.library() as library:
        found = _show_photos(library, photos, head, as_json) if photos else _show_facets(library, head, as_json)
    if not found:
        if not photos:
            console().print(f"No photo has a tag{f' of {head}' if head else ''}.", style="yellow", markup=False)
        raise click.exceptions.Exit(EXIT_NOTHING)


@click.group()
def taggers() -> None:
    """The taggers: what was trained, and which one answers."""


@taggers.command("list")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a tagger.")
@pass_session
def list_taggers(session: Session, as_json: bool) -> None:
    """Show which taggers there are, and which one answers."""
    with session.library() as library:
        infos = library.tags.taggers()
        coming = library.tags.on_its_way()
    for info in infos:
        if as_json:
            click.echo(json.dumps(_record(info)))
            continue
        mark = "●" if info.live else "…" if coming is not None and coming.id == info.id else " "
        metrics = ", ".join(f"{name} {value:.3g}" for name, value in info.metrics.items())
        lost = "" if info.usable else "  (cannot be used at the moment)"
        click.echo(f"{mark} {info.id:>3}  {info.name}  [{', '.join(info.heads)}]  {metrics}{lost}".rstrip())
    if not as_json:
        click.echo("\n● answers now   … is looking at the photos   Train one: recollect train")


@taggers.command()
@click.argument("tagger", type=int)
@click.option("--wait/--no-wait", default=True, help="Look at all photos now, or leave it to the window.")
@pass_session
def use(session: Session, tagger: int, wait: bool) -> None:
    """Let TAGGER answer, the number that `list` shows. The one in use answers until it has looked at all photos."""
    with session.library() as library:
        info = library.tags.use(TaggerId(tagger))
        _finish(library, info, wait=wait)


@taggers.command()
@click.option("--wait/--no-wait", default=True, help="Look at new photos now, or leave it to the window.")
@pass_session
def rollback(session: Session, wait: bool) -> None:
    """Go back to what answered before, with all that it said of the photos."""
    with session.library() as library:
        info = library.tags.roll_back()
        _finish(library, info, wait=wait)


@taggers.command()
@click.argument("members", nargs=-1, required=True, metavar="TAGGER TAGGER...")
@click.option("--name", help="What the new one is called. [default: the names of its members]")
@click.option("--wait/--no-wait", default=True, help="Look at all photos now, or leave it to the window.")
@pass_session
def combine(session: Session, members: tuple[str, ...], name: str | None, wait: bool) -> None:
    """Make one tagger of two or more, names or numbers that `list` shows: it averages what they say, and answers from
    then on. The members stay, and may be deleted: it has copies of them.
    """
    with session.library() as library:
        infos = list({info.id: info for info in (_called(library, member) for member in members)}.values())
        if len(infos) < 2:
            raise click.UsageError("Name two different taggers at least; see `recollect taggers list`.")
        info = library.tags.combine([info.id for info in infos], name or " + ".join(info.name for info in infos))
        _finish(library, info, wait=wait)


@taggers.command()
@click.argument("tagger", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def delete(session: Session, tagger: int, yes: bool) -> None:
    """Delete TAGGER, its files and what it said of the photos. One that is in use stays."""
    with session.library() as library:
        info = _info(library, tagger)
        if not yes:
            click.confirm(f"Delete {info.name}?", abort=True)
        library.tags.delete(info.id)
    click.echo(f"{info.name} is deleted.")


def _finish(library: Library, info: TaggerInfo, *, wait: bool) -> None:
    if wait:
        wait_until_indexed(library, console())
        info = _info(library, info.id)
        if not info.live and info.source is TagSource.MODEL:
            raise ModelError(f"{info.name} does not answer yet.", remedy="See `recollect doctor`.")
    click.echo(f"{info.name} answers now." if info.live else f"{info.name} answers as soon as it has seen all photos.")


def _info(library: Library, tagger: int) -> TaggerInfo:
    info = next((info for info in library.tags.taggers() if info.id == tagger), None)
    if info is None:
        raise ModelError(f"There is no tagger {tagger}.", remedy="See `recollect taggers list`.")
    return info


def _called(library: Library, text: str) -> TaggerInfo:
    """The tagger of a number or a name."""
    if text.isdecimal():
        return _info(library, int(text))
    named = [info for info in library.tags.taggers() if info.name == text]
    if not named:
        raise ModelError(f"There is no tagger called {text}.", remedy="See `recollect taggers list`.")
    if len(named) > 1:
        numbers = ", ".join(str(info.id) for info in named)
        raise ModelError(f"Several taggers are called {text}: {numbers}.", remedy="Name the number that you mean.")
    return named[0]


def _show_photos(library: Library, paths: tuple[Path, ...], head: str | None, as_json: bool) -> bool:
    found = False
    for path in paths:
        photo_id = library.find_photo(path)
        if photo_id is None:
            console().print(f"{path} is not in the library.", style="yellow", markup=False)
            continue
        tags = library.tags.of([photo_id]).get(photo_id, {})
        shown = [tag for tag in tags.values() if head in (None, tag.head)]
        found |= bool(shown)
        if as_json:
            click.echo(json.dumps({"path": str(path), "tags": {tag.head: _tag_record(tag) for tag in shown}}))
        else:
            click.echo(f"{click.format_filename(path)}: {', '.join(_tag_text(tag) for tag in shown) or 'no tags yet'}")
    return found


def _show_facets(library: Library, head: str | None, as_json: bool) -> bool:
    facets = library.tags.facets(head)
    for facet in facets:
        if as_json:
            record = {"head": facet.head, "value": facet.value, "count": facet.count, "unsure": facet.unsure}
            click.echo(json.dumps(record))
        else:
            unsure = f" (and {facet.unsure} unsure)" if facet.unsure else ""
            click.echo(f"{facet.head}: {facet.value}  {facet.count}{unsure}")
    return bool(facets)


def _tag_text(tag: Tag) -> str:
    probability = "" if tag.prediction is None or tag.source is TagSource.USER else f" {tag.prediction.probability:.0%}"
    if tag.is_unknown:
        return f"{tag.head} unknown, nearest {tag.value}"
    return f"{tag.head} {tag.value}{probability}{'' if tag.sure else '?'}"


def _tag_record(tag: Tag) -> dict[str, object]:
    probability = None if tag.prediction is None else round(tag.prediction.probability, 4)
    return {
        "value": tag.value,
        "source": tag.source.value,
        "sure": tag.sure,
        "unknown": tag.is_unknown,
        "probability": probability,
    }


def _record(info: TaggerInfo) -> dict[str, object]:
    return {
        "id": info.id,
        "name": info.name,
        "source": info.source.value,
        "live": info.live,
        "usable": info.usable,
        "heads": {head: list(labels) for head, labels in info.heads.items()},
        "metrics": dict(info.metrics),
        "run": info.run,
        "created_at": info.created_at.isoformat(),
    }
