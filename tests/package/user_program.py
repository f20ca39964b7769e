"""What a user might write: checked by ``mypy --strict`` against the installed kit; see test_types.

No line of it is run. What is marked is the type of what the kit gives; `Any` would not pass.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import engagement_kit as ek
from engagement_kit.client.archive import Archive
from engagement_kit.client.expiry import Expiring
from engagement_kit.client.followed import Followed
from engagement_kit.client.health.checkup import Checkup
from engagement_kit.client.purged import Purged
from engagement_kit.client.receipt import Receipt
from engagement_kit.client.refreshed import Refreshed, RefreshPlan
from engagement_kit.client.result import Result
from engagement_kit.client.trying import KeyTrials
from engagement_kit.errors import EngagementError, QueryError
from engagement_kit.question.follow_plan import FollowPlan
from engagement_kit.question.periods import Between
from engagement_kit.question.plan import Plan
from engagement_kit.tables.revisions import Revisions
from engagement_kit.tables.tidy_store import Tidied

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    from matplotlib.axes import Axes

WEEK = timedelta(days=7)


def five_lines() -> pd.DataFrame:
    """Ask for totals, as the README does."""
    with ek.connect("emulator", seed=1, clock="2026-06-01T12:00Z") as client:
        assert_type(client, ek.Client)
        ids = assert_type(ek.sample_ids(client, 300), list[str])
        frame = client.totals(ids, ["impressions", "favorites"], progress=False)
    assert_type(frame, "pd.DataFrame")
    return assert_type(ek.total(frame, by="metric"), "pd.DataFrame")


def ask(client: ek.Client, folder: Path) -> Result:
    """Ask a longer question, and look at what came of it."""
    query = assert_type(
        ek.Query("historical", ["20", 21], "impressions", by="day", period=ek.last(days=60)),
        ek.Query,
    )
    assert_type(query.tweet_ids, tuple[str, ...])
    assert_type(ek.read_ids("tweets.csv", column="id"), list[str])
    assert_type(query.metrics, tuple[str, ...])
    assert_type(query.to_yaml(), str)
    assert_type(ek.Query.load(folder / "query.yaml"), ek.Query)
    plan = assert_type(client.plan(query, max_age=timedelta(hours=6)), Plan)
    assert_type(ek.plan(query, now=datetime(2026, 6, 1, tzinfo=UTC)), Plan)
    result = client.run(plan, max_requests=10, on_step=say, control=ek.Control())
    assert_type(result, Result)
    assert_type(result.receipt, Receipt)
    assert_type(result.plan, Plan)
    assert_type(result.missing, "pd.DataFrame")
    assert_type(result.to_pandas(), "pd.DataFrame")
    assert_type(result.to_polars(), "pl.DataFrame")
    assert_type(result.to_duckdb(), "duckdb.DuckDBPyConnection")
    assert_type(result.receipt.to_json(), str)
    assert_type(result.receipt.to_pandas(), "pd.DataFrame")
    return result


def look_for_faults(folder: Path) -> Checkup:
    """Look whether this machine and a store are fit for work."""
    checkup = ek.doctor(folder, quick=True, reach=False)
    assert_type(checkup.is_fit, bool)
    assert_type(checkup.findings[0].remedy, str)
    return assert_type(checkup, Checkup)


def say(step: ek.Step) -> None:
    """Tell what a run does."""
    assert_type(step.text, str)
    assert_type(step.done, int)


def in_one_line(client: ek.Client) -> None:
    """Ask in one line, with options that are checked by name."""
    assert_type(client.last_28_hours(["20"], by="hour", store="raw"), "pd.DataFrame")
    frame = client.historical(
        ["20"], ["replies"], period=ek.first(days=7), by="day", owners="acme", resume=False
    )
    assert_type(frame, "pd.DataFrame")
    assert_type(ek.wide(frame), "pd.DataFrame")
    assert_type(ek.between("2026-05-01", "2026-06-01"), Between)
    assert_type(ek.concat([frame, frame]), "pd.DataFrame")
    assert_type(ek.join(frame, frame), "pd.DataFrame")
    assert_type(ek.metrics("totals"), "pd.DataFrame")
    assert_type(ek.insight.rates(frame), "pd.DataFrame")
    assert_type(ek.insight.top(frame, "replies"), "pd.DataFrame")


def draw(frame: pd.DataFrame) -> Axes:
    """Draw."""
    return assert_type(ek.plot.timeline(frame), "Axes")


def living(client: ek.Client, store: Path) -> None:
    """Look after data that lives."""
    assert_type(ek.open(store), Archive)
    assert_type(ek.open(store).latest, Result)
    assert_type(client.expiring(["20"], within=WEEK), Expiring)
    assert_type(ek.expiring(store, within=WEEK), Expiring)
    assert_type(client.plan_refresh(), RefreshPlan)
    done = assert_type(client.refresh(settle=WEEK), Refreshed)
    assert_type(done[0].to_pandas(), "pd.DataFrame")
    assert_type(client.plan_follow(["20"], until=WEEK), FollowPlan)
    assert_type(client.follow(["20"], until=WEEK, every=timedelta(hours=1)), Followed)
    assert_type(ek.revisions(store), Revisions)
    assert_type(ek.revisions(store).table, "pd.DataFrame")
    assert_type(ek.tidy_store(store, "tables"), Tidied)
    assert_type(ek.tidy(b"{}", endpoint="totals"), "pd.DataFrame")
    assert_type(ek.scan("tables", engine="polars"), "pl.LazyFrame")
    assert_type(ek.purge(store, ["20"], dry_run=True), Purged)
    assert_type(client.try_keys(), KeyTrials)
    assert_type(ek.login(callback=True), str)
    ek.tidy_arrow(b"{}", endpoint="totals")  # Arrow itself tells no types


def click(client: ek.Client, frame: pd.DataFrame) -> None:
    """Show forms."""
    assert_type(ek.ConnectForm(), ek.ConnectForm)
    assert_type(ek.RequestForm(client), ek.RequestForm)
    assert_type(ek.Explorer(frame), ek.Explorer)


def wrong(client: ek.Client) -> None:
    """Catch what can go wrong; the marked lines must be found."""
    try:
        ek.connect("nowhere")
    except QueryError as error:
        assert_type([one.field for one in error.problems], list[str])
    except ek.errors.EngagementError as error:
        assert_type(error, EngagementError)
    ek.conect("emulator")  # type: ignore[attr-defined]  # wrong: no such name
    client.totals(["20"], maxage=WEEK)  # type: ignore[call-arg]  # wrong: no such option
    client.totals(["20"], max_age=7)  # type: ignore[arg-type]  # wrong: a span is a timedelta
    client.historical(["20"], by="dai")  # type: ignore[arg-type]  # wrong: no such grain
    ek.Query("totals", ["20"], period="week")  # type: ignore[arg-type]  # wrong: no such period
