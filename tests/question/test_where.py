"""To whom a plan is addressed, and whose keys sign for it."""

from __future__ import annotations

import numpy as np

import engagement_kit as ek
from engagement_kit.question.where import APP_ONLY, Where

IDS = ["20", "21", "22"]
OWNERS = ["acme", "birch", None]
APP = Where(account="", credentials=("app",), accounts=())


def test_numbers_of_an_emulator_are_not_live() -> None:
    """The name of the service says which they are."""
    assert Where().source == "live"
    assert Where(service="emulator:standard").source == "emulator"


def test_without_user_keys_nobody_signs_but_on_totals() -> None:
    """There, app-only keys ask what is public, and no owner's keys are looked for."""
    totals, hours = (ek.Query(one, IDS, ["favorites"], owners=OWNERS) for one in ("totals", "28hr"))
    assert not APP.signs
    assert APP.owned(totals).without_keys == ()
    assert APP.owned(hours).rows.all()
    assert APP.lacking(totals) == []
    ((reason, rows),) = APP.lacking(hours)
    assert (reason, rows.tolist()) == (APP_ONLY, [0, 1, 2])
    ((_, some),) = APP.lacking(hours, np.array([0, 2]))
    assert some.tolist() == [1]
    assert APP.lacking(hours, np.array([0, 1, 2])) == []


def test_with_user_keys_it_is_said_whose_are_missing() -> None:
    """By name; where it is not known whose there are, none are missing."""
    query = ek.Query("28hr", IDS, ["favorites"], owners=OWNERS)
    where = Where(account="acme", accounts=("acme",))
    assert where.signs
    ((reason, rows),) = where.lacking(query)
    assert reason.startswith("no keys of account birch")
    assert rows.tolist() == [1]
    assert where.lacking(query, np.array([1])) == []
    ((reason, _),) = where.lacking(ek.Query("28hr", IDS, ["favorites"], owners="acmee"))
    assert reason.endswith("Did you mean acme?")
    assert Where(account="acme").lacking(query) == []
    alias = Where(account="acme", accounts=("acme",), aliases=(("7", "acme"),))
    assert alias.owned(ek.Query("28hr", IDS, owners="7")).accounts == ("acme",)


def test_owners_are_the_same_where_each_tweet_has_the_same_signer() -> None:
    """Names, keys and tweets: a difference in one of them is one."""
    where = Where(account="acme", accounts=("acme", "birch"))
    query, swapped = (ek.Query("28hr", IDS, owners=one) for one in (OWNERS, ["birch", "acme", "x"]))
    found = where.owned(query)
    assert found.signs_as(where.owned(query))
    assert not found.signs_as(where.owned(swapped))
    assert not found.signs_as(Where(account="acme", accounts=("acme",)).owned(query))
    other = where.owned(ek.Query("28hr", IDS, owners=["acme", "birch", "birch"]))
    assert found.accounts == other.accounts
    assert not found.signs_as(other)


def test_a_plan_made_without_knowing_meets_the_keys_that_there_are() -> None:
    """Service and keys are the client's; kinds of keys and reach stay as they were chosen."""
    there = Where("emulator:x", "birch", ("user", "app"), accounts=("acme", "birch"))
    made = Where(account="acme", credentials=("user",), profile="overview")
    met = made.met(there)
    assert (met.service, met.account, met.accounts) == ("emulator:x", "acme", there.accounts)
    assert (met.credentials, met.profile) == (("user",), "overview")
    assert Where(account="dune").met(there).account == "birch"
    assert Where(account="dune").met(APP).account == ""
    assert Where().met(APP).credentials == ("app",)
