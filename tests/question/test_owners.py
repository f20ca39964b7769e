"""Who wrote which tweet: what a person says, and whose keys that means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.owned import lacking, one_name, owned
from engagement_kit.question.plan import Where, plan

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDS = ["2000000000000000001", "2000000000000000002", "2000000000000000003"]
NAMES = ["acme", "Birch", None]
PAIRS = ((IDS[0], "acme"), (IDS[1], "Birch"))


def problem_of(tweet_ids: Any, owners: Any) -> str:
    """Give what is wrong with owners, as a person reads it."""
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.Query("totals", tweet_ids, owners=owners)
    assert {one.field for one in caught.value.problems} == {"owners"}
    return str(caught.value)


@pytest.mark.parametrize(
    "column",
    [
        NAMES,
        tuple(NAMES),
        iter(NAMES),
        ["@acme ", " Birch", float("nan")],
        pd.Series(NAMES, index=[7, 8, 9]),
        pd.Series(NAMES, dtype="string"),
        pd.Series(NAMES, dtype="category"),
        pd.Series(NAMES, dtype=pd.ArrowDtype(pa.string())),
        pd.Index(NAMES),
        np.array(NAMES, dtype=object),
        pa.array(NAMES),
        pa.chunked_array([NAMES[:1], NAMES[1:]]),
        pa.array(NAMES).dictionary_encode(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_column_beside_the_ids_is_a_mapping(column: Any) -> None:
    """Whatever library it is of; nulls are not known; the same question has the same key."""
    query = ek.Query("28hr", IDS, owners=column)
    same = ek.Query("28hr", IDS, owners={IDS[1]: "Birch", IDS[0]: "acme"})
    assert query.owners == PAIRS
    assert (query, hash(query), query.key) == (same, hash(same), same.key)
    assert ek.Query.from_dict(query.to_dict()) == query


def test_columns_of_one_frame_go_together() -> None:
    """``df["author"]`` beside ``df["id"]``, ids as whole numbers, repeats among them."""
    frame = pd.DataFrame({"id": [int(one) for one in [*IDS, IDS[0]]], "author": [*NAMES, "acme"]})
    for table in (frame, pa.Table.from_pandas(frame)):
        query = ek.Query("28hr", table["id"], owners=table["author"])
        assert (query.tweet_ids, query.owners) == (tuple(IDS), PAIRS)
    text = ek.Query("28hr", " ".join(IDS), owners=NAMES)
    generated = ek.Query("28hr", (one for one in IDS), owners=(one for one in NAMES))
    assert text.owners == generated.owners == PAIRS


def test_user_ids_are_owners_too() -> None:
    """As text or whole numbers, also as keys of a mapping; they come out as text."""
    wanted = ((IDS[0], "12"), (IDS[1], "34"))
    ids = [int(one) for one in IDS]
    for owners in ([12, "34", None], pd.Series([12, 34, None], dtype="Int64"), [12, "@34", None]):
        assert ek.Query("totals", IDS, owners=owners).owners == wanted
    assert ek.Query("totals", IDS, owners={ids[0]: 12, ids[1]: "34"}).owners == wanted
    assert ek.Query("totals", IDS, owners="@Acme").owners == "Acme"


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ([12.0, 34.0, float("nan")], "12.0, 34.0: a float loses digits"),
        (["1.5E+09", "a", "b"], "a spreadsheet rounded this user id"),
        (["", "a", "b"], "one account's name or user id"),
        ([True, "a", "b"], "True: an owner is one account's name"),
        ([["acme"], "a", "b"], "one account's name or user id"),
        (NAMES[:2], "2 owners for 3 tweet ids"),
        ([*NAMES, "acme"], "4 owners for 3 tweet ids"),
        ({"acme"}, "a set has no order"),
        (b"acme", "or a column"),
    ],
)
def test_columns_that_are_refused(owners: Any, said: str) -> None:
    """What is no name, and what does not stand beside the ids, is said in words."""
    assert said in problem_of(IDS, owners)


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, np.float64("nan")])
def test_a_null_in_a_mapping_is_not_known(nothing: Any) -> None:
    """As in a column: the others are read."""
    assert ek.Query("28hr", ["20", "21"], owners={"20": nothing, "21": 7}).owners == (("21", "7"),)


def test_one_user_id_owns_them_all() -> None:
    """As a whole number, as in a column."""
    for one in (12345, np.int64(12345), "12345"):
        assert ek.Query("28hr", ["20", "21"], owners=one).owners == "12345"


@pytest.mark.parametrize("kind", [str, int])
def test_a_series_with_ids_as_its_index_is_read_by_them(kind: Any) -> None:
    """In whatever order, and of whichever more tweets; another index says nothing."""
    owners = pd.Series({kind(22): "cedar", kind(20): "acme", kind(23): "dune", kind(21): None})
    found = ek.Query("28hr", ["20", "21", "22"], owners=owners).owners
    assert found == (("20", "acme"), ("22", "cedar"))
    other = pd.Series(["acme", "birch", "cedar"], index=[7, 5, 6])
    found = ek.Query("28hr", ["20", "21", "22"], owners=other).owners
    assert found == (("20", "acme"), ("21", "birch"), ("22", "cedar"))


def test_the_address_of_a_page_names_its_account() -> None:
    """Of an account, or of a tweet; on either host."""
    pages = [
        "https://x.com/acme", "twitter.com/@acme/", "https://www.x.com/acme?lang=de",
        "https://mobile.twitter.com/acme/status/20",
    ]  # fmt: skip
    ids = [str(one) for one in range(20, 20 + len(pages))]
    assert ek.Query("28hr", ids, owners=pages).owners == tuple((one, "acme") for one in ids)


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ("Birch Ltd.", "'Birch Ltd.': no account's name"),
        (["acme", "Müller"], "'Müller': no account's name"),
        (["acme", "https://example.com/acme"], "no account's name"),
        ({"20": "a" * 51}, "no account's name"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "DataFrame: a table has several columns"),
        ({"20": ["acme"]}, "one account's name, a mapping of"),
        (True, "one account's name, a mapping of"),
    ],
)
def test_what_names_nobody_is_refused_with_words(owners: Any, said: str) -> None:
    """A display name, an address of elsewhere, a whole table, a list where a name belongs."""
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.Query("28hr", ["20", "21"], owners=owners)
    assert said in str(caught.value)


def test_a_name_comes_before_a_user_id() -> None:
    """Where an account is called as another's user id reads, the name is meant."""
    query = ek.Query("28hr", ["20"], owners="7")
    found = owned(query, "acme", ["acme", "birch", "7"], {"7": "birch"})
    assert found.accounts == ("7",)
    assert owned(query, "acme", ["acme", "birch"], {"7": "birch"}).accounts == ("birch",)


def test_names_that_look_like_numbers_are_names() -> None:
    """An account may be called 2e5; only what a spreadsheet writes is refused."""
    assert ek.Query("totals", IDS[:1], owners=["2e5"]).owners == ((IDS[0], "2e5"),)


def test_a_tweet_with_two_owners_is_named() -> None:
    """A repeated id must have one owner; other cases and nulls of it are no other owner."""
    said = problem_of([IDS[0], IDS[1], IDS[0]], ["acme", None, "birch"])
    assert f"tweet {IDS[0]}: acme and birch" in said
    assert "two owners" in problem_of(IDS, {IDS[0]: "acme", int(IDS[0]): "birch"})
    same = ek.Query("totals", [IDS[0], IDS[0], IDS[0]], owners=[None, "Acme", "@acme"])
    assert same.owners == ((IDS[0], "Acme"),)
    assert "a set of ids has no order" in problem_of(set(IDS), NAMES)


@given(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from([*NAMES, "acme"])), min_size=1))
def test_a_column_says_what_its_pairs_say(pairs: list[tuple[str, str | None]]) -> None:
    """Whatever repeats there are: the same as a mapping, or two owners of one tweet."""
    owners: dict[str, set[str]] = {}
    for one, name in pairs:
        owners.setdefault(one, set()).update([name] if name else [])
    ids, names = zip(*pairs, strict=True)
    if any(len(some) > 1 for some in owners.values()):
        assert "two owners" in problem_of(ids, names)
        return
    same = {one: min(some) for one, some in owners.items() if some}
    assert ek.Query("totals", ids, owners=names) == ek.Query("totals", ids, owners=same)


# --- whose keys that means ------------------------------------------------------------------------
def test_names_are_matched_without_regard_to_case() -> None:
    """As X does; an at sign is none of the name; a user id means its account, where it is known."""
    query = ek.Query("28hr", IDS, owners=["@ACME", "7", "dune"])
    found = owned(query, "", ["Acme", "birch"], {"7": "Birch"})
    assert [found.accounts[at] for at in found.code] == ["Acme", "birch", "dune"]
    assert found.without_keys == ("dune",)
    assert found.rows.tolist() == [False, False, True]
    exact = owned(query, "", ["acme", "ACME"])
    assert exact.accounts[exact.code[0]] == "ACME"
    assert one_name("@ACME") == one_name("7", {"7": "acme"}) == "acme"


def test_where_nobody_knows_who_has_keys_all_have_some() -> None:
    """A plan made without a client takes owners by their names; so do tweets of nobody."""
    query = ek.Query("28hr", IDS, owners=NAMES)
    assert owned(query, "me", None).without_keys == ()
    assert owned(query, "me", []).without_keys == ("acme", "Birch", "me")  # nobody signs at all
    assert owned(query, "me", []).accounts == ("acme", "Birch", "me")


def test_two_spellings_of_one_account_share_a_batch() -> None:
    """Names are brought together before work is cut."""
    query = ek.Query("28hr", IDS, owners=["Acme", "@acme", "12"])
    where = Where(accounts=("acme",), aliases=(("12", "acme"),))
    (one,) = plan(query, now=NOW, where=where).requests
    assert (one.account, one.tweet_ids) == ("acme", tuple(IDS))


def test_many_accounts_without_keys_are_told_of_together() -> None:
    """The largest ones by name, the others in one line; no tweet is left out, or told twice."""
    ids = [str(2_000_000_000_000_000_000 + n) for n in range(300)]
    query = ek.Query("28hr", ids, owners=[f"stranger{n % 20}" for n in range(300)])
    groups = lacking(owned(query, "me", ["stranger"]), ["stranger"])
    assert len(groups) == 8
    rows = np.concatenate([rows for _, rows in groups])
    assert sorted(rows.tolist()) == list(range(300))
    assert groups[0][0] == (
        "no keys of account stranger0; log in as stranger0, or say in owners= who else wrote it. "
        "Did you mean stranger?"
    )
    assert groups[-1][0].startswith("no keys of 13 more accounts (stranger7, ")


@pytest.mark.parametrize("many", [7, 8, 9, 30])
def test_up_to_eight_accounts_without_keys_are_told_of_one_by_one(many: int) -> None:
    """Of more the seven with the most tweets, whichever come first, and how many are left."""
    names = [f"stranger_{letter}" for letter in "abcdefghijklmnopqrstuvwxyzABCD"[:many]]
    owners = [name for place, name in enumerate(names) for _ in range(place + 1)]
    ids = [str(2_000_000_000_000_000_000 + n) for n in range(len(owners))]
    groups = lacking(owned(ek.Query("28hr", ids, owners=owners), "me", ["me"]), ["me"])
    alone = names if many <= 8 else names[-7:]
    assert [reason for reason, _ in groups[: len(alone)]] == [
        f"no keys of account {name}; log in as {name}, or say in owners= who else wrote it"
        for name in alone
    ]
    assert [len(rows) for _, rows in groups[: len(alone)]] == [owners.count(name) for name in alone]
    assert len(groups) == min(many, 8)
    if many > 8:
        assert groups[-1][0].startswith(f"no keys of {many - 7} more accounts (")
        assert len(groups[-1][1]) == len(owners) - sum(owners.count(name) for name in alone)
