"""Tweet ids of a draft: how many are good, repeated or junk, and when the tweets were created."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import Problem
from engagement_kit.forms.model.draft import IN_THE_BOX, Draft, Loaded, merged
from engagement_kit.question.amounts import few, many
from engagement_kit.question.tweet_ids import (
    FIRST_TIMED_ID,
    Ids,
    as_numbers,
    created_at,
    read,
    split,
)

_LONGEST: Final = 40
_LONG_TEXT: Final = IN_THE_BOX * 20
_PASTED: Final = "pasted text"
_OUT_OF_THE_BOX: Final = ", which is too long for the box: its ids are kept here"


@dataclass(frozen=True)
class Counted:
    """The ids of a draft, counted.

    Attributes
    ----------
    ids
        The good ones, each once.
    duplicates
        Repeats, left out.
    junk
        What is no id, as text.
    problems
        What is wrong with it, one for each kind.
    """

    ids: tuple[str, ...]
    duplicates: int
    junk: tuple[str, ...]
    problems: tuple[Problem, ...]

    @cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The ids as whole numbers, for arithmetic only."""
        return as_numbers(self.ids)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The counts in words."""
        said = [f"{many(len(self.ids), 'tweet')}{self._created()}"]
        if self.duplicates:
            said.append(f"{many(self.duplicates, 'repeat')} left out")
        if self.junk:
            said.append(f"{len(self.junk):,} that {'is' if len(self.junk) == 1 else 'are'} no id")
        return tuple(said)

    def _created(self) -> str:
        timed = self.numbers[self.numbers >= FIRST_TIMED_ID]
        early = len(self.ids) - len(timed)
        parts = []
        if len(timed):
            ends = [_day(created_at(int(one))) for one in (timed.min(), timed.max())]
            parts.append(f"created {' to '.join(dict.fromkeys(ends))} (UTC)")
        if early:
            parts.append(f"{early:,} from before November 2010, when ids did not tell their time")
        return "".join(f"; {part}" for part in parts)


def _day(when: datetime | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%d}"


class Counter:
    """Counts the ids of drafts, and remembers the last text: typing elsewhere costs nothing."""

    def __init__(self) -> None:
        self._text, self._pasted = "", read("")
        self._parts: tuple[Loaded, ...] = ()
        self._counted: Counted | None = None

    def count(self, draft: Draft) -> Counted:
        """Count the ids of a draft."""
        same = draft.pasted == self._text
        if not same:
            self._text, self._pasted = draft.pasted, read(draft.pasted)
        if self._counted is None or not same or draft.loaded != self._parts:
            self._parts = draft.loaded
            self._counted = _counted(self._pasted, draft.loaded)
        return self._counted


def _counted(pasted: Ids, loaded: Sequence[Loaded]) -> Counted:
    ids = merged(pasted.ids, loaded)
    given = len(pasted.ids) + sum(len(part.ids) for part in loaded)
    repeats = pasted.duplicates + sum(part.duplicates for part in loaded)
    wrong: list[tuple[Sequence[object], str]] = [(j, why) for why, j in pasted.junk.items()]
    wrong += [(j, f"{why} (in {part.source})") for part in loaded for why, j in part.junk]
    problems = tuple(Problem("tweet_ids", _examples(found), why) for found, why in wrong)
    junk = [str(one) for found, _ in wrong for one in found]
    return Counted(ids, repeats + given - len(ids), tuple(junk), problems)


def _examples(found: Sequence[object]) -> str:
    return few(found, written=lambda one: _short(str(one)))


def _short(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def without_junk(draft: Draft) -> Draft:
    """Leave out what is no tweet id, and with it each source that holds nothing else."""
    pasted = read(draft.pasted)
    text = "\n".join(pasted.ids) if pasted.junk else draft.pasted
    loaded = tuple(replace(one, junk=()) for one in draft.loaded if one.ids)
    return replace(draft, pasted=text, loaded=loaded)


def origins(draft: Draft) -> tuple[str, ...]:
    """Say of ids that are not in the box how many there are, and where they come from."""
    return tuple(
        f"{many(len(one.ids), 'tweet')} from {one.source}"
        + (_OUT_OF_THE_BOX if one.source.startswith(_PASTED) else "")
        for one in draft.loaded
    )


def typed(draft: Draft, text: str) -> Draft:
    """Take what stands in the box; a long text is read, and goes out of it: see IN_THE_BOX."""
    if len(text) <= _LONG_TEXT:
        return replace(draft, pasted=text)
    before = sum(one.source.startswith(_PASTED) for one in draft.loaded)
    part = load(split(text), f"{_PASTED} {before + 1}" if before else _PASTED)
    return replace(draft, pasted="", loaded=(*draft.loaded, part))


def load(values: object, source: str) -> Loaded:
    """Read ids from a column.

    Parameters
    ----------
    values
        Text, whole numbers or URLs, or one text with many. Floats are junk: 19 digits do not fit
        into them.
    source
        Where they come from, in words.
    """
    whole = isinstance(values, str | bytes | Set) or not isinstance(values, Iterable)
    found = read(values if whole else list(values))  # type: ignore[call-overload]
    junk = tuple((why, tuple(map(str, values))) for why, values in found.junk.items())
    return Loaded(source, found.ids, found.duplicates, junk)
