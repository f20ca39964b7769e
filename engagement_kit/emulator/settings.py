"""The emulator's switches as one frozen value; no behaviour lives here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Profile = Literal["reference", "overview"]
PROFILES: Final[tuple[str, ...]] = get_args(Profile)


@dataclass(frozen=True)
class Settings:
    """Choose between the readings of the API that the documents leave open.

    Parameters
    ----------
    profile : {"reference", "overview"}
        How far /historical reaches: any window since 2014-09-01, or the last 365 days (fact
        sheet, section 14).
    per_minute, per_second : int, optional
        Requests per endpoint that are answered in a minute or second of real time. None: no
        limit is enforced, and the headers show a large number.

    Raises
    ------
    ValueError
        If a value is not one of the allowed ones.

    Examples
    --------
    >>> Settings(per_minute=30).profile
    'reference'
    """

    profile: Profile = "reference"
    per_minute: int | None = None
    per_second: int | None = None

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile is {self.profile!r}; allowed: {', '.join(PROFILES)}.")
        for name in ("per_minute", "per_second"):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"{name} is {value!r}; allowed: a whole number from 1, or None for no limit."
                )
