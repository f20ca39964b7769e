"""The data dictionary: what each metric means, where it is offered, and when it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from engagement_kit.errors import QueryError
from engagement_kit.question import checks
from engagement_kit.question.metrics import METRICS, Metric, offered
from engagement_kit.question.offer import age_limit
from engagement_kit.question.rules import (
    ENDPOINTS,
    SMALL_SET,
    SMALL_SET_FROM,
    CredentialKind,
    EndpointName,
)
from engagement_kit.question.spelling import no_such

if TYPE_CHECKING:
    import pandas as pd

_KINDS: Final = get_args(CredentialKind)
_TEXT: Final = (
    "metric", "meaning", "unit", "is_not", "promoted", "since", "change", "older_names",
    "source", "certainty", "doubt",
)  # fmt: skip
_TIMES: Final = ("changed_on", "zero_before")
_DAYS: Final = ("max_age_days_totals", "max_age_days_windowed")
_COLUMNS: Final = (
    "metric", "meaning", "unit", "is_not", "promoted", "totals_user", "totals_app", "on_28hr",
    "on_historical", *_DAYS, "since", "changed_on", "change", "zero_before", "older_names",
    "source", "certainty", "doubt",
)  # fmt: skip


def metrics(
    endpoint: EndpointName | None = None, credential: CredentialKind | None = None
) -> pd.DataFrame:
    """Give the data dictionary of the metrics.

    Parameters
    ----------
    endpoint : {'totals', '28hr', 'historical'}, optional
        Only what is offered there.
    credential : {'user', 'app'}, optional
        Only what these keys may ask: those of the tweets' author, or app-only.

    Returns
    -------
    pandas.DataFrame
        A row for each metric, in the order of our tables:

        - ``metric``, ``meaning``, ``unit``: wire name, what is counted, what one of it is; text,
        - ``is_not``: what it is easily taken for, and is not; text, may be empty,
        - ``promoted``: what becomes of promoted views and clicks: left out, counted, or not
          documented; text,
        - ``totals_user``, ``totals_app``, ``on_28hr``, ``on_historical``: where it is offered; on
          the latter two only to the author's own keys; bool,
        - ``max_age_days_totals``, ``max_age_days_windowed``: how old a tweet may be, on totals, and
          on 28hr and historical; Int64, null for no limit, and where it is not offered,
        - ``since``: when it came to the API; text, empty where no document says so,
        - ``changed_on``, ``change``: from when on it counts something else, and what;
          datetime64[us, UTC] and text, null and empty for never,
        - ``zero_before``: historical counts 0 before this moment, whatever happened;
          datetime64[us, UTC], null for no such moment,
        - ``older_names``: on older pages and in older programs; text,
        - ``source``: the documents; text,
        - ``certainty``: ``confirmed`` where they agree, ``one source``, or ``assumed``; text,
        - ``doubt``: what is assumed all the same, or said otherwise elsewhere; text.

    Raises
    ------
    QueryError
        For an endpoint or a kind of credential that there is not.

    Notes
    -----
    Told in our own words from the documents of the Engagement API. The limits are those that plans
    are made by; see `engagement_kit.question.rules`.

    Examples
    --------
    >>> rows = metrics("totals").set_index("metric")
    >>> int(rows.loc["impressions", "max_age_days_totals"]), rows.loc["engagements", "promoted"]
    (90, 'counted')
    >>> metrics("totals", "app")["metric"].tolist()
    ['favorites', 'retweets', 'replies', 'quote_tweets', 'video_views']
    """
    import pandas as pd

    _check(endpoint, credential)
    places = ENDPOINTS if endpoint is None else (endpoint,)
    wanted = {name for place in places for name in offered(place, credential)}
    rows = [_row(one) for name, one in METRICS.items() if name in wanted]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    kinds = dict.fromkeys(_TEXT, "str") | dict.fromkeys(_DAYS, "Int64")
    times = dict.fromkeys(_TIMES, "datetime64[us, UTC]")
    return frame.astype(kinds | times | dict.fromkeys(_places(), "bool"))


def _check(endpoint: object, credential: object) -> None:
    if endpoint is not None and (not isinstance(endpoint, str) or endpoint not in ENDPOINTS):
        raise QueryError((checks.endpoint_problem(endpoint),))
    if credential is not None and credential not in _KINDS:
        raise QueryError((no_such("credential", credential, _KINDS, ", or None for both"),))


def _places() -> tuple[str, ...]:
    return ("totals_user", "totals_app", "on_28hr", "on_historical")


def _row(one: Metric) -> dict[str, Any]:
    on_totals = one.totals_user or one.totals_app
    return {
        "metric": one.name,
        "totals_user": one.totals_user,
        "totals_app": one.totals_app,
        "on_28hr": one.windowed,
        "on_historical": one.windowed,
        "max_age_days_totals": _days("totals", one.name) if on_totals else None,
        "max_age_days_windowed": _days("historical", one.name) if one.windowed else None,
        "zero_before": SMALL_SET_FROM if one.name in SMALL_SET else None,
        "older_names": ", ".join(one.older),
        **{
            name: getattr(one, name)
            for name in (
                "meaning", "unit", "is_not", "promoted", "since", "changed_on", "change",
                "source", "certainty", "doubt",
            )
        },
    }  # fmt: skip


def _days(endpoint: str, metric: str) -> int | None:
    limit = age_limit(endpoint, metric)
    return None if limit is None else limit.days
