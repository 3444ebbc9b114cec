"""What a phone with ODK Collect, or whoever sets one up, can be told."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

SIGN_IN = Problem(
    "openrosa.sign-in",
    Text("this needs the phone's user name and password.", "需要手机端的用户名和密码。"),
    Text(
        "Scan the code that your leader gave you, or type in what stands beneath it.",
        "请扫描负责人给的二维码，或输入其下方的用户名和密码。",
    ),
)

BAD_KEY = Problem(
    "openrosa.bad-key",
    Text("this phone's code is not valid.", "此手机的设置码无效。"),
    Text(
        "Ask your leader for a new code and scan it; the forms on the phone stay there and are "
        "sent with the new one.",
        "请向负责人索取新的二维码并扫描；手机上的表单不会丢失，换码后即可发送。",
    ),
)

PLAIN_HTTP = Problem(
    "openrosa.plain-http",
    Text(
        "a phone's code is not taken over an open connection.", "不接受经未加密连接发送的设置码。"
    ),
    Text(
        "Use the address with https://; this code has been seen by others and should be replaced.",
        "请使用 https:// 地址；此设置码可能已泄露，应更换。",
    ),
)

DELIVER_ONLY = Problem(
    "openrosa.deliver-only",
    Text(
        "your duty here has ended. What is still on the phone can be sent until {until}.",
        "您在此处的任务已结束。手机上未发送的表单可在 {until} 前继续发送。",
    ),
    Text("Send what is left, then delete the project from the phone.",
         "请发送剩余表单，然后在手机上删除该项目。"),
)  # fmt: skip

NO_FORM = Problem(
    "openrosa.no-form",
    Text("there is no such form or file for you now.", "目前没有可供您使用的此表单或文件。"),
    Text("Refresh the list of forms.", "请刷新表单列表。"),
)

NO_SUBMISSION = Problem(
    "openrosa.no-submission",
    Text("this holds no form: {reason}.", "其中没有表单：{reason}。"),
    Text(
        "Send multipart/form-data with the form in the part xml_submission_file.",
        "请以 multipart/form-data 发送，表单放在 xml_submission_file 部分。",
    ),
)

TOO_LARGE = Problem(
    "openrosa.too-large",
    Text("this is over {most} MB.", "超过 {most} MB。"),
    Text("Take smaller photos; all else was received.", "请缩小照片；其余内容已收到。"),
)

NO_ROOM = Problem(
    "openrosa.no-room",
    Text("the server can't keep this now.", "服务器暂时无法保存。"),
    Text(
        "Nothing is lost: it stays on the phone and is sent again later.",
        "不会丢失：表单仍在手机上，稍后会自动重发。",
    ),
)

BAD_ADDRESS = Problem(
    "openrosa.bad-address",
    Text("`{url}` won't do as the address that phones call.", "“{url}”不能用作手机访问的地址。"),
    Text(
        "Give https://HOST with --url, or set [web] url in lamplit.toml; http:// works for "
        "loopback alone.",
        "请用 --url 给出 https://主机，或在 lamplit.toml 的 [web] 中设置 url；http:// 仅限本机。",
    ),
    on_pages=Text(
        "Ask the operator to set the address under which the server is reached, with https.",
        "请系统管理员设置服务器的访问地址（须为 https）。",
    ),
)

BAD_PICTURE = Problem(
    "openrosa.bad-picture",
    Text("a code can't be drawn into a file of this kind.", "无法将二维码写入此类文件。"),
    Text("End its name in .png or .svg.", "请使用 .png 或 .svg 文件名。"),
)
