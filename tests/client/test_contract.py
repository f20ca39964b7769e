"""The contracted number of accounts: counted from the store, warned of, and stopped at."""

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
from engagement_kit.client.receipt import Receipt
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.fetch.transport import HttpTransport
from engagement_kit.fetch.wire import Reply
from engagement_kit.forms.model.code import connect_code
from engagement_kit.question.request import Request

NOW = datetime(2026, 11, 29, 12, 34, tzinfo=UTC)
WORLD = World(accounts=6)
NAMES = [one.name for one in WORLD.accounts]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator of six accounts whose clock stands still, near the end of a month."""
    with Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as one:
        yield one


def query_of(*names: str, endpoint: Any = "28hr", metric: str = "impressions") -> ek.Query:
    """Ask for a tweet of each account."""
    owners = {WORLD.sample_ids(name, 1, NOW)[0]: name for name in names}
    return ek.Query(endpoint, list(owners), [metric], owners=owners)


def run(client: Client, *names: str, **options: Any) -> Result:
    """Run without a bar."""
    return client.run(query_of(*names, **options), progress=False)


def test_plans_say_how_many_accounts_the_month_sees(emulator: Emulator, tmp_path: Path) -> None:
    """From this store's answers and what the plan still signs for; nothing without a number."""
    with ek.connect(emulator, store=tmp_path, contracted=3) as client:
        run(client, *NAMES[:2])
        made = client.plan(query_of(*NAMES[1:4]))
        assert made.usage is not None
        assert made.usage.before == set(NAMES[:2])
        assert made.usage.new == set(NAMES[2:4])
        said = "4 of 3 accounts in 2026-11, counted from this store: 1 too many, which is billed"
        assert ("contract", said) in made.lines()
        assert said in made._repr_html_()
        assert client.usage(made) == made.usage
    with ek.connect(emulator, store=tmp_path) as client:
        made = client.plan(query_of(*NAMES))
        assert made.usage is client.usage(made) is None
        assert "contract" not in dict(made.lines())


def test_a_run_warns_before_it_signs_for_one_too_many(emulator: Emulator, tmp_path: Path) -> None:
    """Once for each run that brings new accounts; those that signed before cost no more."""
    with ek.connect(emulator, store=tmp_path, contracted=2) as client:
        run(client, *NAMES[:2])
        with pytest.warns(ek.errors.AccountOverage, match=r"3 of 2 accounts in 2026-11.*cedar"):
            run(client, *NAMES[:3])
        emulator.clock.travel(timedelta(hours=2))
        run(client, *NAMES[:3])  # as many as before: no warning, which would fail this test
        with pytest.warns(ek.errors.AccountOverage, match=r"4 of 2 .* 2 too many"):
            run(client, NAMES[3])


def test_a_run_stops_before_one_too_many(emulator: Emulator, tmp_path: Path) -> None:
    """Nothing is sent; a second and a third run of the month count what the first ones signed."""
    with ek.connect(emulator, store=tmp_path, contracted=2, overage="stop") as client:
        run(client, NAMES[0])
        run(client, NAMES[1])
        before = emulator.requests_served
        with pytest.raises(ek.errors.AccountsExceeded, match=r"3 of 2 .* Nothing was sent"):
            run(client, NAMES[2])
        with pytest.raises(ek.errors.AccountsExceeded):  # as forms do, before anybody clicks
            client.check_contract(client.plan(query_of(NAMES[2])))
        with pytest.raises(ek.errors.AccountsExceeded):
            client.run(client.plan(query_of(*NAMES)), progress=False)
        assert emulator.requests_served == before
    with ek.connect(emulator, store=tmp_path, contracted=2, overage="stop") as client:
        with pytest.raises(ek.errors.AccountsExceeded):
            run(client, NAMES[2])
        assert emulator.requests_served == before
        emulator.clock.travel(timedelta(days=3))  # another month
        owned = WORLD.sample_ids(NAMES[2], 1, client.now())
        query = ek.Query("28hr", owned, ["impressions"], owners=NAMES[2])
        assert client.run(query, progress=False).receipt.by_account == {NAMES[2]: 1}


def test_a_plan_is_counted_anew_where_it_is_run(emulator: Emulator, tmp_path: Path) -> None:
    """In another month, or under another contract, what a plan once counted holds no longer."""
    with ek.connect(emulator, store=tmp_path, contracted=2, overage="stop") as client:
        run(client, *NAMES[:2])
        made = client.plan(query_of(NAMES[2], endpoint="totals"))
        assert made.usage is not None
        assert made.usage.exceeds
        with pytest.raises(ek.errors.AccountsExceeded):
            client.run(made, progress=False)
        emulator.clock.travel(timedelta(days=3))
        found = client.run(made, progress=False).plan.usage
        assert found is not None
        assert (found.month, found.all) == ("2026-12", {NAMES[2]})
    emulator.clock.set(NOW)
    again = query_of(NAMES[3], endpoint="totals")
    with ek.connect(emulator, store=tmp_path, contracted=1, overage="stop") as client:
        made = client.plan(again)
    with ek.connect(emulator, store=tmp_path, contracted=6, overage="stop") as client:
        found = client.run(made, progress=False).plan.usage
        assert found is not None
        assert (found.contracted, found.over) == (6, 0)
    with ek.connect(emulator, store=tmp_path) as client:
        assert client.run(made, progress=False).plan.usage is None


def test_what_went_over_is_told_by_name_and_after(emulator: Emulator, tmp_path: Path) -> None:
    """The plan names those that are new, the receipt keeps it; without a plan: who signed."""
    with ek.connect(emulator, store=tmp_path, contracted=1) as client:
        within = run(client, NAMES[0])
        assert ("contract" in dict(within.receipt.lines()), within.receipt.contract) == (False, "")
        made = client.plan(query_of(*NAMES[:3]))
        assert ("first time this month", "birch, cedar") in made.lines()
        with pytest.warns(ek.errors.AccountOverage):
            receipt = client.run(made, progress=False).receipt
        said = "3 of 1 account in 2026-11, counted from this store: 2 too many, which are billed"
        assert dict(receipt.lines())["contract"] == said
        assert json.loads(receipt.to_json())["contract"] == said
        assert [one.receipt.contract for one in ek.open(tmp_path)] == ["", said]
        found = client.usage()
        assert found is not None
        assert (found.before, found.new) == (set(NAMES[:3]), frozenset())
        assert "first time this month" not in dict(found.lines())
    with ek.connect(emulator, store=tmp_path) as client:
        assert client.usage() is None


def test_warnings_point_at_who_asked(emulator: Emulator) -> None:
    """By `run`, by a question in one line, and by tries of keys: the line outside of the kit."""
    owned = WORLD.sample_ids(NAMES[1], 1, NOW)
    ways: list[Any] = [
        lambda client: run(client, NAMES[0]),
        lambda client: client.totals(owned, ["impressions"], owners=NAMES[1], progress=False),
        lambda client: client.try_keys(accounts=[NAMES[2]]),
    ]
    with ek.connect(emulator, contracted=0) as client:
        for way in ways:
            with pytest.warns(ek.errors.AccountOverage) as caught:
                way(client)
            assert [one.filename for one in caught] == [__file__]


def test_an_account_under_its_name_and_its_id_counts_once(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Asked by a kit that knew the user id alone, and now by one that knows the name."""
    first = WORLD.accounts[0]
    with ek.connect(emulator, store=tmp_path, contracted=1, overage="stop") as client:
        found = client.connection
        keys = replace(
            found.credentials,
            users={first.user_id: found.credentials.users[first.name]},
            account=first.user_id,
            aliases={},
        )
        where = replace(found.where, account=first.user_id, accounts=(first.user_id,), aliases=())
        sender = HttpTransport(emulator.base_url, keys, "tests", adapter=emulator.adapter())
        earlier = Client(
            replace(found, credentials=keys, where=where, transport=sender), store=tmp_path
        )
        owned = WORLD.sample_ids(first.name, 2, NOW)
        query = ek.Query("totals", owned[:1], ["impressions"], owners=first.user_id)
        receipt = earlier.run(query, progress=False).receipt
        assert receipt.by_account == {first.user_id: 1}
        usage = run(client, first.name).plan.usage
        assert usage is not None
        assert (usage.all, usage.over) == ({first.name}, 0)


def test_app_only_requests_name_no_account(emulator: Emulator, tmp_path: Path) -> None:
    """Public metrics of anybody's tweets cost no account of the contract."""
    with ek.connect(emulator, store=tmp_path, contracted=0, overage="stop") as client:
        result = run(client, *NAMES, endpoint="totals", metric="favorites")
        assert result.receipt.by_account == {None: 1}
        with pytest.raises(ek.errors.AccountsExceeded, match="1 of 0 accounts"):
            run(client, NAMES[0])


def test_what_a_run_that_goes_on_still_signs_for(emulator: Emulator, tmp_path: Path) -> None:
    """Accounts whose part of the plan is answered sign no more: in a new month they are not new."""
    emulator.clock.set(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    query = query_of(*NAMES[:3], endpoint="historical")
    send = HttpTransport.send

    def cut_off(self: HttpTransport, request: Request) -> Reply:
        if emulator.requests_served:
            raise ek.errors.EngagementError("cut off")
        return send(self, request)

    with ek.connect(emulator, store=tmp_path, threads=1, contracted=3) as client:
        with (
            patch.object(HttpTransport, "send", cut_off),
            pytest.raises(ek.errors.EngagementError, match="cut off"),
        ):
            client.run(query, progress=False)
        done = {one.account for one in emulator.log}
        assert len(done) == 1
        emulator.clock.travel(timedelta(hours=1))
        usage = client.plan(query).usage
        assert usage is not None
        assert (usage.month, usage.before) == ("2026-12", frozenset())
        assert usage.planned == set(NAMES[:3]) - done


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"contracted": -1}, "contracted: -1: allowed: a whole number from 0, or None"),
        ({"contracted": True}, "contracted: True"),
        ({"contracted": 2.5}, "contracted: 2.5"),
        ({"contracted": 2, "overage": "bill"}, "overage: 'bill': allowed: warn, stop"),
        ({"overage": "stop"}, "needs the contract's number of accounts. Example: contracted=20."),
    ],
)
def test_numbers_that_mean_nothing_are_refused(options: dict[str, Any], said: str) -> None:
    """Before anything is started."""
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.connect("emulator", **options)
    assert said in str(caught.value)


def test_the_code_of_a_form_keeps_to_the_contract() -> None:
    """What a client was connected with stands in the call that makes it again."""
    with ek.connect("emulator", contracted=2, overage="stop") as client:
        code = connect_code(client)
    assert "contracted=2" in code
    assert 'overage="stop"' in code


# --- counts by account ----------------------------------------------------------------------------
def test_plan_and_receipt_count_by_account(emulator: Emulator, tmp_path: Path) -> None:
    """In words, in a table where there are several, and as data that JSON can hold."""
    own = {one: name for name in NAMES[:2] for one in WORLD.sample_ids(name, 30, NOW)}
    own |= dict.fromkeys(WORLD.sample_ids(NAMES[1], 10, NOW - timedelta(days=20)), NAMES[1])
    with ek.connect(emulator, store=tmp_path) as client:
        made = client.plan(ek.Query("28hr", list(own), ["impressions"], owners=own))
        assert made.by_account == {"acme": 2, "birch": 2}
        assert ("accounts", "acme 2 requests, birch 2") in made.lines()
        assert "Requests by account" in made._repr_html_()
        receipt = client.run(made, progress=False).receipt
        alone = client.run(query_of("acme"), progress=False)
    assert receipt.by_account == made.by_account
    assert ("sent by account", "acme 2 requests, birch 2") in receipt.lines()
    assert "Requests sent by account" in receipt.to_html()
    data = json.loads(receipt.to_json())
    assert (data["by_account"], data["app_only"], data["sent"]) == ({"acme": 2, "birch": 2}, 0, 4)
    assert "by account</caption>" not in alone.plan._repr_html_() + alone.receipt.to_html()


def test_a_receipt_of_an_older_kit_counts_nothing_by_account() -> None:
    """Made by hand, or of a record without such counts, it claims none."""
    receipt = Receipt(asked=1, answered=1, fates={})
    assert receipt.by_account == {}
    assert "sent by account" not in dict(receipt.lines())


def test_tries_of_keys_stop_before_an_overage(emulator: Emulator) -> None:
    """They sign as any request does; of the accounts that the contract covers they may."""
    with ek.connect(emulator, contracted=2, overage="stop") as client:
        with pytest.raises(ek.errors.AccountsExceeded, match="6 of 2 accounts"):
            client.try_keys()
        assert emulator.requests_served == 0
        assert client.try_keys(accounts=["acme", "birch"]).all_accepted
