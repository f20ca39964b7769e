"""What a view gives: the frame, the plot, and code that makes both."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import engagement_kit as ek
from engagement_kit.forms.model import exploring_words as say
from engagement_kit.forms.model.exploring import (
    FORMS,
    SUMS,
    Shown,
    View,
    contents_of,
    draw,
    frame_of,
    leaders,
    narrow,
    reasons,
    show,
)
from engagement_kit.forms.model.exploring_code import code_of
from engagement_kit.forms.model.exploring_typed import chosen_ids, moment_of, period_of
from engagement_kit.tables.given import as_arrow
from engagement_kit.tables.schema import SCHEMA

CLOCK = "2026-06-01T12:34:00Z"
FROM, TO = datetime(2026, 5, 29, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Ask the emulator for a table of each grain; one tweet has no counts."""
    with ek.connect("emulator", clock=CLOCK) as client:
        ids = [*ek.sample_ids(client, 60)[40:], *ek.sample_ids(client, 1, kind="unavailable")]
        made = {}
        for by in ("hour", "day", "hour_of_day", "total"):
            query = ek.Query(
                "historical", ids, ["impressions", "favorites"], by=by, period=ek.last(days=5)
            )  # type: ignore[call-overload]
            table = client.run(query, progress=False).to_pandas()
            made[str(table["grain"].iloc[0])] = table
        totals = ek.Query("totals", ids, ["impressions", "favorites"])
        made["lifetime"] = client.run(totals, progress=False).to_pandas()
    return made


def axes() -> Any:
    """Make axes that nobody keeps."""
    return Figure(layout="constrained").add_subplot()


def drawn(ax: Any) -> list[Any]:
    """Give what is drawn, as plain data."""
    boxes = [getattr(one, "get_bbox", None) for one in ax.patches]
    steps = [one.get_data() for one in ax.patches if hasattr(one, "get_data")]
    # How a title is broken depends on how wide the axes are.
    title = " ".join(ax.get_title("left").split())
    return [
        title, ax.get_title("right"), ax.get_xlabel(), ax.get_ylabel(),
        [box().bounds for box in boxes if box],
        [repr([list(part) for part in step[:2]]) for step in steps],
        [[path.vertices.tolist() for path in one.get_paths()] for one in ax.collections],
        [one.get_xydata().tolist() for one in ax.lines],
        [one.get_text() for one in ax.get_yticklabels()],
    ]  # fmt: skip


GIVEN = {
    "hour": ["over_time", "by_age", "hour_of_day", "top"],
    "day": ["over_time", "by_age", "top"],
    "hour_of_day": ["hour_of_day", "top"],
    "window": ["top"],
    "lifetime": ["top"],
}


@pytest.mark.parametrize("grain", GIVEN)
def test_a_grain_gives_its_forms_and_says_why_not_the_others(
    grain: str, tables: dict[str, pd.DataFrame]
) -> None:
    """Forms that are offered work; the others are refused, and the reason names what is needed."""
    table = tables[grain]
    why = reasons(contents_of(as_arrow(table)))
    assert [form for form, words in why.items() if not words] == GIVEN[grain]
    for form in FORMS:
        if form in GIVEN[grain]:
            assert len(frame_of(View("impressions", form), table))
        else:
            assert grain.replace("_", " ") in why[form]
            with pytest.raises(ek.errors.TableError):
                frame_of(View("impressions", form), table)


VIEWS = [
    (grain, form, tweets, period, which)
    for grain, forms in GIVEN.items()
    for form, tweets, period, which in itertools.product(
        forms, (0, 3), (0, 1), (None, "counted", "whole", "all")
    )
    if not period or grain in {"hour", "day"}
    if which is None or (form in SUMS and not tweets)
]


@pytest.mark.parametrize("case", VIEWS, ids=str)
def test_the_code_makes_the_same_frame_and_plot(
    case: tuple[str, Any, int, int, Any], tables: dict[str, pd.DataFrame]
) -> None:
    """Run as it stands, given the table: an equal frame, and a plot with the same in it."""
    grain, form, tweets, period, which = case
    table = tables[grain]
    ids = tuple(table["tweet_id"].unique()[:tweets])
    edges = {"start": FROM, "end": TO} if period else {}
    view = View("favorites", form, ids, which=which, **edges)
    names: dict[str, Any] = {"data": table}
    shown = show(view, table, axes())
    exec(code_of(view, "data", which=shown.which), names)  # noqa: S102
    pd.testing.assert_frame_equal(names["frame"], frame_of(view, table))
    assert drawn(names["ax"]) == drawn(draw(view, table, axes()))
    import matplotlib.pyplot as plt

    plt.close("all")


def test_the_code_takes_arrow_and_results_too(tables: dict[str, pd.DataFrame]) -> None:
    """What is no DataFrame is made one; the frame is the same."""
    table = tables["hour"]
    view = View("favorites", "over_time", start=FROM)
    code = code_of(view, frame=False, which="counted").rsplit("\n", 1)[0]
    names: dict[str, Any] = {"table": as_arrow(table)}
    exec(code, names)  # noqa: S102
    pd.testing.assert_frame_equal(names["frame"], frame_of(view, table))


def test_a_metric_of_any_name_stands_in_the_code() -> None:
    """Names are data: quotes and new lines do not become code."""
    for name in ('a"b', "a\\b", "a\nb", "a'b", '"""'):
        table = ek.tidy({"g": {"2000": {"likes": "1"}}})
        table["metric"] = pd.Categorical([name])
        names: dict[str, Any] = {"table": table}
        exec(code_of(View(name, "top")).rsplit("\n", 1)[0], names)  # noqa: S102
        assert names["frame"]["value"].tolist() == [1]


def test_what_is_shown_in_one_go_is_frame_and_plot(tables: dict[str, pd.DataFrame]) -> None:
    """And says over how many tweets, and how many are left out."""
    ax, view = axes(), View("impressions", "over_time", which="whole")
    shown = show(view, tables["hour"], ax)
    pd.testing.assert_frame_equal(shown.frame, frame_of(view, tables["hour"]))
    assert drawn(ax) == drawn(draw(view, tables["hour"], axes()))
    assert (shown.tweets, shown.left_out, shown.which, shown.lacking) == (20, 1, "whole", 0)
    ranks = show(View("impressions", "top"), tables["hour"], axes())
    assert (ranks.tweets, ranks.left_out, ranks.which, ranks.lacking) == (21, 0, "all", 1)


@settings(max_examples=60)
@given(st.integers(0, 119), st.integers(1, 120), st.sampled_from([(), (0,), (0, 20), (3, 7)]))
def test_parts_of_the_time_add_up(
    tables: dict[str, pd.DataFrame], first: int, more: int, chosen: tuple[int, ...]
) -> None:
    """What is before, within and after a period is all: counts, and what is missing."""
    table = tables["hour"]
    begin, stop = table["start"].min(), table["end"].max()
    edges = [begin + pd.Timedelta(hours=first), begin + pd.Timedelta(hours=first + more)]
    ids = tuple(table["tweet_id"].unique()[[*chosen]])
    spans = [(None, edges[0]), (edges[0], edges[1]), (edges[1], None)]
    parts = []
    for start, end in spans:
        if (start is not None and start >= stop) or (end is not None and end <= begin):
            continue
        view = View("impressions", "top", ids, start, end)
        try:
            parts.append(ek.total(narrow(view, table), "tweet_id"))
        except ek.errors.TableError:
            continue  # a young tweet has nothing there
    summed = pd.concat(parts).groupby(["tweet_id", "metric"], observed=True)
    every = ek.total(narrow(View("impressions", "top", ids), table), "tweet_id")
    every = every.set_index(["tweet_id", "metric"])
    assert summed["n_missing"].sum().to_dict() == every["n_missing"].to_dict()
    assert summed["n_expected"].sum().to_dict() == every["n_expected"].to_dict()
    sums = summed["value"].agg(lambda one: one.sum(skipna=False))
    assert sums.fillna(-1).to_dict() == every["value"].fillna(-1).to_dict()


@pytest.mark.parametrize("form", SUMS)
def test_the_first_view_of_a_table_with_a_tweet_that_is_gone_is_full(
    form: Any, tables: dict[str, pd.DataFrame]
) -> None:
    """No sum is null; plot, line above it and description leave out one tweet by equal words."""
    table, ax, view = tables["hour"], axes(), View("impressions", form)
    shown = show(view, table, ax)
    assert shown.frame["value"].notna().all()
    assert (shown.tweets, shown.left_out, shown.which) == (20, 1, "counted")
    assert say.gap_words(view, shown) == ["1 of 21 tweets without any count left out."]
    title = " ".join(ax.get_title("left").split())
    assert "impressions of 20 of 21 tweets " in title
    assert title.endswith("; 1 without any count left out")
    assert "impressions of 20 of 21 tweets " in say.alt_words(
        view, shown, contents_of(as_arrow(table))
    )


def test_nothing_left_is_said(tables: dict[str, pd.DataFrame]) -> None:
    """A period before all, tweets without counts, a part of what has one period."""
    early = View("impressions", "over_time", end=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(ek.errors.TableError, match="no count of impressions is left"):
        frame_of(early, tables["hour"])
    with pytest.raises(ek.errors.TableError, match="has one period"):
        frame_of(View("impressions", "top", start=FROM), tables["lifetime"])
    with pytest.raises(ek.errors.TableError, match="it holds: impressions, favorites"):
        frame_of(View("likes", "top"), tables["lifetime"])


def test_contents_and_leaders(tables: dict[str, pd.DataFrame]) -> None:
    """What a table holds, and its highest tweets with a missing sum at the end."""
    contents = contents_of(as_arrow(tables["hour"]))
    assert contents.metrics == ("impressions", "favorites")
    assert len(contents.tweets) == 21
    assert contents.invented
    assert contents.end == datetime(2026, 6, 1, 12, tzinfo=UTC)
    best = leaders(tables["hour"], "impressions", 100)
    values = list(best.values())
    assert values[-1] is None
    assert values[:-1] == sorted(values[:-1], reverse=True)  # type: ignore[type-var]
    assert len(leaders(tables["hour"], "impressions", 5)) == 5
    empty = contents_of(SCHEMA.empty_table())
    assert set(reasons(empty).values()) == {"the table is empty"}
    assert say.contents_words(empty) == "The table is empty: there is nothing to show."


def test_tables_without_tweets_or_metrics_say_so(tables: dict[str, pd.DataFrame]) -> None:
    """Counts that are summed over tweets have no top, and over metrics nothing to choose."""
    table = tables["hour"]
    no_tweets = table.assign(tweet_id=pd.Categorical([None] * len(table), ["2000"]))
    why = reasons(contents_of(as_arrow(no_tweets)))
    assert why["top"] == why["by_age"] == "the counts are summed over tweets"
    assert not why["over_time"]
    no_metrics = table.assign(metric=pd.Categorical([None] * len(table), ["likes"]))
    why = reasons(contents_of(as_arrow(no_metrics)))
    assert set(why.values()) == {"the counts are summed over metrics"}
    old = table.assign(tweet_id=pd.Categorical(["2000"] * len(table)))
    assert "2010" in reasons(contents_of(as_arrow(old)))["by_age"]


def test_what_is_typed_is_read_or_refused_in_words(tables: dict[str, pd.DataFrame]) -> None:
    """Moments are UTC where they name no zone; ids are looked up; the rest is said."""
    hour, day = (contents_of(as_arrow(tables[one])) for one in ("hour", "day"))
    assert moment_of(" 2026-05-30 13:00 ", hour) == datetime(2026, 5, 30, 13, tzinfo=UTC)
    assert moment_of("2026-05-30T13:00+02:00", hour) == datetime(2026, 5, 30, 11, tzinfo=UTC)
    assert moment_of("", hour) is None
    for text, contents, words in (
        ("yesterday", hour, "is no moment"),
        ("0001-01-01T00:00+05:00", hour, "is no moment"),
        ("9999-12-31T23:00-05:00", day, "is no moment"),
        ("2026-05-30 13:30", hour, "whole hours"),
        ("2026-05-30 13:00", day, "whole days"),
    ):
        with pytest.raises(ek.errors.TableError, match=words):
            moment_of(text, contents)
    assert period_of("2020-01-01", "2030-01-01", hour) == (None, None)
    assert period_of("2026-05-30", "", hour) == (datetime(2026, 5, 30, tzinfo=UTC), None)
    for start, end, words in (
        ("2026-05-30", "2026-05-30", "after the start"),
        ("2026-06-02", "", "the table counts from"),
        ("", "2026-01-01", "the table counts from"),
    ):
        with pytest.raises(ek.errors.TableError, match=words):
            period_of(start, end, hour)
    known = next(iter(hour.tweets))
    ids, words = chosen_ids(f"{known}, https://x.com/a/status/20 21 22 23", hour)
    assert ids == (known,)
    assert words == "not in the table: 20, 21, 22 and 1 more"


def test_the_ends_of_a_table_are_moments_of_it() -> None:
    """A table of days may begin within a day; its own beginning can be typed."""
    begin = datetime(2026, 5, 28, 5, tzinfo=UTC)
    days = contents_of(SCHEMA.empty_table())
    days = type(days)("day", ("likes",), frozenset({"20"}), begin, TO, False, 1)
    assert period_of("2026-05-28 05:00", "2026-05-31", days) == (None, None)


def test_words_say_what_is_seen(tables: dict[str, pd.DataFrame]) -> None:
    """Those who can't see the figure learn what is drawn, the highest, gaps, and the source."""
    table = tables["hour"]
    contents = contents_of(as_arrow(table))
    for form in FORMS:
        view = View("impressions", form)
        words = say.alt_words(view, show(view, table, axes()), contents)
        assert "impressions" in words
        assert ("21 tweets" if form == "top" else "20 of 21 tweets") in words
        assert "The highest is " in words
        assert "EMULATOR" in words
        assert "2026-06-01 12:00 UTC, the end itself not counted" in words
    view = View("impressions", "over_time", which="all")
    shown = show(view, table, axes())
    (said,) = say.gap_words(view, shown)
    assert said.startswith("1 tweet with missing counts (120 numbers): a sum without one ")
    assert say.gap_words(view, Shown(shown.frame[:0], 0, 0)) == []
    text = say.plain_text(contents, view, shown, code_of(view), [])
    assert text.startswith("Explorer: ")
    assert "frame = ek.total" in text
