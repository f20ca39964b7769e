"""Wherever one word out of few is taken, an error names all of them and the nearest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.login import keeper_of
from engagement_kit.question.spelling import near

CLOCK = "2026-06-01T12:00Z"
QUERY = ek.Query("totals", ["1500000000000000000"], ["favorites"])
TEAMS = {2000 + one: "red" if one < 4 else "blue" for one in range(8)}


def _table() -> pd.DataFrame:
    hours = {"2026-05-02": {"08": "5", "09": "3"}}
    return ek.tidy({"g": {"2050491494400000000": {"likes": hours}}})


def _counts() -> pd.DataFrame:
    return ek.tidy({"g": {str(one): {"likes": "3"} for one in TEAMS}})


WITHOUT: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "to": (lambda: ek.connect("emulater"), ["live", "emulator"], "emulator"),
    "profile": (
        lambda: ek.connect("emulator", profile="referenc"),  # type: ignore[arg-type]
        ["reference", "overview"], "reference",
    ),
    "overage": (
        lambda: ek.connect("emulator", overage="stopp", contracted=1),  # type: ignore[arg-type]
        ["warn", "stop"], "stop",
    ),
    "world": (
        lambda: ek.connect("emulator", world="heavy"),
        ["standard", "heavy_tails", "campaigns"], "heavy_tails",
    ),
    "endpoint": (
        lambda: ek.Query("total", ["20"]),  # type: ignore[arg-type]
        ["totals", "28hr", "historical"], "totals",
    ),
    "endpoint of a body": (
        lambda: ek.tidy({}, endpoint="total"),
        ["totals", "28hr", "historical"], "totals",
    ),
    "by": (
        lambda: ek.Query("28hr", ["20"], by="hours"),  # type: ignore[arg-type]
        ["hour", "day", "hour_of_day", "total"], "hour",
    ),
    "group_by": (
        lambda: ek.Query("totals", ["20"], groupings={"g": ["tweet.ids", "engagement.type"]}),
        ["tweet.id", "engagement.type"], "tweet.id",
    ),
    "by, looking ahead": (
        lambda: ek.expiring(["20"], by="hours"),  # type: ignore[arg-type]
        ["hour", "day"], "hour",
    ),
    "profile, looking ahead": (
        lambda: ek.expiring(["20"], profile="over"),  # type: ignore[arg-type]
        ["reference", "overview"], "overview",
    ),
    "credential": (
        lambda: ek.metrics("totals", "users"),  # type: ignore[arg-type]
        ["user", "app"], "user",
    ),
    "keep": (
        lambda: keeper_of("keyrin"),  # type: ignore[arg-type]
        ["file", "keyring", "nowhere"], "keyring",
    ),
    "freq": (
        lambda: ek.total(_table(), freq="days"),  # type: ignore[arg-type]
        ["hour", "day", "week", "month"], "day",
    ),
    "engine": (
        lambda: ek.scan("x", engine="polar"),  # type: ignore[call-overload]
        ["arrow", "polars", "duckdb"], "polars",
    ),
    "what": (
        lambda: ek.plot.lifecycle(_table(), "likes", what="rates"),  # type: ignore[arg-type]
        ["rate", "cumulative", "share"], "rate",
    ),
    "statistic": (
        lambda: ek.insight.compare(_counts(), TEAMS, "likes", statistic="avg_mean"),  # type: ignore[arg-type]
        ["median", "mean"], "mean",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT)
def test_words_of_calls(name: str) -> None:
    """The error is one of ours."""
    call, allowed, nearest = WITHOUT[name]
    with pytest.raises(ek.errors.EngagementError) as caught:
        call()
    _says(str(caught.value), allowed, nearest)


WITH: dict[str, tuple[Callable[[Client], Any], list[str], str]] = {
    "order": (lambda one: one.plan(QUERY, order="deadlines"), ["deadline"], "deadline"),  # type: ignore[arg-type]
    "endpoint of a refresh": (
        lambda one: one.refresh(endpoint="total"),  # type: ignore[arg-type]
        ["totals", "historical"], "totals",
    ),
    "kind": (
        lambda one: ek.sample_ids(one, 3, kind="foreing"),  # type: ignore[arg-type]
        ["own", "foreign", "unavailable", "protected", "very_old"], "foreign",
    ),
    "table": (lambda one: one.run(QUERY).table("lifetimes"), ["lifetime", "hour"], "lifetime"),
}  # fmt: skip


@pytest.mark.parametrize("name", WITH)
def test_words_of_a_client(name: str) -> None:
    """So is that of a client's methods."""
    call, allowed, nearest = WITH[name]
    with (
        ek.connect("emulator", clock=CLOCK) as client,
        pytest.raises(ek.errors.EngagementError) as caught,
    ):
        call(client)
    _says(str(caught.value), allowed, nearest)


def _says(text: str, allowed: list[str], nearest: str) -> None:
    after = text.partition("allowed: ")[2]
    assert all(word in after for word in allowed), text
    assert f"Did you mean {nearest}?" in after, text


def test_learnt_is_for_a_refresh() -> None:
    """A plan does not take that word, and says where it is taken; a refresh knows it misspelt."""
    with ek.connect("emulator", clock=CLOCK) as client:
        with pytest.raises(ek.errors.QueryError, match=r'"learnt" is for client\.refresh'):
            client.plan(QUERY, settle="learnt")  # type: ignore[arg-type]
        with pytest.raises(ek.errors.QueryError, match='Did you mean "learnt"'):
            client.refresh(settle="learned")  # type: ignore[arg-type]


def test_what_is_no_word_for_a_place() -> None:
    """An address, or a name that is like neither word, is told where it belongs."""
    for wrong in ("https://127.0.0.1:1/insights/engagement", "acme"):
        with pytest.raises(ek.errors.QueryError) as caught:
            ek.connect(wrong)
        (problem,) = caught.value.problems
        assert problem.hint == "An address is given as base_url=, an account's name as account=."
        assert "https" not in str(caught.value)


def test_nothing_is_near_to_what_is_like_nothing() -> None:
    """No guess is better than a wild one."""
    assert near("xyz", ["live", "emulator"]) == near(None, ["live"]) == near("", ["live"]) == ""
