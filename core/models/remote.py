"""What a server says about a file in the headers of its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_MAX_RETRY_AFTER_S = 30.0  # who asks for more has to be asked again by the user


@dataclass(frozen=True, slots=True)
class Remote:
    """A file on a server. None stands for what the server does not say."""

    url: str
    size_bytes: int | None
    sha256: str | None
    etag: str | None  # of the server that sends the bytes

    @classmethod
    def of(cls, url: str, response: httpx.Response) -> Remote:
        """A hub states size and SHA-256 in the headers of its redirect; the server behind it has its own ETag."""
        chain = [*response.history, response]
        tags = [hop.headers.get("x-linked-etag") for hop in chain] + [hop.headers.get("etag") for hop in chain]
        bare = [tag.removeprefix("W/").strip('"').lower() for tag in tags if tag]
        linked = next((hop.headers["x-linked-size"] for hop in chain if "x-linked-size" in hop.headers), "")
        return cls(
            url=url,
            size_bytes=int(linked) if linked.isdigit() else _size_of_file(response),
            sha256=next((tag for tag in bare if _SHA256.fullmatch(tag)), None),
            etag=response.headers.get("etag"),
        )

    @property
    def strong_etag(self) -> str | None:
        """The ETag, where it promises equality byte for byte; only such a one may stand in If-Range."""
        return self.etag if self.etag is not None and not self.etag.startswith("W/") else None


def first_byte(response: httpx.Response) -> int | None:
    """At which byte of the file a partial answer begins; None when it does not say."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    return int(found[1]) if found else None


def retry_after_s(response: httpx.Response) -> float:
    """How long a busy server wants to be left alone; 0 when it does not say in seconds."""
    text = response.headers.get("retry-after", "")
    return min(float(text), _MAX_RETRY_AFTER_S) if text.isdigit() else 0.0


def _size_of_file(response: httpx.Response) -> int | None:
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        return int(found[2]) if found and found[2].isdigit() else None
    length = response.headers.get("content-length", "")
    return int(length) if length.isdigit() and "content-encoding" not in response.headers else None
