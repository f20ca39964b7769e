from __future__ import annotations

from datetime import UTC, datetime

from asking import Keys, ask_in_process
from cases import Case, Facts
from filling import fill
from judging import judge

from engagement_kit.emulator import Settings, World, WorldClock
from engagement_kit.emulator.service.service import Service

REAL = 1_714_566_896.0


def test_conforms(case: Case, facts: Facts, keys: Keys, conformance_world: World) -> None:
    """The service without a socket answers as the documents say."""
    settings = Settings(**case.settings)
    clock = WorldClock(frozen=facts.now)
    service = Service(conformance_world, clock, settings, real_time=lambda: REAL)
    filled = fill(case, facts)
    answer = ask_in_process(service.respond, filled.ask, keys, REAL)
    assert judge(filled, answer) == []


def test_real_time_is_the_frozen_moment(facts: Facts) -> None:
    """Both clocks of the service tell one moment, so that no case depends on their difference."""
    assert datetime.fromtimestamp(REAL, UTC) == facts.now
