"""One finding about tables, and how it is made of the rows that show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from engagement_kit.insight.evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "caution", "note"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "caution", "note")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """Something odd; see `engagement_kit.insight.findings.quality`.

    Attributes
    ----------
    check, severity, metric, n, meaning, advice
        As in the frame.
    example
        Code of a tweet, start and end in microseconds since 1970; None for none.
    """

    check: str
    severity: Severity
    meaning: str
    advice: str
    n: int
    metric: str | None = None
    example: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Kind:
    """What all findings of one kind say."""

    check: str
    severity: Severity
    meaning: str
    advice: str

    def found(
        self, rows: pd.DataFrame, n: int, metric: str | None = None, meaning: str = ""
    ) -> Finding:
        """Make a finding of rows that show it; the first is the example."""
        first = rows.iloc[0]
        example = int(first["tweet"]), int(first["start"]), int(first["end"])
        said = self.meaning + meaning
        return Finding(self.check, self.severity, said, self.advice, n, metric, example)

    def together(self, seen: Evidence, rows: pd.DataFrame, n: int) -> Finding:
        """Make one finding of rows of whatever metrics; where they are several it counts them."""
        codes = [one for one in rows["metric"].unique().tolist() if one >= 0]
        name = seen.words.metrics[codes[0]] if len(codes) == 1 else None
        return self.found(rows, n, name, f" ({len(codes)} metrics)" if len(codes) > 1 else "")

    def by_metric(self, seen: Evidence, rows: pd.DataFrame) -> Iterator[Finding]:
        """Make a finding for each metric among rows, each of which counts once."""
        for code in sorted(rows["metric"].unique().tolist()):
            group = rows[rows["metric"] == code]
            yield self.found(group, len(group), seen.words.metrics[code])
