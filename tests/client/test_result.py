"""Results: tables as they were asked, each lost tweet with its fate, and what is asked again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


def sent(client: Client) -> int:
    """Count the requests that the emulator has seen."""
    assert client.emulator is not None
    return client.emulator.requests_served


def between(client: Client, rule: Callable[[Request], Reply | None]) -> Client:
    """Put a rule between a client and its emulator: a reply of its own, or None to pass on."""
    old = client.connection

    class Ruled:
        def send(self, request: Request) -> Reply:
            return rule(request) or old.transport.send(request)

    return Client(Connection(Ruled(), old.credentials, old.where, old.now, old.emulator))


def foreign(client: Client, n: int = 1) -> list[str]:
    """Give tweets of another account."""
    world = client.emulator.world  # type: ignore[union-attr]
    ids: list[str] = world.sample_ids(world.accounts[1].name, n, before=NOW - timedelta(days=4))
    return ids


def test_no_tweet_is_no_query(client: Client) -> None:
    """An empty list is refused before anything is sent."""
    with pytest.raises(ek.errors.QueryError, match="tweet_ids"):
        client.totals([], ["favorites"])
    assert sent(client) == 0


def test_last_28_hours_are_the_truth(client: Client) -> None:
    """Each hour of each tweet is the world's count, the running hour among it."""
    ids = ek.sample_ids(client, 60)
    frame = client.last_28_hours(ids, ["impressions", "favorites"], progress=False)
    world = client.emulator.world  # type: ignore[union-attr]
    start = NOW.replace(minute=0) - timedelta(hours=28)
    truth = world.truth(
        ids, ["impressions", "favorites"], start, NOW.replace(minute=0) + timedelta(hours=1), NOW
    )
    names = ["tweet_id", "metric", "start"]
    mine = frame.astype({"tweet_id": str, "metric": str}).set_index(names)["value"]
    theirs = truth.astype({"tweet_id": str, "metric": str}).set_index(names)["value"]
    assert mine.to_dict() == {at: count for at, count in theirs.items() if at in mine.index}
    assert mine.sum() == theirs.sum()
    assert frame["complete"].eq(frame["end"] <= NOW).all()


@pytest.mark.parametrize("by", ["total", "hour_of_day", "day"])
def test_coarser_tables_hold_the_same_sum(client: Client, by: Any) -> None:
    """Whatever the grain, a tweet's counts of a period add up to the world's."""
    ids = ek.sample_ids(client, 300)[-30:]
    period = ek.between("2026-05-01", "2026-05-15")
    frame = client.historical(ids, ["impressions"], period=period, by=by, progress=False)
    world = client.emulator.world  # type: ignore[union-attr]
    truth = world.window(ids, ["impressions"], period.start, period.end, NOW).ravel()
    sums = frame.groupby(frame["tweet_id"].astype(str))["value"].sum()
    assert [sums[one] for one in ids] == truth.tolist()


@pytest.mark.parametrize("one_liner", ["totals", pytest.param("last_28_hours"), "historical"])
def test_each_one_liner_warns_where_the_caller_stands(client: Client, one_liner: str) -> None:
    """MissingNumbers names counts and reasons, and this file; nothing missing, no warning."""
    ask = getattr(client, one_liner)
    ids = ek.sample_ids(client, 40)[30:]
    ask(ids, ["favorites"], progress=False)
    gone = ek.sample_ids(client, 1, kind="unavailable")
    with pytest.warns(ek.errors.MissingNumbers, match="unavailable") as seen:
        frame = ask([*ids, *gone], ["favorites"], progress=False)
    assert [one.filename for one in seen] == [__file__]
    assert set(frame.loc[frame["value"].isna(), "tweet_id"]) == set(gone)


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_one_more_id_is_the_only_one_asked(client: Client, endpoint: Any) -> None:
    """What is stored serves again, though all batches would be cut differently."""
    ids = ek.sample_ids(client, 400)[1::4]
    metrics = ["impressions", "favorites"]
    client.run(ek.Query(endpoint, ids[:50] + ids[51:], metrics), progress=False)
    before = sent(client)
    result = client.run(ek.Query(endpoint, ids, metrics), progress=False)
    assert sent(client) == before + 1
    assert client.emulator.log[-1].tweets == 1  # type: ignore[union-attr]
    fresh = client.run(
        ek.Query(endpoint, ids, metrics), store=result.store.folder / "fresh", progress=False
    )
    columns = ["tweet_id", "metric", "start", "end", "value", "status"]
    assert result.to_pandas()[columns].equals(fresh.to_pandas()[columns])


def test_a_closed_period_is_never_asked_again(client: Client) -> None:
    """Weeks later the same past period costs nothing; the days since then are all that is asked."""
    ids = ek.sample_ids(client, 240)[200:220]
    closed = ek.Query(
        "historical", ids, ["impressions"], period=ek.between("2026-05-06", "2026-05-20")
    )
    first = client.run(closed, progress=False)
    clock = client.emulator.clock  # type: ignore[union-attr]
    clock.travel(timedelta(days=30))
    before = sent(client)
    again = client.run(closed, progress=False)
    assert sent(client) == before
    assert again.to_arrow().equals(first.to_arrow())
    longer = ek.Query(
        "historical", ids, ["impressions"], period=ek.between("2026-05-06", "2026-06-03")
    )
    (request,) = client.plan(longer).requests
    assert (request.start, request.end) == (
        datetime(2026, 5, 20, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC),
    )  # fmt: skip


def test_an_open_period_is_asked_again_unless_it_may_be_old(client: Client) -> None:
    """Totals move: after an hour they are asked anew, but not with max_age."""
    query = ek.Query("totals", ek.sample_ids(client, 5), ["favorites"])
    client.run(query, progress=False)
    client.emulator.clock.travel(timedelta(hours=1))  # type: ignore[union-attr]
    client.run(query, progress=False, max_age=timedelta(hours=2))
    assert sent(client) == 1
    client.run(query, progress=False)
    assert sent(client) == 2


@pytest.mark.parametrize("kind", ["unavailable", "protected"])
@pytest.mark.parametrize(
    ("endpoint", "alone"),
    [
        *[(name, False) for name in ("totals", "28hr", "historical")],
        ("totals", True),
        pytest.param("28hr", True),
        ("historical", True),
    ],
)
def test_tweets_that_are_gone_say_so(client: Client, kind: Any, endpoint: Any, alone: bool) -> None:
    """Deleted or protected, with others or alone: unavailable, and the others keep their counts."""
    gone = ek.sample_ids(client, 3, kind=kind)
    own = [] if alone else ek.sample_ids(client, 300)[200:205]
    result = client.run(ek.Query(endpoint, [*own, *gone], ["favorites"]), progress=False)
    table = result.to_pandas()
    assert set(table.loc[table["tweet_id"].isin(gone), "status"]) == {"unavailable"}
    assert set(result.missing["tweet_id"]) == set(gone)
    assert dict(result.receipt.fates).keys() == {"unavailable"}
    assert not result.failures
    assert table.loc[table["tweet_id"].isin(own), "value"].notna().all()


def test_very_old_tweets_keep_what_can_be_had(client: Client) -> None:
    """Ids without a time: totals give public counts; the three private or aged ones say why."""
    old = ek.sample_ids(client, 2, kind="very_old")
    metrics = ["favorites", "impressions", "video_views"]
    result = client.run(ek.Query("totals", old, metrics), progress=False)
    table = result.to_pandas().set_index(["tweet_id", "metric"])
    for one in old:
        assert table.loc[(one, "favorites"), "status"] == "observed"
        assert table.loc[(one, "impressions"), "status"] == "too_old_for_impressions"
        assert table.loc[(one, "video_views"), "status"] == "too_old_for_video"
    assert table["start"].isna().all()


def test_foreign_tweets_cost_one_refusal_and_are_remembered(client: Client) -> None:
    """The batch is asked again without them; the next run does not ask them at all."""
    ids = ek.sample_ids(client, 10)
    query = ek.Query("28hr", [*ids, *foreign(client, 2)], ["impressions"])
    result = client.run(query, progress=False)
    assert (result.effort.sent, len(result.refs)) == (2, 2)
    assert set(result.missing["status"]) == {"not_owned"}
    assert result.missing["tweet_id"].nunique() == 2
    client.emulator.clock.travel(timedelta(hours=1))  # type: ignore[union-attr]
    before = sent(client)
    client.run(query, progress=False)
    assert sent(client) == before + 1
    assert client.emulator.log[-1].status == 200  # type: ignore[union-attr]


@pytest.mark.parametrize("more", [[], ["favorites"]])
def test_an_answer_of_the_hour_before_serves_alone_or_not_at_all(
    client: Client, more: list[str]
) -> None:
    """Beside other metrics of this hour's window it would leave one hour without an answer."""
    clock = client.emulator.clock  # type: ignore[union-attr]
    ids = client.emulator.world.sample_ids(  # type: ignore[union-attr]
        "acme", 3, before=NOW - timedelta(days=3)
    )
    clock.set(NOW.replace(minute=59))
    client.run(ek.Query("28hr", ids, ["impressions"]), progress=False)
    clock.set(NOW.replace(minute=1) + timedelta(hours=1))
    query = ek.Query("28hr", ids, ["impressions", *more])
    result = client.run(query, progress=False, max_age=timedelta(hours=1))
    assert result.receipt.fates == {}
    assert len(result.plan.reused) == (0 if more else 1)


def test_two_hours_are_never_joined_on_28hr(client: Client) -> None:
    """A fuller answer of the hour before, one of this hour, and a plan that is run an hour late."""
    clock = client.emulator.clock  # type: ignore[union-attr]
    ids = client.emulator.world.sample_ids(  # type: ignore[union-attr]
        "acme", 3, before=NOW - timedelta(days=3)
    )
    both = ek.Query("28hr", ids, ["impressions", "favorites"])
    clock.set(NOW.replace(minute=50))
    client.run(both, progress=False)
    clock.set(NOW.replace(minute=5) + timedelta(hours=1))
    client.run(ek.Query("28hr", ids, ["favorites"]), progress=False)
    result = client.run(both, progress=False, max_age=timedelta(hours=1))
    assert result.receipt.fates == {}

    client.run(ek.Query("28hr", ids, ["replies"]), progress=False)
    more = client.plan(ek.Query("28hr", ids, ["replies", "retweets"]), max_age=timedelta(hours=1))
    assert more.reused
    clock.set(NOW.replace(minute=1) + timedelta(hours=2))
    result = client.run(more, progress=False)
    assert result.receipt.fates == {}
    assert len(result.plan.reused) == 0

    clock.set(NOW.replace(minute=0) + timedelta(hours=3))  # the window of a full hour is shorter
    client.run(both, progress=False)
    clock.set(NOW.replace(minute=30) + timedelta(hours=3))
    client.run(ek.Query("28hr", ids[:2], ["favorites"]), progress=False)
    result = client.run(both, progress=False, max_age=timedelta(hours=2))
    assert result.receipt.fates == {}


def test_what_is_still_to_be_asked_app_only_is_not_asked(client: Client) -> None:
    """A refusal says nothing of public metrics that a run which was stopped did not come to."""
    ids = [*ek.sample_ids(client, 3), *foreign(client, 3)]
    client.run(ek.Query("totals", ids, ["impressions"]), progress=False)
    query = ek.Query("totals", ids, ["favorites", "impressions"])
    control = ek.Control()
    control.stop()
    options: dict[str, Any] = {"max_age": timedelta(hours=1), "progress": False}
    stopped = client.run(query, control=control, **options)
    assert stopped.receipt.fates == {"not_owned": 3, "not_asked": 6}
    assert client.run(query, **options).receipt.fates == {"not_owned": 3}


@pytest.mark.parametrize("shape", [None, {"a": ["tweet.id", "engagement.type"]}])
def test_a_refusal_speaks_of_all_metrics(client: Client, shape: Any) -> None:
    """Refused for one metric: another of the same account is not asked, and says why."""
    ids = [*ek.sample_ids(client, 2), *foreign(client)]
    client.run(ek.Query("totals", ids, ["impressions"]), progress=False)
    query = ek.Query("totals", ids, ["impressions", "engagements"], groupings=shape)
    result = client.run(query, progress=False)
    assert [one.status for one in client.emulator.log].count(403) == 1  # type: ignore[union-attr]
    assert result.receipt.fates == {"not_owned": 2}


@pytest.mark.parametrize("before", ["totals", "28hr", "historical"])
@pytest.mark.parametrize("after", ["totals", "28hr", "historical"])
def test_a_refusal_speaks_of_all_time(client: Client, before: Any, after: Any) -> None:
    """Whose a tweet is does not change: another endpoint or period asks it not, and says why."""
    world = client.emulator.world  # type: ignore[union-attr]
    accounts, old = (one.name for one in world.accounts[:2]), NOW - timedelta(days=45)
    ids = [one for name in accounts for one in world.sample_ids(name, 3, before=old)]
    metrics = ["impressions", "favorites"]
    first = {"period": ek.between("2026-05-10", "2026-05-20")} if before == "historical" else {}
    later = {"period": ek.between("2026-05-01", "2026-05-30")} if after == "historical" else {}
    refused = client.run(ek.Query(before, ids, metrics, **first), progress=False)
    # Once more without those tweets; on totals their public metrics are asked app-only besides.
    assert refused.effort.sent == (3 if before == "totals" else 2)
    result = client.run(ek.Query(after, ids, metrics, **later), progress=False)
    statuses = [one.status for one in client.emulator.log]  # type: ignore[union-attr]
    assert statuses.count(403) == 1
    assert set(result.receipt.fates) == {"not_owned"}
    assert result.missing["tweet_id"].nunique() == 3


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
def test_a_sum_over_tweets_lists_those_that_are_not_in_it(client: Client, endpoint: Any) -> None:
    """A raw grouping without tweets, with a foreign and an unavailable one: sum, and two fates."""
    own = ek.sample_ids(client, 40)[20:30]
    other, gone = foreign(client), ek.sample_ids(client, 1, kind="unavailable")
    query = ek.Query(
        endpoint, [*own, *other, *gone], ["impressions"], groupings={"sum": ["engagement.type"]}
    )
    result = client.run(query, progress=False)
    assert result.plan.as_written
    table = result.to_pandas()
    status = table.set_index(table["tweet_id"].astype(object))["status"].astype(str)
    assert status[other[0]] == "not_owned"
    assert status[gone[0]] == "unavailable"
    (value,) = table.loc[table["tweet_id"].isna(), "value"]
    world = client.emulator.world  # type: ignore[union-attr]
    if endpoint == "totals":
        assert value == world.lifetime(own, ["impressions"], NOW).sum()
    else:
        start, end = table["start"].dropna().min(), table["end"].dropna().max()
        span = (start.to_pydatetime(), end.to_pydatetime())
        assert value == world.window(own, ["impressions"], *span, NOW).sum()
    assert result.receipt.asked == result.receipt.answered + result.receipt.missing == 3
    offline = ek.open(result.store.folder).latest
    assert offline.to_arrow().equals(result.to_arrow())


def test_a_raw_sum_lists_tweets_of_an_answer_that_held_no_counts(client: Client) -> None:
    """One tweet spoils the batch with a 400 that lists it: it is in the table, with its reason."""
    ids = ek.sample_ids(client, 3)

    def rule(request: Request) -> Reply | None:
        if ids[1] not in request.tweet_ids:
            return None
        body = {"errors": ["1 Tweet ID(s) are unavailable"], "unavailable_tweet_ids": [ids[1]]}
        return Reply(400, {}, json.dumps(body).encode())

    query = ek.Query("totals", ids, ["favorites"], groupings={"sum": ["engagement.type"]})
    result = between(client, rule).run(query, progress=False)
    table = result.to_pandas()
    assert table["status"].tolist() == ["observed", "unavailable"]
    assert table["tweet_id"].dropna().tolist() == [ids[1]]
    assert result.receipt.missing == 1


def test_several_groupings_each_have_their_table(client: Client) -> None:
    """Per tweet, per day and over all: three tables of one answer, equal in sum."""
    ids = ek.sample_ids(client, 30)[20:]
    groupings = {
        "each": ["tweet.id", "engagement.type"],
        "days": ["tweet.id", "engagement.type", "engagement.day"],
        "all": ["engagement.type"],
    }
    query = ek.Query("28hr", ids, ["impressions", "retweets"], groupings=groupings)
    result = client.run(query, progress=False)
    assert sent(client) == 1
    sums = {name: result.to_pandas(name)["value"].sum() for name in groupings}
    assert len(set(sums.values())) == 1
    assert set(result.to_pandas()["grain"]) == {"day"}
    with pytest.raises(ek.errors.TableError, match="allowed: "):
        result.to_pandas("weeks")


def test_a_raw_query_that_failed_is_all_missing(client: Client) -> None:
    """When nothing at all came every number says so, and the receipt adds up."""
    other = between(client, lambda _: Reply(400, {}, b'{"errors":["no"]}'))
    query = ek.Query(
        "totals", ek.sample_ids(client, 3), ["favorites"], groupings={"s": ["engagement.type"]}
    )
    result = other.run(query, progress=False)
    assert result.to_pandas()["value"].isna().all()
    assert result.receipt.answered == 0
    assert dict(result.receipt.fates).keys() == {"refused"}
    assert "no" in repr(result.receipt)


def test_missing_and_receipt_tell_the_same(client: Client) -> None:
    """Spans in `missing` add up to the fates; the reprs say so, in text and HTML."""
    ids = [
        *ek.sample_ids(client, 5),
        *foreign(client),
        *ek.sample_ids(client, 1, kind="unavailable"),
    ]
    result = client.run(ek.Query("28hr", ids, ["impressions"]), progress=False)
    lost = result.missing
    hours = (lost["end"] - lost["start"]) / timedelta(hours=1)
    by_status = hours.groupby(lost["status"].astype(str)).sum().to_dict()
    assert by_status == dict(result.receipt.fates)
    assert "EMULATOR" in repr(result)
    assert set(by_status) == {"not_owned", "unavailable"}
    assert "not_owned" in result.receipt._repr_html_()
    html = result._repr_html_()
    assert "https://x.com" not in html  # ids of invented tweets may be those of other people's
    assert all(f">{name}</td>" in html for name in by_status)
    assert result.receipt.to_dict()["asked"] == result.receipt.asked


def test_nobody_is_told_where_nobody_looks(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    """With progress=False not even a refusal is printed; with True there are lines."""
    query = ek.Query("28hr", [*ek.sample_ids(client, 2), *foreign(client)], ["impressions"])
    client.run(query, progress=False)
    assert capfd.readouterr() == ("", "")
    client.run(query, store=client._store.folder / "other", progress=True)  # type: ignore[union-attr]
    out, err = capfd.readouterr()
    assert out == ""
    (end,) = err.splitlines()
    assert "1 of 1 requests; refused: HTTP 403: Forbidden to access tweets" in end


def test_many_small_runs_leave_one_connection(client: Client) -> None:
    """A loop over one-liners does not pile up connections, nor threads of the emulator."""
    import threading

    ids = ek.sample_ids(client, 40)
    before = threading.active_count()
    for one in ids:
        client.totals([one], ["favorites"], progress=False)
    assert sent(client) == 40
    assert threading.active_count() <= before + client.threads


def test_a_result_goes_into_every_engine(client: Client, tmp_path: Path) -> None:
    """Arrow, Polars, DuckDB and CSV take the result as it is, with ids as text."""
    ids = ek.sample_ids(client, 5)
    gone = ek.sample_ids(client, 1, kind="unavailable")
    query = ek.Query("28hr", [*ids, *gone], ["impressions", "favorites"], by="hour")
    result = client.run(query, progress=False)
    table = result.to_arrow()
    assert pa.table(result).equals(table)
    assert pl.DataFrame(result)["value"].to_list() == table.column("value").to_pylist()
    assert duckdb.from_arrow(result).to_arrow_table()["tweet_id"].to_pylist() == (
        table.column("tweet_id").to_pylist()
    )
    days = result.to_arrow("day")
    assert result.to_polars("day")["value"].to_list() == days.column("value").to_pylist()
    with result.to_duckdb() as connection:
        (found,) = connection.sql("SELECT sum(value) FROM daily WHERE n_missing = 0").fetchall()
    assert found == (result.to_pandas("day")["value"].sum(),)
    back = pd.read_csv(result.to_csv(tmp_path / "t.csv"), dtype={"tweet_id": "str"})
    assert back["tweet_id"].tolist() == table.column("tweet_id").to_pylist()


def test_a_result_is_made_wide_and_takes_labels(client: Client, tmp_path: Path) -> None:
    """A column per metric; a person's labels beside each row; the same from the front door."""
    ids = ek.sample_ids(client, 4)
    query = ek.Query("totals", ids, ["impressions", "favorites"])
    result = client.run(query, progress=False)
    wide = result.wide()
    assert wide.index.get_level_values("tweet_id").tolist() == ids
    assert list(wide.columns) == ["impressions", "favorites"]
    pd.testing.assert_frame_equal(ek.wide(result), wide)
    own = pd.DataFrame({"id": [int(one) for one in ids[:2]], "team": ["red", "blue"]})
    labelled = result.with_tweets(own, on="id")
    assert labelled["team"].dropna().tolist() == ["red", "red", "blue", "blue"]
    assert len(labelled) == result.to_arrow().num_rows
    result.to_parquet(tmp_path / "t" / "a.parquet")
    assert ek.scan(tmp_path / "t").to_table().equals(result.to_arrow())


def test_a_dataset_grows_run_by_run(client: Client, tmp_path: Path) -> None:
    """Yesterday's hours once, today's when they are over; then nothing is new."""
    ids = ek.sample_ids(client, 3)
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=2))
    first = client.run(query, progress=False).to_dataset(tmp_path / "hours")
    assert client.emulator is not None
    client.emulator.clock.travel(timedelta(hours=3))
    second = client.run(query, progress=False).to_dataset(tmp_path / "hours")
    assert (second.added, second.already) == (9, first.added)
    assert client.run(query, progress=False).to_dataset(tmp_path / "hours").added == 0
    table = ek.scan(tmp_path / "hours").to_table()
    assert table.num_rows == first.added + 9
    numbers = table.select(["tweet_id", "start"]).to_pylist()
    assert len({tuple(one.values()) for one in numbers}) == table.num_rows


def test_a_refused_step_says_what_to_do(client: Client) -> None:
    """The API's words are the text, the error's advice stands beside it."""
    steps: list[ek.Step] = []
    foreign = ek.sample_ids(client, 1, kind="foreign")
    query = ek.Query("28hr", foreign, ["impressions"])
    client.run(query, on_step=steps.append, progress=False)
    (step,) = steps
    assert step.kind == "refused"
    assert step.text.startswith("HTTP 403: ")
    assert step.advice == ek.errors.ForbiddenTweets.advice
