"""Which trial is next: how many are wanted, which have to be done again, and what the sampler proposes."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numpy as np
import psutil
from optuna.trial import TrialState

from trainer.tune.search_folder import SearchFolder, Settings
from trainer.tune.space import with_at_most
from trainer.tune.trials import AGAIN, BORN, PID, REASON, SECONDS

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

_BEFORE_PRUNING = 4  # trials that are trained to their end whatever they promise: a median needs company
_ORPHANS_S, _POLL_S = 60.0, 0.2  # how long they are waited for: a step, and the figures of what they have
_FIRST_EPOCHS = 5  # no trial ends in the first fifth of its epochs: slow ones are not always bad ones
_MOST_BEGINNINGS = 3  # of one trial that never gets further: it may want more memory than there is
_KILLED = "killed"  # numbers of trials, noted in the study


def next_trial(study: Study, settings: Settings, search: SearchFolder, wanted: int) -> Trial | None:
    """Begin another trial; None where as many as were wanted are done or under way."""
    with search.asking:
        trials, undone = study.get_trials(deepcopy=False), interrupted(study)
        if sum(trial.state is not TrialState.WAITING and trial.number not in undone for trial in trials) >= wanted:
            return None
        study.sampler = _sampler(settings, len(trials), wanted)
        study.pruner = new_pruner(settings)
        return study.ask(settings.space.distributions)


def begin_or_go_on(study: Study, settings: Settings) -> None:
    """The first trial of all is the recipe as it stands. What ran when the search was killed is asked for once more,
    unless it ended so again and again before another epoch was done: then it has failed.
    """
    _wait_for_orphans(study)
    gone = _without_process(study)
    _give_up(study, [trial.number for trial in gone if _beginnings(study, trial) >= _MOST_BEGINNINGS])
    for trial in gone:
        study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
    trials = study.get_trials(deepcopy=False)
    again = {trial.user_attrs.get(AGAIN) for trial in trials}
    for number in sorted(interrupted(study) - again):
        wanted = {**trials[number].system_attrs.get("fixed_params", {}), **trials[number].params}
        study.enqueue_trial(wanted, user_attrs={AGAIN: number})
    if not trials:
        study.enqueue_trial(settings.space.values_of(settings.config))


def note_killed(study: Study) -> int:
    """While the search goes on in other processes: trials whose own one is gone have failed. Returns how many."""
    gone = [trial.number for trial in _without_process(study)]
    _give_up(study, gone)
    for number in gone:
        study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
    return len(gone)


def interrupted(study: Study) -> set[int]:
    """Numbers of trials that failed for no reason of their own: the search was stopped, or the disk was full."""
    killed = study.user_attrs.get(_KILLED, ())
    failed = (trial for trial in study.get_trials(deepcopy=False) if trial.state is TrialState.FAIL)
    return {trial.number for trial in failed if REASON not in trial.user_attrs and trial.number not in killed}


def done_in(study: Study) -> list[FrozenTrial]:
    """Trials that are over, well or badly, without those that are done again."""
    undone = interrupted(study)
    trials = study.get_trials(deepcopy=False)
    return [trial for trial in trials if trial.state.is_finished() and trial.number not in undone]


def best_of(study: Study) -> FrozenTrial | None:
    """The best one that was trained to its end, the first of equals."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=lambda trial: trial.value or 0.0, default=None)


def reason_of(trial: FrozenTrial) -> str:
    """Why it failed."""
    return str(trial.user_attrs.get(REASON, "Its process was ended from outside, or there was not enough memory."))


def new_pruner(settings: Settings) -> BasePruner:
    from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner

    epochs = with_at_most(settings.config, settings.max_epochs).total_epochs
    match settings.pruner:
        case "median":
            return MedianPruner(n_startup_trials=_BEFORE_PRUNING, n_warmup_steps=max(1, epochs // _FIRST_EPOCHS))
        case "hyperband":
            return HyperbandPruner(min_resource=1, max_resource=max(2, epochs))
        case "none":
            return NopPruner()


def _sampler(settings: Settings, number: int, wanted: int) -> BaseSampler:
    """TPE (Bergstra et al. 2011), seeded anew for each trial: a search that was interrupted goes on as it would have,
    and processes beside each other do not draw the same values.
    """
    from optuna.samplers import TPESampler

    seed = int(np.random.SeedSequence((settings.config.seed, number)).generate_state(1)[0])
    return TPESampler(seed=seed, n_startup_trials=int(np.clip(wanted // 3, 4, 10)))


def _without_process(study: Study) -> list[FrozenTrial]:
    """Trials that are under way, and nobody trains them."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [trial for trial in running if not _lives(trial)]


def _give_up(study: Study, numbers: list[int]) -> None:
    """These trials are not done again."""
    if numbers:
        study.set_user_attr(_KILLED, sorted({*study.user_attrs.get(_KILLED, ()), *numbers}))


def _beginnings(study: Study, trial: FrozenTrial) -> int:
    """How often it was begun or gone on with since an epoch of it was done, this time among them. What the user stopped
    in order does not count.
    """
    trials, reached, count = study.get_trials(deepcopy=False), len(trial.intermediate_values), 1
    while (before := trial.user_attrs.get(AGAIN)) is not None and len(trials[before].intermediate_values) == reached:
        trial = trials[before]
        count += SECONDS not in trial.user_attrs
    return count


def _wait_for_orphans(study: Study) -> None:
    """Processes of a search that was killed notice it within a step, and end."""
    until = time.monotonic() + _ORPHANS_S
    while time.monotonic() < until:
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if not any(_lives(trial) for trial in running):
            return
        time.sleep(_POLL_S)


def _lives(trial: FrozenTrial) -> bool:
    pid, born = trial.user_attrs.get(PID), trial.user_attrs.get(BORN)
    try:
        return pid not in (None, os.getpid()) and psutil.Process(pid).create_time() == born
    except psutil.Error:
        return False
