"""What a search has found, as plain values: its trials, the best of them, and how much each value matters."""

from __future__ import annotations

import math
import shlex
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from optuna.trial import TrialState

from trainer.tune.asking import best_of, done_in, interrupted, reason_of
from trainer.tune.search_folder import SearchFolder, Settings
from trainer.tune.space import Scalar, with_values
from trainer.tune.trials import BEST_EPOCH, RUN, SECONDS

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

FINISHED, PRUNED, FAILED = "finished", "pruned", "failed"

_STATES = {TrialState.COMPLETE: FINISHED, TrialState.PRUNED: PRUNED, TrialState.FAIL: FAILED}
_FEWEST = 4  # trials that were trained to their end: what fewer say of importance is chance


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial that is over."""

    number: int  # from 1
    state: str  # finished, pruned or failed
    values: dict[str, Scalar]  # by path
    curve: tuple[tuple[int, float], ...]  # epoch from 0, and its score
    best_epoch: int | None
    seconds: float | None
    run: str  # the name of its folder
    reason: str = ""  # why it failed

    @property
    def score(self) -> float | None:
        """Of its best epoch, higher is better."""
        return max((score for _, score in self.curve), default=None)


@dataclass(frozen=True, slots=True)
class Found:
    """All that a search has found so far."""

    name: str
    best_file: Path  # a configuration with the best values, once there are any
    settings: Settings
    trials: tuple[TrialRecord, ...]  # in their order, without those that were interrupted
    best: TrialRecord | None
    importance: dict[str, float]  # shares of 1 by path, the largest first; empty where nothing can be said
    interrupted: int

    @property
    def rule(self) -> str:
        """The score by which the recipe keeps epochs."""
        return self.settings.config.checkpoint_rule

    @property
    def is_cost(self) -> bool:
        """Scores are negative losses: they are shown as what they are, and lower is better."""
        scores = [score for trial in self.trials for _, score in trial.curve]
        return bool(scores) and max(scores) <= 0.0 and min(scores) < 0.0

    def shown(self, score: float) -> float:
        return -score if self.is_cost else score

    @property
    def as_it_stands(self) -> TrialRecord | None:
        """The recipe's own values, where they lie in the space: the first trial."""
        own = self.settings.space.values_of(self.settings.config)
        complete = len(own) == len(self.settings.space.parts)
        return next((trial for trial in self.trials if complete and trial.values == own), None)

    @property
    def command(self) -> str:
        """What trains with the best values."""
        if self.best is None:
            return ""
        data, encoding = self.settings.data, self.settings.encoding
        read_as = f" --encoding {shlex.quote(encoding)}" if encoding else ""
        return f"recollect train --config {shlex.quote(str(self.best_file))} --data {shlex.quote(data)}{read_as}"


def read_found(study: Study, search: SearchFolder) -> Found:
    records = {trial.number: _record(trial) for trial in done_in(study)}
    best = best_of(study)
    return Found(
        name=search.path.name,
        best_file=search.best,
        settings=search.settings(),
        trials=tuple(records.values()),
        best=records[best.number] if best else None,
        importance=_importance(study),
        interrupted=len(interrupted(study)),
    )


def write_best(found: Found, search: SearchFolder) -> None:
    """The recipe with the best values, as `recollect train --config` takes it: its own epochs, and with its test."""
    if found.best is not None:
        config = with_values(found.settings.config, found.best.values)
        search.write_json(search.best, config.model_dump(mode="json"))


def rounded(values: dict[str, Scalar]) -> dict[str, Scalar]:
    """To four digits, for people: the fifth one of a learning rate is chance."""
    return {path: float(f"{value:.4g}") if isinstance(value, float) else value for path, value in values.items()}


def _record(trial: FrozenTrial) -> TrialRecord:
    state, notes = _STATES[trial.state], trial.user_attrs
    return TrialRecord(
        number=trial.number + 1,
        state=state,
        values=dict(trial.params),
        curve=tuple(sorted(trial.intermediate_values.items())),
        best_epoch=notes.get(BEST_EPOCH),
        seconds=notes.get(SECONDS),
        run=str(notes.get(RUN, "")),
        reason=reason_of(trial) if state == FAILED else "",
    )


def _importance(study: Study) -> dict[str, float]:
    """Functional ANOVA over a random forest (Hutter, Hoos and Leyton-Brown 2014), of trials that were not pruned."""
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _FEWEST or len({trial.value for trial in complete}) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the forest, about few trials: the page says so too
        shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {path: float(share) for path, share in shares.items() if math.isfinite(share)}
