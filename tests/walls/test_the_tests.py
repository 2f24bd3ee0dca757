"""The checks in conftest.py hold: a leaked thread and an unexpected error log fail a test, the network is closed."""

from __future__ import annotations

import logging
import os
import socket
import threading
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from core.paths import default_home
from tests.error_logs import ErrorLogs
from tests.leaked_threads import threads_left


def test_a_thread_left_running_is_named_with_the_line_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.leaked_threads.GRACE_S", 0.01)
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    with threads_left() as left:
        thread.start()
    release.set()
    thread.join()
    assert len(left) == 1
    assert "forgotten" in left[0]
    assert Path(__file__).name in left[0]


def test_a_thread_that_ends_is_no_leak() -> None:
    with threads_left() as left:
        threading.Thread(target=lambda: None).start()
    assert left == []


class TestErrorLogs:
    def test_an_unexpected_error_is_a_complaint(self) -> None:
        logs = ErrorLogs()
        logs.handle(_error("the database is on fire"))
        assert "the database is on fire" in logs.complaint()

    def test_an_expected_error_is_none(self) -> None:
        logs = ErrorLogs()
        logs.expect("on fire")
        logs.handle(_error("the database is on fire"))
        assert logs.complaint() == ""

    def test_an_expected_error_that_does_not_come_is_a_complaint(self) -> None:
        logs = ErrorLogs()
        logs.expect("on fire")
        assert "on fire" in logs.complaint()

    def test_our_loggers_are_heard(self, error_logs: ErrorLogs) -> None:
        error_logs.expect("heard")
        logging.getLogger("core.somewhere").error("heard")


def _error(message: str) -> logging.LogRecord:
    return logging.LogRecord("core.store", logging.ERROR, __file__, 1, message, None, None)


def test_the_network_is_closed() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outside,
        pytest.warns(UserWarning, match="tried to use socket"),
        pytest.raises(SocketConnectBlockedError),
    ):
        outside.connect(("192.0.2.1", 80))  # an address that RFC 5737 keeps for documentation


def test_no_test_reaches_the_library_of_the_person_who_runs_it(library_home: Path, tmp_path: Path) -> None:
    assert default_home() == library_home
    assert library_home.is_relative_to(tmp_path)
    assert os.environ["HF_HUB_OFFLINE"] == "1"
