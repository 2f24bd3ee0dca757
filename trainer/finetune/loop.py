"""The training loop: `Training.run` is all of it. What is trained is a `.task`; what surrounds a run is `.train`.

Each step draws its random numbers from seed, phase, epoch and step alone, and the state that is saved holds all the
rest: a training that was killed goes on to the very result that it would have had.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
import torch

from core.errors import TrainingError
from trainer.control import CancelledError, Control
from trainer.events import BestFound, CheckpointSaved, EpochDone, Event, PhaseStarted, StepDone
from trainer.finetune.checkpoint import Position, SavedState, save_state
from trainer.finetune.ema import Ema
from trainer.finetune.estimate import Clock
from trainer.finetune.parallel import Workers
from trainer.finetune.schedule import set_rates, share_of_rate
from trainer.finetune.task import Autocast, BatchT, Metrics, Task
from trainer.loop_config import LoopConfig, LoopPhase

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

SAVE_EVERY_S = 60.0  # what a kill costs at most; writing the state of a small network takes a tenth of a second
EVENT_EVERY_S = 0.5


@dataclass
class Training(Generic[BatchT]):
    """One task on its way through the phases of its configuration."""

    task: Task[BatchT]
    workers: Workers
    control: Control
    clock: Clock
    tell: Callable[[Event], None]
    state: Path  # folder
    identity: str  # of configuration and data
    autocast: Autocast = nullcontext
    here: Position = field(default_factory=Position)
    save_every_s: float = SAVE_EVERY_S
    _saved_at: float = field(default_factory=time.monotonic)
    _told_at: float = float("-inf")

    def run(self, resumed: SavedState | None = None) -> Position:
        """Train to the end of the last phase.

        Raises:
            CancelledError: after the state was saved.
            TrainingError: the loss is no number any more.
        """
        here, config, task, network = self.here, self.config, self.task, self.task.network
        ema = Ema(network, config.ema_decay) if config.ema_decay is not None else None
        while here.phase < len(config.phases):
            phase, steps = config.phases[here.phase], task.steps_per_epoch(here.phase)
            task.begin_phase(here.phase)
            network.zero_grad(set_to_none=True)  # of what is frozen now: a resumed training has none either
            bare_optimizer = task.new_optimizer(here.phase)
            if resumed is not None:
                resumed.load_rest(bare_optimizer, ema)
                resumed = None
            model, optimizer = self.workers.wrap(network, bare_optimizer)
            self._tell_phase(phase)
            while here.epoch < phase.epochs and not self._stops_early():
                started = time.monotonic()
                with closing(task.batches(here.phase, self.epoch_of_all, here.step)) as batches:
                    for batch in batches:
                        self._seed_step()
                        set_rates(optimizer.param_groups, share_of_rate(phase, self._step_of_phase, steps))
                        with self.autocast():
                            loss = self._loss(model, batch)
                        optimizer.zero_grad(set_to_none=True)
                        self.workers.backward(loss)
                        if config.gradient_clip is not None:
                            torch.nn.utils.clip_grad_norm_(network.parameters(), config.gradient_clip)
                        optimizer.step()
                        if ema is not None:
                            ema.update(network)
                        here.step += 1
                        self._after_step(optimizer, ema)
                with ema.applied(network) if ema is not None else nullcontext():
                    self._end_epoch(phase, time.monotonic() - started)
                self._save_now_and_then(optimizer, ema)
            here.phase, here.epoch, here.step, here.epochs_without_better = here.phase + 1, 0, 0, 0
        here.done = True
        return here

    @property
    def config(self) -> LoopConfig:
        return self.task.config

    @property
    def epoch_of_all(self) -> int:
        """Epochs of the phases before and of this one."""
        return sum(phase.epochs for phase in self.config.phases[: self.here.phase]) + self.here.epoch

    @property
    def left_s(self) -> float:
        """Seconds to the report, from here."""
        return self.clock.left_s(self.here.phase, self._step_of_phase)

    @property
    def _step_of_phase(self) -> int:
        return self.here.epoch * self.clock.steps_per_epoch[self.here.phase] + self.here.step

    def _loss(self, model: Callable[..., Any], batch: BatchT) -> Tensor:
        """What is followed. Sums of it and of its parts are kept for the mean of the epoch."""
        loss, parts = self.task.loss(model, batch)
        sums = self.here.loss_sums
        sums[""] = sums.get("", 0.0) + loss.item()
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + part.item()
        return loss

    def _seed_step(self) -> None:
        """Dropout of this step, the same whatever was drawn before it."""
        place = (self.config.seed, self.here.phase, self.here.epoch, self.here.step, self.workers.rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))

    def _after_step(self, optimizer: Optimizer, ema: Ema | None) -> None:
        now = time.monotonic()
        worked_s = self.clock.step_done(self.here.phase)
        is_last = self.here.step == self.task.steps_per_epoch(self.here.phase)
        if now - self._told_at >= EVENT_EVERY_S or is_last:
            self._told_at = now
            self._tell_step(optimizer)
        is_cancelled, is_broken = self.workers.any(
            self.control.is_cancelled, not math.isfinite(self.here.loss_sums[""])
        )
        if is_broken:
            raise TrainingError(
                "The loss is no number any more: the network has come apart.",
                remedy=f"Train again with smaller learning rates, such as `--set phases.0.{self._main_rate}=1e-4`.",
                title="Training failed",
            )
        if is_cancelled:
            self._save(optimizer, ema)
            raise CancelledError
        if not is_last:  # else it is saved with what the epoch has brought
            self._save_now_and_then(optimizer, ema)
        self.control.rest(worked_s)
        self.clock.resume()

    @property
    def _main_rate(self) -> str:
        return self.config.phases[0].main_rate

    def _end_epoch(self, phase: LoopPhase, seconds: float) -> None:
        """Validate, and keep the network if it is the best so far."""
        here, steps = self.here, max(1, self.here.step)
        train = {f"{name} loss".strip(): value / steps for name, value in here.loss_sums.items()}
        found: tuple[float, Metrics] | None = None
        if self.workers.is_main:
            metrics = self.task.validate(self.autocast)
            found = self.task.score(metrics), metrics
        value, metrics = self.workers.broadcast(found)
        here.seconds += seconds
        entry = EpochDone(phase.name, self.epoch_of_all, self.config.total_epochs, train, metrics, value, seconds)
        is_better = here.best_score is None or value > here.best_score
        if is_better:
            here.best_score, here.best_epoch, here.epochs_without_better = value, self.epoch_of_all, 0
        else:
            here.epochs_without_better += 1
        here.history.append(
            {"phase": entry.phase, "epoch": entry.epoch, "train": train, "validation": metrics, "score": value}
        )
        self.tell(entry)
        if is_better and self.workers.is_main:
            path = self.task.keep(here, metrics)
            self.tell(BestFound(here.best_epoch, value, self.config.checkpoint_rule))
            self.tell(CheckpointSaved(str(path), here.best_epoch))
        here.epoch, here.step, here.loss_sums = here.epoch + 1, 0, {}
        self.clock.resume()

    def _stops_early(self) -> bool:
        patience = self.config.early_stopping_epochs
        return patience is not None and self.here.epochs_without_better >= patience

    def _save_now_and_then(self, optimizer: Optimizer, ema: Ema | None) -> None:
        """Not after each epoch: where these take seconds, writing the state would be a seventh of the time."""
        if time.monotonic() - self._saved_at >= self.save_every_s:
            self._save(optimizer, ema)

    def _save(self, optimizer: Optimizer, ema: Ema | None) -> None:
        if self.workers.is_main:
            save_state(self.state, self.here, self.task.network, optimizer, ema, self.identity)
        self._saved_at = time.monotonic()

    def _tell_phase(self, phase: LoopPhase) -> None:
        first = self.epoch_of_all - self.here.epoch
        self.tell(PhaseStarted(phase.name, self.here.phase, phase.epochs, first, phase.is_frozen))

    def _tell_step(self, optimizer: Optimizer) -> None:
        here, clock = self.here, self.clock
        self.tell(
            StepDone(
                step=clock.steps_before(here.phase) + self._step_of_phase,
                total=clock.steps_before(len(self.config.phases)),
                epoch=self.epoch_of_all,
                loss=here.loss_sums[""] / here.step,
                lr=optimizer.param_groups[0]["lr"],
                images_per_s=self.task.batch_size(here.phase) / clock.step_s(here.phase),
                eta_s=self.left_s,
            )
        )
