"""Changes that are made only where nobody else came first."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import store as problems

NOUNS = {
    "place": Text("place", "地点"),
    "place_code": Text("code of a place", "地点标识码"),
    "organisation": Text("organisation", "组织"),
    "person": Text("person", "人员"),
    "assignment": Text("assignment", "任职"),
    "campaign": Text("campaign", "行动"),
    "enrollment": Text("enrollment", "纳入对象"),
    "task": Text("task", "任务"),
    "plan": Text("plan", "排班方案"),
    "submission": Text("submission", "记录"),
    "attachment": Text("photo", "照片"),
    "finding": Text("finding", "发现"),
    "stock_move": Text("stock move", "物资流转"),
    "account": Text("account", "账号"),
    "token": Text("token", "令牌"),
    "feedback": Text("feedback", "反馈"),
    "inbox": Text("received submission", "收件"),
    "import_file": Text("import", "导入文件"),
    "job": Text("job", "后台任务"),
}
"""What messages call a row of each table."""


def change(
    conn: Connection, table: Table, row_id: str, when: Mapping[str, Any], **values: Any
) -> None:
    """Change the row `row_id` where all columns of `when` still hold what they say.

    `when` is what was read before: `{"version": 3}`, or `{"state": "open"}`. The row's version,
    where it has one, grows by one. Raises LamplitError `store.changed-meanwhile` where the row
    no longer is as `when` says: nothing is changed then.
    """
    if "version" in table.c:
        values["version"] = table.c.version + 1
    still = [table.c[name].is_not_distinct_from(value) for name, value in when.items()]
    done = conn.execute(update(table).where(table.c.id == row_id, *still).values(**values))
    if done.rowcount != 1:
        raise changed_meanwhile(table)


def changed_meanwhile(table: Table) -> LamplitError:
    """The problem of one who came second."""
    return LamplitError(problems.CHANGED_MEANWHILE, what=NOUNS[table.name])


def not_found(table: Table, wanted: str) -> LamplitError:
    """The problem of one who asks for what is not there."""
    return LamplitError(problems.NOT_FOUND, what=NOUNS[table.name], wanted=wanted)


def one_at_a_time(conn: Connection, what: str) -> None:
    """Let no other transaction that names the same `what` run beside this one.

    SQLite has one writer anyway; on PostgreSQL the others wait until this transaction ends.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(zlib.crc32(what.encode()))))
