"""The views of a tidy table in DuckDB, as SQL: the same law as `sums`, written a second time.

Times are cut in whole microseconds since 1970, never by the session's time zone: a day stays a UTC
day whatever ``SET TimeZone`` says. Tests hold the sums against `sums.total`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engagement_kit.question.micros import DAY_US, HOUR_US
from engagement_kit.tables.wide import ALL_METRICS

STEP: Final = {"hour": HOUR_US, "day": DAY_US}
"""How long the periods of a grain are, in microseconds; other grains can't be summed over time."""

_PERIOD: Final = 'start, "end", hour_of_day'
# A count before none, then the latest observed, then the one that stands last: as sums.latest.
_BEST: Final = "(value IS NOT NULL) DESC, observed_at DESC NULLS LAST, place DESC"


def views(grain: str | None, metrics: Sequence[str | None], schema: str = "main") -> dict[str, str]:
    """Write the views that a grain can give, in the order in which they must be made.

    Parameters
    ----------
    grain
        Of the table; None for an empty one, which has the views of hours.
    metrics
        In the table's order; None for counts that are summed over metrics.
    schema
        Where the tables ``long`` (with its built-in ``rowid``) and ``tweets`` are, and the views
        will be: their names are written in full, for a view is read from wherever a person is.

    Returns
    -------
    dict of str
        Statements ``SELECT ...`` by the name of their view.

    Examples
    --------
    >>> list(views("lifetime", ["likes"])), list(views("hour", ["likes"]))
    (['wide'], ['wide', 'pieces', 'daily', 'lifecycle'])
    """
    grain = grain or "hour"
    place = quoted(schema)
    made = {"wide": _wide(place, grain, metrics)}
    if grain in STEP:
        made |= {
            "pieces": _pieces(place, STEP[grain]),
            "daily": _daily(place),
            "lifecycle": _lifecycle(place, grain),
        }
    return made


def overlapping(grain: str | None, schema: str = "main") -> str | None:
    """Write the question for a count that begins before another of its series ends.

    Lifetimes all begin with their tweet and end when they are seen: of them the latest counts, and
    there is no such question.
    """
    if grain is None or grain == "lifetime":
        return None
    place = quoted(schema)
    source = f"{place}.pieces" if grain in STEP else f"({_latest(place, _PERIOD)})"
    return f"""
        SELECT tweet_id, metric FROM {source}
        WHERE value IS NOT NULL
        QUALIFY start < lag("end") OVER (
            PARTITION BY tweet_id, metric, hour_of_day ORDER BY start, "end"
        )
        LIMIT 1"""  # noqa: S608 - no word of a person's in it


def quoted(name: str) -> str:
    """Write a name so that SQL takes it for one, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _latest(schema: str, period: str) -> str:
    """Choose one row of each number."""
    return f"""
        SELECT *, rowid AS place FROM {schema}.long
        QUALIFY row_number() OVER (
            PARTITION BY tweet_id, metric, {period} ORDER BY {_BEST}
        ) = 1"""  # noqa: S608 - no word of a person's in it


def _wide(schema: str, grain: str, metrics: Sequence[str | None]) -> str:
    keys = "tweet_id, start" + (", hour_of_day" if grain == "hour_of_day" else "")
    columns = "".join(f",\n        {_column(one)}" for one in metrics)
    return f"""
        SELECT {keys}{columns}
        FROM ({_latest(schema, "start, hour_of_day")})
        GROUP BY {keys}"""  # noqa: S608 - names of metrics are quoted


def _column(metric: str | None) -> str:
    same = "metric IS NULL" if metric is None else f"metric = {_literal(metric)}"
    return f"max(value) FILTER ({same}) AS {quoted(ALL_METRICS if metric is None else metric)}"


def _pieces(schema: str, step: int) -> str:
    """Take missed spans apart, from the tweet's creation on, and keep each number once."""
    return f"""
        WITH dated AS (
            SELECT one.*, epoch_us(start) AS s, epoch_us("end") AS e,
                value IS NULL AND start IS NOT NULL AND "end" IS NOT NULL AS missed,
                epoch_us(created_at) // {step} * {step} AS born
            FROM ({_latest(schema, _PERIOD)}) AS one
            LEFT JOIN {schema}.tweets USING (tweet_id)
        ),
        begun AS (
            SELECT * REPLACE (CASE WHEN missed THEN greatest(s, coalesce(born, s)) ELSE s END AS s)
            FROM dated
        ),
        apart AS (
            SELECT *, unnest(range(
                CASE WHEN missed THEN (e + {step - 1}) // {step} - s // {step} ELSE 1 END
            )) AS i
            FROM begun
        ),
        cut AS (
            SELECT * REPLACE (
                CASE WHEN s IS NOT NULL THEN greatest(s, (s // {step} + i) * {step}) END AS s,
                CASE WHEN s IS NULL OR e IS NULL THEN e
                    ELSE least(e, (s // {step} + i + 1) * {step}) END AS e
            )
            FROM apart
        )
        SELECT tweet_id, metric, grain, make_timestamptz(s) AS start, make_timestamptz(e) AS "end",
            hour_of_day, value, status, complete, observed_at
        FROM cut
        QUALIFY row_number() OVER (
            PARTITION BY tweet_id, metric, s, e, hour_of_day ORDER BY {_BEST}
        ) = 1"""  # noqa: S608 - no word of a person's in it


_SUMS: Final = """
            CASE WHEN count(value) = count(*) THEN CAST(sum(value) AS BIGINT) END AS value,
            count(*) AS n_expected, count(*) - count(value) AS n_missing,
            bool_and(coalesce(complete, false)) AS complete"""


def _daily(schema: str) -> str:
    return f"""
        SELECT tweet_id, metric,
            make_timestamptz(epoch_us(start) // {DAY_US} * {DAY_US}) AS start,{_SUMS}
        FROM {schema}.pieces
        GROUP BY ALL"""  # noqa: S608 - no word of a person's in it


def _lifecycle(schema: str, grain: str) -> str:
    """Count by age. A sum since birth has a piece for each age, and each piece is whole.

    A day is whole when it is counted from its midnight, or from the hour of the tweet's creation,
    to the next midnight.
    """
    step = STEP[grain]
    return f"""
        WITH buckets AS (
            SELECT tweet_id, metric, epoch_us(start) // {step} AS bucket,{_SUMS},
                sum(epoch_us("end") - epoch_us(start)) AS covered
            FROM {schema}.pieces
            GROUP BY ALL
        ),
        aged AS (
            SELECT buckets.*, bucket - epoch_us(created_at) // {step} AS age,
                coalesce(covered >= (bucket + 1) * {step}
                    - greatest(bucket * {step},
                        epoch_us(created_at) // {HOUR_US} * {HOUR_US}), false)
                AS whole
            FROM buckets LEFT JOIN {schema}.tweets USING (tweet_id)
        )
        SELECT tweet_id, metric, age AS age_{grain}s, make_timestamptz(bucket * {step}) AS start,
            value,
            CASE WHEN age >= 0 AND count(*) FILTER (value IS NULL) OVER since = 0
                AND count(*) FILTER (age >= 0 AND whole) OVER since = age + 1
                THEN CAST(sum(value) OVER since AS BIGINT) END AS cumulative,
            complete
        FROM aged
        WINDOW since AS (PARTITION BY tweet_id, metric ORDER BY bucket)"""  # noqa: S608
