"""What a notebook shows of questions and plans: small, accessible, of no theme, and escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.question.markup import table, tweet, tweets
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.query import Query

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
FIRST = 2_050_000_000_000_000_000
MANY = [str(FIRST + at) for at in range(100_000)]
LONGEST = 20_000


def planned(*question: Any, **options: Any) -> Plan:
    """Plan a question as of a fixed moment."""
    return plan(Query(*question, **options), now=NOW)


EXAMPLES = {
    "query": Query("historical", MANY, by="hour", period=ek.last(days=9), owners="acme"),
    "raw query": Query("28hr", ["20"], ["Likes"], groupings={"<i>": ["tweet.id"]}),
    "owned query": Query("totals", MANY[:2], owners={MANY[0]: "a_b", MANY[1]: "c"}),
    "plan": planned("historical", MANY, by="day", period=ek.first(days=7)),
    "plan with gaps": planned("totals", [*MANY[:4], "20", "697506383516729344"]),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_html_is_small_and_of_no_theme(name: str) -> None:
    """No script, sheet, class or colour: an untrusted notebook keeps all, in light and dark."""
    html = EXAMPLES[name]._repr_html_()
    assert len(html) < LONGEST
    assert not re.search(r"<script|<style|class=|color|background|#[0-9a-f]{3}", html)


@pytest.mark.parametrize("name", EXAMPLES)
def test_tables_have_captions_and_heads(name: str) -> None:
    """Each table says what it is, and each row or column has a head with a scope."""
    for one in EXAMPLES[name]._repr_html_().split("<table")[1:]:
        assert one.count("<caption") == 1
        assert one.count('scope="col"') + one.count('scope="row"') == one.count("<th ")
        assert "<th " in one


def test_a_short_caption_is_one_line_whatever_its_table_is_as_wide_as() -> None:
    """A caption folds to the width of its table; only long ones may, not to widen the page."""
    short, long = (table("a" * n, ["fate"], [["answered"]]) for n in (60, 61))
    (one,), (other,) = (re.findall(r'<caption style="(.*?)"', html) for html in (short, long))
    assert "white-space:nowrap" in one
    assert "white-space" not in other


def test_ids_are_links_few_are_shown_and_the_rest_is_counted() -> None:
    """An id is text within its link; 99,995 of 100,000 are counted."""
    html = EXAMPLES["query"]._repr_html_()
    assert html.count('href="https://x.com/i/web/status/') == 5
    assert f">{MANY[0]}</a>" in html
    assert "and 99,995 more" in html
    assert tweets(MANY[:2]) == f"{tweet(MANY[0])}, {tweet(MANY[1])}"


def test_whatever_a_person_typed_is_escaped() -> None:
    """Names of groupings are no HTML; those of owners are names alone."""
    raw = EXAMPLES["raw query"]._repr_html_()
    assert "&lt;i&gt;" in raw
    assert "<i>" not in raw
    assert "a_b, c; of 2 tweets" in EXAMPLES["owned query"]._repr_html_()
    made = table("<a>", ["<b>"], [["<c>"]])
    assert [one for one in ("<a>", "<b>", "<c>") if one in made] == []


def test_a_question_says_what_its_numbers_are() -> None:
    """Endpoint, days of posting, metrics, shape, period, notes and key."""
    html = EXAMPLES["query"]._repr_html_()
    said = (
        "historical: counts of any period",
        "2026-04-30 (UTC, as their ids say)",
        "one for each tweet, metric and hour (UTC)",
        "last 9 days, up to now; end exclusive",
        EXAMPLES["query"].key,  # type: ignore[union-attr]
    )
    assert [one for one in said if one not in html] == []
    assert "understood as favorites" in EXAMPLES["raw query"]._repr_html_()


def test_a_plan_says_its_price_and_what_is_not_known() -> None:
    """Requests, rows and bytes; and that a rate would tell the time."""
    html = EXAMPLES["plan"]._repr_html_()
    made = EXAMPLES["plan"]
    assert isinstance(made, Plan)
    said = (
        f"{len(made):,}; at most",
        f"{made.price.numbers:,} to be had",
        "MB of answers",
        "per_minute=",
    )
    assert [one for one in said if one not in html] == []
    timed = plan(made.query, now=NOW, per_minute=2)._repr_html_()
    assert "at the known rate" in timed
    assert "per_minute=" not in timed


def test_what_can_not_be_had_is_a_table_with_examples() -> None:
    """Tweets with the same reason are together, with a link to one, the reason and the status."""
    html = EXAMPLES["plan with gaps"]._repr_html_()
    part = html[html.index("What can&#x27;t be had") :]
    assert "too_old_for_impressions" in part
    assert "on totals only of tweets up to 90 days old" in part
    assert part.count(">20</a>") == 2
    assert "What can" not in EXAMPLES["plan"]._repr_html_()


def test_a_text_is_one_line_for_a_question() -> None:
    """Two ids, metrics by name where they are few, the period in words, the key."""
    text = repr(EXAMPLES["query"])
    assert "\n" not in text
    assert text.startswith(f"Query('historical', 100,000 tweets ({MANY[0]}, {MANY[1]}, …), ")
    assert "17 metrics, by='hour', period='last 9 days', key='" in text
    assert repr(Query("totals", "20", ["replies"])).startswith(
        "Query('totals', 1 tweet (20), replies, by='total', key="
    )
