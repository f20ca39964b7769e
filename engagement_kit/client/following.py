"""A client's following: snapshots of totals on a schedule."""

from __future__ import annotations


class Following:
    """A client's following; see `engagement_kit.client.client.Client`."""
