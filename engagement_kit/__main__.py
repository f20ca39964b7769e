"""``engagement-kit`` and ``python -m engagement_kit``: the command line, also while it is loaded.

Libraries are imported within `start`, so that Ctrl-C says the same then as it says later.
"""

from __future__ import annotations

import sys
from typing import Final

from engagement_kit.interrupted import STOPPED

_INTERRUPTED: Final = 130


def start() -> None:
    """Run the command line.

    Raises
    ------
    SystemExit
        With a code of `engagement_kit.cli.exits.Exit`.
    """
    try:
        from engagement_kit.cli import main
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{STOPPED}\n")
        sys.exit(_INTERRUPTED)
    main()


if __name__ == "__main__":
    start()
