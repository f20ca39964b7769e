"""Asking the emulator over HTTP: nothing is lost, nothing is asked twice."""

from __future__ import annotations

import inspect
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.client.one_liners import Options
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


def sent(client: Client) -> int:
    """Count the requests that the emulator has seen."""
    assert client.emulator is not None
    return client.emulator.requests_served


@pytest.mark.parametrize("count", [1, 24, 25, 26, 249, 250, 251, 500, 600, 1000])
def test_every_wanted_tweet_is_asked(client: Client, count: int) -> None:
    """Other clients lost one tweet of each 250, or the last of 600: here asked = wanted."""
    ids = ek.sample_ids(client, count)
    frame = client.totals(ids, ["favorites"], progress=False)
    assert frame["tweet_id"].tolist() == ids
    assert frame["value"].notna().all()
    assert sent(client) == -(-count // 250)


def test_totals_are_the_truth(client: Client) -> None:
    """Each value is the world's own count."""
    ids = ek.sample_ids(client, 300)
    frame = client.totals(ids, ["impressions", "retweets"], progress=False)
    truth = client.emulator.world.lifetime(ids, ["impressions", "retweets"], NOW)  # type: ignore[union-attr]
    assert frame["value"].tolist() == truth.ravel().tolist()


def test_history_over_windows_and_batches_is_the_truth(client: Client) -> None:
    """60 days of 60 tweets, stitched from batches and windows, equal the world's hours."""
    ids = ek.sample_ids(client, 480)[9::8]
    period = ek.between("2026-04-01", "2026-06-01")
    result = client.run(ek.Query("historical", ids, ["impressions"], period=period), progress=False)
    assert len(result.plan) > 3
    world = client.emulator.world  # type: ignore[union-attr]
    truth = world.truth(ids, ["impressions"], period.start, period.end, NOW)
    days = truth.groupby(["tweet_id", truth["start"].dt.floor("D")])["value"].sum()
    table = result.to_pandas()
    mine = table.set_index([table["tweet_id"].astype(str), "start"])["value"]
    assert mine[mine > 0].to_dict() == days[days > 0].to_dict()
    window = result.to_pandas("window").set_index("tweet_id")["value"]
    assert window.to_dict() == truth.groupby("tweet_id")["value"].sum().to_dict()


def test_what_can_not_be_had_has_a_fate(client: Client) -> None:
    """Unavailable, protected, foreign and old tweets each say why; the others keep their rows."""
    world = client.emulator.world  # type: ignore[union-attr]
    own = ek.sample_ids(client, 700)
    fresh, old = own[0], world.sample_ids("acme", 1, before=datetime(2025, 1, 1, tzinfo=UTC))[0]
    gone = ek.sample_ids(client, 1, kind="unavailable")[0]
    foreign = world.sample_ids(world.accounts[1].name, 1, before=NOW)[0]
    query = ek.Query("totals", [fresh, old, gone, foreign], ["impressions", "favorites"])
    result = client.run(query, progress=False)
    table = result.to_pandas().set_index(["tweet_id", "metric"])["status"].astype(str)
    assert table[fresh, "impressions"] == table[old, "favorites"] == "observed"
    assert table[old, "impressions"] == "too_old_for_impressions"
    assert table[gone, "favorites"] == "unavailable"
    assert table[foreign, "impressions"] == "not_owned"
    assert table[foreign, "favorites"] == "observed"  # anybody may ask for that
    assert result.receipt.asked == 8
    assert dict(result.receipt.fates) == {
        "unavailable": 2, "not_owned": 1, "too_old_for_impressions": 1,
    }  # fmt: skip
    assert len(result.missing) == 4


def test_a_one_liner_warns_of_what_is_missing(client: Client) -> None:
    """The DataFrame comes with a warning that counts the missing numbers by reason."""
    gone = ek.sample_ids(client, 2, kind="unavailable")
    with pytest.warns(ek.errors.MissingNumbers, match=r"2 of 5 numbers are missing: unavailable 2"):
        client.totals([*ek.sample_ids(client, 3), *gone], ["favorites"], progress=False)


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_a_second_run_at_the_same_moment_asks_nothing(client: Client, endpoint: Any) -> None:
    """What is stored is not asked again, and gives the same table; so does the store alone."""
    ids = ek.sample_ids(client, 120)[20:60]
    query = ek.Query(endpoint, ids, ["impressions", "favorites"])
    first = client.run(query, progress=False)
    before = sent(client)
    again = client.run(query, progress=False)
    assert sent(client) == before
    assert again.to_arrow().equals(first.to_arrow())
    offline = ek.open(first.store.folder).latest
    assert offline.to_arrow().equals(first.to_arrow())
    assert offline.receipt.answered == first.receipt.answered


def test_raw_groupings_are_read_back_as_written(client: Client) -> None:
    """A query that fits one request goes over the wire as it is; each grouping has its table."""
    ids = ek.sample_ids(client, 40)[30:]
    gone = ek.sample_ids(client, 1, kind="unavailable")
    groupings = {"sum": ["engagement.type"], "by day": ["engagement.type", "engagement.day"]}
    query = ek.Query("28hr", ids + gone, ["impressions"], groupings=groupings)
    result = client.run(query, progress=False)
    assert result.plan.as_written
    days, whole = result.to_pandas(), result.to_pandas("sum")
    assert set(days["grain"]) == {"day"}
    seen = whole["status"] == "observed"
    assert whole.loc[seen, "value"].sum() == days["value"].sum()
    assert whole.loc[~seen, "status"].tolist() == ["unavailable"]
    assert whole.loc[~seen, "tweet_id"].tolist() == gone


def test_owners_sign_for_their_own_tweets(client: Client) -> None:
    """With owners given, each batch is signed with its owner's keys, and nothing is refused."""
    world = client.emulator.world  # type: ignore[union-attr]
    owners = {
        one: account.name
        for account in world.accounts
        for one in world.sample_ids(account.name, 5, before=NOW)
    }
    result = client.run(ek.Query("28hr", list(owners), ["impressions"], owners=owners))
    table = result.to_pandas()
    assert table["status"].unique().tolist() == ["observed"]
    assert set(table["account"]) == {one.name for one in world.accounts}
    assert (table["account"].astype(str) == table["tweet_id"].astype(str).map(owners)).all()
    assert {one.account for one in client.emulator.log} == set(owners.values())  # type: ignore[union-attr]


def test_without_keys_nothing_is_sent() -> None:
    """The live API without keys names the emulator as the way that needs none."""
    with pytest.raises(ek.errors.CredentialsMissing, match=r'ek\.connect\("emulator"\)'):
        ek.connect()


def test_wrong_keys_stop_the_run_with_the_api_s_words(client: Client) -> None:
    """A 401 would meet every request: the run stops, and says what to check."""
    base = client.emulator.base_url  # type: ignore[union-attr]
    keys = {"consumer_key": "a", "consumer_secret": "b"}
    tokens = {"access_token": "1-c", "access_token_secret": "d"}
    with ek.connect(base_url=base, **keys, **tokens) as wrong:
        assert "'a'" not in repr(wrong)
        with pytest.raises(ek.errors.AuthenticationFailed, match="clock"):
            wrong.last_28_hours(["20"], ["impressions"])
    with (
        ek.connect(base_url=base.replace("/insights", "/1.1"), **keys) as lost,
        pytest.raises(ek.errors.WrongAddress, match=r"data-api\.twitter\.com"),
    ):
        lost.totals(["20"], ["favorites"])


def test_closing_leaves_no_thread_behind() -> None:
    """The emulator stops with its client; results still work."""
    before = set(threading.enumerate())
    with ek.connect("emulator", clock=NOW) as one:
        result = one.run(ek.Query("totals", ek.sample_ids(one, 3), ["replies"]), progress=False)
    assert not [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert len(result.to_pandas()) == 3


class Breaking:
    """A transport that breaks some replies on their way."""

    def __init__(self, inner: Any, breaks: dict[int, Reply | BaseException]) -> None:
        self.inner, self.breaks = inner, breaks
        self.refused = ""
        self.seen: list[Request] = []
        self.lock = threading.Lock()

    def send(self, request: Request) -> Reply:
        """Send, or break; refuse whatever holds the refused tweet."""
        if self.refused in request.tweet_ids:
            return ODD
        with self.lock:
            self.seen.append(request)
            broken = self.breaks.get(len(self.seen))
        if isinstance(broken, BaseException):
            raise broken
        return broken or self.inner.send(request)


def broken_client(
    client: Client, breaks: dict[int, Reply | BaseException]
) -> tuple[Client, Breaking]:
    """Put a breaking transport between a client and its emulator."""
    old = client.connection
    transport = Breaking(old.transport, breaks)
    made = Connection(transport, old.credentials, old.where, old.now, old.emulator)
    return Client(made, store=client._store.folder, threads=1), transport  # type: ignore[union-attr]


ODD = Reply(400, {}, b'{"errors":["we do not like this one"]}')


def test_a_refused_request_is_kept_and_the_others_go_on(client: Client) -> None:
    """A 400 for one tweet alone: its numbers say refused, all others of its batch are there."""
    other, transport = broken_client(client, {})
    ids = ek.sample_ids(client, 60)
    transport.refused = ids[30]
    result = other.run(ek.Query("28hr", ids, ["impressions"]), progress=False)
    lost = result.missing
    assert set(lost["tweet_id"]) == {ids[30]}
    assert set(lost["status"]) == {"refused"}
    assert "we do not like this one" in result.receipt.failures[0]
    kept = result.failures[0].ref
    assert kept is not None
    assert result.store.load(kept).body == ODD.body
    assert result.receipt.answered + result.receipt.missing == result.receipt.asked


def test_an_interrupted_plan_goes_on_where_it_stopped(client: Client) -> None:
    """After a stop in the middle, the same plan sends only what is left; same table."""
    ids = ek.sample_ids(client, 120)
    query = ek.Query("28hr", ids, ["impressions"])
    stopped, first = broken_client(client, {3: KeyboardInterrupt()})
    made = stopped.plan(query)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(made, progress=False)
    cut_off = ek.open(client._store.folder).latest  # type: ignore[union-attr]
    assert 0 < cut_off.receipt.answered < cut_off.receipt.asked
    assert set(cut_off.missing["status"]) == {"not_asked"}
    rest, second = broken_client(client, {})
    result = rest.run(made, progress=False)
    asked = Counter(one.key for one in [*first.seen[:2], *second.seen])
    assert set(asked.values()) == {1}
    assert result.receipt.missing == 0
    fresh = client.run(query, store=client._store.folder / "fresh", progress=False)  # type: ignore[union-attr]
    assert result.to_arrow().equals(fresh.to_arrow())


def test_the_parquet_file_holds_the_same_table(client: Client, tmp_path: Path) -> None:
    """Written and read by pandas: equal values and types; the same input gives the same bytes."""
    result = client.run(ek.Query("totals", ek.sample_ids(client, 20)), progress=False)
    first = result.to_parquet(tmp_path / "a" / "t.parquet")
    second = result.to_parquet(tmp_path / "u.parquet")
    assert first.read_bytes() == second.read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(first), result.to_pandas())


def test_a_clock_put_back_is_asked_anew() -> None:
    """Answers of what is the future now are not handed out again: the world was younger then."""
    with ek.connect("emulator", clock="2026-06-01T12:00:00Z") as client:
        assert client.emulator is not None
        (one,) = ek.sample_ids(client, 50)[-1:]
        late = client.totals([one], ["impressions"])
        client.emulator.clock.set(datetime(2026, 5, 28, tzinfo=UTC))
        early = client.totals([one], ["impressions"])
        assert client.emulator.requests_served == 2
    assert early["value"].iloc[0] < late["value"].iloc[0]
    assert early["observed_at"].iloc[0] == datetime(2026, 5, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "wrong", "nearest"),
    [
        ("totals", "metric", "metrics"),
        ("totals", "owner", "owners"),
        ("last_28_hours", "stop_afer", "stop_after"),
        ("historical", "periods", "period"),
        ("historical", "max_request", "max_requests"),
    ],
)
def test_a_misspelt_name_of_an_argument(call: str, wrong: str, nearest: str) -> None:
    """It is Python's own kind of error; it names the call, what there is, and the nearest."""
    with ek.connect("emulator") as client, pytest.raises(TypeError) as caught:
        getattr(client, call)(["20"], **{wrong: ["favorites"]})
    said = str(caught.value)
    assert said.startswith(f"{call}() has no argument {wrong!r}; allowed: ")
    assert said.endswith(f"Did you mean {nearest}?")
    names, _, _ = said.partition("allowed: ")[2].partition(". ")
    named = names.split(", ")
    method = inspect.signature(getattr(client, call))
    assert set(method.parameters) - {"tweet_ids", "options"} <= set(named)
    assert set(named) - set(method.parameters) == set(Options.__annotations__)


def test_what_is_like_no_argument() -> None:
    """Then no guess is made, and a period is none of the arguments of totals."""
    with (
        ek.connect("emulator") as client,
        pytest.raises(TypeError, match=r"no argument 'xyzzy'; allowed: metrics, .*stop_after\.$"),
    ):
        client.totals(["20"], xyzzy=1)  # type: ignore[call-arg]
