"""Keys that are right, from every source: a whole trip to Parquet, and all that is shown."""

from __future__ import annotations

import getpass
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keyring
import pytest
from captured import Captured, shown_of, stacks, ways_of
from planted import PARTS, InMemory, Planted, write_env_file, write_keys_file
from searched import Search

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, WorldClock
from engagement_kit.fetch.keys.safe import Safe

PERIOD = {"period": ek.last(days=2)}
QUERIES: Mapping[str, Callable[[list[str]], ek.Query]] = {
    "totals": lambda ids: ek.Query("totals", ids, ["impressions", "favorites"]),
    "28hr": lambda ids: ek.Query("28hr", ids, ["impressions"], by="hour"),
    "historical": lambda ids: ek.Query("historical", ids, ["favorites"], by="day", **PERIOD),
}


def lately(emulator: Emulator) -> list[str]:
    """Give two tweets of the last hours and one of yesterday: at any hour, all endpoints count."""
    now = emulator.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spans = ((2, now), (1, midnight))
    return [id_ for n, end in spans for id_ in emulator.world.sample_ids("acme", n, before=end)]


Plant = Callable[[Planted, str, dict[str, Path], pytest.MonkeyPatch], dict[str, Any]]


def as_arguments(keys: Planted, *_: object) -> dict[str, Any]:
    """Give all as arguments."""
    return keys.parts()


def as_users(keys: Planted, *_: object) -> dict[str, Any]:
    """Give the account's pair by its name."""
    app = {name: keys.parts()[name] for name in ("consumer_key", "consumer_secret")}
    return {**app, "users": {"acme": (keys.access_token, keys.access_token_secret)}}


def as_variables(
    keys: Planted, _: str, __: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Set variables."""
    for name, value in keys.environment().items():
        monkeypatch.setenv(name, value)
    return {}


def as_env_file(
    keys: Planted, _: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Write `.env` into the working folder."""
    monkeypatch.delenv("ENGAGEMENT_KIT_ENV_FILE")
    write_env_file(folders["work"] / ".env", keys)
    return {}


def as_keys_file(
    keys: Planted, service: str, folders: dict[str, Path], *_: object
) -> dict[str, Any]:
    """Write the keys file."""
    write_keys_file(folders["settings"] / "keys.yaml", service, keys)
    return {}


def as_keyring(
    keys: Planted, service: str, _: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Put them into a keyring in memory."""
    from engagement_kit.fetch.keys.kept import Kept

    backend = InMemory()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    Safe(backend).change(service, lambda _: Kept.of_plain(keys.kept()))
    assert backend.held
    return {}


def by_prompt(
    keys: Planted, _: str, __: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Type them in, as they are asked for; a wrong one first."""
    answers = iter(["two words", *list(keys.parts().values())[:4]])
    monkeypatch.setattr(getpass, "getpass", lambda _: next(answers))
    return {"ask": True}


PLACES: Mapping[str, tuple[Plant, tuple[str, ...]]] = {
    "arguments": (as_arguments, ()),
    "users": (as_users, ()),
    "environment": (as_variables, ()),
    ".env": (as_env_file, ("work/.env",)),
    "keys file": (as_keys_file, ("settings/keys.yaml",)),
    "keyring": (as_keyring, ()),
    "prompt": (by_prompt, ()),
}
"""Ways to plant keys, and the files in which they may stand then."""


def seen(
    client: Client, ids: list[str], out: Path, endpoints: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Go the trip, by some endpoints, and show everything on it in every way."""
    yield "client", "\n".join([*ways_of(client), *ways_of(client.connection)])
    yield "credentials", "\n".join(ways_of(client.connection.credentials))
    yield "transport", "\n".join(ways_of(client.connection.transport))
    for name in endpoints:
        query = QUERIES[name](ids)
        plan = client.plan(query)
        result = client.run(query, progress=True)
        yield f"{name}: query", "\n".join(ways_of(query)) + query.to_yaml()
        yield f"{name}: plan", "\n".join(ways_of(plan))
        yield f"{name}: result", "\n".join([*ways_of(result), *ways_of(result.receipt)])
        frame = result.to_pandas()
        yield f"{name}: table", frame.to_csv() + repr(frame.attrs) + str(result.to_arrow().schema)
        result.to_parquet(out / f"{name}.parquet")
        (out / f"{name}.pickle").write_bytes(pickle.dumps(frame))
        assert frame["value"].notna().any()
    tried = client.try_keys(ids[0], accounts=[client.account])
    assert tried.all_accepted
    yield "tried", "\n".join([*ways_of(tried), tried.to_pandas().to_csv()])
    yield "stacks", stacks()


TRIPS = [
    *((place, ("totals",)) for place in PLACES if place != "environment"),
    ("environment", (*QUERIES,)),
    *(pytest.param(place, (*QUERIES,), marks=pytest.mark.long) for place in PLACES),
]


@pytest.mark.parametrize(("place", "endpoints"), TRIPS)
def test_a_whole_trip_shows_no_key(
    place: str,
    endpoints: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    folders: dict[str, Path],
) -> None:
    """Endpoints, raw store, Parquet, pages and logs; keys stay where they were planted."""
    plant, homes = PLACES[place]
    clock = WorldClock()
    out = folders["work"] / "out"
    out.mkdir()
    with Emulator(clock=clock) as emulator:
        keys = Planted.of_environment(emulator.environment())
        ids = lately(emulator)
        given = plant(keys, emulator.url, folders, monkeypatch)
        with Captured() as captured:
            client = ek.connect(base_url=emulator.base_url, store=folders["store"], **given)
            with client:
                said = [*seen(client, ids, out, endpoints)]
                kept = ek.open(folders["store"])
                said.append(("archive", "\n".join(ways_of(kept))))
                done = ek.tidy_store(folders["store"], out / "all", progress=False)
                said.append(("tidied", "\n".join(ways_of(done))))
        said += [("log", repr(emulator.log)), ("captured", captured.text)]
    search = Search(keys.parts())
    assert search.texts(said) == {}
    files = search.files(*folders.values())
    found = {str(Path(one).relative_to(folders["work"].parent)) for one in files}
    assert found == {*homes}  # the control: where they were planted, the search finds them
    assert {*(name for names in files.values() for name in names)} == ({*PARTS} if homes else set())
    assert len([*folders["store"].rglob("*.zst")]) >= len(endpoints)


MISUSES: Mapping[str, Callable[[Planted], dict[str, Any]]] = {
    "a line end inside": lambda keys: {**keys.parts(), "consumer_key": keys.consumer_key + "\nx"},
    "a blank inside": lambda keys: {**keys.parts(), "bearer_token": f"Bearer {keys.bearer_token}"},
    "bytes": lambda keys: {**keys.parts(), "consumer_secret": keys.consumer_secret.encode()},
    "a list": lambda keys: {**keys.parts(), "access_token": [keys.access_token]},
    "half a pair": lambda keys: {"consumer_key": keys.consumer_key},
    "a token as a user": lambda keys: {
        "users": {keys.access_token: keys.access_token_secret}, "consumer_key": keys.consumer_key,
    },
    "a token as its own name": lambda keys: {
        "users": {keys.access_token: (keys.access_token, keys.access_token_secret)},
    },
    "a pair alone": lambda keys: {"users": (keys.access_token, keys.access_token_secret)},
    "a text as users": lambda keys: {"users": keys.access_token},
    "a mapping of mappings": lambda keys: {"users": {"acme": keys.parts()}},
    "three of a pair": lambda keys: {"users": {"acme": [*keys.parts().values()][:3]}},
    "a number as a name": lambda keys: {
        "users": {5: (keys.access_token, keys.access_token_secret)},
    },
    "a key as the service": lambda keys: {"to": keys.consumer_key, **keys.parts()},
    "a key as the account": lambda keys: {**keys.parts(), "account": keys.access_token},
    "a key in the address": lambda keys: {
        **keys.parts(), "base_url": f"https://{keys.consumer_key}:{keys.consumer_secret}@host/x",
    },
    "a key as the address": lambda keys: {**keys.parts(), "base_url": keys.bearer_token},
    "a wrong argument beside": lambda keys: {**keys.parts(), "threads": 0},
    "an argument that is none": lambda keys: {**keys.parts(), "api_secret": keys.consumer_secret},
}  # fmt: skip


@pytest.mark.parametrize("look", ["plain", "odd"])
@pytest.mark.parametrize("misuse", MISUSES)
def test_keys_that_were_given_wrongly(misuse: str, look: str) -> None:
    """Neither words nor frames show the keys: the good ones beside the wrong one too."""
    keys = Planted.of("misuse", odd=look == "odd")
    with Captured() as captured, pytest.raises((ek.errors.EngagementError, TypeError)) as said:
        ek.connect(**MISUSES[misuse](keys))
    shown = [*shown_of(said.value).items(), ("captured", captured.text)]
    assert Search(keys.parts()).texts(shown) == {}
