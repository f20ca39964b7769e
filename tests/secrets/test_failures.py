"""Whatever goes wrong with a call: no answer, a refusal that quotes, a page, an interruption."""

from __future__ import annotations

import functools
import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from captured import Captured, shown_of, stacks, ways_of
from faulty import BROKEN, QUOTING, faulty
from planted import Planted, recent_tweet
from searched import Search

import engagement_kit as ek
from engagement_kit.client.client import Client

PATH = "/insights/engagement"
KEYS = {"plain": Planted.of("failures"), "odd": Planted.of("failures", odd=True)}
RECENT = recent_tweet()
TOTALS = ek.Query("totals", [RECENT], ["impressions", "favorites"])
PUBLIC = ek.Query("totals", ["20", RECENT], ["favorites"], owners={RECENT: "somebody"})


@contextmanager
def planted_client(
    monkeypatch: pytest.MonkeyPatch, url: str, keys: dict[str, str], store: Path
) -> Iterator[Client]:
    """Connect by keys of the environment."""
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    with ek.connect(base_url=url, store=store) as client:
        yield client


def all_of(client: Client, *queries: ek.Query) -> Iterator[tuple[str, str]]:
    """Run queries and try the keys; give all that can be seen of what came, by what it is."""
    actions: dict[str, Callable[[], Any]] = {
        f"run of {query.metrics}": functools.partial(client.run, query, progress=False)
        for query in queries
    }
    actions["try_keys"] = lambda: client.try_keys("20")
    for name, action in actions.items():
        try:
            got = action()
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is looked at
            yield from ((f"{name}: {way}", text) for way, text in shown_of(error).items())
        else:
            yield name, "\n".join(ways_of(got))
            yield f"{name}: receipt", "\n".join(ways_of(getattr(got, "receipt", None)))
    yield "client", "\n".join(ways_of(client))
    yield "stacks", stacks()


def check_all(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    folders: dict[str, Path],
    look: str = "odd",
    *queries: ek.Query,
) -> str:
    """Hold that neither words nor files show a key, tried in every way beside; give the words."""
    planted = KEYS[look]
    search = Search(planted.parts())
    with (
        Captured() as captured,
        planted_client(monkeypatch, url + PATH, planted.environment(), folders["store"]) as client,
    ):
        said = [*all_of(client, *(queries or [TOTALS]))]
    said.append(("captured", captured.text))
    assert search.texts(said) == {}
    assert search.files(*folders.values()) == {}
    return "\n".join(text for _, text in said)


SOME = (
    "401 with errors", "401, packed and cut off", "401, packed and not said so",
    "401 in the headers", "502, a page", "200, a page", "200, JSON", "200, JSON of PHP",
)  # fmt: skip
MANNERS = [
    *((manner, "odd") for manner in SOME),
    *(pytest.param(one, "odd", marks=pytest.mark.long) for one in QUOTING if one not in SOME),
    *(pytest.param(one, "plain", marks=pytest.mark.long) for one in QUOTING),
]


@pytest.mark.parametrize(("manner", "look"), MANNERS)
def test_a_service_that_quotes_the_request(
    manner: str, look: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Its words come out without keys, on screen, in logs, errors and the raw store."""
    with faulty(manner) as service:
        check_all(monkeypatch, service.url, folders, look, TOTALS, PUBLIC)
        heard = "\n".join(service.heard)
    # The control: keys were sent, in both ways, and the service had them to quote.
    assert Search(KEYS[look].parts()).packed(heard.encode()) == {
        "consumer_key", "access_token", "bearer_token",
    }  # fmt: skip


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("manner", BROKEN)
def test_a_connection_that_breaks(
    manner: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Before, within and after the head of an answer, or never."""
    with faulty(manner) as service:
        check_all(monkeypatch, service.url, folders)
        assert service.heard


def test_no_service_and_no_tls(monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]) -> None:
    """A service that speaks no TLS; a closed port."""
    with faulty("nothing") as service:
        check_all(monkeypatch, service.url.replace("http:", "https:"), folders)
    assert "no answer from" in check_all(monkeypatch, service.url, folders)


@pytest.mark.long
def test_a_name_that_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """No network, say."""
    check_all(monkeypatch, "https://nowhere.invalid", folders)


INTERRUPTIONS = [KeyboardInterrupt, SystemExit, MemoryError, ValueError, http.client.HTTPException]
OTHERS = [RecursionError, RuntimeError, TypeError, UnicodeError, OSError, GeneratorExit]


@pytest.mark.parametrize(
    "kind", [*INTERRUPTIONS, *(pytest.param(one, marks=pytest.mark.long) for one in OTHERS)]
)
def test_an_interruption_amid_a_call(
    kind: type[BaseException], monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Ctrl-C while an answer is awaited, or any error of any library: no frame holds a key."""

    def interrupted(*_: object) -> None:
        raise kind

    with faulty("nothing") as service:
        monkeypatch.setattr("engagement_kit.fetch.sessions._Connection.getresponse", interrupted)
        said = check_all(monkeypatch, service.url, folders)
    # What may quote a header is told in words of ours; anything else says where it came from.
    assert ("secrets are left out: send (" in said) == (kind in {MemoryError, *OTHERS[:3]})


@pytest.mark.parametrize(
    "proxy",
    [
        "http://{user}:{password}@127.0.0.1:9",
        "https://{user}:{password}@127.0.0.1:9",
        "http://{user}:{password}@127.0.0.1:no-port",
        "http://{user}:{password}@[127.0.0.1",
        "http://{user}:{password}@",
        "{user}:{password}@127.0.0.1:9",
        "socks5://{user}:{password}@127.0.0.1:9",
        "socks9://{user}:{password}@127.0.0.1:9",
        "ftp://{user}:{password}@127.0.0.1:9",
        "http://{user}:{password}/with/slashes@127.0.0.1:9",
        "http://{user}:{password} with blanks@127.0.0.1:9",
    ],
)
def test_a_proxy_with_a_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """One that is not there, or whose address is none: the password stays in the environment."""
    password = Planted.of("proxy").consumer_secret
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(user="somebody", password=password))
    search = Search({"password": password, **KEYS["odd"].parts()})
    with (
        Captured() as captured,
        planted_client(
            monkeypatch, "https://api.invalid" + PATH, KEYS["odd"].environment(), folders["store"]
        ) as client,
    ):
        said = [*all_of(client, PUBLIC), ("captured", captured.text)]
    told = "no answer from https://api.invalid", "Frames that held secrets are left out"
    assert any(one in text for _, text in said for one in told)
    assert search.texts([*said, ("captured", captured.text)]) == {}
    assert search.files(*folders.values()) == {}
