"""What the door says to those it does not let in."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NOT_ALLOWED = Problem(
    "door.not-allowed",
    Text(
        "this needs the ability `{ability}` at this place today.",
        "此操作需要今天在该地点具有“{ability}”权限。",
    ),
    Text(
        "Ask the place's leader for a role or a responsibility there.",
        "请联系该地点负责人授予岗位或包保责任。",
    ),
)
