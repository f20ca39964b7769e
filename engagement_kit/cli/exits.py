"""With what a command ends, for scripts."""

from __future__ import annotations

from enum import IntEnum

from engagement_kit import errors


class Exit(IntEnum):
    """Exit codes, the same for every command.

    Examples
    --------
    >>> Exit.of(errors.QueryError([]))
    <Exit.WRONG: 2>
    """

    DONE = 0
    """All that was asked for was done."""
    UNFINISHED = 1
    """Something failed, or it ended early; what was done is kept, and the same again goes on."""
    WRONG = 2
    """The command, its query or its limits forbid it, or what it names is not there, such as the
    API at a wrong address: nothing was asked of the API."""
    KEYS = 3
    """Keys are missing, or were refused."""
    INTERRUPTED = 130
    """Ctrl-C; what was done is kept, and the same again goes on."""

    @classmethod
    def of(cls, error: errors.EngagementError) -> Exit:
        """Say with what an error ends a command."""
        if isinstance(error, _WRONG) and not isinstance(error, _FAILED):
            return cls.WRONG
        return cls.KEYS if isinstance(error, _KEYS) else cls.UNFINISHED


_FAILED = (errors.NotWritten,)
"""No matter of what was typed: places that can't be written were refused before."""
_WRONG = (
    errors.QueryError, errors.BudgetExceeded, errors.AccountsExceeded, errors.NotInStore,
    errors.TableError, errors.UnusableFile, errors.WrongAddress,
)  # fmt: skip
_KEYS = (
    errors.CredentialsMissing, errors.AuthenticationFailed, errors.AppNotEnabled,
    errors.LoginRefused,
)  # fmt: skip
