"""Run folders: names, status, runs whose process is gone, and what is asked of a running one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import PermissionDeniedError, TrainingError
from core.models.json_cache import read_object, write_object
from trainer.control import Control, ask_for_speed, ask_to_cancel
from trainer.events import Note
from trainer.runs.run_folder import RunFolder, RunState, find_run, list_runs


def test_two_runs_of_one_moment_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = [RunFolder.create(tmp_path, "caf\u00e9 / ../x") for _ in range(3)]
    assert len({folder.path for folder in folders}) == 3
    assert {folder.path.parent for folder in folders} == {tmp_path}
    assert len(RunFolder.create(tmp_path, "long " * 90).path.name) < 120


def test_a_place_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((PermissionDeniedError, Exception)) as raised:
        RunFolder.create(tmp_path / "file", "run")
    assert "cannot be written" in str(raised.value)


def test_the_status_is_that_of_a_living_process(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "one")
    assert folder.status is None
    folder.begin("one")
    assert folder.status is not None
    assert folder.status.state is RunState.RUNNING
    folder.end(RunState.FINISHED, metrics={"class accuracy": 0.5})
    assert folder.status.state is RunState.FINISHED
    assert folder.status.metrics == {"class accuracy": 0.5}
    assert folder.status.ended_at


def test_a_run_whose_process_is_gone_was_interrupted(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "one")
    script = "import sys, pathlib, trainer.runs.run_folder as r; r.RunFolder(pathlib.Path(sys.argv[1])).begin('one')"
    subprocess.run([sys.executable, "-c", script, str(folder.path)], check=True)
    assert folder.status is not None
    assert folder.status.state is RunState.INTERRUPTED


def test_another_process_of_the_same_number_is_not_taken_for_the_run(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "one")
    folder.begin("one")
    write_object(folder.status_file, {**read_object(folder.status_file), "process_started_at": 1.0})
    assert folder.status is not None
    assert folder.status.pid == os.getpid()
    assert folder.status.state is RunState.INTERRUPTED


def test_runs_are_listed_newest_first_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    old, new = RunFolder.create(tmp_path, "old"), RunFolder.create(tmp_path, "new")
    for folder, started_at in ((old, "2020-01-01"), (new, "2021-01-01")):
        folder.begin(folder.path.name)
        write_object(folder.status_file, {**read_object(folder.status_file), "started_at": started_at})
    (tmp_path / "no run").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "status.json").write_text('{"state": "running"')
    assert list_runs(tmp_path) == [new, old]
    assert list_runs(tmp_path / "nowhere") == []
    assert find_run(tmp_path, old.path.name) == find_run(tmp_path, str(old.path)) == old
    assert find_run(tmp_path, "new") == new  # as --name called it
    with pytest.raises(TrainingError, match="no run tomorrow") as caught:
        find_run(tmp_path, "tomorrow")
    assert caught.value.title == "The run cannot be found"  # nothing is trained by who names one


def test_two_runs_of_one_name_and_moment_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    first, second = RunFolder.create(tmp_path, "caps"), RunFolder.create(tmp_path, "caps")
    assert first.path != second.path
    for folder in (first, second):
        folder.begin("caps")
        folder.end(RunState.FINISHED)
    moment = {"started_at": "2026-01-02T03:04:05+00:00"}
    for folder in (first, second):
        write_object(folder.status_file, {**read_object(folder.status_file), **moment})
    with pytest.raises(TrainingError, match="same moment") as caught:
        find_run(tmp_path, "caps")
    assert first.path.name in caught.value.message
    assert second.path.name in caught.value.message
    assert find_run(tmp_path, first.path.name) == first
    assert find_run(tmp_path, str(second.path)) == second
    write_object(second.status_file, {**read_object(second.status_file), "started_at": "2026-01-02T03:04:06+00:00"})
    assert find_run(tmp_path, "caps") == second  # the newest


def test_events_are_read_back_also_while_one_is_being_written(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "one")
    assert list(folder.events()) == []
    folder.append(Note("first"))
    folder.append(Note("second"))
    with folder.events_file.open("a", encoding="utf-8") as file:
        file.write('{"type": "Note", "mess')
    assert list(folder.events()) == [Note("first"), Note("second")]


class TestControl:
    def test_a_cancellation_is_heard(self, tmp_path: Path) -> None:
        control = Control(tmp_path / "control.json")
        assert not control.is_cancelled
        ask_for_speed(tmp_path / "control.json", "gentle")
        ask_to_cancel(tmp_path / "control.json")
        heard = Control(tmp_path / "control.json")
        assert heard.is_cancelled
        assert heard.speed == "gentle"

    @pytest.mark.parametrize("text", ["", "[]", '{"speed": "warp", "cancel": "no"}', '{"speed": ["full"]}'])
    def test_nonsense_is_not_obeyed(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "control.json").write_text(text)
        control = Control(tmp_path / "control.json")
        assert not control.is_cancelled
        assert control.speed == "full"

    def test_full_speed_does_not_rest_and_gentle_rests_as_long_as_it_worked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "nice", lambda by: by)  # it could not be taken back
        control = Control(tmp_path / "control.json")
        started = time.monotonic()
        control.rest(10.0)
        assert time.monotonic() - started < 1.0
        ask_for_speed(tmp_path / "control.json", "gentle")
        gentle = Control(tmp_path / "control.json")
        started = time.monotonic()
        gentle.rest(0.2)
        assert time.monotonic() - started >= 0.2

    def test_a_pause_lasts_until_it_is_taken_back(self, tmp_path: Path, wait_until: Callable[..., None]) -> None:
        ask_for_speed(tmp_path / "control.json", "paused")
        control = Control(tmp_path / "control.json")
        thread = threading.Thread(target=control.rest, args=(0.0,), name="resting")
        thread.start()
        try:
            thread.join(0.6)
            assert thread.is_alive()
        finally:
            ask_for_speed(tmp_path / "control.json", "full")
            wait_until(lambda: not thread.is_alive())

    def test_a_cancellation_ends_a_pause(self, tmp_path: Path) -> None:
        ask_for_speed(tmp_path / "control.json", "paused")
        ask_to_cancel(tmp_path / "control.json")
        Control(tmp_path / "control.json").rest(0.0)
