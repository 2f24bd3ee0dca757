"""The log file of a library: what happened behind the window. It stays on this machine."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOGGERS = ("core", "trainer", "desktop")
MOST_BYTES = 1_000_000
KEPT_FILES = 2


class _LogFile(RotatingFileHandler):
    """On a disk that is full it falls silent; it neither prints tracebacks nor spoils the end of a library."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)

    def close(self) -> None:
        with suppress(OSError):
            super().close()


def log_to(path: Path) -> logging.Handler:
    """Write what our own code logs into a file of some megabytes at most, until `stop_logging_to`."""
    handler = _LogFile(path, maxBytes=MOST_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.INFO)
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(min(logger.level or logging.INFO, logging.INFO))
        logger.addHandler(handler)
    return handler


def stop_logging_to(handler: logging.Handler) -> None:
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(handler)
    handler.close()
