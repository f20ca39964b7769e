"""What forgetting tweets in records of runs and in followings has in common.

How each is written anew is its own: a run keeps its folder, and its plan goes last; a following
goes to a new one, for its log names tweets by their positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engagement_kit.answers.files import write_whole
from engagement_kit.answers.forget import remove
from engagement_kit.answers.gone import Gone


@dataclass
class ForgottenRecords:
    """What becomes of the records of a store, of one kind.

    Attributes
    ----------
    rewritten, removed
        How many are kept without the tweets, and how many were of nothing else.
    """

    rewritten: int = 0
    removed: int = 0


def cut_out(path: Path, gone: Gone) -> None:
    """Take tweets out of a file that can't be read as a record, as far as it is JSON."""
    data = path.read_bytes()
    try:
        kept = gone.json_bytes(data)
    except RecursionError:  # nothing of ours is so deep: the search tells of it
        return
    if kept is None:
        remove([path])
    elif kept != data:
        write_whole(path, kept)
