"""The emulator's page as a person sees it: with eyes, keys, and programs beside it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import requests
from measured import contrasts
from opened import expect
from visited import FOCUSED, KINDS, NOW, TOO_WIDE, Visited

from engagement_kit.emulator import Emulator, Fault, WorldClock

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

SIZES = (390, 1000, 1600)
NAMELESS = re.compile(
    r"- (button|checkbox|combobox|radio|spinbutton|tab|textbox|img)\b(?! \"|.*'.*\")"
)
PASTED = "() => navigator.clipboard.readText()"
WRITTEN = """html => {
    try { document.body.innerHTML = html; return 'written'; } catch { return 'refused'; }
}"""
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator whose clock stands."""
    with Emulator(clock=WorldClock(frozen=NOW)) as running:
        yield running


@pytest.fixture
def visited(browser: BrowserContext, emulator: Emulator, test_name: str) -> Iterator[Visited]:
    """Open the page; at the end nothing may have failed or been asked for elsewhere."""
    page = browser.new_page()
    page.set_viewport_size({"width": 1000, "height": 1000})
    page.emulate_media(color_scheme="light")
    one = Visited(page, emulator, test_name)
    one.open()
    yield one
    one.screenshot("end", whole=False)
    page.close()
    assert one.watch.found == []


def test_it_opens_and_says_what_it_is(visited: Visited) -> None:
    """The page opens without an error, asks nobody else, and says that its data are invented."""
    page, emulator = visited.page, visited.emulator
    expect(page.get_by_role("heading", level=1)).to_have_text("Engagement API emulator")
    expect(page.get_by_role("banner")).to_contain_text("All data are invented.")
    expect(page.locator("#fact-world")).to_have_text("standard, seed 0, 3 accounts")
    expect(page.locator("#fact-clock")).to_have_text("2026-06-01 12:30:00, stands still")
    expect(page.locator("#fact-address")).to_have_text(emulator.base_url)
    tweets = visited.place("Accounts and tweets")
    expect(tweets.get_by_role("img")).to_have_count(6)
    ids = emulator.world.sample_ids("acme", 6, NOW)
    assert tweets.locator("code").all_inner_texts() == ids
    total = int(emulator.world.lifetime(ids[:1], ["impressions"], NOW)[0, 0])
    expect(tweets.get_by_role("listitem").first).to_contain_text(f"{total:,}")
    chart = tweets.get_by_role("img", name=f"impressions of tweet {ids[0]} by hour")
    expect(chart).to_have_accessible_description(re.compile(rf"{total:,} in all"))
    names = page.locator("body").aria_snapshot().splitlines()
    assert [one for one in names if NAMELESS.search(one)] == []
    assert visited.said == []
    assert emulator.requests_served == 0


def test_tweets_are_looked_at(visited: Visited) -> None:
    """Accounts, kinds, metrics and closer looks show what the world counts."""
    tweets, world = visited.place("Accounts and tweets"), visited.emulator.world
    tweets.get_by_text("birch").click()
    tweets.get_by_label("Metric").select_option("retweets")
    ids = world.sample_ids("birch", 12, NOW)
    expect(tweets.locator("code").first).to_have_text(ids[0])
    tweets.get_by_role("button", name="Show more tweets").click()
    expect(tweets.locator("code")).to_have_text(ids)
    tweets.get_by_role("button", name=f"Look closer at {ids[11]}").click()
    expect(tweets.locator("figcaption")).to_contain_text("retweets by hour.")
    tweets.get_by_role("combobox", name="By").select_option("day")
    total = int(world.lifetime([ids[11]], ["retweets"], NOW)[0, 0])
    expect(tweets.locator("figcaption")).to_contain_text("retweets by day.")
    expect(tweets.locator("figcaption")).to_contain_text(f"{total:,} in all")
    tweets.get_by_label("Kind").select_option("unavailable")
    expect(tweets.get_by_role("listitem").first).to_contain_text("deleted")


def test_apps_and_tokens(visited: Visited) -> None:
    """Keys are shown for each app; an app is disabled and a token revoked, and that holds."""
    tweets, emulator = visited.place("Accounts and tweets"), visited.emulator
    birch, app = emulator.world.accounts[1], emulator.world.app
    tweets.get_by_text("birch").click()
    tweets.get_by_text("Apps, tokens and made-up keys").click()
    shown, state = tweets.get_by_label("Keys as lines for a shell"), tweets.locator("#keys-state")
    expect(shown).to_contain_text(f"export TWITTER_ACCESS_TOKEN={birch.access_token}")
    expect(state).to_have_text(
        "The app is enabled for the Engagement API. Its token for birch is in force."
    )
    attempt = visited.place("Try a request")
    attempt.get_by_label("Signed for").select_option("birch")
    note = attempt.locator("#try-lines")
    expect(note).to_contain_text("good for 5 minutes")
    tweets.get_by_role("button", name=f"Disable the app {app.name}").click()
    expect(state).to_contain_text("The app is not enabled")
    expect(note).to_contain_text("The app is not enabled: they get 403.")
    assert visited.ask(visited.question()).status_code == 403
    tweets.get_by_role("button", name=f"Enable the app {app.name}").click()
    expect(state).to_contain_text("The app is enabled")
    expect(note).to_contain_text("good for 5 minutes")
    assert visited.ask(visited.question()).status_code == 200
    tweets.get_by_role("button", name="Revoke its token for birch").click()
    expect(state).to_contain_text("Its token for birch was revoked.")
    expect(note).to_contain_text("The token was revoked: they get 401.")
    attempt.get_by_role("button", name="Send").click()
    expect(attempt.locator("#try-outcome")).to_contain_text("401 after")


def test_apps_and_tokens_that_others_change(visited: Visited) -> None:
    """What another program does to apps and tokens is shown, and said of the lines."""
    tweets, emulator = visited.place("Accounts and tweets"), visited.emulator
    tweets.get_by_text("Apps, tokens and made-up keys").click()
    shown, state = tweets.get_by_label("Keys as lines for a shell"), tweets.locator("#keys-state")
    note = visited.place("Try a request").locator("#try-lines")
    expect(state).to_contain_text("Its token for acme is in force.")
    emulator.revoke("acme")
    expect(state).to_contain_text("Its token for acme was revoked.")
    expect(note).to_contain_text("The token was revoked: they get 401.")
    account, app = emulator.world.accounts[0], emulator.world.app
    new = emulator._service.state.grants.grant(app, account)  # as a walk does
    expect(shown).to_contain_text(new.token)
    expect(note).to_contain_text("good for 5 minutes")
    emulator.change(app="not_enabled")
    expect(state).to_contain_text("The app is not enabled")
    expect(note).to_contain_text("The app is not enabled: they get 403.")
    tweets.get_by_role("button", name=f"Enable the app {app.name}").click()
    expect(tweets.locator("#keys-said")).to_contain_text("The setting app is")
    emulator.reset()
    expect(state).to_have_text(
        "The app is enabled for the Engagement API. Its token for acme is in force."
    )
    expect(shown).to_contain_text(account.access_token)
    expect(note).to_contain_text("good for 5 minutes")


def test_a_fault_strikes_and_is_seen(visited: Visited) -> None:
    """A fault is put in force, a program is struck by it, and the page shows that as it comes."""
    page, faults = visited.page, visited.place("Faults")
    faults.get_by_label("Kind").select_option("server_error")
    expect(page.locator("#faults-meaning")).to_have_text("Its answer: 500.")
    faults.get_by_label("Times at most").fill("one")
    faults.get_by_role("button", name="Put in force").click()
    expect(faults.get_by_role("alert")).to_contain_text("Times is 'one'; allowed: a whole number")
    faults.get_by_label("Times at most").fill("1")
    faults.get_by_role("button", name="Put in force").click()
    expect(faults.locator("#faults-list")).to_contain_text("1 time at most")
    expect(faults.get_by_role("alert")).to_be_hidden()
    answers = [visited.ask(visited.question()) for _ in range(2)]
    assert [one.status_code for one in answers] == [500, 200]
    listed = visited.place("Requests").get_by_role("listitem")
    expect(listed).to_have_count(2)
    expect(listed.nth(1)).to_contain_text("500")
    expect(listed.nth(1)).to_contain_text("fault: server_error")
    expect(faults.locator("#faults-list")).to_contain_text("met 2, struck 1")
    expect(page.locator("#requests-live")).to_contain_text(
        "2 new requests; the last one: 2, totals"
    )
    visited.screenshot("struck")
    faults.get_by_role("button", name="Remove fault 1, server_error").click()
    expect(page.locator("#faults-none")).to_be_visible()
    assert len(visited.emulator.faults) == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl is installed")
def test_a_request_is_opened_and_pasted(visited: Visited) -> None:
    """A request that came in is opened; its lines are copied, signed for another, and run."""
    visited.ask(visited.question())
    requests_ = visited.place("Requests")
    row = requests_.get_by_role("listitem").first
    row.get_by_role("button", name="#1").click()
    expect(row.get_by_label("Body of request 1")).to_contain_text(
        '"engagement_types": ["favorites"]'
    )
    expect(row.get_by_label("Body of answer 1")).to_contain_text('"mine"')
    row.get_by_text("headers").first.click()
    expect(row.get_by_label("Headers of request 1")).to_contain_text("Bearer …")
    expect(row.get_by_label("Signed for")).to_have_value("app")
    row.get_by_label("Signed for").select_option("acme")
    row.get_by_role("button", name="Copy the curl lines").click()
    expect(row.get_by_text("Copied.")).to_be_visible()
    line = visited.page.evaluate(PASTED)
    assert "oauth_signature" in line
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=True, timeout=60
    )
    assert list(json.loads(done.stdout)) == ["mine"]
    expect(requests_.get_by_role("button", name="#2")).to_contain_text("acme")
    row = requests_.get_by_role("listitem").nth(1)
    for name, word in {"Python": "OAuth1(", "engagement_kit": "ek.Query("}.items():
        row.get_by_text(name, exact=True).click()
        row.get_by_role("button", name=f"Copy the {name} lines").click()
        visited.page.wait_for_function(
            f"async () => ({PASTED})().then(one => one.includes('{word}'))"
        )
        compile(visited.page.evaluate(PASTED), name, "exec")
    visited.screenshot("opened")


def test_a_request_is_sent_from_the_page(visited: Visited) -> None:
    """The page sends by the public path: answers, refusals, broken connections, endless waits."""
    page, attempt = visited.page, visited.place("Try a request")
    visited.place("Accounts and tweets").get_by_role("button", name="Try a request").nth(2).click()
    expect(attempt.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(attempt.locator("#try-outcome")).to_contain_text("200 after")
    (record,) = visited.emulator.log
    assert (record.account, record.tweets, record.status) == ("acme", 1, 200)
    attempt.get_by_label("Endpoint").select_option("28hr")
    expect(attempt.get_by_label("Body", exact=True)).to_have_value(re.compile("by_hour"))
    attempt.get_by_label("Signed for").select_option("birch")
    attempt.get_by_role("button", name="Send").click()
    expect(attempt.locator("#try-outcome")).to_contain_text("Forbidden to access tweets")
    visited.emulator.faults.add(Fault("reset", times=1))  # the browser may try again by itself
    attempt.get_by_role("button", name="Send").click()
    expect(attempt.get_by_role("alert")).to_contain_text("The connection broke")
    visited.emulator.faults.add(Fault("hang", seconds=60))
    attempt.get_by_role("button", name="Send").click()
    attempt.get_by_role("button", name="Stop waiting").click()
    expect(attempt.get_by_role("alert")).to_have_text("You stopped waiting.")
    attempt.get_by_label("Tweet ids").fill("banana")
    attempt.get_by_role("button", name="Write the body anew").click()
    expect(attempt.get_by_role("alert")).to_contain_text("'banana' in tweet_ids is no tweet id")


def test_the_clock_is_moved(visited: Visited) -> None:
    """The world's clock is moved, set, refused in words, and let go; tweets and charts follow."""
    page, clock = visited.page, visited.place("Clock")
    world, wanted = visited.emulator.world, NOW + timedelta(days=28)
    clock.get_by_role("button", name="+ 28 days").click()
    expect(clock.locator("#clock-now")).to_have_text("2026-06-29 12:30:00 UTC")
    expect(page.locator("#fact-clock")).to_contain_text("2026-06-29 12:30:00")
    newest = visited.place("Accounts and tweets").locator("code").first
    expect(newest).to_have_text(world.sample_ids("acme", 1, wanted)[0])
    clock.get_by_label("Set to, UTC").fill("1999-01-01T00:00")
    clock.get_by_role("button", name="Set", exact=True).click()
    expect(clock.get_by_role("alert")).to_contain_text("can't show 1999-01-01")
    clock.get_by_label("Set to, UTC").fill("2025-02-03T04:05:06")
    clock.get_by_role("button", name="Set", exact=True).click()
    expect(clock.locator("#clock-now")).to_have_text("2025-02-03 04:05:06 UTC")
    clock.get_by_role("button", name="Let it run").click()
    expect(clock.locator("#clock-state")).to_have_text("runs")
    expect(clock.locator("#clock-now")).not_to_have_text("2025-02-03 04:05:06 UTC")
    clock.get_by_role("button", name="Freeze").click()
    expect(clock.locator("#clock-state")).to_have_text("stands still")
    assert visited.emulator.clock.is_frozen


def test_settings_and_the_way_back(visited: Visited) -> None:
    """Switches hold at once, wrong ones are refused in words; a reset asks, and brings all back."""
    page, settings = visited.page, visited.place("Settings")
    settings.get_by_label("zeros").select_option("sparse")
    expect(settings.locator("#settings-said")).to_have_text("zeros is now sparse.")
    per_minute = settings.get_by_label("per minute")
    per_minute.fill("many")
    per_minute.press("Tab")
    expect(settings.get_by_role("alert")).to_contain_text("Per_minute is 'many'; allowed")
    per_minute.fill("30")
    per_minute.press("Tab")
    expect(settings.locator("#settings-said")).to_have_text("per minute is now 30.")
    assert (visited.emulator.settings.zeros, visited.emulator.settings.per_minute) == ("sparse", 30)
    visited.emulator.change(aged="absent")  # by another program
    expect(settings.locator("#settings-changed")).to_have_text("(1 changed)")
    visited.ask(visited.question())
    expect(visited.place("Requests").get_by_role("listitem")).to_have_count(1)
    settings.get_by_role("button", name="Reset the emulator").click()
    page.get_by_role("button", name="Keep all as it is").click()
    assert visited.emulator.requests_served == 1
    settings.get_by_role("button", name="Reset the emulator").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(settings.get_by_label("zeros")).to_have_value("full")
    expect(visited.place("Requests").get_by_role("listitem")).to_have_count(0)
    visited.ask(visited.question())  # again the first one
    expect(visited.place("Requests").get_by_role("listitem")).to_have_count(1)
    visited.emulator.reset()  # by another program
    visited.ask(HOSTILE)
    expect(visited.place("Requests").get_by_role("button", name="#1")).to_contain_text("400")


def test_nothing_becomes_html(visited: Visited) -> None:
    """What stands in paths, bodies and answers is shown as text, to the last digit."""
    page, emulator = visited.page, visited.emulator
    before = page.locator("img, script").count()
    requests.get(f"{emulator.url}/{HOSTILE}", timeout=10)
    visited.ask("{" + HOSTILE, **{"User-Agent": HOSTILE, "X-Hostile": HOSTILE})
    visited.ask(json.dumps({"tweet_ids": [HOSTILE], "engagement_types": [], "groupings": {}}))
    visited.ask('{"tweet_ids": [2061384949969226276], "10": 1, "09": 2, "a": 1, "a": 1.50}')
    listed = visited.place("Requests").get_by_role("listitem")
    expect(listed).to_have_count(4)
    for number in range(1, 5):
        listed.nth(4 - number).get_by_role("button", name=f"#{number}").click()
    expect(page.get_by_label("Body of request 2")).to_have_text("{" + HOSTILE)
    page.get_by_text(re.compile("^[0-9]+ headers$")).nth(4).click()
    expect(page.get_by_label("Headers of request 2")).to_contain_text(HOSTILE)
    expect(page.get_by_label("Body of request 3")).to_contain_text(f'["{HOSTILE}"]')
    expect(page.get_by_label("Body of request 4")).to_have_text(
        '{"tweet_ids": [2061384949969226276], "10": 1, "09": 2, "a": 1, "a": 1.50}'
    )
    attempt = visited.place("Try a request")
    attempt.get_by_label("Body", exact=True).fill(HOSTILE)
    attempt.get_by_role("button", name="Send").click()
    expect(attempt.locator("#try-outcome")).to_contain_text("400 after")
    assert page.locator("img, script").count() == before
    assert page.evaluate(WRITTEN, HOSTILE) == "refused"


def test_deep_json_stays_text(visited: Visited) -> None:
    """JSON of many levels is shown and passed on as it came; of a few it is laid out."""
    inner = '["' + "x" * 90 + '",'
    few, many = ('{"a":' + inner * n + "1" + "]" * n + "}" for n in (19, 20))
    visited.ask(few)
    visited.ask(many)
    listed = visited.place("Requests").get_by_role("listitem")
    expect(listed).to_have_count(2)
    for number in (1, 2):
        listed.nth(2 - number).get_by_role("button", name=f"#{number}").click()
    shown = visited.page.get_by_label("Body of request 1")
    expect(shown).to_contain_text("xxx")
    assert len(shown.text_content().splitlines()) > 19
    shown = visited.page.get_by_label("Body of request 2")
    expect(shown).to_contain_text("xxx")
    assert shown.text_content() == many
    row = listed.nth(0)
    row.get_by_text("Python", exact=True).click()
    expect(row.get_by_label("Python lines", exact=True)).to_contain_text("data=")
    row.get_by_text("engagement_kit", exact=True).click()
    expect(row.get_by_text("There are none: the body is no request")).to_be_visible()


def test_keys_alone_reach_all(visited: Visited) -> None:
    """Tab goes from top to bottom, each stop is outlined, and keys do what a mouse can."""
    page = visited.page
    visited.ask(visited.question())
    expect(visited.place("Requests").get_by_role("listitem")).to_have_count(1)
    stops = []
    for _ in range(120):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None or (stops and here["id"] == "reset"):
            break
        stops.append(here)
    assert stops[0]["name"] == "Skip to the tweets"
    assert all(one["outlined"] for one in stops), [one for one in stops if not one["outlined"]]
    later = [one for one in stops if one["kind"] != "A"]
    assert all(b["y"] > a["y"] - 60 for a, b in pairwise(later)), later
    ids = {one["id"] for one in stops}
    assert {"tweets-kind", "try-body", "try-send", "requests-pause", "clock-freeze"} <= ids
    assert {"faults-kind", "setting-zeros"} <= ids
    head = visited.place("Requests").get_by_role("button", name="#1")
    head.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_label("Body of request 1")).to_be_visible()
    expect(head).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_label("Body of request 1")).to_be_hidden()


def test_focus_moves_on_from_what_goes(visited: Visited) -> None:
    """Where a key makes its own button go, the focus moves on to the next thing, not to nowhere."""
    page, tweets = visited.page, visited.place("Accounts and tweets")
    tweets.get_by_text("Apps, tokens and made-up keys").focus()
    page.keyboard.press("Enter")
    revoke = tweets.get_by_role("button", name="Revoke its token for acme")
    revoke.focus()
    page.keyboard.press("Enter")
    expect(revoke).to_be_hidden()
    expect(tweets.get_by_role("button", name="Copy keys")).to_be_focused()
    more = tweets.get_by_role("button", name="Show more tweets")
    for _ in range(20):
        if more.is_hidden():
            break
        count = tweets.locator("#tweets-list > li").count()
        more.focus()
        page.keyboard.press("Enter")
        expect(tweets.locator("#tweets-list > li")).not_to_have_count(count)
    expect(more).to_be_hidden()
    last = tweets.locator("#tweets-list > li").last
    expect(last.get_by_role("button", name="Look closer")).to_be_focused()


def test_it_fits_and_can_be_read(visited: Visited) -> None:
    """On a phone and two screens nothing is too wide; in light and dark all can be read."""
    page = visited.page
    visited.emulator.faults.add(Fault("bad_gateway", times=1))
    for endpoint in ("totals", "totals", "28hr"):
        visited.ask(visited.question(), endpoint)
    requests.get(f"{visited.emulator.url}/{'nothing' * 20}", timeout=10)
    page.get_by_role("button", name="Look closer").nth(1).click()
    expect(page.locator("figure")).to_be_visible()
    visited.place("Try a request").get_by_role("button", name="Send").click()
    expect(page.locator("#try-outcome")).to_contain_text("200 after")
    page.get_by_role("button", name="#2").click()
    expect(page.get_by_label("Body of answer 2")).to_be_visible()
    page.get_by_text("More settings").click()
    page.locator("#clock-set").fill("1999-01-01T00:00")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(visited.place("Clock").get_by_role("alert")).to_be_visible()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 1000})
            assert page.evaluate(TOO_WIDE) == [], (theme, width)
            visited.screenshot(f"{theme}-{width}")
        ratios = contrasts(page.locator("body"), *KINDS)
        assert len(ratios) > 20
        assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}


def test_it_says_when_the_emulator_is_gone(visited: Visited) -> None:
    """Where nobody answers any more, the page says so in words, and keeps what it shows."""
    visited.emulator.stop()
    trouble = visited.page.locator("#trouble")
    expect(trouble).to_have_text("The emulator does not answer. Was it stopped? Asking again.")
    expect(visited.place("Accounts and tweets").get_by_role("img")).to_have_count(6)
