"""`lamplit phone setup | list | revoke`: volunteers' phones with ODK Collect."""

from __future__ import annotations

import sys
from pathlib import Path
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
from lamplit.cli.dates import table_moment
from lamplit.cli.text import tr

if TYPE_CHECKING:
    from lamplit.services.field.office import Office
    from lamplit.services.field.phones.phone import SetUp

Person = Annotated[
    str, typer.Argument(metavar="PERSON", help=tr("Whose phone: a code.", "手机使用人的编号。"))
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help=tr("The server, as phones reach it.", "手机访问服务器的地址。"),
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--qr",
        metavar="FILE",
        help=tr("Draw the code into a .png or .svg file.", "将二维码写入 .png 或 .svg 文件。"),
    ),
]
Label = Annotated[
    str, typer.Option("--label", metavar="TEXT", help=tr("Which phone it is.", "手机的名称。"))
]
Days = Annotated[
    int, typer.Option("--days", metavar="N", help=tr("How long it is good for.", "有效天数。"))
]
ByPassword = Annotated[
    bool,
    typer.Option(
        "--password",
        help=tr("With user name and password, to be typed.", "使用可手动输入的用户名和密码。"),
    ),
]
TokenId = Annotated[
    str, typer.Argument(metavar="ID", help=tr("As `list` shows it.", "`list` 中显示的编号。"))
]


def register(app: typer.Typer) -> None:
    """Add `phone` and its commands to the app."""
    group = typer.Typer(
        no_args_is_help=True, help=tr("Volunteers' phones, with ODK Collect.", "志愿者手机。")
    )
    group.command(
        "setup", help=tr("Make the code that sets up a phone.", "生成手机的设置二维码。")
    )(setup)
    group.command(
        "list", help=tr("A person's phones, and when each last called.", "查看某人的手机。")
    )(show)
    group.command("revoke", help=tr("Shut out a lost phone at once.", "立即停用丢失的手机。"))(
        revoke
    )
    app.add_typer(group, name="phone")


def setup(
    person: Person,
    url: Url = None,
    qr: Picture = None,
    label: Label = "phone",
    days: Days = 90,
    by_password: ByPassword = False,
    as_json: JsonOption = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a token and the code that ODK Collect scans; it is shown this once."""
    from lamplit.domain.errors import LamplitError
    from lamplit.domain.problems import openrosa as problems
    from lamplit.services.field.office import CLI
    from lamplit.services.field.phones import phone

    if qr is not None and qr.suffix.lower() not in (".png", ".svg"):
        raise LamplitError(problems.BAD_PICTURE, where=str(qr))
    office = _office(home)
    address = url or office.home.config.web.get("url") or "http://localhost:8420"
    made = phone.set_up(
        office, CLI, person, url=str(address), label=label, days=days, basic=by_password
    )
    if qr is not None:
        _draw(made, qr)
    if as_json:
        print_json({
            "token": made.token_id, "server_url": made.server_url, "code": made.code,
            "username": made.username if made.basic else None,
            "password": made.secret if made.basic else None,
        })  # fmt: skip
        return
    _show(made, days, drawn=qr)


def _show(made: SetUp, days: int, *, drawn: Path | None) -> None:
    if drawn is None:
        import segno

        segno.make(made.code, error="l", micro=False).terminal(sys.stdout, border=2, compact=True)
    note(
        tr(
            f"A phone of {made.username}, good for {days} days. Scan the code in ODK Collect "
            f"(Configure with QR code)"
            + (f"; it is in {drawn}." if drawn else ".")
            + " Whoever scans it has that person's doors: hand it over, do not post it.",
            f"{made.username} 的手机，有效期 {days} 天。请在 ODK Collect 中选择“扫描二维码配置”"
            + (f"，二维码已写入 {drawn}。" if drawn else "。")
            + "扫码者即可看到此人负责的住户：请当面交付，勿张贴。",
        )
    )
    if made.basic:
        note(
            tr(
                f"Or type in: {made.server_url}, user {made.username}, password {made.secret}",
                f"或手动输入：{made.server_url}，用户名 {made.username}，密码 {made.secret}",
            )
        )
    note(tr(f"If it is lost: lamplit phone revoke {made.token_id}",
            f"如遗失：lamplit phone revoke {made.token_id}"))  # fmt: skip


def _draw(made: SetUp, file: Path) -> None:
    import io

    import segno

    from lamplit.services.home import write_atomically

    code = segno.make(made.code, error="l", micro=False)
    picture = io.BytesIO()
    code.save(picture, kind=file.suffix[1:].lower(), scale=6, border=4)
    write_atomically(file, picture.getvalue())
    # It is as good as the phone itself.
    file.chmod(0o600)


def show(person: Person, as_json: JsonOption = False, home: HomeOption = DEFAULT_HOME) -> None:
    """A person's phones, the newest first."""
    from lamplit.services.field.phones import phone

    office = _office(home)
    found = phone.phones_of(office, person)
    if as_json:
        print_json([
            {
                "token": one.token_id, "label": one.label, "set_up": one.created_at.isoformat(),
                "ends": one.expires_at.isoformat() if one.expires_at else None,
                "last_call": one.used_at.isoformat() if one.used_at else None,
                "revoked": one.revoked_at.isoformat() if one.revoked_at else None,
            }
            for one in found
        ])  # fmt: skip
        return
    for one in found:
        called = table_moment(one.used_at, office.zone) if one.used_at else tr("never", "从未")
        state = tr("shut out", "已停用") if one.revoked_at else tr("in use", "使用中")
        typer.echo(f"{one.token_id}  {one.label}  {state}  {tr('last call', '最近连接')}: {called}")
    if not found:
        note(tr(f"{person} has no phone.", f"{person} 没有已设置的手机。"))


def revoke(token_id: TokenId, home: HomeOption = DEFAULT_HOME) -> None:
    """Shut out a phone: it fetches nothing and delivers nothing any more."""
    from lamplit.services.field.access import tokens
    from lamplit.services.field.office import CLI

    tokens.revoke(_office(home), CLI, token_id)
    note(
        tr(
            "Shut out. Forms that are still on it can be sent once it is set up anew.",
            "已停用。手机上未发送的表单可在重新设置后发送。",
        )
    )


def _office(home: Path) -> Office:
    from lamplit.services.field.office import Office

    return Office.open(open_home(home))
