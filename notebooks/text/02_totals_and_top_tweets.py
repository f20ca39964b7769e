# %% [markdown]
# # Totals and top tweets
#
# **Which tweets did best, and is the comparison fair?** The endpoint `/totals` counts the whole
# life of a tweet, from its first second to now.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder.name)
ids = ek.sample_ids(client, 297) + ek.sample_ids(client, 3, kind="unavailable")
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids, as text or whole numbers.

# %% [markdown]
# ## Ask
#
# A question is a `Query`. `run` cuts it into requests of at most 250 tweets, and the receipt says
# what became of every number that you wanted.

# %%
query = ek.Query("totals", ids, ["impressions", "engagements", "favorites", "retweets"])
result = client.run(query)
result.receipt

# %% [markdown]
# Three of these tweets are gone. They still have rows: each wanted number has one, with a
# `value`, or with a `status` that says why there is none.

# %%
table = result.to_pandas()
shown = ["tweet_id", "metric", "start", "end", "value", "status"]
table[shown].iloc[[0, 1, 2, 3, -2, -1]]

# %% [markdown]
# A lifetime starts with the tweet's creation, which its id tells, and ends with the moment at
# which it was observed.
#
# ## Sum
#
# `ek.total` is null when a piece is missing. pandas would leave the piece out, and give a number
# that looks right and is too small.

# %%
sums = ek.total(table)
assert (sums["value"].isna() == (sums["n_missing"] > 0)).all()
sums

# %% [markdown]
# So say what you sum over: here, the tweets that still exist.

# %%
there = table[table["status"] == "observed"]
sums_there = ek.total(there)
assert (sums_there["n_missing"] == 0).all()
sums_there

# %% [markdown]
# ## The top ten so far

# %%
ax = ek.plot.top(there, "impressions")

# %% [markdown]
# Another metric, another order. `ek.wide` gives one column per metric, which is handy for looking
# at tweets side by side.

# %%
wide = ek.wide(there).reset_index()
wide["age_days"] = ((client.now() - wide["start"]).dt.total_seconds() / 86_400).round(1)
best = wide.drop(columns="start").sort_values("impressions", ascending=False).head(10)
assert best["impressions"].iloc[0] == there.loc[there["metric"] == "impressions", "value"].max()
best

# %% [markdown]
# ## Is that fair?
#
# A tweet of this morning has had hours, one of last month has had weeks. How much does that
# matter? Ask the same again two days later, and see who grew.

# %% tags=["wait"]
from datetime import timedelta

client.emulator.clock.travel(timedelta(days=2))  # live: leave this cell out, come back in two days

# %%
later = client.run(query).to_pandas()
then = ek.wide(there)["impressions"].rename("then")
now = ek.wide(later)["impressions"].rename("now")
grown = then.to_frame().join(now, how="inner").reset_index()
grown["age_days"] = (there["end"].max() - grown["start"]).dt.total_seconds() / 86_400
grown["times"] = (grown["now"] / grown["then"]).astype(float)
young = grown["age_days"] < 2

medians = grown.groupby(young)["times"].median().rename({True: "under 2 days", False: "older"})
assert medians["under 2 days"] > medians["older"] >= 1
medians.rename_axis("age when first seen").round(3).to_frame()

# %% [markdown]
# Young tweets are not worse, they are not done.

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for part, colour, label in ((~young, "#0072B2", "2 days or older"), (young, "#E69F00", "younger")):
    ax.scatter("age_days", "times", data=grown[part], s=16, c=colour, label=label)
ax.axhline(1, color="grey", lw=0.8)
ax.set(xscale="log", xlabel="age when first seen", ylabel="impressions, two days later / first")
ax.set_xticks([1 / 8, 1 / 2, 2, 7, 30], labels=["3 h", "12 h", "2 d", "7 d", "30 d"])
ax.set_xticks([], minor=True)
ax.set_title("How much each tweet still grew (invented data)", loc="left", fontsize="medium")
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# ## A fair list
#
# So compare at equal age: what each tweet got in its first 48 hours. That takes counts by the
# hour, of tweets that are two days old or more; after the wait, all of these are.
# `ek.first(days=2)` asks for the first two days of each, and `first_hours=48` counts those hours.

# %%
alive = later[(later["metric"] == "impressions") & (later["status"] == "observed")]
old_enough = alive.loc[alive["end"] - alive["start"] >= timedelta(days=2), "tweet_id"]
hours = ek.Query(
    "historical", list(old_enough), ["impressions"], by="hour", period=ek.first(days=2)
)
first_days = client.run(hours, progress=False)
first_days.receipt

# %%
ax = ek.plot.top(first_days, "impressions", first_hours=48)

# %% [markdown]
# `rank_then` is the place in the list of lifetimes that this page began with. Here little moves,
# for few of these tweets were young. The younger the tweets are, the more it matters.

# %%
fair = ek.insight.top(first_days, "impressions", first_hours=48)
assert fair["sure"].all()  # no other tweet belongs among them
assert (fair["n_missing"] == 0).all()  # and each has all of its 48 hours
at_first = ek.insight.top(there, "impressions", n=len(ids))[["tweet_id", "rank"]]
beside = fair.merge(at_first, on="tweet_id", how="left", suffixes=("", "_then"))
beside[["rank", "rank_then", "tweet_id", "value", "tied"]]
