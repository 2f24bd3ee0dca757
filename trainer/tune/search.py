"""One search from its command to its page: checked, its photos prepared, its trials trained, what was found written."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import RecollectError, TrainingError
from trainer.events import EpochDone, Event, Warned
from trainer.finetune.loop import SAVE_EVERY_S
from trainer.finetune.train import prepare_data
from trainer.loop_config import LoopConfig
from trainer.tune.asking import begin_or_go_on, best_of, done_in
from trainer.tune.outcome import Found, read_found, write_best
from trainer.tune.page import write_found
from trainer.tune.search_folder import Pruner, SearchFolder, Settings
from trainer.tune.space import read_space, with_at_most
from trainer.tune.trials import Ending
from trainer.tune.work import Errand, work, work_in_several

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True, slots=True)
class Request:
    """What the user wants. The first seven make a search what it is; the others may change when it goes on."""

    config: LoopConfig
    table: dict[str, Any]  # what is searched, as `trainer.tune.space` reads it
    data: str
    folder: Path
    home: Path  # of the library
    trials: int = 20  # in all
    jobs: int = 1
    until: float | None = None  # s since 1970
    encoding: str | None = None
    max_epochs: int | None = None
    pruner: Pruner = "median"
    device: str = "auto"
    save_every_s: float = SAVE_EVERY_S
    with_report: bool = True  # figures and page


class Telling(Protocol):
    """Who hears how the search goes."""

    def say(self, text: str) -> None: ...

    def begin(self, done: int, best: float | None) -> None:
        """Once: trials that earlier commands have done, and the best score of theirs."""

    def epoch(self, number: int, event: EpochDone) -> None: ...

    def trial(self, trial: FrozenTrial) -> None: ...


def search(request: Request, telling: Telling) -> tuple[Found, Ending]:
    """Search until there are as many trials as were wanted, and write what was found, also where the user stops it.

    Raises:
        TrainingError: nothing can be searched, another search has this name, or several trials failed in a row.
        MachineError: the disk does not take it.
    """
    settings = _checked(request)
    folder = SearchFolder(request.folder)
    with folder.held():
        if not folder.is_of(settings):
            _prepare(request, folder, telling)
            folder.begin(settings)
        with folder.study() as study:
            begin_or_go_on(study, settings)
            best = best_of(study)
            telling.begin(len(done_in(study)), best.value if best else None)
        errand = Errand(
            str(folder.path), str(request.home), request.trials, request.until, request.device, request.save_every_s
        )
        try:
            if request.jobs > 1:
                ending = work_in_several(errand, request.jobs, telling.trial)
            else:
                ending = work(errand, telling.epoch, telling.trial)
        except RecollectError:
            with contextlib.suppress(RecollectError):  # the disk is full, perhaps
                _write(folder, request.with_report)
            raise
        return _write(folder, request.with_report), ending


def _checked(request: Request) -> Settings:
    config = request.config
    if not config.needs_epochs:
        raise TrainingError(
            f"The recipe {config.recipe} is solved at once: there are no epochs to search by.",
            remedy="Take another one: `recollect train --list-recipes` shows all of them.",
        )
    space = read_space(request.table, config)
    with_at_most(config, request.max_epochs)
    return Settings(config, space, request.data, request.encoding, request.max_epochs, request.pruner)


def _prepare(request: Request, folder: SearchFolder, telling: Telling) -> None:
    """Once for all trials, which so learn from the same photos."""

    def tell(event: Event) -> None:
        if isinstance(event, Warned):
            telling.say(f"{event.message} {event.remedy}".strip())

    prepare_data(
        request.config,
        folder.prepared,
        data=request.data,
        home=request.home,
        on_event=tell,
        device=request.device,
        encoding=request.encoding,
    )


def _write(folder: SearchFolder, with_report: bool) -> Found:
    with folder.study() as study:
        found = read_found(study, folder)
    write_best(found, folder)
    if with_report:
        write_found(found, folder)
    return found
