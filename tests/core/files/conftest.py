"""Watchers that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from core.files.ignore import IgnoreRules
from core.files.volumes import is_network_path
from core.files.watch import Change, FolderWatcher
from tests.core.files.watched import Watched

SETTLE_S = 0.2

StartWatcher = Callable[..., FolderWatcher]
"""Takes the listener, rules if they matter, and options of the watcher."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartWatcher]:
    """Starts watchers and ends them."""
    if is_network_path(tmp_path):
        pytest.skip("this drive sends no events")
    watchers: list[FolderWatcher] = []

    def begin(
        on_changes: Callable[[Sequence[Change]], None], rules: IgnoreRules | None = None, **options: object
    ) -> FolderWatcher:
        settings = {"settle_s": SETTLE_S, "root_check_s": 0.1, **options}
        watchers.append(FolderWatcher(on_changes, rules or IgnoreRules(), **settings))  # type: ignore[arg-type]
        return watchers[-1]

    yield begin
    for watcher in watchers:
        watcher.close()


@pytest.fixture
def watched(tmp_path: Path, start: StartWatcher) -> Watched:
    changes: list[Change] = []
    root = tmp_path / "my photos"
    root.mkdir()
    watcher = start(changes.extend)
    assert watcher.watch(root)
    return Watched(root, watcher, changes)
