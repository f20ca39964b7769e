"""The walk to an account's keys: to its end, refused, broken, garbled or interrupted."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from captured import Captured, shown_of, stacks, ways_of
from faulty import BROKEN, QUOTING, Answer, faulty
from planted import Planted, made_up, write_keys_file
from searched import Search

import engagement_kit as ek
from engagement_kit.client.login import Walk, login
from engagement_kit.emulator import Emulator
from engagement_kit.errors import EngagementError
from engagement_kit.fetch.keys.callback import Callback

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
BEARER, REQUEST, ACCESS = "/oauth2/token", "/oauth/request_token", "/oauth/access_token"
STEPS = (BEARER, REQUEST, ACCESS)
APP = Planted.of("the app that walks", odd=True)
NAMES = ("request token", "its secret", "verifier", "granted token", "its second", "bearer")
GRANTED = {name: made_up(f"walk {name}", odd=name != "verifier") for name in NAMES}
ALL = GRANTED | {"consumer_key": APP.consumer_key, "consumer_secret": APP.consumer_secret}
GOOD: dict[str, Answer] = {
    BEARER: (200, JSON, json.dumps({"access_token": GRANTED["bearer"]}).encode()),
    REQUEST: (
        200, FORM,
        urlencode({
            "oauth_token": GRANTED["request token"], "oauth_token_secret": GRANTED["its secret"],
            "oauth_callback_confirmed": "true",
        }).encode(),
    ),
}  # fmt: skip


def form(**fields: str) -> Answer:
    """Answer with a form."""
    return 200, FORM, urlencode(fields).encode()


TOKEN = {"oauth_token": GRANTED["granted token"]}
SECOND = {"oauth_token_secret": GRANTED["its second"]}
GARBLED: dict[str, dict[str, Answer]] = {
    "a bearer token that is cut off": {
        BEARER: (200, JSON, GOOD[BEARER][2][:-2]),
    },
    "a bearer token beside nonsense": {
        BEARER: (200, JSON, GOOD[BEARER][2] + b"<p>"),
    },
    "a bearer token that can be none": {
        BEARER: (200, JSON, json.dumps({"access_token": GRANTED["bearer"] + " x"}).encode()),
    },
    "a bearer token in the wrong place": {
        BEARER: (200, JSON, json.dumps({"token": GRANTED["bearer"]}).encode()),
    },
    "a refusal that holds a bearer token": {
        BEARER: (403, JSON, GOOD[BEARER][2]),
    },
    "a request token that was not confirmed": {
        REQUEST: (200, FORM, GOOD[REQUEST][2].replace(b"true", b"false")),
    },
    "a request token without its secret": {
        REQUEST: form(oauth_token=GRANTED["request token"], oauth_callback_confirmed="true"),
    },
    "a token without its secret": {ACCESS: form(**TOKEN)},
    "a secret without its token": {ACCESS: form(**SECOND)},
    "a token that can be none": {ACCESS: form(oauth_token=TOKEN["oauth_token"] + " x", **SECOND)},
    "a token that is no form": {ACCESS: (200, FORM, b"<p>" + form(**TOKEN, **SECOND)[2])},
    "a refusal that holds a token": {ACCESS: (401, FORM, form(**TOKEN, **SECOND)[2])},
    "a redirect that holds a token": {
        ACCESS: (302, {**FORM, "Location": "/?" + urlencode(TOKEN | SECOND)}, b"")
    },
}


@pytest.fixture(autouse=True)
def _app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant the app's keys in the environment, and let nobody wait long."""
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", APP.consumer_key)
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", APP.consumer_secret)
    monkeypatch.setattr("engagement_kit.fetch.keys.login._TIMEOUT", (5.0, 1.0))
    monkeypatch.setattr(
        "engagement_kit.fetch.keys.login._SENT", {"timeout": (5.0, 1.0), "allow_redirects": False}
    )


def walked(url: str) -> Iterator[tuple[str, str]]:
    """Walk against a service; give all that can be seen, but for the address of its page."""
    try:
        walk = Walk(base_url=url + "/insights/engagement")
        yield "walk", "\n".join(ways_of(walk))
        walk.begin()
        yield "begun", "\n".join([*ways_of(walk), *ways_of(walk._login)])
        walk.finish(GRANTED["verifier"])
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it is looked at
        yield from shown_of(error).items()
        yield "stopped", "\n".join([*ways_of(walk), *ways_of(walk._login)])
    else:
        yield "no error", "it went well"
    yield "stacks", stacks()


def check(url: str, folders: dict[str, Path]) -> dict[str, str]:
    """Hold that nothing of a walk shows a secret, nor is kept; give what was said."""
    with Captured() as captured, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGAGEMENT_KIT_BASE_URL", url)  # else no keys are sent to this machine
        said = [*walked(url)]
    search = Search(ALL)
    assert search.texts([*said, ("captured", captured.text)]) == {}
    assert search.files(*folders.values()) == {}
    return dict(said)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("manner", [*QUOTING, *BROKEN])
def test_a_step_that_goes_wrong(manner: str, step: str, folders: dict[str, Path]) -> None:
    """The service quotes all that it got, or breaks off; the steps before went well."""
    good = {path: GOOD[path] for path in STEPS[: STEPS.index(step)]}
    with faulty(manner, good) as service:
        said = check(service.url, folders)
        heard = "\n".join(service.heard)
    assert "no error" not in said
    sent = {BEARER: {"consumer_key", "consumer_secret"}, REQUEST: {"consumer_key"}}
    known = sent.get(step, {"consumer_key", "request token", "verifier"})
    assert known <= Search(ALL).packed(heard.encode())  # it had them to quote


@pytest.mark.parametrize("answer", GARBLED)
def test_a_garbled_answer_is_not_quoted(answer: str, folders: dict[str, Path]) -> None:
    """What was granted, and can't be used, is a secret all the same."""
    with faulty("nothing", GOOD | GARBLED[answer]) as service:
        assert "no error" not in check(service.url, folders)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, RuntimeError, AssertionError])
@pytest.mark.parametrize("step", STEPS)
def test_a_walk_that_is_interrupted(
    step: str,
    kind: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    folders: dict[str, Path],
) -> None:
    """Ctrl-C while a token is awaited: no frame holds what was signed."""
    good = {path: GOOD[path] for path in STEPS[: STEPS.index(step)]}
    real = requests.adapters.HTTPAdapter.send

    def interrupted(
        adapter: object, request: requests.PreparedRequest, **options: object
    ) -> object:
        answer = real(adapter, request, **options)  # type: ignore[arg-type]
        if str(request.url).endswith(step):
            raise kind
        return answer

    with faulty("401 with errors", good) as service:
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", interrupted)
        said = check(service.url, folders)
    assert kind.__name__ in said["repr"]


def browse(url: str, form: dict[str, str] | None = None) -> str:
    """Send what a browser sends, with no library that would log it; give all that comes back."""
    parts = urlsplit(url)
    body = urlencode(form or {})
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    head = [
        f"{'GET' if form is None else 'POST'} {target} HTTP/1.1",
        f"Host: {parts.netloc}", f"Origin: {parts.scheme}://{parts.netloc}",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}",
        "Connection: close",
    ]  # fmt: skip
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=5) as line:
        line.sendall("\r\n".join([*head, "", body]).encode())
        return b"".join(iter(lambda: line.recv(1 << 16), b"")).decode()


def agreed(page: str, decision: str = "authorize") -> str:
    """Agree on the emulator's page, or not; give the PIN, or what the browser gets in the end."""
    parts = urlsplit(page)
    token = parse_qs(parts.query)["oauth_token"][0]
    fields = {"oauth_token": token, "decision": decision, "account": "acme"}
    answer = browse(f"{parts.scheme}://{parts.netloc}/oauth/authorize", fields)
    onward = re.search(r"^Location: (\S+)", answer, re.MULTILINE)
    if onward is not None:
        return browse(onward[1])
    pin = re.search(r'class="pin"[^>]* value="(\d{7})"', answer)
    assert pin is not None
    return pin[1]


@pytest.mark.parametrize("way", ["PIN", "callback", "wrong PIN", "said no"])
def test_walks_against_the_emulator(
    way: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Keys stand in the keys file alone; the PIN and the request token nowhere but on screen."""
    told: list[str] = []
    with Emulator() as emulator, Captured() as captured:
        environment = emulator.environment()
        for name in ("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET"):
            monkeypatch.setenv(name, environment[name])
        monkeypatch.setenv("ENGAGEMENT_KIT_BASE_URL", emulator.base_url)
        monkeypatch.setattr("engagement_kit.fetch.keys.login._SENT", {"allow_redirects": False})
        keys = Planted.of_environment(environment).parts()
        pages: list[str] = []
        problem: BaseException | None = None
        decision = "cancel" if way == "said no" else "authorize"
        pins: list[str] = []

        def answer(_: str) -> str:
            pins.append(agreed(pages[0], decision))
            return "0000000" if way == "wrong PIN" else pins[0]

        def open_page(page: str) -> None:
            pages.append(page)
            if way in {"callback", "said no"}:
                agreed(page, decision)

        try:
            login(
                base_url=emulator.base_url, callback=way in {"callback", "said no"}, port=0,
                ask_text=answer, say=told.append, open_page=open_page,
            )  # fmt: skip
        except EngagementError as error:
            problem = error
        token = parse_qs(urlsplit(pages[0]).query)["oauth_token"][0]
        log = repr(emulator.log)
    search = Search({**keys, "request token": token})
    shown = [] if problem is None else [*shown_of(problem).items()]
    assert (problem is None) == (way in {"PIN", "callback"})
    assert search.texts([*shown, ("captured", captured.text), ("log", log)]) == {}
    assert not [text for _, text in [*shown, ("", captured.text)] for pin in pins if pin in text]
    said = "\n".join(told).replace(pages[0], "")
    assert search.packed(said.encode()) == set()
    found = search.files(*folders.values())
    kept = {"settings/keys.yaml": {*keys}} if problem is None else {}
    assert {
        str(Path(one).relative_to(folders["work"].parent)): n for one, n in found.items()
    } == kept


def test_what_a_browser_says_is_not_shown() -> None:
    """The address that it comes back to holds the verifier: no page, thread or object shows it."""
    verifier, token = GRANTED["verifier"], GRANTED["request token"]
    with Captured() as captured, Callback(lambda one: one == token, port=0) as waiting:
        answers = [
            browse(f"{waiting.url}?{urlencode({'oauth_token': one, 'oauth_verifier': verifier})}")
            for one in (token + "x", token)
        ]
        said = waiting.wait(2)
        seen = [*ways_of(said), *ways_of(waiting), stacks()]
    assert [one.split()[1] for one in answers] == ["400", "200"]
    assert said is not None
    assert Search(GRANTED).texts([("all", "\n".join([*seen, *answers, captured.text]))]) == {}


def test_a_second_walk_hides_what_the_first_one_kept(folders: dict[str, Path]) -> None:
    """Another app's keys are in the way: names of accounts are told, and no key."""
    other = Planted.of("kept before")
    with faulty("nothing", GOOD) as service:
        path = write_keys_file(folders["settings"] / "keys.yaml", service.url, other)
        walk = Walk(base_url=service.url)
        walk.take_app(APP.consumer_key, APP.consumer_secret)
        with pytest.raises(ek.errors.CredentialsMissing, match="by which acme logged in") as said:
            walk.begin()
    search = Search(ALL | {f"kept {name}": one for name, one in other.parts().items()})
    assert search.texts(shown_of(said.value).items()) == {}
    assert {*search.files(*folders.values())} == {str(path)}


BAD_KEYS: dict[str, Callable[[Walk], object]] = {
    "a line end": lambda walk: walk.take_app(APP.consumer_key[:20] + "\nx", APP.consumer_secret),
    "a number": lambda walk: walk.take_app(5, APP.consumer_secret),  # type: ignore[arg-type]
    "one missing": lambda walk: walk.take_app("", APP.consumer_secret),
}


@pytest.mark.parametrize("bad", BAD_KEYS)
def test_app_keys_that_can_be_none(bad: str) -> None:
    """The good one beside the bad one is not shown either."""
    walk = Walk(base_url="http://127.0.0.1:9/x", keep="nowhere")
    with pytest.raises(ek.errors.QueryError) as said:
        BAD_KEYS[bad](walk)
    assert Search(ALL).texts(shown_of(said.value).items()) == {}
