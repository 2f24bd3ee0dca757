"""What the watcher does when the system has no more room: for events, for watches, for watchers."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.files.ignore import IgnoreRules
from core.files.watch import Change
from tests.core.files.conftest import StartWatcher
from tests.core.files.watched import JPEG, rescan, upsert
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of inotify")

WATCH_TOO_MUCH = """
from core.errors import WatchLimitError
told = threading.Event()
watcher = FolderWatcher(lambda changes: told.set(), IgnoreRules())
try:
    watcher.watch(root)
except WatchLimitError as error:
    print(type(error).__name__, error.remedy, "polled" if told.wait(20) else "", sep="\\n")
watcher.close()
"""

GROW_TOO_MUCH = """
def listen(changes):
    if Change(ChangeKind.RESCAN, root, is_dir=True) in changes:
        print("polled", flush=True)
        told.set()
told = threading.Event()
watcher = FolderWatcher(listen, IgnoreRules(), settle_s=0.1, root_check_s=0.1)
watcher.watch(root)
for number in range(10):
    (root / str(number)).mkdir()
told.wait(20)
watcher.close()
"""


def test_lost_events_lead_to_a_rescan(tmp_path: Path, start: StartWatcher) -> None:
    capacity = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if capacity > 50_000:
        pytest.skip("the system's queue is too long to be filled in a test")
    blocked, release = threading.Event(), threading.Event()

    class SlowRules(IgnoreRules):
        """Keeps the thread that reads the system's events busy, when it meets a new folder."""

        def allows_dir(self, path: Path, root: Path) -> bool:
            if threading.current_thread().name == "watch-inotify" and not release.is_set():
                blocked.set()
                release.wait(30)
            return super().allows_dir(path, root)

    changes: list[Change] = []
    start(changes.extend, SlowRules()).watch(tmp_path)
    (tmp_path / "new folder").mkdir()
    assert blocked.wait(10)
    scratch = tmp_path / "scratch.txt"
    for _ in range(capacity // 3 + 100):  # created, closed, deleted
        scratch.touch()
        scratch.unlink()
    release.set()

    wait_until(lambda: rescan(tmp_path) in changes)
    (tmp_path / "a.jpg").write_bytes(JPEG)
    wait_until(lambda: upsert(tmp_path / "a.jpg") in changes)


@pytest.mark.parametrize(("limit", "setting"), [("watches", "max_user_watches"), ("instances", "max_user_instances")])
def test_a_limit_of_the_system_becomes_an_error_with_its_remedy(tmp_path: Path, limit: str, setting: str) -> None:
    for number in range(10):
        (tmp_path / str(number)).mkdir()
    answer = with_inotify_limit(limit, WATCH_TOO_MUCH, tmp_path)

    assert answer.split("\n")[0] == "WatchLimitError"
    assert f"sudo sysctl fs.inotify.{setting}=" in answer
    assert "polled" in answer


def test_new_folders_beyond_the_limit_are_polled(tmp_path: Path) -> None:
    assert "polled" in with_inotify_limit("watches", GROW_TOO_MUCH, tmp_path)


def with_inotify_limit(limit: str, script: str, root: Path) -> str:
    """What a script prints where there are few inotify watches or instances: a user namespace has limits of its own."""
    few = {"watches": 4, "instances": 0}[limit]
    head = (
        "import sys, threading\nfrom pathlib import Path\nfrom core.files.ignore import IgnoreRules\n"
        "from core.files.watch import Change, ChangeKind, FolderWatcher\nroot = Path(sys.argv[1])\n"
    )
    lower = f'echo {few} > /proc/sys/user/max_inotify_{limit} || exit 77; exec "$@"'
    command = ["unshare", "-Ur", "sh", "-c", lower, "sh", sys.executable, "-c", head + script, str(root)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        pytest.skip("needs unshare(1)")
    if answer.returncode == 77 or "unshare" in answer.stderr:
        pytest.skip("needs user namespaces")
    assert answer.returncode == 0, answer.stderr
    return answer.stdout
