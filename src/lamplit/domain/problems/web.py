"""What can be wrong with a request, before any service is asked."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NO_SUCH_PAGE = Problem(
    "web.no-such-page",
    Text("there is nothing at this address.", "此地址没有内容。"),
    Text("See the list of addresses in /api/v1/openapi.json.", "地址清单见 /api/v1/openapi.json。"),
)

WRONG_METHOD = Problem(
    "web.wrong-method",
    Text("this address does not take {method}.", "此地址不接受 {method}。"),
    Text("See the header Allow for those that it takes.", "可用的方法见响应头 Allow。"),
)

BAD_REQUEST = Problem(
    "web.bad-request",
    Text("the request can't be read: {reason}.", "无法读取请求：{reason}。"),
    Text("Compare it with /api/v1/openapi.json.", "请对照 /api/v1/openapi.json。"),
)

TOO_LARGE = Problem(
    "web.too-large",
    Text("the request is over {most} bytes.", "请求超过 {most} 字节。"),
    Text("Send less at once.", "请减少单次发送的数据量。"),
)

WRONG_TYPE = Problem(
    "web.wrong-type",
    Text("a body of the type `{found}` is not taken here.", "此处不接受类型为“{found}”的正文。"),
    Text("Send {wanted}.", "请发送 {wanted}。"),
)

CSRF = Problem(
    "web.csrf",
    Text(
        "the request did not come from lamplit's own pages.", "该请求并非来自 lamplit 自己的页面。"
    ),
    Text(
        "Send the session's `csrf` (of /api/v1/me) in the header X-CSRF-Token.",
        "请在请求头 X-CSRF-Token 中带上 /api/v1/me 给出的 `csrf`。",
    ),
)

FAULT = Problem(
    "web.fault",
    Text("a fault in lamplit, not in what you sent.", "lamplit 自身出错，并非您的请求有误。"),
    Text(
        "Try again; tell the operator the request number {request}.",
        "请重试；并将请求编号 {request} 告知系统管理员。",
    ),
)

IF_MATCH_NEEDED = Problem(
    "web.if-match-needed",
    Text("a change needs the version that it was decided on.", "修改时需注明所依据的版本。"),
    Text("Send the ETag that you read in If-Match.", "请在 If-Match 中带上读取时的 ETag。"),
)

IF_MATCH_FAILED = Problem(
    "web.if-match-failed",
    Text("it was changed since you read it.", "自您读取之后，内容已被修改。"),
    Text("Read it anew, then decide again.", "请重新读取后再作决定。"),
)

KEY_REUSED = Problem(
    "web.key-reused",
    Text(
        "this Idempotency-Key was used for another request.",
        "此 Idempotency-Key 已用于另一请求。",
    ),
    Text("Make a new key for each new request.", "请为每个新请求生成新的键。"),
)

KEY_AT_WORK = Problem(
    "web.key-at-work",
    Text("the first request with this key is still at work.", "使用此键的首个请求仍在处理。"),
    Text("Wait a moment and send it again.", "请稍候再发送一次。"),
)

BAD_KEY = Problem(
    "web.bad-key",
    Text("this Idempotency-Key won't do.", "此 Idempotency-Key 无效。"),
    Text("Use 1 to 200 visible ASCII characters.", "请使用 1 至 200 个可见 ASCII 字符。"),
)

BAD_CURSOR = Problem(
    "web.bad-cursor",
    Text("this cursor is none that was given out.", "此游标并非本系统给出。"),
    Text("Begin at the first page, without a cursor.", "请从第一页开始，不带游标。"),
)

NOT_FROM_HERE = Problem(
    "web.not-from-here",
    Text("this is for the machine itself.", "此地址仅供本机访问。"),
    Text(
        "Ask from loopback, or send the [web] metrics_token as Bearer.",
        "请从本机访问，或以 Bearer 发送 [web] 中的 metrics_token。",
    ),
)

DEMO_HOME = Problem(
    "web.demo-home",
    Text(
        "this home is a demo's, and its passwords are known to everybody.",
        "这是演示主目录，其密码人人皆知。",
    ),
    Text(
        "Serve it on this machine only (--host 127.0.0.1, no proxy); for others make a home of "
        "your own with `lamplit init`.",
        "请只在本机提供（--host 127.0.0.1，不经代理）；供他人使用请用 `lamplit init` 新建主目录。",
    ),
)
NO_TLS = Problem(
    "web.no-tls",
    Text(
        "{host} can be reached by others, and without TLS all could read along.",
        "{host} 可被他人访问；未启用 TLS 时，通信内容可被窃听。",
    ),
    Text(
        "Give --cert and --key, or put a proxy with TLS before it and say --behind-proxy, or say "
        "--insecure if you mean it.",
        "请提供 --cert 与 --key；或在前面放置启用 TLS 的代理并加 --behind-proxy；"
        "确需如此时请加 --insecure。",
    ),
)
