"""The smallest OpenRosa server that ODK Collect is content with, to try the phone itself on.

It is no model of ours: it holds one form and one list, keeps what it is sent in a list, and lets a
test spoil any of its answers.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser

import httpx

BASE = "https://office.example/v1/key/abc/projects/1"
Spoil = Callable[[httpx.Request, httpx.Response], httpx.Response]


@dataclass
class Post:
    """One POST as it came: part name to (file name, bytes)."""

    parts: dict[str, tuple[str | None, bytes]]
    url: str


@dataclass
class StandIn:
    xform: bytes
    tasks: bytes
    accepted: int = 10_000_000
    password: str = ""
    deleted: set[str] = field(default_factory=set)
    posts: list[Post] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)
    spoil: Spoil = lambda _, answer: answer

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        wanted = "Basic " + base64.b64encode(f"li:{self.password}".encode()).decode()
        if self.password and request.headers.get("Authorization") != wanted:
            return httpx.Response(401, headers={"WWW-Authenticate": 'Basic realm="office"'})
        path = request.url.path.removeprefix(httpx.URL(BASE).path)
        answer = self._answer(request, path)
        answer.headers["X-OpenRosa-Version"] = "1.0"
        return self.spoil(request, answer)

    def _answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "HEAD" and path == "/submission":
            length = {"X-OpenRosa-Accept-Content-Length": str(self.accepted)}
            return httpx.Response(204, headers=length)
        if request.method == "POST" and path == "/submission":
            self.posts.append(Post(parts_of(request), str(request.url)))
            return _xml(
                '<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
                "<message>Received, thank you</message></OpenRosaResponse>",
                201,
            )
        return {
            "/formList": self._form_list,
            "/forms/visit.xml": lambda _: httpx.Response(200, content=self.xform),
            "/forms/visit/manifest": self._manifest,
            "/forms/visit/tasks.csv": lambda _: httpx.Response(200, content=self.tasks),
            "/integrity": self._integrity,
        }.get(path, lambda _: httpx.Response(404))(request)

    def _form_list(self, _: httpx.Request) -> httpx.Response:
        return _xml(f"""<xforms xmlns="http://openrosa.org/xforms/xformsList">
          <xform><formID>visit</formID><name>Visit</name><version>1</version>
            <hash>{_md5(self.xform)}</hash>
            <downloadUrl>{BASE}/forms/visit.xml</downloadUrl>
            <manifestUrl>{BASE}/forms/visit/manifest</manifestUrl></xform></xforms>""")

    def _manifest(self, _: httpx.Request) -> httpx.Response:
        return _xml(f"""<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
          <mediaFile type="entityList"><filename>tasks.csv</filename>
            <hash>{_md5(self.tasks)}</hash>
            <downloadUrl>{BASE}/forms/visit/tasks.csv</downloadUrl>
            <integrityUrl>{BASE}/integrity</integrityUrl></mediaFile></manifest>""")

    def _integrity(self, request: httpx.Request) -> httpx.Response:
        said = "".join(
            f'<entity id="{i}"><deleted>{str(i in self.deleted).lower()}</deleted></entity>'
            for i in request.url.params["id"].split(",")
        )
        return _xml(f"<data><entities>{said}</entities></data>")


def parts_of(request: httpx.Request) -> dict[str, tuple[str | None, bytes]]:
    """The parts of a multipart request."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message: Message = BytesParser().parsebytes(head + request.read())
    found = {}
    for part in message.get_payload():
        name = part.get_param("name", header="Content-Disposition")
        found[name] = (part.get_filename(), part.get_payload(decode=True))
    return found


def replacing(pattern: str, by: str, path: str = "") -> Spoil:
    """Spoils the text of answers to addresses that contain `path`."""

    def spoil(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.method != "GET" or path not in request.url.path:
            return answer
        text, times = re.subn(pattern, by, answer.text)
        assert times or not path, f"{pattern} is not in the answer"
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return httpx.Response(answer.status_code, headers=headers, content=text.encode())

    return spoil


def _xml(text: str, status: int = 200) -> httpx.Response:
    return httpx.Response(
        status, headers={"Content-Type": "text/xml; charset=utf-8"}, content=text.encode()
    )


def _md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()
