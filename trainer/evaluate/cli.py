"""`recollect evaluate`: how good search and teaching are on labelled photos. Only options, output and time are here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.paths import LibraryPaths, default_home
from core.settings import load_settings

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from core.models.registry import ModelStore
    from trainer.evaluate.tables import Table

_DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder of the labelled photos.",
)
_ENCODER = click.option("--encoder", "name", default="starter", show_default=True, help="Which model to measure.")
_SPLIT = click.option("--split", default="val", show_default=True, help="Which photos: val or train.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group()
def evaluate() -> None:
    """Measure how good search and teaching are, on labelled photos."""


@evaluate.command()
@_options(_DATA, _ENCODER, _SPLIT, _JSON)
def retrieval(data: Path, name: str, split: str, as_json: bool) -> None:
    """Do captions find their photos, photos their captions, class names theirs?"""
    from trainer.evaluate.search_quality import retrieval_tables

    _report(as_json, name, lambda encoder: retrieval_tables(encoder, data, split))


@evaluate.command("zero-shot")
@_options(_DATA, _ENCODER, _JSON)
def zero_shot(data: Path, name: str, as_json: bool) -> None:
    """Does it tell classes, colours and materials apart by name? On photos that the starter was not trained with."""
    from trainer.evaluate.naming_quality import naming_tables

    _report(as_json, name, lambda encoder: naming_tables(encoder, data))


@evaluate.command()
@_options(_DATA, _ENCODER, _JSON)
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write 30 queries and their photos here.")
def everyday(data: Path, name: str, as_json: bool, page: Path | None) -> None:
    """Does it find what people ask for? A hundred everyday queries, on photos that the starter was not trained with."""
    from trainer.evaluate.everyday import answers, everyday_tables, write_hits

    def measure(encoder: ClipEncoder) -> list[Table]:
        found = answers(encoder, data)
        if page is not None:
            write_hits(found, encoder.name, page)
        return everyday_tables(found)

    _report(as_json, name, measure)


@evaluate.command()
@_options(_DATA, _ENCODER, _JSON)
def words(data: Path, name: str, as_json: bool) -> None:
    """What becomes of words that no photo was described with? Of a model that says which words it was trained with."""
    from trainer.evaluate.words_quality import words_tables

    known = _models().known_words(name)
    if known is None:
        raise click.UsageError(f"{name} does not say which words it was trained with.")
    _report(as_json, name, lambda encoder: words_tables(encoder, known, data))


@evaluate.command()
@_options(_DATA, _ENCODER, _JSON)
def views(data: Path, name: str, as_json: bool) -> None:
    """What does it gain to look at a photo more than once: mirrored, in its middle, in parts?"""
    from trainer.evaluate.views_quality import views_tables

    _report(as_json, name, lambda encoder: views_tables(encoder, data))


@evaluate.command()
@_options(_DATA, _ENCODER, _SPLIT, _JSON)
def templates(data: Path, name: str, split: str, as_json: bool) -> None:
    """Do prompt templates help this model?"""
    from trainer.evaluate.search_quality import template_tables

    _report(as_json, name, lambda encoder: template_tables(encoder, data, split))


@evaluate.command()
@_options(_DATA, _ENCODER, _JSON)
def products(data: Path, name: str, as_json: bool) -> None:
    """Are the first results right, for ten classes of product photos?"""
    from trainer.evaluate.search_quality import product_tables

    _report(as_json, name, lambda encoder: product_tables(encoder, data))


@evaluate.command()
@_options(_DATA, _ENCODER, _SPLIT, _JSON)
def relevance(data: Path, name: str, split: str, as_json: bool) -> None:
    """Do strengths mean what they say, and does the line hide the right photos?"""
    from trainer.evaluate.relevance_quality import relevance_tables

    _report(as_json, name, lambda encoder: relevance_tables(encoder, data, split))


@evaluate.command()
@_options(_DATA, _ENCODER, _JSON)
@click.option("--test", is_flag=True, help="Ask for the test part instead of the validation part: once, at the end.")
def teach(data: Path, name: str, test: bool, as_json: bool) -> None:
    """How right is a tagger that was taught with so many photos of each class?"""
    from trainer.evaluate.teach_quality import teach_tables

    _report(as_json, name, lambda encoder: teach_tables(encoder, data, test=test))


def _report(as_json: bool, name: str, measure: Callable[[ClipEncoder], list[Table]]) -> None:
    start = time.perf_counter()
    encoder = _models().load(name)
    tables = measure(encoder)
    elapsed_s = time.perf_counter() - start
    if as_json:
        records = [table.records() for table in tables]
        click.echo(json.dumps({"encoder": encoder.key, "elapsed_s": round(elapsed_s, 1), "tables": records}))
    else:
        click.echo("\n\n".join(table.markdown() for table in tables))
        click.echo(f"\n{encoder.key}, {elapsed_s:.0f} s")


def _models() -> ModelStore:
    from core.models.registry import ModelStore

    paths = LibraryPaths(default_home())
    return ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration)
