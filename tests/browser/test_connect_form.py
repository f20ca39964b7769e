"""The form that connects, in JupyterLab: to the emulator, and to the live API without keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from emulated import OtherEmulator
from measured import overflows
from opened import OpenedInLab, expect
from request_form import words

CELL = """
import engagement_kit as ek
form = ek.ConnectForm()
form
"""
LONG_TRIAL = """
from engagement_kit.forms.model.trying import Trials
form._trials._show(Trials((
    ("account acme", "refused", "", "HTTP 401: " + "no such token is known here; " * 9 + "x" * 200),
    ("bearer token", "accepted", "public metrics on totals, of any public tweet", "tweet 20 gave"),
)))
"""


@pytest.fixture(scope="module")
def emulator(
    _browser_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OtherEmulator]:
    """Start an emulator in a process of its own."""
    with OtherEmulator(tmp_path_factory.mktemp("emulator")) as one:
        yield one


def test_connecting_by_hand(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """A person connects, tries one tweet, and reads why the live API can't be asked."""
    lab = open_in_lab([CELL], size=(1000, 900))
    shown = lab.shown
    shown.get_by_label("Clock stands at").fill("2026-06-01T12:00Z")
    shown.get_by_label("World").select_option("heavy_tails")
    lab.becomes("print(form._clock.value, form._world.value)", "2026-06-01T12:00Z heavy_tails")
    shown.get_by_role("button", name="Connect", exact=True).click()
    expect(shown.locator(".ek-connected")).to_contain_text("the emulator (heavy_tails-0)")
    expect(shown).to_contain_text("In the next cell: ek.RequestForm(form.client)")
    shown.get_by_role("button", name="Test call").click()
    expect(shown.locator(".ek-tried")).to_contain_text("impressions")
    lab.screenshot("connected")
    code = shown.get_by_label("Python code").input_value()
    assert lab.run(f"{code}print(client.now() == form.client.now()); client.close()") == "True"

    shown.get_by_label("Live API:").click()
    expect(shown.locator(".ek-keys")).to_contain_text("TWITTER_CONSUMER_KEY")
    shown.get_by_role("button", name="Connect", exact=True).click()
    expect(shown.locator(".ek-connected").get_by_role("alert")).to_contain_text("no keys")
    expect(shown.get_by_text("TWITTER_CONSUMER_KEY")).to_have_count(1)
    lab.screenshot("no-keys")
    lab.dark()
    lab.screenshot("no-keys-dark")
    assert lab.run("form.client.connection.where.service") == "'emulator/heavy_tails-0'"


def test_an_emulator_is_reached_by_its_address(
    open_in_lab: Callable[..., OpenedInLab], emulator: OtherEmulator
) -> None:
    """The form says that it is one; all can be read at 1000 px, light and dark."""
    lab = open_in_lab([CELL], size=(1000, 900))
    form = lab.shown.locator(".ek-form")
    lab.shown.get_by_label("Live API:").click()
    address = lab.shown.get_by_label("Address of the API")
    address.fill(emulator.url)
    address.press("Tab")
    expect(words(lab, "address")).to_contain_text(f"At {emulator.base_url} answers an emulator")
    assert overflows(form) == []
    for show in (lab.light, lab.dark):
        show()
        lab.screenshot(show.__name__)
    address.fill("nowhere")
    address.press("Tab")
    expect(words(lab, "address").get_by_role("alert")).to_contain_text("can be no address")


def test_a_long_error_leaves_room_for_what_keys_may_ask(
    open_in_lab: Callable[..., OpenedInLab],
) -> None:
    """In the table of trials; nothing goes over the edge, light and dark."""
    lab = open_in_lab([CELL], size=(1000, 900))
    lab.shown.get_by_role("button", name="Connect", exact=True).click()
    expect(words(lab, "connected")).to_contain_text("the emulator")
    lab.run(LONG_TRIAL)
    cell = words(lab, "trials").get_by_role("cell", name="public metrics on totals")
    long = words(lab, "trials").get_by_role("cell", name="HTTP 401")
    expect(long).to_be_visible()
    box, error = cell.bounding_box(), long.bounding_box()
    assert box is not None
    assert error is not None
    assert 200 < box["width"] < error["width"]
    assert overflows(lab.shown.locator(".ek-form")) == []
    for show in (lab.light, lab.dark):
        show()
        lab.screenshot(show.__name__)
