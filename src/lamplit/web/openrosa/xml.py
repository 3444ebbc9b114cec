"""The four XML documents of OpenRosa, and how an answer is dressed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Language

LIST = "http://openrosa.org/xforms/xformsList"
MANIFEST = "http://openrosa.org/xforms/xformsManifest"
RESPONSE = "http://openrosa.org/http/response"
TYPE = "text/xml; charset=utf-8"
VERSION = {"X-OpenRosa-Version": "1.0"}


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One entry of the form list. `about` is told to those who ask for it."""

    form_id: str
    name: str
    version: str
    md5: str
    download_url: str
    manifest_url: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file of a manifest; an entity list has an `integrity_url`."""

    name: str
    md5: str
    download_url: str
    integrity_url: str = ""


def form_list(forms: Iterable[ListedForm]) -> str:
    """The list of forms. Collect refuses all of it for one entry without id, name or address."""
    return f'<xforms xmlns="{LIST}">{"".join(_listed(form) for form in forms)}</xforms>'


def _listed(form: ListedForm) -> str:
    return (
        "<xform>"
        + _tag("formID", form.form_id)
        + _tag("name", form.name)
        + _tag("version", form.version)
        + _tag("hash", f"md5:{form.md5}")
        + (_tag("descriptionText", form.about) if form.about else "")
        + _tag("downloadUrl", form.download_url)
        + _tag("manifestUrl", form.manifest_url)
        + "</xform>"
    )


def manifest(files: Iterable[MediaFile]) -> str:
    """The files of a form."""
    return f'<manifest xmlns="{MANIFEST}">{"".join(_file(file) for file in files)}</manifest>'


def _file(file: MediaFile) -> str:
    kind = ' type="entityList"' if file.integrity_url else ""
    return (
        f"<mediaFile{kind}>"
        + _tag("filename", file.name)
        + _tag("hash", f"md5:{file.md5}")
        + _tag("downloadUrl", file.download_url)
        + (_tag("integrityUrl", file.integrity_url) if file.integrity_url else "")
        + "</mediaFile>"
    )


def integrity(said: Iterable[tuple[str, bool]]) -> str:
    """Which entities are deleted. Collect reads it by place: no white space between."""
    entities = "".join(
        f"<entity id={quoteattr(one)}><deleted>{'true' if gone else 'false'}</deleted></entity>"
        for one, gone in said
    )
    return f"<data><entities>{entities}</entities></data>"


def message(said: str) -> str:
    """Words for the person with the phone."""
    return f'<OpenRosaResponse xmlns="{RESPONSE}">{_tag("message", said)}</OpenRosaResponse>'


def problem(error: LamplitError, language: Language | None) -> str:
    """A problem in the person's language; in both while nobody knows who calls."""
    spoken: tuple[Language, ...] = (language,) if language else ("zh", "en")
    return message(" ".join(f"{error.title(one)} {error.page_remedy(one)}" for one in spoken))


def answer(content: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An XML answer with what Collect demands of one."""
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>' + content,
        status,
        {**VERSION, **(headers or {})},
        TYPE,
    )


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
