"""Which drives send no events."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from core.files.volumes import is_network_path


def mounts(*lines: tuple[str, str]) -> list[SimpleNamespace]:
    return [SimpleNamespace(mountpoint=folder, fstype=kind, opts="rw") for folder, kind in lines]


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "fuse.rclone"])
def test_the_nearest_mount_decides(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    table = mounts(("/", "ext4"), ("/mnt/nas", kind), ("/mnt/nas/local", "ext4"), ("/mnt/nas2", "xfs"))
    monkeypatch.setattr(psutil, "disk_partitions", lambda *, all: table)

    assert is_network_path(Path("/mnt/nas"))
    assert is_network_path(Path("/mnt/nas/photos/2019"))
    assert not is_network_path(Path("/mnt/nas/local/photos"))
    assert not is_network_path(Path("/mnt/nas2/photos"))
    assert not is_network_path(Path("/home/ann"))


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*, all: bool) -> None:
        raise PermissionError

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    assert not is_network_path(Path("/home/ann"))


def test_the_real_table_can_be_read(tmp_path: Path) -> None:
    assert isinstance(is_network_path(tmp_path), bool)
