"""`lamplit serve`: the API, the phones' door and the pages, over HTTP."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, note, open_home
from lamplit.cli.demo_serve import sign_ins, tell_age
from lamplit.cli.text import tr
from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import web as problems

if TYPE_CHECKING:
    from lamplit.services.home import Home

GRACE_SECONDS = 10
"""How long an answer under way may take after the server was told to stop."""

Host = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help=tr("Where to listen.", "监听地址。"))
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=tr("The port.", "端口。"))]
Workers = Annotated[
    int, typer.Option("--workers", min=1, max=64, help=tr("Server processes.", "服务进程数。"))
]
Cert = Annotated[
    Path | None, typer.Option("--cert", metavar="FILE", help=tr("TLS: certificate.", "TLS 证书。"))
]
Key = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help=tr("TLS: its key.", "TLS 私钥。"))
]
Proxy = Annotated[
    bool,
    typer.Option(
        "--behind-proxy",
        help=tr("A proxy with TLS stands before it.", "前面有启用 TLS 的反向代理。"),
    ),
]
ProxyAddress = Annotated[
    str,
    typer.Option(
        "--proxy-address",
        metavar="ADDRESSES",
        help=tr("Whose X-Forwarded-For is believed.", "信任其 X-Forwarded-For 的代理地址。"),
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        help=tr("Listen beyond loopback without TLS.", "不用 TLS 也在本机以外监听。"),
    ),
]


def register(app: typer.Typer) -> None:
    """Add `serve` to the app."""
    app.command("serve", help=tr("Serve the API and the phones' door.", "启动接口与手机端服务。"))(
        serve
    )


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8420,
    workers: Workers = 1,
    cert: Cert = None,
    key: Key = None,
    behind_proxy: Proxy = False,
    proxy_address: ProxyAddress = "127.0.0.1",
    insecure: Insecure = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Serve until interrupted; what is under way then is answered first."""
    tls = cert is not None and key is not None
    opened = open_home(home)
    check_demo(opened, host, behind_proxy=behind_proxy)
    check_host(host, allowed=tls or behind_proxy or insecure)
    for file in (cert, key):
        if file is not None and not file.is_file():
            raise FileNotFoundError(2, os.strerror(2), str(file))
    _ready(opened)
    _tell_workers(opened, tls=tls or behind_proxy, behind_proxy=behind_proxy, workers=workers)
    import uvicorn

    note(
        tr(
            f"Serving {opened.path} on http{'s' if tls else ''}://{host}:{port} (Ctrl-C ends it).",
            f"正在 http{'s' if tls else ''}://{host}:{port} 提供 {opened.path}（按 Ctrl-C 结束）。",
        )
    )
    tell_age(opened.path)
    sign_ins(opened)
    _offer_setup(
        opened,
        f"http{'s' if tls else ''}://{host}:{port}",
        private=tls or behind_proxy or is_loopback(host),
    )
    uvicorn.run(
        "lamplit.web.asgi:make",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        ssl_certfile=cert,
        ssl_keyfile=key,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=behind_proxy,
        forwarded_allow_ips=proxy_address if behind_proxy else "",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )


def _offer_setup(home: Home, base: str, *, private: bool) -> None:
    """Print the link of the first run, where nobody has an account."""
    from lamplit.services.field.access import setup
    from lamplit.services.field.office import Office

    office = Office.open(home)
    secret = setup.offer(office)
    office.db.close()
    if secret is None:
        return
    base = str(home.config.web.get("url", "")).rstrip("/") or base
    # After the #, so that no proxy and no log ever sees it.
    link = f"{base}/setup#{secret}"
    note(
        tr(
            f"Nobody has an account yet. Make the first one here (once, within a day):\n  {link}",
            f"尚无任何账号。请在此建立首个账号（仅一次，一天内有效）：\n  {link}",
        )
    )
    if not private:
        note(
            tr(
                "  Without TLS this link works on this machine only.",
                "  未启用 TLS 时，此链接仅可在本机使用。",
            )
        )


def check_host(host: str, *, allowed: bool) -> None:
    """Raise LamplitError `web.no-tls` for an address that others reach, unless it is allowed."""
    if not allowed and not is_loopback(host):
        raise LamplitError(problems.NO_TLS, host=host)


def check_demo(home: Home, host: str, *, behind_proxy: bool) -> None:
    """Raise LamplitError `web.demo-home` for a demo that others would reach: its passwords are
    known to everybody.
    """
    from lamplit.services import demo_mark

    if demo_mark.read(home) is not None and (behind_proxy or not is_loopback(host)):
        raise LamplitError(problems.DEMO_HOME, where=str(home.path))


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is of this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ready(home: Home) -> None:
    """Open the store once before any process starts, so that its problems are told plainly."""
    from lamplit.services.field.office import Office

    Office.open(home).db.close()


def _tell_workers(home: Home, *, tls: bool, behind_proxy: bool, workers: int) -> None:
    told = {"home": str(home.path.resolve()), "tls": tls, "behind_proxy": behind_proxy}
    os.environ["LAMPLIT_SERVE"] = json.dumps(told)
    if workers > 1:
        # Several processes sum their figures through files of this folder.
        figures = home.tmp_dir / "metrics"
        shutil.rmtree(figures, ignore_errors=True)
        figures.mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures.resolve())
