from __future__ import annotations

import re
from importlib import resources

import pytest

from engagement_kit.emulator import page
from engagement_kit.emulator.service.service import Service

HOST = {"Host": "127.0.0.1:8080"}
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
NAMES = sorted(
    one.name for one in resources.files(page).iterdir() if one.name.rpartition(".")[2] in TYPES
)
SCRIPTS = [name for name in NAMES if name.endswith(".js")]
# What another page can do: to load a file as its own script, image or frame.
FOREIGN = [
    ({"Host": "evil.example"}, 421),
    ({"Host": "127.0.0.1:8080.evil.example"}, 421),
    ({"Origin": "https://evil.example"}, 403),
    (
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        403,
    ),
    (
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        403,
    ),
    ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
]


def text(name: str) -> str:
    """Read a file of the package."""
    return resources.files(page).joinpath(name).read_text(encoding="utf-8")


def test_home(service: Service) -> None:
    """The page is at the root, as it stands in the package, and for no cache to keep."""
    response = service.respond("GET", "/", HOST, b"")
    assert response.status == 200
    assert response.body == text("index.html").encode()
    assert response.headers["Content-Type"] == TYPES["html"]
    assert response.headers["x-engagement-emulator"] == service.name
    assert service.respond("GET", "/?from=somewhere", HOST, b"").status == 200


@pytest.mark.parametrize("name", NAMES)
def test_headers(service: Service, name: str) -> None:
    """Each file has its type, and headers that keep other pages, frames and inline code out."""
    response = service.respond("GET", f"/page/{name}", {**HOST, "Accept-Encoding": "gzip"}, b"")
    assert (response.status, response.body) == (200, text(name).encode())
    headers = response.headers
    assert headers["Content-Type"] == TYPES[name.rpartition(".")[2]]
    assert "Content-Encoding" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    rules = [one.strip() for one in headers["Content-Security-Policy"].split(";")]
    assert {
        *("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"),
        *("frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"),
        "require-trusted-types-for 'script'",
    } <= set(rules)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert not any(one.lower().startswith("access-control") for one in headers)


def test_all_that_is_asked_for_is_there() -> None:
    """What the page and its scripts load are files of the package, and nothing from elsewhere."""
    loaded = set(re.findall(r'(?:src|href)="([^"#]+)"', text("index.html")))
    own = {one for one in loaded if one.startswith("/page/")}
    assert {one.removeprefix("/page/") for one in own} <= set(NAMES)
    assert loaded - own == {"/emulator/", "/emulator/openapi.json"}
    for name in SCRIPTS:
        imported = re.findall(r'from "([^"]+)"', text(name))
        assert {one.removeprefix("./") for one in imported} <= set(SCRIPTS)
    assert "url(" not in text("page.css")
    assert "@import" not in text("page.css")


def test_no_inline_code() -> None:
    """The page has neither inline scripts nor styles, which the browser would refuse."""
    home = text("index.html")
    assert re.findall(r"<script(?![^>]*src=)", home) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", home) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_writes_html(name: str) -> None:
    """No script knows a way to make HTML of a text."""
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc"
    assert re.findall(ways, text(name)) == []


@pytest.mark.parametrize(
    "path",
    [
        *("/page/", "/page/nothing.js", "/page/files.py", "/page/__init__.py", "/page/../page.js"),
        *("/page/%70age.js", "/page//page.js", "/page/page.js/", "/page/..", "/page/__pycache__"),
        "/page/../files.py",
    ],
)
def test_no_other_file(service: Service, path: str) -> None:
    """Only the page's own files are shown, by their exact names."""
    response = service.respond("GET", path, HOST, b"")
    assert response.status == 404
    assert b"the page is at /" in response.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "B\u00e9"])
def test_only_read(service: Service, method: str) -> None:
    """Who posts to the page has a wrong address for the API, and finds that in the log."""
    assert service.respond(method, "/", HOST, b"").status == 404
    assert [one.status for one in service.log] == [404]
    assert service.respond("HEAD", "/", HOST, b"").status == 200


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/page/nothing"])
@pytest.mark.parametrize(("headers", "status"), FOREIGN)
def test_foreign(service: Service, path: str, headers: dict[str, str], status: int) -> None:
    """Neither a foreign Host nor a part of another page gets anything of it."""
    response = service.respond("GET", path, {**HOST, **headers}, b"")
    assert response.status == status
    assert b"<html" not in response.body
    assert response.headers["X-Frame-Options"] == "DENY"


def test_a_link_may_lead_to_it(service: Service) -> None:
    """A link of another page, as in a notebook, opens the page in a tab, and none of its files."""
    link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for site in ("cross-site", "same-site"):
        headers = {**HOST, **link, "Sec-Fetch-Site": site}
        assert service.respond("GET", "/", headers, b"").status == 200
        assert service.respond("GET", "/page/page.js", headers, b"").status == 403
        assert service.respond("GET", "/emulator/accounts", headers, b"").status == 403


def test_not_counted(service: Service) -> None:
    """Looking at the page is neither counted nor logged."""
    service.respond("GET", "/", HOST, b"")
    service.respond("GET", "/page/nothing", HOST, b"")
    assert (service.requests_served, service.log) == (0, [])


def test_icon(service: Service) -> None:
    """Browsers that ask for the usual icon get the page's, uncounted."""
    response = service.respond("GET", "/favicon.ico", HOST, b"")
    assert (response.status, response.body) == (200, text("icon.svg").encode())
    assert response.headers["Content-Type"] == TYPES["svg"]
    foreign = {**HOST, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
    assert service.respond("GET", "/favicon.ico", foreign, b"").status == 403
    assert (service.requests_served, service.log) == (0, [])


@pytest.mark.parametrize(
    "path", ["/page", "/pages/x", "/insights/engagement/totals", "/index.html"]
)
def test_other_paths(service: Service, path: str) -> None:
    """Paths that only look like the page's are answered and logged as any other."""
    assert service.respond("GET", path, HOST, b"").status == 404
    assert service.requests_served == 1
