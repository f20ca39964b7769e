"""A line of the log: a request that was served, and what was decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """One served request and what was decided, without secrets.

    Attributes
    ----------
    number : int
        Counted from 1 since the start or the last reset.
    at : float
        Real time in Unix seconds.
    world_time : str
        The world's time, as the wire writes it.
    method, path : str
        As asked, without the query; at most 200 characters.
    endpoint : str
        As in "totals"; empty for unknown paths.
    credential : str
        "user", "app", "anyone" (nothing was verified), or empty where authentication was not
        reached or failed.
    account : str
        Empty unless the credential is a user's.
    tweets : int
        Different tweets asked.
    status : int
        HTTP status.
    reason : str
        "answered", or the texts of the refusal without what was signed; and what faults did.
    faults : tuple of str
        The kinds of the faults that struck.
    size : int
        Bytes of the body that leave; 0 where a fault keeps the answer back.
    took_ms : float
        How long the answer took to make, in milliseconds of real time.
    delay_s : float
        What a fault makes the caller wait on top, in seconds.
    app : str
        The name of the app whose keys were used; empty where authentication was not reached or
        failed.
    """

    number: int
    at: float
    world_time: str
    method: str
    path: str
    endpoint: str
    credential: str
    account: str
    tweets: int
    status: int
    reason: str
    faults: tuple[str, ...]
    size: int
    took_ms: float
    delay_s: float
    app: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)
