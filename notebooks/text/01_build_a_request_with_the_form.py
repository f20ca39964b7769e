# %% [markdown]
# # Build a request with the form
#
# **Asking by clicking.** The form builds the question, tells its price before anything is sent,
# runs it, and writes the Python code for it.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that. Run the cells from top to bottom, or stop anywhere and click.

# %% tags=["live"]
from pathlib import Path
from tempfile import TemporaryDirectory

import engagement_kit as ek

scratch = TemporaryDirectory()
folder = Path(scratch.name)  # for what this page writes; take a folder of your own to keep it
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder / "raw")
ids = ek.sample_ids(client, 60)[::3]
# Live: client = ek.connect(store="raw"), and ids = your own tweet ids, as text or whole numbers.

# %% [markdown]
# You can connect by clicking, too. `ek.ConnectForm()` says which keys it found for the live API
# (never a value), connects to it or to the emulator, and makes a test call. After **Connect**,
# `connecting.client` is the client. This page goes on with the one above.

# %%
connecting = ek.ConnectForm()
connecting

# %% [markdown]
# ## The empty form
#
# The last line of a cell shows it. From top to bottom: endpoint and tweets, what rows you want,
# metrics, period, options, price, run.
#
# Usually you write just `ek.RequestForm(client)`. Then the form keeps what you fill in beside the
# notebook, and a restarted kernel opens with it. Here `keep=None` turns that off.

# %%
form = ek.RequestForm(client, keep=None)
form

# %% [markdown]
# Something is missing, so there is no price yet. The form says what, beside the field. Code can
# read the same. (Did you run all cells at once? Then the form above is filled in already: the cells
# below did that.)

# %%
print(form.price)
form.problems

# %% [markdown]
# ## Fill it in
#
# By hand you would click **Take 25 sample tweets of the emulator**, or paste ids or tweet URLs
# into *Tweet ids*, or choose a file. Then you would choose the endpoint *historical*, the rows
# *Daily*, tick metrics, and set the period.
#
# Code can fill in the same form. Watch the form above while this cell runs.

# %%
form.query = ek.Query(
    "historical", ids[:15], ["impressions", "url_clicks"], by="day", period=ek.last(days=28)
)
form.add_ids([*ids[12:], "not an id"], source="my list")  # text, whole numbers or URLs
form.problems

# %% [markdown]
# Three ids came twice: they are left out, and counted. One word is no id: that is a problem, and
# it is said. By hand you click **Leave out what is no id**. In code, say the question again,
# without it.

# %%
form.query = ek.Query(
    "historical", ids, ["impressions", "url_clicks"], by="day", period=ek.last(days=28)
)
assert not form.problems
print(form.price)

# %% [markdown]
# ## The price
#
# Nothing was sent so far. The line says how many requests it takes, how many rows will come, and
# what is stored already. *Some can't be had* is not an error: the newest tweets are of today, and
# a daily table counts whole days. The tab *Plan* says more, and so does `form.plan`.

# %%
form.plan

# %% [markdown]
# ## Run it
#
# Click **Run**. You see how far it is. **Pause** holds it, **Stop** ends it, and what came is
# kept: run again to go on. The notebook stays usable meanwhile. What goes wrong is said in words,
# with the end of each wait.
#
# In code, `form.start()` does what the button does, and comes back at once. `wait()` waits until
# it is over.

# %%
state = form.start().wait()
assert state.phase == "done"
print(state.line)

# %% [markdown]
# ## The result
#
# The form shows the first rows, a plot, and what is missing, with the reason. **Export** writes a
# file. `form.result` is the same as what `client.run` gives.

# %%
form.result.receipt

# %%
table = form.result.to_pandas()
assert table["tweet_id"].nunique() == len(ids)
ax = ek.plot.timeline(table, "impressions")

# %%
ax = ek.plot.top(form.result.to_pandas("window"), "url_clicks")

# %% [markdown]
# ## Look around
#
# `ek.Explorer` draws any table by a few controls: over time, by age since posting, by hour of
# day, top tweets. It shows the frame behind the figure, and the code for both.

# %%
explorer = ek.Explorer(table)
explorer

# %%
print(explorer.code)

# %% [markdown]
# ## Take the code along
#
# The tab *Python code* holds a program that asks the same question, without the form. Click into
# it, then Ctrl+A and Ctrl+C.

# %%
print(form.code)

# %% [markdown]
# It is a whole program: run on its own, it asks the same question, and makes the same table.

# %%
program = {}
exec(form.code, program)
program["client"].close()
assert program["query"] == form.query
assert program["table"]["value"].equals(table["value"])

# %% [markdown]
# ## Save the question, and open it again
#
# A question is a small YAML file. The tab *YAML* shows it. A period such as "the last 28 days"
# stays relative: whenever you run the file, it asks for the 28 days before.

# %%
saved = form.save(folder / "question.yaml")
print(form.yaml)

# %%
later = ek.RequestForm(client, ek.Query.load(saved), keep=None)
assert later.query == form.query
assert later.price.startswith("nothing to ask")
later

# %% [markdown]
# All is stored, so there is nothing to ask: a question that was answered costs nothing twice.
#
# Where a page shows no forms, as in a terminal or in an exported file, a form is text. It holds
# the same, with the code. The forms above can still be used; when you are done: `client.close()`.

# %%
print(later)
