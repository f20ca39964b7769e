"""Connecting: what is refused, what is shown, and which tweets there are to try."""

from __future__ import annotations

import threading
import warnings
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.keys import keys_found
from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.errors import CredentialsMissing, QueryError

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
KEYS = {"consumer_key": "key-ab12", "consumer_secret": "secret-cd34"}
TOKENS = {"access_token": "12345-ef56", "access_token_secret": "secret-gh78"}


@pytest.mark.parametrize(
    ("to", "options", "field"),
    [
        ("twitter", {}, "to"),
        ("emulator", {"threads": 0}, "threads"),
        ("emulator", {"profile": "all"}, "profile"),
        ("emulator", {"clock": "yesterday"}, "clock"),
        ("emulator", {"clock": datetime(2026, 6, 1)}, "clock"),  # noqa: DTZ001
        ("live", {"clock": NOW, **KEYS}, "clock"),
        ("live", {"threads": -1, **KEYS}, "threads"),
        ("live", {"world": "campaigns", **KEYS}, "world"),
        ("live", {"seed": 3, **KEYS}, "seed"),
        ("live", {"faults": [Fault("reset")], **KEYS}, "faults"),
        ("emulator", {"world": "calm"}, "world"),
    ],
)
def test_an_argument_that_means_nothing_is_refused(to: str, options: Any, field: str) -> None:
    """It is named, before anything is started."""
    before = threading.active_count()
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.connect(to, **options)
    assert [one.field for one in caught.value.problems] == [field]
    assert threading.active_count() == before


def test_all_wrong_arguments_are_told_at_once() -> None:
    """Three faults, one error."""
    with pytest.raises(ek.errors.QueryError, match="3 problems"):
        ek.connect("x", threads=0, profile="y")  # type: ignore[arg-type]


def test_without_keys_the_way_that_needs_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys, or half of them in the environment: the emulator is named, no value is."""
    with pytest.raises(ek.errors.CredentialsMissing, match=r'ek\.connect\("emulator"\)'):
        ek.connect()
    monkeypatch.setenv("TWITTER_CONSUMER_KEY", "key-ab12")
    with pytest.raises(ek.errors.CredentialsMissing, match="consumer_secret missing") as said:
        ek.connect()
    assert "ab12" not in str(said.value)


def test_a_client_shows_where_keys_came_from_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The repr names service, account and sources."""
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN", TOKENS["access_token"])
    monkeypatch.setenv("TWITTER_ACCESS_TOKEN_SECRET", TOKENS["access_token_secret"])
    with ek.connect(**KEYS) as client:
        shown = repr(client)
    assert "account='12345'" in shown
    assert "keys: arguments, the environment" in shown
    assert not [text for text in ("ab12", "cd34", "ef56", "gh78") if text in shown]


def test_what_can_not_be_signed_is_not_sent(client: Client) -> None:
    """With consumer keys alone nothing private can be asked: said before the first call."""
    assert client.emulator is not None
    (young,) = ek.sample_ids(client, 1)
    with ek.connect(base_url=client.emulator.base_url, **KEYS) as app_only:
        with pytest.raises(ek.errors.CredentialsMissing):
            app_only.run(ek.Query("28hr", [young], ["impressions"]))
        made = ek.plan(
            ek.Query("totals", [young], ["impressions"]),
            now=client.now(),
            where=app_only.connection.where,
        )
        assert set(app_only.run(made).missing["status"]) == {"not_offered"}
    assert client.emulator.requests_served == 0


def test_where_nobody_has_keys_it_is_said_before_anything_is_sent(client: Client) -> None:
    """One owner, or all of them, without keys: an error that names them, and no request."""
    ids = ek.sample_ids(client, 2)
    for owners in ("acmee", dict.fromkeys(ids, "acmee")):
        for query in (
            ek.Query("28hr", ids, ["impressions"], owners=owners),
            ek.Query("totals", ids, ["impressions", "favorites"], owners=owners),
        ):
            with pytest.raises(ek.errors.CredentialsMissing, match=r"'acmee'.* mean acme\?"):
                client.run(query)
    two = ek.Query("28hr", ids, ["impressions"], owners=["nobody", "someone"])
    with pytest.raises(ek.errors.CredentialsMissing, match="accounts 'nobody', 'someone'"):
        client.run(two)
    assert client.emulator is not None
    assert client.emulator.requests_served == 0


def test_of_two_owners_only_one_has_keys(client: Client) -> None:
    """The plan says before what can't be had and why; the other's tweets are asked."""
    ids = ek.sample_ids(client, 2)
    query = ek.Query("28hr", ids, ["impressions"], owners=["acme", "nobody"])
    made = client.plan(query)
    (lost,) = made.unobtainable
    assert (lost.tweet_ids, lost.status) == ((ids[1],), "not_owned")
    assert "no keys of account nobody; log in as nobody" in lost.reason
    result = client.run(made, progress=False)
    table = result.to_pandas()
    assert set(table.loc[table["tweet_id"] == ids[0], "status"]) == {"observed"}
    assert set(table.loc[table["tweet_id"] == ids[1], "status"]) == {"not_owned"}
    assert result.receipt.by_account == {"acme": 1}


def test_samples_of_each_kind(client: Client) -> None:
    """Own tweets can be had; the other kinds are what they are called."""
    world = client.emulator.world  # type: ignore[union-attr]
    found = {
        kind: world.look(ek.sample_ids(client, 5, kind=kind))  # type: ignore[arg-type]
        for kind in ("own", "unavailable", "protected", "very_old")
    }
    assert not (found["own"].deleted | found["own"].protected).any()
    assert found["unavailable"].deleted.all()
    assert found["protected"].protected.all()
    assert found["very_old"].very_old.all()
    assert {len(one.ids) for one in found.values()} == {5}
    assert all((one.owner == 0).all() for one in found.values())
    assert ek.sample_ids(client, 0) == []


def test_samples_are_the_newest_before_the_clock(client: Client) -> None:
    """Newest first, none of the future, the same for the same clock; another seed has others."""
    ids = ek.sample_ids(client, 300)
    births = client.emulator.world.look(ids).birth_ms  # type: ignore[union-attr]
    assert sorted(ids, key=int, reverse=True) == ids
    assert births.max() / 1000 < NOW.timestamp()
    with ek.connect("emulator", clock=NOW, seed=1) as other:
        assert not set(ek.sample_ids(other, 300)) & set(ids)


def test_the_live_api_has_no_samples() -> None:
    """It says where ids come from instead."""
    with (
        ek.connect(**KEYS) as live,
        pytest.raises(ek.errors.EngagementError, match="archive, export or search"),
    ):
        ek.sample_ids(live, 3)


@pytest.mark.parametrize(
    "clock",
    ["2024-02-29T23:30:00Z", datetime(2024, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))],
)
def test_another_clock_is_another_now(clock: Any) -> None:
    """Text or datetime of any zone: ages, windows and counts are those of that moment, in UTC."""
    now = datetime(2024, 2, 29, 23, 30, tzinfo=UTC)
    with ek.connect("emulator", clock=clock) as client:
        assert client.now() == now
        ids = ek.sample_ids(client, 10)
        frame = client.last_28_hours(ids[5:], ["impressions"], by="hour", progress=False)
        truth = client.emulator.world.truth(  # type: ignore[union-attr]
            ids[5:], ["impressions"], now.replace(hour=0, minute=0), now.replace(hour=23, minute=0)
            + timedelta(hours=1), now,
        )  # fmt: skip
    today = frame[frame["start"] >= now.replace(hour=0, minute=0)]
    assert today["value"].sum() == truth["value"].sum()
    assert frame["end"].max() == now.replace(hour=0, minute=0) + timedelta(days=1)


def test_without_a_clock_it_is_now() -> None:
    """The emulator follows real time unless told otherwise."""
    before = datetime.now(UTC)
    with ek.connect("emulator") as client:
        assert before <= client.now() <= datetime.now(UTC)


def test_closing_leaves_no_thread_and_no_socket(tmp_path: Path) -> None:
    """Ten clients one after the other leave nothing behind; closing twice does no harm."""
    before = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for n in range(10):
            client = ek.connect("emulator", clock=NOW, store=tmp_path / str(n), threads=8)
            ids = ek.sample_ids(client, 60)
            client.last_28_hours(ids, ["impressions"], progress=False)
            client.close()
            client.close()
    assert set(threading.enumerate()) <= before


def test_a_store_of_its_own_goes_with_the_last_result() -> None:
    """Without store= answers are in a temporary folder, as long as anybody needs it."""
    import gc

    with ek.connect("emulator", clock=NOW) as client:
        result = client.run(ek.Query("totals", ek.sample_ids(client, 3)), progress=False)
    folder = result.store.folder
    del client
    gc.collect()
    assert len(result.to_pandas("lifetime")) > 0
    assert folder.is_dir()
    del result
    gc.collect()
    assert not folder.exists()


def test_an_emulator_of_ones_own_goes_on() -> None:
    """A client uses it with its settings and clock, and closing the client does not stop it."""
    with Emulator(
        World(5, nature="heavy_tails"), WorldClock(frozen=NOW), Settings(profile="overview")
    ) as emulator:
        for _ in range(2):
            with ek.connect(emulator) as client:
                assert client.now() == NOW
                assert client.connection.where.profile == "overview"
                assert client.connection.where.service == "emulator/heavy_tails-5"
                frame = client.totals(ek.sample_ids(client, 2), ["favorites"])
                assert frame["value"].notna().all()
        assert emulator.requests_served == 2
        with pytest.raises(ek.errors.QueryError, match="the Emulator has its own"):
            ek.connect(emulator, clock=NOW)


def test_in_process_and_over_http_the_same_table() -> None:
    """Without a socket the answers are the same, byte for byte in the table."""
    frames = []
    for in_process in (True, False):
        emulator = Emulator(clock=WorldClock(frozen=NOW), in_process=in_process)
        before = threading.active_count()
        with emulator, ek.connect(emulator) as client:
            ids = ek.sample_ids(client, 30)
            frames.append(client.last_28_hours(ids, ["impressions", "favorites"]))
            if in_process:
                assert "emulator.invalid" in emulator.base_url
                assert threading.active_count() == before
    assert frames[0].equals(frames[1])


def test_faults_by_argument() -> None:
    """A fault given to connect strikes."""
    with ek.connect(
        "emulator", clock=NOW, faults=[Fault("bad_gateway", nth=1)], world="campaigns"
    ) as client:
        assert client.emulator is not None
        client.totals(ek.sample_ids(client, 2), ["favorites"])
        assert [record.status for record in client.emulator.log] == [502, 200]


def test_a_client_says_whose_answers_it_gives_and_where_they_are_kept(tmp_path: Path) -> None:
    """Invented or not, in this process or another; the folder, or none."""
    with ek.connect("emulator", store=tmp_path / "raw") as one:
        assert (one.source, one.folder) == ("emulator", tmp_path / "raw")
        assert one.emulator is not None
        with ek.connect(base_url=one.emulator.base_url, **KEYS) as other:
            assert (other.source, other.folder) == ("emulator", None)
    with ek.connect(**KEYS) as live:
        assert live.source == "live"


def test_keys_are_checked_without_a_run(client: Client) -> None:
    """A plan that can't be signed is told before; one that can passes."""
    ids = ek.sample_ids(client, 1)
    client.check_keys(client.plan(ek.Query("28hr", ids, ["impressions"])))
    foreign = client.plan(ek.Query("28hr", ids, ["impressions"], owners="nobody"))
    with pytest.raises(ek.errors.CredentialsMissing, match="'nobody'"):
        client.check_keys(foreign)


def test_keys_found_are_those_of_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any the same error; with some the same source, and no value shown."""
    with pytest.raises(ek.errors.CredentialsMissing, match="TWITTER_CONSUMER_KEY"):
        keys_found()
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "ab12")
    keys = keys_found()
    with ek.connect() as live:
        assert live.connection.credentials == keys
    assert (keys.kinds, keys.found_in) == (("app",), "the environment")
    assert "ab12" not in repr(keys)


def test_who_signs_at_the_emulator_can_be_chosen() -> None:
    """By name or user id, in any case; one that is not there is said."""
    for asked in ("birch", "@Birch"):
        with ek.connect("emulator", account=asked) as client:
            assert client.account == "birch"
            number = {name: one for one, name in client.connection.credentials.aliases.items()}
    with ek.connect("emulator", account=number["cedar"]) as client:
        assert client.account == "cedar"
    with pytest.raises(CredentialsMissing, match="'nobody'; accounts with keys: acme"):
        ek.connect("emulator", account="nobody")


def test_what_is_for_the_live_api_alone_is_refused_for_the_emulator() -> None:
    """Nothing that was given is passed over in silence; all of it is named at once."""
    users = {"acme": ("1-token", "a-secret")}
    with pytest.raises(QueryError, match="4 problems") as said:
        ek.connect("emulator", base_url="https://x", bearer_token="abc", users=users, ask=True)
    for name in ("base_url", "bearer_token", "users", "ask"):
        assert f"{name}: given: only for the live API" in str(said.value)
    assert "abc" not in str(said.value)


def test_a_store_that_can_not_be_one_is_refused_at_once(tmp_path: Path) -> None:
    """A file and an empty text are no folder; nothing is started, and nothing is made."""
    (tmp_path / "a file").write_text("mine")
    for store in (tmp_path / "a file", str(tmp_path / "a file"), ""):
        with pytest.raises(ek.errors.QueryError, match=r"store: .*path of a folder"):
            ek.connect("emulator", store=store)
    assert (tmp_path / "a file").read_text() == "mine"
