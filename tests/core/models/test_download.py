"""Downloads against a real server that breaks in all the ways that servers break."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.errors import DiskFullError, DownloadCancelledError, DownloadError, PermissionDeniedError
from core.models import disk, download
from core.models.download import Download, Fetched
from tests.core.models.hub import Fault, Hub

CONTENT = bytes(range(256)) * 12_000  # 3 MB: three chunks
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "tests/model/resolve/main/weights.safetensors"
HALF = len(CONTENT) // 2


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "weights.safetensors"


@pytest.fixture
def fetch(hub: Hub, target: Path) -> Iterator[Callable[..., Fetched]]:
    """Downloads NAME to `target`."""
    hub.files[NAME] = CONTENT
    with httpx.Client(follow_redirects=True, timeout=5.0) as client:
        yield lambda **known: Download(client, f"{hub.url}/{NAME}", target, **known).run()


def part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def left_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def after_bytes(limit: int) -> dict[str, Any]:
    """A user who cancels once `limit` bytes have arrived."""
    seen = [0]

    def on_progress(done: int, total: int) -> None:
        seen[0] = done

    return {"on_progress": on_progress, "cancelled": lambda: seen[0] >= limit}


class TestWholeFile:
    def test_arrives_in_its_place_and_leaves_nothing_beside_it(self, fetch: Any, target: Path) -> None:
        fetched = fetch(sha256=SHA256, size_bytes=len(CONTENT))
        assert target.read_bytes() == CONTENT
        assert left_beside(target) == [target.name]
        assert (fetched.sha256, fetched.size_bytes, fetched.checked) == (SHA256, len(CONTENT), "registry")

    def test_progress_rises_from_nothing_to_all(self, fetch: Any) -> None:
        steps: list[tuple[int, int]] = []
        fetch(on_progress=lambda done, total: steps.append((done, total)))
        assert steps[0] == (0, len(CONTENT))
        assert steps[-1] == (len(CONTENT), len(CONTENT))
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)

    def test_is_checked_against_what_the_hub_states_when_nothing_is_known(self, fetch: Any) -> None:
        assert fetch().checked == "hub"

    def test_says_so_when_nobody_states_a_checksum(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.states_hash = False
        assert fetch().checked == "size"
        assert target.read_bytes() == CONTENT

    def test_replaces_an_older_file(self, fetch: Any, target: Path) -> None:
        target.parent.mkdir()
        target.write_bytes(b"old")
        fetch()
        assert target.read_bytes() == CONTENT


class TestResume:
    def test_a_broken_connection_is_taken_up_where_it_broke(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.faults.append(Fault(break_after=HALF))
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT
        assert hub.requests[1]["Range"] == f"bytes={HALF}-"
        assert "If-Range" in hub.requests[1]

    def test_a_connection_that_breaks_often_still_gets_there(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.faults.extend([Fault(break_after=100_000)] * 12)  # more often than there are retries, but each brings bytes
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT

    def test_a_cancelled_download_goes_on_later(self, fetch: Any, hub: Hub, target: Path) -> None:
        with pytest.raises(DownloadCancelledError):
            fetch(**after_bytes(1 << 20))
        have = part_of(target).stat().st_size
        assert 0 < have < len(CONTENT)
        assert not target.exists()
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT
        assert hub.requests[1]["Range"] == f"bytes={have}-"

    def test_a_stalled_server_is_left_and_asked_again(
        self, fetch: Any, hub: Hub, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hub.faults.append(Fault(stall_after=HALF))
        with httpx.Client(follow_redirects=True, timeout=0.3) as impatient:
            Download(impatient, f"{hub.url}/{NAME}", target, sha256=SHA256).run()
        assert target.read_bytes() == CONTENT

    def test_a_server_without_ranges_sends_everything_again(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.knows_ranges = False
        hub.faults.append(Fault(break_after=HALF))
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT

    def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(
        self, fetch: Any, hub: Hub, target: Path
    ) -> None:
        with pytest.raises(DownloadCancelledError):
            fetch(**after_bytes(1 << 20))
        hub.files[NAME] = CONTENT[::-1]
        fetch()
        assert target.read_bytes() == CONTENT[::-1]

    def test_a_range_that_begins_elsewhere_is_not_trusted(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.faults.extend([Fault(break_after=HALF), Fault(wrong_start=True)])
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT
        assert "Range" not in hub.requests[2]

    def test_a_part_that_was_whole_is_only_checked(self, fetch: Any, hub: Hub, target: Path) -> None:
        with pytest.raises(DownloadCancelledError):
            fetch(**after_bytes(1 << 20))
        part_of(target).write_bytes(CONTENT)
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT
        assert len(hub.requests) == 1

    def test_a_part_that_is_too_long_is_thrown_away(self, fetch: Any, hub: Hub, target: Path) -> None:
        with pytest.raises(DownloadCancelledError):
            fetch(**after_bytes(1 << 20))
        part_of(target).write_bytes(CONTENT + b"more")
        fetch(sha256=SHA256)
        assert target.read_bytes() == CONTENT

    def test_a_part_that_was_damaged_on_disk_is_found_out(self, fetch: Any, target: Path) -> None:
        with pytest.raises(DownloadCancelledError):
            fetch(**after_bytes(1 << 20))
        have = part_of(target).stat().st_size
        part_of(target).write_bytes(b"\0" * have)
        with pytest.raises(DownloadError, match="damaged"):
            fetch()
        assert left_beside(target) == []

    def test_a_part_without_its_stamp_is_not_trusted(self, fetch: Any, hub: Hub, target: Path) -> None:
        target.parent.mkdir()
        part_of(target).write_bytes(b"of something else")
        fetch()
        assert target.read_bytes() == CONTENT
        assert "Range" not in hub.requests[0]


class TestWrongFile:
    def test_another_checksum_than_the_registry_knows_is_refused_before_the_first_byte(
        self, fetch: Any, hub: Hub, target: Path
    ) -> None:
        with pytest.raises(DownloadError, match="another"):
            fetch(sha256="0" * 64)
        assert left_beside(target) == []

    def test_a_wrong_checksum_is_found_and_the_file_deleted(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.states_hash = False
        with pytest.raises(DownloadError, match="damaged"):
            fetch(sha256="0" * 64)
        assert left_beside(target) == []

    def test_the_registry_wins_over_what_the_hub_states(self, fetch: Any, hub: Hub) -> None:
        hub.stated_hash = "1" * 64
        with pytest.raises(DownloadError):
            fetch(sha256=SHA256)

    def test_bytes_that_do_not_match_what_the_hub_states_are_deleted(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.stated_hash = "1" * 64
        with pytest.raises(DownloadError, match="damaged"):
            fetch()
        assert left_beside(target) == []

    def test_a_sign_in_page_is_not_taken_for_a_model(self, fetch: Any, hub: Hub, target: Path) -> None:
        from core.models.weights_file import check_weights

        hub.states_hash = False
        hub.files[NAME] = b"<html>Welcome to the hotel</html>"
        with pytest.raises(DownloadError, match="not a model"):
            fetch(check=check_weights)
        assert left_beside(target) == []

    def test_a_file_that_stays_truncated_fails_and_keeps_its_part(self, fetch: Any, hub: Hub, target: Path) -> None:
        fetch_fails = [Fault(break_after=HALF), *[Fault(break_after=0)] * 5]
        hub.faults.extend(fetch_fails)
        with pytest.raises(DownloadError) as failure:
            fetch()
        assert "goes on where it stopped" in failure.value.remedy
        assert part_of(target).stat().st_size == HALF


class TestRefusals:
    def test_an_overloaded_server_is_asked_again(self, fetch: Any, hub: Hub, target: Path) -> None:
        hub.faults.extend([Fault(status=500), Fault(status=503), Fault(status=429, headers={"Retry-After": "0"})])
        fetch()
        assert target.read_bytes() == CONTENT

    def test_a_server_that_stays_out_of_order_is_given_up(self, fetch: Any, hub: Hub) -> None:
        hub.faults.extend([Fault(status=500)] * 20)
        with pytest.raises(DownloadError, match="HTTP 500"):
            fetch()
        assert len(hub.requests) == 6

    def test_a_cancel_is_seen_while_waiting_for_another_try(
        self, fetch: Any, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(download, "RETRY_PAUSES_S", (60.0,))
        hub.faults.append(Fault(status=500))
        with pytest.raises(DownloadCancelledError):
            fetch(cancelled=lambda: len(hub.requests) > 0)

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_gated_file_names_the_licence(self, fetch: Any, hub: Hub, status: int) -> None:
        hub.faults.append(Fault(status=status))
        with pytest.raises(DownloadError) as refusal:
            fetch()
        assert "licence" in refusal.value.remedy
        assert len(hub.requests) == 1

    def test_a_missing_file_is_not_asked_for_twice(self, fetch: Any, hub: Hub) -> None:
        hub.faults.append(Fault(status=404))
        with pytest.raises(DownloadError, match="does not have"):
            fetch()
        assert len(hub.requests) == 1

    def test_without_a_network_the_error_says_so_at_once(self, target: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        with httpx.Client() as client, pytest.raises(DownloadError) as failure:
            Download(client, f"http://127.0.0.1:{port}/{NAME}", target).run()
        assert "network" in failure.value.remedy
        assert "import" in failure.value.remedy


class TestDisk:
    def test_too_little_space_is_said_before_the_first_byte(
        self, fetch: Any, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(disk, "RESERVED_BYTES", 1 << 60)
        with pytest.raises(DiskFullError, match="are needed"):
            fetch()
        assert not part_of(target).exists()

    def test_a_disk_that_fills_up_meanwhile_is_an_error_with_a_remedy(
        self, fetch: Any, hub: Hub, tmp_path: Path
    ) -> None:
        folder = tmp_path / "small disk"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            pytest.skip("needs the right to mount a small file system")
        try:
            hub.states_hash = hub.states_length = False  # so that the size is not known beforehand
            with httpx.Client(follow_redirects=True) as client, pytest.raises(DiskFullError, match="became full"):
                Download(client, f"{hub.url}/{NAME}", folder / "weights").run()
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of a file")
    def test_a_limit_for_the_size_of_files_reads_like_a_full_disk(self, fetch: Any, hub: Hub, tmp_path: Path) -> None:
        program = (
            "import resource, sys, httpx; from pathlib import Path; from core.models.download import Download;"
            "from core.errors import DiskFullError;"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20));"
            "client = httpx.Client(follow_redirects=True);\n"
            "try: Download(client, sys.argv[1], Path(sys.argv[2])).run()\n"
            "except DiskFullError as error: print(error.remedy)"
        )
        run = subprocess.run(
            [sys.executable, "-c", program, f"{hub.url}/{NAME}", str(tmp_path / "weights")],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "Free some space" in run.stdout

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_without_permission_is_named(self, fetch: Any, target: Path) -> None:
        target.parent.mkdir(mode=0o500)
        with pytest.raises(PermissionDeniedError, match="cannot be written"):
            fetch()
