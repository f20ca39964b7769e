"""The part for what to get: plain words, or up to three groupings built from lawful steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.controls import offer, seen_if
from engagement_kit.forms.model.draft import CUSTOM, GRAND_TOTALS, SLOTS, Draft
from engagement_kit.forms.model.preview import Preview, previews
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.parts.part import Edit, Part, problems
from engagement_kit.question.checks import allowed_by
from engagement_kit.question.rules import (
    DAY,
    ENDPOINTS,
    HOUR,
    ID,
    MAX_LEVELS,
    TYPE,
    Levels,
    next_levels,
)

_WORDS: Final = {
    "total": "Total per tweet",
    "day": "Daily",
    "hour": "Hourly",
    "hour_of_day": "Hour of day (0 to 23, summed over days)",
    GRAND_TOTALS: "Grand totals (all tweets together)",
    CUSTOM: "Custom groupings",
}
_LEVELS: Final = {ID: "tweet", TYPE: "metric", DAY: "day", HOUR: "hour"}
_STEPS: Final = ("by", "then by", "and by", "last by")


class ShapePart(Part):
    """What to get, and the rows that it will give."""

    def __init__(self, edit: Edit) -> None:
        super().__init__(edit)
        self.shape = look.labelled(w.RadioButtons, "Rows", options=[("", "")])
        self.shape.layout.width = look.STRETCHED
        self.not_here = look.words("ek-not-here")
        self.slots = [_Slot(at, self) for at in range(SLOTS)]
        self.builder = look.column(*(one.widget for one in self.slots))
        self.problems = look.words("ek-shape-problems")
        self.preview = look.words("ek-preview")
        self._hear(self.shape, lambda draft, value: replace(draft, shape=value))
        self.widget = look.column(
            look.heading("What to get"),
            self.shape,
            self.not_here,
            self.builder,
            self.problems,
            self.preview,
        )

    def show(self, seen: Seen) -> None:
        """See `Part`."""
        draft = seen.draft
        known = {*allowed_by(draft.rules), GRAND_TOTALS, CUSTOM}
        here = [one for one in _WORDS if one in known]
        offer(self.shape, [(_WORDS[one], one) for one in here], draft.asked_shape)
        self.not_here.value = look.said([_elsewhere(draft)], "reason")
        seen_if(self.builder, draft.asked_shape == CUSTOM)
        for slot in self.slots:
            slot.show(draft)
        self.problems.value = problems(seen, "shape")
        rows = () if seen.plan is None else previews(seen.plan)
        self.preview.value = "".join(map(_html, rows))

    def choose(self, at: int, depth: int, level: str) -> None:
        """Take a value of one grouping; what came after a value that is taken off goes with it."""

        def change(draft: Draft) -> Draft:
            name, levels = draft.slots[at]
            chosen = (*levels[:depth], level, *levels[depth + 1 :]) if level else levels[:depth]
            kept = _lawful(draft, at, chosen, depth)
            return _with_slot(draft, at, (name, kept))

        self._tell(change)

    def rename(self, at: int, name: str) -> None:
        """Take the name of one grouping."""
        self._tell(lambda draft: _with_slot(draft, at, (name, draft.slots[at][1])))


class _Slot:
    """The controls of one grouping: its name, and one list for each value."""

    def __init__(self, at: int, part: ShapePart) -> None:
        self._at = at
        number = at + 1
        self.name = look.labelled(w.Text, f"Name of grouping {number}")
        self.name.layout.width = "280px"
        self.levels = [
            look.labelled(w.Dropdown, f"Grouping {number} {word}", options=[("", "")])
            for word in _STEPS[: MAX_LEVELS.value]
        ]
        self.name.observe(lambda event: part.rename(at, event["new"]), names="value")
        for depth, one in enumerate(self.levels):
            one.layout.width = "220px"
            one.observe(
                lambda event, depth=depth: part.choose(at, depth, event["new"]), names="value"
            )
        self.widget = look.row(self.name, *self.levels)

    def show(self, draft: Draft) -> None:
        """Show one grouping, and offer only what may follow."""
        name, levels = draft.slots[self._at]
        self.name.value = name
        for depth, control in enumerate(self.levels):
            lawful = next_levels(levels[:depth], draft.rules, _others(draft, self._at))
            chosen = levels[depth] if depth < len(levels) else ""
            words = {one: _LEVELS[one] for one in lawful}
            if chosen and chosen not in words:
                words[chosen] = f"{_LEVELS.get(chosen, chosen)} (not here)"
            options = [("—", ""), *((text, one) for one, text in words.items())]
            offer(control, options, chosen)
            seen_if(control, depth <= len(levels) and (bool(lawful) or bool(chosen)))


def _others(draft: Draft, at: int) -> list[Levels]:
    return [levels for n, (_, levels) in enumerate(draft.slots) if n != at]


def _with_slot(draft: Draft, at: int, slot: tuple[str, Levels]) -> Draft:
    return replace(draft, slots=(*draft.slots[:at], slot, *draft.slots[at + 1 :]))


def _lawful(draft: Draft, at: int, levels: Levels, fixed: int) -> Levels:
    """Keep what a person chose, and of what stood behind it what may still follow."""
    kept = levels[: fixed + 1]
    for level in levels[fixed + 1 :]:
        if level not in next_levels(kept, draft.rules, _others(draft, at)):
            break
        kept = (*kept, level)
    return kept


def _elsewhere(draft: Draft) -> str:
    """Say which plain words this endpoint can't give, and where they are."""
    here = allowed_by(draft.rules)
    away = [one for one in _WORDS if one not in {*here, GRAND_TOTALS, CUSTOM}]
    if not away:
        return ""
    where = [name for name, rules in ENDPOINTS.items() if set(away) <= set(allowed_by(rules))]
    names = ", ".join(_WORDS[one].partition(" (")[0].lower() for one in away)
    return f"{names.capitalize()}: not on {draft.endpoint}, but on {' and '.join(where)}."


def _html(one: Preview) -> str:
    return look.said([f"{one.name}: {one.words}"]) + (
        look.table(one.head, one.rows) if one.rows else ""
    )
