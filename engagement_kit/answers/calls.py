"""Notes of a session's calls, written as they are made: what is known of one that was killed.

Layout::

    STORE/runs/RUN/SESSION.calls     the plan, then a line as a call leaves, and one as it ended

A session that comes to its end writes down what it took; one that is killed can't. The line of a
call is there before the call leaves, and it outlives the process, though not a power cut. So a
killed session made no more calls than there are lines, and no fewer than ended.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engagement_kit.answers.files import add_line

SUFFIX: Final = ".calls"
_LIMITED: Final = 429


@dataclass(frozen=True)
class Noted:
    """What is noted of a session's calls.

    Attributes
    ----------
    plan
        The digest of the plan by which `places` count.
    by_account
        Calls by whose keys signed; the name of app-only calls is empty.
    retries
        Those that were tries again.
    limited
        Those that were answered with 429, the rate limit.
    under_way
        Those that did not end so far: of a killed session it is not known whether they left.
    places
        Requests of the plan that were asked, by their place in it.
    """

    plan: str
    by_account: tuple[tuple[str, int], ...] = ()
    retries: int = 0
    limited: int = 0
    under_way: int = 0
    places: frozenset[int] = frozenset()

    @property
    def sent(self) -> int:
        """How many calls were let out."""
        return sum(count for _, count in self.by_account)


class Calls:
    """Notes calls of one session. Its caller lets one thread at a time in.

    Parameters
    ----------
    path
        The file; its folder is made when need be.
    plan
        The digest of the plan.
    place
        Gives the place in the plan of what is taken as such-and-such; None: they are taken in its
        order.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "session.calls"
    >>> calls = Calls(path, "digest")
    >>> calls.leaves(0, "acme", again=False)
    >>> calls.leaves(1, "acme", again=False)
    >>> calls.ended(200)
    >>> found = read(path)
    >>> found.sent, found.under_way, sorted(found.places)
    (2, 1, [0, 1])
    """

    def __init__(self, path: Path, plan: str, place: Callable[[int], int] | None = None) -> None:
        self._path, self._place = path, place
        self._line("plan", plan)

    def leaves(self, number: int, account: str | None, *, again: bool) -> None:
        """Note a call that is about to leave.

        Raises
        ------
        StoreError
            When that can't be written; then the call is not to be made.
        """
        place = number if self._place is None else self._place(number)
        self._line("call", place, account or "", again)

    def ended(self, status: int) -> None:
        """Note that a call ended: with an HTTP status, or 0 where the connection broke."""
        self._line("end", status)

    def _line(self, *words: object) -> None:
        add_line(self._path, json.dumps(words).encode())


def read(path: Path) -> Noted | None:
    """Read the notes of a session; None where there are none.

    What can't be read, such as a line that was cut off, is passed by.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return None
    plan, retries, limited, ends = "", 0, 0, 0
    accounts: Counter[str] = Counter()
    places: set[int] = set()
    for line in lines:
        with suppress(ValueError, TypeError, LookupError):
            kind, *words = json.loads(line)
            if kind == "plan":
                plan = str(words[0])
            elif kind == "end":
                ends += 1
                limited += words[0] == _LIMITED
            elif kind == "call":
                place, account, again = words
                accounts[str(account)] += 1
                retries += bool(again)
                places.add(int(place))
    return Noted(
        plan=plan,
        by_account=tuple(sorted(accounts.items())),
        retries=retries,
        limited=limited,
        under_way=max(0, accounts.total() - ends),
        places=frozenset(places),
    )
