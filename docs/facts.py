"""Write the facts of docs/metrics.md anew from the code: ``python docs/facts.py``.

What stands between the two marks of that page is made here of `engagement_kit.metrics`; a test
holds the page to it. All around it is written by hand.
"""

# ruff: noqa: INP001, T201 -- a script, which says what it wrote
from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

import engagement_kit as ek

PAGE: Final = Path(__file__).resolve().parent / "metrics.md"
BEGIN: Final = "<!-- from here on made by docs/facts.py; do not edit -->"
END: Final = "<!-- until here made by docs/facts.py -->"


def facts() -> str:
    """Write the table of where metrics are offered, and what each one is."""
    rows = ek.metrics().to_dict("records")
    return "\n".join([*_offered(rows), "", *(line for row in rows for line in _about(row))])


def page(text: str) -> str:
    """Put the facts into the text of the page, between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{facts().strip()}\n\n{END}{after}"


def _offered(rows: list[dict[str, Any]]) -> list[str]:
    head = [
        "| metric | totals | totals, app-only | 28hr, historical | promoted | since |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return head + [
        f"| [`{row['metric']}`](#{row['metric']}) "
        f"| {_where(row['totals_user'], row['max_age_days_totals'])} "
        f"| {_where(row['totals_app'], row['max_age_days_totals'])} "
        f"| {_where(row['on_28hr'] and row['on_historical'], row['max_age_days_windowed'])} "
        f"| {row['promoted']} | {row['since']} |"
        for row in rows
    ]


def _where(offered: bool, days: Any) -> str:
    """Say whether it is offered, and up to which age of a tweet."""
    if not offered:
        return "no"
    return "yes" if pd.isna(days) else f"to {days} days"


def _about(row: dict[str, Any]) -> list[str]:
    unit = "" if row["unit"] == row["meaning"] else f" Unit: {row['unit']}."
    lines = [f"### {row['metric']}", "", f"{_sentence(row['meaning'])}{unit}", ""]
    if row["is_not"]:
        lines.append(f"- It is {row['is_not']}.")
    if row["change"]:
        lines.append(f"- **Changed** on {row['changed_on']:%Y-%m-%d}: {row['change']}.")
    if not pd.isna(row["zero_before"]):
        day = f"{row['zero_before']:%Y-%m-%d}"
        lines.append(f"- **Before** {day} historical counts 0, whatever happened.")
    if row["older_names"]:
        lines.append(f"- **Older names:** {row['older_names']}.")
    lines.append(f"- **How sure:** {row['certainty']} ({row['source']}).")
    if row["doubt"]:
        lines.append(f"- **Doubt:** {row['doubt']}.")
    return [*lines, ""]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{PAGE.name}: {len(ek.metrics())} metrics")
