"""A pytest plugin of `.ci/zones`: sets the locale, and ends if zone or locale are not there.

Left alone, Python sets only the locale of characters at its start. A library in a notebook may set
the rest, such as names of months and the decimal point, so the tests run with all of it set.
"""

from __future__ import annotations

import locale
import os
import zoneinfo
from datetime import UTC, datetime

import pytest


def pytest_configure() -> None:
    """Set the locale of the environment, and refuse a zone or a locale which is not there."""
    _set_locale(os.environ.get("LC_ALL", ""))
    _check_zone(os.environ.get("TZ", ""))


def _set_locale(wanted: str) -> None:
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        language = wanted.partition(".")[0]
        msg = (
            f"this machine has no locale {wanted}. On Debian, as root: "
            f"apt-get install locales && localedef -i {language} -f UTF-8 {wanted}"
        )
        raise pytest.UsageError(msg) from None


def _check_zone(wanted: str) -> None:
    """Refuse a zone that the system takes for UTC without a word, as it does with unknown ones."""
    try:
        zone = zoneinfo.ZoneInfo(wanted)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        msg = f"this machine has no time zone {wanted!r}. On Debian: apt-get install tzdata"
        raise pytest.UsageError(msg) from None
    now = datetime.now(UTC)
    if now.astimezone().utcoffset() != now.astimezone(zone).utcoffset():
        msg = f"TZ={wanted} is set, but the clock of this machine shows other hours"
        raise pytest.UsageError(msg)


def pytest_report_header() -> str:
    """Say where the tests believe to be: zone, hours from UTC, a number and a month in words."""
    here = datetime.now(UTC).astimezone()
    number = locale.format_string("%.1f", 0.5)
    return f"abroad: {os.environ['TZ']} {here:%z}, {os.environ['LC_ALL']}, {number}, {here:%B}"
