"""Zero-shot on any labelled photos: each gets the class whose name, in sentences, lies nearest to it.

The method, and averaging the vectors of several sentences, are CLIP's (Radford et al., Learning Transferable Visual
Models From Natural Language Supervision, 2021). A trained network can be asked for the very same photos beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.errors import LabelFileError
from core.prompts import embed_texts
from core.tags.values import Split
from trainer.data.examples import Dataset
from trainer.data.sources import read_examples
from trainer.evaluate.asking import ask, name_of, outputs_of, tagger_of
from trainer.evaluate.tables import Cell, Table
from trainer.report.calibration import fit_temperature
from trainer.report.comparison import HeadComparison, compare_outputs
from trainer.report.intervals import Interval, bootstrap
from trainer.report.outputs import HeadOutputs, Outputs, ReportError
from trainer.report.texts import readable
from trainer.runs.run_kind import tagger_checkpoint
from trainer.starter.corpus import READABLE
from trainer.starter.validation import PROMPT

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder
    from trainer.data.examples import Example
    from trainer.runs.run_folder import RunFolder

Part = Literal["validation", "test", "all"]

SCALE = 100.0
"""What CLIP's cosines are multiplied with before the softmax. How sharp another model is, a temperature says, which is
fitted on the very photos that are asked for: it changes probabilities, and no answer."""
_TEMPLATES = "Write one template a line, with {} where the name of the class stands: a photo of a {}."
_NAMED = 5  # classes in a sentence
TITLES = {"accuracy": "accuracy", "macro_f1": "macro F1", "weighted_f1": "weighted F1"}


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was found on N photos; all outputs are of the same photos in the same order."""

    encoder: str
    data: str  # its name
    part: Part
    head: str  # "class", where there is one
    templates: tuple[str, ...]  # of `averaged`
    averaged: Outputs  # with the mean vector of all templates
    single: Outputs  # with `PROMPT` alone
    run_name: str | None  # of the trained network beside it
    of_run: Outputs | None
    notes: tuple[str, ...]

    @property
    def gained(self) -> HeadComparison:
        """The averaged templates against the single one."""
        return compare_outputs(self.single, self.averaged).heads[self.head]

    @property
    def against(self) -> HeadComparison | None:
        """The trained network, which comes first, and zero-shot; None where no run was named."""
        return None if self.of_run is None else compare_outputs(self.of_run, self.averaged).heads[self.head]


def measure(
    encoder: ClipEncoder,
    source: Path,
    *,
    part: Part | None = None,
    templates: Sequence[str] = (),
    against: RunFolder | None = None,
    home: Path | None = None,
) -> Measured:
    """
    Args:
        source: As `trainer.data.sources.read_examples` takes it.
        part: None: the validation photos, or all where the data has no parts.
        templates: Sentences with {} for the name; empty: the encoder's own.
        against: A run whose network is asked too. Parts are then those of the run, and photos that it has learned from
            are left out.
        home: Of the library that "library" means; None: the default one.

    Raises:
        LabelFileError, TrainingError: the photos cannot be read, or there are none of that part.
        TrainingError: the run has no tagger.
        ReportError: the network of the run answers nothing that is asked here.
        ModelError: the network cannot be loaded.
    """
    if against is not None:
        tagger_checkpoint(against)  # before photos are read that it cannot be asked for
    dataset = read_examples(source, home=home)
    head, names = next(iter(dataset.heads.items()))
    learned_from = Dataset.read(against.data) if against is not None else None
    chosen, examples, notes = choose(dataset, head, part, learned_from)
    tagger = tagger_of(against, head, names, encoder) if against is not None else None
    if tagger is not None and (strange := set(names).difference(tagger.heads[head])):
        notes.append(f"The run does not know {_some(sorted(strange))}, and cannot be right there.")
    vectors, of_run = ask(encoder, tagger, head, examples)
    targets = dataset.targets(examples, {head: names})[head]
    words = [spoken(name) for name in names]

    def outputs(sentences: Sequence[str]) -> Outputs:
        logits = SCALE * vectors @ embed_texts(encoder, words, sentences).T
        said = HeadOutputs(names, logits.astype(np.float32), targets)
        return outputs_of(examples, head, said, vectors, fit_temperature(said.logits, targets))

    used = tuple(templates) or encoder.templates
    return Measured(
        encoder=encoder.name,
        data=dataset.name,
        part=chosen,
        head=head,
        templates=used,
        averaged=outputs(used),
        single=outputs((PROMPT,)),
        run_name=name_of(against) if against is not None else None,
        of_run=of_run,
        notes=(*dataset.warnings, *notes),
    )


def choose(
    dataset: Dataset, head: str, part: Part | None, learned_from: Dataset | None
) -> tuple[Part, list[Example], list[str]]:
    """The photos of a part that have a label of the head, each content once, and what has to be said about them.

    Args:
        learned_from: The photos of the run that is asked too.

    Raises:
        LabelFileError: there are none.
    """
    known = {} if learned_from is None else {each.content_hash: each.split for each in learned_from.examples}
    labelled = [each for each in dataset.examples if head in each.labels]
    photos = list({each.content_hash: each for each in reversed(labelled)}.values())[::-1]
    split_of = {each.content_hash: known.get(each.content_hash, each.split) for each in photos}
    learned = {content for content, split in known.items() if split not in (Split.VALIDATION, Split.TEST)}
    if part is None:
        part = "validation" if Split.VALIDATION in split_of.values() else "all"
    wanted = set(Split) | {None} if part == "all" else {Split(part)}
    kept = [each for each in photos if split_of[each.content_hash] in wanted]
    fresh = [each for each in kept if each.content_hash not in learned]
    if not fresh:
        raise LabelFileError(
            f"{dataset.name} has no {'photos' if part == 'all' else f'{part} photos'} to ask for.",
            remedy="Choose another part with --part, or another run: photos that it has learned from do not count.",
        )
    left_out = len(kept) - len(fresh)
    return part, fresh, [f"{left_out} photos that the run has learned from are left out."] if left_out else []


def spoken(name: str) -> str:
    """The name of a class as people say it."""
    return READABLE.get(name, name.replace("_", " "))


def read_templates(file: Path) -> tuple[str, ...]:
    """One a line, each with {} where the name stands.

    Raises:
        ReportError: it cannot be read, is empty, or a line has no {}.
    """
    try:
        text = file.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ReportError(f"The templates {file} cannot be read: {error}.", remedy=_TEMPLATES, path=file) from error
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    without = [line for line in lines if "{}" not in line]
    if not lines or without:
        what = f"The template {readable(without[0])!r} has no {{}}." if without else f"{file.name} holds no templates."
        raise ReportError(what, remedy=_TEMPLATES, path=file)
    return lines


def zero_shot_tables(found: Measured) -> list[Table]:
    """Scores with 95 % intervals, and the paired differences."""
    photos, classes = len(found.averaged), len(found.averaged.heads[found.head].labels)
    part = "" if found.part == "all" else f"{found.part} "
    scores = [(name, *of_row.values()) for name, of_row in score_rows(found).items()]
    title = f"{readable(found.data)}: {photos} {part}photos, {classes} classes by name"
    differences = [_difference(f"{averaged_name(found)} less one prompt", found.gained)]
    if (against := found.against) is not None:
        differences.append(_difference(f"zero-shot less {readable(found.run_name or '')}", against))
    return [
        Table(title, ("what", *TITLES.values()), scores),
        Table("The same photos, in pairs", ("difference", *TITLES.values(), "McNemar's exact p"), differences),
    ]


def score_rows(found: Measured) -> Mapping[str, Mapping[str, Interval]]:
    """By what was asked: accuracy, macro F1 and weighted F1."""
    rows = {
        f'one prompt, "{PROMPT}"': _scores(found.single.heads[found.head]),
        averaged_name(found): _scores(found.averaged.heads[found.head]),
    }
    if (against := found.against) is not None:
        rows[found.run_name or ""] = {score: against.first[score] for score in TITLES}
    return rows


def averaged_name(found: Measured) -> str:
    count = len(found.templates)
    return f'one prompt, "{found.templates[0]}"' if count == 1 else f"{count} prompts averaged"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more classes" if len(names) > _NAMED else ""
    return ", ".join(readable(name) for name in names[:_NAMED]) + more


def _scores(head: HeadOutputs) -> dict[str, Interval]:
    found = bootstrap(head.targets, head.predicted, len(head.labels))
    return {score: found[score] for score in TITLES}


def _difference(name: str, comparison: HeadComparison) -> tuple[Cell, ...]:
    return (name, *(comparison.difference[score] for score in TITLES), f"{comparison.test.exact_p:.3g}")
