"""A robot's phone with ODK Collect on it: it fetches, fills, keeps, and sends when it can.

What is filled in lies in the queue until the server has said 201 or 202, whatever happens between:
no signal in a lift, a reply lost on the way, the owner withdrawn meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from lamplit.replay.chance import dice
from lamplit.replay.collect import Entity, fill, md5, rows_of
from lamplit.replay.wire import LostReplyError, RefusedError, Wire

ACCEPTED = (201, 202)


@dataclass(slots=True)
class Unsent:
    """A filled form that waits: how often it was posted, and whether the first time was late."""

    instance_id: str
    body: bytes
    posts: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that the server has: with 201 it was worked in, with 202 it is kept for a person."""

    instance_id: str
    status: int
    posts: int
    late: bool


@dataclass
class Phone:
    """One person's phone. `offline` are spans of the story in which there is no signal."""

    person: str
    base: str
    wire: Wire
    seed: int
    offline: tuple[tuple[float, float], ...] = ()
    forms: dict[str, bytes] = field(default_factory=dict)
    tasks: dict[str, Entity] = field(default_factory=dict)
    queue: list[Unsent] = field(default_factory=list)
    _hashes: dict[str, str] = field(default_factory=dict)
    _filled: int = 0

    def online(self, minute: float) -> bool:
        """Whether there is a signal."""
        return not any(start <= minute < end for start, end in self.offline)

    def fetch(self) -> None:
        """Bring forms and task list up to date, fetching only what has changed."""
        listed = self._xml(f"{self.base}/formList")
        for one in listed.iterfind("{*}xform"):
            form_id, seen = one.findtext("{*}formID") or "", one.findtext("{*}hash") or ""
            if self._hashes.get(form_id) != seen:
                self.forms[form_id] = self._get(one.findtext("{*}downloadUrl") or "")
                self._check(form_id, seen, self.forms[form_id])
            manifest = one.findtext("{*}manifestUrl")
            if manifest:
                self._fetch_tasks(manifest)

    def fill(
        self, form_id: str, answers: Mapping[str, str], task_id: str = "", *, key: str = ""
    ) -> str:
        """Fill in a form and put it into the queue; gives its instance id."""
        self._filled += 1
        drawn = dice(self.seed, "instance", self.person, self._filled, key)
        instance = f"uuid:{uuid.UUID(int=drawn.getrandbits(128), version=4)}"
        entity = self.tasks.get(task_id)
        body = fill(self.forms[form_id], instance, answers, entity)
        self.queue.append(Unsent(instance, body))
        return instance

    def send(self, *, late: bool = False) -> list[Sent]:
        """Send what waits, oldest first; what fails stays.

        `late`: the owner has withdrawn. A form whose first reply was lost before that is not late:
        the server has had it since.
        """
        sent: list[Sent] = []
        for one in list(self.queue):
            one.late = late if one.posts == 0 else one.late
            one.posts += 1
            try:
                answer = self.wire.deliver(
                    one.instance_id,
                    f"{self.base}/submission",
                    tries=one.posts,
                    params={"deviceID": f"replay:{self.person}"},
                    headers={"X-OpenRosa-Version": "1.0"},
                    files={"xml_submission_file": ("form.xml", one.body, "text/xml")},
                )
            except LostReplyError:
                continue
            if answer.status_code in ACCEPTED:
                self.queue.remove(one)
                sent.append(Sent(one.instance_id, answer.status_code, one.posts, one.late))
            elif answer.status_code < 500:
                raise RefusedError(f"{self.person}: {answer.status_code} {answer.text[:400]}")
        return sent

    def _fetch_tasks(self, manifest: str) -> None:
        for file in self._xml(manifest).iterfind("{*}mediaFile"):
            name, seen = file.findtext("{*}filename") or "", file.findtext("{*}hash") or ""
            if name == "tasks.csv" and self._hashes.get(name) != seen:
                content = self._get(file.findtext("{*}downloadUrl") or "")
                self._hashes[name] = md5(content)
                self.tasks = {row.id: row for row in rows_of(content)}

    def _check(self, name: str, seen: str, content: bytes) -> None:
        if md5(content) != seen:
            raise RefusedError(f"{name}: its hash is not that of the file")
        self._hashes[name] = seen

    def _get(self, url: str) -> bytes:
        answer = self.wire.ask("GET", url, headers={"X-OpenRosa-Version": "1.0"})
        if answer.status_code != 200:
            raise RefusedError(f"{self.person}: {answer.status_code} {url} {answer.text[:400]}")
        return answer.content

    def _xml(self, url: str) -> etree._Element:
        return etree.fromstring(self._get(url))
