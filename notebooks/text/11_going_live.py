# %% [markdown]
# # Going live
#
# **What do I need, and what will happen?** Keys, a first call, what errors mean, a budget, and a
# folder that keeps what you paid for.
#
# To be honest: the kit was never tried against the live service, for we have no contract. What is
# known of it is in the emulator, which checks real OAuth signatures over real HTTP. This page
# asks the emulator just as you will ask the live API: by keys in the environment.
#
# ## The keys
#
# | environment variable | what it is |
# | :-- | :-- |
# | `TWITTER_CONSUMER_KEY`, `TWITTER_CONSUMER_SECRET` | the app: API key and secret |
# | `TWITTER_ACCESS_TOKEN`, `TWITTER_ACCESS_TOKEN_SECRET` | the account that wrote the tweets |
# | `TWITTER_BEARER_TOKEN` | app-only: public metrics of any tweet, on `/totals` |
#
# They come from the developer console of your app, whose id must be enabled for the Engagement
# API: that is the contract. Keep keys in the environment, never in a cell: what is in a cell is
# soon in a repository.
#
# No access token yet? Then the account's owner agrees on a page of the service: "Log in an account"
# in the form below leads there, by a PIN or a callback, as `engagement-kit login` does in a
# terminal. Do it once for each account. The tokens are kept in a file that nobody else may read,
# where `ek.connect()` finds them, and the bearer token is made on the way.
#
# The next cell is the one to change. It starts an emulator, and sets just the variables that
# `engagement-kit emulator` prints in a shell.

# %% tags=["live"]
import os
from datetime import UTC, datetime

from engagement_kit.emulator import Emulator, Settings, WorldClock

clock = WorldClock(frozen=datetime(2026, 6, 1, 12, 30, tzinfo=UTC))
emulator = Emulator(clock=clock, settings=Settings(per_minute=300))
os.environ.update(emulator.environment())
ids = emulator.world.sample_ids("acme", 300, before=clock.now())
# Live: nothing of the above, for your keys are in the environment. ids = your own tweet ids.

# %% [markdown]
# ## Connect
#
# `ek.connect()` finds the keys. The client says which it found and where, and never shows one.
# `store=` keeps every raw answer on disk. Nothing is sent yet.

# %%
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # live: a folder of your own, for answers cost money
client = ek.connect(store=folder.name)
print("account:", client.account)
print("kinds of keys:", client.credentials)
client

# %% [markdown]
# By clicking: the form says what it found, logs in further accounts, and has buttons for a test
# call and for trying all keys, one by one. "Live API" has a field for another address, such as that
# of an emulator in a terminal. Connected to its own emulator, it lets you practise the login. Where
# a page shows no forms, it is text.

# %%
form = ek.ConnectForm()
form

# %%
print(form)

# %% [markdown]
# ## The first call
#
# Begin small: a few tweets, one request, and a budget that allows no more than that.

# %%
first = ek.Query("totals", ids[:5], ["impressions", "favorites"])
result = client.run(first, max_requests=1)
result.receipt

# %% [markdown]
# If this works, the keys belong together, the app is enabled, this machine's clock is right, and
# the tweets are the account's own: else they were `not_owned`. `source` says `live`, there.
# Without a count for impressions, look at the ages: over 90 days, `/totals` has none.
#
# Answers tell your rate, too, for each endpoint. After a first one to `/historical`, a plan says
# how long the rest takes.

# %%
days = {"metrics": ["impressions"], "by": "day", "period": ek.last(days=28)}
client.run(ek.Query("historical", ids[-1:], **days), max_requests=1)
query = ek.Query("historical", ids, **days)
client.plan(query)

# %% [markdown]
# ## When it says no
#
# Each of these is made to happen here, and each has a name that code can catch. What can't get
# better by trying is not tried again.

# %% tags=["emulator"]
from unittest.mock import patch

import pandas as pd

tweet = ek.Query("totals", ids[:1], ["impressions"])
elsewhere = client.connection.base_url.replace("engagement", "engagements")
no_contract = Emulator(clock=clock, settings=Settings(app="not_enabled"))


def ask(*service, **keys):
    ek.connect(*service, **keys).run(tweet, progress=False)


attempts = {
    "no variables are set": patch.dict(os.environ, clear=True)(ek.connect),
    "a secret is wrong": lambda: ask(consumer_secret="a-typing-error"),
    "the app has no contract": lambda: ask(no_contract),
    "the address is wrong": lambda: ask(base_url=elsewhere),
    "it takes more than the budget": lambda: client.run(query, max_requests=10, progress=False),
}
rows = []
for what, attempt in attempts.items():
    try:
        attempt()
    except ek.errors.EngagementError as error:
        advice = getattr(error, "advice", str(error).partition(". ")[0])
        rows.append({"what is wrong": what, "error": type(error).__name__, "it says": advice})
no_contract.stop()

assert len(rows) == len(attempts)
pd.set_option("display.max_colwidth", None)
pd.DataFrame(rows).set_index("what is wrong")

# %% [markdown]
# Not all is an error. A tweet of somebody else, or one that is gone, must not spoil the others: it
# keeps its row, with a `status` instead of a count.

# %% tags=["emulator"]
foreign = emulator.world.sample_ids("acme", 1, before=clock.now(), kind="foreign")
gone = emulator.world.sample_ids("acme", 1, before=clock.now(), kind="unavailable")
several = ek.Query("totals", [*ids[:1], *foreign, *gone], ["impressions", "favorites"])
mixed = client.run(several, progress=False)
mixed.to_pandas()[["tweet_id", "metric", "value", "status"]]

# %% [markdown]
# ## Tweets of several accounts
#
# Impressions are counted for the account that wrote a tweet, so each tweet is asked by its own
# author's keys. Log in each account once; then `owners=` takes a column of names, and every request
# is signed by the right one. Many contracts name a number of accounts that may sign in a month, and
# bill more: `contracted=` counts them, and `overage="stop"` sends nothing for one too many. Here
# the emulator lends the keys of three accounts; with your own it is
# `ek.connect(contracted=..., overage="stop")`.

# %% tags=["emulator"]
names = ["acme", "birch", "cedar"]
tweets = pd.DataFrame(
    [
        (one, name)
        for name in names
        for one in emulator.world.sample_ids(name, 20, before=clock.now())
    ],
    columns=["id", "author"],
)
everybody = ek.connect(emulator, contracted=2, overage="stop")
all_three = ek.Query("totals", tweets["id"], ["impressions"], owners=tweets["author"])
plan = everybody.plan(all_three)
assert set(plan.by_account) == {*names}
plan

# %% [markdown]
# The plan says how many requests each account signs, and that three accounts are more than two. So
# the run stops before it sends anything. Two of them are fine, and the receipt says who signed.

# %% tags=["emulator"]
try:
    everybody.run(all_three)
except ek.errors.AccountsExceeded as error:
    print(error)

two = tweets[tweets["author"] != "cedar"]
query_of_two = ek.Query("totals", two["id"], ["impressions"], owners=two["author"])
of_two = everybody.run(query_of_two, progress=False)
everybody.close()
assert set(of_two.receipt.by_account) == {"acme", "birch"}
of_two.receipt.by_account

# %% [markdown]
# ## A real question, and what stays
#
# The budget is what you said yes to in the plan. Rate limits and faults of the service are waited
# out. Nothing is asked twice, unless it may have changed: a period counts as settled a week after
# its end, and for younger ones `max_age` says how old an answer may be.

# %%
from datetime import timedelta

result = client.run(query, max_requests=client.plan(query).price.left)
again = client.plan(query, max_age=timedelta(hours=1))
assert again.price.left == 0
again

# %% [markdown]
# The folder holds every raw answer, as it came. It opens without keys and without network.

# %%
client.close()
latest = ek.open(folder.name).latest
assert latest.to_pandas().equals(result.to_pandas())
ax = ek.plot.timeline(latest.to_pandas())
