"""One file from a web server to disk: resumed where it stopped, checked, and in its place only when it is whole.

While it comes it lies beside its target as `.part`, with a `.part.json` that says which file of which server it is a
part of. Knows HTTP and files; nothing about models. Errors are `DownloadError` or `MachineError`, each with a remedy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import httpx

from core.errors import DownloadCancelledError, DownloadError, ModelError
from core.models.disk import check_space, disk_errors, put_in_place
from core.models.json_cache import read_object, write_object
from core.models.remote import Remote, first_byte, retry_after_s
from core.models.weights_file import sha256_of

OnProgress = Callable[[int, int], None]
"""Called with bytes that are on disk and bytes in all (0 while the server has not said)."""
Cancelled = Callable[[], bool]

# Waits before another try, after a broken connection or from an overloaded server. A try that brought bytes starts the
# row anew.
RETRY_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
# A server that sends nothing for so long has stalled. Short, because a cancel is seen only between two reads.
READ_TIMEOUT_S = 15.0
CONNECT_TIMEOUT_S = 10.0
_OVERLOADED = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that has arrived, and what it was checked against."""

    url: str
    size_bytes: int
    sha256: str
    checked: Literal["registry", "hub", "size", "import"]  # whose checksum it was; "size" where nobody states one


def _never() -> bool:
    return False


class NotOnServerError(DownloadError):
    """The server answers, and has no such file."""


class _TryAgainError(Exception):
    """This try failed, another one may not. The message is for the user, should it have been the last."""

    def __init__(self, message: str, *, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.after_s = after_s


class Download:
    """One file on its way.

    `size_bytes` and `sha256`, where they are known beforehand, must be met. `check` looks at the whole file before it
    is put in place, and raises ModelError when it is not what it should be.
    """

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        target: Path,
        *,
        size_bytes: int | None = None,
        sha256: str | None = None,
        check: Callable[[Path], None] | None = None,
        on_progress: OnProgress | None = None,
        cancelled: Cancelled | None = None,
    ) -> None:
        self._client = client
        self._url = url
        self._target = target
        self._size_bytes = size_bytes
        self._sha256 = sha256
        self._check = check
        self._on_progress = on_progress
        self._cancelled = cancelled or _never
        self._part = target.with_name(f"{target.name}.part")
        self._part_stamp = target.with_name(f"{target.name}.part.json")

    def run(self) -> Fetched:
        """Fetch, check and put in place.

        Raises:
            DownloadCancelledError: the part is kept, the next run goes on with it.
            DownloadError: no network, refused, gone, or not the file that it should be.
            DiskFullError, PermissionDeniedError: the part is kept.
        """
        with disk_errors(self._target):
            self._target.parent.mkdir(parents=True, exist_ok=True)
            remote = self._fetch_with_retries()
            return self._finish(remote)

    def _fetch_with_retries(self) -> Remote:
        failures = 0
        while True:
            before = self._part_bytes()
            try:
                return self._fetch()
            except _TryAgainError as error:
                failures = 1 if self._part_bytes() > before else failures + 1
                if failures > len(RETRY_PAUSES_S):
                    raise DownloadError(
                        str(error), remedy="Start it again later: it goes on where it stopped.", path=self._target
                    ) from error
                self._pause(max(RETRY_PAUSES_S[failures - 1], error.after_s))

    def _fetch(self) -> Remote:
        """One request. Returns when the whole file is in the part."""
        known = self._stamp()
        have = self._part_bytes() if known is not None else 0
        if known is not None and known.size_bytes is not None and have == known.size_bytes:
            return known
        headers = {"Accept-Encoding": "identity"}  # so that lengths and ranges are those of the file
        if have:
            headers["Range"] = f"bytes={have}-"
            if known is not None and known.strong_etag is not None:
                headers["If-Range"] = known.strong_etag
        try:
            with self._client.stream("GET", self._url, headers=headers) as response:
                return self._receive(response, known, have)
        except httpx.TimeoutException as error:
            raise _TryAgainError(f"{self._host} does not answer any more.") from error
        except httpx.ConnectError as error:
            raise self._no_network() from error
        except httpx.HTTPError as error:
            raise _TryAgainError(f"The connection to {self._host} broke off.") from error
        except httpx.InvalidURL as error:
            raise DownloadError(f"{self._url} is not a web address.", remedy="Check HF_ENDPOINT.") from error

    def _receive(self, response: httpx.Response, known: Remote | None, have: int) -> Remote:
        self._check_status(response)
        remote = Remote.of(self._url, response)
        start = self._start_of_body(response, remote, known, have)
        self._check_announcement(remote)
        if remote.size_bytes is not None:
            check_space(self._target.parent, remote.size_bytes - start)
        write_object(self._part_stamp, asdict(remote))
        done = self._write(response, start, remote.size_bytes or self._size_bytes or 0)
        if remote.size_bytes is not None and done < remote.size_bytes:
            raise _TryAgainError(f"{self._host} sent only {done:,} of {remote.size_bytes:,} bytes.")
        return remote

    def _start_of_body(self, response: httpx.Response, remote: Remote, known: Remote | None, have: int) -> int:
        """At which byte of the file the body begins: 0, or where the part ends."""
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            return 0  # the whole file: the server knows no ranges, or the file has changed
        if first_byte(response) != have or known != remote:
            self._discard()
            raise _TryAgainError("The file on the server has changed meanwhile.")
        return have

    def _write(self, response: httpx.Response, start: int, total: int) -> int:
        with self._part.open("r+b" if start else "wb") as file:
            file.truncate(start)
            file.seek(start)
            done = start
            self._report(done, total)
            for chunk in response.iter_raw():  # as it comes: what a larger chunk still waits for would be lost
                if self._cancelled():
                    raise self._cancellation()
                file.write(chunk)
                done += len(chunk)
                self._report(done, max(total, done))
        return done

    def _finish(self, remote: Remote) -> Fetched:
        """Compare with what was promised, then put in place. What is wrong is deleted: more bytes would not mend it."""
        size = self._part_bytes()
        sha256 = sha256_of(self._part)
        wanted_sha256, wanted_size = self._sha256 or remote.sha256, self._size_bytes or remote.size_bytes
        if wanted_size not in (None, size) or wanted_sha256 not in (None, sha256):
            raise self._damaged("its checksum or size is not the one that it should have")
        try:
            if self._check is not None:
                self._check(self._part)
        except ModelError as error:
            raise self._damaged("it is not a model at all; a sign-in page of the network, perhaps") from error
        put_in_place(self._part, self._target)
        self._part_stamp.unlink(missing_ok=True)
        checked = "registry" if self._sha256 else "hub" if remote.sha256 else "size"
        return Fetched(url=self._url, size_bytes=size, sha256=sha256, checked=checked)

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            return
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._discard()
            raise _TryAgainError("The file on the server has changed meanwhile.")
        if status in _OVERLOADED:
            raise _TryAgainError(
                f"{self._host} is overloaded or out of order (HTTP {status}).",
                after_s=retry_after_s(response),
            )
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise DownloadError(
                f"{self._host} does not give {self._target.name} to everybody (HTTP {status}).",
                remedy="Its owner may want you to accept a licence first: do so on the model's page, "
                "download the file there, and import it from the file.",
            )
        absent = status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
        raise (NotOnServerError if absent else DownloadError)(
            f"{self._host} does not have {self._url} (HTTP {status}).",
            remedy="Choose another model, or get the file elsewhere and import it.",
        )

    def _check_announcement(self, remote: Remote) -> None:
        """Do not fetch for an hour what is known to be the wrong file."""
        wrong_size = self._size_bytes is not None and remote.size_bytes not in (None, self._size_bytes)
        wrong_hash = self._sha256 is not None and remote.sha256 not in (None, self._sha256)
        if wrong_size or wrong_hash:
            raise DownloadError(
                f"{self._host} offers another {self._target.name} than the one that Recollect knows.",
                remedy="Update Recollect, or import the right file.",
            )

    def _report(self, done: int, total: int) -> None:
        if self._on_progress is not None:
            self._on_progress(done, total)

    def _no_network(self) -> DownloadError:
        return DownloadError(
            f"{self._host} cannot be reached.",
            remedy="Check the network connection. Without one, download the file on another computer and import it.",
        )

    def _damaged(self, reason: str) -> DownloadError:
        self._discard()
        return DownloadError(
            f"{self._target.name} arrived damaged and was deleted: {reason}.",
            remedy="Download it again. Should it happen again, get it on another way and import it from the file.",
        )

    def _cancellation(self) -> DownloadCancelledError:
        return DownloadCancelledError(
            f"The download of {self._target.name} was cancelled.", remedy="Start it again to go on where it stopped."
        )

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._cancelled():
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))  # short naps, so that a cancel is seen
        raise self._cancellation()

    def _stamp(self) -> Remote | None:
        match read_object(self._part_stamp):
            case {"url": self._url, "size_bytes": int() | None as size, "sha256": str() | None as sha256, **rest}:
                etag = rest.get("etag")
                return Remote(self._url, size, sha256, etag if isinstance(etag, str) else None)
            case _:
                return None

    def _part_bytes(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _discard(self) -> None:
        self._part.unlink(missing_ok=True)
        self._part_stamp.unlink(missing_ok=True)

    @property
    def _host(self) -> str:
        return httpx.URL(self._url).host or self._url
