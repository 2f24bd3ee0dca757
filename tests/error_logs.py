"""Notices errors that Recollect logs during a test. An error in the log that no test announced is a bug."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

OUR_LOGGERS = ("core", "trainer", "desktop", "benchmarks")


class ErrorLogs(logging.Handler):
    """Collects the error records of our own loggers and compares them with what the test expects."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self._seen: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """An error record that matches `pattern` will come; it is a failure if none does."""
        self._expected.append(re.compile(pattern))

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.append(logging.Formatter("%(name)s: %(message)s").format(record))

    @contextmanager
    def listening(self) -> Iterator[None]:
        loggers = [logging.getLogger(name) for name in OUR_LOGGERS]
        for logger in loggers:
            logger.addHandler(self)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(self)

    def complaint(self) -> str:
        """What is wrong with the log, as a sentence for the test report; empty if nothing is."""
        unexpected = [line for line in self._seen if not any(p.search(line) for p in self._expected)]
        if unexpected:
            return "Errors were logged that the test did not expect:\n" + "\n".join(unexpected)
        missing = [p.pattern for p in self._expected if not any(p.search(line) for line in self._seen)]
        if missing:
            return f"Expected error logs did not come: {missing}"
        return ""
