"""All findings together: as text, as HTML, as a table, as plain data."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from engagement_kit.client.health.finding import LEVELS, Finding, Level
from engagement_kit.question.hours import iso
from engagement_kit.question.markup import Markup, cell, table, together
from engagement_kit.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final = ("check", "level", "seen", "why", "remedy")
_HEAD: Final = ("level", "what", "seen", "what to do")
_WIDTH: Final = 96
_INDENT: Final = " " * 11
_PLURALS: Final[dict[Level, tuple[str, str]]] = {
    "problem": ("problem", "problems"),
    "warning": ("warning", "warnings"),
    "note": ("note", "notes"),
    "ok": ("fine", "fine"),
}


@dataclass(frozen=True)
class Checkup:
    """What a look at this machine found. Made by ``ek.doctor``.

    Attributes
    ----------
    findings
        The worst first; of one level in the order in which they were looked at.
    at
        When, by this machine's clock, UTC.

    Examples
    --------
    >>> from datetime import UTC
    >>> from engagement_kit.client.health.finding import note, ok
    >>> found = [ok("python", "3.12"), note("keys", "none", "The emulator needs none.")]
    >>> checkup = Checkup.of(found, datetime(2026, 6, 1, tzinfo=UTC))
    >>> checkup.worst, checkup.is_fit, [one.check for one in checkup.above("note")]
    ('note', True, [])
    """

    findings: tuple[Finding, ...]
    at: datetime

    @classmethod
    def of(cls, findings: list[Finding], at: datetime) -> Checkup:
        """Put findings in order.

        Parameters
        ----------
        findings
            In the order in which they were looked at.
        at
            When, by this machine's clock, UTC.

        Returns
        -------
        Checkup
            The same findings, the worst first.
        """
        return cls(tuple(sorted(findings, key=lambda one: LEVELS.index(one.level))), at)

    @property
    def worst(self) -> Level:
        """The worst level that there is."""
        return self.findings[0].level if self.findings else "ok"

    @property
    def is_fit(self) -> bool:
        """Whether there is no problem; there may be warnings."""
        return self.worst != "problem"

    def above(self, level: Level) -> tuple[Finding, ...]:
        """Give the findings that are worse than a level.

        Parameters
        ----------
        level
            ``"note"`` gives warnings and problems, ``"ok"`` notes, too.

        Returns
        -------
        tuple of Finding
            The worst first.
        """
        return tuple(one for one in self.findings if LEVELS.index(one.level) < LEVELS.index(level))

    def summary(self) -> str:
        """Say in a line how many there are of each level.

        Examples
        --------
        >>> from datetime import UTC
        >>> Checkup((), datetime(2026, 6, 1, tzinfo=UTC)).summary()
        'nothing was looked at'
        """
        counts = Counter(one.level for one in self.findings)
        words = [f"{counts[one]} {_PLURALS[one][counts[one] > 1]}" for one in LEVELS if counts[one]]
        return ", ".join(words) or "nothing was looked at"

    def to_text(self, width: int = _WIDTH) -> str:
        """Write it for a terminal.

        Parameters
        ----------
        width
            How many letters a line may have.

        Returns
        -------
        str
            A line that counts, then each finding with what to do about it.
        """
        lines = [f"engagement_kit {VERSION}: {self.summary()}"]
        for one in self.findings:
            lines += _lines(one, width)
        return "\n".join(lines)

    def to_html(self) -> str:
        """Write it for a notebook."""
        rows = [(_level(one), one.check, _seen(one), _remedy(one)) for one in self.findings]
        return together(table(f"engagement_kit {VERSION}: {self.summary()}", _HEAD, rows))

    def to_pandas(self) -> pd.DataFrame:
        """Give the findings as a table: `check`, `level`, `seen`, `why`, `remedy`, all text."""
        import pandas as pd

        rows = [[getattr(one, name) for name in _COLUMNS] for one in self.findings]
        return pd.DataFrame(rows, columns=list(_COLUMNS), dtype="str")

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        return {
            "kit": VERSION,
            "at": iso(self.at),
            "fit": self.is_fit,
            "worst": self.worst,
            "findings": [asdict(one) for one in self.findings],
        }

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()


def _lines(one: Finding, width: int) -> Iterator[str]:
    """Write a finding: what was seen, then why it matters and what to do, below each other."""
    yield from _wrapped(f"  {one.level:<8} {one.check}: {one.seen}", width)
    if one.why:
        yield from _wrapped(f"{_INDENT}{one.why}", width)
    for at, line in enumerate(one.remedy.splitlines()):
        yield f"{_INDENT}{'do: ' if at == 0 else '    '}{line}"  # a command is copied whole


def _wrapped(text: str, width: int) -> list[str]:
    # Addresses, paths and options stay whole, so that they can be copied.
    return textwrap.wrap(
        text, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False
    )


def _level(one: Finding) -> Markup:
    shown = cell(one.level)
    return Markup(f"<b>{shown}</b>" if one.level in {"problem", "warning"} else shown)


def _seen(one: Finding) -> Markup:
    return _below([one.seen, one.why] if one.why else [one.seen])


def _remedy(one: Finding) -> Markup:
    return _below(one.remedy.splitlines())


def _below(lines: list[str]) -> Markup:
    # Long paths may break, else they push the last column out of sight. By a tag, for a style that
    # says so is lost where a notebook is not trusted; what is copied has no blank in it.
    return Markup("<br>".join(cell(one).replace("/", "/<wbr>") for one in lines))
