"""The pages: built files as browsers want them, and no page in place of an API's answer."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = b"export const lit = 1;\n" * 200


@pytest.fixture
def site(pages):
    files = {
        "assets/app-1a2b.js": SCRIPT,
        "assets/app-1a2b.js.gz": gzip.compress(SCRIPT),
        "assets/app-1a2b.js.br": b"brotli's own bytes",
        "sw.js": b"self.skipWaiting()",
        "manifest.webmanifest": b'{"name": "lamplit"}',
        "icons/lamp.svg": b"<svg/>",
    }
    for name, content in files.items():
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        (pages / name).write_bytes(content)
    return pages


def test_a_hashed_asset_may_be_kept_for_ever_and_comes_packed(client, site):
    def ask(encoding):
        return client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": encoding})

    plain = ask("identity")
    assert plain.content == SCRIPT
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "Accept-Encoding" in plain.headers["vary"]
    packed = ask("gzip, br;q=0")
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", SCRIPT)
    with client.stream("GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip, br"}) as b:
        assert b.headers["content-encoding"] == "br"
        assert b"".join(b.iter_raw()) == b"brotli's own bytes"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html; charset=utf-8"), ("/index.html", "text/html; charset=utf-8"),
     ("/sw.js", "text/javascript; charset=utf-8"), ("/icons/lamp.svg", "image/svg+xml"),
     ("/manifest.webmanifest", "application/manifest+json")],
)  # fmt: skip
def test_what_keeps_its_name_is_asked_for_anew_by_its_etag(client, site, path, kind):
    first = client.get(path)
    assert (first.status_code, first.headers["content-type"]) == (200, kind)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(path).status_code == 200
    assert client.head(path).content == b""


def test_an_address_of_the_pages_own_router_gets_the_page(client, site):
    for path in ("/campaigns/B1/board", "/sign-in", "/homes", "/apiary"):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 200
        assert "<title>lamplit" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api", "/openrosa/nothing", "/v1/nothing", "/metrics/x", "/assets/gone.js",
     "/assets/..%2f..%2fapp.py"],
)  # fmt: skip
def test_what_is_no_page_is_never_answered_with_one(client, site, path):
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code in (401, 404)
    assert "<title>" not in answer.text


def test_other_methods_and_other_callers_are_answered_as_before(client, site):
    assert client.get("/nowhere").json()["code"] == "web.no-such-page"
    assert client.post("/nowhere", headers=BROWSER).status_code == 404
    assert client.get("/api/v1/sign-in", headers=BROWSER).status_code == 405


@pytest.mark.parametrize("path", ["/../conftest.py", "/%2e%2e/conftest.py", "//etc/passwd", "/."])
def test_no_path_leads_out_of_the_folder(client, site, path):
    (site.parent / "conftest.py").write_text("secret")
    assert "secret" not in client.get(path, headers=BROWSER).text
    assert "root:" not in client.get(path, headers=BROWSER).text


def test_a_page_is_the_same_for_everybody_and_asks_for_no_store(client, site, office):
    office.db.close()
    answer = client.get("/sw.js", headers={"Cookie": "lamplit=stale"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_a_new_build_is_served_without_a_restart(client, site):
    assert client.get("/assets/app-9z.js").status_code == 404
    (site / "assets" / "app-9z.js").write_bytes(b"2")
    (site / "index.html").write_text("<!doctype html><title>newer")
    os.utime(site / "index.html", ns=(1, 1))
    assert client.get("/assets/app-9z.js").content == b"2"
    assert "newer" in client.get("/").text


def test_where_none_is_built_a_page_says_how_in_both_languages(client, pages):
    shutil.rmtree(pages)
    answer = client.get("/", headers=BROWSER)
    assert answer.status_code == 503
    assert "make ui" in answer.text
    assert "尚未构建" in answer.text
    assert "have not been built" in answer.text
    assert client.get("/nowhere").status_code == 404


def test_pages_bear_headers_that_keep_strangers_scripts_out(client, site):
    headers = client.get("/", headers=BROWSER).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["worker-src"] == "'self' blob:"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert "camera=(self)" in headers["permissions-policy"]
    assert "geolocation=(self)" in headers["permissions-policy"]


def test_a_wheel_brings_the_built_pages_that_git_leaves_out(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path / name)
    package = tmp_path / "src" / "lamplit"
    built = package / "web" / "pages" / "assets"
    built.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "0"')
    (package / "web" / "__init__.py").touch()
    (built / "app-1a2b.js").touch()
    (built.parent / "index.html").touch()
    (package / "web" / "__pycache__").mkdir()
    (package / "web" / "__pycache__" / "x.pyc").touch()
    listed = {f.distribution_path for f in WheelBuilder(str(tmp_path)).recurse_included_files()}
    assert {"lamplit/web/pages/index.html", "lamplit/web/pages/assets/app-1a2b.js"} <= listed
    assert not any("pyc" in path for path in listed)
