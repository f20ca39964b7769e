from __future__ import annotations

import pytest

from engagement_kit.emulator.service.guard import refusal

PUBLIC = "https://api.example.org"


def status(public_url: str | None = None, **headers: str) -> int | None:
    """Return the status of the refusal, or None where a request may come in."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = refusal(named, public_url)
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
