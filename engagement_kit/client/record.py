"""What a store keeps of a run besides its answers: the plan, and what each session made of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC
from functools import reduce
from typing import Any

from engagement_kit.answers.calls import Noted
from engagement_kit.answers.runs import Runs
from engagement_kit.client.effort import Effort
from engagement_kit.client.result import Result
from engagement_kit.errors import EngagementError, StoreError
from engagement_kit.fetch.steps import Failure
from engagement_kit.question.hours import from_iso, iso
from engagement_kit.question.known import Known
from engagement_kit.question.micros import MICROSECOND
from engagement_kit.question.plan import Plan, Where, anew, plan
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.resume import Tried, left_of
from engagement_kit.question.settling import Settle

Record = Mapping[str, Any]
PLAN = "plan"
"""The name of the plan among the parts of a run; every other part is a session."""


def name_of(made: Plan, at: int = 1) -> str:
    """Name the run of a plan: when it was planned, and the question.

    Where a clock stands still, the same may be asked `at` times at one moment.
    """
    again = f".{at}" if at > 1 else ""
    return f"{made.now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{made.query.key}{again}"


def key_in(name: str) -> str:
    """Give the key of the question in the name of a run."""
    return name.partition("-")[2].partition(".")[0]


def plan_record(made: Plan) -> dict[str, Any]:
    """Write down a plan: all that it is made anew from, and how many requests it must have."""
    where, fresh = made.where, made.freshness
    return {
        "query": made.query.to_dict(),
        "now": iso(made.now),
        "where": {
            "service": where.service,
            "account": where.account,
            "credentials": list(where.credentials),
            "profile": where.profile,
            "accounts": None if where.accounts is None else list(where.accounts),
            "aliases": [list(pair) for pair in where.aliases],
        },
        "max_age_us": fresh.max_age // MICROSECOND,
        "settle_us": fresh.settle // MICROSECOND,
        "settle_us_of": {name: one // MICROSECOND for name, one in fresh.by_metric},
        "until": None if fresh.until is None else iso(fresh.until),
        "reused": [one.ref for one in made.reused],
        **({"in_pieces": True} if made.in_pieces else {}),
        "order": made.order,
        "rate": made.rate,
        "requests": len(made),
        "digest": digest(made.requests),
    }


def plan_of(record: Record, known: Iterable[Known]) -> Plan:
    """Make the plan of a record anew; with the same stored answers it comes out the same.

    Raises
    ------
    StoreError
        When the record is damaged.
    """
    try:
        return _plan_of(record, known)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        msg = f"the record of a run of {record['now']} is damaged: {type(error).__name__}: {error}"
        raise StoreError(msg) from error


def _plan_of(record: Record, known: Iterable[Known]) -> Plan:
    reused = set(record["reused"])
    until = record["until"]
    have = [one for one in known if one.ref in reused]
    made = plan(
        Query.from_dict(record["query"]),
        now=from_iso(record["now"]),
        have=have if until is None else (),
        where=_where_of(record["where"]),
        max_age=record["max_age_us"] * MICROSECOND,
        settle=_settle_of(record),
        order=record.get("order"),  # older kits knew none
        per_minute=record.get("rate"),
        in_pieces=record.get("in_pieces", False),
    )
    made = replace(made, price=replace(made.price, minutes=None))
    return made if until is None else anew(made, have, from_iso(until))


def _settle_of(record: Record) -> Settle:
    """Read the settle times; older kits had one for all metrics."""
    others, own = record["settle_us"], record.get("settle_us_of")
    if not own:
        return MICROSECOND * int(others)
    metrics = record["query"]["metrics"]
    return {name: MICROSECOND * int(own.get(name, others)) for name in metrics}


def _where_of(record: Record) -> Where:
    """Read whom a plan was addressed to; older kits did not write down who had keys."""
    accounts = record.get("accounts")
    return Where(
        service=record["service"],
        account=record["account"],
        credentials=tuple(record["credentials"]),
        profile=record["profile"],
        accounts=None if accounts is None else tuple(accounts),
        aliases=tuple((str(one), str(name)) for one, name in record.get("aliases", ())),
    )


def is_same_plan(made: Plan, record: Record) -> bool:
    """Say whether a plan made anew is the one that was recorded.

    A newer kit may cut otherwise, and a reused answer may be damaged or gone.
    """
    return bool(len(made) == record["requests"] and digest(made.requests) == record["digest"])


def digest(requests: Sequence[Request]) -> str:
    """Sum up which requests a plan holds; of a long one, some hundred of them."""
    every = max(1, len(requests) // 256)
    keys = "\n".join(requests[at].key for at in range(0, len(requests), every))
    return hashlib.sha256(keys.encode()).hexdigest()[:16]


def session_record(result: Result, *, finished: bool, ended: bool = True) -> dict[str, Any]:
    """Write down what a session made of a plan; as it begins, that it did not end."""
    return {
        "answers": list(result.refs),
        "failures": [
            {
                "request": one.request.to_dict(),
                "status": one.status,
                "error": str(one.error),
                "answer": one.ref,
            }
            for one in result.failures
        ],
        "effort": asdict(result.effort),
        **({"contract": result.contract} if result.contract else {}),
        **({"limits": result.limits.to_dict()} if result.limits else {}),
        "finished": finished,
        "ended": ended,
    }


def sessions_of(run: Mapping[str, Record]) -> list[Record]:
    """List the sessions of a run, the oldest first."""
    return [part for name, part in run.items() if name != PLAN]


def is_finished(run: Mapping[str, Record]) -> bool:
    """Say whether some session came to the end of the plan."""
    return any(one["finished"] for one in sessions_of(run))


def unanswered(
    failures: Iterable[Failure], made: Plan, tried: Callable[[str], Tried]
) -> list[Failure]:
    """Leave out the failures of requests that a later session answered."""
    return [one for one in failures if left_of(one.request, tried, made.riding)[1]]


def came(made: Plan, tried: Callable[[str], Tried]) -> Iterator[str]:
    """Find the answers to a plan that came since it was made."""
    since = _since(made, tried)
    riding = made.riding
    return (one.ref for request in made.requests for one in left_of(request, since, riding)[0])


def left_to_send(made: Plan, tried: Callable[[str], Tried]) -> int:
    """Count the requests of a plan, or parts of them, that nobody answered since it was made."""
    return left_by_account(made, tried).total()


def left_by_account(made: Plan, tried: Callable[[str], Tried]) -> Counter[str | None]:
    """Count them by who signs; None: app-only."""
    since, riding = _since(made, tried), made.riding
    left: Counter[str | None] = Counter()
    for request in made.requests:
        for part in left_of(request, since, riding)[1]:
            left[part.account] += 1
    return left


def _since(made: Plan, tried: Callable[[str], Tried]) -> Callable[[str], Tried]:
    return lambda key: tried(key).between(made.now)


def failures_of(sessions: Sequence[Record]) -> list[Failure]:
    """List the requests that got no counts: by the newest session that came to the end.

    Each session asks anew what failed before, so that it alone knows. Where none came to the end,
    what any of them met.
    """
    finished = [one for one in sessions if one["finished"]][-1:]
    found = {
        (tuple(one["request"]["body"]["tweet_ids"]), str(one["request"])): one
        for session in finished or sessions
        for one in session["failures"]
    }
    return [
        Failure(
            Request.from_dict(one["request"]),
            one["status"],
            EngagementError(one["error"]),
            one["answer"],
        )
        for one in found.values()
    ]


def effort_of(runs: Runs, name: str, run: Mapping[str, Record]) -> Effort:
    """Add up what all sessions of a run took; of those that did not end, what they noted."""
    named = [session for session in run if session != PLAN]
    if not named:  # it was killed as it began: sessions say so before they make a call
        return Effort.of_cut_off(Noted(""))
    every = reduce(Effort.plus, (_effort(runs, name, one, run[one]) for one in named))
    return replace(every, stopped="") if is_finished(run) else every


def _effort(runs: Runs, name: str, session: str, record: Record) -> Effort:
    effort = Effort.of_record(record["effort"])
    # Older kits did not say; of a session that did not end they wrote nothing but that it began.
    seems = record["finished"] or record["failures"] or effort.sent or effort.stopped
    if record.get("ended", seems):
        return effort
    return Effort.of_cut_off(runs.calls(name, session))
