"""How often to try, and how long to rest after a fault. Pure: chance is an argument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How often and how long to try one request.

    Attributes
    ----------
    attempts
        Tries in all that may end in a fault: 5xx, a broken body, no answer.
    attempts_of_half
        The same for a half of a batch that failed: it is asked only to find the culprit.
    attempts_at_limit
        Tries that may meet the rate limit. Each waits for its reset, so these are many: others
        may draw on the same limit.
    first_rest, longest_rest
        Seconds after the first fault, doubled each time, and the bound.
    """

    attempts: int = 5
    attempts_of_half: int = 2
    attempts_at_limit: int = 20
    first_rest: float = 1.0
    longest_rest: float = 30.0

    def backoff(self, faults: int, chance: float) -> float:
        """Say how many seconds to rest after so many faults.

        Parameters
        ----------
        faults
            Faults so far; where none counts, as for the first.
        chance
            A number in [0, 1): spreads retries so that many clients don't come back at once.

        Examples
        --------
        >>> Patience().backoff(3, chance=0.5)
        3.0
        """
        rest = min(self.longest_rest, self.first_rest * 2.0 ** max(0, faults - 1))
        return rest * (0.5 + chance / 2)
