"""A client's refreshing: asking again for what can still change."""

from __future__ import annotations


class Refreshing:
    """A client's refreshing; see `engagement_kit.client.client.Client`."""
