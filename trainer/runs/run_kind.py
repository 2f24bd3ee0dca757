"""What came of a run, in the user's words: where a tagger is wanted, runs of all other kinds are refused by name."""

from __future__ import annotations

from pathlib import Path

from core.errors import TrainingError
from trainer.folds.folds_folder import is_folds
from trainer.runs.run_folder import RunFolder, RunState
from trainer.runs.run_history import CHECKPOINT_CONFIG, tier_of

_OTHERS = {
    "metric": "learned which photos are alike",
    "contrastive": "adapted an encoder",
    "starter": "trained a search model",
}  # by tier
_CHOOSE = "Choose the run of a tagger: `recollect runs list` names the recipe of each."


def tagger_checkpoint(run: RunFolder) -> Path:
    """The directory of the tagger that a run has trained.

    Raises:
        TrainingError: it has none; the message says what it is.
    """
    if is_folds(run.path):
        said = "was trained in folds: each fold has a network, and the run itself has no tagger"
        raise _refused(run, said, "Train the same recipe once without --folds, and name that run.")
    if (other := _OTHERS.get(tier_of(run))) is not None:
        raise _refused(run, f"{other}: it has no tagger", _CHOOSE)
    if not (run.checkpoint / CHECKPOINT_CONFIG).is_file():
        is_over = run.status is not None and run.status.state in (RunState.FINISHED, RunState.FAILED)
        raise _refused(run, "has no checkpoint", _CHOOSE if is_over else "Let it train for an epoch.")
    return run.checkpoint


def _refused(run: RunFolder, said: str, remedy: str) -> TrainingError:
    message = f"The run {run.path.name} {said}."
    return TrainingError(message, remedy=remedy, path=run.path, title="This run has no tagger")
