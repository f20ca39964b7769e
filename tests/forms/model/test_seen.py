"""What a draft comes to: a query or problems, by the place at which they are said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lawful import tweet_id

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.reading import FIELDS
from engagement_kit.forms.model.seen import Looker
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE

YOUNG = tweet_id(10, 1)
GOOD = Draft("historical", pasted=YOUNG)


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"pasted": ""}, "tweet_ids", "at least one tweet id is needed"),
        ({"pasted": f"{YOUNG} x"}, "tweet_ids", "'x': a tweet id is 1 to 19 digits"),
        ({"metrics": ()}, "metrics", "tick at least one metric"),
        ({"metrics": ("quote_tweets",)}, "metrics", "tick at least one metric"),
        ({"shape": "custom"}, "shape", "choose at least one value"),
        (
            {"shape": "custom", "slots": (("end", (ID,)), ("b", ()), ("c", ()))},
            "shape",
            "root key of every answer",
        ),
        (
            {"shape": "custom", "slots": (("a", (ID,)), ("a", (TYPE,)), ("c", ()))},
            "shape",
            "each grouping has a name of its own",
        ),
        (
            {"shape": "custom", "slots": (("a", (HOUR, DAY, ID, TYPE)), ("b", ()), ("c", ()))},
            "shape",
            "only in the order",
        ),
        ({"length": 0}, "period", "at least one hour"),
        ({"length": 10**30}, "period", "at most 1,000,000 days"),
        ({"unit": "hours"}, "period", "a daily table counts whole UTC days"),
        ({"kind": "between"}, "period", "choose the days"),
        ({"account": "nobody"}, "owners", "nobody"),
        ({"owners": ((YOUNG, ""),)}, "owners", "one account's name"),
    ],
)
def test_problems_stand_beside_their_field(
    client: Client, fields: dict[str, Any], place: str, words: str
) -> None:
    """One place, the kit's own words; it is not ready to run."""
    seen = Looker().look(replace(GOOD, **fields), client)
    assert list(seen.problems) == [place]
    assert words in " ".join(seen.problems[place])
    assert not seen.ready


def test_all_problems_at_once(client: Client) -> None:
    """Each at its place; the price line names the places."""
    seen = Looker().look(Draft("historical", metrics=(), shape="custom", length=0), client)
    assert set(seen.problems) == {"tweet_ids", "metrics", "shape", "period"}
    assert seen.price == "not ready: see tweets, metrics, what to get, period"
    assert set(seen.problems) <= set(FIELDS)


def test_a_good_draft_is_ready(client: Client) -> None:
    """It has a query, a plan and a price."""
    seen = Looker().look(GOOD, client)
    assert seen.ready
    assert seen.query == ek.Query("historical", YOUNG, ["impressions", "engagements"])
    assert seen.plan is not None
    assert "1 request" in seen.price


def test_options_alone_read_nothing_anew(client: Client) -> None:
    """The query is the same object; its plan is made anew."""
    looker = Looker()
    first = looker.look(GOOD, client)
    second = looker.look(replace(GOOD, max_requests=5, max_age_hours=1), client)
    assert second.query is first.query
    third = looker.look(replace(GOOD, length=3), client)
    assert third.query != first.query


DRAFTS = st.builds(
    Draft,
    endpoint=st.sampled_from(["totals", "28hr", "historical"]),
    pasted=st.one_of(
        st.text(max_size=40), st.sampled_from(["", YOUNG, "20", f"{YOUNG}\n20", "x 1e18 0"])
    ),
    metrics=st.lists(st.sampled_from(list(METRICS)), unique=True, max_size=4).map(tuple),
    shape=st.sampled_from(["", "total", "day", "hour", "hour_of_day", "grand_totals", "custom"]),
    slots=st.lists(
        st.tuples(
            st.one_of(st.text(max_size=5), st.sampled_from(["a", "end", ""])),
            st.lists(st.sampled_from([ID, TYPE, DAY, HOUR, "x"]), max_size=5).map(tuple),
        ),
        min_size=3,
        max_size=3,
    ).map(tuple),
    kind=st.sampled_from(["last", "first", "between"]),
    length=st.integers(),
    unit=st.sampled_from(["days", "hours"]),
    start_day=st.none() | st.dates(),
    start_hour=st.integers(0, 23),
    end_day=st.none() | st.dates(),
    end_hour=st.integers(0, 23),
    account=st.one_of(st.just(""), st.text(max_size=5)),
    max_age_hours=st.integers(0, 1_000_000),
    max_requests=st.integers(0, 10_000_000),
)


@given(draft=DRAFTS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_draft_can_be_looked_at(client: Client, draft: Draft) -> None:
    """There is a query or a problem; what is ready has a plan; nothing is raised."""
    seen = Looker().look(draft, client)
    assert (seen.query is None) <= bool(seen.problems)
    assert seen.ready <= (seen.plan is not None)
    assert seen.price
    assert all(lines and all(lines) for lines in seen.problems.values())
    if seen.query is not None:
        again = Looker().look(draft.with_query(seen.query), client)
        assert again.query == seen.query
