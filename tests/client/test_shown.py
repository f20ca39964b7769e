"""What a notebook shows of results and receipts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import engagement_kit as ek
from engagement_kit.client import shown
from engagement_kit.client.client import Client
from engagement_kit.client.receipt import Receipt
from engagement_kit.client.result import Result
from engagement_kit.tables.fates import MEANINGS

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Connect to a world that stands still."""
    with ek.connect("emulator", clock=NOW) as one:
        yield one


@pytest.fixture(scope="module")
def result(client: Client) -> Result:
    """Ask for the last 28 hours of some tweets, one of which is gone."""
    gone = ek.sample_ids(client, 1, kind="unavailable")
    query = ek.Query("28hr", [*ek.sample_ids(client, 30), *gone], ["impressions"])
    return client.run(query, progress=False)


def test_html_of_no_theme_with_captions_and_heads(result: Result) -> None:
    """No script, sheet, class or colour; each table has its caption, each head its scope."""
    for html in (result._repr_html_(), result.receipt._repr_html_()):
        assert not re.search(r"<script|<style|class=|color|background", html)
        for one in html.split("<table")[1:]:
            assert one.count("<caption") == 1
            assert one.count('scope="') == one.count("<th ") > 0


def test_a_result_shows_what_is_missing_and_its_first_rows(result: Result) -> None:
    """Answered of asked, each status with its meaning, ten rows, and that they are invented."""
    html, receipt = result._repr_html_(), result.receipt
    said = (
        "EMULATOR: invented data",
        f"{receipt.answered:,} of {receipt.asked:,} numbers",
        MEANINGS["unavailable"],
        "What is missing: 29 numbers",
        "2026-06-01 12:34:00 UTC",
        f"first 10 of {receipt.answered + 1:,} rows of grain hour",
    )
    assert [one for one in said if one not in html] == []
    rows = html.rpartition("<tbody>")[2]
    first = result.to_pandas().dropna(subset="value").head(10)
    assert rows.count("<tr>") == 10
    for one in first["tweet_id"].unique():
        assert f">{one}<" in rows
    assert [f">{value:,}<" in rows for value in first["value"]] == [True] * 10
    still = first["complete"].eq(False).sum()
    assert rows.count("still running") == still


def test_a_result_without_any_count_shows_why(client: Client) -> None:
    """Rows of what is missing have no value; none of them is a zero."""
    query = ek.Query("totals", ek.sample_ids(client, 1, kind="unavailable"), ["impressions"])
    html = client.run(query, progress=False)._repr_html_()
    assert "0 of 1 number<" in html
    assert "1 row of grain lifetime, 0 of them with a count" in html
    assert ">unavailable<" in html
    assert ">0<" not in html


def test_large_results_stay_small(client: Client) -> None:
    """Whatever was asked, a few rows are shown; they are kept, for the table may be large."""
    result = client.run(ek.Query("totals", ek.sample_ids(client, 2000)), progress=False)
    html = result._repr_html_()
    assert len(html) < 20_000
    assert result._head is result._head
    assert len(repr(result)) < 1_000
    assert "and 1,995 more" in html


def test_summed_over_tweets_there_is_no_id_to_link(client: Client) -> None:
    """A table without tweets shows none."""
    ids = ek.sample_ids(client, 3)
    query = ek.Query("totals", ids, ["replies"], groupings={"all": ["engagement.type"]})
    html = client.run(query, progress=False)._repr_html_()
    assert "status/" not in html.rpartition("<table")[2]
    assert ">replies<" in html.rpartition("<table")[2]


def test_a_receipt_shows_fates_with_meanings_and_what_it_took(result: Result) -> None:
    """Each fate with its number and meaning; requests, free checks and source below."""
    html = result.receipt.to_html()
    assert html == result.receipt._repr_html_()
    said = (">unavailable<", MEANINGS["unavailable"], "free checks", "EMULATOR: invented data")
    assert [one for one in said if one not in html] == []
    text = repr(result.receipt)
    assert f"unavailable: 29 ({MEANINGS['unavailable']})" in text


def test_words_of_others_are_escaped() -> None:
    """What a service answered is no HTML of ours."""
    receipt = Receipt(asked=1, answered=0, fates={"failed": 1}, failures=("<b>no</b>",))
    assert "&lt;b&gt;no&lt;/b&gt;" in receipt.to_html()
    assert "<b>" not in receipt.to_html()


def test_ids_lead_to_their_tweets_where_these_are_real(result: Result) -> None:
    """An invented id may be that of somebody else's tweet: it leads nowhere."""
    one = str(result.to_pandas().dropna(subset="value")["tweet_id"].iloc[0])
    link = f'href="https://x.com/i/web/status/{one}"'
    assert link in shown._first_rows(result._head, invented=False)
    assert "https://x.com" not in result._repr_html_() + result.plan._repr_html_()
