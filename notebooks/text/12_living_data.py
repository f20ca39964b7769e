# %% [markdown]
# # Living data
#
# **What will these numbers be tomorrow, and which of them will be gone?** Counts grow, are revised
# for some days, and in the end the API gives them no more. Here is how to save what is about to
# vanish, to look inside a tweet's first hours, to ask again for what can still change, and to
# forget what must be forgotten. A week passes in seconds.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
clock = WorldClock(frozen=datetime.fromisoformat("2026-06-01T09:52Z"))
emulator = Emulator(World(revised=True), clock)  # young counts are revised for seven days
client = ek.connect(emulator, store=folder.name)
ids = ek.sample_ids(client, 800)  # newest first
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids.

# %% [markdown]
# ## What is about to vanish
#
# Totals give impressions and engagements of tweets up to 90 days old. After that they can't be had
# there at any price. The radar looks ahead.

# %%
soon = client.expiring(ids, within=timedelta(days=7), metrics=["impressions", "engagements"])
soon

# %% [markdown]
# By tweet, the first deadline first. Deadlines are exact, for the id of a tweet tells when it was
# posted. Totals have no `start` and `end`, and none of these was observed yet: hence `NaT`.

# %%
soon.table.head(4)

# %% [markdown]
# It also gives the queries that save it. `order="deadline"` asks first for what is lost first. That
# costs no request more, and matters where a contract allows few of them a day.

# %%
for query in soon.queries:
    saved = client.run(query, order="deadline", progress=False)
    assert saved.receipt.missing == 0
    print(saved.receipt)

# %% [markdown]
# ## Inside the first hours
#
# The API counts by the hour of the clock, and half of a tweet's views may come within one. Lifetime
# counts are of this very moment. Snapshots of them, on a schedule, see what happens inside an hour.
# The price comes first, day by day. Tweets are due often while they are young, and once a day in
# the end; all that are due at a moment share a request.

# %%
young = ids[:40]
client.plan_follow(young, ["impressions"], until=timedelta(days=7), every=timedelta(minutes=10))

# %% [markdown]
# `client.follow` waits for each due moment, so on the live API this cell takes a week. Run it in a
# terminal of its own:
#
#     engagement-kit follow --ids ids.txt --store raw --until 7d
#
# It may be stopped and started again: the clock tells what is due, and the store what was taken.
# Here the emulator's clock stands still, and waiting moves it.

# %% tags=["emulator"]
followed = client.follow(
    young, ["impressions"], until=timedelta(days=7), every=timedelta(minutes=10), progress=False
)
assert followed.receipt.taken == followed.receipt.due
followed.receipt

# %% [markdown]
# One tweet, as the snapshots saw it, and as history by the hour tells it. History knows the count
# at the end of each hour of the clock, and nothing between. It lies a little above the snapshots:
# some counts arrive late, and it was asked a week later.

# %% tags=["emulator"]
import matplotlib.pyplot as plt

snapshots = followed.to_pandas()
born = snapshots.groupby("tweet_id", observed=True)["start"].first()
first_seen = snapshots.groupby("tweet_id", observed=True)["observed_at"].first()
youngest = (first_seen - born).idxmin()

seen = snapshots[snapshots["tweet_id"] == youngest]
query = ek.Query("historical", [youngest], ["impressions"], by="hour", period=ek.first(days=1))
hours = client.run(query, progress=False).to_pandas()
by_end = [(end, ek.total(hours[hours["end"] <= end])["value"].iloc[0]) for end in hours["end"]]

figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
ages = (seen["observed_at"] - born[youngest]).dt.total_seconds() / 3600
axes.plot(ages, seen["value"], ".", color="#0072B2", label="snapshots of totals")
ages = [(end - born[youngest]).total_seconds() / 3600 for end, _ in by_end]
axes.step(ages, [n for _, n in by_end], where="post", color="#E69F00", label="history by hour")
axes.set(xlim=(0, 12), xlabel="age in hours", ylabel="impressions so far (EMULATOR)")
axes.set_title(f"tweet {youngest}, new when following began", loc="left", fontsize="medium")
axes.legend()
plt.show()

# %% [markdown]
# Half-lives from snapshots have closer bounds, where a tweet was followed from its beginning. Here
# is the same tweet from both.

# %% tags=["emulator"]
import pandas as pd

tables = {"snapshots": seen, "history by hour": hours}
bounds = pd.concat(
    {name: ek.insight.half_lives(table, first_hours=24) for name, table in tables.items()}
)
bounds.round(2)

# %% [markdown]
# The other tweets were hours or days old when following began. Where the half may have come before
# the first snapshot, the lower bound is 0. Tweets that were older than the horizon are `missing`:
# nothing was seen of their first day. Ask history about those.

# %% tags=["emulator"]
bounds = ek.insight.half_lives(snapshots, first_hours=24)
bounds.round(2).iloc[[0, 1, 5, 9]]

# %% [markdown]
# ## Ask again for what can still change
#
# A count by the day or hour goes on changing after its period is over: clicks come late, spam is
# taken out. Here are the last seven days as they are known now.

# %%
query = ek.Query("historical", young, ["impressions"], by="day", period=ek.last(days=7))
result = client.run(query, progress=False)
then = client.now()
ek.total(result.to_pandas())

# %% [markdown]
# Three days later. A refresh asks for all days that were seen less than seven days after their end,
# and for nothing else. What it costs is told beforehand.

# %% tags=["wait"]
client.emulator.clock.travel(timedelta(days=3))

# %%
client.plan_refresh()

# %%
refreshed = client.refresh(progress=False)
refreshed

# %% [markdown]
# Nothing was written over. `as_of=` gives the table as it was known at any moment, so that a report
# of last week can be made again, to the last digit.

# %%
later = result.to_pandas(as_of=client.now())
assert result.to_pandas(as_of=then)["value"].equals(result.to_pandas()["value"])
ek.total(later)

# %% [markdown]
# How much do numbers move, and for how long? The store knows, once there are refreshes enough; then
# `client.refresh(settle="learnt")` waits no longer than it takes.

# %%
revisions = ek.revisions(folder.name)
revisions

# %%
revisions.table

# %% [markdown]
# ## Forget what must be forgotten
#
# A tweet that is deleted on the platform has to go here, too: from the raw answers, the records,
# and each Parquet or CSV file that the kit wrote from this store.

# %%
from pathlib import Path

export = result.to_parquet(Path(folder.name, "week.parquet"))
purged = client.purge(young[:1])
assert purged.complete
purged

# %% [markdown]
# A tombstone remembers that, without the id: the tweet is not asked again, and the table says why
# its numbers are missing.

# %%
again = client.run(query, progress=False)
print(again.plan)
again.missing[["metric", "start", "end", "value", "status"]]
