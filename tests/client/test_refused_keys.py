"""Keys of one account that the service does not accept: the others go on."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator of three accounts whose clock stands still."""
    with Emulator(World(), WorldClock(frozen=NOW)) as one:
        yield one


def question(emulator: Emulator, each: int = 60) -> ek.Query:
    """Ask for the last hours of tweets of all accounts, at two requests and more for each."""
    owners = {
        tweet: one.name
        for one in emulator.world.accounts
        for tweet in emulator.world.sample_ids(one.name, each, before=NOW)
    }
    return ek.Query("28hr", list(owners), ["impressions"], owners=owners)


@pytest.mark.parametrize("threads", [1, 4])
def test_a_revoked_token_is_its_own_accounts_matter(
    emulator: Emulator, tmp_path: Path, threads: int
) -> None:
    """The others' numbers come; it is asked once or little more, named, and told what helps."""
    emulator.revoke("acme")
    query = question(emulator)
    with ek.connect(emulator, store=tmp_path, threads=threads) as client:
        plan = client.plan(query)
        receipt = client.run(plan, progress=False).receipt
    mine = {tweet for tweet, name in dict(query.owners or ()).items() if name == "acme"}
    assert receipt.fates.keys() >= {"failed"}
    assert receipt.asked == receipt.answered + receipt.missing
    said = "\n".join(receipt.failures)
    assert "account acme: HTTP 401" in said
    assert "may have been revoked, or be another app" in said
    assert {one.status for one in emulator.log if one.account in {"birch", "cedar"}} == {200}
    statuses = Counter(one.status for one in emulator.log)
    assert 1 <= statuses[401] <= threads
    frame = ek.open(tmp_path).latest.to_pandas()
    failed = set(frame.loc[frame["status"] == "failed", "tweet_id"].astype(str))
    assert failed <= mine
    counted = frame.loc[frame["value"].notna(), "tweet_id"].astype(str)
    assert set(counted).isdisjoint(mine)
    assert set(counted)


def test_after_a_new_login_only_what_failed_is_asked(emulator: Emulator, tmp_path: Path) -> None:
    """What the others brought is in the store; the account's own is asked anew, and comes."""
    query = question(emulator)
    emulator.revoke("acme")
    with ek.connect(emulator, store=tmp_path) as client:
        first = client.run(query, progress=False)
    app, (acme, *others) = emulator.world.app, emulator.world.accounts
    token = emulator._service.state.grants.grant(app, acme)  # as a new walk would
    users = {one.name: (one.access_token, one.access_token_secret) for one in others}
    before = len(emulator.log)
    with ek.connect(
        base_url=emulator.base_url,
        store=tmp_path,
        consumer_key=app.consumer_key,
        consumer_secret=app.consumer_secret,
        users={"acme": (token.token, token.secret), **users},
    ) as client:
        again = client.run(query, progress=False, max_age=timedelta(hours=1))
    assert first.receipt.missing > again.receipt.missing == 0
    assert {(one.account, one.status) for one in emulator.log[before:]} == {("acme", 200)}


def test_where_nobody_is_accepted_the_run_ends_with_the_error(emulator: Emulator) -> None:
    """One account's own run, and one whose accounts are all refused: nothing else is sent."""
    emulator.revoke("acme")
    with ek.connect(emulator) as client:
        ids = ek.sample_ids(client, 60)
        with pytest.raises(ek.errors.AuthenticationFailed, match="account acme: HTTP 401") as said:
            client.run(ek.Query("28hr", ids, ["impressions"]), progress=False)
        assert said.value.signer == "account acme"
        for one in ("birch", "cedar"):
            emulator.revoke(one)
        with pytest.raises(ek.errors.AuthenticationFailed):
            client.run(question(emulator), progress=False)
    assert {one.status for one in emulator.log} == {401}


def test_the_receipt_says_that_keys_were_refused(emulator: Emulator, tmp_path: Path) -> None:
    """In words and as data, opened later; of a run that goes on well nothing of it is left."""
    emulator.revoke("acme")
    with ek.connect(emulator, store=tmp_path) as client:
        query = ek.Query("28hr", ek.sample_ids(client, 60), ["impressions"])
        with pytest.raises(ek.errors.AuthenticationFailed):
            client.run(query, progress=False)
    receipt = ek.open(tmp_path).latest.receipt
    assert receipt.to_dict()["stopped"] == "the keys were refused"
    assert "stopped early: the keys were refused; run the same again" in receipt.to_text()
    assert receipt.fates == {"not_asked": receipt.asked}


def test_app_only_is_a_signer_as_any_other(emulator: Emulator) -> None:
    """A bearer token that is not accepted takes no account's numbers away."""
    app, first = emulator.world.app, emulator.world.accounts[0]
    keys = {
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "access_token": first.access_token,
        "access_token_secret": first.access_token_secret,
        "bearer_token": "quite-another-token",
    }
    with ek.connect(base_url=emulator.base_url, **keys) as client:
        young = ek.sample_ids(client, 2)
        old = emulator.world.sample_ids("acme", 300, before=datetime(2026, 1, 1, tzinfo=UTC))
        query = ek.Query("totals", [*young, *old], ["impressions", "favorites"])
        frame = client.run(query, progress=False).to_pandas()
    by_id = frame.set_index("tweet_id")
    assert by_id.loc[young, "value"].notna().all()
    favorites = by_id.loc[old][lambda table: table["metric"] == "favorites"]
    assert set(favorites["status"]) == {"failed"}


def test_the_error_goes_to_other_processes_whole() -> None:
    """Its words, its signer and its advice."""
    error = ek.errors.AuthenticationFailed(401, ("no",), "k", signer="account acme")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own
    assert (str(again), again.signer, again.words) == (str(error), "account acme", ("no",))
    assert str(ek.errors.AuthenticationFailed(401)).startswith(
        "HTTP 401: (no readable text)\nCheck"
    )
