"""A small model hub on 127.0.0.1 that serves files as the real one does, and misbehaves when a test asks it to.

Like the real hub it answers with a redirect, whose headers state size and SHA-256; the server behind it knows ranges.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CDN = "/cdn"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request for the bytes."""

    status: int | None = None  # answer with this status and nothing else
    headers: dict[str, str] = field(default_factory=dict)
    break_after: int | None = None  # close the connection after so many bytes of the body
    stall_after: int | None = None  # send so many bytes, then nothing
    wrong_start: bool = False  # a range that begins elsewhere than asked for


class Hub:
    """Files by path ("owner/name/resolve/main/file"); `faults` are used up one a request, `requests` are kept."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, str]] = []  # headers of the requests for bytes
        self.states_hash = True
        self.stated_hash: str | None = None  # a lie
        self.states_length = True
        self.knows_ranges = True
        self.gone_stalling = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.gone_stalling.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the answers under way

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.close_connection = True
        hub = self.server.hub
        name = self.path.removeprefix(CDN).lstrip("/")
        if name not in hub.files:
            self._answer(404, {})
        elif self.path.startswith(CDN):
            self._send_bytes(hub.files[name])
        else:
            self._redirect(hub.files[name])

    def _redirect(self, content: bytes) -> None:
        headers = {"Location": f"{self.server.hub.url}{CDN}{self.path}"}
        if self.server.hub.states_hash:
            sha256 = self.server.hub.stated_hash or hashlib.sha256(content).hexdigest()
            headers |= {"X-Linked-ETag": f'"{sha256}"', "X-Linked-Size": str(len(content))}
        self._answer(302, headers)

    def _send_bytes(self, content: bytes) -> None:
        hub = self.server.hub
        hub.requests.append(dict(self.headers.items()))
        fault = hub.faults.popleft() if hub.faults else Fault()
        if fault.status is not None:
            self._answer(fault.status, fault.headers)
            return
        start = self._start(content)
        if start is not None and start >= len(content):
            self._answer(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        self._send_body(content, start, fault)

    def _start(self, content: bytes) -> int | None:
        """The first byte that is asked for; None when the whole file is to be sent."""
        asked = self.headers.get("Range")
        if asked is None or not self.server.hub.knows_ranges:
            return None
        if self.headers.get("If-Range", _etag(content)) != _etag(content):
            return None
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def _send_body(self, content: bytes, start: int | None, fault: Fault) -> None:
        body = content[start or 0 :]
        self.send_response(200 if start is None else 206)
        self.send_header("ETag", _etag(content))
        self.send_header("Connection", "close")
        if self.server.hub.states_length:
            self.send_header("Content-Length", str(len(body)))
        if start is not None:
            first = start + 1 if fault.wrong_start else start
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        limit = fault.break_after if fault.break_after is not None else fault.stall_after
        self._write(body[:limit])
        if fault.stall_after is not None:
            self.server.hub.gone_stalling.wait(20)

    def _write(self, body: bytes) -> None:
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side cancelled

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0", "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
