# %% [markdown]
# # Start here
#
# **From tweet ids to a tidy table, a plot and a Parquet file, in five minutes.**
#
# Few people have a contract for the Engagement API, so the package carries an **emulator**: a
# real HTTP service on this machine, with invented data. It needs no keys and no network. To ask
# the live API, change the next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for what this page writes; take a folder of your own to keep it
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=f"{folder.name}/raw")
ids = ek.sample_ids(client, 480)
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids, as text or whole numbers.

# %% [markdown]
# ## Totals
#
# `/totals` counts each tweet's whole life. You give ids; the kit cuts them into requests of 250,
# signs them, and keeps every raw answer.

# %%
totals = client.totals(ids[:300], ["impressions", "engagements", "favorites"])
totals[["tweet_id", "metric", "start", "end", "value", "status", "complete"]].head()

# %% [markdown]
# Each row is one number: which tweet, which metric, which period (`start` inclusive, `end`
# exclusive, UTC). More columns say when it was observed, and from which answer it came. Missing
# is never zero: a number that can't be had has a null `value`, and `status` says why.
#
# So sum with `ek.total`, which is null when a piece is missing.

# %%
ek.total(totals)

# %% [markdown]
# ## The last 28 hours

# %%
recent = client.last_28_hours(ids[:25], ["impressions"])
ax = ek.plot.timeline(recent)

# %% [markdown]
# The last bar is hatched: that hour still runs. The column `complete` says the same.
#
# ## A longer history
#
# A question of any size is a `Query`. Before anything is sent, `client.plan` says what it costs,
# and what can't be had.

# %%
older = ids[40::8]
query = ek.Query(
    "historical", older, ["impressions", "url_clicks"], by="day", period=ek.last(days=60)
)
client.plan(query)

# %%
result = client.run(query)
assert result.receipt.asked == result.receipt.answered + result.receipt.missing
result.receipt

# %% [markdown]
# The receipt says what became of every wanted number, and the code checks that it adds up.
#
# ## Parquet, and your own columns
#
# The file reads the same in pandas, Polars, DuckDB and Dask. `ek.join` puts your own columns
# beside the table, by tweet. Here each tweet belongs to one of two campaigns.

# %%
import pandas as pd

path = result.to_parquet(f"{folder.name}/history.parquet")
table = pd.read_parquet(path)

own = pd.DataFrame({"tweet_id": older})
own["campaign"] = ["spring" if number % 2 else "summer" for number in own.index]
by_campaign = ek.total(ek.join(table, own), "campaign")
assert set(by_campaign["campaign"]) == {"spring", "summer"}
by_campaign

# %% [markdown]
# ## No settled number is asked twice
#
# What may still change is asked again, unless `max_age=` lets stored counts be older. Results open
# later without keys or network.

# %%
from datetime import timedelta

again = client.plan(query, max_age=timedelta(hours=1))
assert again.price.left == 0
later = ek.open(f"{folder.name}/raw").latest
assert later.to_pandas().equals(result.to_pandas())
ax = ek.plot.timeline(later.to_pandas(), "impressions")

# %% [markdown]
# ## Where next
#
# | | |
# | :-- | :-- |
# | [01](01_build_a_request_with_the_form.ipynb) | the same by clicking |
# | [02](02_totals_and_top_tweets.ipynb) | totals, and a fair list of the best |
# | [03](03_the_last_28_hours.ipynb) | what is moving right now |
# | [04](04_history_by_day_and_hour.ipynb) | months by day, weeks by hour |
# | [05](05_groupings_explained.ipynb) | what the API really answers |
# | [06](06_a_big_job_stopped_and_resumed.ipynb) | a long run that survives |
# | [07](07_parquet_onwards.ipynb) | Polars, DuckDB and Dask |
# | [08](08_lifecycles_and_half_lives.ipynb) | how fast tweets live |
# | [09](09_comparing_two_campaigns.ipynb) | two campaigns, and the luck of weeks |
# | [10](10_what_each_metric_means.ipynb) | what each metric means, and when it lies |
# | [11](11_going_live.ipynb) | going live with your keys |
# | [12](12_living_data.ipynb) | what vanishes, moves and must be forgotten |
