"""Run the cases against another host and tell where it differs: the drift report.

``python tests/conformance/drift.py [part of a case's id]``; the README names the environment
variables. Keys are never printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

import requests
from asking import Keys, ask_over_http, plain_session
from cases import Answer, Case, Facts, Filled, MissingFact, load_cases
from filling import fill
from judging import judge

PREFIX: Final = "ENGAGEMENT_KIT_CONFORMANCE_"
PACE_S: Final = 1.0  # one known program asks once per second
LONGEST_WAIT_S: Final = 60.0
UNANSWERED: Final = 3  # so many in a row, and the host counts as gone
WHY_NOT: Final = {
    "emulator": "a promise of the emulator alone",
    "frozen": "its moments are those of a frozen clock",
    "world": "its counts are those of the emulator's tweets",
}


@dataclass(frozen=True)
class Place:
    """Another host, and what is known about it.

    Attributes
    ----------
    url : str
        Up to "/insights/engagement".
    keys : Keys
    ids : mapping of str to sequence of str
        Tweet ids by kind, as in "own".
    pace : float
        Seconds between two cases.
    """

    url: str
    keys: Keys = field(default_factory=Keys)
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pace: float = PACE_S


@dataclass(frozen=True)
class Verdict:
    """What came of one case; `texts` says how it differs, or why it was not run."""

    case: Case
    outcome: Literal["agrees", "differs", "not run"]
    texts: tuple[str, ...] = ()


def place_from(environ: Mapping[str, str]) -> Place:
    """Read a place from environment variables.

    Raises
    ------
    ValueError
        If the URL is missing.
    """
    url = environ.get(f"{PREFIX}URL", "").rstrip("/")
    if not url:
        raise ValueError(f"Set {PREFIX}URL to the base URL, up to /insights/engagement.")
    tokens = {
        "user": _pair(environ, "TWITTER_ACCESS_TOKEN"),
        "other_user": _pair(environ, f"{PREFIX}OTHER_ACCESS_TOKEN"),
    }
    keys = Keys(
        consumer_key=environ.get("TWITTER_CONSUMER_KEY", ""),
        consumer_secret=environ.get("TWITTER_CONSUMER_SECRET", ""),
        tokens={owner: pair for owner, pair in tokens.items() if all(pair)},
        bearer=environ.get("TWITTER_BEARER_TOKEN", ""),
    )
    ids = {
        name.removeprefix(PREFIX).removesuffix("_IDS").lower(): [
            one.strip() for one in value.split(",") if one.strip()
        ]
        for name, value in environ.items()
        if name.startswith(PREFIX) and name.endswith("_IDS")
    }
    return Place(url, keys, ids, float(environ.get(f"{PREFIX}PACE", PACE_S)))


def _pair(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return a token and its secret."""
    return environ.get(name, ""), environ.get(f"{name}_SECRET", "")


def run(
    place: Place, cases: Sequence[Case], *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Verdict]:
    """Run the cases that can run at a place, one after the other, at its pace."""
    unanswered = 0
    with plain_session() as session:
        for case in cases:
            why_not = _why_not(case)
            if unanswered >= UNANSWERED:
                why_not = why_not or "the host no longer answers"
            if why_not:
                yield Verdict(case, "not run", (why_not,))
                continue
            try:
                deviations = _deviations(session, place, case, sleep)
            except MissingFact as missing:
                yield Verdict(case, "not run", (str(missing),))
                continue
            except requests.RequestException as problem:
                unanswered += 1
                yield Verdict(case, "not run", (f"no answer: {type(problem).__name__}",))
                continue
            unanswered = 0
            yield Verdict(case, "differs" if deviations else "agrees", tuple(deviations))
            sleep(place.pace)


def _why_not(case: Case) -> str:
    """Tell why a case can run nowhere but on an emulator of our own; empty if it can."""
    if case.settings:
        return f"needs the emulator's switch {', '.join(case.settings)}"
    return next((why for need, why in WHY_NOT.items() if need in case.needs), "")


def _deviations(
    session: requests.Session, place: Place, case: Case, sleep: Callable[[float], None]
) -> list[str]:
    """Send a case and judge the answer; once more where an hour ended meanwhile."""
    for _ in range(2):
        now = datetime.now(UTC)
        filled = fill(case, Facts(now, place.ids, ours=False))
        answer = _ask(session, place, filled, sleep)
        deviations = judge(filled, answer)
        if datetime.now(UTC).hour == now.hour:
            break
    return deviations


def _ask(
    session: requests.Session, place: Place, filled: Filled, sleep: Callable[[float], None]
) -> Answer:
    """Send a case; after an unexpected 429 wait for the reset, and send once more."""
    answer = ask_over_http(session, place.url, filled.ask, place.keys)
    if answer.status == 429 != filled.expect.status:
        reset = answer.headers.get("x-per-minute-reset", "")
        left = int(reset) - time.time() if reset.isdecimal() else LONGEST_WAIT_S
        sleep(min(max(left, 1.0), LONGEST_WAIT_S))
        answer = ask_over_http(session, place.url, filled.ask, place.keys)
    return answer


def report(place: Place, verdicts: Sequence[Verdict]) -> str:
    """Write the drift report: what is documented first, then what is assumed, then totals."""
    lines = [f"Drift report for {place.url}"]
    for certain in ("documented", "assumed"):
        own = [verdict for verdict in verdicts if verdict.case.certain == certain]
        lines += ["", f"{certain.capitalize()} facts"]
        for outcome in ("differs", "agrees", "not run"):
            lines += [line for one in own if one.outcome == outcome for line in _lines(one)]
    lines += ["", "Totals"]
    for certain in ("documented", "assumed"):
        counts = Counter(one.outcome for one in verdicts if one.case.certain == certain)
        agree, differ, rest = (counts[name] for name in ("agrees", "differs", "not run"))
        lines.append(f"  {certain}: {agree} agree, {differ} differ, {rest} not run")
    reasons = Counter(one.texts[0] for one in verdicts if one.outcome == "not run")
    lines += [f"  not run, {count}: {reason}" for reason, count in reasons.most_common()]
    return "\n".join(lines)


def _lines(verdict: Verdict) -> list[str]:
    """Write one case: a line, and one more for each deviation."""
    case = verdict.case
    if verdict.outcome == "agrees":
        return [f"  agrees   {case.id}"]
    if verdict.outcome == "not run":
        return [f"  not run  {case.id}: {verdict.texts[0]}"]
    return [f"  differs  {case.id} ({case.source})", *(f"             {t}" for t in verdict.texts)]


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run, print the report, and return the exit status.

    1 if something documented differs, 2 if nothing could be checked at all.
    """
    parser = argparse.ArgumentParser(prog="drift.py", description=__doc__)
    parser.add_argument("part", nargs="?", default="", help="run the cases with this in their id")
    part = parser.parse_args(arguments).part
    try:
        place = place_from(environ)
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    chosen = [case for case in load_cases() if part in case.id]
    verdicts = list(run(place, chosen))
    sys.stdout.write(report(place, verdicts) + "\n")
    if all(verdict.outcome == "not run" for verdict in verdicts):
        why = "no case could be run" if chosen else f"no case has {part!r} in its id"
        sys.stderr.write(f"nothing was checked: {why}\n")
        return 2
    return int(any(v.outcome == "differs" and v.case.certain == "documented" for v in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
