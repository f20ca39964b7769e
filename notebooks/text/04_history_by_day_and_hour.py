# %% [markdown]
# # History by day and hour
#
# **How did the last months go?** The endpoint `/historical` counts any period, at most 28 days
# and 25 tweets at a time. The kit cuts a longer question into such pieces, and puts the answers
# together.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder.name)
ids = ek.sample_ids(client, 700)[::5]
spring = ek.between("2026-03-10", "2026-06-02")  # the end is exclusive
# Live: client = ek.connect(store="raw"), ids = your own tweet ids, and a period of yours.

# %% [markdown]
# ## Months by day
#
# First the price: nothing is sent yet.

# %%
query = ek.Query("historical", ids, ["impressions"], by="day", period=spring)
client.plan(query)

# %% [markdown]
# The plan says what can't be had, too: today is not over, so there is no count of the whole day.
# A tweet costs nothing for the time before it was posted.

# %%
result = client.run(query)
days = result.to_pandas()
ax = ek.plot.timeline(days)

# %% [markdown]
# The cross is today: not a small day, but one without a sum. Months say the same. `ek.total`
# gives no sum for a month of which a day is missing. It sums what was asked: this March begins on
# the tenth.

# %%
ek.total(days, freq="month")

# %% [markdown]
# `result.missing` lists each number that could not be had, and `status` says why.

# %%
missing = result.missing
missing.groupby(["start", "end", "status"], observed=True).size().rename("numbers").reset_index()

# %% [markdown]
# Leave out what is not over, and say so.

# %%
over = days[days["complete"]]
months = ek.total(over, freq="month")
assert (months["n_missing"] == 0).all()
months

# %% [markdown]
# ## A day is a UTC day
#
# The API counts days from midnight to midnight UTC. For New York that is from 20:00 to 20:00 in
# summer. Days can't be moved afterwards, and the kit refuses to pretend.

# %%
try:
    ek.total(over, freq="day", tz="America/New_York")
except ek.errors.TableError as error:
    print(error)

# %% [markdown]
# Hours can. So ask by the hour, for the week that you look at.

# %%
import pandas as pd

query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=7))
hours = client.run(query).to_pandas()
beside = {}
for tz in ("UTC", "America/New_York"):
    sums = ek.total(hours, freq="day", tz=tz)
    beside[tz] = sums.set_index(sums["start"].dt.strftime("%a %d %b"))["value"]
week = pd.DataFrame(beside).iloc[1:-1]  # the first and the last day are not whole
week

# %% [markdown]
# The same impressions, in other days. Hours add up to the days that the API gives. The kit checks
# such sums on every run, where they cost nothing: `free checks` on the receipt.

# %%
by_day = ek.total(over, freq="day").tail(len(week))
assert by_day["value"].tolist() == week["UTC"].tolist()
result.receipt

# %% [markdown]
# ## Both, one above the other
#
# Days for the trend, hours for the shape of a day.

# %%
import matplotlib.pyplot as plt

figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 6), layout="constrained")
ek.plot.timeline(over, ax=top)
ek.plot.timeline(hours, ax=bottom)
plt.show()
