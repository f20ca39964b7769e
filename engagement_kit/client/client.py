"""The Client: asks, keeps, and hands out results. What it can do is told in a room for each."""

from __future__ import annotations

from engagement_kit.client.expiring import LookingAhead
from engagement_kit.client.following import Following
from engagement_kit.client.one_liners import OneLiners
from engagement_kit.client.purging import Purging
from engagement_kit.client.refreshing import Refreshing
from engagement_kit.client.trying import Trying


class Client(OneLiners, Refreshing, Following, Trying, Purging, LookingAhead):
    """A connection to the Engagement API, or to the emulator. Made by ``ek.connect``.

    Use it in a ``with`` block, or `close` it. By its own name it is there to annotate with; nobody
    calls it.

    Attributes
    ----------
    connection
        What the client stands on.
    threads
        How many requests are under way at once.
    per_minute
        The contract's rate; None to follow the API's headers alone.
    contracted, overage
        The contract's number of accounts a month, None where it is not given; and what a run does
        before it signs for more: ``warn`` or ``stop``.
    folder : Path or None
        Where raw answers are kept; None where they go with the client.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> def likes(client: ek.Client, ids: list[str]) -> int:
    ...     return int(client.totals(ids, ["favorites"], progress=False)["value"].sum())
    >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
    ...     likes(client, ek.sample_ids(client, 3)) > 0
    True
    """

    def __repr__(self) -> str:
        """Say to whom the client speaks, and which keys it found; never a key."""
        where, keys = self.connection.where, self.connection.credentials
        return f"Client({where.service!r}, account={keys.account!r}, keys: {keys.found_in})"
