"""Brings the files of an encoder or of a tagger's backbone into the models directory: from the hub, or from a file."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from core.errors import DownloadError, ModelError
from core.models.disk import check_space, disk_errors, put_in_place
from core.models.download import (
    CONNECT_TIMEOUT_S,
    READ_TIMEOUT_S,
    Cancelled,
    Download,
    Fetched,
    NotOnServerError,
    OnProgress,
)
from core.models.json_cache import read_object, write_object
from core.models.spec import ORIGIN_FILE, Installable, RemoteFile
from core.models.weights_file import check_name, check_weights, sha256_of

_COPY_BYTES = 4 << 20


def install_from_hub(
    spec: Installable, folder: Path, hub: str, *, on_progress: OnProgress | None, cancelled: Cancelled | None
) -> None:
    """Download what is missing or no longer as it was.

    Raises:
        DownloadError, DownloadCancelledError, DiskFullError, PermissionDeniedError: see `Download.run`.
    """
    with _alone(spec, folder), _client() as client:
        finished, to_come = 0, sum(remote.size_bytes for remote in spec.downloads)
        for remote in spec.downloads:
            to_come -= remote.size_bytes
            report = _within(on_progress, finished, to_come)
            try:
                finished += _install_one(client, remote, folder, hub, report, cancelled)
            except NotOnServerError:
                if not remote.optional:
                    raise


def install_from_file(spec: Installable, folder: Path, source: Path) -> None:
    """Copy weights, and the other files that must lie beside them: a tokenizer, a config.

    Raises:
        ModelError: a pickle, damaged, not the weights of this model, or what it needs is not beside it.
    """
    check_name(source)
    check_weights(source)
    weights, *others = [
        remote for remote in spec.downloads if not remote.optional or source.with_name(remote.file).is_file()
    ]
    absent = [remote.file for remote in others if not source.with_name(remote.file).is_file()]
    if absent:
        raise ModelError(
            f"The model {spec.name} also needs {' and '.join(absent)}.",
            remedy=f"Put them beside {source.name}; {weights.repository} has them.",
            path=source,
        )
    with _alone(spec, folder):
        _copy(source, folder, weights)
        for remote in others:
            _copy(source.with_name(remote.file), folder, remote)


def _install_one(
    client: httpx.Client, remote: RemoteFile, folder: Path, hub: str, report: OnProgress, cancelled: Cancelled | None
) -> int:
    """Size of the file in bytes. Leaves alone what is there and whole."""
    target = folder / remote.file
    known = read_object(folder / ORIGIN_FILE).get(remote.file, {})
    if target.is_file() and known.get("sha256") == sha256_of(target):
        return target.stat().st_size
    fetched = Download(
        client,
        remote.url(hub),
        target,
        size_bytes=remote.size_bytes if remote.sha256 and remote.size_is_exact else None,
        sha256=remote.sha256,
        check=check_weights if target.suffix == ".safetensors" else None,
        on_progress=report,
        cancelled=cancelled,
    ).run()
    _record(folder, remote.file, fetched)
    return fetched.size_bytes


def _copy(source: Path, folder: Path, remote: RemoteFile) -> None:
    target = folder / remote.file
    part = target.with_name(f"{target.name}.part")
    size = source.stat().st_size
    with disk_errors(target):
        folder.mkdir(parents=True, exist_ok=True)
        check_space(folder, size)
        with source.open("rb") as reader, part.open("wb") as writer:
            shutil.copyfileobj(reader, writer, _COPY_BYTES)
        sha256 = sha256_of(part)
        if remote.sha256 not in (None, sha256):
            part.unlink()
            raise ModelError(
                f"{source.name} is not the file that {remote.repository} publishes: its checksum differs.",
                remedy="Download it again from there, or name it as a model of your own under [encoders] "
                "in the settings.",
                path=source,
            )
        put_in_place(part, target)
    checked = "registry" if remote.sha256 else "import"
    _record(folder, remote.file, Fetched(url=source.as_uri(), size_bytes=size, sha256=sha256, checked=checked))


def _record(folder: Path, file: str, fetched: Fetched) -> None:
    write_object(folder / ORIGIN_FILE, {**read_object(folder / ORIGIN_FILE), file: asdict(fetched)})


def _within(on_progress: OnProgress | None, before: int, after: int) -> OnProgress:
    """Progress of one file as progress of all: `before` bytes are done, and `after` bytes come behind it."""

    def report(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(before + done, before + total + after)

    return report


def _client() -> httpx.Client:
    return httpx.Client(
        follow_redirects=True,
        timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        headers={"User-Agent": "recollect"},
    )


@contextmanager
def _alone(spec: Installable, folder: Path) -> Generator[None]:
    """Two processes must not write the same part."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "installing.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise DownloadError(
                f"The model {spec.name} is being installed by another Recollect.", remedy="Wait until it is done."
            ) from error
    try:
        yield
    finally:
        lock.release()
