"""Ids of an emulator's tweets, for trying things out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from engagement_kit.errors import EngagementError, QueryError
from engagement_kit.question.spelling import no_such

if TYPE_CHECKING:
    from engagement_kit.client.standing import Standing

Kind = Literal["own", "foreign", "unavailable", "protected", "very_old"]


def sample_ids(client: Standing, n: int, *, kind: Kind = "own") -> list[str]:
    """Give ids of the emulator's tweets that make sense at the client's clock.

    Parameters
    ----------
    client
        Of ``ek.connect("emulator")``, or of an emulator that another process runs.
    n
        How many.
    kind
        ``own`` tweets of the client's account (the default), or for trying out what goes wrong:
        ``foreign``, ``unavailable``, ``protected`` or ``very_old`` ones.

    Returns
    -------
    list of str
        Newest first; fewer than `n` where the world has no more.

    Raises
    ------
    EngagementError
        On the live API: it has no list of your tweets.
    QueryError
        For a kind that there is not.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
    ...     len(ek.sample_ids(client, 5))
    5
    """
    if kind not in get_args(Kind):
        raise QueryError((no_such("kind", kind, get_args(Kind)),))
    elsewhere = client.connection.elsewhere
    if elsewhere is not None:
        return elsewhere.sample_ids(client.account, n, kind)
    if client.emulator is None:
        msg = (
            "the live API gives no list of tweets; take ids from your archive, export or search. "
            'ek.connect("emulator") has samples.'
        )
        raise EngagementError(msg)
    world = client.emulator.world
    return world.sample_ids(client.account, n, before=client.now(), kind=kind)


def sample_of(client: Standing) -> str:
    """Give the id of an emulator's tweet to try; empty text where there is no list of them."""
    if client.source == "live":
        return ""
    try:
        return next(iter(sample_ids(client, 1)), "")
    except EngagementError:  # an emulator elsewhere that knows no such account
        return ""
