"""One training from its data to its report: `train` begins a run, `resume` goes on with one. Where many runs share
their photos, `prepare_data` reads these once, and `train_prepared` begins each run with them.

Whatever happens, the run's folder says how it ended. What kind of training it is, its configuration says:
`trainer.finetune.tiers`. The loop itself is `trainer.finetune.loop`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import TrainingError
from core.models.disk import disk_errors
from core.paths import LibraryPaths
from trainer.config import load_config
from trainer.control import Control
from trainer.events import Listener
from trainer.finetune.loop import SAVE_EVERY_S
from trainer.finetune.parallel import new_workers
from trainer.finetune.run import Run, RunResult, Source, close_without_checkpoint, ending_in_order
from trainer.finetune.tiers import tier_of
from trainer.loop_config import LoopConfig
from trainer.runs.run_folder import RunFolder, RunState

if TYPE_CHECKING:
    from core.library import Library


def train(
    config: LoopConfig,
    *,
    data: str | Path,
    home: Path,
    on_event: Listener,
    run_dir: Path | None = None,
    name: str = "",
    device: str = "auto",
    library: Library | None = None,
    encoding: str | None = None,
    against: Path | None = None,
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Train what the configuration says: a tagger on labelled photos, unless it is of another tier.

    Args:
        data: A folder, a labels.csv, or "library".
        home: Of the library: its runs, its cache of photos, what was measured of this machine.
        run_dir: Where the folder of the run is made; None: among the runs of `home`.
        encoding: Of a table of labels, as Python calls it; None: found out.
        against: Checkpoint of the tagger that this one has to beat.
        with_report: Draw figures and page; they can be made later too.

    Raises:
        RecollectError: it cannot be trained, or the machine stopped it; the run's folder says so too.
    """
    workers = new_workers(device)
    paths = LibraryPaths(home)
    made = RunFolder.create(run_dir or paths.runs, name or config.recipe).path if workers.is_main else None
    folder = RunFolder(workers.broadcast(made))
    run = Run(folder, paths, on_event, workers, Control(folder.control), against, save_every_s, with_report)
    tier = tier_of(config)
    with ending_in_order(run, name or config.recipe):
        if workers.is_main:
            tier.prepare(run, Source(data, library, encoding))
        workers.broadcast(None)  # until the photos are listed
        return tier.train(run)
    return close_without_checkpoint(run)


def prepare_data(
    config: LoopConfig,
    folder: Path,
    *,
    data: str | Path,
    home: Path,
    on_event: Listener,
    device: str = "auto",
    encoding: str | None = None,
) -> Path:
    """Read, check and divide the photos as `train` would, and leave them in a folder as `data.json`. Returns its path.

    Raises:
        RecollectError: there is nothing that could be learned from them.
    """
    prepared = RunFolder(folder)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    run = Run(prepared, LibraryPaths(home), on_event, new_workers(device), Control())
    tier_of(config).prepare(run, Source(data, None, encoding))
    return prepared.data


def train_prepared(
    config: LoopConfig,
    path: Path,
    *,
    name: str,
    home: Path,
    on_event: Listener,
    device: str = "auto",
    control: Control | None = None,
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Train with photos that were prepared before: the folder holds them as `data.json`, and becomes that of the run.

    Args:
        control: By which it is told to stop; None: the one in the folder.

    Raises:
        RecollectError: it cannot be trained, or the machine stopped it; the run's folder says so too.
    """
    folder = RunFolder(path)
    asked = control or Control(folder.control)
    run = Run(folder, LibraryPaths(home), on_event, new_workers(device), asked, None, save_every_s, with_report)
    with ending_in_order(run, name):
        return tier_of(config).train(run)
    return close_without_checkpoint(run)


def resume(
    path: Path,
    *,
    home: Path,
    on_event: Listener,
    device: str = "auto",
    control: Control | None = None,
    against: Path | None = None,
    save_every_s: float = SAVE_EVERY_S,
    with_report: bool = True,
) -> RunResult:
    """Go on with a run that was interrupted, cancelled or failed, to the result that it would have had.

    Args:
        control: By which it is told to stop; None: the one in the folder.

    Raises:
        TrainingError: it is finished, still running, or no run.
    """
    folder = RunFolder(path)
    status = folder.status
    if status is None:
        raise TrainingError(f"{path} is no run.", remedy="`recollect runs list` names them all.", path=path)
    if status.state in (RunState.RUNNING, RunState.FINISHED):
        said = "is still running" if status.state is RunState.RUNNING else "is finished"
        raise TrainingError(f"The run {status.name} {said}.", remedy="Begin a new one.", path=path)
    config = load_config(folder.config)
    workers = new_workers(device)
    if workers.is_main:
        folder.control.unlink(missing_ok=True)  # what was asked of the process that is gone
    asked = control or Control(folder.control)
    run = Run(folder, LibraryPaths(home), on_event, workers, asked, against, save_every_s, with_report)
    with ending_in_order(run, status.name):
        return tier_of(config).train(run)
    return close_without_checkpoint(run)
