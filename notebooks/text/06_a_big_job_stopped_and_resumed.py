# %% [markdown]
# # A big job, stopped and resumed
#
# **Will a long run survive my laptop?** Thousands of tweets over months take hours at the rate of
# a contract. Something will go wrong meanwhile. Here a job is stopped half-way, meets two faults
# of the service, and still ends with a receipt that adds up.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek
from engagement_kit.emulator import Fault

faults = [Fault("server_error", nth=55), Fault("reset", nth=65)]  # the 55th call, and the 65th
folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder.name, faults=faults)
ids = ek.sample_ids(client, 800)
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids. Faults come by themselves.

# %% [markdown]
# ## The price, before anything is sent
#
# 800 tweets, 100 days, three metrics.

# %%
metrics = ["impressions", "engagements", "url_clicks"]
query = ek.Query("historical", ids, metrics, by="day", period=ek.last(days=100))
plan = client.plan(query, per_minute=2)
plan

# %% [markdown]
# At two requests a minute this is most of an hour; a year of ten thousand tweets is a day. A
# budget keeps a typing error from becoming expensive: a plan that takes more is refused.

# %%
try:
    client.plan(query, max_requests=50)
except ek.errors.BudgetExceeded as error:
    print(error)

# %% [markdown]
# ## Stop
#
# `ek.Control` is the handle of a run. A button can hold it, or another thread; here we let go
# when half is done. Ctrl-C, a crash or a flat battery do the same, less politely.

# %%
control = ek.Control()


def watch(step):
    if step.done == step.total // 2:
        control.stop()


stopped = client.run(plan, control=control, on_step=watch, progress=False)
stopped.receipt

# %% [markdown]
# Nothing is lost, and nothing is pretended. What was not asked is `not_asked`, with rows of its
# own; so a sum over the half table is null instead of half.

# %%
ek.total(stopped.to_pandas())

# %% [markdown]
# ## Go on
#
# Run the same query again: tomorrow, in another process, on the same folder. It goes on with its
# own plan, asks only for what is left, and waits out the faults.

# %%
result = client.run(query)
receipt = result.receipt
assert receipt.asked == receipt.answered + receipt.missing
assert receipt.requests == len(plan.requests)
assert receipt.effort.sessions == 2
assert receipt.effort.sent > stopped.effort.sent > 0
receipt

# %% [markdown]
# Read it like a bill: `sent` are the calls of both sessions, the tries again after the two faults
# among them. Every wanted number has one fate; the code checks the sum. `free checks` are sums that
# came along in spare places of the requests, held against the counts.
#
# For a paper, it writes the methods paragraph.

# %%
from textwrap import fill

print(fill(receipt.methods(), 100))

# %% [markdown]
# ## One job, two sessions, one table

# %%
import matplotlib.pyplot as plt

sessions = {"first session": stopped.effort.sent}
sessions["second session"] = receipt.effort.sent - stopped.effort.sent

figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(9, 5), layout="constrained", height_ratios=(1, 5)
)
begun = 0
for (name, calls), colour in zip(sessions.items(), ("#E69F00", "#56B4E9"), strict=True):
    top.barh(0, calls, left=begun, color=colour)
    top.text(begun + calls / 2, 0, f"{name}: {calls}", ha="center", va="center")
    begun += calls
top.set(xlim=(0, receipt.effort.sent), yticks=[])
top.set_title("calls, by the session that made them", loc="left", fontsize="medium")
ek.plot.timeline(result.to_pandas(), "impressions", bottom)
plt.show()
