"""Which rows of a tidy table are meant: those of one metric, at one grain."""

from __future__ import annotations

from difflib import get_close_matches
from textwrap import shorten
from typing import TYPE_CHECKING

import pyarrow as pa

from engagement_kit.errors import TableError
from engagement_kit.question.metrics import understand
from engagement_kit.tables.given import held_by
from engagement_kit.tables.schema import SCHEMA, to_pandas

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy


def rows_of(table: Tidy, metric: object) -> tuple[pd.DataFrame, str]:
    """Choose the rows of a metric, and name their one grain.

    Parameters
    ----------
    table
        A tidy table.
    metric
        Which metric.

    Returns
    -------
    rows : pandas.DataFrame
        At least one row.
    grain : str
        Of all rows.

    Raises
    ------
    TableError
        When the table is not tidy, holds no such metric, or holds it in several grains.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> rows_of(tidy({"g": {"2000": {"likes": "1"}}}), "likes")[1]
    'lifetime'
    """
    if not isinstance(metric, str):
        msg = f"metric={shorten(repr(metric), 60)}; allowed: the name of one metric, as text"
        raise TableError(msg)
    held = held_by(table)
    frame = _of_metric(held, metric) if isinstance(held, pa.Table) else held
    if not {"metric", "grain"} <= set(frame.columns):
        msg = (
            f"this is no tidy table: its columns are {', '.join(map(str, frame.columns))}; give "
            "one as it comes from result.to_pandas()"
        )
        raise TableError(msg)
    chosen = (frame["metric"] == metric).to_numpy(dtype=bool, na_value=False)
    rows = frame if len(chosen) and chosen.all() else frame[chosen]
    if not len(rows):
        raise TableError(_not_held(frame, metric))
    grains = [str(one) for one in rows["grain"].unique()]
    if len(grains) > 1:
        msg = f"the table holds several grains ({', '.join(grains)}); choose the rows of one first"
        raise TableError(msg)
    return rows, grains[0]


def _not_held(frame: pd.DataFrame, metric: str) -> str:
    """Say what a table holds instead of a metric."""
    if not len(frame):
        return f"the table is empty, and holds no {metric!r}"
    names = [str(one) for one in frame["metric"].dropna().unique()]
    meant = understand(metric)
    near = meant[0] if meant and meant[0] in names else ""
    near = near or next(iter(get_close_matches(metric, names, n=1)), "")
    hint = f"; did you mean {near!r}?" if near else ""
    return f"the table holds no {metric!r}; it holds: {', '.join(names) or 'none'}{hint}"


def _of_metric(table: pa.Table, metric: str) -> pd.DataFrame:
    """Turn no more rows to pandas than are needed; all where the metric is not there."""
    import pyarrow.compute as pc

    if set(SCHEMA.names) <= set(table.column_names):
        chosen = pc.equal(table.column("metric"), metric)
        if pc.any(chosen).as_py() and not pc.all(chosen).as_py():
            return to_pandas(table.filter(chosen), consume=True)
    return to_pandas(table)


def known_to_run(rows: pd.DataFrame) -> pd.DataFrame:
    """Take what nobody said when it was observed as over: it is not known to run."""
    return rows.assign(complete=rows["complete"].fillna(value=True))
