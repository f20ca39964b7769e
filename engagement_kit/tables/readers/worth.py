"""When it is worth a second to load the compiled reader: only where much is read."""

from __future__ import annotations

from typing import Final

ENOUGH: Final = 100_000_000
"""Bytes of answers.

To load numba, and what it compiled before, takes about a second; each megabyte is then read about
10 ms faster. So many bytes give the second back, and nobody waits more than twice as long as with
the better of the two readers.
"""


class Worth:
    """Counts what a process reads, and says when a reader that is slow to load is worth it.

    Parameters
    ----------
    enough
        From how many bytes on.

    Examples
    --------
    >>> worth = Worth(enough=10)
    >>> [worth.it(size) for size in (4, 5, 1, 1)]
    [False, False, True, True]
    """

    def __init__(self, enough: int = ENOUGH) -> None:
        self._left = enough

    def it(self, size: int) -> bool:
        """Count one body of so many bytes, and say whether it is worth it now."""
        self._left -= size
        return self._left <= 0
