"""What can be wrong with a whole NEM12, NEM13 or MSCONS file."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NEM_NO_HEADER = Problem(
    "layout.nem.no-header",
    Text(
        "the file begins with a {record} record, not with a header (100).",
        "文件以 {record} 记录开头，缺少文件头（100）。",
    ),
    Text(
        "Ask the sender for the whole file, or, if you know what it is, put a line such as "
        "`100,{version},202001010000,FROM,TO` before each part that ends with 900.",
        "请向发送方索取完整文件；若确知其内容，可在每段（以 900 结尾）之前补一行，"
        "例如 `100,{version},202001010000,FROM,TO`。",
    ),
)

MSCONS_NOT_EDIFACT = Problem(
    "layout.mscons.not-edifact",
    Text(
        "the file begins with neither UNA nor UNB: it is not an EDIFACT interchange.",
        "文件开头既非 UNA 也非 UNB，不是 EDIFACT 交换文件。",
    ),
    Text(
        "Give the interchange as it was sent, without an e-mail's or a form's wrapping.",
        "请提供原样的交换文件，不要带邮件或表单的外层内容。",
    ),
)

MSCONS_TRUNCATED = Problem(
    "layout.mscons.truncated",
    Text(
        "the file ends before the interchange does (last text: {excerpt!r}).",
        "文件在交换结束之前中断（末尾内容：{excerpt!r}）。",
    ),
    Text("Fetch the file again; nothing of it was kept.", "请重新获取该文件；其中内容未予保留。"),
)

MSCONS_RUNAWAY = Problem(
    "layout.mscons.runaway-segment",
    Text(
        "a segment has no end within a mebibyte (it begins {excerpt!r}).",
        "某段超过 1 MiB 仍无结束符（开头为 {excerpt!r}）。",
    ),
    Text(
        "Check the segment terminator in UNA, the ninth character of the file.",
        "请检查 UNA 中的段结束符（文件第九个字符）。",
    ),
)

MSCONS_SEGMENT_COUNT = Problem(
    "layout.mscons.segment-count",
    Text(
        "the message says it has {said} segments (UNT), and has {counted}.",
        "报文自称有 {said} 段（UNT），实有 {counted} 段。",
    ),
    Text(
        "Segments were lost or added on the way: ask for the interchange again.",
        "传输中有段丢失或增添：请重新索取该交换文件。",
    ),
)

MSCONS_MESSAGE_COUNT = Problem(
    "layout.mscons.message-count",
    Text(
        "the interchange says it has {said} messages (UNZ), and has {counted}.",
        "交换文件自称有 {said} 个报文（UNZ），实有 {counted} 个。",
    ),
    Text(
        "Messages were lost or added on the way: ask for the interchange again.",
        "传输中有报文丢失或增添：请重新索取该交换文件。",
    ),
)

MSCONS_REFERENCE = Problem(
    "layout.mscons.reference",
    Text(
        "the trailer {tag} closes {said!r}, and {opened!r} is open.",
        "{tag} 结束的是 {said!r}，而当前打开的是 {opened!r}。",
    ),
    Text(
        "The interchange was cut or glued together: ask for it again.",
        "交换文件可能被截断或拼接：请重新索取。",
    ),
)

MSCONS_OTHER_MESSAGE = Problem(
    "layout.mscons.other-message",
    Text("a message is {kind!r}, not MSCONS.", "报文类型为 {kind!r}，不是 MSCONS。"),
    Text(
        "Give the interchanges that carry meter values (MSCONS) only.",
        "请只提供承载计量值的 MSCONS 交换文件。",
    ),
)

MSCONS_NO_ACTIVE_ENERGY = Problem(
    "layout.mscons.no-active-energy",
    Text(
        "none of its {values} values is active energy taken from or given to the grid "
        "(it has: {codes}).",
        "其中 {values} 个值均不是与电网交换的有功电量（含：{codes}）。",
    ),
    Text(
        "Ask for the series with OBIS 1-*:1.29.0 or 1.8.0 (import) and 2.29.0 or 2.8.0 (export).",
        "请索取 OBIS 为 1-*:1.29.0 或 1.8.0（受电）与 2.29.0 或 2.8.0（馈电）的数据。",
    ),
)
