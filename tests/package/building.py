"""Building wheels and sdists, without the network."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]


def build(source: Path, to: Path, *what: str) -> list[Path]:
    """Build a tree by its own backend, as it is installed here: no network is needed."""
    command = [sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(to)]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(to.iterdir())


def environment(to: Path, wheel: Path) -> Path:
    """Make an environment in which the wheel is installed; what it needs is that of this one.

    Nothing is fetched. The wheel comes before an editable install of a clone.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(to)], check=True)
    site = next((to / "lib").glob("python*/site-packages"))
    with ZipFile(wheel) as held:
        held.extractall(site)
    (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return to / "bin" / "python"
