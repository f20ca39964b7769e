"""What importing costs, beside ``import pandas``: processor time of fresh processes, paired.

Run it with ``make bench``. Each round runs every line once, in turn, so that what else the machine
does strikes all alike; a ratio is the median over rounds of a line's time to that of
``import pandas`` in the same round. What an empty Python takes is taken away from both.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 15
RIVAL = "import pandas"
LINES = {
    "nothing": "pass",
    RIVAL: RIVAL,
    "`import engagement_kit`": "import engagement_kit",
    "… and the first `ek.Query`": "import engagement_kit as ek; ek.Query",
    "… and the first `ek.plan`": "import engagement_kit as ek; ek.plan",
    "… and the first `ek.connect`": "import engagement_kit as ek; ek.connect",
    '… and `ek.connect("emulator")`': "import engagement_kit as ek; ek.connect('emulator')",
    "`engagement-kit --help`": "import sys; sys.argv[1:] = ['--help']\n"
    "import runpy; runpy.run_module('engagement_kit.cli', run_name='__main__')",
}


def seconds(code: str) -> float:
    """Give the processor time of a fresh process, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure in turn, and print a table."""
    for code in LINES.values():
        seconds(code)  # compiled files and the disk's cache are there for all
    rounds = [{name: seconds(code) for name, code in LINES.items()} for _ in range(ROUNDS)]
    print("| line | ratio to `import pandas` | ms |\n| --- | --- | --- |")
    for name in LINES:
        if name in {"nothing", RIVAL}:
            continue
        pairs = [(one[name] - one["nothing"], one[RIVAL] - one["nothing"]) for one in rounds]
        ratio = statistics.median(mine / rival for mine, rival in pairs)
        ms = statistics.median(mine for mine, _ in pairs) * 1000
        print(f"| {name} | {ratio:.2f} | {ms:.0f} |")


if __name__ == "__main__":
    main()
