"""The data dictionary: one table of facts, and the limits that plans are made by."""

from __future__ import annotations

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.question.metrics import METRICS, offered
from engagement_kit.question.rules import (
    ENDPOINTS,
    SMALL_SET,
    SMALL_SET_FROM,
    TOTALS_PRIVATE_DAYS,
    VIDEO_DAYS,
)


def test_every_metric_has_a_row_with_its_meaning_and_source() -> None:
    """All 18 names, in the order of our tables, each with a meaning, a unit and a source."""
    frame = ek.metrics()
    assert frame["metric"].tolist() == list(METRICS)
    assert frame["meaning"].tolist() == [one.meaning for one in METRICS.values()]
    for column in ("meaning", "unit", "promoted", "source", "certainty", "doubt"):
        assert frame[column].str.len().gt(0).all(), column
    assert set(frame["promoted"]) == {"left out", "counted", "not documented"}
    assert set(frame["certainty"]) <= {"confirmed", "one source", "assumed"}


def test_where_a_metric_is_offered_is_what_plans_go_by() -> None:
    """The columns of truth say the same as the rules that a query is checked by."""
    frame = ek.metrics().set_index("metric")
    places = {
        "totals_user": ("totals", "user"), "totals_app": ("totals", "app"),
        "on_28hr": ("28hr", "user"), "on_historical": ("historical", "user"),
    }  # fmt: skip
    for column, place in places.items():
        assert frame.index[frame[column]].tolist() == list(offered(*place)), column  # type: ignore[arg-type]


@pytest.mark.parametrize("endpoint", [None, *ENDPOINTS])
@pytest.mark.parametrize("credential", [None, "user", "app"])
def test_endpoint_and_credential_choose_rows(endpoint: str, credential: str) -> None:
    """Only what is offered there, to these keys; the columns stay, also when nothing is."""
    frame = ek.metrics(endpoint, credential)  # type: ignore[arg-type]
    places = ENDPOINTS if endpoint is None else (endpoint,)
    names = {one for place in places for one in offered(place, credential)}  # type: ignore[arg-type]
    assert frame["metric"].tolist() == [one for one in METRICS if one in names]
    assert frame.dtypes.equals(ek.metrics().dtypes)


def test_limits_of_age_are_those_of_the_rules() -> None:
    """90 days for impressions and engagements on totals alone; 1,800 for video views anywhere."""
    frame = ek.metrics().set_index("metric")
    totals, windowed = frame["max_age_days_totals"], frame["max_age_days_windowed"]
    days = TOTALS_PRIVATE_DAYS.value
    video = VIDEO_DAYS.value
    limited = {"impressions": days, "engagements": days, "video_views": video}
    assert totals.dropna().to_dict() == limited
    assert windowed.dropna().to_dict() == {"video_views": video}
    zero = frame["zero_before"].dropna()
    assert set(zero.index) == SMALL_SET
    assert set(zero) == {pd.Timestamp(SMALL_SET_FROM)}


def test_what_is_easily_mistaken_is_said() -> None:
    """Hashtags among url_clicks, two kinds of video_views, no sum, promotion, and what changed."""
    frame = ek.metrics().set_index("metric")
    assert "hashtags" in frame.loc["url_clicks", "meaning"]
    assert "two quantities" in frame.loc["video_views", "is_not"]
    assert "not the sum" in frame.loc["engagements", "is_not"]
    assert frame["promoted"][["impressions", "engagements"]].tolist() == ["left out", "counted"]
    changed = frame["changed_on"].dropna()
    assert changed.index.tolist() == ["engagements", "media_views", "media_engagements"]
    assert {f"{one:%Y-%m-%d}" for one in changed} == {"2017-10-09"}
    assert frame["change"].ne("").equals(frame["changed_on"].notna())
    assert "media_clicks" in frame.loc["media_engagements", "older_names"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("total",), r"endpoint: 'total': allowed: totals, 28hr, historical"),
        ((["totals"],), "endpoint"),
        (("totals", "bearer"), "credential: 'bearer': allowed: user, app"),
    ],
)
def test_what_there_is_not_is_refused(arguments: tuple[str, ...], said: str) -> None:
    """An unknown endpoint or kind of credential is refused, with what is allowed."""
    with pytest.raises(ek.errors.QueryError, match=said):
        ek.metrics(*arguments)  # type: ignore[arg-type]
