"""Submissions in: whatever a phone sends is on the disk before it is answered.

201 says that it is worked in, 202 that it is kept and somebody will look at it. Collect takes both
as sent, and everything else as a reason to send again: so an error is answered only where nothing
was kept, or nothing was sent.
"""

from __future__ import annotations

from contextlib import ExitStack

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lamplit.domain.errors import LamplitError
from lamplit.domain.field import InboxState
from lamplit.domain.language import Text
from lamplit.domain.problems import openrosa as problems
from lamplit.domain.problems import web as web_problems
from lamplit.services.field.phones.phone import Phone
from lamplit.services.field.submissions import inbox
from lamplit.web.access import rule
from lamplit.web.auth import office_of
from lamplit.web.middleware import LARGE_BYTES
from lamplit.web.openrosa import xml
from lamplit.web.openrosa.forms import PHONE
from lamplit.web.openrosa.parcel import Parcel, unpack
from lamplit.web.openrosa.routing import PhoneRouter, base_of

router = PhoneRouter()

AT_ONCE = 10_000_000
"""Collect splits a submission's photos into POSTs of this size; a larger one comes alone. A POST
that breaks off is sent anew from its start, so small ones get through bad networks."""

MOST_DEVICE = 100

RECEIVED = Text("Received, thank you.", "已收到，谢谢！")
LATE = Text(
    "Received and marked as handed in after your duty ended. Thank you.",
    "已收到，并标注为任务结束后提交，谢谢！",
)
KEPT = Text(
    "Received and kept. Somebody in the office will look at it.",
    "已收到并妥善保存，将由工作人员查看。",
)


@router.offer("HEAD", "/submission")
@rule(PHONE, "Where to send, and how much at once.", "提交地址与单次大小上限。")
def ask(request: Request) -> Response:
    """204, the address, and the most bytes at once."""
    headers = {
        **xml.VERSION,
        "X-OpenRosa-Accept-Content-Length": str(AT_ONCE),
        "Location": f"{base_of(request)}/submission",
    }
    return Response(status_code=204, headers=headers)


@router.offer("POST", "/submission")
@rule(PHONE, "Send a filled form, with its photos or some of them.", "提交表单及其全部或部分照片。")
async def submit(request: Request) -> Response:
    """201 worked in, 202 kept; the same may be sent any number of times."""
    phone: Phone = request.state.phone
    office = office_of(request)
    try:
        with ExitStack() as stack:
            parcel = await unpack(
                request.stream(),
                request.headers.get("content-type", ""),
                office.home.tmp_dir,
                stack,
            )
            receipt = await run_in_threadpool(_receive, request, phone, parcel)
    except LamplitError as error:
        if error.problem is web_problems.TOO_LARGE:
            raise LamplitError(problems.TOO_LARGE, most=LARGE_BYTES // 1_000_000) from error
        raise
    except OSError as fault:
        # A full disk, say: nothing was kept, and the phone comes again.
        raise LamplitError(problems.NO_ROOM) from fault
    said = _words(receipt)
    headers = {"Location": f"{base_of(request)}/submission"}
    return xml.answer(xml.message(said.say(phone.language)), receipt.status, headers)


def _receive(request: Request, phone: Phone, parcel: Parcel) -> inbox.Receipt:
    # Whatever a phone calls itself is no reason to refuse what it brings.
    device_id = _plain(request.query_params.get("deviceID", ""))[:MOST_DEVICE] or None
    files = [
        inbox.Attachment(part.file_name or part.name, _plain(part.media_type), part.content)
        for part in parcel.files
    ]
    return inbox.receive(
        office_of(request),
        phone.actor,
        transport="openrosa",
        content_type="text/xml",
        body=parcel.form,
        attachments=files,
        device_id=device_id,
    )


def _plain(said: str) -> str:
    """Without what a database or a log can't hold."""
    return "".join(letter for letter in said if letter.isprintable())


def _words(receipt: inbox.Receipt) -> Text:
    if receipt.state is not InboxState.PROCESSED:
        return KEPT
    return LATE if "after_withdrawal" in receipt.flags else RECEIVED
