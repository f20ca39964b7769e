from __future__ import annotations

import base64
import hashlib
import re

import pytest

from engagement_kit.emulator.api.walks import Walk, Walks
from engagement_kit.emulator.service import consent

PEOPLE = [consent.Person("acme", revoked=False), consent.Person("birch", revoked=True)]
ODD = "<b>\"'&amp;"
ESCAPED = "&lt;b&gt;&quot;&#x27;&amp;amp;"


def walk(callback: str = "oob", *, app: str = "reports", stage: str = "asked") -> Walk:
    """Begin a walk, and let the app in or keep it out."""
    walks = Walks()
    began = walks.begin(app, callback, 0.0)
    if stage == "allowed":
        return walks.allow(began.token, "acme", 0.0)
    return walks.deny(began.token, 0.0) if stage == "denied" else began


def pages() -> dict[str, str]:
    """Write each page."""
    return {
        "ask": consent.ask(walk(), PEOPLE, "", "emulator/standard-0"),
        "ask, not enabled": consent.ask(walk(), PEOPLE, "", "emulator/standard-0", enabled=False),
        "pin": consent.answered(walk(stage="allowed")),
        "canceled": consent.answered(walk(stage="denied")),
        "moved": consent.moved(walk("http://localhost:1/?a=b&c=d", stage="allowed")),
        "dead end": consent.dead_end("this is over"),
    }


@pytest.mark.parametrize("name", sorted(pages()))
def test_whole_pages(name: str) -> None:
    """Each page is whole, says that it is the emulator's, and its style is the one allowed."""
    page = pages()[name]
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.endswith("</html>\n")
    assert re.search("<title>.+ · emulator</title>", page)
    assert "engagement_kit emulator on this machine: apps, accounts and numbers are made up" in page
    assert page.count("<h1>") == 1
    style = page.partition("<style>")[2].partition("</style>")[0]
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}';" in consent.policy()
    for tag in ("<script", "<img", "<iframe", "http-equiv", "style=", "url(", "@import"):
        assert tag not in page


def test_labels() -> None:
    """Each control has a name: choices their accounts, the group its legend, the PIN a label."""
    page = pages()["ask"]
    for name in ("acme", "birch"):
        assert re.search(rf'<label><input type="radio" [^>]*value="{name}"[^>]*>{name}', page)
    assert "<legend>Sign in as</legend>" in page
    assert re.findall("<button[^>]*>([^<]+)</button>", page) == ["Authorize app", "Cancel"]
    assert '<label for="pin">' in pages()["pin"]
    assert re.search(r'<input class="pin" id="pin" value="\d{7}" size="7" readonly', pages()["pin"])


def test_texts_from_outside_are_escaped() -> None:
    """No name, address or reason becomes a part of the page."""
    odd = walk("http://localhost:1/'&x", app=ODD)
    allowed = walk("http://localhost:1/'&x", app=ODD, stage="allowed")
    people = [consent.Person(ODD, revoked=False)]
    written = [
        consent.ask(odd, people, ODD, ODD, enabled=False),
        consent.answered(walk(app=ODD, stage="denied")),
        consent.answered(walk(app=ODD, stage="allowed")),
        consent.moved(allowed),
        consent.dead_end(ODD),
    ]
    for page in written:
        assert ESCAPED in page
        assert ODD not in page
        assert "<b>" not in page
    assert "localhost:1/&#x27;&amp;x" in written[0]
    assert f'value="{ESCAPED}" checked' in written[0]


def test_only_one_is_chosen() -> None:
    """One account is chosen at first: the named one, else the first."""
    for chosen, expected in (("birch", "birch"), ("x", "acme"), ("", "acme")):
        page = consent.ask(walk(), PEOPLE, chosen, "emulator/standard-0")
        assert re.findall('value="([a-z]+)" checked', page) == [expected]


def test_where_the_next_step_leads() -> None:
    """The page says what comes next: a PIN, or the address, without its query."""
    assert "next step shows a PIN" in pages()["ask"]
    page = consent.ask(walk("http://localhost:1/a?b=c"), PEOPLE, "", "emulator/standard-0")
    assert "next step goes back to http://localhost:1/a." in page
