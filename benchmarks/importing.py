"""What importing costs, beside ``import pandas``: processor time of fresh processes, paired.

Run it with ``make bench``. Each round runs every line once, in turn, so that what else the machine
does strikes all alike; all modules are compiled before, as an installer does it. A ratio is the
median over rounds of a line's time to that of ``import pandas`` in the same round. What an empty
Python takes is taken away from both.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

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


def seconds(code: str, compiled: str) -> float:
    """Give the processor time of a fresh process, user and system."""
    apart = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    apart["PYTHONPYCACHEPREFIX"] = compiled
    command = [sys.executable, "-c", code]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=apart, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure in turn, and print a table."""
    with tempfile.TemporaryDirectory() as compiled:
        for code in LINES.values():
            seconds(code, compiled)
        rounds = [
            {name: seconds(code, compiled) for name, code in LINES.items()} for _ in range(ROUNDS)
        ]
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
