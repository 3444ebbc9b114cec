"""What stands in place of the pages where nobody has built them yet."""

from __future__ import annotations

from starlette.responses import Response

PAGE = """<!doctype html>
<html lang="zh-Hans">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lamplit 万家灯火</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
code { background: #8882; padding: .1em .3em; border-radius: .2em }
</style>
</head>
<body>
<h1>lamplit 万家灯火</h1>
<p>服务已启动，接口可用；但网页尚未构建。请在源码目录运行
<code>make ui</code>，然后刷新本页。
用 <code>pip</code> 安装的发布包已自带网页。</p>
<p lang="en">The server is up and its API works, but the pages have not been built. Run
<code>make ui</code> in the sources, then load this page again. A released package, installed
with <code>pip</code>, brings its pages along.</p>
<p><a href="/api/v1/openapi.json">/api/v1/openapi.json</a> · <a href="/readyz">/readyz</a></p>
</body>
</html>
"""


def response() -> Response:
    """503: the pages are what is away, and the caller asked for one."""
    return Response(PAGE, 503, {"Cache-Control": "no-store"}, "text/html; charset=utf-8")
