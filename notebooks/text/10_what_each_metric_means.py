# %% [markdown]
# # What each metric means, and when it lies
#
# **Is this number what I think it is?** Most wrong conclusions from engagement data are not wrong
# sums. They are right sums of something else. This page goes through the traps, each on a few
# rows.
#
# This runs on the emulator: invented data, no keys, no network. It is told to revise young
# counts, as live services do. To ask the live API, change the next cell, and only that.

# %% tags=["live"]
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import engagement_kit as ek
from engagement_kit.emulator import Emulator, World, WorldClock

clock = WorldClock(frozen=datetime(2026, 6, 1, 12, 30, tzinfo=UTC))
folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect(Emulator(World(revised=True), clock), store=folder.name)
ids = ek.sample_ids(client, 800)
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids, newest first.

# %% [markdown]
# ## The dictionary
#
# `ek.metrics()` says of each metric what it counts, and what it is not. Its `source`, `certainty`
# and `doubt` say how well that is known.

# %%
import pandas as pd

meanings = ek.metrics().set_index("metric")
pd.set_option("display.max_colwidth", None)
meanings.loc[["impressions", "engagements", "video_views", "url_clicks"], ["meaning", "is_not"]]

# %% [markdown]
# ## Impressions are organic, engagements are not
#
# Promoted views are left out of `impressions`; what promotion brought is counted in
# `engagements`. So the engagement rate of a promoted tweet says little about the tweet. Which
# tweets were promoted the API does not tell: keep a list of your own. `rates` warns where counts
# give it away, and `n_suspect` says which tweets those are.

# %% tags=["warns"]
result = client.run(ek.Query("totals", ids[30:430]))
table = result.to_pandas()
totals = result.wide().reset_index("start", drop=True)
rates = ek.insight.rates(table, "engagements", per="impressions")

# %% [markdown]
# That is a warning, and no sieve: it finds what stands out most, and not the others. Here the
# emulator knows which share of the engagements was paid for. On the live API nobody does.

# %%
columns = ["tweet_id", "value", "per_value", "rate", "low", "high", "shrunk", "n_suspect"]
highest = rates.sort_values("rate", ascending=False)[columns].head(8).round(3)

# %% tags=["emulator"]
truth = client.emulator.world.parameters(highest["tweet_id"].tolist(), ["engagements"])
highest["promoted share"] = truth["promoted_share"].to_numpy().round(2)
promoted, suspect = highest["promoted share"] > 0, highest["n_suspect"] > 0
assert promoted.mean() > 0.5
assert suspect.any()
assert promoted[suspect].all()
assert not suspect[promoted].all()

# %%
highest

# %% [markdown]
# `low` to `high` says how far the counts tell the rate, and `shrunk` draws rates of few counts
# towards those of the others: a tweet that was seen 100 times is rarely the best one. The rate of
# all tweets is a sum over a sum, never the mean of their rates, and so are those of its parts. What
# looks promoted is left out:

# %%
suspects = rates.loc[rates["n_suspect"] > 0, "tweet_id"]
rest = table[~table["tweet_id"].isin(suspects)]
kinds = ["engagements", "favorites", "retweets", "replies"]
together = ek.insight.rates(rest, kinds, per="impressions", by=())
together[["metric", "value", "per_value", "rate", "low", "high", "n_tweets", "n_missing"]].round(4)

# %% [markdown]
# ## Engagements are not the sum of the others
#
# They may be more, or less: the API's own documents show a tweet with 134 engagements, and with
# `detail_expands` of 1,323. And `url_clicks` are clicks on links, hashtags and the like: more
# than zero without any link.

# %%
query = ek.Query("historical", ids[40:140], by="total", period=ek.last(days=28))
windows = client.run(query)
wide = windows.wide().reset_index("start", drop=True)
clicks = [name for name in wide if "clicks" in name and name != "hashtag_clicks"]
parts = [*clicks, "detail_expands", "media_engagements", "favorites", "retweets", "replies"]
beside = wide[["engagements"]].copy()
beside["its parts, added up"] = wide[parts].sum(axis="columns", min_count=len(parts))
beside["url_clicks"] = wide["url_clicks"]
beside = beside.sort_values("engagements", ascending=False).head(8)

# %% tags=["emulator"]
beside["has a link"] = client.emulator.world.look(list(beside.index)).link
assert (beside.loc[~beside["has a link"], "url_clicks"] > 0).any()

# %%
beside

# %% [markdown]
# ## Two video views
#
# On `/totals`, `video_views` counts the video in all tweets that carry it. By hour and day it
# counts this tweet alone. Two quantities under one name: never add or compare them.

# %%
views = pd.DataFrame({"on totals": totals["video_views"], "on historical": wide["video_views"]})
views = views[views["on historical"].notna() & (views["on totals"] > 0)]
assert (views["on totals"] >= views["on historical"]).all()
views.head(8)

# %% [markdown]
# Where other tweets carry the same video, the first is larger. Tables of the two can't be put
# together by mistake: their grains differ.

# %%
lifetime = client.run(ek.Query("totals", ids[40:140], ["video_views"])).to_pandas()
try:
    ek.concat([lifetime, windows.to_pandas()])
except ek.errors.TableError as error:
    print(error)

# %% [markdown]
# ## Too old
#
# On `/totals`, impressions and engagements end with the 90th day of a tweet, and videos after
# 1,800 days. The wire says `"0"` there. That zero is no count, and the table does not hold it.

# %%
meanings["max_age_days_totals"].dropna().to_frame()

# %%
old = client.run(ek.Query("totals", ids[-1:], ["impressions", "favorites"])).to_pandas()
old[["tweet_id", "start", "metric", "value", "status"]]

# %% [markdown]
# ## Too young
#
# Counts of young hours move: some arrive late, and spam is taken out. The same six hours, looked
# at again and again:

# %%
from datetime import timedelta

noon = client.now().replace(hour=12, minute=0, second=0, microsecond=0)
morning = ek.between(noon - timedelta(hours=6), noon)
query = ek.Query("historical", ids[4:64], ["impressions"], by="hour", period=morning)
looks = {"half an hour later": client.run(query).to_pandas()}

# %% tags=["emulator"]
for days in (1, 3, 8):
    clock.set(noon + timedelta(days=days))
    looks[f"{days * 24} hours later"] = client.run(query).to_pandas()

# %%
seen = pd.concat({name: ek.total(table) for name, table in looks.items()}).droplevel(1)
seen["to the last look"] = (seen["value"] / seen["value"].iloc[-1]).astype(float).round(3)
seen[["value", "to the last look", "complete"]]

# %% [markdown]
# `complete` says that the hour was over. It does not say that its count was final; nobody
# documents when that is. The kit takes a period as settled seven days after its end (`settle=`),
# asks younger ones again, and keeps every look: `result.to_pandas(history=True)`.
#
# ## Redefined
#
# On 2017-10-09 several metrics began to count something else. A series across that day shows a
# step that no reader made. (The emulator does not invent this one.)

# %%
changed = meanings[meanings["changed_on"].notna()]
assert set(changed["changed_on"].dt.strftime("%Y-%m-%d")) == {"2017-10-09"}
changed[["changed_on", "change"]]

# %% [markdown]
# ## Missing is not zero
#
# The trap behind all others. Of these 100 tweets some are over 90 days old, and have no
# impressions. Taken as zero they are in every mean.

# %%
mixed = client.run(ek.Query("totals", ids[::8], ["impressions"])).to_pandas()
counted = mixed[mixed["value"].notna()]
answers = {
    "zero where missing": ek.total(mixed.fillna({"value": 0})),
    "ek.total": ek.total(mixed),
    "ek.total of those with a count": ek.total(counted),
}
comparison = pd.concat(answers).droplevel(1)[["value", "n_expected", "n_missing"]]
comparison["mean per tweet"] = (comparison["value"] / comparison["n_expected"]).round(1)
assert comparison["value"].isna()["ek.total"] == (len(counted) < len(mixed))
comparison

# %% [markdown]
# ## Let the kit look first
#
# `ek.insight.quality` takes any tables, and says what is odd about them before anything is
# concluded: these traps, and others.

# %%
found = ek.insight.quality(mixed, lifetime, windows, ek.concat(looks.values()))
assert "two_video_views" in set(found["check"])
found[["severity", "check", "metric", "n", "meaning", "advice"]]
