"""Questions in words to the photos of a folder: precise ones ("a new red plastic pen") and ambiguous ones ("something
to write with"), with the first photos of each and how strong they are.

A question may name the classes that answer it. Where photos have one of these classes, it is judged; else its photos
are shown and nothing is counted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import LabelFileError
from core.prompts import embed_texts
from core.relevance import Relevance, combine, measure_noise
from core.tags.values import Split
from trainer.data.sources import read_examples
from trainer.data.splits import split_dataset
from trainer.evaluate.embedded import Embedded
from trainer.evaluate.photos import DataMissingError, spoken
from trainer.evaluate.retrieval import average_precisions, estimate, name_precision, precision_at
from trainer.evaluate.tables import Cell, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.clip import ClipEncoder
    from trainer.data.examples import Dataset

DEPTH = 12
"""Results that a window shows at first."""

ALL = "all"
_STRICTNESS = 0.35  # as the window has it at first


class Question(BaseModel):
    """One query."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    kind: str = ""  # precise, ambiguous, or whatever the file calls it
    names: tuple[str, ...] = ()  # classes, or coarse kinds, that are right; empty: nobody can say


@dataclass(frozen=True, slots=True)
class Hit:
    """One photo that was found."""

    path: Path
    label: str  # empty: none
    cosine: float
    strength: float
    weak: bool
    right: bool | None  # None: the question is not judged


@dataclass(frozen=True, slots=True)
class Answer:
    """What an encoder says to a question."""

    question: Question
    hits: tuple[Hit, ...]  # the first `DEPTH`
    right: int | None  # photos of all that would be right; None: it is not judged
    average_precision: float | None
    first_right: float | None  # the share of right ones among the first, or among as many as could be right


def read_part(source: str, part: str, *, home: Path) -> Dataset:
    """The photos of one part of a labelled folder, table or library. Where the data have no parts, they are divided as
    a training with the usual values and the seed 0 divides them.

    Raises:
        DataMissingError: there are no photos in that part.
        LabelFileError, TrainingError: see `trainer.data.sources.read_examples`.
    """
    dataset = read_examples(source, home=home)
    if part == ALL:
        return dataset
    chosen = split_dataset(dataset, leave_out_leaks=False).of(Split(part))
    if not chosen:
        raise DataMissingError(f"{dataset.name} has no {part} photos.", remedy=f"Take another part: --part {ALL}.")
    return dataset.with_examples(chosen)


def read_questions(file: Path | None = None) -> tuple[Question, ...]:
    """Of a TOML file with entries [[query]] of `text`, `kind` and `names`, or of a plain text, a line each; None: those
    that come along, for everyday objects.

    Raises:
        LabelFileError: it cannot be read, or has none.
    """
    if file is None:
        text = files("trainer").joinpath("evaluate", "object_queries.toml").read_text(encoding="utf-8")
        return _of_toml(text)
    try:
        text = file.read_text(encoding="utf-8")
        found = _of_toml(text) if file.suffix.lower() == ".toml" else _of_lines(text)
        if not found:
            raise ValueError("it has none")
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise LabelFileError(
            f"{file.name} is no file of queries: {str(error).splitlines()[0]}.",
            remedy='Write one a line, or as TOML: [[query]], text = "a red pen", kind = "precise", names = ["pen"].',
            path=file,
        ) from error
    return found


def _of_toml(text: str) -> tuple[Question, ...]:
    return tuple(Question.model_validate(each) for each in tomllib.loads(text)["query"])


def _of_lines(text: str) -> tuple[Question, ...]:
    return tuple(Question(text=line.strip()) for line in text.splitlines() if line.strip())


def ask(
    encoder: ClipEncoder, embedded: Embedded, questions: Sequence[Question], kinds: Mapping[str, str]
) -> list[Answer]:
    """
    Args:
        kinds: The coarse kind of each class that has one.
    """
    noise = measure_noise(encoder, embedded.vectors, templates=encoder.templates)
    texts = embed_texts(encoder, [each.text for each in questions], encoder.templates)
    spoken = [_spoken(label, kinds) for label in embedded.classes]
    answers: list[Answer] = []
    for question, vector in zip(questions, texts, strict=True):
        cosines = embedded.vectors @ vector
        relevance = Relevance(combine([(vector, 1.0, "text")], noise), _STRICTNESS)
        wanted = {name.lower() for name in question.names}
        right = np.array([not wanted.isdisjoint(names) for names in spoken], np.bool_)
        answers.append(_answer(question, embedded, cosines, relevance.strength(cosines), relevance, right))
    return answers


def _answer(
    question: Question,
    embedded: Embedded,
    cosines: NDArray[np.floating],
    strengths: NDArray[np.floating],
    relevance: Relevance,
    right: NDArray[np.bool_],
) -> Answer:
    judged = bool(right.any())
    weak = relevance.is_weak(strengths)
    hits = tuple(
        Hit(
            embedded.examples[row].path,
            embedded.classes[row],
            float(cosines[row]),
            float(strengths[row]),
            bool(weak[row]),
            bool(right[row]) if judged else None,
        )
        for row in np.argsort(-cosines, kind="stable")[:DEPTH].tolist()
    )
    if not judged:
        return Answer(question, hits, None, None, None)
    precision = float(average_precisions(cosines[None], right[None])[0])
    count = int(right.sum())
    return Answer(question, hits, count, precision, precision_at(cosines, right, min(DEPTH, count)))


def _spoken(label: str, kinds: Mapping[str, str]) -> frozenset[str]:
    """All that a class may be called in a question: its name, as people say it, and its coarse kind."""
    names = (label, label.replace("_", " "), spoken(label), kinds.get(label, label))
    return frozenset(name.lower() for name in names if name)


def retrieval_tables(encoder: ClipEncoder, embedded: Embedded, answers: Sequence[Answer]) -> list[Table]:
    """Class names as queries, the questions by kind, and each of them."""
    rows: list[tuple[Cell, ...]] = []
    for kind in (*dict.fromkeys(each.question.kind for each in answers), ALL):
        chosen = [each for each in answers if kind in (each.question.kind, ALL)]
        judged = [each for each in chosen if each.average_precision is not None]
        precisions = np.array([each.average_precision for each in judged], np.float64)
        first = float(np.mean([each.first_right for each in judged if each.first_right is not None])) if judged else ""
        strength = float(np.mean([each.hits[0].strength for each in chosen]))
        mean: Cell = estimate(precisions) if judged else ""
        rows.append((kind or "queries", len(chosen), len(judged), mean, first, strength))
    head = ("kind", "queries", "judged", "mAP", f"P@{DEPTH}", "strength of the first")
    each_head = ("query", "kind", "cosine of the first", "strength of the first", "right", f"P@{DEPTH}")
    return [
        *_names_table(encoder, embedded),
        Table(f"Queries in words, {len(embedded.examples)} photos", head, rows),
        Table("Each query", each_head, [_row(each) for each in answers]),
    ]


def _row(answer: Answer) -> tuple[Cell, ...]:
    first = answer.hits[0]
    right, share = answer.right, answer.first_right
    return (
        answer.question.text,
        answer.question.kind,
        first.cosine,
        first.strength,
        "" if right is None else right,
        "" if share is None else share,
    )


def _names_table(encoder: ClipEncoder, embedded: Embedded) -> list[Table]:
    classes = np.array(embedded.classes)
    names = sorted({label for label in embedded.classes if label})
    if len(names) < 2:
        return []
    texts = embed_texts(encoder, [spoken(name) for name in names], encoder.templates)
    labelled = classes != ""
    relevant = classes[None, labelled] == np.array(names)[:, None]
    found = name_precision(texts, embedded.vectors[labelled], relevant)
    return [Table("A class name finds its photos", ("names", "photos", "mAP"), [(found.names, found.pool, found.mean)])]


def write_answers(answers: Sequence[Answer], model: str, file: Path) -> None:
    """A page with the first photos of each question.

    Raises:
        MachineError: it cannot be written.
    """
    from trainer.report.page import environment, write_page
    from trainer.report.thumbnails import Thumbnails

    picture = Thumbnails(len(answers) * DEPTH)
    told = [
        {
            "text": each.question.text,
            "about": _about(each),
            "hits": [
                {
                    "picture": picture(str(hit.path)),
                    "words": hit.label or hit.path.name,
                    "right": hit.right,
                    "figures": f"{hit.cosine:.2f}, strength {hit.strength:.2f}{', weak' if hit.weak else ''}",
                }
                for hit in each.hits
            ],
        }
        for each in answers
    ]
    lead = (
        f"{len(answers)} queries with their first {DEPTH} photos: the cosine of each, and its strength from 0 to 1. "
        "Where a query names the classes that answer it, and photos have one of them, a mark says which are right."
    )
    page = environment().get_template("hits.html")
    write_page(file, page.render(model=model, answers=told, lead=lead))


def _about(answer: Answer) -> str:
    kind = f"{answer.question.kind.capitalize()}. " if answer.question.kind else ""
    if answer.right is None or answer.average_precision is None:
        return f"{kind}No class here is known to answer it."
    found = sum(bool(hit.right) for hit in answer.hits)
    return (
        f"{kind}{found} of the first {len(answer.hits)} are right; {answer.right} photos would be. "
        f"Average precision {answer.average_precision:.2f}."
    )
