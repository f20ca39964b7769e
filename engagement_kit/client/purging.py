"""A client's purging: forgetting tweets, in every file that the kit wrote."""

from __future__ import annotations


class Purging:
    """A client's purging; see `engagement_kit.client.client.Client`."""
