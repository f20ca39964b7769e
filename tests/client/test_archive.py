"""Opening a store again: the same tables and receipts, without keys or network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.answers.runs import Runs
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


class Failing:
    """A transport that works for some calls, and then is interrupted."""

    def __init__(self, inner: Any, calls: int) -> None:
        self.inner, self.left = inner, calls
        self.answered: list[str] = []

    def send(self, request: Request) -> Reply:
        """Send, until the calls are used up."""
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        reply: Reply = self.inner.send(request)
        self.answered.append(request.key)
        return reply


def failing(client: Client, calls: int, store: Path) -> tuple[Client, Failing]:
    """Make a client of the same emulator that is interrupted after some calls."""
    old = client.connection
    transport = Failing(old.transport, calls)
    made = Connection(transport, old.credentials, old.where, old.now, old.emulator)
    return Client(made, store=store, threads=1), transport


def mixed_ids(client: Client) -> list[str]:
    """Give own tweets with foreign and unavailable ones among them: 3 batches of 25."""
    world = client.emulator.world  # type: ignore[union-attr]
    foreign = world.sample_ids(world.accounts[1].name, 2, before=NOW - timedelta(days=4))
    gone = ek.sample_ids(client, 2, kind="unavailable")
    ids = ek.sample_ids(client, 71)
    return [foreign[0], *ids[:35], gone[0], foreign[1], *ids[35:], gone[1]]


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_an_interrupted_plan_goes_on_and_loses_nothing(
    client: Client, tmp_path: Path, calls: int
) -> None:
    """Stopped after any call: no call is made twice, and the table is the undisturbed one's."""
    query = ek.Query("28hr", mixed_ids(client), ["impressions"])
    whole = client.run(query, progress=False)
    assert whole.effort.sent == 5  # three batches, two of them asked again without a tweet
    stopped, first = failing(client, calls, tmp_path / "cut")
    made = stopped.plan(query)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(made, progress=False)
    rest, second = failing(client, 99, tmp_path / "cut")
    result = rest.run(made, progress=False)
    asked = first.answered + second.answered
    assert len(asked) == len(set(asked)) == 5
    assert result.to_arrow().equals(whole.to_arrow())
    assert ek.open(tmp_path / "cut").latest.to_arrow().equals(whole.to_arrow())


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_a_run_that_was_cut_off_shows_all_that_came(
    client: Client, tmp_path: Path, calls: int
) -> None:
    """Also the second answer of a batch that was refused first: every stored count is there."""
    query = ek.Query("28hr", mixed_ids(client), ["impressions"])
    stopped, _ = failing(client, calls, tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        stopped.run(query, progress=False)
    opened = ek.open(tmp_path / "cut").latest
    assert len(opened.refs) == calls
    table = opened.to_pandas()
    answers = [opened.store.load(ref) for ref in opened.refs]
    came = {
        one
        for answer in answers
        if answer.outcome == "answered"
        for one in answer.request.tweet_ids
    }
    assert set(table.loc[table["status"] == "not_asked", "tweet_id"]).isdisjoint(came)
    assert set(table["tweet_id"]) == set(query.tweet_ids)
    receipt = opened.receipt
    assert receipt.asked == receipt.answered + receipt.missing
    assert receipt.fates["not_asked"] > 0


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_opening_gives_the_same_table_and_receipt(client: Client, endpoint: Any) -> None:
    """After a run that reused answers, asked others and met every kind of trouble."""
    ids = mixed_ids(client)
    client.run(ek.Query(endpoint, ids[:30], ["impressions", "favorites"]), progress=False)
    result = client.run(ek.Query(endpoint, ids, ["impressions", "favorites"]), progress=False)
    assert result.receipt.reused
    assert result.receipt.effort.sent
    opened = ek.open(result.store.folder).latest
    assert opened.to_arrow().equals(result.to_arrow())
    assert opened.receipt == result.receipt
    assert opened.plan.requests == result.plan.requests
    assert opened.missing.equals(result.missing)


def test_failures_are_remembered(client: Client, tmp_path: Path) -> None:
    """A refused request stands in the opened receipt with the API's words."""
    old = client.connection

    class Refusing:
        def send(self, _request: Request) -> Reply:
            return Reply(400, {}, b'{"errors":["not like this"]}')

    other = Client(
        Connection(Refusing(), old.credentials, old.where, old.now, old.emulator),
        store=tmp_path / "bad",
    )
    result = other.run(ek.Query("totals", ek.sample_ids(client, 2), ["replies"]), progress=False)
    opened = ek.open(tmp_path / "bad").latest
    assert opened.receipt == result.receipt
    assert "not like this" in opened.receipt.failures[0]
    assert set(opened.missing["status"]) == {"refused"}
    assert opened.source is None  # nothing was answered


def test_an_archive_is_a_sequence_of_runs(client: Client) -> None:
    """Runs in order; index, slice, length and loop; the repr lists them."""
    ids = ek.sample_ids(client, 3)
    for count in (1, 2, 3):
        client.emulator.clock.travel(timedelta(minutes=1))  # type: ignore[union-attr]
        client.totals(ids[:count], ["replies"], progress=False)
    archive = ek.open(client._store.folder)  # type: ignore[union-attr]
    assert len(archive) == 3
    assert [len(one.plan.query.tweet_ids) for one in archive] == [1, 2, 3]
    assert [len(one.plan.query.tweet_ids) for one in archive[1:]] == [2, 3]
    assert len(archive[-1].to_pandas()) == len(archive.latest.to_pandas()) == 3
    assert "[2] 2026-06-01T12:3" in repr(archive)


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    """A folder that is not there, and one without runs."""
    with pytest.raises(ek.errors.StoreError, match="no store at"):
        ek.open(tmp_path / "nowhere")
    with pytest.raises(ek.errors.StoreError, match="holds no run"):
        _ = ek.open(tmp_path).latest


def test_no_file_of_a_store_holds_a_key(client: Client) -> None:
    """Neither raw answers nor records, read whole and unpacked."""
    result = client.run(ek.Query("28hr", mixed_ids(client), ["impressions"]), progress=False)
    world = client.emulator.world  # type: ignore[union-attr]
    secrets = [world.app.consumer_key, world.app.consumer_secret, world.app.bearer_token]
    secrets += [one.access_token for one in world.accounts]
    secrets += [one.access_token_secret for one in world.accounts]
    texts = [result.store.load(ref).to_bytes() for ref in result.refs]
    texts += [json.dumps(parts).encode() for _, parts in Runs(result.store.folder).all()]
    texts += [one.read_bytes() for one in result.store.folder.rglob("*") if one.is_file()]
    assert not [one for one in secrets for text in texts if one.encode() in text]


def test_a_store_of_followings_alone_says_so(tmp_path: Path) -> None:
    """It holds no run, and is no wrong folder; a folder of other things is."""
    assert repr(ek.open(tmp_path)).endswith(", 0 runs")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ek.errors.StoreError, match=r"no store: .*; is it the folder"):
        ek.open(tmp_path)
    (tmp_path / "follows" / "one").mkdir(parents=True)
    archive = ek.open(tmp_path)
    assert "0 runs, 1 following (.follows)" in repr(archive)
    with pytest.raises(ek.errors.StoreError, match=r"holds no run, but 1 following; .*\.follows"):
        _ = archive.latest


def test_the_newest_run_of_a_question(client: Client) -> None:
    """However many others came since; one that never ran is told."""
    ids = ek.sample_ids(client, 2)
    queries = [ek.Query("totals", ids, [one]) for one in ("replies", "retweets")]
    results = [client.run(query, progress=False) for query in queries]
    runs = ek.open(client.folder or pytest.fail("no store"))
    assert [runs.of(one).refs for one in queries] == [one.refs for one in results]
    with pytest.raises(ek.errors.StoreError, match="holds no run of this query"):
        runs.of(ek.Query("totals", ids, ["favorites"]))


def test_runs_that_were_cut_off_are_listed(client: Client) -> None:
    """Until the same question came to its end."""
    folder = client.folder or pytest.fail("no store")
    query = ek.Query("totals", ek.sample_ids(client, 600), ["replies"])
    client.run(query, stop_after=1, progress=False)
    assert [one.plan.query for one in ek.open(folder).unfinished] == [query]
    client.run(query, progress=False)
    assert ek.open(folder).unfinished == ()
