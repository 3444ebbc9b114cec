"""Forms, their files, and the phone's own entity lists."""

from __future__ import annotations

import mimetypes
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import openrosa as problems
from lamplit.services.field.phones import forms_for, phone_lists
from lamplit.services.field.phones.phone import Phone
from lamplit.web.access import Access, rule
from lamplit.web.auth import office_of
from lamplit.web.openrosa import xml
from lamplit.web.openrosa.routing import PhoneRouter, base_of

router = PhoneRouter()
PHONE = Access("signed_in", scope="openrosa")
"""Whoever bears a phone's token, and only what is that person's own."""

MOST_IDS = 500


@router.offer("GET", "/formList")
@rule(PHONE, "The forms of the caller's phone.", "本机可用的表单。")
def form_list(
    request: Request,
    form_id: Annotated[str | None, Query(alias="formID")] = None,
    verbose: str = "",
) -> Response:
    """Those of the open campaigns that the person performs in; `formID` asks for one of them."""
    phone, base = _phone(request), base_of(request)
    served = [
        form
        for form in forms_for.forms_for(office_of(request), phone)
        if form_id is None or form.id == form_id
    ]
    return xml.answer(
        xml.form_list(
            xml.ListedForm(
                form.id,
                form.title(phone.language),
                form.pack.version,
                form.md5,
                f"{base}/forms/{form.id}.xml",
                f"{base}/forms/{form.id}/manifest",
                form.about(phone.language) if verbose.lower() in ("true", "1") else "",
            )
            for form in served
        )
    )


@router.offer("GET", "/forms/{form_id}.xml")
@rule(PHONE, "One form as XForms XML.", "一份表单（XForms XML）。")
def form(request: Request, form_id: str) -> Response:
    """The form's XML, with its hash as ETag."""
    served = forms_for.form_for(office_of(request), _phone(request), form_id)
    return _file(served.xml, served.md5, xml.TYPE)


@router.offer("GET", "/forms/{form_id}/manifest")
@rule(PHONE, "The files that a form needs.", "表单所需的文件清单。")
def manifest(request: Request, form_id: str) -> Response:
    """The pack's media, and the entity lists that the form reads or changes."""
    phone, base = _phone(request), base_of(request)
    served = forms_for.form_for(office_of(request), phone, form_id)
    files = [
        xml.MediaFile(
            name,
            forms_for.md5_of(path.read_bytes()),
            f"{base}/forms/{form_id}/media/{quote(name)}",
        )
        for name, path in served.media().items()
    ]
    wanted = [name for name in phone_lists.LISTS if served.uses(name)]
    made = phone_lists.lists_of(office_of(request), phone, wanted) if wanted else {}
    files += [
        xml.MediaFile(
            f"{name}.csv",
            made[name].md5,
            f"{base}/lists/{name}.csv",
            f"{base}/lists/{name}/integrity",
        )
        for name in wanted
    ]
    return xml.answer(xml.manifest(files))


@router.offer("GET", "/forms/{form_id}/media/{name}")
@rule(PHONE, "One file of a form.", "表单的一个文件。")
def media(request: Request, form_id: str, name: str) -> Response:
    """A picture, a sound, a table that the pack brings."""
    path = forms_for.media_of(office_of(request), _phone(request), form_id, name)
    content = path.read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _file(content, forms_for.md5_of(content), kind)


@router.offer("GET", "/lists/{name}.csv")
@rule(PHONE, "One entity list of the caller's own doors.", "本人负责住户的实体清单。")
def entity_list(request: Request, name: str) -> Response:
    """tasks.csv or households.csv; each download is a line in the log."""
    office, phone = office_of(request), _phone(request)
    known = request.headers.get("if-none-match", "")
    wanted = _list(name)
    made = phone_lists.lists_of(office, phone, (wanted,))[wanted]
    if made.md5 not in known:
        phone_lists.log_download(office, phone, made)
    return _file(made.content, made.md5, "text/csv; charset=utf-8")


@router.offer("GET", "/lists/{name}/integrity")
@rule(PHONE, "Which of some entities are deleted.", "查询实体是否已删除。")
def integrity(
    request: Request,
    name: str,
    ids: Annotated[str, Query(alias="id")] = "",
) -> Response:
    """What a phone asks about entities that are on it and not in the list any more."""
    asked = [one for one in dict.fromkeys(ids.split(",")) if one and one.isprintable()][:MOST_IDS]
    said = phone_lists.deleted(office_of(request), _phone(request), _list(name), asked)
    return xml.answer(xml.integrity(said))


def _phone(request: Request) -> Phone:
    phone: Phone = request.state.phone
    return phone


def _list(name: str) -> phone_lists.ListName:
    for known in phone_lists.LISTS:
        if known == name:
            return known
    raise LamplitError(problems.NO_FORM)


def _file(content: bytes, md5: str, kind: str) -> Response:
    headers = {**xml.VERSION, "ETag": f'"{md5}"', "Cache-Control": "private, no-cache"}
    return Response(content, 200, headers, kind)
