"""What a purge did, in words and numbers that name no tweet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engagement_kit.question.amounts import few, many


@dataclass(frozen=True)
class Purged:
    """What a purge did, or would do.

    Attributes
    ----------
    tweets
        How many tweets were to be purged.
    dry_run
        Whether nothing was changed.
    rewritten, removed
        How many answers were written anew without the tweets, and how many were removed: they were
        of these tweets alone, or held nothing that can be kept.
    sums
        Names of those among the removed that held nothing but sums over several tweets.
    lost
        Names of those that were of other tweets, too, and can't be read.
    unreadable
        How many damaged, set aside or half written files were removed, of which it could not be
        shown that they do not hold the tweets.
    runs, runs_removed
        How many records of runs were written anew, and how many asked for nothing else.
    follows, follows_removed
        How many followings were written anew, and how many followed nothing else.
    files, files_removed
        How many other files were written anew: exports, and those of ``also``; and how many were
        removed.
    rewritten_files, removed_files
        Which files those are; after a dry run, which they would be.
    not_found
        Places of exports where there is nothing any more: moved, or removed.
    not_reached
        Places that could not be opened or written, each with the reason.
    left
        Files that still hold an id, or could not be looked into, each with the reason. Stop runs
        that go on, see to these files, and purge again. After a dry run: what would be left.
    running
        Whether a run was at work in the store when this ended: it may write once more.
    unknown
        How many of the tweets were in nothing of the store that could be read: no answer, run or
        following. They are not asked from now on, either.
    cut
        Takes the ids out of a text that is shown.
    """

    tweets: int
    dry_run: bool = False
    rewritten: int = 0
    removed: int = 0
    sums: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unreadable: int = 0
    runs: int = 0
    runs_removed: int = 0
    follows: int = 0
    follows_removed: int = 0
    files: int = 0
    files_removed: int = 0
    rewritten_files: tuple[str, ...] = ()
    removed_files: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    not_reached: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    running: bool = False
    unknown: int = 0
    cut: Callable[[str], str] = field(default=str, repr=False, compare=False)

    @property
    def complete(self) -> bool:
        """Whether all was reached, nothing is left, and no run was at work."""
        return not self.left and not self.not_reached and not self.running

    def __repr__(self) -> str:
        """Say it in a few lines, without an id."""
        would = "would purge " if self.dry_run else ""
        lines = [f"Purged({would}{many(self.tweets, 'tweet')})"]
        lines.append(f"  answers: {self.rewritten:,} written anew, {self.removed:,} removed")
        if self.sums:
            text = f"{many(len(self.sums), 'answer')} of sums over several tweets among them"
            lines.append(f"    {text}: {few(self.sums)}")
        if self.lost:
            text = f"{many(len(self.lost), 'answer')} that can't be read among them"
            lines.append(f"    {text}: {few(self.lost)}")
        if self.unreadable:
            lines.append(f"  damaged or half written files removed: {self.unreadable:,}")
        lines.append(f"  runs: {self.runs:,} written anew, {self.runs_removed:,} removed")
        if self.follows or self.follows_removed:
            lines.append(
                f"  followings: {self.follows:,} written anew, {self.follows_removed:,} removed"
            )
        lines.append(
            f"  exports and files: {self.files:,} written anew, {self.files_removed:,} removed"
        )
        if self.unknown:
            lines.append(f"  {self._unknown()}")
        if self.dry_run:
            lines += [f"    would write anew: {self.cut(one)}" for one in self.rewritten_files]
        word = "would remove" if self.dry_run else "removed"
        lines += [f"    {word}: {self.cut(one)}" for one in self.removed_files]
        lines += [f"  not found: {self.cut(one)}" for one in self.not_found]
        for name, told in (("not reached", self.not_reached), ("left", self.left)):
            lines += [f"  {name}: {self.cut(one)}: {self.cut(why)}" for one, why in told.items()]
        if self.running:
            lines.append("  a run goes on: purge again when it has ended")
        if self.left:
            lines.append("  stop runs that go on, see to these files, and purge again")
        return "\n".join(lines)

    def _unknown(self) -> str:
        """Say how many ids were nowhere, for they may be mistyped."""
        were, they = ("was", "it is") if self.unknown == 1 else ("were", "they are")
        unread = " that could be read" if self.unreadable or self.not_reached else ""
        asked = "" if self.dry_run else f"; {they} not asked from now on, either"
        return f"{self.unknown:,} of these ids {were} in nothing of the store{unread}{asked}"
