"""A length that is given in another way than by name is refused in words, with the way to do it."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest

import engagement_kit as ek

QueryError = ek.errors.QueryError


@pytest.mark.parametrize("kind", ["last", "first"])
@pytest.mark.parametrize(
    ("given", "shown", "hint"),
    [
        ("60d", "'60d'", "days=60"),
        ("36 hours", "'36 hours'", "hours=36"),
        ("2w", "'2w'", "days=14"),
        (28, "28", "days=28"),
        (timedelta(days=7), "datetime.timedelta(days=7)", "days=7"),
        (timedelta(hours=30), "datetime.timedelta(seconds=108000)", "hours=30"),
    ],
)
def test_a_length_without_a_name(kind: str, given: Any, shown: str, hint: str) -> None:
    """The error shows what was given, what is allowed, and how the same is given rightly."""
    with pytest.raises(QueryError) as caught:
        getattr(ek, kind)(given)
    (problem,) = caught.value.problems
    assert shown.startswith("datetime") or problem.value == f"{kind}({shown})"
    assert problem.field == "period"
    assert "allowed: days= and hours=" in problem.why
    assert problem.hint == f"Did you mean ek.{kind}({hint})?"


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ({"weeks": 2}, "Did you mean ek.last(days=14)?"),
        ({"day": 3}, "Did you mean ek.last(days=3)?"),
        ({"minutes": 90}, "Example: ek.last(days=7)."),
        ({"days": 1, "weeks": 2}, "Example: ek.last(days=7)."),
        ({"weeks": -2}, "Example: ek.last(days=7)."),
    ],
)
def test_a_length_by_another_name(named: dict[str, Any], hint: str) -> None:
    """Weeks are days; of what can't be counted in hours an example is given."""
    with pytest.raises(QueryError) as caught:
        ek.last(**named)
    assert caught.value.problems[0].hint == hint
    assert all(name in caught.value.problems[0].value for name in named)


@pytest.mark.parametrize(
    "given",
    [("a month",), (None,), (1.5,), (True,), (timedelta(minutes=90),), ("60d", "now"), (7, 7)],
)
def test_what_is_meant_may_not_be_clear(given: tuple[Any, ...]) -> None:
    """Then there is an example."""
    with pytest.raises(QueryError, match=r"Example: ek\.first\(days=7\)\."):
        ek.first(*given)


def test_no_error_is_as_long_as_what_was_given() -> None:
    """Whoever passes a whole column by mistake does not read it in the error."""
    with pytest.raises(QueryError) as caught:
        ek.last(list(range(10_000)))  # type: ignore[call-arg]
    assert caught.value.problems[0].value == "last(...)"


@pytest.mark.parametrize("make", [ek.last, ek.first])
def test_tools_see_the_signature(make: Any) -> None:
    """An editor shows days and hours, by name, and nothing else."""
    parameters = inspect.signature(make).parameters
    assert list(parameters) == ["days", "hours"]
    assert {one.kind for one in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}


def test_a_length_in_the_place_of_a_moment_or_a_period() -> None:
    """Both say what is allowed there, and how a length is given."""
    with pytest.raises(QueryError) as caught:
        ek.between("60d", "now")
    first, second = caught.value.problems
    assert "'60d' is no moment; a time is written as 2026-01-01 or 2026-01-01T12:00Z" in first.why
    assert first.hint == "The time up to now is ek.last(days=60)."
    assert ("'now' is no moment; a time is written as" in second.why, second.hint) == (True, "")
    with pytest.raises(QueryError) as caught:
        ek.Query("historical", ["20"], period="28d")  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert problem.hint == "The time up to now is ek.last(days=28)."
