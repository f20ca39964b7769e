"""Keys come and go: what the store holds serves, and the rest is asked by what keys there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.record import plan_of, plan_record
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.fetch.transport import HttpTransport
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request
from engagement_kit.question.where import Where

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WORLD = World()
ACME, BIRCH, CEDAR = (one.name for one in WORLD.accounts)
PERIOD = ek.between("2026-05-01", "2026-05-15")
OWNERS = {
    one: name
    for name in (ACME, BIRCH, CEDAR)
    for one in WORLD.sample_ids(name, 10, datetime(2026, 5, 1, tzinfo=UTC))
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator whose clock stands still."""
    with Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as one:
        yield one


def connect(emulator: Emulator, store: Path, *names: str) -> Client:
    """Connect with the keys of some accounts alone."""
    found = ek.connect(emulator).connection
    users = {one: keys for one, keys in found.credentials.users.items() if one in names}
    keys = replace(found.credentials, users=users)
    where = replace(found.where, accounts=names)
    sender = HttpTransport(emulator.base_url, keys, "tests", adapter=emulator.adapter())
    made = replace(found, credentials=keys, where=where, transport=sender)
    return Client(made, store=store, threads=1)


def query_of(*names: str, period: Any = PERIOD, **options: Any) -> ek.Query:
    """Ask for days of the tweets of some accounts."""
    owners = {one: name for one, name in OWNERS.items() if name in names}
    options = {"by": "day", **options} if "groupings" not in options else options
    return ek.Query(
        "historical", list(owners), ["impressions"], period=period, owners=owners, **options
    )


def run(client: Client, query: Any, **options: Any) -> Any:
    """Run without a bar."""
    return client.run(query, progress=False, **options)


def test_what_is_stored_needs_no_keys(emulator: Emulator, tmp_path: Path) -> None:
    """Counts of an account whose keys are gone serve as before; nothing is asked, or missing."""
    first = run(connect(emulator, tmp_path, ACME, BIRCH), query_of(BIRCH))
    client = connect(emulator, tmp_path, ACME)
    before = emulator.requests_served
    again = run(client, query_of(BIRCH))
    assert emulator.requests_served == before
    assert again.plan.unobtainable == ()
    assert again.to_arrow().equals(first.to_arrow())
    mixed = run(client, query_of(ACME, BIRCH))
    assert mixed.receipt.missing == 0
    assert mixed.receipt.by_account == {ACME: 1}


def test_what_is_not_owned_is_told_apart_after_a_run(emulator: Emulator, tmp_path: Path) -> None:
    """Whose keys were missing, with who may be meant, and to whom what was refused; in tweets."""
    ids = list(OWNERS)
    owners = dict.fromkeys(ids[:10], ACME) | dict.fromkeys(ids[10:12], ACME)  # two are birch's
    owners |= dict.fromkeys(ids[20:23], "acmee")
    query = ek.Query("historical", list(owners), ["impressions"], period=PERIOD, owners=owners)
    client = connect(emulator, tmp_path, ACME, BIRCH)
    receipt = run(client, query).receipt
    keyless, refused = receipt.not_owned
    assert keyless.startswith("3 tweets: no keys of account acmee")
    assert "Did you mean acme?" in keyless
    assert refused.startswith("2 tweets: refused to acme")
    assert [text for label, text in receipt.lines() if label == "not_owned because"] == [
        keyless, refused,
    ]  # fmt: skip
    assert json.loads(receipt.to_json())["not_owned"] == [keyless, refused]
    assert "Did you mean acme?" in receipt.to_html()
    (again,) = (one.receipt for one in ek.open(tmp_path))
    assert again.not_owned == receipt.not_owned
    right = run(client, query_of(ACME)).receipt
    assert right.not_owned == ()
    assert "Whose keys" not in right.to_html()


def test_what_the_store_lacks_of_an_account_without_keys(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The rest of tweets of which stored counts serve is told by its account, too."""
    run(connect(emulator, tmp_path, ACME, BIRCH), query_of(BIRCH))
    longer = query_of(ACME, BIRCH, period=ek.between("2026-04-24", "2026-05-22"))
    receipt = run(connect(emulator, tmp_path, ACME), longer).receipt
    assert receipt.fates.keys() >= {"not_owned"}
    assert receipt.not_owned == ("10 tweets: no keys of account birch",)


def test_a_plan_of_more_keys_than_there_are_sends_nothing(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Made where birch had keys, and run where there are none: refused whole, before a call."""
    made = connect(emulator, tmp_path, ACME, BIRCH).plan(query_of(ACME, BIRCH))
    assert made.keys_missing == ()
    client = connect(emulator, tmp_path, ACME)
    for way in (client.check_keys, lambda one: run(client, one)):
        with pytest.raises(ek.errors.CredentialsMissing, match="'birch'"):
            way(made)
    assert emulator.requests_served == 0


def app_only(emulator: Emulator, store: Path | None) -> Client:
    """Connect with a bearer token alone."""
    found = ek.connect(emulator).connection
    none: dict[str, Any] = {"consumer_key": None, "consumer_secret": None, "users": {}}
    keys = replace(found.credentials, **none, account="", aliases={})
    where = replace(found.where, account="", credentials=("app",), accounts=(), aliases=())
    sender = HttpTransport(emulator.base_url, keys, "tests", adapter=emulator.adapter())
    return Client(replace(found, credentials=keys, where=where, transport=sender), store=store)


@pytest.mark.parametrize("endpoint", ["28hr", "historical"])
@pytest.mark.parametrize("owners", [None, "acme", ["acme", None]])
def test_app_only_keys_ask_nothing_of_28hr_and_historical(
    emulator: Emulator, endpoint: Any, owners: Any
) -> None:
    """The plan says so before; a run sends nothing, and says who would have to log in."""
    query = ek.Query(endpoint, list(OWNERS)[:2], ["impressions", "favorites"], owners=owners)
    client = app_only(emulator, None)
    made = client.plan(query)
    assert (len(made), made.price.numbers, made.by_account) == (0, 0, {})
    assert "app-only keys may ask for public metrics on totals alone" in repr(made)
    assert {one.status for one in made.unobtainable} == {"not_offered"}
    assert "" not in made.keys_missing
    for asked in (query, made):
        with pytest.raises(ek.errors.CredentialsMissing, match=r"app-only keys alone.*Log in"):
            run(client, asked)
    assert emulator.requests_served == 0


def test_app_only_keys_serve_with_what_is_stored(emulator: Emulator, tmp_path: Path) -> None:
    """Counts that an account asked before need no keys at all; on totals public metrics are had."""
    first = run(connect(emulator, tmp_path, ACME), query_of(ACME))
    client = app_only(emulator, tmp_path)
    assert run(client, query_of(ACME)).to_arrow().equals(first.to_arrow())
    totals = ek.Query("totals", list(OWNERS), ["favorites", "impressions"], owners=OWNERS)
    receipt = run(client, totals).receipt
    assert (receipt.answered, receipt.fates) == (len(OWNERS), {"not_offered": len(OWNERS)})
    assert receipt.by_account == {None: 1}


def test_a_plan_made_without_a_client_is_signed_by_whose_keys_there_are(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Owners are read as by a client: in any case, by user id; who has no keys is told."""
    client = connect(emulator, tmp_path, ACME)
    there = ek.plan(query_of(ACME), now=NOW, where=Where(client.connection.where.service))
    query = replace_owner(query_of(ACME), "@ACME")
    made = ek.plan(query, now=NOW, where=there.where)
    result = run(client, made)
    assert (result.receipt.missing, result.receipt.by_account) == (0, {ACME: 1})
    again = run(client, made)
    assert again.receipt.effort.sent == 0
    foreign = ek.plan(replace_owner(query, BIRCH), now=NOW, where=there.where)
    with pytest.raises(ek.errors.CredentialsMissing, match="'birch'"):
        run(client, foreign)
    apart = ek.plan(query, now=NOW, where=replace(there.where, credentials=("app",)))
    with pytest.raises(ek.errors.CredentialsMissing, match="app-only keys alone"):
        run(client, apart)


def replace_owner(query: ek.Query, owner: str) -> ek.Query:
    """Ask the same of one owner."""
    by: Any = query.by
    return ek.Query(
        query.endpoint, query.tweet_ids, query.metrics, by=by, period=query.period, owners=owner
    )


def test_of_a_part_that_is_stored_the_rest_has_its_reason(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Days that were counted before stand in the table; the others are not owned, and said so."""
    run(connect(emulator, tmp_path, ACME, BIRCH), query_of(BIRCH))
    client = connect(emulator, tmp_path, ACME)
    longer = ek.between("2026-04-24", "2026-05-22")
    made = client.plan(query_of(ACME, BIRCH, period=longer))
    assert {one.account for one in made.requests} == {ACME}
    assert {one.account for one in made.unsigned} == {BIRCH}
    assert "tweets of birch: no keys of that account" in repr(made)
    result = run(client, made)
    table = result.to_pandas()
    theirs = table[table["tweet_id"].astype(str).map(OWNERS) == BIRCH]
    inside = (theirs["start"] >= "2026-05-01") & (theirs["start"] < "2026-05-15")
    seen = theirs["status"] == "observed"
    assert set(theirs.loc[~seen, "status"]) == {"not_owned"}
    assert not inside[~seen].any()
    assert seen.sum() == 140
    mine = table[table["tweet_id"].astype(str).map(OWNERS) == ACME]
    assert set(mine["status"]) == {"observed"}
    assert ek.open(tmp_path).latest.to_arrow().equals(result.to_arrow())
    with pytest.raises(ek.errors.CredentialsMissing, match="'birch'"):
        run(client, query_of(BIRCH, period=longer))


def test_raw_groupings_that_are_stored_need_no_keys(emulator: Emulator, tmp_path: Path) -> None:
    """An answer just as it was written serves again; another one can't be asked."""
    raw = query_of(BIRCH, groupings={"sum": ["engagement.type"]})
    first = run(connect(emulator, tmp_path, ACME, BIRCH), raw)
    client = connect(emulator, tmp_path, ACME)
    assert run(client, raw).to_arrow().equals(first.to_arrow())
    with pytest.raises(ek.errors.CredentialsMissing, match="'cedar'"):
        run(client, query_of(CEDAR, groupings={"sum": ["engagement.type"]}))


def test_a_history_tells_of_counts_from_when_there_were_keys(
    emulator: Emulator, tmp_path: Path
) -> None:
    """As of a moment, and each time: what was counted then is no less true."""
    first = run(connect(emulator, tmp_path, ACME, BIRCH), query_of(BIRCH))
    client = connect(emulator, tmp_path, ACME)
    result = run(client, query_of(ACME, BIRCH))
    then = result.to_pandas(as_of=NOW)
    assert then["value"].notna().all()
    history = result.to_pandas(history=True)
    assert len(history) == len(then) == 2 * len(first.to_pandas())


def cut_off(emulator: Emulator, client: Client, query: ek.Query, after: int = 1) -> None:
    """Let a run end after some requests."""
    send, before = HttpTransport.send, emulator.requests_served

    def cut(self: HttpTransport, request: Request) -> Reply:
        if emulator.requests_served - before >= after:
            raise ek.errors.EngagementError("cut off")
        return send(self, request)

    with (
        patch.object(HttpTransport, "send", cut),
        pytest.raises(ek.errors.EngagementError, match="cut off"),
    ):
        run(client, query)


def test_keys_that_came_since_are_used(emulator: Emulator, tmp_path: Path) -> None:
    """A run that was cut off lacked some keys: with them all is asked, and nothing twice."""
    query = query_of(ACME, BIRCH, CEDAR, period=ek.between("2026-03-01", "2026-05-15"))
    every = (ACME, BIRCH, CEDAR)
    total = len(connect(emulator, tmp_path / "new", *every).plan(query))
    cut_off(emulator, connect(emulator, tmp_path, ACME, BIRCH), query)
    assert 0 < emulator.requests_served < total
    emulator.clock.travel(timedelta(hours=2))
    result = run(connect(emulator, tmp_path, *every), query)
    assert result.receipt.missing == 0
    assert emulator.requests_served == total


def test_keys_that_went_are_missed(emulator: Emulator, tmp_path: Path) -> None:
    """What an account counted before the run was cut off stays; the rest says why it is missing."""
    query = query_of(ACME, BIRCH, period=ek.last(days=60))
    cut_off(emulator, connect(emulator, tmp_path, ACME, BIRCH), query, after=3)
    result = run(connect(emulator, tmp_path, ACME), query)
    table = result.to_pandas()
    lost = table[table["status"] != "observed"]
    assert set(lost["status"]) == {"not_owned"}
    assert set(lost["tweet_id"].astype(str).map(OWNERS)) == {BIRCH}


def test_other_keys_that_came_change_no_run(emulator: Emulator, tmp_path: Path) -> None:
    """An account of which nothing is asked: the run goes on by its own plan."""
    query = query_of(ACME, period=ek.last(days=60))
    cut_off(emulator, connect(emulator, tmp_path, ACME), query)
    emulator.clock.travel(timedelta(hours=2))
    made = connect(emulator, tmp_path, ACME, BIRCH).plan(query)
    assert made.begun
    assert (made.now, made.where.accounts) == (NOW, (ACME,))
    assert len(ek.open(tmp_path)) == 1


def test_records_of_older_kits_are_read(emulator: Emulator, tmp_path: Path) -> None:
    """They do not say who had keys: the plan is made as it was then."""
    made = connect(emulator, tmp_path, ACME, BIRCH).plan(query_of(ACME, BIRCH))
    record = json.loads(json.dumps(plan_record(made)))
    assert plan_of(record, ()).where == made.where
    del record["where"]["accounts"], record["where"]["aliases"]
    old = plan_of(record, ())
    assert (old.where.accounts, old.requests) == (None, made.requests)
