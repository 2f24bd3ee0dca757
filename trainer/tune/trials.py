"""One trial: a training in a run folder of its own, watched epoch by epoch, ended early where it promises nothing."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from optuna.trial import TrialState

from core.errors import DiskFullError, PermissionDeniedError, RecollectError
from core.models.disk import disk_errors
from trainer.control import Control
from trainer.events import EpochDone, Event
from trainer.finetune.loop import SAVE_EVERY_S
from trainer.finetune.train import resume, train_prepared
from trainer.loop_config import LoopConfig
from trainer.runs.run_folder import RunFolder, RunState
from trainer.tune.search_folder import SearchFolder, Settings
from trainer.tune.space import with_at_most, with_values

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

# Names of what is noted of a trial in the study.
RUN, PID, BORN, SECONDS, BEST_EPOCH, REASON, AGAIN = "run", "pid", "born", "seconds", "best_epoch", "reason", "again"


class Ending(StrEnum):
    """How a trial ended, for whoever begins the next one."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # the user wants no more


OnEpoch = Callable[[int, EpochDone], None]
"""Called with the number of the trial, from 1, and its epoch."""


@dataclass(frozen=True)
class Place:
    """Where trials are trained, and for whom."""

    search: SearchFolder
    home: Path  # of the library
    device: str = "auto"
    save_every_s: float = SAVE_EVERY_S
    parent: int | None = None  # the process that has to live; None: nobody
    on_epoch: OnEpoch = lambda number, event: None

    @property
    def is_orphaned(self) -> bool:
        return self.parent is not None and os.getppid() != self.parent


@dataclass
class Watch:
    """Listens to a run: tells the study each score, and ends what is worse than others were at the same epoch."""

    trial: Trial
    control: Control
    place: Place
    prunes: bool = True
    scores: dict[int, float] = field(default_factory=dict)  # by epoch
    is_pruned: bool = False

    def __call__(self, event: Event) -> None:
        if self.place.is_orphaned:
            self.control.cancel()
        elif isinstance(event, EpochDone):
            with self.place.search.study_errors():  # here, or the run takes a full disk for a fault of its own
                self.note(event)
                is_last = event.epoch + 1 >= event.epochs
                self.is_pruned |= self.prunes and not is_last and self.trial.should_prune()
            self.place.on_epoch(self.trial.number + 1, event)
            if self.is_pruned:
                self.control.cancel()

    def note(self, event: EpochDone) -> None:
        """An epoch may come twice, where a run was resumed: the first one counts, as it does in the study."""
        if event.epoch not in self.scores and event.score is not None and math.isfinite(event.score):
            self.scores[event.epoch] = event.score
            self.trial.report(event.score, event.epoch)


def trial_config(settings: Settings, trial: Trial | FrozenTrial) -> LoopConfig:
    """What a trial trains: in one process, and without a look at the test photos.

    Raises:
        TrainingError: its values do not go together.
    """
    config = with_at_most(with_values(settings.config, trial.params), settings.max_epochs)
    unseen = {"look_at_test": False} if "look_at_test" in type(config).model_fields else {}
    return config.changed(processes=1, **unseen)


def run_trial(study: Study, trial: Trial, settings: Settings, place: Place) -> Ending:
    """Train with its values, and tell the study how that went. A trial that fails without a `REASON` is done again.

    Raises:
        MachineError: the disk does not take it.
    """
    trial.set_user_attr(PID, os.getpid())
    trial.set_user_attr(BORN, psutil.Process().create_time())
    watch = Watch(trial, Control(), place, prunes=settings.pruner != "none")
    started = time.monotonic()
    try:
        state = _train(study, trial, settings, watch)
    except (DiskFullError, PermissionDeniedError):
        study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        raise
    except RecollectError as error:
        return _failed(study, trial, error.message)
    trial.set_user_attr(SECONDS, round(time.monotonic() - started, 1))
    if state is RunState.CANCELLED and not watch.is_pruned:
        study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        return Ending.STOPPED
    if not watch.scores:
        return _failed(study, trial, "No epoch had a score that is a number.")
    trial.set_user_attr(BEST_EPOCH, max(watch.scores, key=lambda epoch: watch.scores[epoch]))
    if state is RunState.CANCELLED:
        study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
    else:
        study.tell(trial, max(watch.scores.values()), skip_if_finished=True)
    return Ending.DONE


def _failed(study: Study, trial: Trial, reason: str) -> Ending:
    trial.set_user_attr(REASON, reason)
    study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
    return Ending.FAILED


def _train(study: Study, trial: Trial, settings: Settings, watch: Watch) -> RunState:
    """As a run of its own, or on with the one that the same values had when they were interrupted."""
    place = watch.place
    shared: dict[str, Any] = {"home": place.home, "on_event": watch, "device": place.device, "control": watch.control}
    shared |= {"save_every_s": place.save_every_s, "with_report": False}
    begun = _begun_before(study, trial, place.search)
    if begun is not None:
        trial.set_user_attr(RUN, begun.path.name)
        for event in begun.events():
            if isinstance(event, EpochDone):
                watch.note(event)
        return resume(begun.path, **shared).state
    config = trial_config(settings, trial)
    name = f"trial-{trial.number + 1:03d}"
    folder = place.search.run(name)
    trial.set_user_attr(RUN, name)
    with disk_errors(folder.path):
        told = shutil.ignore_patterns(folder.events_file.name)
        shutil.copytree(place.search.prepared, folder.path, dirs_exist_ok=True, ignore=told)
    return train_prepared(config, folder.path, name=name, **shared).state


def _begun_before(study: Study, trial: Trial, search: SearchFolder) -> RunFolder | None:
    """The run that was interrupted with these values, where all is there that it needs to go on."""
    number = trial.user_attrs.get(AGAIN)
    if not isinstance(number, int):
        return None
    name = study.get_trials(deepcopy=False)[number].user_attrs.get(RUN)
    folder = search.run(str(name))
    status = folder.status
    can_go_on = status is not None and status.state in (RunState.INTERRUPTED, RunState.CANCELLED)
    has_all = folder.config.is_file() and folder.data.is_file() and any(folder.state.glob("*.safetensors"))
    return folder if name and can_go_on and has_all else None
