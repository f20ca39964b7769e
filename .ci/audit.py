"""Known faults, licences and age of all that the kit may install; run by ``make audit``.

Three questions. Is a fault known of a version that would be installed today? Is each licence one
of those that pyproject.toml allows? Did each library that is named there, or needed to run, have a
release in the last two years, or is it listed there as quiet, and explained in CONTRIBUTING.md? It
ends with 1 where one of them is not a yes, or could not be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sysconfig.get_path("scripts"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
QUIET = set(SETTINGS["tool"]["engagement-kit"]["quiet"])
LONG_AGO = timedelta(days=2 * 365)


def run(*command: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, and give what it printed."""
    return subprocess.run(
        [str(one) for one in command],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def versions(*what: str | Path, given: str | None = None) -> list[str] | None:
    """Give the versions that would be installed, as ``name==version``; None if there are none."""
    shape = "--quiet", "--no-header", "--no-annotate", "--python-version=3.11"
    done = run(BIN / "uv", "pip", "compile", *shape, *what, given=given)
    if done.returncode:
        return None
    return sorted(line.split(" ")[0] for line in done.stdout.splitlines() if "==" in line)


def wanted(*what: str) -> list[str]:
    """Give the versions of what pyproject.toml asks for."""
    found = versions(*what, "pyproject.toml")
    return found if found is not None else sys.exit("uv can't say what would be installed")


def no_fault_is_known(title: str, frozen: list[str]) -> bool:
    """Look up known faults of these versions. What could not be looked up is no good news."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "versions.txt"
        listed.write_text("\n".join(frozen) + "\n")
        shape = "--disable-pip", "--no-deps", "--progress-spinner=off", "--format=json"
        done = run(BIN / "pip-audit", *shape, "--requirement", listed)
    if not done.stdout.startswith("{"):
        print(f"{title}: nothing could be looked up: {done.stderr.strip().splitlines()[-1:]}")
        return False
    told = json.loads(done.stdout)["dependencies"]
    skipped = [one["name"] for one in told if "skip_reason" in one]
    faulty = [one for one in told if one.get("vulns")]
    print(f"{title}, {len(told)} libraries: {len(faulty)} with known faults")
    for one in faulty:
        known = ", ".join(fault["id"] for fault in one["vulns"])
        print(f"  {one['name']} {one['version']}: {known}")
    if skipped:
        print(f"  the service had nothing to say of {len(skipped)}: {', '.join(skipped[:5])} ...")
    return not faulty and not skipped


def licences_are_allowed() -> bool:
    """Hold the licences of all that is installed here against the list in pyproject.toml."""
    done = run(BIN / "pip-licenses", "--summary", "--order=count")
    print(f"Licences:\n{done.stdout}{done.stderr}".rstrip())
    return done.returncode == 0


def none_is_silent(now: list[str]) -> bool:
    """Find libraries of which there is nothing newer than two years."""
    then = f"{datetime.now(UTC) - LONG_AGO:%Y-%m-%d}"
    shape = "--no-deps", f"--exclude-newer={then}", "-"
    # One by one: a library that had no release at all by then is young, and can't be resolved.
    old = {one for one in now if versions(*shape, given=one.partition("==")[0]) == [one]}
    silent = {one.partition("==")[0] for one in old}
    print(f"No release since {then}, of {len(now)}: {', '.join(sorted(old)) or 'none'}")
    for name in sorted(silent - QUIET):
        print(f"  {name}: replace it, or say in CONTRIBUTING.md why it stays, and list it as quiet")
    for name in sorted(QUIET - silent):
        print(f"  {name}: listed as quiet, but there is a new release; take it from the list")
    return silent == QUIET


def main() -> int:
    """Ask all three, and say what is not in order."""
    runtime, direct = wanted(), wanted("--no-deps", "--all-extras")
    answers = {
        "faults": no_fault_is_known("Needed to run", runtime)
        & no_fault_is_known("With all extras", wanted("--all-extras")),
        "licences": licences_are_allowed(),
        "age": none_is_silent(sorted({*runtime, *direct})),
    }
    wrong = [text for text, fine in answers.items() if not fine]
    print(f"audit: {'look at ' + ', '.join(wrong) if wrong else 'all in order'}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
