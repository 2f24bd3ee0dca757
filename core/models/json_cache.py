"""Small JSON files that remember what can be found out again. A damaged file is like an absent one."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Any, cast

log = logging.getLogger(__name__)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; empty when there is none, or none that can be read."""
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def write_object(path: Path, document: dict[str, Any]) -> None:
    """Replace `path` as a whole. A disk that cannot be written to is no error: the next one finds it out again."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        log.info("%s is not remembered: %s", path.name, error)
        with contextlib.suppress(OSError):
            temporary.unlink()
