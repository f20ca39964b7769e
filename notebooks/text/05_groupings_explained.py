# %% [markdown]
# # Groupings explained
#
# **What does the API really answer, and how does it become rows?** A request names *groupings*:
# lists of up to four levels. The answer is JSON, nested in just that order. You rarely need to
# write them; `by="day"` does. But this is what is behind it, and what you meet in files of
# others.
#
# This runs on the emulator: invented data, no keys, no network. To ask the live API, change the
# next cell, and only that.

# %% tags=["live"]
from tempfile import TemporaryDirectory

import engagement_kit as ek

folder = TemporaryDirectory()  # for the raw answers; take a folder of your own to keep them
client = ek.connect("emulator", clock="2026-06-01T12:30Z", store=folder.name)
ids = ek.sample_ids(client, 22)[-2:]  # two tweets are enough to see everything
period = ek.between("2026-05-30", "2026-06-01")  # two days; the end is exclusive
# Live: client = ek.connect(store="raw"), two tweet ids of your own, and two days of their lives.

# %% [markdown]
# Two functions for this page: `ask` asks with raw groupings, `show` puts the answer beside the
# rows that it became.

# %%
import json

from IPython.display import display

COLUMNS = ["tweet_id", "metric", "grain", "start", "end", "hour_of_day", "value"]


def ask(**groupings):
    levels = {name: text.split() for name, text in groupings.items()}
    query = ek.Query(
        "historical", ids, ["impressions", "favorites"], groupings=levels, period=period
    )
    return client.run(query, progress=False)


def show(result, lines=20, rows=8):
    answer = json.loads(next(result.answers()).body)
    body = json.dumps({name: answer[name] for name in result.tables}, indent=2).splitlines()
    body = "\n".join(body[:lines] + ["…"] * (len(body) > lines))
    plain, pages = body, []
    for name in result.tables:
        table = result.to_pandas(name)[COLUMNS].dropna(axis="columns", how="all")
        for moment in ("start", "end"):
            table[moment] = table[moment].dt.strftime("%d %b %H:%M")
        count = f"{len(table)} rows, {rows} of them shown" if len(table) > rows else ""
        title = f"<code>{name}</code>" if len(result.tables) > 1 else ""
        pages.append(f"{title}{table.head(rows).to_html(index=False)}{count}")
        plain += f"\n{table.head(rows)}\n{count}"
    page = (
        "<div style='display:flex;gap:2em;align-items:flex-start'>"
        f"<pre style='font:85%/1.3 monospace'>{body}</pre><div>{'<br>'.join(pages)}</div></div>"
    )
    display({"text/html": page, "text/plain": plain}, raw=True)


# %% [markdown]
# ## By tweet and metric
#
# Counts come as text. The tidy table has a row for each of them; `start` and `end` say which
# period was counted, end exclusive, UTC.

# %%
by_tweet = ask(g="tweet.id engagement.type")
show(by_tweet)

# %% [markdown]
# ## The same, the other way round
#
# The order of the levels is the order of nesting. It changes the JSON, not the numbers.

# %%
by_metric = ask(g="engagement.type tweet.id")
show(by_metric)

# %%
one, other = (ek.wide(each).sort_index() for each in (by_tweet, by_metric))
assert one.equals(other)

# %% [markdown]
# ## With days, and with hours
#
# A grouping may go on to days, and to hours of each day. `grain` says what a row counts.

# %%
days = ask(g="tweet.id engagement.type engagement.day")
show(days, lines=26)

# %%
hours = ask(g="tweet.id engagement.type engagement.day engagement.hour")
show(hours, lines=14, rows=6)

# %% [markdown]
# Four levels are allowed in two orders only, and the kit says so before anything is sent.

# %%
try:
    ask(g="engagement.day engagement.hour tweet.id engagement.type")
except ek.errors.QueryError as error:
    print(error)

# %% [markdown]
# ## Hours without days
#
# This is another thing: the hour *of the day*, summed over all days of the period. 24 numbers for
# each tweet and metric, however long the period is.

# %%
hour_of_day = ask(g="tweet.id engagement.type engagement.hour")
show(hour_of_day, lines=14, rows=6)

# %% [markdown]
# ## Levels left out are summed
#
# Without `tweet.id`, the API sums over tweets. Without `engagement.type` it even sums over
# metrics, likes and impressions together, which means nothing. Such rows have no `tweet_id`, or
# no `metric`.

# %%
summed = ask(g="engagement.type", everything="engagement.day")
show(summed)

# %% [markdown]
# Two groupings came in one answer; three are allowed. Both count the same impressions, so each is
# a table of its own, and `result.tables` names them. In one table they would be counted twice.
#
# ## Why per-tweet groupings carry everything
#
# From the counts of each tweet and hour, every other table can be summed. Nothing leads back: no
# sum over tweets tells what one of them had, or what it would be without one that is gone.

# %%
import pandas as pd

shapes = {
    "tweet, metric, day, hour": hours,
    "tweet, metric, hour of the day": hour_of_day,
    "tweet, metric, day": days,
    "tweet, metric": by_tweet,
    "metric": summed,
}
rows = []
for levels, each in shapes.items():
    table = each.to_pandas("g")
    sums = ek.total(table).set_index("metric")["value"]
    apart = table["tweet_id"].nunique()
    rows.append({"levels": levels, "rows": len(table), "tweets told apart": apart, **sums})
comparison = pd.DataFrame(rows).set_index("levels")
assert comparison["impressions"].nunique() == comparison["favorites"].nunique() == 1
comparison

# %% [markdown]
# The same sums five times, from 192 numbers or from two. In daily work you ask with one word, and
# get each coarser table from the same answer.

# %%
query = ek.Query("historical", ids, ["impressions", "favorites"], by="hour", period=period)
result = client.run(query)
assert result.tables == ("hour", "day", "hour_of_day", "window")
result.wide("day")
