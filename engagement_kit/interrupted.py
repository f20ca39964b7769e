"""What is said of Ctrl-C before anything was sent, be it while the command line is loaded."""

from __future__ import annotations

from typing import Final

STOPPED: Final = "Interrupted.\nNothing was sent. Give the same command again to go on."
