"""The emulator's switches as one frozen value; no behaviour lives here.

Each switch is a point on which the documents differ or say nothing. The default is what most of
them say, or what is assumed; the other values are what a real service may do, so that a client can
be tested against all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from reprlib import repr as _shown  # short, whatever the value
from typing import Any, Final, Literal, Self, get_args, get_origin, get_type_hints

Profile = Literal["reference", "overview"]
PROFILES: Final[tuple[str, ...]] = get_args(Profile)
_HOST: Final = r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]"
_ORIGIN: Final = re.compile(rf"(?i:https?)://(?:{_HOST})(?::[0-9]{{1,5}})?")


@dataclass(frozen=True)
class Settings:
    """Choose between the readings of the API that the documents leave open.

    Parameters
    ----------
    profile : {"reference", "overview"}
        How far /historical reaches: any window since 2014-09-01, as most documents say, or
        the last 365 days, as the newest overview says.
    before_history : {"refused", "zeros"}
        What a window that begins earlier gets: 400, or zeros in the hours out of reach.
    per_minute, per_second : int, optional
        Requests per endpoint that are answered in a minute or second of real time. None: no
        limit is enforced, and the headers show a large number.
    public_url : str, optional
        The scheme and host that callers sign, as in "https://data-api.twitter.com", where a proxy
        or a name of its own stands before the emulator. None: the Host header, over http.
    gzip : {"required", "optional"}
        Whether a request that does not offer gzip gets 406, or a plain answer.
    credentials : {"verified", "trusted"}
        "trusted" checks no signature and no token: a caller is who the header says, and without
        a known token may see everything. For quick tests. Who asks for tokens is always checked.
    app : {"enabled", "not_enabled"}
        "not_enabled": every app's calls get 403. "enabled": those of an app that was not enabled
        for this API, as the last of `World.apps`.
    ids : {"any", "strings"}
        Whether tweet ids may be JSON numbers.
    leaves : {"strings", "numbers", "mixed"}
        How counts are written. "mixed": the retweets are numbers, as in one printed example.
    zeros : {"full", "sparse"}
        Whether zero counts are written out, or left out with the objects that hold nothing else.
    lone_hour : {"hour_of_day", "by_day"}
        What hours without days mean: the hour of day, or a day level that nobody asked for.
    groupings : {"three", "ten"}
        How many per request: 3 with one of four levels, or 10 of any depth as in 2016.
    implicit_end : {"hour", "now"}
        How an `end` that was not given is echoed: as the next whole hour, or to the second.
    stray_dates : {"ignored", "refused"}
        What start and end do on /totals and /28hr.
    partial : {"list", "list_and_errors"}
        Whether an answer without some unavailable tweets holds `errors` too.
    all_unavailable : {"refused", "listed"}
        Whether a request for unavailable tweets alone gets 400, or 200 with empty groupings.
    forbidden : {"one_list", "by_author"}
        How tweets of others are named: in one text, or in one for each author as in 2016.
    aged : {"zero", "absent", "refused"}
        What impressions and engagements of tweets over 90 days are on /totals: "0", left out, or
        the reason to refuse the whole request.
    media_clicks : {"accepted", "refused"}
        Whether the metric's old name is understood.

    Raises
    ------
    ValueError
        If a value is not one of the allowed ones.

    Examples
    --------
    >>> Settings(per_minute=30).profile
    'reference'
    >>> Settings().changed({"zeros": "sparse"}).zeros
    'sparse'
    """

    profile: Profile = "reference"
    before_history: Literal["refused", "zeros"] = "refused"
    per_minute: int | None = None
    per_second: int | None = None
    public_url: str | None = None
    gzip: Literal["required", "optional"] = "required"
    credentials: Literal["verified", "trusted"] = "verified"
    app: Literal["enabled", "not_enabled"] = "enabled"
    ids: Literal["any", "strings"] = "any"
    leaves: Literal["strings", "numbers", "mixed"] = "strings"
    zeros: Literal["full", "sparse"] = "full"
    lone_hour: Literal["hour_of_day", "by_day"] = "hour_of_day"
    groupings: Literal["three", "ten"] = "three"
    implicit_end: Literal["hour", "now"] = "hour"
    stray_dates: Literal["ignored", "refused"] = "ignored"
    partial: Literal["list", "list_and_errors"] = "list"
    all_unavailable: Literal["refused", "listed"] = "refused"
    forbidden: Literal["one_list", "by_author"] = "one_list"
    aged: Literal["zero", "absent", "refused"] = "zero"
    media_clicks: Literal["accepted", "refused"] = "accepted"

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(
                    f"{name} is {_shown(value)}; allowed: {', '.join(allowed)}."
                    f"{_near(value, allowed)}"
                )
        for name in ("per_minute", "per_second"):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"{name} is {_shown(value)}; "
                    "allowed: a whole number from 1, or None for no limit."
                )
        if self.public_url is not None and not _is_origin(self.public_url):
            raise ValueError(
                f"public_url is {_shown(self.public_url)}; "
                "allowed: scheme and host without a path, as in https://data-api.twitter.com."
            )

    def changed(self, changes: dict[str, Any]) -> Self:
        """Return these settings with some changed.

        Parameters
        ----------
        changes
            Names of settings, with their new values.

        Returns
        -------
        Settings
            A new object; this one stays.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not allowed.
        """
        known = [field.name for field in fields(self)]
        unknown = [name for name in changes if name not in known]
        if unknown:
            raise ValueError(
                f"unknown settings: {_shown(unknown)}; there are: {', '.join(known)}."
                f"{_near(unknown[0], known)}"
            )
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the switches by name, as JSON can hold them."""
        return asdict(self)


def _choices() -> dict[str, tuple[str, ...]]:
    """Read the switches and their values off the types above."""
    hints = get_type_hints(Settings)
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def _near(value: object, allowed: Sequence[str]) -> str:
    """Ask for the nearest allowed spelling; nothing where none is near."""
    found = get_close_matches(str(value).lower(), allowed, n=1, cutoff=0.5)
    return f" Did you mean {found[0]}?" if found else ""


def _is_origin(url: object) -> bool:
    """Tell whether a text is a scheme and a host, and nothing behind."""
    if not isinstance(url, str):
        return False
    return _ORIGIN.fullmatch(url) is not None


CHOICES: Final = _choices()
