"""What a notebook shows of a result and of a receipt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.question import markup
from engagement_kit.question.amounts import many
from engagement_kit.question.query_shown import in_short, question
from engagement_kit.question.shown import accounts_table
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.schema import INVENTED, OBSERVED, grain_of
from engagement_kit.tables.source import marks

if TYPE_CHECKING:
    from engagement_kit.client.receipt import Receipt
    from engagement_kit.client.result import Result

_ROWS: Final = 10
_COLUMNS: Final = (
    "tweet_id", "metric", "start", "end", "hour_of_day", "value", "status", "complete",
    "observed_at",
)  # fmt: skip
_NUMBERS: Final = frozenset({"hour_of_day", "value"})
_OVER: Final = {True: "yes", False: "still running", None: "not known"}


class Head(NamedTuple):
    """The first rows of a table, and how many it has."""

    rows: pa.Table
    grain: str | None
    many: int
    counted: int


def head_of(table: pa.Table) -> Head:
    """Take the first rows with a count; of a table without any, the first rows."""
    valid = pc.is_valid(table.column("value"))
    counted = pc.sum(valid).as_py() or 0
    rows = table.filter(valid).slice(0, _ROWS) if counted else table.slice(0, _ROWS)
    kept = rows.select(_COLUMNS).take(list(range(rows.num_rows)))  # not the table behind it
    return Head(kept, grain_of(table), table.num_rows, counted)


# --- a result -------------------------------------------------------------------------------------
def result_text(one: Result) -> str:
    """Say in a few lines what was asked, what came and when, and from where."""
    receipt = one.receipt
    lost = ", ".join(f"{name} {count:,}" for name, count in receipt.fates.items())
    more = "; ".join(filter(None, (lost, receipt.later_text())))
    said = [
        f"Result of {one.plan.query!r}",
        f"  {receipt.answered:,} of {many(receipt.asked, 'number')}" + (f"; {more}" * bool(more)),
    ]
    said += [f"  observed: {when}"] if (when := _observed(receipt)) else []
    said += [
        f"  tables: {', '.join(one.tables)}",
        f"  raw answers: {len(one.refs):,} in {one.store.folder}",
    ]
    if one.source == "emulator":
        said.append(f"  {INVENTED}")
    return "\n".join(said)


def result(one: Result, head: Head) -> str:
    """Write a result as HTML: the question, what came, what is missing and why, first rows."""
    receipt = one.receipt
    # Ids of invented tweets may be those of other people's.
    invented = one.source == "emulator"
    rows = [
        ("answered", f"{receipt.answered:,} of {many(receipt.asked, 'number')}"),
        ("nothing to count", receipt.later_text()),
        *question(one.plan.query, invented=invented),
        ("observed", _observed(receipt)),
        ("tables", ", ".join(one.tables)),
        ("raw answers", f"{len(one.refs):,} in {one.store.folder}"),
    ]
    caption = f"Result of {in_short(one.plan.query)}"
    parts = [markup.facts(caption, [row for row in rows if row[1]])]
    if receipt.fates:
        lost = [(name, f"{n:,}", MEANINGS.get(name, "")) for name, n in receipt.fates.items()]
        title = f"What is missing: {many(receipt.missing, 'number')}; result.missing lists them"
        parts.append(markup.table(title, ("status", "numbers", "meaning"), lost, numbers=[1]))
    return markup.together(*marks(one.source), *parts, _first_rows(head, invented=invented))


def _observed(receipt: Receipt) -> str:
    if receipt.scope is None or receipt.scope.observed is None:
        return ""
    first, last = (f"{one.astimezone(UTC):%Y-%m-%d %H:%M:%S}" for one in receipt.scope.observed)
    return f"{first} UTC" if first == last else f"{first} to {last} UTC"


def _first_rows(head: Head, *, invented: bool) -> str:
    """Write the first rows as a table; columns without anything to say are left out."""
    rows = head.rows
    names = [name for name in _COLUMNS if rows.column(name).null_count < rows.num_rows]
    for name, usual in (("complete", True), ("status", OBSERVED)):
        if set(rows.column(name).to_pylist()) == {usual}:
            names.remove(name)
    if not rows.num_rows:
        names = ["tweet_id", "metric", "value"]
    few = f"first {rows.num_rows:,} of " if rows.num_rows < head.many else ""
    held = "" if head.counted == head.many else f", {head.counted:,} of them with a count"
    grain = f" of grain {head.grain}" if head.grain else ""
    caption = f"Table: {few}{many(head.many, 'row')}{grain}{held}; times are UTC"
    cells = [
        [_cell(name, one, invented=invented) for one in rows.column(name).to_pylist()]
        for name in names
    ]
    numbers = [at for at, name in enumerate(names) if name in _NUMBERS]
    return markup.table(caption, names, zip(*cells, strict=True), numbers=numbers)


def _cell(name: str, value: Any, *, invented: bool) -> str:
    if name == "complete":
        return _OVER[value]
    if value is None:
        return markup.Markup('<span style="opacity:0.7">none</span>')
    if name == "tweet_id":
        return str(value) if invented else markup.tweet(value)
    if isinstance(value, datetime):
        whole = "%Y-%m-%d %H:%M" if value.second == value.microsecond == 0 else "%Y-%m-%d %H:%M:%S"
        return f"{value:{whole}}"
    return f"{value:,}" if name == "value" else str(value)


# --- a receipt ------------------------------------------------------------------------------------
def receipt(one: Receipt) -> str:
    """Write a receipt as HTML: each fate with its meaning, and what it took."""
    fates = [("answered", f"{one.answered:,}", "a count is in the table")]
    fates += [(name, f"{n:,}", MEANINGS.get(name, "")) for name, n in one.fates.items()]
    asked = [("asked", one.asked_text())]
    asked += [("nothing to count", one.later_text())] if one.created_after else []
    caption = f"Receipt: {one.answered:,} of {many(one.asked, 'number')} answered"
    parts = [
        markup.table(caption, ("fate", "numbers", "meaning"), fates, numbers=[1]),
        *([markup.facts("Whose keys were missing", one.owner_lines())] if one.not_owned else []),
        markup.facts("What it took", [*asked, *one.effort_lines()]),
    ]
    if len(one.by_account) > 1:
        bound = f" ({words.strip(': ')})" if (words := one.effort.bound) else ""
        parts.append(accounts_table(f"Requests sent by account{bound}", one.by_account))
    return markup.together(*marks(one.source), *parts)
