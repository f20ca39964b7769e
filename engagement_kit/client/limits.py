"""What a client keeps to whatever it asks: a run's record has it, for who goes on with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What a client keeps to, as it was given to ``ek.connect``.

    Attributes
    ----------
    threads
        How many requests are under way at once.
    per_minute
        The contract's rate; None to follow the API's headers alone.
    contracted, overage
        The contract's number of accounts a month, None where it is not given; and what a run does
        before it signs for more: ``warn`` or ``stop``.
    """

    threads: int = 4
    per_minute: float | None = None
    contracted: int | None = None
    overage: str = "warn"

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data; `of_record` reads it.

        Examples
        --------
        >>> Limits(per_minute=30.0).to_dict()
        {'threads': 4, 'per_minute': 30.0, 'contracted': None, 'overage': 'warn'}
        """
        return asdict(self)

    @classmethod
    def of_record(cls, record: object) -> Limits | None:
        """Read what `to_dict` wrote; None where there is nothing: older kits wrote down no limits.

        Whether a value can be one is for ``ek.connect`` to say; what another kit added is passed
        over.

        Examples
        --------
        >>> Limits.of_record({"threads": 2, "of_another_kit": True})
        Limits(threads=2, per_minute=None, contracted=None, overage='warn')
        >>> Limits.of_record(None) is None
        True
        """
        if not isinstance(record, Mapping):
            return None
        return cls(**{one.name: record[one.name] for one in fields(cls) if one.name in record})
