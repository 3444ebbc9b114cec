"""A phone with ODK Collect on it, as strict as Collect is: the contract test of an OpenRosa server.

    phone = CollectPhone(httpx_client, "https://server/v1/key/TOKEN/projects/1")
    phone.update()                                  # form list, forms, manifests, media, lists
    phone.fill(JavaRosaClient.ready(), "visit", {"/data/outcome": "reached"}, {"a.jpg": photo})
    phone.online = False                            # in a cellar: what is sent stays in the queue
    sent = phone.send()                             # tries whatever is unsent, oldest first

Whatever Collect would refuse, reads as a captive portal, or silently does without, raises
`CollectRefusesError`, which names the rule. Where Collect is lenient only by accident (a hash that
does not match what was downloaded, a form whose id is not the list's), the phone is stricter.

A form is marked as failed before it is sent, and as sent only on 201 or 202, as Collect has it; so
a reply that is lost (`phone.lose_replies = 1`) makes the phone send the same again.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import mimetypes
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx
from lxml import etree

from clients.collect_entities import EntityLists, ListRefusedError, entities_of
from clients.form_client import Filled, FormClient

LIST = "http://openrosa.org/xforms/xformsList"
MANIFEST = "http://openrosa.org/xforms/xformsManifest"
RESPONSE = "http://openrosa.org/http/response"
XFORMS = "http://www.w3.org/2002/xforms"
XHTML = "http://www.w3.org/1999/xhtml"
DEFAULT_ACCEPTED_BYTES, MOST_FILES = 10_000_000, 100

_serial = itertools.count(1)
_parser = etree.XMLParser(resolve_entities=False, no_network=True)


class CollectRefusesError(AssertionError):
    """The server broke a rule that Collect lives by; the text says which."""


class NoSignalError(Exception):
    """The phone is offline."""


@dataclass(frozen=True)
class Form:
    """A form on the phone, with its media as they were last downloaded."""

    id: str
    name: str
    version: str | None
    md5: str
    xform: bytes
    manifest_url: str | None
    media: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    entity_lists: dict[str, str | None] = field(default_factory=dict)
    """List name to the address that says which entities are deleted."""


@dataclass
class Instance:
    """A finalised form in the phone's queue: `finalised`, then `failed` or `sent`."""

    form_id: str
    xml: bytes
    attachments: dict[str, bytes]
    file_name: str
    state: str = "finalised"
    said: str = ""
    """The server's own words, or why sending failed."""
    posts: int = 0

    @property
    def instance_id(self) -> str:
        found = etree.fromstring(self.xml, _parser).findtext(".//{*}meta/{*}instanceID")
        assert found, "a form without an instanceID"
        return str(found)


class CollectPhone:
    """One phone, one project. `base` is what Collect calls the server's URL.

    Credentials are given only when the server asks for them (Basic over https alone, as Collect
    has it, or Digest); a base of the shape …/key/TOKEN/… needs none.
    """

    def __init__(
        self,
        http: httpx.Client,
        base: str,
        *,
        username: str = "",
        password: str = "",
        device_id: str | None = None,
        lists: EntityLists | None = None,
    ) -> None:
        self.http, self.base = http, base.rstrip("/")
        self.username, self.password = username, password
        self.device_id = device_id or f"collect:{next(_serial):016d}"
        self.online, self.lose_replies = True, 0
        self.forms: dict[str, Form] = {}
        self.lists = lists or EntityLists()
        self.queue: list[Instance] = []
        self._auth: httpx.Auth | None = None

    @classmethod
    def from_settings(cls, http: httpx.Client, qr_text: str, **more: str) -> CollectPhone:
        """A phone set up by scanning a code: base64 of zlib of the settings as JSON."""
        try:
            settings = json.loads(zlib.decompress(base64.b64decode(qr_text, validate=True)))
            general = settings["general"]
            assert isinstance(settings["admin"], dict)
            base = general["server_url"]
        except (ValueError, zlib.error, KeyError, TypeError, AssertionError) as error:
            raise CollectRefusesError(f"not the settings of Collect: {error!r}") from error
        user = {k: general[k] for k in ("username", "password") if k in general}
        return cls(http, base, **user, **more)

    # What the phone asks of the server.

    def update(self) -> None:
        """Downloads what is new, drops forms that are gone ("exactly match the server")."""
        listed = {entry["formID"]: entry for entry in self._form_list()}
        self.forms = {k: v for k, v in self.forms.items() if k in listed}
        for form_id, entry in listed.items():
            held = self.forms.get(form_id)
            form = held if held and held.md5 == entry["hash"] else self._form(entry)
            form = replace(form, name=entry["name"], manifest_url=entry.get("manifestUrl"))
            self.forms[form_id] = self._with_media(form) if form.manifest_url else form

    def _form_list(self) -> list[dict[str, str]]:
        root = self._xml(f"{self.base}/formList", f"{{{LIST}}}xforms")
        return [_listed(x) for x in root if x.tag == f"{{{LIST}}}xform"]

    def _form(self, entry: dict[str, str]) -> Form:
        content = self._get(entry["downloadUrl"]).content
        _demand(_md5(content) == entry["hash"], f"form {entry['formID']}: hash differs from file")
        model = etree.fromstring(content, _parser).find(f"{{{XHTML}}}head/{{{XFORMS}}}model")
        _demand(model is not None, f"form {entry['formID']}: not an XForm")
        first = model.find(f"{{{XFORMS}}}instance")[0]
        _demand(
            first.get("id") == entry["formID"], f"form {entry['formID']} calls itself otherwise"
        )
        _demand(
            (first.get("version") or None) == entry.get("version"),
            f"form {entry['formID']}: the list says version {entry.get('version')}, "
            f"the form {first.get('version')}",
        )
        return Form(
            entry["formID"], entry["name"], entry.get("version"), entry["hash"], content, None
        )

    def _with_media(self, form: Form) -> Form:
        root = self._xml(str(form.manifest_url), f"{{{MANIFEST}}}manifest")
        media, hashes, lists = {}, {}, {}
        for item in root.iterchildren(f"{{{MANIFEST}}}mediaFile"):
            file = _fields(item, MANIFEST)
            for name in ("filename", "hash", "downloadUrl"):
                _demand(file.get(name), f"a media file of {form.id} has no {name}: all is refused")
            name, md5 = PurePosixPath(file["filename"]).name, _hash(file["hash"])
            _demand(name not in media, f"two media files of {form.id} are called {name}")
            same = form.hashes.get(name) == md5
            media[name] = form.media[name] if same else self._get(file["downloadUrl"]).content
            _demand(_md5(media[name]) == md5, f"{name}: its hash is not that of the file")
            hashes[name] = md5
            if item.get("type") == "entityList":
                _demand(name.endswith(".csv"), f"entity list {name} is no CSV file")
                lists[name.removesuffix(".csv")] = file.get("integrityUrl")
                self._take_list(name.removesuffix(".csv"), media[name], md5, file)
        _demand(set(_wanted(form.xform)) <= set(media), f"{form.id} lacks media it refers to")
        return replace(form, media=media, hashes=hashes, entity_lists=lists)

    def _take_list(self, name: str, content: bytes, md5: str, file: dict[str, str]) -> None:
        try:
            self.lists.take(name, content, md5)
        except ListRefusedError as error:
            raise CollectRefusesError(str(error)) from error
        only_here = self.lists.only_here(name)
        if only_here and "integrityUrl" in file:
            for entity_id, deleted in self._deleted(file["integrityUrl"], only_here):
                if deleted:
                    self.lists.forget(name, entity_id)

    def _deleted(self, url: str, ids: list[str]) -> Iterator[tuple[str, bool]]:
        root = self._xml(url, "data", params={"id": ",".join(ids)})
        # Collect takes the first child and all of its children as they come: no space between.
        _demand(len(root) == 1 and root[0].tag == "entities", "<data> must hold <entities> alone")
        _demand(not root.text and not root[0].text, "no white space where Collect reads by place")
        for entity in root[0]:
            deleted = entity.findtext("deleted")
            _demand(
                entity.get("id") in ids and deleted in ("true", "false") and not entity.tail,
                f"not an answer about an entity: {etree.tostring(entity)!r}",
            )
            yield entity.get("id"), deleted == "true"

    # What the person does on the phone, with or without a signal.

    def media(self, form_id: str) -> dict[str, bytes]:
        """A form's files as its engine reads them: entity lists with the phone's own changes."""
        form = self.forms[form_id]
        own = {f"{name}.csv": self.lists.as_csv(name) for name in form.entity_lists}
        return form.media | own

    def fill(
        self,
        client: FormClient,
        form_id: str,
        answers: Mapping[str, str],
        photos: Mapping[str, bytes] | None = None,
        *,
        language: str | None = None,
    ) -> Instance:
        """Fills a form in with a real engine and finalises it. It must be valid and fully asked."""
        filled: Filled = client.fill(
            self.forms[form_id].xform.decode(),
            answers,
            self.media(form_id) | dict(photos or {}),
            language=language,
            properties={"deviceid": self.device_id, "username": self.username},
        )
        _demand(not filled.invalid, f"{form_id} can't be finalised: {filled.invalid} are invalid")
        _demand(not filled.unasked, f"{form_id} does not ask {filled.unasked}")
        return self.finalise(form_id, filled.xml.encode(), filled.attachments)

    def finalise(
        self, form_id: str, xml: bytes, attachments: Mapping[str, bytes] | None = None
    ) -> Instance:
        """Puts a filled form into the queue, and its changes of entities into the phone's lists."""
        files = dict(sorted((attachments or {}).items()))
        instance = Instance(form_id, xml, files, f"{form_id}_{next(_serial)}.xml")
        self.lists.apply(entities_of(self.forms[form_id].xform, xml))
        self.queue.append(instance)
        return instance

    def unsent(self) -> list[Instance]:
        return [i for i in self.queue if i.state != "sent"]

    def send(self, *, again: bool = False) -> list[Instance]:
        """Sends what is unsent (with `again`, all there is), oldest first; returns what was tried.

        A form that fails stays in the queue with the reason in `said`, and the next ones are tried.
        Raises NoSignalError at once where there is no signal, and CollectRefusesError where Collect
        would take the answer for a captive portal's.
        """
        if not self.online:
            raise NoSignalError("nothing can be sent: the phone has no signal")
        tried = list(self.queue) if again else self.unsent()
        for instance in tried:
            self._send(instance)
        return tried

    def _send(self, instance: Instance) -> None:
        instance.state = "failed"
        url = f"{self.base}/submission"
        try:
            url, accepted = self._submission_address(url)
            for body in _bodies(instance, accepted):
                instance.posts += 1
                answer = self._ask("POST", url, files=body)
                instance.said = _message(answer)
                _demand(
                    answer.status_code not in (200, 204),
                    f"{answer.status_code} to a submission reads as a captive portal's answer",
                )
                if answer.status_code not in (201, 202):
                    return
        except httpx.TransportError as error:
            instance.said = f"{type(error).__name__}: {error}"
            return
        instance.state = "sent"

    def _submission_address(self, url: str) -> tuple[str, int]:
        """Asks by HEAD where to send, and how much at a time."""
        answer = self._ask("HEAD", url)
        status = answer.status_code
        _demand(status == 204 or not 200 <= status < 300, f"HEAD submission gave {status}, not 204")
        if status != 204:
            return url, DEFAULT_ACCEPTED_BYTES  # Collect tries to send all the same
        self._demand_openrosa(answer)
        accepted = answer.headers.get("X-OpenRosa-Accept-Content-Length", "")
        _demand(accepted.isdigit(), "HEAD submission must say X-OpenRosa-Accept-Content-Length")
        if "Location" in answer.headers:
            moved = str(httpx.URL(url).join(answer.headers["Location"]))
            same_host = urlsplit(moved).hostname == urlsplit(url).hostname
            _demand(same_host, f"sent on to another host: {moved}")
            url = moved
        return url, int(accepted)

    # HTTP as Collect speaks it.

    def _ask(
        self, method: str, url: str, *, params: dict[str, str] | None = None, files: object = None
    ) -> httpx.Response:
        if not self.online:
            raise NoSignalError(f"{method} {url}: the phone has no signal")
        _demand(urlsplit(url).hostname, f"an address without a host: {url}")
        request: dict[str, Any] = {
            "params": {**dict(httpx.URL(url).params), **(params or {}), "deviceID": self.device_id},
            "headers": {"X-OpenRosa-Version": "1.0", "User-Agent": "org.odk.collect.android/v2025"},
            "follow_redirects": method != "POST",
        }
        if files is not None:
            request["files"] = files
        answer = self.http.request(method, url, auth=self._auth, **request)
        if answer.status_code == 401 and self.username and self._auth is None:
            self._auth = self._credentials(answer)
            answer = self.http.request(method, url, auth=self._auth, **request)
        if self.lose_replies > 0 and method == "POST":
            self.lose_replies -= 1
            raise httpx.ReadError("the reply was lost on the way")
        return answer

    def _credentials(self, answer: httpx.Response) -> httpx.Auth:
        asked = answer.headers.get("WWW-Authenticate", "").lower()
        if asked.startswith("digest"):
            return httpx.DigestAuth(self.username, self.password)
        _demand(asked.startswith("basic"), f"401 without a way to sign in: {asked!r}")
        _demand(answer.url.scheme == "https", "Collect gives a password in the clear to https only")
        return httpx.BasicAuth(self.username, self.password)

    def _get(self, url: str, params: dict[str, str] | None = None) -> httpx.Response:
        answer = self._ask("GET", url, params=params)
        _demand(answer.status_code == 200, f"GET {url} gave {answer.status_code}")
        return answer

    def _xml(self, url: str, tag: str, params: dict[str, str] | None = None) -> etree._Element:
        answer = self._get(url, params)
        kind = answer.headers.get("Content-Type", "")
        _demand(
            "text/xml" in kind.lower(), f"GET {url} is {kind!r}, not text/xml: a portal's page?"
        )
        self._demand_openrosa(answer)
        root = etree.fromstring(answer.content, _parser)
        _demand(root.tag == tag, f"GET {url} is <{root.tag}>, not <{tag}>")
        return root

    @staticmethod
    def _demand_openrosa(answer: httpx.Response) -> None:
        _demand(
            answer.headers.get("X-OpenRosa-Version") == "1.0",
            f"{answer.request.method} {answer.url}: no header X-OpenRosa-Version: 1.0",
        )


def _listed(xform: etree._Element) -> dict[str, str]:
    """One entry of the form list, checked; its hash without the prefix."""
    entry = _fields(xform, LIST)
    for name in ("formID", "name", "downloadUrl"):
        _demand(entry.get(name), f"an entry of the form list has no {name}: the list is void")
    entry["hash"] = _hash(entry.get("hash", ""))
    for name in ("version", "manifestUrl"):
        if not entry.get(name, "").strip():
            entry.pop(name, None)
    return entry


def _bodies(instance: Instance, accepted: int) -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """The posts of one submission: each has the form itself, and as many files as may go along."""
    left = list(instance.attachments.items())
    while True:
        parts: list[tuple[str, tuple[object, ...]]] = [
            ("xml_submission_file", (instance.file_name, instance.xml, "text/xml"))
        ]
        size = len(instance.xml)
        while left:
            name, content = left.pop(0)
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            parts.append((name, (name, content, kind)))
            size += len(content)
            if left and (len(parts) - 1 > MOST_FILES or size + len(left[0][1]) > accepted):
                parts.append(("*isIncomplete*", (None, "yes")))
                break
        yield parts
        if not left:
            return


def _message(answer: httpx.Response) -> str:
    """The server's words to the person, out of an OpenRosaResponse if it is one."""
    try:
        root = etree.fromstring(answer.content, _parser)
    except etree.XMLSyntaxError:
        return f"{answer.status_code} {answer.reason_phrase}"
    found = root.findtext(f"{{{RESPONSE}}}message") if root.tag.startswith("{") else None
    return found or f"{answer.status_code} {answer.reason_phrase}"


def _wanted(xform: bytes) -> Iterator[str]:
    """Files that a form's external instances are read from."""
    for instance in etree.fromstring(xform, _parser).iter(f"{{{XFORMS}}}instance"):
        source = instance.get("src", "")
        if source.startswith(("jr://file/", "jr://file-csv/")):
            yield PurePosixPath(source).name


def _fields(element: etree._Element, namespace: str) -> dict[str, str]:
    return {
        etree.QName(e).localname: (e.text or "").strip()
        for e in element.iterchildren(f"{{{namespace}}}*")
    }


def _hash(text: str) -> str:
    _demand(text.startswith("md5:") and len(text) == 36, f"a hash must be md5:…, not {text!r}")
    return text.removeprefix("md5:")


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _demand(holds: object, rule: str) -> None:
    if not holds:
        raise CollectRefusesError(rule)
