"""Faults on demand: which request goes wrong, and how; nothing is sent and nothing sleeps here."""

from __future__ import annotations

import itertools
import re
import reprlib
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, Self

from engagement_kit.emulator.api.limits import ENDPOINTS, Endpoint
from engagement_kit.emulator.world.chance import key_of, uniform

Kind = Literal[
    "rate_limited",
    "server_error",
    "bad_gateway",
    "unavailable",
    "slow",
    "hang",
    "cut_gzip",
    "cut_body",
    "reset",
    "numbers",
    "sparse",
    "extra_keys",
    "new_metric",
    "shuffled",
]
MEANINGS: Final[dict[Kind, str]] = {
    "rate_limited": "429, as if the minute's budget were used up",
    "server_error": "500",
    "bad_gateway": "502 with an HTML body, as from a proxy",
    "unavailable": "503 with a plain text",
    "slow": "the whole answer, but `seconds` later",
    "hang": "nothing for `seconds`, then the connection is closed",
    "cut_gzip": "the first half of the body's bytes, announced as if they were all",
    "cut_body": "half of the announced bytes, then the connection is closed",
    "reset": "the connection is reset before a byte of the answer",
    "numbers": "counts as JSON numbers",
    "sparse": "zeros left out",
    "extra_keys": "a list and an object at the root that no document knows",
    "new_metric": "a metric that nobody asked for",
    "shuffled": "the keys of all objects in another order",
}
KINDS: Final[tuple[str, ...]] = tuple(MEANINGS)
STATUSES: Final[dict[str, int]] = {
    "rate_limited": 429,
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable": 503,
}
MAX_SECONDS: Final = 3600.0
_ID: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and for which requests.

    All conditions given must hold. A fault with none strikes every request that was authenticated
    and is within the rate limit.

    Parameters
    ----------
    kind : str
        What happens: "rate_limited" (429), "server_error" (500), "bad_gateway" (502 in HTML),
        "unavailable" (503 in plain text); "slow" (the answer, `seconds` later), "hang" (nothing
        for `seconds`, then closed), "cut_gzip" (half of the bytes, announced as all), "cut_body"
        (half of the announced bytes, then closed), "reset" (the connection, before a byte);
        "numbers" (counts as JSON numbers), "sparse" (zeros left out), "extra_keys" (unknown ones
        at the root), "new_metric" (one that nobody asked for), "shuffled" (keys in another order).
    nth : int or tuple of int
        Strike only these of the requests that the fault meets, counted from 1.
    rate : float, optional
        Strike this share of them, from above 0 to 1; the same ones in each run.
    tweet_id : str, optional
        Meet only requests that ask for this tweet.
    endpoint : {"totals", "28hr", "historical"}, optional
        Meet only requests to this endpoint.
    times : int, optional
        Strike so often at most.
    seconds : float
        How long "slow" and "hang" take, at most an hour.

    Raises
    ------
    ValueError
        If a value is not one of the allowed ones.

    Examples
    --------
    >>> Fault("server_error", nth=3).nth
    (3,)
    """

    kind: Kind
    nth: tuple[int, ...] | int = ()
    rate: float | None = None
    tweet_id: str | None = None
    endpoint: Endpoint | None = None
    times: int | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        nth: Any = self.nth
        if isinstance(nth, int | list):  # one number, or what JSON has for a tuple
            object.__setattr__(self, "nth", tuple(nth) if isinstance(nth, list) else (nth,))
        wrong = [
            f"{name} is {reprlib.repr(getattr(self, name))}; allowed: {allowed}"
            for name, (holds, allowed) in self._rules().items()
            if not holds
        ]
        if wrong:
            raise ValueError(". ".join(wrong) + ".")

    def _rules(self) -> dict[str, tuple[bool, str]]:
        """Return for each parameter whether it is allowed, and what is."""
        nth: Any = self.nth
        rate: Any = self.rate
        times: Any = self.times
        tweet_id: Any = self.tweet_id
        whole = isinstance(nth, tuple) and all(_is_count(one) for one in nth)
        a_rate = rate is None or (_is_number(rate) and 0 < rate <= 1)
        an_id = tweet_id is None or (isinstance(tweet_id, str) and bool(_ID.fullmatch(tweet_id)))
        seconds = _is_number(self.seconds) and 0 <= self.seconds <= MAX_SECONDS
        return {
            "kind": (self.kind in KINDS, ", ".join(KINDS)),
            "nth": (whole, "whole numbers from 1"),
            "rate": (a_rate, "a number above 0 and up to 1, or None"),
            "tweet_id": (an_id, "digits as text, as an answer writes them, or None"),
            "endpoint": (self.endpoint in (None, *ENDPOINTS), f"{', '.join(ENDPOINTS)}, or None"),
            "times": (times is None or _is_count(times), "a whole number from 1, or None"),
            "seconds": (seconds, f"a number from 0 to {MAX_SECONDS:.0f}"),
        }

    @classmethod
    def from_dict(cls, members: dict[str, Any]) -> Self:
        """Make a fault of the members of a JSON object.

        Parameters
        ----------
        members
            By the names of this class's members.

        Returns
        -------
        Fault
            Checked.

        Raises
        ------
        ValueError
            If a member is unknown, missing or wrong.
        """
        known = [field.name for field in fields(cls)]
        unknown = [name for name in members if name not in known]
        if unknown or "kind" not in members:
            problem = f"unknown members {unknown}" if unknown else "kind is missing"
            raise ValueError(f"{problem}; a fault has: {', '.join(known)}.")
        return cls(**members)

    def meets(self, endpoint: str, tweet_ids: frozenset[str]) -> bool:
        """Tell whether a request is of those that the fault is about."""
        return self.endpoint in (None, endpoint) and (
            self.tweet_id is None or self.tweet_id in tweet_ids
        )

    def strikes(self, meeting: int, struck: int) -> bool:
        """Tell whether it strikes at its `meeting`-th request, having struck `struck` times."""
        if self.times is not None and struck >= self.times:
            return False
        assert isinstance(self.nth, tuple)
        if self.nth and meeting not in self.nth:
            return False
        # Drawn from the fault itself and the count, so that each run has the same outcome.
        return self.rate is None or self._draw(meeting) < self.rate

    def _draw(self, meeting: int) -> float:
        """Draw in [0, 1) for one meeting."""
        about = self.kind, self.rate, self.tweet_id, self.endpoint
        return float(uniform(key_of("fault", *about, meeting))[0])


@dataclass
class Standing:
    """A fault in force: its number, how many requests it met and how many it struck."""

    number: int
    fault: Fault
    met: int = 0
    struck: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        given = {
            name: value for name, value in asdict(self.fault).items() if value not in (None, ())
        }
        return {"number": self.number, **given, "met": self.met, "struck": self.struck}


class Faults:
    """The faults in force, in the order in which they were added; safe to use from threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self.begin(faults)

    def begin(self, faults: Iterable[Fault]) -> None:
        """Have only these faults in force, numbered from 1, as if nothing had been before."""
        standing = {number: Standing(number, fault) for number, fault in enumerate(faults, 1)}
        with self._lock:
            self._standing = standing
            self._numbers = itertools.count(len(standing) + 1)

    def add(self, fault: Fault) -> int:
        """Put a fault in force; return its number.

        Parameters
        ----------
        fault
            What shall go wrong, and when.

        Returns
        -------
        int
            The number by which `remove` takes it away.
        """
        with self._lock:
            number = next(self._numbers)
            self._standing[number] = Standing(number, fault)
        return number

    def remove(self, number: int) -> bool:
        """Take a fault away; tell whether it was there.

        Parameters
        ----------
        number
            As `add` gave it.

        Returns
        -------
        bool
            False where there is no such fault.
        """
        with self._lock:
            return self._standing.pop(number, None) is not None

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._standing.clear()

    def strike(self, endpoint: str, tweet_ids: frozenset[str]) -> tuple[Fault, ...]:
        """Count one request, and return the faults that strike it."""
        struck = []
        with self._lock:
            for standing in self._standing.values():
                if not standing.fault.meets(endpoint, tweet_ids):
                    continue
                standing.met += 1
                if standing.fault.strikes(standing.met, standing.struck):
                    standing.struck += 1
                    struck.append(standing.fault)
        return tuple(struck)

    def listed(self) -> list[dict[str, Any]]:
        """Return all faults with what they did so far, as JSON can hold them."""
        with self._lock:
            return [one.to_dict() for one in self._standing.values()]

    def __len__(self) -> int:
        return len(self._standing)


def _is_count(value: object) -> bool:
    """Tell whether a value is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: object) -> bool:
    """Tell whether a value is a number that has an order."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 -- NaN
