# %% [markdown]
# # Parquet, and onwards
#
# **How do I go on in the tool I like?** The table is written once as Parquet. pandas, Polars,
# DuckDB and Dask read equal values from it, and this page checks that they do. It needs all four:
# `pip install 'engagement_kit[lab]'` brings them.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from pathlib import Path
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # take a folder of your own to keep what this writes
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=f"{folder.name}/raw")
ids = ek.sample_ids(client, 300)[9::3]
period = ek.between("2026-05-05", "2026-06-02")  # up to today, which is not over
# Live: client = ek.connect(store="raw"), ids = your own tweet ids, and a period up to today.

# %%
query = ek.Query("historical", ids, ["impressions", "url_clicks"], by="day", period=period)
result = client.run(query)
path = result.to_parquet(Path(folder.name) / "days.parquet")
print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, {result.to_arrow().num_rows:,} rows")

# %% [markdown]
# The question for all of them: how many impressions on each UTC day? Today is not over, so it has
# no count. `ek.total` says so; the sums of the other tools skip nulls, and would call it zero.
# Each has a way to keep the rule: no sum where a piece is missing.
#
# ## pandas

# %%
import pandas as pd

table = pd.read_parquet(path)
by_day = ek.total(table[table["metric"] == "impressions"], freq="day")
answers = {"pandas": by_day}
by_day[["start", "value"]].tail(3)

# %% [markdown]
# ## Polars
#
# `ek.scan` opens the file lazily: only the rows and columns that a question needs are read. It
# also checks that the file is one of ours. Ids are text everywhere.

# %%
import polars as pl

whole = pl.col("value").null_count() == 0
lazy = (
    ek.scan(path, engine="polars")
    .filter(pl.col("metric") == "impressions")
    .group_by("start")
    .agg(value=pl.when(whole).then(pl.col("value").sum()))
    .sort("start")
)
polars_days = lazy.collect()
answers["Polars"] = polars_days.to_pandas()
polars_days.tail(3)

# %% [markdown]
# ## DuckDB
#
# `result.to_duckdb()` has the table as `long`, and views that keep the rule by themselves:
# `daily` is `ek.total` in SQL. The same connection reads the file.

# %%
QUESTION = """
    SELECT start, CASE WHEN count(value) = count(*) THEN sum(value)::BIGINT END AS value
    FROM {source} WHERE metric = 'impressions' GROUP BY start ORDER BY start
"""
with result.to_duckdb() as db:
    answers["DuckDB, view"] = db.sql(QUESTION.format(source="daily")).df()
    answers["DuckDB, file"] = db.sql(QUESTION.format(source=f"read_parquet('{path}')")).df()
answers["DuckDB, file"].tail(3)

# %% [markdown]
# ## Dask
#
# For tables that do not fit into memory, or for a cluster.

# %%
import dask.dataframe as dd

lazy = dd.read_parquet(path, columns=["metric", "start", "value"])
pieces = lazy[lazy["metric"] == "impressions"].groupby("start")["value"]
counted = pieces.agg(["sum", "count", "size"]).compute(scheduler="threads").sort_index()
counted["value"] = counted["sum"].where(counted["count"] == counted["size"])
answers["Dask"] = counted.reset_index()
counted[["value", "count", "size"]].tail(3)

# %% [markdown]
# Where several days in a row are missing, the table holds one row for the whole gap. `ek.total`
# and the view `daily` take it apart; a `GROUP BY start` of your own does not.
#
# ## Equal values

# %%
days = {name: each.set_index("start")["value"].astype("Int64") for name, each in answers.items()}
beside = pd.DataFrame(days)
assert len(beside) == len(by_day)
assert all(beside[name].equals(beside["pandas"]) for name in beside)
assert beside.iloc[-1].isna().all()
beside.tail(7)
