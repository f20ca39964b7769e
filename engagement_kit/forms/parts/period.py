"""The part for the period: relative or fixed, in UTC, with quick picks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import ipywidgets as w

from engagement_kit.errors import QueryError
from engagement_kit.forms import look
from engagement_kit.forms.controls import seen_if
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.model.when import when_words
from engagement_kit.forms.parts.part import Edit, Part, problems
from engagement_kit.question.periods import first, last, this_month

_KINDS: Final = [
    ("The last days or hours (moves with time)", "last"),
    ("The first days or hours of each tweet", "first"),
    ("From a moment up to another", "between"),
]
_HOURS: Final = [(f"{hour:02}:00 UTC", hour) for hour in range(24)]


class PeriodPart(Part):
    """The period.

    Parameters
    ----------
    edit
        Takes a change to the draft.
    now
        Tells the client's time.
    """

    def __init__(self, edit: Edit, now: Callable[[], datetime]) -> None:
        super().__init__(edit)
        self._now = now
        self.kind = look.labelled(w.RadioButtons, "Kind of period", options=_KINDS)
        self.kind.layout.width = look.STRETCHED
        self.length = look.labelled(w.IntText, "Length", layout=w.Layout(width="150px"))
        self.unit = look.labelled(w.Dropdown, "Unit", options=["days", "hours"])
        self.start_day = look.labelled(w.DatePicker, "Start day")
        self.start_hour = look.labelled(w.Dropdown, "Start hour", options=_HOURS)
        self.end_day = look.labelled(w.DatePicker, "End day")
        self.end_hour = look.labelled(w.Dropdown, "End hour (not counted)", options=_HOURS)
        self.last_28 = look.button("Last 28 days")
        self.first_7 = look.button("First 7 days of each tweet")
        self.month = look.button("This month")
        self.words = look.words("ek-period-words")
        self._hear_all()
        self.relative = look.row(self.length, self.unit)
        self.fixed = look.column(
            look.row(self.start_day, self.start_hour), look.row(self.end_day, self.end_hour)
        )
        picks = look.row(self.last_28, self.first_7, self.month)
        self.choice = look.column(picks, self.kind, self.relative, self.fixed)
        self.widget = look.column(look.heading("Period"), self.choice, self.words)

    def _hear_all(self) -> None:
        self._hear(self.kind, lambda draft, value: replace(draft, kind=value))
        self._hear(self.length, lambda draft, value: replace(draft, length=value))
        self._hear(self.unit, lambda draft, value: replace(draft, unit=value))
        self._hear(self.start_day, lambda draft, value: replace(draft, start_day=value))
        self._hear(self.start_hour, lambda draft, value: replace(draft, start_hour=value))
        self._hear(self.end_day, lambda draft, value: replace(draft, end_day=value))
        self._hear(self.end_hour, lambda draft, value: replace(draft, end_hour=value))
        self._click(self.last_28, lambda draft: draft.with_period(last(days=28)))
        self._click(self.first_7, lambda draft: draft.with_period(first(days=7)))
        self._click(self.month, lambda draft: draft.with_period(this_month(self._now())))

    def show(self, seen: Seen) -> None:
        """See `Part`."""
        draft = seen.draft
        self.kind.value, self.length.value, self.unit.value = draft.kind, draft.length, draft.unit
        self.start_day.value, self.start_hour.value = draft.start_day, draft.start_hour
        self.end_day.value, self.end_hour.value = draft.end_day, draft.end_hour
        seen_if(self.choice, draft.rules.takes_period)
        seen_if(self.relative, draft.kind != "between")
        seen_if(self.fixed, draft.kind == "between")
        self.words.value = look.said(self._said(seen)) + problems(seen, "period")

    def _said(self, seen: Seen) -> list[str]:
        draft = seen.draft
        wanted = None if seen.plan is None else seen.plan.wanted
        try:
            said = when_words(draft.period(), draft.endpoint, wanted)
        except QueryError:
            said = ""
        return [said, "All times are UTC."]
