from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engagement_kit.emulator import Fault
from engagement_kit.emulator.service.faults import KINDS, Faults

NO_IDS: frozenset[str] = frozenset()


def struck(fault: Fault, many: int) -> list[int]:
    """Return which of many requests a fault strikes, counted from 1."""
    faults = Faults([fault])
    return [number for number in range(1, many + 1) if faults.strike("totals", NO_IDS)]


def test_every_request() -> None:
    """A fault without conditions strikes every request."""
    assert struck(Fault("slow"), 3) == [1, 2, 3]


def test_nth() -> None:
    """A fault strikes the n-th request alone, or several of them."""
    assert struck(Fault("slow", nth=3), 9) == [3]
    assert struck(Fault("slow", nth=(7, 2)), 9) == [2, 7]


def test_rate_is_reproducible() -> None:
    """A rate strikes about that share, and the same requests in each run."""
    first, second = (struck(Fault("slow", rate=0.3), 1000) for _ in range(2))
    assert first == second
    assert 250 < len(first) < 350
    assert struck(Fault("reset", rate=0.3), 1000) != first
    assert struck(Fault("slow", rate=1), 5) == [1, 2, 3, 4, 5]


def test_times() -> None:
    """A fault strikes so often at most, together with any other condition."""
    assert struck(Fault("slow", times=2), 9) == [1, 2]
    assert struck(Fault("slow", nth=(2, 4, 6), times=2), 9) == [2, 4]


def test_one_tweet() -> None:
    """A fault for a tweet meets only requests that ask for it, and counts those alone."""
    faults = Faults([Fault("slow", tweet_id="20", nth=2)])
    asked = [{"20"}, {"21"}, set(), {"20", "21"}, {"20"}]
    assert [bool(faults.strike("28hr", frozenset(ids))) for ids in asked] == [
        *(False, False, False, True, False),
    ]


def test_one_endpoint() -> None:
    """A fault for an endpoint leaves the others alone."""
    faults = Faults([Fault("slow", endpoint="28hr")])
    endpoints = ("totals", "28hr", "historical")
    assert [bool(faults.strike(one, NO_IDS)) for one in endpoints] == [False, True, False]


def test_several_strike_in_order() -> None:
    """Faults strike together, in the order in which they were added."""
    faults = Faults([Fault("slow"), Fault("reset", nth=2)])
    faults.add(Fault("numbers"))
    assert [one.kind for one in faults.strike("totals", NO_IDS)] == ["slow", "numbers"]
    assert [one.kind for one in faults.strike("totals", NO_IDS)] == ["slow", "reset", "numbers"]


def test_listed() -> None:
    """The list tells number, what was given, and how often each fault met and struck."""
    faults = Faults([Fault("slow", nth=2, seconds=0), Fault("reset", endpoint="28hr")])
    for _ in range(3):
        faults.strike("totals", NO_IDS)
    assert json.loads(json.dumps(faults.listed())) == [
        {"number": 1, "kind": "slow", "nth": [2], "seconds": 0, "met": 3, "struck": 1},
        {"number": 2, "kind": "reset", "endpoint": "28hr", "seconds": 1, "met": 0, "struck": 0},
    ]


def test_remove_and_clear() -> None:
    """A fault is taken away by its number, once; numbers are not used again."""
    faults = Faults([Fault("slow"), Fault("reset")])
    assert [faults.remove(number) for number in (1, 1, 9)] == [True, False, False]
    assert len(faults) == 1
    faults.clear()
    assert (len(faults), faults.strike("totals", NO_IDS)) == (0, ())
    assert faults.add(Fault("slow")) == 3


def test_begin() -> None:
    """Beginning again has the given faults alone, uncounted and numbered from 1."""
    faults = Faults([Fault("slow"), Fault("reset")])
    faults.strike("totals", NO_IDS)
    faults.begin([Fault("hang")])
    (only,) = faults.listed()
    assert (only["number"], only["kind"], only["met"]) == (1, "hang", 0)
    assert faults.add(Fault("slow")) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "flood"},
        {"kind": ["slow"]},
        {"nth": 0},
        {"nth": True},
        {"nth": [1, "2"]},
        {"nth": "3"},
        {"nth": None},
        {"rate": 0},
        {"rate": 1.1},
        {"rate": True},
        {"rate": float("nan")},
        {"tweet_id": 20},
        {"tweet_id": "x"},
        {"tweet_id": "\u0662"},
        {"tweet_id": "020"},
        {"tweet_id": "9" * 20},
        {"endpoint": "7days"},
        {"endpoint": ["totals"]},
        {"times": 0},
        {"times": 1.5},
        {"seconds": -1},
        {"seconds": 3601},
        {"seconds": float("inf")},
        {"seconds": "1"},
        {"seconds": None},
    ],
)
def test_wrong_values(wrong: dict[str, Any]) -> None:
    """A wrong value is refused with its name and what is allowed."""
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))} is .*; allowed: "):
        Fault.from_dict({"kind": "slow", **wrong})


def test_all_wrong_values_are_named() -> None:
    """Several wrong values are named at once."""
    with pytest.raises(ValueError, match=r"(?s)rate is 2;.*times is 0;"):
        Fault("slow", rate=2, times=0)


def test_from_dict() -> None:
    """The members of a JSON object make a fault; unknown and missing ones are refused."""
    assert Fault.from_dict({"kind": "slow", "nth": [1, 2]}) == Fault("slow", nth=(1, 2))
    with pytest.raises(ValueError, match=r"unknown members \['often'\]; a fault has: kind, nth"):
        Fault.from_dict({"kind": "slow", "often": 3})
    with pytest.raises(ValueError, match="kind is missing"):
        Fault.from_dict({})


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    """Every kind can be put in force by its name, and is explained."""
    assert Fault.from_dict({"kind": kind}).kind == kind
    assert f'"{kind}"' in (Fault.__doc__ or "")


def test_threads() -> None:
    """Faults added and met by eight threads are all counted."""
    faults = Faults([Fault("slow", times=500)])

    def work(_: int) -> tuple[int, int]:
        number = faults.add(Fault("reset", endpoint="28hr"))
        return number, sum(len(faults.strike("totals", NO_IDS)) for _ in range(100))

    with ThreadPoolExecutor(8) as pool:
        numbers, strikes = zip(*pool.map(work, range(80)), strict=True)
    assert sorted(numbers) == list(range(2, 82))
    assert sum(strikes) == 500
    first = faults.listed()[0]
    assert (first["met"], first["struck"]) == (8000, 500)
