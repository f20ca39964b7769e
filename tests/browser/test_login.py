"""Both walks to an account's keys, in a real browser: by the form, and by the function."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from emulated import OtherEmulator, agree, pin_of, refuse
from measured import contrasts, overflows, walk
from opened import Opened, OpenedInLab, expect
from request_form import button, control, words

from engagement_kit.client.login import login

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request

CELL = """
import os

os.environ.update(ENGAGEMENT_KIT_BASE_URL={base_url!r}, ENGAGEMENT_KIT_KEYS_FILE={keys!r})
import engagement_kit as ek

form = ek.ConnectForm()
form
"""
SAVE_STATE = "() => jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:{}')"
NAMED = ("Hide the login", "Get another page", "Open the page in a new tab", "PIN", "Finish")
TOGGLE, SAVE = "saveWidgetState", "() => jupyterapp.commands.execute('docmanager:save')"


@pytest.fixture(scope="module")
def emulator(
    _browser_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OtherEmulator]:
    """Start an emulator in a process of its own."""
    with OtherEmulator(tmp_path_factory.mktemp("emulator")) as one:
        yield one


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Name a keys file that is not there yet."""
    return tmp_path / "settings" / "keys.yaml"


@pytest.fixture
def form(
    open_in_lab: Callable[..., OpenedInLab], emulator: OtherEmulator, keys: Path
) -> OpenedInLab:
    """Open the form, for an emulator that stands in for the live API, and unfold the login."""
    cell = CELL.format(base_url=emulator.base_url, keys=str(keys))
    opened = open_in_lab([cell], size=(1000, 1300))
    opened.shown.get_by_label("Live API:").click()
    button(opened, "Log in an account").click()
    expect(words(opened, "login-goal")).to_contain_text(f"For {emulator.url}; tokens come from")
    return opened


def _type_app(opened: Opened, emulator: OtherEmulator) -> None:
    """Type the app's keys; each leaves its field when the field is left."""
    for label, text in zip(
        ("Consumer key (API key)", "Consumer secret (API key secret)"), emulator.app(), strict=True
    ):
        control(opened, label).fill(text)
        control(opened, label).press("Tab")
        expect(control(opened, label)).to_have_value("")


@contextmanager
def _page_of(opened: Opened) -> Iterator[tuple[Page, dict[str, str]]]:
    """Open the link that the form shows, in a tab of its own; give it, and the headers it sent."""
    link = words(opened, "login-link").get_by_role("link")
    context = opened.page.context
    with context.expect_page() as opening, context.expect_event("request", _is_page) as asking:
        link.click()
    page = opening.value
    opened.watch.on(page)
    page.wait_for_load_state()
    yield page, asking.value.all_headers()
    page.close()


def _is_page(request: Request) -> bool:
    return request.method == "GET" and "/oauth/authorize" in request.url


def _by_callback(opened: Opened) -> None:
    """Choose the callback, at a port that is free."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    opened.shown.get_by_label("By callback").click()
    control(opened, "Port of the callback").fill(str(port))
    control(opened, "Port of the callback").press("Tab")
    said = words(opened, "login-register")
    expect(said).to_contain_text(f"http://127.0.0.1:{port}/callback")


def _accounts(keys: Path, emulator: OtherEmulator) -> dict[str, Any]:
    """Read the accounts of the keys file."""
    kept = yaml.safe_load(keys.read_text("utf-8"))
    return dict(kept[emulator.url]["accounts"])


def test_a_person_logs_in_two_accounts(
    form: OpenedInLab, emulator: OtherEmulator, keys: Path
) -> None:
    """By PIN and by callback; the keys are kept, found, and sign; no page or file shows them."""
    _type_app(form, emulator)
    expect(words(form, "login-found")).to_contain_text("in the memory of this kernel alone")
    button(form, "Get the page").click()
    expect(words(form, "login-link").get_by_role("link")).to_be_visible()
    form.screenshot("page")
    with _page_of(form) as (page, sent):
        assert sent["sec-fetch-site"] == "same-site"  # of another port: the guard lets a link pass
        assert "referer" not in sent  # the notebook's own address may hold a token
        agree(page, "birch")
        pin = pin_of(page)
    control(form, "PIN").fill(pin)
    button(form, "Finish").click()
    said = words(form, "login-said")
    expect(said).to_contain_text(f"birch is logged in; its keys are kept in the keys file {keys}.")
    expect(said).to_contain_text("Connect finds them now: press Connect")
    expect(words(form, "keys")).to_contain_text("Found: account birch, in the keys file")
    form.screenshot("birch")

    button(form, "Log in another account").click()
    _by_callback(form)
    button(form, "Get the page").click()
    expect(words(form, "login-waits")).to_contain_text("Waiting for the browser")
    form.screenshot("waiting")
    with _page_of(form) as (page, _):
        agree(page, "cedar")
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(said).to_contain_text("cedar is logged in")
    assert list(_accounts(keys, emulator)) == ["birch", "cedar"]
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600

    button(form, "Connect").click()
    expect(words(form, "connected")).to_contain_text("Account birch; keys from the keys file")
    button(form, "Try all keys").click()
    table = words(form, "trials").get_by_role("row")
    expect(table).to_have_count(5)
    for at, name in enumerate(["account birch", "account cedar", "bearer token", "app keys"], 1):
        expect(table.nth(at)).to_contain_text(name)
        expect(table.nth(at)).to_contain_text("accepted")
    served = emulator.seen()
    for name, status in (("birch", 200), ("cedar", 403)):  # the tweet is birch's own
        assert (name, "POST /insights/engagement/totals", status) in served
    expect(words(form, "trials")).to_contain_text("Accounts of this client: birch, cedar.")
    words(form, "trials").scroll_into_view_if_needed()
    form.screenshot("tried")
    form.dark()
    form.screenshot("tried-dark")
    _shows_no_secret(form, emulator)


def _shows_no_secret(opened: OpenedInLab, emulator: OtherEmulator) -> None:
    """Look for keys in the page, and in the file of the notebook that is saved with its widgets."""
    shown = opened.page.content() + opened.run("print(form, repr(form.login.state))")
    assert "birch is logged in" not in shown  # what is looked into is of now
    assert "Log in an account" in shown
    saved = _saved(opened)
    assert "engagement_kit" in saved
    assert [one for one in emulator.secrets() if one in shown or one in saved] == []


def _saved(opened: OpenedInLab) -> str:
    """Save the notebook with the state of its widgets, and read its file."""
    opened.page.evaluate(SAVE_STATE.format(TOGGLE))
    try:
        opened.page.evaluate(SAVE)
        (file,) = opened.folder.glob("*.ipynb")
        text = file.read_text("utf-8")
    finally:
        opened.page.evaluate(SAVE_STATE.format(TOGGLE))
    assert "application/vnd.jupyter.widget-state+json" in text
    return text


def test_what_goes_wrong_is_said_where_it_belongs(
    form: OpenedInLab, emulator: OtherEmulator, keys: Path
) -> None:
    """Keys of no app, a wrong PIN, an owner who says no either way: in words, and nothing kept."""
    for label in ("Consumer key (API key)", "Consumer secret (API key secret)"):
        control(form, label).fill("of-no-app")
        assert "of-no-app" not in _saved(form)  # while a person types, too
        control(form, label).press("Tab")
    button(form, "Get the page").click()
    expect(words(form, "login-app").get_by_role("alert")).to_contain_text("HTTP 4")
    expect(words(form, "login-found")).to_contain_text("not accepted")
    expect(words(form, "login-found")).to_contain_text("paste both again")
    form.screenshot("refused")
    _type_app(form, emulator)
    expect(words(form, "login-found")).to_contain_text("in the memory of this kernel alone")
    button(form, "Get the page").click()
    expect(words(form, "login-app").get_by_role("alert")).to_have_count(0)
    with _page_of(form) as (page, _):
        agree(page, "birch")
        wrong = f"{(int(pin_of(page)) + 1) % 10_000_000:07d}"
    control(form, "PIN").fill(wrong)
    button(form, "Finish").click()
    trouble = words(form, "login-agree").get_by_role("alert")
    expect(trouble).to_contain_text("Invalid oauth_verifier")
    form.screenshot("wrong-pin")

    button(form, "Get the page").click()
    with _page_of(form) as (page, _):
        refuse(page)
        expect(page.get_by_role("heading")).to_contain_text("was not authorized")
    button(form, "Cancel the login").click()
    expect(button(form, "Cancel the login")).to_be_hidden()

    _by_callback(form)
    button(form, "Get the page").click()
    with _page_of(form) as (page, _):
        refuse(page)
        expect(page.get_by_role("heading", name="Nothing was granted")).to_be_visible()
    expect(trouble).to_contain_text("The owner of the account said no")
    form.screenshot("no")
    assert not keys.exists()


def test_the_walk_is_practised_on_the_emulator_by_keys_alone(
    open_in_lab: Callable[..., OpenedInLab],
) -> None:
    """Tab goes as one reads, all can be read at 1000 px, light and dark; nothing is kept."""
    opened = open_in_lab(["import engagement_kit as ek\nform = ek.ConnectForm()\nform"])
    form = opened.shown.locator(".ek-form")
    button(opened, "Log in an account").click()
    expect(words(opened, "login-goal")).to_contain_text("Connect to the emulator first")
    button(opened, "Connect").click()
    expect(words(opened, "login-goal")).to_contain_text("Its keys are made up, and kept nowhere")
    button(opened, "Get the page").press("Enter")
    expect(words(opened, "login-link").get_by_role("link")).to_be_visible()
    names = [one["name"] for one in walk(form, button(opened, "Hide the login"), "Finish")]
    assert [one for one in names if one in NAMED] == list(NAMED)
    assert [one for one in names if not one] == []
    assert overflows(form) == []
    for show in (opened.light, opened.dark):
        show()
        assert {name: ratio for name, ratio in contrasts(form, "a").items() if ratio < 4.5} == {}
        opened.screenshot(show.__name__)
    with _page_of(opened) as (page, _):
        agree(page, "acme")
        control(opened, "PIN").fill(pin_of(page))
    button(opened, "Finish").press("Enter")
    expect(words(opened, "login-said")).to_contain_text("acme is logged in, in practice")
    opened.screenshot("done")
    assert opened.run("print(form.login.state.keeping.anything)") == "False"
    opened.run("form.close()")


@pytest.mark.parametrize("callback", [False, True])
def test_the_function_logs_in_by_a_browser(
    browser: BrowserContext,
    emulator: OtherEmulator,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    callback: bool,
) -> None:
    """As `engagement-kit login` does it: the page is opened, and the PIN typed or brought back."""
    monkeypatch.setenv("ENGAGEMENT_KIT_KEYS_FILE", str(keys))
    page, said = browser.new_page(), []

    def visit(address: str) -> None:
        page.goto(address)
        agree(page, "birch")

    asked = iter(emulator.app())
    name = login(
        base_url=emulator.base_url,
        callback=callback,
        port=0,
        ask_text=lambda _: pin_of(page),
        ask_secret=lambda _: next(asked),
        say=said.append,
        open_page=visit,
    )
    expect(page.get_by_role("heading")).to_contain_text("Done" if callback else "as birch")
    page.close()
    assert name == "birch"
    assert list(_accounts(keys, emulator)) == ["birch"]
    assert [one for one in emulator.secrets() if one in "\n".join(said)] == []
