from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.emulator.api import limits
from engagement_kit.emulator.api.openapi import description

BASE = limits.BASE_PATH
URL = "http://emulator.invalid"
# What an answer must be, whatever was asked.
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
LONGEST_S = 20.0  # far beyond any answer: a hang, not a slow machine
PATIENT = {
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def emulator(world: World, now: datetime) -> Emulator:
    """Make an emulator that believes any credentials, in process."""
    trusting = Settings(credentials="trusted")
    return Emulator(world, WorldClock(frozen=now), trusting, in_process=True)


@pytest.fixture(scope="module")
def session(emulator: Emulator) -> requests.Session:
    """Make a session that reaches it."""
    made = requests.Session()
    made.mount(URL, emulator.adapter())
    return made


@pytest.fixture(scope="module")
def operations(emulator: Emulator, session: requests.Session) -> dict[str, Any]:
    """Read the emulator's own description, as it serves it."""
    del emulator
    served = session.get(f"{URL}/emulator/openapi.json", timeout=5).json()
    schema = schemathesis.openapi.from_dict(served)
    return {name: schema[f"{BASE}/{name}"]["POST"] for name in limits.ENDPOINTS}


def test_description_has_the_limits() -> None:
    """The description names each endpoint with its metrics, levels and number of tweets."""
    for name in limits.ENDPOINTS:
        operation = description(BASE)["paths"][f"{BASE}/{name}"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
        assert schema["tweet_ids"]["maxItems"] == limits.MAX_TWEETS[name]
        assert schema["engagement_types"]["items"]["enum"] == list(limits.OFFERED[name])
        levels = schema["groupings"]["additionalProperties"]["properties"]["group_by"]
        assert (limits.DAY in levels["items"]["enum"]) == (name != "totals")
        assert ("start" in schema) == (name == "historical")


def ask_of(
    operations: dict[str, Any], session: requests.Session, ids: list[str], *, many: int
) -> int:
    """Ask `many` bodies of each endpoint and kind; return how many were answered with 200."""
    good = 0
    for operation in operations.values():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(max_examples=many, **PATIENT)
            @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
            def ask(case: Any, *, real: bool) -> None:
                nonlocal good
                if real and isinstance(case.body, dict) and "tweet_ids" in case.body:
                    case.body["tweet_ids"] = ids[:25]  # so that counts are reached
                case.headers = {"Accept-Encoding": "gzip"}
                began = time.monotonic()
                response = case.call(base_url=URL, session=session)
                assert time.monotonic() - began < LONGEST_S
                case.validate_response(response, checks=CHECKS)
                good += response.status_code == 200

            ask()
    return good


def test_bodies_of_the_description(
    operations: dict[str, Any], session: requests.Session, world: World, now: datetime
) -> None:
    """Bodies made from the description, lawful or not, get answers that fit it, and never a 500."""
    assert ask_of(operations, session, world.sample_ids("acme", 25, now), many=60) > 20


@pytest.mark.long
def test_ten_thousand_bodies_of_the_description(
    operations: dict[str, Any], session: requests.Session, world: World, now: datetime
) -> None:
    """The same for more than ten thousand of them."""
    assert ask_of(operations, session, world.sample_ids("acme", 25, now), many=2000) > 1000


def mutate(emulator: Emulator, ids: list[str], *, many: int) -> None:
    """Cut, double and overwrite the bytes of lawful bodies, and ask them."""
    lawful = [
        json.dumps(
            {
                "tweet_ids": ids[:size],
                "engagement_types": list(limits.OFFERED[name])[:size],
                "groupings": {"größer": {"group_by": levels}},
                "start": "2024-04-20T11:00:00Z",
                "end": "2024-04-29",
            }
        ).encode()
        for name, levels, size in (
            ("totals", ["tweet.id"], 1),
            ("28hr", ["engagement.type", "engagement.hour"], 2),
            ("historical", list(limits.FOUR_LEVEL_ORDERS[0]), 3),
        )
    ]

    @settings(max_examples=many, **PATIENT)
    @given(
        body=st.sampled_from(lawful),
        at=st.integers(0, 400),
        gone=st.integers(0, 60),
        put=st.binary(max_size=20) | st.sampled_from([b"null", b"{}", b"[]", b"1e9", b'"', b"-1"]),
        endpoint=st.sampled_from(limits.ENDPOINTS),
        coding=st.sampled_from(["", "gzip", "identity"]),
    )
    def ask(body: bytes, at: int, gone: int, put: bytes, endpoint: str, coding: str) -> None:  # noqa: PLR0917
        changed = body[:at] + put + body[at + gone :]
        headers = {"Host": "x", "Accept-Encoding": "gzip", "Content-Encoding": coding}
        began = time.monotonic()
        response = emulator.respond("POST", f"{BASE}/{endpoint}", headers, changed)
        assert time.monotonic() - began < LONGEST_S
        assert response.status in {200, 400}

    ask()


def test_broken_bodies(emulator: Emulator, world: World, now: datetime) -> None:
    """A lawful body with some bytes changed is answered or refused with 400."""
    mutate(emulator, world.sample_ids("acme", 3, now), many=300)


@pytest.mark.long
def test_ten_thousand_broken_bodies(emulator: Emulator, world: World, now: datetime) -> None:
    """The same for ten thousand of them."""
    mutate(emulator, world.sample_ids("acme", 3, now), many=10_000)


def test_the_checks_can_fail(
    operations: dict[str, Any], session: requests.Session, emulator: Emulator
) -> None:
    """A 500, and counts in a form that the description does not have, are found."""
    body = {
        "tweet_ids": emulator.world.sample_ids("acme", 2, emulator.clock.now()),
        "engagement_types": ["impressions"],
        "groupings": {"g": {"group_by": ["tweet.id"]}},
    }
    for kind, found in (("server_error", "Server error"), ("numbers", "schema")):
        number = emulator.faults.add(Fault(kind))  # type: ignore[arg-type]
        case = operations["28hr"].Case(body=body, media_type="application/json")
        case.headers = {"Accept-Encoding": "gzip"}
        response = case.call(base_url=URL, session=session)
        emulator.faults.remove(number)
        with pytest.raises(BaseExceptionGroup) as caught:
            case.validate_response(response, checks=CHECKS)
        assert found in str(caught.value.exceptions[0])
