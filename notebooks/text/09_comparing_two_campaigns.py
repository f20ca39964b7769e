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
# nothing else. `by="total"` gives one number for them. Three days that begin at any hour are asked
# by the hour and summed, so that the receipt counts 72 numbers a tweet.

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
#
# The account plans its tweets on Thursdays, for a week. The first of September lies within such a
# week, so that one has tweets of both styles, and belongs to neither. The week in which the style
# changed is left out.

# %%
posted = table.set_index("tweet_id")["start"]
week = posted.dt.tz_localize(None).dt.to_period("W-WED").dt.start_time.dt.strftime("%Y-%m-%d")
is_new = posted >= "2025-09-01"
in_between = is_new.groupby(week).transform("nunique") > 1
style = is_new[~in_between].map({True: "new style", False: "old style"})
style.value_counts().rename_axis("style").to_frame("tweets")

# %%
for name, those in week[in_between].groupby(week):
    print(f"left out: the week from {name} on, with {len(those)} tweets")

# %% [markdown]
# ## The first answer
#
# The tweet is the unit. The median is what a typical tweet gets; a few giants don't move it.
# `ratio` says how many times as much, and `low` to `high` is its 90 % interval.

# %%
first = ek.insight.compare(table, style.to_dict(), "impressions")
assert first["equal_age"].all()


def readable(row):
    """Round a comparison; a p-value is small, and never zero."""
    shown = ["a", "b", "value_a", "value_b", "ratio", "low", "high", "p_value", "n_a", "n_b"]
    p_value = ["< 0.0001" if one < 0.0001 else f"{one:.4f}" for one in row["p_value"]]
    return row[[*shown, "clusters_a", "clusters_b"]].round(3).assign(p_value=p_value)


assert first["high"].iloc[0] < 0.8
readable(first)

# %% [markdown]
# So a typical tweet of the new style gets less than four fifths of what one of the old style got,
# and that is no chance? Not so fast.
#
# ## A question to the data
#
# If tweets were independent of each other, two neighbouring weeks *of the same style* should
# differ at the 10 % level once in ten times.

# %%
from itertools import pairwise

style_of = style.groupby(week).first()  # of each week
many = week[style.index].value_counts().sort_index()
weeks = list(many[many >= 50].index)
alike = [(one, other) for one, other in pairwise(weeks) if style_of[one] == style_of[other]]
differ = 0
for pair in alike:
    two = week[week.isin(pair)].to_dict()
    differ += ek.insight.compare(table, two, "impressions")["p_value"].iloc[0] < 0.1
assert differ > len(alike) / 2
print(f"{differ} of {len(alike)} pairs of neighbouring weeks differ, though nothing was changed.")

# %%
import matplotlib.pyplot as plt
import pandas as pd

medians = table.assign(week=table["tweet_id"].map(week)).groupby("week")["value"].median()
medians = medians[weeks]
apart = medians.groupby(style_of[weeks]).agg(["min", "max"])
assert (apart["max"] / apart["min"] > 1 / first["ratio"].iloc[0]).all()

figure, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
for name, colour in (("old style", "#D55E00"), ("new style", "#0072B2")):
    mine = medians[style_of[weeks] == name]
    ax.bar(mine.index.str[5:], mine.to_numpy(float), color=colour, label=name)
ax.tick_params(axis="x", rotation=60)
ax.set(ylabel="impressions of the middle tweet", xlabel="week from; those of 50 tweets or more")
ax.set_title("Weeks of one style differ more than styles do (invented data)", loc="left", size=10)
ax.legend(frameon=False)
plt.show()

# %% [markdown]
# Tweets of a week share their luck: the news, the season, what the algorithm likes. A thousand
# tweets are not a thousand independent looks at the style. There is one look for each week.
#
# ## The honest answer
#
# `cluster=` takes the week for the unit: what is drawn again and again for the interval is whole
# weeks. It must be what really shares the luck, here the account's weeks from Thursday on.

# %%
honest = ek.insight.compare(table, style.to_dict(), "impressions", cluster=week.to_dict())
looks = honest[["clusters_a", "clusters_b"]].iloc[0]
assert looks.to_list() == style_of.value_counts()[["new style", "old style"]].to_list()
print(f"{len(style)} tweets are {looks.iloc[0]} weeks against {looks.iloc[1]}")
readable(honest)

# %% [markdown]
# The same ratio, and an interval in which half and no difference at all are both at home: these
# weeks can't tell.

# %%
assert honest["ratio"].iloc[0] == first["ratio"].iloc[0]
assert honest["low"].iloc[0] < 0.5
assert honest["high"].iloc[0] > 1

# %% [markdown]
# ## What would help?
#
# Try it the other way round: take away half of each week's tweets, or every other week.

# %%
half_of_each = style.groupby(week[style.index]).cumcount() % 2 == 0
every_other = week[style.index].isin(style_of.index[::2])
chosen = {
    "all of them": style,
    "half of each week's tweets": style[half_of_each],
    "every other week": style[every_other],
}
rows = [
    ek.insight.compare(table, some.to_dict(), "impressions", cluster=week.to_dict())
    for some in chosen.values()
]
widths = pd.concat(rows).set_axis(chosen)[["low", "ratio", "high", "n_a", "n_b"]]
widths["high / low"] = widths["high"] / widths["low"]
assert widths["high / low"].is_monotonic_increasing
assert widths["high / low"].iloc[1] < 1.25 * widths["high / low"].iloc[0]
assert widths["high / low"].iloc[2] > 1.5 * widths["high / low"].iloc[0]
widths.round(2)

# %% [markdown]
# Fewer tweets a week cost little here, and fewer weeks much. So more weeks are what to wait for.
# To try both styles in the same weeks may be quicker, since these share the luck. But compare
# within each week then: `cluster=` takes the two groups as independent, and makes no use of it.
#
# The emulator knows what happened. On the live API nobody does.

# %% tags=["emulator"]
truth = client.emulator.world.nature.regime.audience
assert honest["low"].iloc[0] <= truth <= honest["high"].iloc[0]
print(f"In truth, tweets since the first of September have {truth} times the audience.")

# %%
ax = ek.plot.compare(table, style.to_dict(), "impressions", cluster=week.to_dict())

# %% [markdown]
# When you compare two campaigns: equal age, the tweet as the unit, and weeks (or whatever tweets
# share) as clusters. With one campaign on each side nothing tells them
# from their luck, and `compare` says so when it gets each as a cluster.
