"""Keys that an emulator refuses: one of them wrong, revoked, or of an app without leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from captured import Captured, shown_of, ways_of
from planted import Planted, made_up
from searched import Search

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator

OTHER = made_up("a wrong key")


def revoked(emulator: Emulator, keys: Planted) -> Planted:
    """Revoke the account's token."""
    emulator.revoke("acme")
    return keys


def not_enabled(emulator: Emulator, keys: Planted) -> Planted:
    """Take the app's leave."""
    emulator.enable("reports", enabled=False)
    return keys


WRONG: Mapping[str, Callable[[Emulator, Planted], Planted]] = {
    "consumer key": lambda _, keys: replace(keys, consumer_key=OTHER),
    "consumer secret": lambda _, keys: replace(keys, consumer_secret=OTHER),
    "token": lambda _, keys: replace(keys, access_token=f"90210-{OTHER}"),
    "token secret": lambda _, keys: replace(keys, access_token_secret=OTHER),
    "bearer token": lambda _, keys: replace(keys, bearer_token=OTHER),
    "keys of two apps": lambda emulator, keys: replace(
        Planted.of_environment(emulator.environment(app="research")),
        access_token=keys.access_token, access_token_secret=keys.access_token_secret,
    ),
    "a revoked token": revoked,
    "an app that is not enabled": not_enabled,
}  # fmt: skip


def asked(client: Client, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Ask, try the keys, and show what comes."""
    try:
        result = client.run(ek.Query("totals", ids, ["impressions"], owners="acme"), progress=False)
    except ek.errors.EngagementError as error:
        yield from shown_of(error).items()
    else:
        yield "result", "\n".join([*ways_of(result), *ways_of(result.receipt)])
    tried = client.try_keys(ids[0])
    assert not tried.all_accepted
    yield "tried", "\n".join([*ways_of(tried), tried.to_pandas().to_csv()])


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_refused_is_not_quoted(wrong: str, folders: dict[str, Path]) -> None:
    """A refusal holds the base string: no key reaches the screen, the store or its log."""
    with Emulator() as emulator:
        good = Planted.of_environment(emulator.environment())
        keys = WRONG[wrong](emulator, good)
        ids = emulator.world.sample_ids("acme", 2, before=emulator.clock.now())
        users = {"acme": (keys.access_token, keys.access_token_secret)}
        app = {name: keys.parts()[name] for name in ("consumer_key", "consumer_secret")}
        with (
            Captured() as captured,
            ek.connect(
                base_url=emulator.base_url, store=folders["store"], users=users,
                bearer_token=keys.bearer_token, **app,
            ) as client,
        ):  # fmt: skip
            said = [*asked(client, ids)]
        log = [one.to_dict() for one in emulator.log]
    assert {401, 403} & {one["status"] for one in log}
    search = Search(keys.parts() | {f"good {name}": one for name, one in good.parts().items()})
    assert search.texts([*said, ("log", repr(log)), ("captured", captured.text)]) == {}
    assert search.files(*folders.values()) == {}
