"""Every argument of a Query that is wrong is told, once, with a hint that helps."""

from __future__ import annotations

import hashlib
import json
import pickle
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.errors import Problem, QueryError
from engagement_kit.question.checks import is_rate, is_span, missing_key, unknown_key
from engagement_kit.question.metrics import offered

ID = "1436278513418522630"


def problems_of(*args: Any, **options: Any) -> tuple[Problem, ...]:
    """Give what is wrong with a query."""
    with pytest.raises(QueryError) as caught:
        ek.Query(*args, **options)
    return caught.value.problems


@pytest.mark.parametrize(
    ("endpoint", "hint"),
    [("total", "Did you mean totals?"), ("28h", "Did you mean 28hr?"), ("x", ""), (None, ""),
     (["totals"], "Did you mean totals?"), (28, "Did you mean 28hr?")],
)  # fmt: skip
def test_an_unknown_endpoint(endpoint: Any, hint: str) -> None:
    """Whatever stands for the endpoint: the three are listed, the nearest is named."""
    (problem,) = problems_of(endpoint, ID)
    assert (problem.field, problem.value, problem.hint) == ("endpoint", repr(endpoint), hint)
    assert "totals, 28hr, historical" in problem.why


def test_a_wrong_endpoint_hides_no_other_problem() -> None:
    """Ids, metrics, groupings, period and owners are looked at all the same."""
    found = problems_of("total", ["x"], ["smiles"], groupings=5, period="soon", owners=b"5")
    assert [one.field for one in found] == [
        "endpoint", "tweet_ids", "metrics", "groupings", "period", "owners",
    ]  # fmt: skip
    for one in found:
        assert one.value
        assert one.why


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ([], "at least one metric"),
        (5, "an iterable of names"),
        (b"replies", "an iterable of names"),
        ([None], "no such metric; allowed: impressions"),
        ("", "no such metric"),
        (["quote_tweets"], "not on historical; allowed: impressions"),
    ],
)
def test_metrics_that_are_refused(metrics: Any, said: str) -> None:
    """None at all, no list, no name, or a name of another endpoint: with what is allowed."""
    (problem,) = problems_of("historical", ID, metrics)
    assert problem.field == "metrics"
    assert said in problem.why


def test_a_metric_of_another_endpoint_is_pointed_there() -> None:
    """The hint says where the metric is offered."""
    (problem,) = problems_of("totals", ID, ["URL clicks"])
    assert problem.hint == "url_clicks is offered on 28hr and historical."
    assert problem.value == "'URL clicks'"


def test_a_metric_said_twice_is_asked_once() -> None:
    """Spellings of one metric are one metric, in the order of first mention."""
    query = ek.Query("totals", ID, ["replies", "Likes", "favorites", "reply"])
    assert query.metrics == ("replies", "favorites")


@pytest.mark.parametrize(
    ("spelling", "hint"),
    [("impresions", "Did you mean impressions?"), ("url_click_", ""), ("zzz", "")],
)
def test_the_nearest_metric_is_one_of_the_endpoint(spelling: str, hint: str) -> None:
    """Neither hint nor list names a metric of another endpoint; what is like none has no hint."""
    (problem,) = problems_of("totals", ID, [spelling])
    assert problem.hint == hint
    assert problem.why == f"no such metric; allowed: {', '.join(offered('totals'))}"


def test_each_metric_of_a_list_is_looked_at() -> None:
    """One that is unknown hides none behind it; what was understood is noted, the rest is not."""
    found = problems_of("totals", ID, ["smiles", "replies", "frowns"])
    assert [one.value for one in found] == ["'smiles'", "'frowns'"]
    assert ek.Query("totals", ID, ["Likes", "replies", "quote"]).notes == (
        "'Likes' was understood as favorites",
        "'quote' was understood as quote_tweets",
    )


def test_as_many_groupings_as_one_request_takes() -> None:
    """Three are lawful, a fourth is not; it is said how many there are."""
    three = {name: ["tweet.id"] for name in "abc"}
    assert len(ek.Query("totals", ID, groupings=three).groupings) == 3
    (problem,) = problems_of("totals", ID, groupings={**three, "d": ["tweet.id"]})
    assert problem.value == "4 groupings"


def test_a_wrong_grouping_is_shown_as_it_was_written() -> None:
    """Its values stand in the problem."""
    (problem,) = problems_of("historical", ID, groupings={"g": ["tweet.id", "engagement.typ"]})
    assert problem.value == "['tweet.id', 'engagement.typ']"


@pytest.mark.parametrize(
    ("endpoint", "own"),
    [("28hr", "the last 28 hours"), ("totals", "each tweet's whole life")],
)
def test_where_no_period_is_taken_it_is_said_what_is_counted(endpoint: str, own: str) -> None:
    """Without an endpoint to judge by, a period is only held against being one."""
    (problem,) = problems_of(endpoint, ID, period=ek.last(days=3))
    assert problem.why == f"{endpoint} always counts {own}"
    assert [one.field for one in problems_of("x", ID, period=ek.last(hours=5))] == ["endpoint"]


def test_totals_have_no_hours() -> None:
    """The one shape of lifetime counts is named; the hourly endpoints list theirs."""
    (problem,) = problems_of("totals", ID, by="hour")
    assert problem.why == "on totals allowed: total"
    (problem,) = problems_of("28hr", ID, by="week")
    assert problem.why == "on 28hr allowed: hour, day, hour_of_day, total"


@pytest.mark.parametrize(
    ("value", "span", "rate"),
    [
        (timedelta(0), True, False),
        (timedelta(days=1), True, False),
        (timedelta(microseconds=-1), False, False),
        (5, False, True),
        (None, False, False),
        (0.25, False, True),
        (True, False, False),
        (float("inf"), False, False),
        (-1, False, False),
    ],
)
def test_what_a_length_of_time_and_a_rate_may_be(value: Any, span: bool, rate: bool) -> None:
    """A timedelta from 0 on; a finite number above 0, which a truth value is not."""
    assert (is_span(value), is_rate(value)) == (span, rate)


@pytest.mark.parametrize(
    ("levels", "hint"),
    [
        (["tweet.id", "engagement.typ"], "Did you mean engagement.type?"),
        (["Tweet.id"], "Did you mean tweet.id?"),
        (["tweet.id", "tweet.id"], ""),
        ([], ""),
        ("tweet.id", ""),
        ([5], ""),
    ],
)
def test_a_wrong_grouping_is_one_problem(levels: Any, hint: str) -> None:
    """The hint is about the value that is wrong, and one mistake is told once."""
    (problem,) = problems_of("historical", ID, groupings={"g": levels})
    assert problem.field == "groupings['g']"
    assert problem.hint == hint


@pytest.mark.parametrize("name", ["", " ", "   ", "\t ", "\u00a0"])
def test_a_grouping_without_a_name_that_can_be_seen(name: str) -> None:
    """Blanks are no name; blanks around one are part of it."""
    (problem,) = problems_of("totals", ID, groupings={name: ["tweet.id"]})
    assert (problem.value, problem.why.partition(";")[0]) == (
        repr(name),
        "this name is empty or a root key of every answer",
    )
    assert ek.Query("totals", ID, groupings={f" a{name}": ["tweet.id"]})


def test_groupings_may_be_written_as_on_the_wire() -> None:
    """``{"group_by": [...]}`` means the same as the list alone."""
    wire = ek.Query("totals", ID, groupings={"g": {"group_by": ["tweet.id"]}})
    assert wire == ek.Query("totals", ID, groupings={"g": ("tweet.id",)})
    assert wire.by is None


def test_by_and_groupings_exclude_each_other() -> None:
    """Two ways to say one thing are refused."""
    (problem,) = problems_of("totals", ID, by="total", groupings={"g": ["tweet.id"]})
    assert problem.why == "give by or groupings, not both"


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ("", "account"),
        (" \n", "account"),
        (5.5, "account"),
        (b"acme", "account"),
        ({ID: ""}, "account"),
        ({ID: ["acme"]}, "account"),
        ({"x": "a"}, "digits"),
    ],
)
def test_owners_that_are_refused(owners: Any, said: str) -> None:
    """An account has a name, and who owns what is said by tweet id."""
    (problem,) = problems_of("totals", ID, owners=owners)
    assert problem.field == "owners"
    assert said in problem.why


def test_no_owner_is_written_in_one_way() -> None:
    """A mapping that speaks of no wanted tweet is None; blanks around a name are taken off."""
    plain = ek.Query("totals", ID)
    for owners in ({}, {"20": "acme"}, {20: "acme"}):
        assert ek.Query("totals", ID, owners=owners) == plain
        assert ek.Query("totals", ID, owners=owners).key == plain.key
    assert ek.Query("totals", ID, owners=" acme ") == ek.Query("totals", ID, owners="acme")


def test_who_owns_which_tweet() -> None:
    """Ids of owners are cleaned as ids are; tweets of nobody belong to the connected account."""
    owners = {f" {ID}\n": "acme", "https://x.com/a/status/20": "globex", 99: "other"}
    query = ek.Query("totals", [ID, "20", "21"], owners=owners)
    assert [query.owner_of(one) for one in query.tweet_ids] == ["acme", "globex", None]
    assert query.owners == ((ID, "acme"), ("20", "globex"))
    assert ek.Query("totals", ID, owners="acme").owner_of(ID) == "acme"
    again = pickle.loads(pickle.dumps(query))  # noqa: S301
    assert again == query
    assert hash(again) == hash(query)


# --- files ----------------------------------------------------------------------------------------
def test_every_problem_of_a_file_at_once() -> None:
    """Unknown members, a wrong period and wrong arguments are told together."""
    data = {"endpoint": "historical", "tweet_ids": ["x"], "period": "soon", "metric": ["replies"]}
    with pytest.raises(QueryError) as caught:
        ek.Query.from_dict(data)
    assert [one.field for one in caught.value.problems] == ["metric", "period", "tweet_ids"]


def test_what_a_file_lacks_is_named() -> None:
    """A query without endpoint or ids says which is missing."""
    with pytest.raises(QueryError) as caught:
        ek.Query.from_dict({"metrics": ["replies"]})
    assert [one.field for one in caught.value.problems] == ["endpoint", "tweet_ids"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("q.yaml", b"\xff\xfe", "can't be read"),
        ("q.yaml", b"endpoint: [", "can't be read"),
        ("q.yaml", b"period: {between: [2026-13-45, 2026-01-01]}", "can't be read"),
        ("q.yaml", b"- totals", "holds no query"),
        ("q.yaml", b"", "holds no query"),
        ("q.json", b"{", "can't be read"),
        ("q.yaml", b"endpoint: totals\ntweet_ids: {}", "tweet ids can't be read"),
        ("q.yaml", b"endpoint: totals\ntweet_ids: {file: none.txt}", "tweet ids can't be read"),
    ],
)
def test_files_that_are_no_query(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Whatever is in a file: a QueryError says what is wrong with it."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(QueryError, match=said):
        ek.Query.load(path)
    with pytest.raises(QueryError, match="can't be read"):
        ek.Query.load(tmp_path / "nowhere.yaml")


def test_a_file_of_json_with_tabs(tmp_path: Path) -> None:
    """JSON is read as JSON: not all of it is YAML."""
    query = ek.Query("historical", [ID], ["replies"], period=ek.last(hours=5), by="hour")
    path = tmp_path / "q.json"
    path.write_text(json.dumps(query.to_dict(), indent="\t"))
    assert ek.Query.load(path) == query


def test_a_yaml_file_written_by_hand(tmp_path: Path) -> None:
    """Dates and numbers without quotes mean what they say; a naive moment is refused."""
    path = tmp_path / "q.yaml"
    text = f"endpoint: historical\ntweet_ids: [{ID}, 20]\nperiod: {{between: [2026-01-01, END]}}\n"
    path.write_text(text.replace("END", "2026-02-01T00:00:00Z"))
    query = ek.Query.load(path)
    assert query.tweet_ids == (ID, "20")
    assert query.period == ek.between("2026-01-01", "2026-02-01")
    path.write_text(text.replace("END", "2026-02-01 00:00:00"))
    with pytest.raises(QueryError, match="naive"):
        ek.Query.load(path)


@pytest.mark.parametrize("count", [100, 101])
def test_many_ids_go_to_a_file_of_bytes(tmp_path: Path, count: int) -> None:
    """The hash in the query is that of the ids' file, with plain new lines on every system."""
    query = ek.Query("totals", range(1000, 1000 + count), ["replies"])
    query.save(tmp_path / "q.yaml")
    ids = tmp_path / "q.ids.txt"
    assert ids.exists() is (count > 100)
    if ids.exists():
        content = ids.read_bytes()
        assert content == "".join(f"{n}\n" for n in range(1000, 1000 + count)).encode()
        assert hashlib.sha256(content).hexdigest() in (tmp_path / "q.yaml").read_text()
    assert ek.Query.load(tmp_path / "q.yaml") == query


def test_ids_of_odd_letters_are_refused_by_name(tmp_path: Path) -> None:
    """A file of ids that was edited and hashed anew is still checked."""
    content = "\uff12\uff10\n".encode()
    (tmp_path / "ids.txt").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    path = tmp_path / "q.yaml"
    path.write_text(f"endpoint: totals\ntweet_ids: {{file: ids.txt, sha256: {digest}}}\n")
    with pytest.raises(QueryError, match="1 to 19 digits"):
        ek.Query.load(path)


@settings(max_examples=80)
@given(
    st.lists(st.integers(1, 2**63 - 1), min_size=1, max_size=150, unique=True),
    st.sampled_from(["totals", "28hr", "historical"]),
    st.sampled_from([None, "acme", "Two_Words_1", "123", "yes"]),
    st.randoms(use_true_random=False),
)
def test_the_key_is_the_same_by_every_way(
    tmp_path_factory: pytest.TempPathFactory,
    ids: list[int],
    endpoint: str,
    owner: str | None,
    chance: Any,
) -> None:
    """From code, data, YAML text and file, with ids as int or text in any order: one key."""
    query = ek.Query(endpoint, ids, ["replies", "favorites"], owners=owner)
    folder = tmp_path_factory.mktemp("queries")
    (folder / "text.yaml").write_text(query.to_yaml(), encoding="utf-8")
    shuffled = [*map(str, ids)]
    chance.shuffle(shuffled)
    ways = [
        ek.Query.from_dict(query.to_dict()),
        ek.Query.from_dict(json.loads(json.dumps(query.to_dict()))),
        ek.Query.load(query.save(folder / "saved.yaml")),
        ek.Query.load(folder / "text.yaml"),
    ]
    assert all(one == query and one.key == query.key for one in ways)
    assert ek.Query(endpoint, shuffled, ["replies", "favorites"], owners=owner).key == query.key
    assert ek.Query(endpoint, [*ids, 1_000_000], ["replies"], owners=owner).key != query.key


def test_members_of_a_saved_query_are_told_with_what_is_allowed() -> None:
    """One that means nothing, and one that is not there."""
    told = str(unknown_key("metric", ("metrics", "by")))
    assert told.startswith("metric: unknown: allowed: by, metrics. Did you mean metrics?")
    assert str(missing_key("endpoint")) == (
        "endpoint: missing: a query names its endpoint and its tweet ids"
    )


def test_what_an_endpoint_has_not_is_told_with_what_it_has() -> None:
    """Its own metrics, and where the other one is offered; of a grouping what was written."""
    (problem,) = problems_of("totals", ID, ["url_clicks"])
    assert problem.why == f"not on totals; allowed: {', '.join(offered('totals'))}"
    assert problem.hint == "url_clicks is offered on 28hr and historical."
    (problem,) = problems_of("totals", ID, groupings={"a": 5})
    assert (problem.field, problem.value) == ("groupings['a']", "5")
