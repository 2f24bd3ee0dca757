"""`recollect search` and `recollect similar`: photos come out, as text, JSON lines or a contact sheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.context import Session, console, pass_session
from core.cli.written_file import WrittenFile
from core.contact_sheet import contact_sheet
from core.coverage import hardly_known_sentence
from core.errors import PhotoError, QueryError
from core.projections import folder_of_projection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.coverage import Coverage
    from core.library import Library
    from core.types import Hit, SearchResult

EXIT_NOTHING = 1
WORDS_WAIT_S = 60.0  # the first word that a model does not know takes it some seconds, with a large model more
TILE_PX = 256


@click.command()
@click.argument("text", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a query, weak hits included.")
@click.option("--sheet", type=WrittenFile(), help="Write the hits as a picture (PNG).")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Hits a query.")
@click.option("--from", "queries_file", type=click.File(encoding="utf-8"), help="Many queries, one a line.")
@click.option("--strictness", type=click.FloatRange(0, 1), help="0 shows everything, 1 only what is certain.")
@click.option("--weak", "show_weak", is_flag=True, help="Show weak hits too.")
@pass_session
def search(
    session: Session,
    text: tuple[str, ...],
    as_json: bool,
    sheet: Path | None,
    limit: int,
    queries_file: Any,
    strictness: float | None,
    show_weak: bool,
) -> None:
    """Find photos that look like TEXT. docs/search.md explains weights, signs and filters."""
    queries = _queries(text, queries_file)
    found = False
    with session.library() as library:
        _say_if_empty(library)
        for number, query in enumerate(queries, start=1):
            result = _search(library, query, limit, strictness)
            found |= bool(_shown(result.hits, show_weak))
            if as_json:
                coverage = as_record(library.coverage(query, wait_s=WORDS_WAIT_S))
                click.echo(json.dumps({"query": query, "hits": as_records(result.hits), "coverage": coverage}))
            else:
                _print_hits(query, result, show_weak=show_weak)
                _print_coverage(library, query)
            if sheet is not None:
                _write_sheet(library, query, result.hits, _numbered(sheet, number, len(queries)))
    if not found:
        raise click.exceptions.Exit(EXIT_NOTHING)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON: exact copies and near photos.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Near photos.")
@click.option("--weak", "show_weak", is_flag=True, help="Show weak hits too.")
@click.option("--projection", metavar="RUN", help="A run of `clip-projection`, to order them by: a name or a folder.")
@pass_session
def similar(session: Session, file: Path, as_json: bool, limit: int, show_weak: bool, projection: str | None) -> None:
    """Find photos like FILE, which need not be in the library. Copies of the same content stand apart."""
    with session.library() as library:
        _say_if_empty(library)
        learned = folder_of_projection(library.paths.runs, projection) if projection is not None else None
        result = library.similar(library.find_photo(file) or file, limit=limit, projection=learned)
    if as_json:
        record = {"file": str(file), "exact": as_records(result.exact), "near": as_records(result.near)}
        click.echo(json.dumps(record))
    else:
        for hit in result.exact:
            click.echo(f"same  {click.format_filename(hit.path)}")
        _print_lines(result.near, show_weak, "" if result.exact else f"Nothing is clearly like {file.name}. ")
    if not result.exact and not _shown(result.near, show_weak):
        raise click.exceptions.Exit(EXIT_NOTHING)


def _search(library: Library, query: str, limit: int, strictness: float | None) -> SearchResult:
    try:
        return library.search(query, limit=limit, strictness=strictness)
    except QueryError as error:
        console().print(query, markup=False)
        console().print(" " * error.start + "^" * max(1, error.end - error.start), style="red")
        raise


def as_records(hits: Sequence[Hit]) -> list[dict[str, object]]:
    """Hits as `--json` prints them."""
    return [{"path": str(hit.path), "score": round(hit.score, 4), "weak": hit.weak} for hit in hits]


def as_record(coverage: Coverage | None) -> dict[str, object] | None:
    """How well the words of a query are known, as `--json` prints it."""
    if coverage is None:
        return None
    unknown, near = list(coverage.hardly_known), coverage.taken_for
    return {"measure": round(coverage.measure, 4), "hardly_known": unknown, "taken_for": near}


def _queries(text: tuple[str, ...], queries_file: Any) -> list[str]:
    queries = [" ".join(text)] if text else []
    if queries_file is not None:
        queries += [line.strip() for line in queries_file if line.strip()]
    if not queries:
        raise click.UsageError("Say what to search for: recollect search red shoes on grass")
    return queries


def _say_if_empty(library: Library) -> None:
    if not library.photo_count():
        raise click.UsageError("The library is empty. Add photos first: recollect index DIR")


def _print_hits(query: str, result: SearchResult, *, show_weak: bool) -> None:
    _print_lines(result.hits, show_weak, f"Nothing is clearly {query!r}. ", result.note)


def _print_lines(hits: Sequence[Hit], show_weak: bool, nothing: str, note: str | None = None) -> None:
    """Those to be seen, and how many are not; `nothing` goes before that where all are weak."""
    shown = _shown(hits, show_weak)
    for hit in shown:
        click.echo(_line(hit))
    if note:
        console().print(note, style="dim")
    if hidden := len(hits) - len(shown):
        said = "1 weaker result is hidden" if hidden == 1 else f"{hidden} weaker results are hidden"
        console().print(f"{'' if shown else nothing}{said}; --weak shows them.", style="dim", markup=False)


def _shown(hits: Sequence[Hit], show_weak: bool) -> list[Hit]:
    return [hit for hit in hits if show_weak or not hit.weak]


def _print_coverage(library: Library, query: str) -> None:
    """After the hits, which need not wait for it."""
    coverage = library.coverage(query, wait_s=WORDS_WAIT_S)
    if coverage is None or not coverage.hardly_known or library.encoder_name is None:
        return
    title = library.models.info(library.encoder_name).title
    said = hardly_known_sentence(title, coverage.hardly_known, repr)
    remedy = "`recollect models list` shows larger models."
    console().print(f"{said}: these results may have little to do with it. {remedy}", style="yellow", markup=False)


def _line(hit: Hit) -> str:
    return f"{hit.score:4.0%}  {click.format_filename(hit.path)}" + ("  (weak)" if hit.weak else "")


def _write_sheet(library: Library, query: str, hits: Sequence[Hit], target: Path) -> None:
    tiles: list[tuple[bytes, str, bool]] = []
    for hit in hits:
        try:
            tiles.append((library.thumbnail(hit.photo_id, TILE_PX), f"{hit.score:.0%}  {hit.path.name}", hit.weak))
        except PhotoError as error:
            console().print(str(error), style="yellow", markup=False)
    contact_sheet(query, tiles).save(target)


def _numbered(sheet: Path, number: int, queries: int) -> Path:
    """One sheet a query: hits.png, or hits-1.png, hits-2.png."""
    return sheet if queries == 1 else sheet.with_stem(f"{sheet.stem}-{number}")
