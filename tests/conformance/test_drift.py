from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import drift
import pytest
from asking import Keys
from cases import Case, Facts

from engagement_kit.emulator import Emulator, Settings, World, WorldClock

ENVIRONMENT = dict(os.environ)  # as it is before the tests hide what is in it
FactsAt = Callable[[datetime], Facts]


@pytest.fixture(scope="module")
def environ(
    keys: Keys, conformance_world: World, facts_at: FactsAt
) -> Callable[[Emulator], dict[str, str]]:
    """Return a function that writes what is known of an emulator as environment variables."""
    del conformance_world
    ids = facts_at(datetime.now(UTC)).ids
    user, other = keys.tokens["user"], keys.tokens["other_user"]
    known = {
        "TWITTER_CONSUMER_KEY": keys.consumer_key,
        "TWITTER_CONSUMER_SECRET": keys.consumer_secret,
        "TWITTER_ACCESS_TOKEN": user[0],
        "TWITTER_ACCESS_TOKEN_SECRET": user[1],
        "TWITTER_BEARER_TOKEN": keys.bearer,
        f"{drift.PREFIX}OTHER_ACCESS_TOKEN": other[0],
        f"{drift.PREFIX}OTHER_ACCESS_TOKEN_SECRET": other[1],
        f"{drift.PREFIX}PACE": "0",
        **{f"{drift.PREFIX}{kind.upper()}_IDS": ", ".join(some) for kind, some in ids.items()},
    }
    return lambda emulator: {**known, f"{drift.PREFIX}URL": emulator.base_url}


def stated(cases: tuple[Case, ...]) -> list[Case]:
    """Return the cases that are no part of a matrix."""
    return [case for case in cases if not case.expanded]


def test_no_drift(
    cases: tuple[Case, ...], conformance_world: World, environ: Callable[[Emulator], dict[str, str]]
) -> None:
    """An emulator in real time agrees with every case that can run there."""
    with Emulator(conformance_world, WorldClock()) as emulator:
        place = drift.place_from(environ(emulator))
        verdicts = list(drift.run(place, stated(cases)))
    assert [(v.case.id, v.texts) for v in verdicts if v.outcome == "differs"] == []
    reasons = {v.texts[0] for v in verdicts if v.outcome == "not run"}
    assert {why for why in reasons if "switch" not in why} == set(drift.WHY_NOT.values())
    assert sum(v.outcome == "agrees" for v in verdicts) > 250


def test_drift_is_reported(
    cases: tuple[Case, ...], conformance_world: World, environ: Callable[[Emulator], dict[str, str]]
) -> None:
    """What differs stands in the report with its deviation, the documented apart from the rest."""
    switched = Settings(leaves="numbers", all_unavailable="listed")
    chosen = [case for case in stated(cases) if case.id.startswith(("shapes/", "partial/"))]
    with Emulator(conformance_world, WorldClock(), switched) as emulator:
        place = drift.place_from(environ(emulator))
        verdicts = list(drift.run(place, chosen))
    text = drift.report(place, verdicts)
    documented, _, assumed = text.partition("Assumed facts")
    assert "  differs  shapes/by-tweet-and-metric-the-counts-stand-under-the-tweet" in documented
    assert "instead of a count as text" in documented
    assert "  differs  partial/a-request-for-one-unavailable-tweet-alone" in assumed
    assert "status 200 instead of 400" in assumed
    assert "  not run  shapes/one-hour-is-one-bucket: its moments are those" in documented
    for secret in (place.keys.consumer_secret, place.keys.bearer, *place.keys.tokens["user"]):
        assert secret not in text


def test_unknown_facts_are_not_run(cases: tuple[Case, ...], conformance_world: World) -> None:
    """Without ids and keys nothing is sent, and the report says what is missing."""
    with Emulator(conformance_world) as emulator:
        place = drift.Place(emulator.base_url, Keys(bearer="x"), {"own": ["20"]}, pace=0)
        chosen = [case for case in cases if case.id.startswith("ids/")]
        verdicts = list(drift.run(place, chosen))
        assert emulator.requests_served == 0
    reasons = {verdict.texts[0] for verdict in verdicts}
    assert "needs 2 of the ids 'own', there are 1" in reasons
    assert "needs consumer key and secret" in reasons
    assert {verdict.outcome for verdict in verdicts} == {"not run"}


def test_a_dead_host_is_left_alone(cases: tuple[Case, ...]) -> None:
    """A host that does not answer is asked three times, not hundreds of times."""
    place = drift.Place("http://127.0.0.1:9/insights/engagement", ids={"own": ["20", "21"]}, pace=0)
    chosen = [case for case in cases if case.ask.get("credential") in ("none", "basic", "garbage")]
    verdicts = list(drift.run(place, [case for case in chosen if not drift._why_not(case)]))
    assert [v.texts[0] for v in verdicts[:3]] == ["no answer: ConnectionError"] * 3
    assert {v.texts[0] for v in verdicts[3:]} <= {"the host no longer answers"}


def test_waits_after_429(
    cases: tuple[Case, ...], conformance_world: World, environ: Callable[[Emulator], dict[str, str]]
) -> None:
    """A budget that is used up is waited for, at most a minute, and the case sent once more."""
    waited: list[float] = []
    case = next(case for case in cases if case.id == "ids/one-tweet-is-enough")
    with Emulator(conformance_world, WorldClock(), Settings(per_minute=1)) as emulator:
        place = drift.place_from(environ(emulator))
        verdicts = list(drift.run(place, [case, case], sleep=waited.append))
    assert verdicts[0].outcome == "agrees"
    assert any(1 <= seconds <= 60 for seconds in waited)


def test_as_a_program(
    conformance_world: World, environ: Callable[[Emulator], dict[str, str]]
) -> None:
    """The program prints the report and fails where something documented differs."""
    command = [sys.executable, str(Path(drift.__file__)), "metrics/the-five"]
    with (
        Emulator(conformance_world) as good,
        Emulator(conformance_world, settings=Settings(app="not_enabled")) as bad,
    ):
        done = [
            subprocess.run(
                command,
                env={**os.environ, **environ(one)},
                capture_output=True,
                text=True,
                check=False,
            )
            for one in (good, bad)
        ]
    assert [one.returncode for one in done] == [0, 1]
    assert "documented: 1 agree, 0 differ, 0 not run" in done[0].stdout
    assert "documented: 0 agree, 1 differ, 0 not run" in done[1].stdout
    assert [one.stderr for one in done] == ["", ""]


def test_needs_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a URL the program says which variable is missing."""
    assert drift.main([], {}) == 2
    assert "ENGAGEMENT_KIT_CONFORMANCE_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nosuch"], "no case has 'nosuch' in its id"), (["metrics/"], "no case could be run")],
)
def test_nothing_checked_is_no_success(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """A misspelt choice and a host that is down end with 2, so that nobody takes it for green."""
    nobody = {f"{drift.PREFIX}URL": "http://127.0.0.1:1/insights/engagement"}
    assert drift.main(arguments, {**nobody, f"{drift.PREFIX}PACE": "0"}) == 2
    assert said in capsys.readouterr().err


@pytest.mark.skipif(f"{drift.PREFIX}URL" not in ENVIRONMENT, reason="no other host is named")
def test_the_named_host(cases: tuple[Case, ...]) -> None:
    """The host that the environment names agrees with all that is documented."""
    place = drift.place_from(ENVIRONMENT)
    verdicts = list(drift.run(place, cases))
    sys.stdout.write(drift.report(place, verdicts) + "\n")
    differ = [v for v in verdicts if v.outcome == "differs" and v.case.certain == "documented"]
    assert [(v.case.id, v.texts) for v in differ] == []
