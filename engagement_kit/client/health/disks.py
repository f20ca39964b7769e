"""Is there room, and can a store be written and locked? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from engagement_kit.client.health.finding import Finding, note, ok, problem, warning
from engagement_kit.question.amounts import size

LEAST_BYTES: Final = 64 << 20
"""Below this a run ends soon: a batch of answers and the index are written aside first."""
SCANT_BYTES: Final = 1 << 30
"""A large job, of some thousand answers by the hour, keeps about this much."""
NETWORK: Final = frozenset(
    {
        "9p", "afpfs", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
        "fuse.sshfs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "smbfs",
    }
)  # fmt: skip
"""Kinds of file systems that are on another machine."""

Locks = Literal["", "hold", "none"]


@dataclass(frozen=True)
class FolderSeen:
    """A folder, and what can be done there.

    Attributes
    ----------
    name
        What it is for: "store" or "temporary files".
    path
        Where it is; one that will be made is tried where it will be made.
    free
        Bytes that are free to this user; None where that is not known.
    refusal
        Why nothing can be written there; empty where it can.
    locks
        Whether files can be locked there; empty where that was not tried.
    kind
        The kind of file system, as in "ext4" or "nfs4"; empty where it is not known.
    mean
        How large its answers are in the mean, in bytes; 0 where there are none.
    """

    name: str
    path: str
    free: int | None = None
    refusal: str = ""
    locks: Locks = ""
    kind: str = ""
    mean: int = 0


def judged(seen: FolderSeen) -> Iterator[Finding]:
    """Say what can't be done there."""
    if seen.refusal:
        why = "A run keeps each answer before it goes on, and stops where it can't."
        remedy = f"Make it writable for you: chmod u+w '{seen.path}'; or take another folder."
        yield problem(seen.name, f"{seen.path} can't be written: {seen.refusal}", why, remedy)
    else:
        yield from _room(seen)
    if seen.locks == "none" and not seen.refusal:
        why = "Of two processes on this store, both would send the same requests, and pay for both."
        remedy = "Let one process at a time work on it, or keep the store on a local disk."
        yield warning("locks", f"files can't be locked in {seen.path}", why, remedy)
    elif seen.locks == "hold" and seen.kind in NETWORK:
        what = f"{seen.path} is on a network ({seen.kind}); this machine's processes share it well"
        why = "Whether another machine is kept out can't be seen from here."
        remedy = "Let one machine at a time run on this store."
        yield note("locks", what, why, remedy)


def _room(seen: FolderSeen) -> Iterator[Finding]:
    if seen.free is None:
        return
    where = f"{size(seen.free)} free in {seen.path}"
    more = f", room for about {seen.free // seen.mean:,} answers like those" if seen.mean else ""
    remedy = "Free space, or name another folder: store=... for answers, TMPDIR for the others."
    if seen.free < LEAST_BYTES:
        why = "A run ends as soon as an answer can't be kept; what is stored is not asked again."
        yield problem(seen.name, where + more, why, remedy)
    elif seen.free < SCANT_BYTES:
        why = f"A large job may keep {size(SCANT_BYTES)} of answers; its plan says how much."
        yield warning(seen.name, where + more, why, remedy)
    else:
        yield ok(seen.name, where)


def kind_of(path: str, mounts: str) -> str:
    r"""Find the kind of file system that a path is on, in the text of ``/proc/self/mounts``.

    Examples
    --------
    >>> kind_of("/data/raw", "/dev/sda1 / ext4 rw 0 0\nhost:/x /data nfs4 rw 0 0")
    'nfs4'
    """
    longest, kind = 0, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace(r"\040", " ")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= longest:  # of two on one point the later one hides the other
            longest, kind = len(point), fields[2]
    return kind
