from __future__ import annotations

import pytest

from engagement_kit.emulator.service.guard import PAGES, is_page, refusal

PUBLIC = "https://api.example.org"
TAB = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


def status(public_url: str | None = None, *, page: bool = False, **headers: str) -> int | None:
    """Return the status of the refusal, or None where a request may come in."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = refusal(named, public_url, page)
    return found[0] if found else None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8080"],
)
def test_this_machine(host: str) -> None:
    """The machine's own names are good, with any port."""
    assert status(host=host) is None
    assert status(host=host, origin=f"http://{host}") is None


@pytest.mark.parametrize(
    "host",
    [
        *("", "example.com", "example.com:8080", "127.0.0.1.example.com", "localhost.example.com"),
        *("localhost:80:80", "localhost:", "localhost:x", "localhost:\u0662", "127.0.0.2", "::1"),
        *("user@localhost", "localhost, example.com", "localhost/"),
    ],
)
def test_other_names(host: str) -> None:
    """Any other name is refused, as after DNS rebinding; so is none."""
    assert status(host=host) == 421
    assert status(host=host, origin=f"http://{host}") == 421
    assert status() == 421


@pytest.mark.parametrize(
    "origin",
    [
        *("https://example.com", "null", "", "http://localhost", "http://localhost:9090"),
        *("https://localhost:8080", "http://127.0.0.1:8080", "http://localhost:8080.example.com"),
        *("http://localhost:8080/", "file://", "chrome-extension://x"),
    ],
)
def test_other_origins(origin: str) -> None:
    """A page of any other origin is refused, another port of this machine too."""
    assert status(host="localhost:8080", origin=origin) == 403


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        *(("none", None), ("same-origin", None), (" same-origin ", None), ("Same-Origin", None)),
        *(("same-site", 403), ("cross-site", 403), ("", 403), ("new-value", 403)),
    ],
)
def test_sites(site: str, expected: int | None) -> None:
    """What a browser says of the page's site counts too, for requests that have no Origin."""
    assert status(host="localhost", sec_fetch_site=site) == expected


def test_public_url() -> None:
    """A name of its own is good as host and as origin, beside this machine's."""
    assert status(PUBLIC, host="api.example.org") is None
    assert status(PUBLIC, host="API.example.org", origin=PUBLIC) is None
    assert status(PUBLIC, host="localhost") is None
    assert status(PUBLIC, host="localhost", origin="") == 403
    assert status(PUBLIC, host="example.org") == 421
    assert status(PUBLIC, host="") == 421
    assert status(None, host="api.example.org") == 421


def test_texts() -> None:
    """The texts say who may use it, and repeat nothing of the request."""
    found = refusal({"host": "evil.example"}, None)
    assert found is not None
    assert "127.0.0.1, localhost" in found[1]
    assert "evil" not in found[1]


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site", "cross-site", "new-value"])
def test_links_to_pages(site: str) -> None:
    """A link from anywhere may open a page in a tab of its own."""
    assert status(page=True, host="localhost", sec_fetch_site=site, **TAB) is None
    assert status(PUBLIC, page=True, host="api.example.org", sec_fetch_site=site, **TAB) is None


@pytest.mark.parametrize("site", ["same-site", "cross-site", ""])
@pytest.mark.parametrize(
    "how",
    [
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "frame"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "object"},
        {"sec_fetch_mode": "navigate"},
        {"sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"},
        {"sec_fetch_mode": "no-cors", "sec_fetch_dest": "document"},
        {"sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_dest": "document"},
        {},
    ],
)
def test_no_other_way_to_pages(site: str, how: dict[str, str]) -> None:
    """Another site gets a page into no frame, image or script."""
    assert status(page=True, host="localhost", sec_fetch_site=site, **how) == 403


@pytest.mark.parametrize("site", ["same-site", "cross-site", ""])
def test_links_elsewhere(site: str) -> None:
    """A link from another site leads to nothing that is no page."""
    assert status(host="localhost", sec_fetch_site=site, **TAB) == 403


def test_host_and_origin_of_pages() -> None:
    """Pages too are shown under this machine's names only, and to no other origin."""
    assert status(page=True, host="example.com", sec_fetch_site="none", **TAB) == 421
    assert status(page=True, sec_fetch_site="none", **TAB) == 421
    for origin in ("https://example.com", "null", "http://localhost:9090", ""):
        assert status(page=True, host="localhost:8080", origin=origin, **TAB) == 403


def test_what_is_a_page() -> None:
    """Pages are the front page and the one that asks for leave, by GET and in this form alone."""
    assert [path for path in PAGES if is_page("GET", path)] == ["/", "/oauth/authorize"]
    for method in ("POST", "HEAD", "OPTIONS", "get", ""):
        assert not any(is_page(method, path) for path in PAGES)
    others = ("", "/x", "/oauth/authorize/", "/oauth/request_token", "/emulator/", "//")
    assert not any(is_page("GET", path) for path in others)
