"""Whether a run is better than the tagger in use, on the same photos that neither has learned from; and going live.

Decision 0065 says which photos are asked, what counts as better, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from core.models.json_cache import read_object
from core.models.taggers.config import read_checkpoint_config
from core.tags.values import CLASS, TaggerInfo
from trainer.promotion.answers import Answers, answers_of_live
from trainer.promotion.live_tagger import live_checkpoint
from trainer.promotion.truth import Truth, home_of, truth_of
from trainer.promotion.words import in_words_of, wording_of
from trainer.report.intervals import mcnemar
from trainer.report.metrics import confusion, summary_scores
from trainer.report.outputs import HeadOutputs, Outputs, load_outputs
from trainer.runs.run_folder import RunFolder
from trainer.runs.run_history import moment_of
from trainer.runs.run_kind import tagger_checkpoint
from trainer.teach.kept import UNNAMED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.library import Library
    from core.protocols import Encoder, Tagger

ENOUGH_TEST = 30  # labelled photos: below that the test part says less than the validation part
ENOUGH = 10  # below that nobody can tell which is better, and only the user may decide
SURELY_WORSE = 0.05  # p of McNemar's test from which an attribute counts as worse


@dataclass(frozen=True, slots=True)
class HeadVerdict:
    """One head of both taggers on the same photos, which both can answer without having learned from them. A photo
    whose label a tagger does not know is an error of it.
    """

    photos: int
    accuracy: float
    live_accuracy: float
    macro_f1: float
    live_macro_f1: float
    only_new_right: int
    only_live_right: int
    p: float  # McNemar's test, mid-p
    unknown_to_live: int  # photos whose label the live tagger does not have


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, in a sentence and in numbers."""

    better: bool
    reason: str
    part: str  # "test" or "validation"
    photos: int  # that both were compared on, in the head that decides
    p: float | None  # McNemar's test for the class, else for the head that decides; None without a live tagger
    heads: Mapping[str, HeadVerdict] = field(default_factory=dict)
    flatters_live: bool = False  # the live tagger has learned from some of these photos, or may have
    notes: tuple[str, ...] = ()
    labels_changed: int = 0  # of the held-out photos, since the run was made; those of now are the truth
    labels_removed: int = 0  # and those that the user has taken back, which are left out


def judge(
    run_dir: Path, live: Tagger | Path | None, *, encoder: Encoder | None = None, home: Path | None = None
) -> Verdict:
    """Compare a run with the tagger in use on the run's held-out photos. The answer is kept as `verdict.json`.

    The run's test part where it is large enough, else its validation part. Right is what the user says now, if the
    photos are of a library: labels may have been corrected since the run was made.

    Args:
        live: the tagger in use or its checkpoint, zero-shot too; None: there is none, and it has to beat the most
            frequent label.
        encoder: a loaded one, for a live tagger that reads vectors; else it is loaded where it is needed.
        home: of the library, where that encoder lies; None: the one that the run is in, else the default.

    Raises:
        ReportError: the run has no outputs.
        ModelError: the live tagger or its encoder cannot be loaded.
    """
    part, outputs, truth = _held_out(run_dir, home)
    primary = _primary(truth)
    labelled = int(truth.known(primary).sum())
    if labelled < ENOUGH:
        verdict = Verdict(
            False, f"Only {_photos(labelled)} held out: too few to tell whether it is better.", part, labelled, None
        )
    elif live is None:
        verdict = _against_nothing(part, outputs.heads[primary], truth.labels[primary])
    else:
        wanted = truth.known(primary)
        answers = answers_of_live(
            live, outputs, run_dir.parent, encoder=encoder, home=home, enough=ENOUGH, primary=primary, wanted=wanted
        )
        verdict = _against_live(part, outputs, truth, answers, primary)
    verdict = replace(
        verdict, notes=(*verdict.notes, *truth.notes), labels_changed=truth.changed, labels_removed=truth.removed
    )
    RunFolder(run_dir).write_json(RunFolder(run_dir).verdict, asdict(verdict))
    return verdict


def promote(library: Library, run_dir: Path, *, force: bool = False) -> TaggerInfo:
    """Let the tagger of a run tag the library, if it is better than the one in use, or if `force`.

    Raises:
        TrainingError: it is not better; the message says why. Or the run has no tagger.
        ModelError: a tagger cannot be loaded.
    """
    folder = RunFolder(run_dir)
    checkpoint = tagger_checkpoint(folder)
    if not force:
        live = live_tagger(library)
        verdict = judge(run_dir, live, encoder=library.answering_encoder(), home=library.paths.home)
        if not verdict.better:
            raise TrainingError(
                verdict.reason, title="The new tagger is not better", path=run_dir,
                remedy="Label more photos and train again, or use it anyway: `recollect runs promote --force`.",
            )  # fmt: skip
    config = read_checkpoint_config(checkpoint)
    name = _name_of(folder) or config.name
    return library.tags.promote(checkpoint, name=name, metrics=config.metrics, run=run_dir.name)


def _name_of(folder: RunFolder) -> str:
    """As the user has called the run. A run without a name is called by its recipe, and there will be more of that:
    then it is the moment that tells them apart. Lessons come by the dozen, and only the last ones are kept.
    """
    status = folder.status
    if status is None:
        return ""
    began = moment_of(status.started_at)
    if status.name in ("", UNNAMED) or status.name != read_object(folder.config).get("recipe") or began is None:
        return status.name
    return f"{status.name}, {began:%Y-%m-%d %H:%M}"


def roll_back(library: Library) -> TaggerInfo:
    """Back to the tagger that was in use before, predictions included.

    Raises:
        ModelError: nothing was in use before.
    """
    return library.tags.roll_back()


def live_tagger(library: Library) -> Path | Tagger | None:
    """What tags the library now: the checkpoint of a trained tagger, else zero-shot.

    Raises:
        LabelFileError: the words of zero-shot cannot be read.
    """
    trained = live_checkpoint(library.paths.home)
    if trained is not None:
        return trained
    from core.tags.zero_shot import ZeroShotTagger

    words = library.tags.vocabulary().with_attributes(library.labels.attributes())
    return ZeroShotTagger(library.answering_encoder(), words)


def _held_out(run_dir: Path, home: Path | None) -> tuple[str, Outputs, Truth]:
    folder = RunFolder(run_dir)
    if folder.outputs("test").is_file():
        test, truth = _told_now(run_dir, load_outputs(folder.outputs("test")), home)
        if test.heads and int(truth.known(_primary(truth)).sum()) >= ENOUGH_TEST:
            return "test", test, truth
    return "validation", *_told_now(run_dir, load_outputs(folder.outputs("validation")), home)


def _told_now(run_dir: Path, outputs: Outputs, home: Path | None) -> tuple[Outputs, Truth]:
    """Answers and truth in the words that the user has now."""
    own = {name: tuple(head.labels) for name, head in outputs.heads.items()}
    wording = wording_of(home or home_of(run_dir.parent), own)
    return in_words_of(wording, outputs), truth_of(run_dir, outputs, home, wording)


def _primary(truth: Truth) -> str:
    """The head that decides: the class, else the one with most labelled photos."""
    if CLASS in truth.labels:
        return CLASS
    return max(truth.labels, key=lambda head: int(truth.known(head).sum()))


def _against_nothing(part: str, head: HeadOutputs, labels: Sequence[str | None]) -> Verdict:
    said = [head.labels[place] for place in head.predicted]
    pairs = [(label, answer) for label, answer in zip(labels, said, strict=True) if label is not None]
    right = sum(label == answer for label, answer in pairs)
    usual, guessed = Counter(label for label, _ in pairs).most_common(1)[0]
    better = right > guessed
    counted = f"{right} of {len(pairs)} held-out photos are right"
    guess = f"always answering {usual} would have {guessed} right"
    reason = f"{counted}; {guess}." if better else f"Only {counted}; {guess}."
    return Verdict(better, reason, part, len(pairs), None)


def _against_live(part: str, outputs: Outputs, truth: Truth, answers: Answers, primary: str) -> Verdict:
    compared = {name: _compare(name, head, truth, answers) for name, head in outputs.heads.items()}
    heads = {name: each for name, each in compared.items() if each is not None}
    first = heads.get(primary)
    if first is None or first.photos < ENOUGH:
        few = first.photos if first is not None else 0
        reason = f"Only {_photos(few)} held out that both can be asked: too few to tell whether it is better."
        return Verdict(False, reason, part, few, None, heads, answers.flattered, answers.notes)
    lost = [] if answers.zero_shot else [head for head in answers.heads if head not in outputs.heads]
    worse = [
        name
        for name, each in heads.items()
        if name != primary and each.p < SURELY_WORSE and each.only_live_right > each.only_new_right
    ]
    higher = _rank(heads, primary, new=True) > _rank(heads, primary, new=False)
    reason = _reason(primary, first, lost, worse, higher)
    notes = (*answers.notes, *_unknown_notes(heads))
    better = higher and not lost and not worse
    return Verdict(better, reason, part, first.photos, first.p, heads, answers.flattered, notes)


def _compare(name: str, head: HeadOutputs, truth: Truth, answers: Answers) -> HeadVerdict | None:
    """Both on the photos that have a label in this head and that both can answer; None where there are none."""
    rows = np.flatnonzero(truth.known(name) & answers.asked_for(name)).tolist()
    if not rows:
        return None
    live_labels = answers.heads.get(name, ())
    right = [str(truth.labels[name][row]) for row in rows]
    said = [answers.labels[name][row] if name in answers.labels else None for row in rows]
    # Labels of all in one list: each tagger may answer with some that the other has never heard of.
    names = list(dict.fromkeys([*head.labels, *live_labels, *right, *(each for each in said if each is not None)]))
    places = {label: place for place, label in enumerate([*names, None])}  # no answer is a label that nothing has
    targets = np.array([places[label] for label in right], np.int64)
    new = np.array([places[head.labels[place]] for place in head.predicted[rows].tolist()], np.int64)
    live = np.array([places[label] for label in said], np.int64)
    test = mcnemar(new == targets, live == targets)
    return HeadVerdict(
        photos=len(rows),
        accuracy=float((new == targets).mean()),
        live_accuracy=float((live == targets).mean()),
        macro_f1=_macro_f1(targets, new, len(names) + 1),
        live_macro_f1=_macro_f1(targets, live, len(names) + 1),
        only_new_right=test.only_first,
        only_live_right=test.only_second,
        p=test.mid_p,
        unknown_to_live=sum(label not in live_labels for label in right),
    )


def _macro_f1(targets: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> float:
    return float(summary_scores(confusion(targets, predicted, classes))["macro_f1"] or 0.0)


def _rank(heads: Mapping[str, HeadVerdict], primary: str, *, new: bool) -> tuple[float, float, float]:
    """What decides, in this order: accuracy, macro F1, and the mean accuracy of all heads. Without a class the mean of
    all heads comes first.
    """
    accuracies = {name: each.accuracy if new else each.live_accuracy for name, each in heads.items()}
    f1 = heads[primary].macro_f1 if new else heads[primary].live_macro_f1
    mean = float(np.mean(list(accuracies.values())))
    ranked = (accuracies[primary], f1, mean) if primary == CLASS else (mean, f1, accuracies[primary])
    return (round(ranked[0], 6), round(ranked[1], 6), round(ranked[2], 6))


def _reason(primary: str, first: HeadVerdict, lost: Sequence[str], worse: Sequence[str], higher: bool) -> str:
    new, live = round(first.accuracy * first.photos), round(first.live_accuracy * first.photos)
    counts = f"{primary}: {new} of {first.photos} held-out photos right, the tagger in use {live}"
    chance = f" (p = {first.p:.2f}: it could be chance)" if first.p >= SURELY_WORSE else f" (p = {first.p:.3f})"
    parts = [counts + chance + "."]
    if lost:
        parts.append(f"It does not know {', '.join(lost)}, which the tagger in use does.")
    if worse:
        parts.append(f"It is clearly worse in {', '.join(worse)}.")
    if not higher and new == live:
        parts.append("It is no better than the one in use.")
    return " ".join(parts)


def _unknown_notes(heads: Mapping[str, HeadVerdict]) -> list[str]:
    return [
        f"{name}: {_photos(each.unknown_to_live)} of a label that the tagger in use does not know count as its errors."
        for name, each in heads.items()
        if each.unknown_to_live
    ]


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"
