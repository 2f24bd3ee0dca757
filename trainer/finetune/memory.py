"""How the training process keeps its memory."""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # of malloc.h
_NEVER, _GROW_BY = -1, 64 * 1024 * 1024


def keep_freed_memory() -> bool:
    """What was freed stays with this process and is used again. Returns whether the C library can do so (glibc can).

    Each step allocates the same activations, some hundred MiB in large blocks. glibc maps such blocks anew each time
    and gives them back when freed, so that the system has to clear every page of them in every step: a sixth of the
    time of a training on processors (`docs/performance.md`). The process stays as large as its largest step. See
    mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    wanted = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _NEVER), (_M_TOP_PAD, _GROW_BY))
    return all([mallopt(name, value) for name, value in wanted])
