# %% [markdown]
# # The last 28 hours
#
# **What is moving right now?** The endpoint `/28hr` counts the last 28 hours by the hour. Its
# newest hour still runs, and that is where most mistakes are made.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder.name)
ids = ek.sample_ids(client, 50)
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids, as text or whole numbers.

# %% [markdown]
# ## Ask by the hour

# %%
query = ek.Query("28hr", ids, ["impressions"], by="hour")
first = client.run(query).to_pandas()
ax = ek.plot.timeline(first)

# %% [markdown]
# The hatched bar is the hour that still runs. It looks like a collapse, and is none: half of it
# is yet to come. The column `complete` says the same. And there is a bar more than 28, for the API
# begins with the full hour: at 12:30 it counts from 08:00 of the day before.

# %%
ek.total(first, freq="hour").iloc[[0, 1, -2, -1]]

# %% [markdown]
# `n_expected` grew, for some tweets were posted meanwhile. An hour before a tweet's creation is
# neither zero nor missing: there was nothing to count.
#
# ## What is moving?
#
# Leave out the hour that runs. Then the last three hours of each tweet, beside the three before.

# %%
from datetime import timedelta

import pandas as pd

over = first[first["complete"]]
end, three = over["end"].max(), timedelta(hours=3)


def of_each_tweet(rows):
    return ek.total(rows, "tweet_id").set_index("tweet_id")["value"]


last = of_each_tweet(over[over["start"] >= end - three])
before = of_each_tweet(over[(over["start"] >= end - 2 * three) & (over["start"] < end - three)])
moving = pd.DataFrame({"three hours before": before, "last three hours": last})
moving = moving.sort_values("last three hours", ascending=False)
assert moving["last three hours"].notna().all()
moving.head(6)

# %% [markdown]
# `<NA>` is a tweet that was not posted yet: it had no three hours before, not even empty ones.
#
# ## One hour later
#
# Ask again. An answer to what was still running does not become final by growing old, so the kit
# asks anew.

# %% tags=["wait"]
client.emulator.clock.travel(timedelta(hours=1))  # live: leave this cell out, come back in an hour

# %%
second = client.run(query).to_pandas()
running = first["start"].max()
looks = {"first look": first, "one hour later": second}
seen = {name: ek.total(table[table["start"] == running]) for name, table in looks.items()}
pd.concat(seen).droplevel(1)[["value", "complete"]]

# %% [markdown]
# The same hour, while it ran and when it was over. Put together, both rows stay, as history;
# `ek.total` counts the latest alone. So nothing is counted twice.

# %%
both = ek.concat([first, second])
counted = ek.total(both, freq="hour").set_index("start")["value"]
assert counted.index.is_unique
assert counted[running] == seen["one hour later"]["value"].item()
print(f"{len(both):,} rows, {len(both) - len(second):,} of them older; {len(counted)} hours")

# %% [markdown]
# Asked every day, `/28hr` makes a long series without a gap. What is older than 28 hours is had
# from `/historical`: see [History by day and hour](04_history_by_day_and_hour.ipynb).

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(2, 1, figsize=(8, 6), layout="constrained", sharex=True, sharey=True)
for ax, table, when in zip(axes, (first, both), ("first look", "one hour later"), strict=True):
    ek.plot.timeline(table, ax=ax)
    ax.set_title(f"impressions of {len(ids)} tweets: {when}", loc="left", fontsize="medium")
plt.show()
