"""Searches over real trainings: what they find, what they end early, and what is left of them after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import DiskFullError, LabelFileError, TrainingError
from tests.trainer.tiny_task import plug_in, regression_config, write_points
from trainer.config import load_config
from trainer.events import EpochDone
from trainer.runs.run_folder import RunState
from trainer.tune.search import Request, search
from trainer.tune.search_folder import SearchFolder
from trainer.tune.trials import Ending

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

REPOSITORY = Path(__file__).resolve().parents[3]
plug_in()

RATE = "phases.few.lr"
GOOD_OR_BAD = {RATE: {"choices": [0.5, 1e-6]}}


@dataclass
class Heard:
    """Who listens to a search."""

    at_epoch: Callable[[int, EpochDone], None] = lambda number, event: None
    trials: list[FrozenTrial] = field(default_factory=list)
    epochs: list[tuple[int, int]] = field(default_factory=list)
    done_before: int = 0

    def say(self, text: str) -> None:
        """Nobody reads it."""

    def begin(self, done: int, best: float | None) -> None:
        self.done_before = done

    def epoch(self, number: int, event: EpochDone) -> None:
        self.epochs.append((number, event.epoch))
        self.at_epoch(number, event)

    def trial(self, trial: FrozenTrial) -> None:
        self.trials.append(trial)


def request(folder: Path, table: dict[str, Any], **changes: Any) -> Request:
    folder.mkdir(parents=True, exist_ok=True)
    points = str(write_points(folder / "points.json"))
    asked = Request(regression_config(), table, points, folder / "search", folder / "home", 8, with_report=False)
    return replace(asked, **changes)


def test_it_finds_the_better_of_two_values_and_ends_the_worse_early(tmp_path: Path) -> None:
    asked = request(tmp_path, GOOD_OR_BAD)
    found, ending = search(asked, heard := Heard())
    assert ending is Ending.DONE
    assert len(found.trials) == len(heard.trials) == 8
    assert found.best is not None
    assert found.best.values == {RATE: 0.5}
    assert found.trials[0].values == {RATE: 0.5}  # the recipe as it stands
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned
    assert {trial.values[RATE] for trial in pruned} == {1e-6}
    assert all(len(trial.curve) < regression_config().total_epochs for trial in pruned)
    search_folder = SearchFolder(asked.folder)
    for trial in pruned:
        folder = search_folder.run(trial.run)
        assert folder.status is not None
        assert folder.status.state is RunState.CANCELLED
        assert sum(isinstance(event, EpochDone) for event in folder.events()) == len(trial.curve)
    with_network = [path.parent.name for path in search_folder.trials.glob("*/checkpoint")]
    assert with_network == [found.best.run]  # all others gave theirs back
    assert not [*search_folder.trials.glob("*/state/*")]


def test_what_was_found_is_written_and_can_be_trained(tmp_path: Path) -> None:
    table = {RATE: {"low": 1e-4, "high": 1.0, "log": True}, "phases.many.epochs": {"low": 2, "high": 5}}
    asked = request(tmp_path, table, pruner="none", max_epochs=6, with_report=True)
    found, _ = search(asked, Heard())
    folder = SearchFolder(asked.folder)
    config = load_config(folder.best)
    assert found.best is not None
    assert config.phases[0].model_dump()["lr"] == found.best.values[RATE]
    assert config.phases[1].epochs == found.best.values["phases.many.epochs"]
    assert max(len(trial.curve) for trial in found.trials) == 6
    assert set(found.importance) == set(table)
    assert sum(found.importance.values()) == pytest.approx(1.0)
    assert found.importance[RATE] > 0.5  # a line is found by the rate, not by one epoch more
    page = folder.report.read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "lower is better" in page
    assert found.command.split(" --set ")[0] in page
    names = {path.name for path in (folder.path / "figures").iterdir()}
    assert {"curves.png", "history.svg", "values.svg", "importance.png"} <= names


def test_the_same_seed_tries_the_same_values(tmp_path: Path) -> None:
    table = {RATE: {"low": 1e-4, "high": 1.0, "log": True}}
    first, second = (search(request(tmp_path / name, table, trials=3), Heard())[0] for name in ("one", "other"))
    assert [(trial.values, trial.curve) for trial in first.trials] == [
        (each.values, each.curve) for each in second.trials
    ]


CHILD = """
import os, signal, sys
from pathlib import Path
from tests.trainer.tune.test_search import Heard, killed_search

killed_search(Path(sys.argv[1]))
"""


def killed_search(folder: Path) -> None:
    """Killed in the middle of the third trial."""

    def kill(number: int, event: EpochDone) -> None:
        if (number, event.epoch) == (3, 4):
            os.kill(os.getpid(), signal.SIGKILL)

    search(_killed_request(folder), Heard(kill))


def _killed_request(folder: Path) -> Request:
    table = {RATE: {"low": 1e-2, "high": 1.0, "log": True}}
    return request(folder, table, trials=4, pruner="none", save_every_s=0.0)


def test_killed_in_the_middle_it_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    killed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    found, ending = search(_killed_request(tmp_path), heard := Heard())
    assert ending is Ending.DONE
    assert [trial.state for trial in found.trials] == ["finished"] * 4
    assert (heard.done_before, found.interrupted) == (2, 1)
    assert Counter(trial.values[RATE] for trial in found.trials).most_common(1)[0][1] == 1  # none was done twice
    assert all(len(trial.curve) == regression_config().total_epochs for trial in found.trials)
    went_on = next(trial for trial in found.trials if trial.run == "trial-003")
    assert next(epoch for number, epoch in heard.epochs if number == went_on.number) > 0  # not from its beginning
    undisturbed, _ = search(replace(_killed_request(tmp_path / "other"), trials=3), Heard())
    assert {each.curve for each in undisturbed.trials} <= {each.curve for each in found.trials}
    again, _ = search(_killed_request(tmp_path), heard := Heard())  # there is nothing left to do
    assert not heard.epochs
    assert again.trials == found.trials


DOOMED = """
import os, signal, sys
from pathlib import Path
from tests.trainer.tune.test_search import Heard, _killed_request
from trainer.tune.search import search
from trainer.tune.trials import Watch

note = Watch.note
def note_or_die(self, event):
    if self.trial.number > 0:
        os.kill(os.getpid(), signal.SIGKILL)  # as the system does where memory is short, before an epoch is noted
    note(self, event)

Watch.note = note_or_die
search(_killed_request(Path(sys.argv[1])), Heard())
"""


def test_a_trial_that_is_killed_three_times_before_its_first_epoch_has_failed(tmp_path: Path) -> None:
    for _ in range(3):
        killed = subprocess.run([sys.executable, "-c", DOOMED, str(tmp_path)], cwd=REPOSITORY, capture_output=True)
        assert killed.returncode == -signal.SIGKILL
    found, ending = search(_killed_request(tmp_path), Heard())
    assert ending is Ending.DONE
    assert [trial.state for trial in found.trials] == ["finished", "failed", "finished", "finished"]
    assert "memory" in found.trials[1].reason
    assert found.interrupted == 2


def test_ctrl_c_ends_it_in_order_and_more_trials_go_on(tmp_path: Path) -> None:
    def interrupt(number: int, event: EpochDone) -> None:
        if (number, event.epoch) == (2, 1):
            signal.raise_signal(signal.SIGINT)

    asked = request(tmp_path, {RATE: {"low": 1e-2, "high": 1.0}}, trials=3, pruner="none")
    found, ending = search(asked, Heard(interrupt))
    assert ending is Ending.STOPPED
    assert (len(found.trials), found.interrupted) == (1, 1)
    assert SearchFolder(asked.folder).best.is_file()
    found, ending = search(asked, Heard())
    assert ending is Ending.DONE
    assert [trial.state for trial in found.trials] == ["finished"] * 3
    found, _ = search(replace(asked, trials=4), Heard())
    assert len(found.trials) == 4


def test_after_the_hours_no_trial_is_begun(tmp_path: Path) -> None:
    found, ending = search(request(tmp_path, GOOD_OR_BAD, until=1.0), Heard())
    assert ending is Ending.DONE
    assert not found.trials


def test_a_trial_that_fails_is_recorded_and_the_search_goes_on(tmp_path: Path) -> None:
    asked = request(
        tmp_path,
        {RATE: {"choices": [0.5, 1e30]}, "phases.many.epochs": {"low": 2, "high": 9}},
        trials=6,
        with_report=True,
    )
    found, _ = search(asked, Heard())
    states = Counter(trial.state for trial in found.trials)
    assert states["failed"]
    assert states["finished"]
    assert all("no number any more" in trial.reason for trial in found.trials if trial.state == "failed")
    assert "no number any more" in SearchFolder(asked.folder).report.read_text(encoding="utf-8")


def test_several_failures_in_a_row_stop_it_and_say_why(tmp_path: Path) -> None:
    asked, heard = request(tmp_path, {RATE: {"choices": [1e30, 2e30]}}, with_report=True), Heard()
    with pytest.raises(TrainingError, match=r"3 trials failed one after the other.*no number any more"):
        search(asked, heard)
    assert [trial.state.name for trial in heard.trials] == ["FAIL"] * 3
    assert SearchFolder(asked.folder).report.is_file()


def test_a_full_disk_stops_it_and_it_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(tmp_path, {RATE: {"low": 1e-2, "high": 1.0}}, trials=1, pruner="none")
    search(asked, Heard())
    connect = sqlite3.connect

    def on_a_small_disk(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr("trainer.tune.search_folder.sqlite3.connect", on_a_small_disk)
        with pytest.raises(DiskFullError, match="disk became full"):
            search(replace(asked, trials=20), Heard())
    done = len(search(asked, Heard())[0].trials)
    assert done < 20
    found, _ = search(replace(asked, trials=done + 1), Heard())
    assert [trial.state for trial in found.trials] == ["finished"] * (done + 1)


def test_another_search_is_not_mixed_with_it(tmp_path: Path) -> None:
    asked = request(tmp_path, GOOD_OR_BAD, trials=1)
    search(asked, Heard())
    with pytest.raises(TrainingError, match="was begun with others: what is searched, --max-epochs"):
        search(replace(asked, table={RATE: {"low": 0.1, "high": 1.0}}, max_epochs=4), Heard())
    with pytest.raises(LabelFileError, match="There is no"):
        search(replace(asked, data=str(tmp_path / "nowhere")), Heard())
    with SearchFolder(asked.folder).held(), pytest.raises(TrainingError, match="running already"):
        search(asked, Heard())
    SearchFolder(asked.folder).study_file.write_bytes(b"no database" * 1000)
    with pytest.raises(TrainingError, match="cannot be used"):
        search(asked, Heard())


def test_data_that_are_not_there_leave_no_search_behind(tmp_path: Path) -> None:
    asked = request(tmp_path, GOOD_OR_BAD, trials=1)
    with pytest.raises(TrainingError, match="no points"):
        search(replace(asked, data=str(tmp_path / "nowhere")), Heard())
    found, _ = search(asked, Heard())
    assert len(found.trials) == 1
