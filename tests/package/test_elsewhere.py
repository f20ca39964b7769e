"""The tests can be run in other zones, locales and hours, and say when they can not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _abroad(**environment: str) -> subprocess.CompletedProcess[str]:
    """Let pytest see that its plugin is fit, and collect one file."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "abroad", "-p", "no:cacheprovider",
         "--noconftest", "--co", "tests/question/test_hours.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".ci"), **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        ("Europe/Berlin", "xx_XX.UTF-8", "this machine has no locale xx_XX.UTF-8"),
        ("Europe/Nowhere", "C.UTF-8", "this machine has no time zone 'Europe/Nowhere'"),
        ("", "C.UTF-8", "this machine has no time zone ''"),
    ],
)
def test_a_locale_or_zone_that_is_not_there_is_no_silent_pass(
    zone: str, language: str, said: str
) -> None:
    """Else the system would take UTC or English for it, and the tests would prove nothing."""
    done = _abroad(TZ=zone, LC_ALL=language)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in done.stderr


def test_the_header_says_where_the_tests_are() -> None:
    """The zone's hours are those of the process, not those of a name."""
    done = _abroad(TZ="Asia/Kathmandu", LC_ALL="C.UTF-8")
    assert done.returncode == 0, done.stderr
    assert "abroad: Asia/Kathmandu +0545, C.UTF-8, 0.5" in done.stdout


@pytest.mark.parametrize("script", ["zones", "hours"])
def test_a_part_that_is_not_there_is_refused(script: str) -> None:
    """It runs nothing, and so must not pass."""
    done = subprocess.run(
        [ROOT / ".ci" / script, "tests/question/test_hours.py"],
        capture_output=True, text=True, check=False, env={**os.environ, "ONLY": "nowhere"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "nowhere; there are: " in done.stderr
