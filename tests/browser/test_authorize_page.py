"""The emulator's page that asks a person for leave: by keyboard, by link, from foreign pages."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from measured import contrasts
from opened import SCREENSHOTS, expect
from requests_oauthlib import OAuth1Session
from watched import Watch

from engagement_kit.emulator import Emulator, World
from engagement_kit.emulator.service import guard

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

READABLE = 4.5
TEXTS = ("h1", "p", "legend", "small", "strong", "input")
# What a foreign page tries: to press the button unseen, in three ways, and to show the page in a
# frame. All of it happens without a person's doing.
HOSTILE = """<!doctype html><title>elsewhere</title>
<iframe name="unseen"></iframe><iframe id="frame" src="{page}"></iframe>
<form id="form" method="post" action="{action}" target="unseen">
<input name="oauth_token" value="{token}"><input name="account" value="acme">
<input name="decision" value="authorize"></form>
<script>
const body = new URLSearchParams(new FormData(document.getElementById("form")));
const told = [];
(async () => {{
  for (const mode of ["no-cors", "cors"]) {{
    try {{ told.push((await fetch("{action}", {{method: "POST", mode, body}})).type); }}
    catch (problem) {{ told.push("blocked"); }}
  }}
  try {{ told.push((await fetch("{page}", {{mode: "cors"}})).type); }}
  catch (problem) {{ told.push("blocked"); }}
  document.title = told.join(" ");
}})();
</script>"""


class Elsewhere(NamedTuple):
    """A server on another port of this machine: what it shows, and what it was asked."""

    url: str
    page: list[str]
    asked: list[tuple[str, dict[str, str]]]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator of some accounts."""
    with Emulator(World(accounts=12)) as running:
        yield running


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Serve a page on another port."""
    page, asked = ["<!doctype html><title>elsewhere</title>"], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page[0].encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Elsewhere(f"http://127.0.0.1:{server.server_port}", page, asked)
        server.shutdown()


@contextmanager
def watched(browser: BrowserContext) -> Iterator[Page]:
    """Open an empty page, which must neither ask elsewhere nor fail."""
    watch = Watch()
    page = browser.new_page()
    page.set_viewport_size({"width": 800, "height": 700})
    watch.on(page)
    try:
        yield page
        assert not watch.found
    finally:
        page.close()


def begun(emulator: Emulator, callback: str) -> tuple[OAuth1Session, str]:
    """Begin a walk of the second app, and return its session and where it sends a person."""
    app = emulator.world.apps[1]
    session = OAuth1Session(
        app.consumer_key, client_secret=app.consumer_secret, callback_uri=callback
    )
    session.fetch_request_token(f"{emulator.url}/oauth/request_token")
    return session, session.authorization_url(f"{emulator.url}/oauth/authorize")


def test_by_keyboard(browser: BrowserContext, emulator: Emulator) -> None:
    """A person chooses an account and lets the app in by keyboard alone; the PIN is selected."""
    session, address = begun(emulator, "oob")
    with watched(browser) as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        expect(page.get_by_role("heading")).to_have_text("Authorize research to use your account?")
        expect(page.get_by_role("main")).to_contain_text("engagement_kit emulator")
        expect(page.get_by_role("radio")).to_have_count(12)
        page.keyboard.press("Tab")
        expect(page.get_by_role("radio", name="acme")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio", name="birch")).to_be_checked()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Authorize app")).to_be_focused()
        page.screenshot(path=SCREENSHOTS / "authorize-page-keyboard.png")
        page.keyboard.press("Enter")
        pin = page.get_by_label("Type this PIN")
        expect(pin).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.press("ControlOrMeta+c")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert re.fullmatch("[0-9]{7}", copied)
        expect(pin).to_have_value(copied)
        assert pin.evaluate("pin => parseFloat(getComputedStyle(pin).fontSize)") >= 32
        assert not said
    token = session.fetch_access_token(f"{emulator.url}/oauth/access_token", verifier=copied)
    assert token["screen_name"] == "birch"


def test_enter_and_cancel(browser: BrowserContext, emulator: Emulator) -> None:
    """Enter on an account lets the app in; Cancel keeps it out, and the page says so."""
    with watched(browser) as page:
        page.goto(begun(emulator, "oob")[1])
        page.get_by_role("radio", name="cedar").check()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading")).to_have_text("You let research in as cedar")
        address = begun(emulator, "oob")[1]
        page.goto(address)
        page.get_by_role("button", name="Cancel").press("Space")
        expect(page.get_by_role("heading")).to_have_text("research was not authorized")
        page.goto(address)
        expect(page.get_by_role("heading")).to_have_text("There is nothing to authorize here")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_can_be_read(browser: BrowserContext, emulator: Emulator, scheme: str) -> None:
    """In light and dark every text has the contrast that small text needs, on narrow pages too."""
    emulator.revoke("birch", app="research")
    emulator.enable("research", enabled=False)
    with watched(browser) as page:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(begun(emulator, "oob")[1])
        expect(page.get_by_role("main")).to_contain_text("birch (revoked)")
        page.screenshot(path=SCREENSHOTS / f"authorize-page-{scheme}.png")
        bottom = page.get_by_role("button", name="Authorize app").bounding_box()
        assert bottom is not None
        assert bottom["y"] + bottom["height"] < 700
        found = [contrasts(page.locator("body"), *TEXTS)]
        page.set_viewport_size({"width": 320, "height": 700})
        page.screenshot(path=SCREENSHOTS / f"authorize-page-narrow-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("button", name="Authorize app").click()
        pin = page.get_by_label("Type this PIN")
        assert pin.evaluate("pin => pin.scrollWidth <= pin.clientWidth")
        page.screenshot(path=SCREENSHOTS / f"authorize-page-pin-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found.append(contrasts(page.locator("body"), *TEXTS))
        page.goto(f"{emulator.url}/oauth/authorize")
        found.append(contrasts(page.locator("body"), *TEXTS))
    assert min(ratio for each in found for ratio in each.values()) >= READABLE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_link_and_callback(
    browser: BrowserContext, emulator: Emulator, elsewhere: Elsewhere, host: str
) -> None:
    """A link on another port opens the page, whose button leads back there, with no referrer."""
    port = urlsplit(elsewhere.url).port
    session, address = begun(emulator, f"http://{host}:{port}/callback?state=7")
    elsewhere.page[0] = f'<a href="{address}" target="_blank">Sign in</a>'
    with watched(browser) as page:
        page.goto(elsewhere.url)
        with browser.expect_page() as opening:
            page.get_by_role("link", name="Sign in").click()
        opened = opening.value
        opened.get_by_role("radio", name="dune").check()
        opened.get_by_role("button", name="Authorize app").dblclick(no_wait_after=True)
        opened.wait_for_url(f"http://{host}:{port}/callback**")
        opened.close()
    path, headers = next(one for one in elsewhere.asked if one[0].startswith("/callback"))
    told = parse_qs(urlsplit(path).query)
    assert told["state"] == ["7"]
    assert "Referer" not in headers
    token = session.fetch_access_token(
        f"{emulator.url}/oauth/access_token", verifier=told["oauth_verifier"][0]
    )
    assert token["screen_name"] == "dune"


def test_cancel_by_callback(
    browser: BrowserContext, emulator: Emulator, elsewhere: Elsewhere
) -> None:
    """Cancel leads back too, and says that it was denied."""
    _, address = begun(emulator, f"{elsewhere.url}/callback")
    with watched(browser) as page:
        page.goto(address)
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_url("**/callback?denied=*")
        token = parse_qs(urlsplit(address).query)["oauth_token"]
        assert parse_qs(urlsplit(page.url).query)["denied"] == token


def test_foreign_page(browser: BrowserContext, emulator: Emulator, elsewhere: Elsewhere) -> None:
    """A page of another port presses the button in no way, and shows the page in no frame."""
    session, address = begun(emulator, "oob")
    token = parse_qs(urlsplit(address).query)["oauth_token"][0]
    action = f"{emulator.url}/oauth/authorize"
    elsewhere.page[0] = HOSTILE.format(page=address, action=action, token=token)
    with watched(browser) as page:
        page.goto(elsewhere.url)
        page.wait_for_function("document.title.split(' ').length === 3")
        assert page.title() == "opaque blocked blocked"
        with page.expect_response(lambda answer: answer.request.is_navigation_request()):
            page.evaluate("document.getElementById('form').submit()")
        asked = [(one.method, one.status) for one in emulator.log if "authorize" in one.path]
        assert asked.count(("GET", 403)) == 2  # the frame, and the script that would read
        assert asked.count(("POST", 403)) >= 3
        assert {status for _, status in asked} == {403}
        page.goto(address)
        page.get_by_role("button", name="Authorize app").click()
        pin = page.get_by_label("Type this PIN").input_value()
    token = session.fetch_access_token(f"{emulator.url}/oauth/access_token", verifier=pin)
    assert token["screen_name"] == "acme"


def test_the_attack_is_real(
    browser: BrowserContext,
    emulator: Emulator,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without its guard, the emulator would let an app in that a foreign page lets in."""
    monkeypatch.setattr(guard, "refusal", lambda *_: None)
    _, address = begun(emulator, "oob")
    token = parse_qs(urlsplit(address).query)["oauth_token"][0]
    action = f"{emulator.url}/oauth/authorize"
    elsewhere.page[0] = HOSTILE.format(page=address, action=action, token=token)
    with watched(browser) as page:
        page.goto(elsewhere.url)
        page.wait_for_function("document.title.split(' ').length === 3")
        page.goto(address)
        expect(page.get_by_role("main")).to_contain_text("answered before: the app was let in")
