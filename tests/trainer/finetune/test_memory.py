"""`trainer.finetune.memory`: what was freed is used again."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Touches 64 MiB anew, twenty times, and says how often the system had to provide a page.
_STEPS = """
import resource, sys
import numpy as np
from trainer.finetune.memory import keep_freed_memory

kept = sys.argv[1] == "kept" and keep_freed_memory()
if sys.argv[1] == "kept" and not kept:
    sys.exit(3)
np.ones(64 * 2**20, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(64 * 2**20, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _STEPS, how], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip("this C library has no mallopt")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts pages as Linux does")
def test_pages_that_were_freed_are_not_asked_for_again() -> None:
    given_back, kept = faults("given back"), faults("kept")
    # numpy asks for huge pages of 2 MiB where there are any: 32 a step then, 16,384 of 4 KiB elsewhere
    assert given_back >= 20 * 32
    assert kept < given_back / 10
