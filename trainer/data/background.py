"""Making things ahead of the one who needs them, on threads, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def made_ahead(make: Callable[[int], T], numbers: Iterable[int], *, workers: int, ahead: int) -> Generator[T]:
    """`make` of each number, in order. Closing the generator ends its threads. Raises what `make` raises.

    Args:
        ahead: How many are ready or being made at a time; at least one more than there are workers.
    """
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="recollect-batches")
    try:
        for number in numbers:
            waiting.append(pool.submit(make, number))
            if len(waiting) >= max(ahead, workers + 1):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
