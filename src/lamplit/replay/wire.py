"""HTTP as the robots speak it: with replies that get lost on the way, and posts that go out twice.

A lost reply is one that the server gave and the phone never saw: the request was carried out. What
a robot then does is what a phone does, it sends the same again.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from lamplit.replay.chance import chance

SECONDS = 60.0


class LostReplyError(Exception):
    """The server answered, and the answer was lost."""


class RefusedError(Exception):
    """The server refused what the story needs; its words."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """How often a reply is lost, and how often a phone posts twice at once."""

    lost: float = 0.03
    twice: float = 0.02


@dataclass
class Wire:
    """A client for each thread, and what went wrong on purpose."""

    base: str
    seed: int
    troubles: Troubles = Troubles()
    asked: int = 0
    lost: int = 0
    twice: int = 0
    _clients: list[httpx.Client] = field(default_factory=list)
    _local: threading.local = field(default_factory=threading.local)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _pairs: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))

    def client(self) -> httpx.Client:
        """The client of the calling thread."""
        made: httpx.Client | None = getattr(self._local, "client", None)
        if made is None:
            made = httpx.Client(base_url=self.base, timeout=SECONDS)
            self._local.client = made
            with self._guard:
                self._clients.append(made)
        return made

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request that gets through."""
        with self._guard:
            self.asked += 1
        return self.client().request(method, path, **more)

    def deliver(self, about: str, path: str, *, tries: int, **more: Any) -> httpx.Response:
        """POST what must not be lost or doubled: at times twice at once, at times in vain.

        `about` and `tries` (how often it was posted before) decide the luck. Raises LostReplyError.
        """
        if chance(self.seed, "twice", about, tries) < self.troubles.twice:
            with self._guard:
                self.twice += 1
            other = self._pairs.submit(self.ask, "POST", path, **more)
            answer = self.ask("POST", path, **more)
            answer = other.result() if other.result().status_code >= 500 else answer
        else:
            answer = self.ask("POST", path, **more)
        if chance(self.seed, "lost", about, tries) < self.troubles.lost:
            with self._guard:
                self.lost += 1
            raise LostReplyError
        return answer

    def close(self) -> None:
        """Hang up."""
        self._pairs.shutdown()
        for client in self._clients:
            client.close()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls the API with a token of their own."""

    wire: Wire
    token: str

    def get(self, path: str, **params: Any) -> Any:
        """The answer as JSON. Raises RefusedError."""
        return _json(self.wire.ask("GET", f"/api/v1{path}", params=params, headers=self._head()))

    def post(self, path: str, body: Any = None, *, version: int | None = None) -> Any:
        """POST and the answer as JSON; `version` is what was decided on. Raises RefusedError."""
        head = self._head() | _match(version)
        return _json(self.wire.ask("POST", f"/api/v1{path}", json=body or {}, headers=head))

    def insist(self, about: str, path: str, body: Any = None, *, version: int | None = None) -> Any:
        """POST with an idempotency key until an answer comes through; else as `post`.

        `about` is the key: at times it goes out twice at once, at times its reply is lost.
        """
        head = self._head() | _match(version) | {"Idempotency-Key": about}
        tries = 0
        while True:
            try:
                answer = self.wire.deliver(
                    about, f"/api/v1{path}", tries=tries, json=body or {}, headers=head
                )
            except LostReplyError:
                tries += 1
                continue
            # The twin of a post is still at work: ask again for what it made.
            if answer.status_code == 409 and "key-at-work" in answer.text:
                tries += 1
                continue
            return _json(answer)

    def _head(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Desk:
    """Somebody at a browser: a session's cookie, and its word against forged requests."""

    def __init__(self, wire: Wire, username: str, password: str) -> None:
        self._wire, self._guard = wire, threading.Lock()
        self._who = {"username": username, "password": password}
        self._client = httpx.Client(base_url=wire.base, timeout=SECONDS)
        self._csrf = ""

    def post(self, path: str, body: Any = None) -> Any:
        """POST and the answer as JSON; signs in first, and again when the session is over.

        Raises RefusedError.
        """
        with self._guard:
            answer = self._ask(path, body) if self._csrf else None
            if answer is None or answer.status_code == httpx.codes.UNAUTHORIZED:
                self._client.cookies.clear()
                signed_in = self._client.post("/api/v1/sign-in", json=self._who)
                self._csrf = _json(signed_in)["csrf"]
                answer = self._ask(path, body)
            return _json(answer)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _ask(self, path: str, body: Any) -> httpx.Response:
        self._wire.asked += 1
        head = {"X-CSRF-Token": self._csrf}
        return self._client.post(f"/api/v1{path}", json=body or {}, headers=head)


def _match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"v{version}"'}


def _json(answer: httpx.Response) -> Any:
    if answer.status_code >= 400:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise RefusedError(f"{asked}: {answer.text[:600]}")
    return answer.json() if answer.content else None
