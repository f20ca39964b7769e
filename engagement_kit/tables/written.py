"""Raw groupings that went over the wire as written: read just as the API answered them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from engagement_kit.answers import envelope
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.query import Query
from engagement_kit.tables.readers.body import read_body
from engagement_kit.tables.schema import SCHEMA
from engagement_kit.tables.tidy import About, tidy_answer


def has_counts(answer: Answer) -> bool:
    """Say whether an answer counts anything, rather than only naming tweets."""
    return answer.outcome == "answered" and not answer.named


def read_written(query: Query, answers: Iterable[Answer], name: str) -> pa.Table:
    """Read a grouping as it was answered, and list the tweets that answers only name.

    Parameters
    ----------
    query
        One that went over the wire as it was written.
    answers
        Its answers: those of one request, or of parts of it.
    name
        Of the grouping.

    Returns
    -------
    pyarrow.Table
        Empty where no answer counts anything.
    """
    held = list(answers)
    refused = [id_ for one in held if one.outcome == "refused" for id_ in one.named]
    lists = [envelope.read(one.body) for one in held if one.outcome == "answered" and one.named]
    tables = []
    for answer in filter(has_counts, held):
        about = replace(
            About.of(answer),
            levels=dict(query.groupings),
            finest=dict(query.groupings)[name],
            metrics=query.metrics,
            refused=tuple(refused),
        )
        body = read_body(answer.body, about.levels)
        parts = _joined(body.parts, lists)
        if name not in parts.groupings:  # asked, and not answered: every number is missing
            parts = replace(parts, groupings={name: {}})
        tables.append(tidy_answer(replace(body, parts=parts), about, grouping=name))
    return tables[-1] if tables else SCHEMA.empty_table()


def _joined(parts: Envelope, others: Iterable[Envelope]) -> Envelope:
    """Put the side lists of other answers beside the counts of one."""
    for other in others:
        old = {**parts.unsupported}
        for key, ids in other.unsupported.items():
            old[key] = (*old.get(key, ()), *ids)
        unavailable = (*parts.unavailable, *other.unavailable)
        parts = replace(parts, unavailable=unavailable, unsupported=old)
    return parts
