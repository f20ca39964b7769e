# %% [markdown]
# # Lifecycles and half-lives
#
# **How fast does a tweet live?** Here a typical tweet gets half of its first week's views within
# two hours or so. That is where to look closely, and where the API's numbers are coarsest: it
# counts by the hour of the clock.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder.name)
ids = ek.sample_ids(client, 160)[80:]  # posted 10 to 20 days ago
# Live: client = ek.connect(store="raw"), and ids = your own tweets, each older than a week.

# %% [markdown]
# ## The first week of each tweet
#
# `ek.first(days=7)` asks for the first seven days of each tweet, whenever it was posted, so all
# are counted over the same ages.

# %%
metrics = ["impressions", "favorites", "replies"]
query = ek.Query("historical", ids, metrics, by="hour", period=ek.first(days=7))
result = client.run(query, progress=False)
week = result.to_pandas()
assert result.receipt.missing == 0  # so every sum below is whole
ek.total(week)

# %% [markdown]
# ## The lifecycle
#
# The mean per tweet, by age. Higher ages are drawn closer together, for most happens at first.

# %%
ax = ek.plot.lifecycle(week, "impressions")

# %% [markdown]
# The frame behind it says how exact an age is. A bin is an hour of the clock, and each tweet was
# posted somewhere within one: what the bin from 1 to 2 holds happened at exact ages from
# `exact_start_h` to `exact_end_h`. `share` is the part of the week's count that had come by then.

# %%
curve = ek.insight.lifecycle(week, "impressions")
shown = ["age_start_h", "age_end_h", "exact_start_h", "exact_end_h", "mean", "share", "n_complete"]
curve[shown].head(5).round(2)

# %% [markdown]
# ## Half-lives, as far as they can be known
#
# The curve above is of all tweets together, and a few big ones make most of it. For a typical
# tweet, take each one by itself: in which hour did it pass half of its week's count? That gives
# two bounds, an hour apart, and no more is known. `final` is its week's count, and `until_h` the
# exact age at which the last of those hours of the clock ended.

# %%
own = ek.insight.half_lives(week, "impressions", first_hours=168)
assert (own["status"] == "known").all()
own.drop(columns="metric").head(5).round(2)

# %%
import matplotlib.pyplot as plt

lines = own.sort_values(["high_h", "low_h"]).reset_index(drop=True)
figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.hlines(lines.index, lines["low_h"], lines["high_h"], color="#0072B2", lw=2)
ax.set(xscale="symlog", xlabel="age in hours", ylabel="tweets, the fastest first")
ax.set_xticks([0, 1, 2, 4, 8, 24, 72], labels=["0", "1", "2", "4", "8", "24", "72"])
ax.set_xticks([], minor=True)
ax.set_title("Within each line a tweet had half of its week (invented data)", loc="left", size=10)
plt.show()

# %% [markdown]
# ## A typical tweet
#
# `low_h` to `high_h` holds the median of these 80 tweets for certain. `ci_low_h` to `ci_high_h`
# allows for the chance that others would have been tweeted: in at least 95 of 100 samples it
# holds the median of all tweets of the kind. Last, a model as a second opinion: a log-normal
# fitted to the bounds. It is narrower, for it assumes more.

# %%
import pandas as pd

half = pd.concat(
    [ek.insight.half_life(week, metric) for metric in metrics], ignore_index=True
).set_index("metric")
assert half.loc["impressions", "high_h"] < 2.5
half.drop(columns=["first_hours", "level"]).round(2)

# %% [markdown]
# Of `replies` many tweets had none within the week. Nothing has no half, so those are left
# out, and `n_left_out` counts them. What is left is a choice of tweets; say so when you write
# about it.
#
# The emulator knows the truth, of another half: the age at which half of the *whole life* is
# expected, not of the first week. Where much comes later, that is a later age. Here it matters
# little, for nearly all of a life is in its first week. On the live API nobody knows.

# %% tags=["emulator"]
made = client.emulator.world.parameters(ids, ["impressions"]).set_index("tweet_id")
counted = ek.total(week[week["metric"] == "impressions"], "tweet_id").set_index("tweet_id")
of_life = (counted["value"] / made["life_total"]).median()
truth = made["half_age_h"].median()
assert of_life > 0.98
assert half.loc["impressions", "ci_low_h"] <= truth <= half.loc["impressions", "ci_high_h"]
print(f"The first week has {of_life:.1%} of a middling tweet's life.")
print(f"In truth, half of a middling tweet's impressions are expected by {truth:.1f} hours.")

# %% [markdown]
# ## Which metric comes first?

# %%
names = list(half.index)[::-1]
figure, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
for place, name in enumerate(names):
    row = half.loc[name]
    ax.hlines(place, row["ci_low_h"], row["ci_high_h"], color="#56B4E9", lw=3)
    ax.hlines(place, row["low_h"], row["high_h"], color="#0072B2", lw=9)
labels = [f"{name}\n{half.loc[name, 'n_tweets']} tweets" for name in names]
ax.set_yticks(range(len(names)), labels=labels)
ax.set(xlabel="median half-life within the first week, hours", ylim=(-0.5, len(names) - 0.5))
ax.set_xlim(left=0)
ax.set_title("Thick: these tweets. Thin: all of the kind (invented data)", loc="left", size=10)
plt.show()

# %% [markdown]
# The intervals overlap: from 80 tweets it can't be told. That is an answer, too. More tweets make
# the thin lines shorter; the thick ones stay an hour wide, whatever you do.
