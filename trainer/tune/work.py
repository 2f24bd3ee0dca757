"""The trials of a search, one after the other in this process, or side by side in several.

Every process begins its own trials, from the study that all of them share. Where one is ended from outside, as a system
that is short of memory does, its trial has failed and another process takes its place.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import RecollectError, TrainingError
from trainer.finetune.loop import SAVE_EVERY_S
from trainer.tune.asking import best_of, done_in, next_trial, note_killed, reason_of
from trainer.tune.search_folder import SearchFolder
from trainer.tune.trials import RUN, Ending, OnEpoch, Place, run_trial

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

MOST_FAILURES = 3  # in a row: then the fault is not that of a single trial's values
EXIT_STOPPED, EXIT_ERROR = 130, 3
_POLL_S = 0.3

OnTrial = Callable[["FrozenTrial"], None]
"""Called with each trial that is over."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What the processes of one command are to do. Plain values: it is their argument."""

    folder: str
    home: str
    trials: int  # wanted in all, those of earlier commands included
    until: float | None = None  # s since 1970: none is begun after that
    device: str = "auto"
    save_every_s: float = SAVE_EVERY_S
    parent: int | None = None  # the process that started this one

    def place(self, on_epoch: OnEpoch) -> Place:
        search = SearchFolder(Path(self.folder))
        return Place(search, Path(self.home), self.device, self.save_every_s, self.parent, on_epoch)


def work(
    errand: Errand, on_epoch: OnEpoch = lambda number, event: None, on_trial: OnTrial = lambda trial: None
) -> Ending:
    """Trial after trial in this process, until there are as many as were wanted.

    Raises:
        TrainingError: several failed in a row.
        MachineError: the disk does not take it.
    """
    place = errand.place(on_epoch)
    settings = place.search.settings()
    failures = 0
    with place.search.study() as study:
        while not place.is_orphaned and (errand.until is None or time.time() < errand.until):
            trial = next_trial(study, settings, place.search, errand.trials)
            if trial is None:
                return Ending.DONE
            ending = run_trial(study, trial, settings, place)
            done = study.get_trials(deepcopy=False)[trial.number]
            _forget(study, place.search)
            if ending is Ending.STOPPED:
                return ending
            on_trial(done)
            failures = failures + 1 if ending is Ending.FAILED else 0
            _refuse(failures, reason_of(done))
    return Ending.DONE


def work_in_several(errand: Errand, jobs: int, on_trial: OnTrial = lambda trial: None) -> Ending:
    """The same in several processes, each with its share of the processor's threads.

    Raises:
        TrainingError: several trials failed in a row, or the processes cannot be started.
        MachineError: the disk does not take it.
    """
    search = SearchFolder(Path(errand.folder))
    failures = 0
    with _Processes(errand, jobs) as processes, search.study() as study:
        seen = {trial.number for trial in done_in(study)}
        while processes.are_running:
            time.sleep(_POLL_S)
            ended = processes.ended()
            killed = note_killed(study) if ended else 0
            for trial in done_in(study):
                if trial.number not in seen:
                    seen.add(trial.number)
                    on_trial(trial)
            for code in ended:
                if code not in (0, EXIT_STOPPED, EXIT_ERROR) and not processes.is_stopping:
                    failures += 1
                    _refuse(
                        failures, f"a process ended with exit code {code}" + ", and its trial with it." * bool(killed)
                    )
                    processes.start()
        _forget(study, search)
        return Ending.STOPPED if processes.was_stopped else Ending.DONE


def _refuse(failures: int, why: str) -> None:
    if failures >= MOST_FAILURES:
        raise TrainingError(
            f"{failures} trials failed one after the other. The last one: {why}",
            remedy="Try the recipe with `recollect train --dry-run`, or search a smaller space with another --study.",
            title="The search has stopped",
        )


def _forget(study: Study, search: SearchFolder) -> None:
    """Of all trials that are over only the best keeps its network."""
    over, best = {str(trial.user_attrs.get(RUN)) for trial in done_in(study)}, best_of(study)
    search.forget_networks(over - {str(best.user_attrs.get(RUN))} if best else over)


class _Processes:
    """The processes of one command. Ctrl+C reaches them by itself; what else ends this one ends them in order."""

    def __init__(self, errand: Errand, count: int) -> None:
        self._errand, self._count = errand, count
        self._running: list[subprocess.Popen[str]] = []
        self.is_stopping = self.was_stopped = False

    def __enter__(self) -> _Processes:
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        for _ in range(self._count):
            self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.is_stopping = True
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.communicate()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def are_running(self) -> bool:
        return bool(self._running)

    def start(self) -> None:
        threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // self._count))
        document = asdict(self._errand) | {"parent": os.getpid()}
        command = [sys.executable, "-m", "trainer.tune.work", json.dumps(document)]
        environment = {**os.environ, "OMP_NUM_THREADS": threads}
        self._running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))

    def ended(self) -> list[int]:
        """Exit codes of those that ended since it was asked last.

        Raises:
            RecollectError: what one of them said.
        """
        over = [process for process in self._running if process.poll() is not None]
        self._running = [process for process in self._running if process not in over]
        codes: list[int] = []
        for process in over:
            said, _ = process.communicate()
            codes.append(process.returncode)
            self.was_stopped |= process.returncode == EXIT_STOPPED
            if process.returncode == EXIT_ERROR:
                raise _error(said)
        return codes

    def _stop(self, number: int, frame: object) -> None:
        if self.is_stopping:
            raise KeyboardInterrupt
        self.is_stopping = self.was_stopped = True
        if number != signal.SIGINT:
            for process in self._running:
                process.terminate()


def _error(said: str) -> RecollectError:
    """What a process printed, as an error of this one."""
    try:
        document = json.loads(said.strip().rpartition("\n")[2])
        return RecollectError(document["message"], remedy=document["remedy"], title=document["title"])
    except (ValueError, KeyError, TypeError):
        return TrainingError(f"A process of the search said: {said.strip()}", remedy="Repeat the command to go on.")


@contextmanager
def _telling_errors() -> Iterator[None]:
    try:
        yield
    except RecollectError as error:
        sys.stdout.write(json.dumps({"title": error.title, "message": error.message, "remedy": error.remedy}) + "\n")
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_STOPPED)


if __name__ == "__main__":
    from trainer.finetune.memory import keep_freed_memory

    keep_freed_memory()
    with _telling_errors():
        sys.exit(EXIT_STOPPED if work(Errand(**json.loads(sys.argv[1]))) is Ending.STOPPED else 0)
