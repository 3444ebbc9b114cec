"""An object store on this machine: as much of S3 as PyArrow's client asks for, and its bad days.

Not a mock of a client: the client is real, and what it says and is told goes over a socket.
"""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

BUCKET = "bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret"}
"""What a client wants to find in its environment."""


@dataclass
class Store:
    """What is kept, and what goes wrong; `refused` requests of a kind are still to be answered 503.

    `after`: a kind of request, and how many of it are answered before all are refused. `cut_at`: a
    download ends after so many bytes. `swallow`: an upload's byte at this place is kept as another.
    `kill_at`: what is done once so many uploads have come. `at_download`: what is done at each
    download, of which half is sent by then. `sent`: bytes of files so far.
    """

    port: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    cut_at: int | None = None
    swallow: int | None = None
    after: tuple[str, int] | None = None
    kill_at: tuple[int, Callable[[], None]] | None = None
    at_download: Callable[[], None] | None = None
    asked: list[str] = field(default_factory=list)
    sent: int = 0

    @property
    def address(self) -> str:
        """The address of a home's folder in it."""
        return (
            f"s3://{BUCKET}/city?endpoint_override=127.0.0.1:{self.port}&scheme=http"
            "&region=us-east-1"
        )

    def begin_anew(self) -> None:
        """Empty, and without a bad day to come."""
        self.kept, self.parts, self.refused, self.asked = {}, {}, {}, []
        self.cut_at = self.swallow = self.after = self.kill_at = self.at_download = None

    def put(self, key: str, body: bytes) -> None:
        """Keep an object."""
        if self.swallow is not None and len(body) > self.swallow:
            at = self.swallow
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        self.kept[key] = body

    def refuses(self, method: str) -> bool:
        """Whether a request meets a bad day."""
        if self.kill_at is not None and method == "PUT":
            self.kill_at = (self.kill_at[0] - 1, self.kill_at[1])
            if self.kill_at[0] == 0:
                self.kill_at[1]()
        if self.after is not None and self.after[0] == method:
            self.after = (method, self.after[1] - 1)
            return self.after[1] < 0
        left = self.refused.get(method, 0)
        self.refused[method] = max(0, left - 1)
        return left > 0

    def named(self, part: str) -> set[str]:
        """Names of files below a part of the home's address."""
        start = f"city/{part}/"
        return {key.removeprefix(start) for key in list(self.kept) if key.startswith(start)}


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer goes out in one piece: in two, each side would wait for the other for a moment.
    disable_nagle_algorithm, wbufsize = True, 1 << 16
    store: Store

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come: the client would wait for it a second."""
        may = super().handle_expect_100()
        self.wfile.flush()
        return may

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _key(self) -> tuple[str, dict[str, list[str]]]:
        url = urlsplit(self.path)
        self.store.asked.append(f"{self.command} {unquote(url.path)}")
        key = unquote(url.path).removeprefix(f"/{BUCKET}").lstrip("/")
        return key, parse_qs(url.query, keep_blank_values=True)

    def _answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _fault(self, code: int, name: str) -> None:
        self._answer(code, f"<Error><Code>{name}</Code><Message>{name}</Message></Error>".encode())

    def _body(self) -> bytes:
        """The body, out of the chunks that HTTP and then AWS have laid it in."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return body
        found, at = b"", 0
        while True:  # size;signature CRLF bytes CRLF … 0 CRLF and sums
            end = body.index(b"\r\n", at)
            size = int(body[at:end].split(b";")[0], 16)
            if size == 0:
                return found
            found += body[end + 2 : end + 2 + size]
            at = end + 4 + size

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        key, asked = self._key()
        if self.store.refuses(self.command):
            self._fault(503, "SlowDown")
        elif "list-type" in asked:
            self._list(asked)
        elif not key:
            self._answer(200)
        elif key not in self.store.kept:
            self._fault(404, "NoSuchKey")
        else:
            self._get(self.store.kept[key])

    def _get(self, body: bytes) -> None:
        code, whole = 200, len(body)
        extra = {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}
        span = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span:
            first, last = int(span[1]), min(int(span[2] or whole), whole - 1)
            code, body = 206, body[first : last + 1]
            extra["Content-Range"] = f"bytes {first}-{last}/{whole}"
        length = len(body)
        if self.command == "GET":
            self.store.sent += length
        if self.command == "GET" and self.store.at_download is not None:
            self._answer(code, body[: length // 2], Content_Length=str(length), **extra)
            self.wfile.flush()
            self.store.at_download()
            self.close_connection = True
            return
        if self.command == "GET" and self.store.cut_at is not None and self.store.cut_at < length:
            body = body[: self.store.cut_at]
            self.close_connection = True
        self._answer(code, body, Content_Length=str(length), **extra)

    def _list(self, asked: dict[str, list[str]]) -> None:
        prefix, mark = asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0]
        after = asked.get("continuation-token", [""])[0]
        most = int(asked.get("max-keys", ["1000"])[0])
        keys = [k for k in sorted(self.store.kept) if k.startswith(prefix) and k > after]
        rows, folders = [], set()
        for key in keys[:most]:
            rest = key.removeprefix(prefix)
            if mark and mark in rest:
                folders.add(prefix + rest.split(mark)[0] + mark)
            else:
                rows.append(
                    f"<Contents><Key>{escape(key)}</Key><Size>{len(self.store.kept[key])}</Size>"
                    "<LastModified>2025-01-01T00:00:00.000Z</LastModified></Contents>"
                )
        more = len(keys) > most
        token = f"<NextContinuationToken>{keys[most - 1]}</NextContinuationToken>" if more else ""
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>"
            for f in sorted(folders)
        )
        self._answer(
            200,
            f"<ListBucketResult><Name>{BUCKET}</Name><KeyCount>{len(rows) + len(folders)}"
            f"</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>{token}"
            f"{''.join(rows)}{common}</ListBucketResult>".encode(),
        )

    def do_PUT(self) -> None:
        key, asked = self._key()
        body = self._body()
        if self.store.refuses("PUT"):
            self._fault(503, "SlowDown")
            return
        if "partNumber" in asked:
            self.store.parts[asked["uploadId"][0]][int(asked["partNumber"][0])] = body
        else:
            self.store.put(key, body)
        self._answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')

    def do_POST(self) -> None:
        key, asked = self._key()
        body = self._body()
        if "delete" in asked:
            for name in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                self.store.kept.pop(name, None)
            self._answer(200, b"<DeleteResult></DeleteResult>")
        elif "uploads" in asked:
            upload = uuid.uuid4().hex
            self.store.parts[upload] = {}
            self._answer(
                200,
                f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode(),
            )
        else:
            parts = self.store.parts.pop(asked["uploadId"][0])
            self.store.put(key, b"".join(parts[n] for n in sorted(parts)))
            self._answer(
                200,
                f"<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
                '<ETag>"x"</ETag></CompleteMultipartUploadResult>'.encode(),
            )

    def do_DELETE(self) -> None:
        key, asked = self._key()
        if "uploadId" in asked:
            self.store.parts.pop(asked["uploadId"][0], None)
        else:
            self.store.kept.pop(key, None)
        self._answer(204)


@contextmanager
def open_store() -> Iterator[Store]:
    """A store on a port of its own, in threads of this process, whose client here finds KEYS."""
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (_Asked,), {"store": store}))
    server.daemon_threads = True
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in KEYS.items():
                patch.setenv(name, value)
            yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
