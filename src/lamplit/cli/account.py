"""`lamplit account create | token | reset | disable | link`: who may sign in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli.common import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    note,
    open_home,
    print_json,
)
from lamplit.cli.text import tr

if TYPE_CHECKING:
    from pathlib import Path

    from lamplit.services.field.office import Office

Username = Annotated[str, typer.Argument(metavar="NAME", help=tr("The user name.", "用户名。"))]
Person = Annotated[
    str | None,
    typer.Option(
        "--person",
        metavar="CODE",
        help=tr("Whose it is; NAME if left out.", "所属人员，默认同名"),
    ),
]
FullName = Annotated[
    str | None,
    typer.Option(
        "--full-name",
        metavar="TEXT",
        help=tr("Make the person too, with this name.", "同时新建人员，使用此姓名。"),
    ),
]
Role = Annotated[
    str | None,
    typer.Option("--role", help=tr("Give this role as well.", "同时授予此岗位。")),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="PLACE", help=tr("Where the role holds.", "岗位所在地点。")),
]
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help=tr("Read the password.", "从标准输入读取密码。")),
]
Subject = Annotated[
    str | None,
    typer.Option(
        "--subject",
        metavar="ISSUER#SUB",
        help=tr("Signs in through the directory.", "通过企业目录登录。"),
    ),
]


def register(app: typer.Typer) -> None:
    """Add `account` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True, help=tr("Who may sign in, and how.", "账号：谁可以登录，如何登录。")
    )
    group.command("create", help=tr("Make an account.", "新建账号。"))(create)
    group.command(
        "token", help=tr("Make a token for a phone or a program.", "为手机或程序生成令牌。")
    )(token)
    group.command("reset", help=tr("Make up a new password.", "重设密码。"))(reset)
    group.command("disable", help=tr("End all ways in.", "停用账号及其所有登录方式。"))(disable)
    group.command("link", help=tr("Tie to the company's directory.", "关联企业目录账号。"))(link)
    app.add_typer(group, name="account")


def create(
    username: Username,
    person: Person = None,
    full_name: FullName = None,
    role: Role = None,
    at: At = None,
    password_stdin: FromStdin = False,
    subject: Subject = None,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make an account; without a password one is made up and shown this once."""
    from lamplit.domain.field import Role as Roles
    from lamplit.services.field.access import accounts
    from lamplit.services.field.office import CLI
    from lamplit.services.field.people import assignments

    if role is not None and role not in {one.value for one in Roles}:
        raise typer.BadParameter(", ".join(one.value for one in Roles), param_hint="--role")
    if (role is None) != (at is None):
        raise typer.BadParameter(tr("--role and --at go together", "--role 与 --at 须同时给出"))
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    office = _office(home)
    code = person or username
    if full_name is not None:
        accounts.add_person(office, CLI, code, full_name)
    made = accounts.create(office, CLI, username, code, password=password, subject=subject)
    if role is not None and at is not None:
        assignments.assign(office, CLI, person=made.person_id, place=at, role=Roles(role))
    _shown(made.username, made.password, made.person_id, as_json=as_json)


def token(
    person: Annotated[str, typer.Argument(metavar="PERSON", help=tr("Id or code.", "人员编号。"))],
    label: Annotated[
        str, typer.Option("--label", help=tr("What it is for.", "用途说明。"))
    ] = "phone",
    scope: Annotated[
        str, typer.Option("--scope", metavar="api|openrosa", help=tr("What it opens.", "范围。"))
    ] = "openrosa",
    days: Annotated[int, typer.Option("--days", help=tr("How long it lives.", "有效天数。"))] = 90,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a token; its secret is shown this once."""
    from lamplit.services.field.access import tokens
    from lamplit.services.field.office import CLI

    wanted = next((one for one in tokens.SCOPES if one == scope), None)
    if wanted is None:
        raise typer.BadParameter(" | ".join(tokens.SCOPES), param_hint="--scope")
    made = tokens.issue(_office(home), CLI, person, label, wanted, days)
    if as_json:
        print_json({"id": made.id, "secret": made.secret, "scope": made.scope, "days": days})
        return
    sys.stdout.write(made.secret + "\n")
    note(tr("Shown this once; only its hash is kept.", "仅显示这一次；系统只保存其哈希。"))


def reset(username: Username, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """Make up a new password; ends all sessions of the account."""
    from lamplit.services.field.access import accounts
    from lamplit.services.field.office import CLI

    made = accounts.reset(_office(home), CLI, username)
    _shown(made.username, made.password, made.person_id, as_json=as_json)


def disable(
    username: Username, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME
) -> None:
    """Disable an account; ends its sessions and revokes its tokens. `reset` enables it again."""
    from lamplit.services.field.access import accounts
    from lamplit.services.field.office import CLI

    ended, revoked = accounts.disable(_office(home), CLI, username)
    if as_json:
        print_json({"username": username, "sessions_ended": ended, "tokens_revoked": revoked})
        return
    note(
        tr(
            f"{username}: {ended} sessions ended, {revoked} tokens revoked.",
            f"{username}：已结束 {ended} 个会话，撤销 {revoked} 个令牌。",
        )
    )


def link(
    username: Username,
    subject: Annotated[str, typer.Argument(metavar="ISSUER#SUB")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Let an account sign in through the company's directory."""
    from lamplit.services.field.access import accounts
    from lamplit.services.field.office import CLI

    accounts.link(_office(home), CLI, username, subject)
    note(tr(f"{username} is tied to {subject}.", f"{username} 已关联 {subject}。"))


def _office(home: Path) -> Office:
    from lamplit.services.field.office import Office

    return Office.open(open_home(home))


def _shown(username: str, password: str | None, person_id: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"username": username, "person_id": person_id, "password": password})
        return
    if password is None:
        note(tr(f"{username} can sign in now.", f"{username} 现在可以登录。"))
        return
    sys.stdout.write(password + "\n")
    note(
        tr(
            f"{username}'s password, shown this once; to be changed at the first sign-in.",
            f"{username} 的密码，仅显示这一次；首次登录须修改。",
        )
    )
