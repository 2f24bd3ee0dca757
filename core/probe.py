"""Files that end the program which reads them are found by another process, so that ours lives.

Image decoders are C code; a crafted or damaged file can crash them. The indexer notes what it is reading; what was
being read at several sudden ends is read once more here, in a process of its own, before the indexer touches it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT_S = 120.0  # for one file; a decoder that needs longer hangs


def find_deadly(paths: Sequence[Path]) -> set[Path]:
    """Those of the files whose decoding ends the process that does it, or never ends."""
    deadly: set[Path] = set()
    left = list(paths)
    while left:
        survived = _decode_in_other_process(left)
        deadly.update(left[survived : survived + 1])
        left = left[survived + 1 :]
    return deadly


def _decode_in_other_process(paths: Sequence[Path]) -> int:
    """How many of the files were read before the process ended."""
    names = b"\0".join(os.fsencode(path) for path in paths)
    command = [sys.executable, "-m", "core.probe"]
    try:
        finished = subprocess.run(
            command, input=names, capture_output=True, timeout=TIMEOUT_S * len(paths), check=False
        )
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").count(b".")
    return finished.stdout.count(b".")


def main() -> None:
    """Decode the files named on standard input; write a dot for each that was survived."""
    from core.files.decode import decode_with_metadata, read_content

    for name in sys.stdin.buffer.read().split(b"\0"):
        path = Path(os.fsdecode(name))
        with suppress(PhotoError, OSError):  # unreadable is not deadly: the indexer says why
            decode_with_metadata(read_content(path)[0], edge_px=256, name=path.name)
        sys.stdout.buffer.write(b".")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
