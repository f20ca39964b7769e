"""The command ``demo``; what it does is in `engagement_kit.demo`."""

from __future__ import annotations

from engagement_kit.demo import demo

__all__ = ["demo"]
