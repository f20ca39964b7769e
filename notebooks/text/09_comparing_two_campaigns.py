# %% [markdown]
# # Comparing two campaigns
#
# **Did the new style do worse, or did its weeks have bad luck?** From the first of September on an
# account writes its tweets in a new style. Two months later somebody asks what that did.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", world="campaigns", clock="2025-11-04T00:30Z", store=folder.name)
ids = ek.sample_ids(client, 1005)[24:]
# Live: client = ek.connect(store="raw"), and ids = your own tweets, each older than three days.

# %% [markdown]
# ## Equal age
#
# An old tweet had more time than a young one. So each is asked for its first three days, and
# nothing else. `by="total"` gives one number for them.

# %%
query = ek.Query("historical", ids, ["impressions"], by="total", period=ek.first(days=3))
result = client.run(query, progress=False)
table = result.to_pandas()
assert result.receipt.missing == 0
result.receipt

# %% [markdown]
# ## The two groups
#
# Which tweet is in which group is yours to say: a mapping of ids to names, or a column of your own
# table beside it. Here it follows from when a tweet was posted, which is where its row starts.

# %%
posted = table.set_index("tweet_id")["start"]
style = posted.ge("2025-09-01").map({True: "new style", False: "old style"})
style.value_counts().to_frame("tweets")

# %% [markdown]
# ## The first answer
#
# The tweet is the unit. The median is what a typical tweet gets; a few giants don't move it.
# `ratio` says how many times as much, `chance` how often a tweet of the one group passes one of
# the other, and each has a 90 % interval.

# %%
shown = ["a", "b", "value_a", "value_b", "ratio", "low", "high", "p_value", "n_a", "n_b"]
first = ek.insight.compare(table, style.to_dict(), "impressions")
assert first["equal_age"].all()
first[shown].round(3)

# %% [markdown]
# So the new style gets about 60 % of what the old one got, and that is no chance? Not so fast.
#
# ## A question to the data
#
# The account plans its tweets on Thursdays, for a week. If tweets were independent of each other,
# two neighbouring weeks *of the same style* should differ at the 10 % level once in ten times.

# %%
from itertools import pairwise

run = posted.dt.tz_localize(None).dt.to_period("W-WED").dt.start_time.dt.strftime("%Y-%m-%d")
weeks = [week for week, many in run.value_counts().sort_index().items() if many >= 50]
alike = [
    (one, other) for one, other in pairwise(weeks) if one > "2025-09-01" or other < "2025-08-28"
]
differ = 0
for one, other in alike:
    two = run[run.isin([one, other])].to_dict()
    differ += ek.insight.compare(table, two, "impressions")["p_value"].iloc[0] < 0.1
assert differ > len(alike) / 2
print(f"{differ} of {len(alike)} pairs of neighbouring weeks differ, though nothing was changed.")

# %%
import matplotlib.pyplot as plt

medians = table.assign(week=table["tweet_id"].map(run)).groupby("week")["value"].median()
medians = medians.loc[weeks]
colours = ["#E69F00" if week > "2025-09-01" else "#0072B2" for week in weeks]
figure, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
ax.bar([week[5:] for week in weeks], medians.to_numpy(float), color=colours)
ax.tick_params(axis="x", rotation=60)
ax.set(ylabel="impressions of the middle tweet", xlabel="week from; orange: new style")
ax.set_title("Weeks differ more than styles do (invented data)", loc="left", size=10)
plt.show()

# %% [markdown]
# Tweets of a week share their luck: the news, the season, what the algorithm likes. A thousand
# tweets are not a thousand independent looks at the style. They are twenty weeks.
#
# ## The honest answer
#
# `cluster=` takes the week for the unit: what is drawn again and again for the interval is whole
# weeks. It must be what really shares the luck, here the account's weeks from Thursday on.

# %%
honest = ek.insight.compare(table, style.to_dict(), "impressions", cluster=run.to_dict())
assert honest["high"].iloc[0] - honest["low"].iloc[0] > first["high"].iloc[0] - first["low"].iloc[0]
honest[[*shown, "clusters_a", "clusters_b"]].round(3)

# %% [markdown]
# The same ratio, and an interval in which half and no difference at all are both at home: two
# months can't tell. More tweets a week would not help; more weeks would, and so would trying both
# styles in the same weeks.
#
# The emulator knows what happened. On the live API nobody does.

# %% tags=["emulator"]
truth = client.emulator.world.nature.regime.audience
assert honest["low"].iloc[0] <= truth <= honest["high"].iloc[0]
print(f"In truth, tweets since the first of September have {truth} times the audience.")

# %%
ax = ek.plot.compare(table, style.to_dict(), "impressions", cluster=run.to_dict())

# %% [markdown]
# When you compare two campaigns: equal age, the tweet as the unit, and weeks (or whatever tweets
# share) as clusters. With one campaign on each side nothing tells them
# from their luck, and `compare` says so when it gets each as a cluster.
