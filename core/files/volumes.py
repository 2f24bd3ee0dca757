"""What kind of drive a folder lies on, as far as watching it depends on that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p", "afpfs", "afs", "ceph", "cifs", "davfs", "fuse.davfs", "fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.rclone",
        "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs",
        "sshfs", "webdav",
        "drvfs", "fuse.vmhgfs-fuse", "prl_fs", "vboxsf", "virtiofs",  # the host's folders inside a virtual machine
    }
)  # fmt: skip
"""Here another computer changes files, and the system that we run on hears nothing of it."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system. `options` as the system lists them, separated by commas."""

    folder: str
    file_system: str
    options: str


def is_network_path(path: Path) -> bool:
    """Whether changes below `path` go unreported, so that it has to be looked through now and then."""
    real = Path(os.path.realpath(path))
    if real.drive.startswith("\\\\"):  # \\server\share
        return True
    mounts = [mount for mount in _mounts() if real.is_relative_to(mount.folder)]
    if not mounts:
        return False
    nearest = max(mounts, key=lambda mount: len(mount.folder))
    return nearest.file_system in NETWORK_FILE_SYSTEMS or "remote" in nearest.options.split(",")


def _mounts() -> list[Mount]:
    """What is mounted, network drives included; nothing where the system does not tell (some containers)."""
    try:
        partitions = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return []
    return [Mount(partition.mountpoint, partition.fstype.lower(), partition.opts) for partition in partitions]
