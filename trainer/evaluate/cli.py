"""`recollect evaluate`: how good search and teaching are on labelled photos. Only options, output and time are here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.written_file import WrittenFile
from core.paths import LibraryPaths
from core.settings import load_settings
from trainer.chosen_home import chosen_home, chosen_run

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
_FILE = click.Path(dir_okay=False, path_type=Path)
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
@click.option("--on", help="Ask your own labelled photos instead: a folder, a labels.csv, or `library`.")
@click.option(
    "--part",
    type=click.Choice(["validation", "test", "all"]),
    default="validation",
    show_default=True,
    help="With --on: of which of its photos.",
)
@click.option(
    "--queries", type=click.Path(dir_okay=False, path_type=Path), help="With --on: what to ask, else 60 of ours."
)
@click.option("--page", type=WrittenFile(), help="With --on: write queries and photos here.")
@click.option("--save", type=WrittenFile(), help="With --on: keep the vectors in this .npz.")
def retrieval(data: Path, name: str, split: str, as_json: bool, on: str | None, **options: Any) -> None:
    """Do captions find their photos, photos their captions, class names theirs?"""
    from trainer.evaluate.search_quality import retrieval_tables

    if on is not None:
        _report(as_json, name, lambda encoder: _asked(encoder, on, **options))
    elif any(options[each] is not None for each in ("queries", "page", "save")):
        raise click.UsageError("--queries, --page and --save go with --on FOLDER.")
    else:
        _report(as_json, name, lambda encoder: retrieval_tables(encoder, data, split))


def _asked(
    encoder: ClipEncoder, on: str, part: str, queries: Path | None, page: Path | None, save: Path | None
) -> list[Table]:
    from trainer.evaluate.embedded import embed
    from trainer.evaluate.object_retrieval import ask, read_part, read_questions, retrieval_tables, write_answers
    from trainer.teach.embeddings import cache_of

    questions = read_questions(queries)
    home = _home()
    dataset = read_part(on, part, home=home)
    embedded = embed(encoder, dataset.examples, cache_of(home), save)
    click.echo(f"{embedded.new} of {len(embedded.examples)} photos were looked at; the others were known.", err=True)
    answers = ask(encoder, embedded, questions, dataset.kinds)
    if page is not None:
        write_answers(answers, encoder.name, page)
    return retrieval_tables(encoder, embedded, answers)


@evaluate.command("zero-shot")
@_options(_DATA, _ENCODER, _JSON)
@click.option("--on", "source", type=click.Path(path_type=Path), help="Any labelled folder, or a labels.csv, instead.")
@click.option("--part", type=click.Choice(["validation", "test", "all"]), help="With --on: which of the photos.")
@click.option("--templates", type=_FILE, help="With --on: prompts, one a line, with {} for the name of a class.")
@click.option("--against", metavar="RUN", help="With --on: a run whose trained network is asked too.")
@click.option("--page", type=WrittenFile(), help="With --on: write figures and photos here.")
@click.pass_context
def zero_shot(
    ctx: click.Context, data: Path, name: str, as_json: bool, source: Path | None, page: Path | None,
    against: str | None, **asked: Any,
) -> None:  # fmt: skip
    """Does it tell classes, colours and materials apart by name? On photos that the starter was not trained with.

    With --on it is asked for the classes of any labelled photos: of their validation part, or of all if there is none.
    """
    from trainer.evaluate.naming_quality import naming_tables

    if source is None:
        if page is not None or against is not None or any(asked.values()):
            raise click.UsageError("--part, --templates, --against and --page go with --on.")
        _report(as_json, name, lambda encoder: naming_tables(encoder, data))
        return
    from trainer.evaluate.zero_shot import measure, read_templates, zero_shot_tables

    templates = read_templates(asked["templates"]) if asked["templates"] is not None else ()
    run = chosen_run(ctx, against) if against is not None else None

    def tables(encoder: ClipEncoder) -> list[Table]:
        found = measure(
            encoder, source.expanduser(), part=asked["part"], templates=templates, against=run, home=_home()
        )
        if page is not None:
            from trainer.evaluate.zero_shot_page import write_zero_shot_page

            write_zero_shot_page(found, page)
        return zero_shot_tables(found)

    _report(as_json, name, tables)


@evaluate.command()
@_options(_DATA, _ENCODER, _JSON)
@click.option("--page", type=WrittenFile(), help="Write 30 queries and their photos here.")
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


@evaluate.command("open-set")
@_options(_ENCODER, _JSON)
@click.option(
    "--on", "source", required=True, type=click.Path(path_type=Path), help="Photos in a folder for each class."
)
@click.option("--beside", "others", multiple=True, type=click.Path(path_type=Path), help="Other things: all unknown.")
@click.option("--run", "name_of_run", metavar="RUN", help="Measure the tagger of this run instead: a name or a folder.")
@click.option("--test", is_flag=True, help="Ask for the test part instead of the validation part: once, at the end.")
@click.pass_context
def open_set(
    ctx: click.Context, source: Path, others: tuple[Path, ...], name_of_run: str | None, name: str, test: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Does a tagger notice what it was never shown? Some classes are held out of teaching, and then asked for."""
    from trainer.evaluate.unknown_classes import unknown_tables
    from trainer.evaluate.unknown_of_run import run_tables

    if name_of_run is not None and (test or others):
        raise click.UsageError(
            "--run asks for all photos of the folder that the run has not seen: leave the others out."
        )
    run = chosen_run(ctx, name_of_run) if name_of_run is not None else None

    def measure(encoder: ClipEncoder) -> list[Table]:
        if run is not None:
            return run_tables(encoder, source, run.path, home=_home())
        return unknown_tables(encoder, source, others, test=test, home=_home())

    _report(as_json, name, measure)


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


def _home() -> Path:
    """Of the library whose models, vectors and labels are measured."""
    return chosen_home(click.get_current_context())


def _models() -> ModelStore:
    from core.models.registry import ModelStore

    paths = LibraryPaths(_home())
    return ModelStore(paths.models, load_settings(paths.settings), calibration=paths.calibration)
