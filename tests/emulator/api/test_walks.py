from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from random import Random
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from engagement_kit.emulator.api.walks import Walk, WalkOver, Walks, is_callback

AT = 1_700_000_000.0
HOUR = 3600
BACK = "http://127.0.0.1:8765/callback"


def seeded() -> Walks:
    """Make walks that draw the same each time."""
    chance = Random(0)  # noqa: S311 -- nothing here is secret
    return Walks(lambda size: chance.randbytes(size).hex())


@pytest.fixture
def walks() -> Walks:
    """Return no walks."""
    return seeded()


@pytest.mark.parametrize(
    "good",
    [
        *("oob", "http://127.0.0.1:8765/", "http://localhost:1", "http://localhost"),
        *("http://127.0.0.1/a/b?c=d&e=%20f", "http://localhost:65535/?", "http://localhost?x=1"),
    ],
)
def test_callbacks(good: str) -> None:
    """An answer may go to a person, or to an address on this machine."""
    assert is_callback(good)


@pytest.mark.parametrize(
    "bad",
    [
        *("", "OOB", "oob ", "https://127.0.0.1:1/", "http://example.com/", "//localhost/"),
        *("http://localhost.example.com/", "http://localhost@example.com/", "http://127.0.0.1.nip"),
        *("http://user@localhost/", "http://localhost:1@example.com/", "http://localhost:x/"),
        *("http://localhost:0/", "http://localhost:65536/", "http://localhost:123456/"),
        *("http://127.0.0.2/", "http://127.1/", "http://[::1]:80/", "http://2130706433/"),
        *("http://localhost/#a", "http://localhost/a b", "http://localhost/\r\nX: y"),
        *("http://localhost\\@example.com/", "http://localhost/\u00e9", "http://localhost:\u0661/"),
        *("javascript:alert(1)", "file:///etc/passwd", "http:///x", 'http://localhost/"', "oob\n"),
        "http://localhost/" + "a" * 1000,
    ],
)
def test_foreign_callbacks(walks: Walks, bad: str) -> None:
    """Anywhere else the emulator leads nobody: no such walk begins, and the text says what may."""
    assert not is_callback(bad)
    with pytest.raises(ValueError, match=r"^oauth_callback must be oob, or an address on this"):
        walks.begin("reports", bad, AT)


@given(text=st.text() | st.from_regex(r"http://[a-z0-9.@:/\\?#\[\]%-]{0,40}", fullmatch=True))
def test_any_callback(text: str) -> None:
    """Whatever is taken leads a browser to this machine."""
    if is_callback(text) and text != "oob":
        parts = urlsplit(text)
        assert (parts.scheme, parts.username, parts.fragment) == ("http", None, "")
        assert parts.hostname in {"127.0.0.1", "localhost"}


def test_pin(walks: Walks) -> None:
    """What a person types is a number of seven digits; what an address gets is longer."""
    pins = set()
    for _ in range(200):
        walk = walks.begin("reports", "oob", AT)
        assert walk.by_pin
        pins.add(walks.allow(walk.token, "acme", AT).verifier)
    assert all(re.fullmatch("[0-9]{7}", pin) for pin in pins)
    assert len(pins) > 190
    sent = walks.begin("reports", BACK, AT)
    assert not sent.by_pin
    assert re.fullmatch("[0-9a-f]{32}", walks.allow(sent.token, "acme", AT).verifier)


def test_walks_of_two_emulators_differ() -> None:
    """The first walks of two emulators have nothing in common that is secret."""
    found = []
    for _ in range(2):
        walks = Walks()
        walk = walks.begin("reports", BACK, AT)
        found.append({walk.token, walk.secret, walks.allow(walk.token, "acme", AT).verifier})
    assert [len(one) for one in found] == [3, 3]
    assert not found[0] & found[1]


def test_nothing_secret_is_shown(walks: Walks) -> None:
    """A walk's repr holds neither token nor secret nor verifier."""
    walk = walks.begin("reports", BACK, AT)
    allowed = walks.allow(walk.token, "acme", AT)
    for secret in (allowed.token, allowed.secret, allowed.verifier):
        assert secret
        assert secret not in repr(allowed)


@pytest.mark.parametrize(
    ("callback", "kept"),
    [
        (BACK, []),
        ("http://localhost", []),
        ("http://localhost:1/?", []),
        ("http://localhost:1/?a=b&c=%26", [("a", "b"), ("c", "&")]),
    ],
)
def test_the_way_back(walks: Walks, callback: str, kept: list[tuple[str, str]]) -> None:
    """The answer is added to what the address has already, for yes and for no."""
    walk = walks.begin("reports", callback, AT)
    other = walks.begin("reports", callback, AT)
    allowed = walks.allow(walk.token, "acme", AT)
    told = [("oauth_token", walk.token), ("oauth_verifier", allowed.verifier)]
    assert parse_qsl(urlsplit(allowed.back).query) == [*kept, *told]
    denied = walks.deny(other.token, AT)
    assert parse_qsl(urlsplit(denied.back).query) == [*kept, ("denied", other.token)]
    assert urlsplit(denied.back).netloc == urlsplit(callback).netloc


def test_first_decision_stands(walks: Walks) -> None:
    """A second click gets the same answer; another decision is refused."""
    walk = walks.begin("reports", "oob", AT)
    assert walks.to_decide(walk.token, AT) == walk
    allowed = walks.allow(walk.token, "acme", AT)
    assert walks.allow(walk.token, "acme", AT) == allowed
    with pytest.raises(WalkOver, match="answered before: the app was let in"):
        walks.allow(walk.token, "birch", AT)
    with pytest.raises(WalkOver, match="answered before: the app was let in"):
        walks.deny(walk.token, AT)
    with pytest.raises(WalkOver, match="answered before: the app was let in"):
        walks.to_decide(walk.token, AT)
    other = walks.begin("reports", "oob", AT)
    denied = walks.deny(other.token, AT)
    assert walks.deny(other.token, AT) == denied
    with pytest.raises(WalkOver, match="answered before: the app was kept out"):
        walks.allow(other.token, "acme", AT)


def test_verifier(walks: Walks) -> None:
    """Only the verifier ends a walk; a wrong one, or none yet, leaves it as it was."""
    walk = walks.begin("reports", "oob", AT)
    with pytest.raises(ValueError, match="nobody has let the app in yet"):
        walks.use(walk.token, "", AT)
    pin = walks.allow(walk.token, "acme", AT).verifier
    for wrong in ("", pin[:-1], pin + "0", f"{(int(pin) + 1) % 10**7:07d}", "\u0661", "\ud800"):
        with pytest.raises(ValueError, match="the verifier is not the one"):
            walks.use(walk.token, wrong, AT)
    assert walks.use(walk.token, pin, AT).account == "acme"
    denied = walks.deny(walks.begin("reports", "oob", AT).token, AT)
    with pytest.raises(ValueError, match="it was denied"):
        walks.use(denied.token, "", AT)


def test_used_once(walks: Walks) -> None:
    """Of threads that use a verifier at once, one ends the walk."""
    walk = walks.begin("reports", "oob", AT)
    pin = walks.allow(walk.token, "acme", AT).verifier

    def tried(_: int) -> bool:
        try:
            walks.use(walk.token, pin, AT)
        except WalkOver:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tried, range(64))) == 1
    for step in (walks.to_decide, walks.deny):
        with pytest.raises(WalkOver, match="was used before"):
            step(walk.token, AT)


def test_expiry(walks: Walks) -> None:
    """A request token is good for an hour, at each step; one that nobody gave is not known."""
    walk = walks.begin("reports", "oob", AT)
    late = AT + HOUR + 1
    assert walks.find(walk.token, AT + HOUR) == walk
    assert walks.find(walk.token, late) is None
    assert walks.find("emulator-request-x", AT) is None
    pin = walks.allow(walk.token, "acme", AT + HOUR).verifier
    for step in (
        lambda: walks.use(walk.token, pin, late),
        lambda: walks.allow(walk.token, "acme", late),
        lambda: walks.deny(walk.token, late),
        lambda: walks.to_decide("", AT),
    ):
        with pytest.raises(WalkOver, match="not known, or too old"):
            step()
    assert walks.use(walk.token, pin, AT + HOUR).stage == "used"


def test_memory_is_bounded(walks: Walks) -> None:
    """Of very many walks the oldest are forgotten."""
    tokens = [walks.begin("reports", "oob", AT).token for _ in range(1100)]
    assert len(set(tokens)) == 1100
    known = [walks.find(token, AT) is not None for token in tokens]
    assert known == [False] * 100 + [True] * 1000


class AnyOrder(RuleBasedStateMachine):
    """Walks of two apps and three accounts, begun, decided, mistaken and used in any order."""

    begun = Bundle("begun")
    allowed = Bundle("allowed")

    def __init__(self) -> None:
        super().__init__()
        self.walks = seeded()
        self.clock = AT
        self.app_of: dict[str, str] = {}
        self.decided: dict[str, str] = {}
        self.used: list[str] = []

    @rule(
        target=begun,
        app=st.sampled_from(["reports", "research"]),
        callback=st.sampled_from(["oob", BACK]),
    )
    def begin(self, app: str, callback: str) -> str:
        """Ask for a walk."""
        walk = self.walks.begin(app, callback, self.clock)
        assert walk.token not in self.app_of
        self.app_of[walk.token] = app
        return walk.token

    @rule(target=allowed, token=begun, account=st.sampled_from(["acme", "birch", "cedar"]))
    def allow(self, token: str, account: str) -> tuple[str, str]:
        """Let the app in, or try to."""
        try:
            walk = self.walks.allow(token, account, self.clock)
        except WalkOver:
            return token, ""
        assert self.decided.setdefault(token, account) == account
        return token, walk.verifier

    @rule(token=begun)
    def deny(self, token: str) -> None:
        """Keep the app out, or try to."""
        try:
            self.walks.deny(token, self.clock)
        except WalkOver:
            return
        assert self.decided.setdefault(token, "nobody") == "nobody"

    @rule(pair=consumes(allowed), other=begun)
    def use(self, pair: tuple[str, str], other: str) -> None:
        """Use a verifier, with its own token or with another one."""
        for token in (other, pair[0]):
            try:
                walk = self.walks.use(token, pair[1], self.clock)
            except (WalkOver, ValueError):
                continue
            assert token == pair[0]
            assert (walk.app, walk.account) == (self.app_of[token], self.decided[token])
            self.used.append(token)

    @rule(seconds=st.sampled_from([1, 600, 3700]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock += seconds

    @invariant()
    def once(self) -> None:
        """No walk gave two tokens, and none that was denied gave one."""
        assert len(set(self.used)) == len(self.used)
        assert all(self.decided[token] != "nobody" for token in self.used)


TestAnyOrder = AnyOrder.TestCase


def test_walk_is_a_value(walks: Walks) -> None:
    """A step gives a new value, and leaves the one before as it was."""
    walk = walks.begin("reports", "oob", AT)
    assert isinstance(walk, Walk)
    walks.allow(walk.token, "acme", AT)
    assert (walk.stage, walk.account, walk.verifier) == ("asked", None, "")
