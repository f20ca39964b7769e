"""What a question looks like written down: plan, JSON body, Python code, YAML, and plain text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from engagement_kit.client.client import Client
from engagement_kit.forms.model.code import Code, code_of
from engagement_kit.forms.model.preview import Preview, previews
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.model.when import when_words
from engagement_kit.question.amounts import many
from engagement_kit.question.metrics import in_words
from engagement_kit.question.query import Query

YAML_NAME: Final = "question.yaml"
"""What the YAML calls itself where it names a file beside it."""
_NOT_READY: Final = "not ready yet: something is to be mended above"
_NOTHING: Final = "nothing to ask: the store holds it all, or none of it can be had"


def code(seen: Seen, client: Client | None, folder: Path) -> Code:
    """Write the Python code, or a comment that says why there is none."""
    if seen.query is None:
        return Code(f"# {_NOT_READY}\n")
    return code_of(seen.query, seen.draft, client, folder)


def body(seen: Seen) -> str:
    """Write the body of the first request as JSON, and say how many there are."""
    if seen.plan is None:
        return _NOT_READY
    if not seen.plan.requests:
        return _NOTHING
    first, many = seen.plan.requests[0], len(seen.plan.requests)
    head = f"POST {first.endpoint}, request 1 of {many:,}\n"
    return head + json.dumps(first.to_body(), indent=1)


def yaml(seen: Seen) -> str:
    """Write the question as ``form.save`` would."""
    if seen.query is None:
        return f"# {_NOT_READY}\n"
    return seen.query.to_files(YAML_NAME)[0]


def plan_rows(seen: Seen) -> list[tuple[str, str]]:
    """Give the plan as pairs of a label and a text."""
    return [] if seen.plan is None else seen.plan.lines()


def short(query: Query) -> str:
    """Name a question in a few words.

    Examples
    --------
    >>> short(Query("totals", "20", ["replies"]))
    'totals, 1 tweet, replies, by total'
    """
    shape = f"by {query.by}" if query.by else "own groupings"
    tweets = many(len(query.tweet_ids), "tweet")
    return f"{query.endpoint}, {tweets}, {in_words(query.metrics)}, {shape}"


def text(seen: Seen, run: str, written: str) -> str:
    """Write all that the form shows as plain text, for front ends without widgets.

    Parameters
    ----------
    seen
        What the form shows.
    run
        How the run stands, in a line.
    written
        The Python code; it may read files that are written when it is asked for.
    """
    rows = [
        ("endpoint", seen.draft.endpoint),
        ("tweets", " · ".join(seen.ids.lines)),
        ("metrics", ", ".join(seen.draft.asked_metrics) or "none"),
        ("not to be had", "; ".join(f"{name}: {why}" for name, why in seen.closed.items())),
        ("period", _when(seen)),
        *(("rows", f"{one.name}: {one.words}") for one in _previews(seen)),
        *(
            ("to mend", f"{place}: {line}")
            for place, lines in seen.problems.items()
            for line in lines
        ),
        ("price", seen.price),
        *(("note", line) for line in seen.notes),
        ("run", run),
    ]
    said = "\n".join(f"  {label}: {line}" for label, line in rows if line)
    return f"Request form\n{said}\n\nThe same in Python:\n\n{written}"


def _when(seen: Seen) -> str:
    if seen.query is None:
        return ""
    wanted = None if seen.plan is None else seen.plan.wanted
    return when_words(seen.query.period, seen.draft.endpoint, wanted)


def _previews(seen: Seen) -> tuple[Preview, ...]:
    return () if seen.plan is None else previews(seen.plan)
