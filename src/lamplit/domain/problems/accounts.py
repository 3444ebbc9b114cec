"""What can be wrong with accounts, passwords, sessions and tokens."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

SIGN_IN_NEEDED = Problem(
    "accounts.sign-in-needed",
    Text("this needs somebody who is signed in.", "此操作需要先登录。"),
    Text(
        "Sign in again; a program sends its token with each request.",
        "请重新登录；程序须随每次请求发送令牌。",
    ),
)

WRONG_SIGN_IN = Problem(
    "accounts.wrong-sign-in",
    Text("the name or the password is wrong.", "用户名或密码有误。"),
    Text(
        "Try again; whoever keeps the accounts can set a new password.",
        "请重试；管理账号的人员可以重设密码。",
    ),
)

TOO_MANY_TRIES = Problem(
    "accounts.too-many-tries",
    Text("too many tries; wait {wait}.", "尝试过于频繁，请等待{wait}。"),
    Text("Wait, then try once more.", "请稍候再试一次。"),
)

WEAK_PASSWORD = Problem(
    "accounts.weak-password",
    Text("this password is not taken: {reason}.", "不接受此密码：{reason}。"),
    Text(
        "Choose {least} characters or more that nobody would guess: a few words that do not "
        "belong together do well.",
        "请选用至少 {least} 个字符、他人猜不到的密码：几个互不相干的词就很好。",
    ),
)

BAD_TOKEN = Problem(
    "accounts.bad-token",
    Text("this token or session is not valid any more.", "此令牌或会话已失效。"),
    Text("Sign in anew, or ask for a new token.", "请重新登录，或申请新的令牌。"),
)

WRONG_SCOPE = Problem(
    "accounts.wrong-scope",
    Text("this token is for `{scope}` only.", "此令牌仅用于“{scope}”。"),
    Text("Use a token of the scope `{wanted}`.", "请使用范围为“{wanted}”的令牌。"),
)

USERNAME_TAKEN = Problem(
    "accounts.username-taken",
    Text("there is an account `{username}` already.", "账号“{username}”已存在。"),
    Text("Choose another name.", "请换一个用户名。"),
)

HAS_ACCOUNT = Problem(
    "accounts.has-account",
    Text("this person has an account already.", "此人已有账号。"),
    Text(
        "Reset its password instead: `lamplit account reset`.", "请改用 `lamplit account reset`。"
    ),
    on_pages=Text(
        "Open it under Accounts and make up a new password there.",
        "请在“账号”中打开该账号并重设密码。",
    ),
)

OWN_ACCOUNT = Problem(
    "accounts.own-account",
    Text("this is your own account.", "这是您自己的账号。"),
    Text(
        "Choose a new password, or sign out everywhere, on the page of your own account; only "
        "another operator can disable or reset it.",
        "修改密码或退出所有设备，请到“我的账户”；停用或重设须由另一位管理员进行。",
    ),
)

BAD_USERNAME = Problem(
    "accounts.bad-username",
    Text("`{username}` won't do as a user name.", "“{username}”不能用作用户名。"),
    Text(
        "Use 2 to 64 letters, digits, dots, dashes, underscores or @.",
        "请使用 2 至 64 个字母、汉字、数字、点、短横、下划线或 @。",
    ),
)

MUST_CHANGE = Problem(
    "accounts.must-change",
    Text("this password was given to you by another.", "此密码由他人设定。"),
    Text(
        "Choose one of your own first, on the page of your account.",
        "请先在“我的账户”中换成自己的密码。",
    ),
)

BAD_LIFETIME = Problem(
    "accounts.bad-lifetime",
    Text("a token can't live {days} days.", "令牌有效期不能为 {days} 天。"),
    Text("Choose 1 to {most} days.", "请选择 1 至 {most} 天。"),
)

OIDC_OFF = Problem(
    "accounts.oidc-off",
    Text("no company directory is set up here.", "此处未配置企业目录登录。"),
    Text(
        "Sign in with a password, or set [web] oidc_issuer in lamplit.toml.",
        "请用密码登录，或在 lamplit.toml 的 [web] 中设置 oidc_issuer。",
    ),
)

OIDC_REFUSED = Problem(
    "accounts.oidc-refused",
    Text(
        "the company directory's answer was not accepted: {reason}.",
        "未接受企业目录的应答：{reason}。",
    ),
    Text(
        "Begin the sign-in anew; if it fails again, show this to the operator.",
        "请重新登录；若仍失败，请将此信息告知系统管理员。",
    ),
)

OIDC_UNKNOWN = Problem(
    "accounts.oidc-unknown",
    Text("nobody here is known under this directory account.", "此目录账号未对应任何人员。"),
    Text("Ask the operator to tie it to your person.", "请联系系统管理员将其与您的人员档案关联。"),
)

SET_UP_CLOSED = Problem(
    "accounts.set-up-closed",
    Text("the first account has been made, or no link for it runs.",
         "首个账号已建立，或没有有效的初始设置链接。"),
    Text("Sign in; where nobody has an account yet, start `lamplit serve` again for a new link.",
         "请登录；若尚无任何账号，请重新启动 `lamplit serve` 以获取新链接。"),
    on_pages=Text("Sign in; where nobody has an account yet, let the server be started again for "
                  "a new link.",
                  "请登录；若尚无任何账号，请重新启动服务以获取新链接。"),
)  # fmt: skip

WRONG_SET_UP_TOKEN = Problem(
    "accounts.wrong-set-up-token",
    Text("this set-up link is not valid.", "该初始设置链接无效。"),
    Text("Open the newest link that `lamplit serve` printed; each lives for a day.",
         "请打开 `lamplit serve` 最近显示的链接；每个链接有效一天。"),
    on_pages=Text("Open the newest link that the server showed when it started; each lives for a "
                  "day.",
                  "请打开服务启动时最近显示的链接；每个链接有效一天。"),
)  # fmt: skip

SET_UP_IN_THE_OPEN = Problem(
    "accounts.set-up-in-the-open",
    Text("the first account is made over TLS, or from the server's own machine.",
         "首个账号只能经 TLS 或在服务器本机上建立。"),
    Text("Open the link on the server itself, or serve with --cert and --key.",
         "请在服务器本机打开链接，或以 --cert 与 --key 启动服务。"),
    on_pages=Text("Open the link on the server itself, or let the operator serve over TLS.",
                  "请在服务器本机打开链接，或请管理员启用 TLS。"),
)  # fmt: skip
