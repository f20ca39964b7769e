"""Every exception of the kit lives here, and nothing else.

::

    EngagementError
    ├── QueryError            what was asked breaks a rule; nothing was sent
    ├── BudgetExceeded        the plan takes more requests than allowed; nothing was sent
    ├── AccountsExceeded      it signs for more accounts than contracted; nothing was sent
    ├── UnusableFile          a file that holds no ids, or is none of those that are read
    ├── CredentialsMissing    no key for what was asked; nothing was sent
    ├── UnreadableAnswer      a body that is cut off, HTML, or of the wrong shape
    │   └── AmbiguousAnswer   a body that can be read in two ways; pass the query
    ├── ApiError              the API answered, and said no
    │   ├── AuthenticationFailed   401: wrong keys, or a clock that is off
    │   │   └── AppKeysRefused     an app's key and secret, as it logs in
    │   ├── LoginRefused           a login ended without an account's keys
    │   ├── AppNotEnabled          401 or 403: the app has no contract for this API
    │   ├── ForbiddenTweets        403: tweets of another account
    │   ├── ForbiddenMetrics       403: metrics that this credential may not ask
    │   ├── WrongAddress           404: wrong host or path
    │   ├── GzipRequired           406: the request did not offer gzip
    │   ├── RequestRefused         other 4xx: the request breaks a rule of the API
    │   ├── RateLimited            429, after all retries
    │   └── ServerFault            5xx, after all retries
    ├── ConnectionBroken      no answer: timeout, refused or reset connection
    ├── StoreError            a raw store that can't be read or written
    │   └── NotInStore        no store there, or no run of what was asked; nothing was sent
    └── TableError            tables that can't be summed, joined or put together
        ├── NoSuchTable       a table that a result can't give
        └── NotWritten        a file that can't be written

    AccountOverage            a warning, no error: more accounts than contracted, which are billed
    DamagedAnswer             a warning, no error: a stored answer that can't be read
    DamagedRecord             a warning, no error: a record of a run that can't be read
    FolderHoldsMore           a warning, no error: a new store in a folder with other files
    LooksPromoted             a warning, no error: more engagements than organic views explain
    MissingNumbers            a warning, no error: some wanted numbers are not in the table
    SharedClusters            a warning, no error: clusters with tweets of both compared groups
"""

from __future__ import annotations

from dataclasses import dataclass


class EngagementError(Exception):
    """The base of all errors that the kit raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a query.

    Attributes
    ----------
    field
        The argument that is wrong, such as ``metrics``.
    value
        The wrong value, as text.
    why
        What is wrong and what is allowed.
    hint
        The nearest allowed spelling or the next step; may be empty.
    """

    field: str
    value: str
    why: str
    hint: str = ""

    def __str__(self) -> str:
        """One line: field, value, reason, hint."""
        return f"{self.field}: {self.value}: {self.reason}"

    @property
    def reason(self) -> str:
        """What is wrong and what to do, as sentences where there are two."""
        if not self.hint:
            return self.why
        return f"{self.why}{'' if self.why.endswith(('.', '?', '!')) else '.'} {self.hint}"


class QueryError(EngagementError, ValueError):
    """A question breaks a rule of the API or of the kit. Nothing was sent.

    Attributes
    ----------
    problems : tuple of Problem
        All problems at once, in the order of the arguments.
    of : str
        What they are problems with: a query, or a connection.
    """

    def __init__(self, problems: tuple[Problem, ...], of: str = "query") -> None:
        self.problems = problems
        self.of = of
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        done = "changed" if of == "purge" else "sent"
        super().__init__(f"{count} with the {of}; nothing was {done}:\n{lines}")

    def __reduce__(self) -> tuple[type[QueryError], tuple[tuple[Problem, ...], str]]:
        """Pickle by problems, so that worker processes can report them."""
        return type(self), (self.problems, self.of)


class BudgetExceeded(EngagementError):
    """A plan takes more requests than `max_requests` allows. Nothing was sent."""


class AccountsExceeded(EngagementError):
    """A plan signs for more accounts than the contract names for a month. Nothing was sent."""


class UnusableFile(EngagementError, ValueError):
    """A file can't be read as what it is to hold, such as tweet ids. Nothing was sent."""


class CredentialsMissing(EngagementError):
    """No key was found for what was asked."""


class UnreadableAnswer(EngagementError, ValueError):
    """A body that is not an answer of the Engagement API."""


class AmbiguousAnswer(UnreadableAnswer):
    """A body whose keys can be read in two ways; the query decides."""


class ApiError(EngagementError):
    """The API answered, and the answer is no.

    Attributes
    ----------
    status : int
        The HTTP status; 0 where a person said no, or nobody answered.
    words : tuple of str
        The API's own words, from ``errors`` of the body.
    """

    advice = "Read the API's words above."

    def __init__(self, status: int, words: tuple[str, ...] = (), request_key: str = "") -> None:
        self.status = status
        self.words = words
        self.request_key = request_key
        said = "; ".join(filter(None, words)) or "(no readable text)"
        where = f" [request {request_key}]" if request_key else ""
        head = f"HTTP {status}: " if status else ""
        super().__init__(f"{head}{said}{where}\n{self.advice}")

    def __reduce__(self) -> tuple[type[ApiError], tuple[int, tuple[str, ...], str]]:
        """Pickle by parts."""
        return type(self), (self.status, self.words, self.request_key)


class AuthenticationFailed(ApiError):
    """401: the API does not accept the credentials.

    Attributes
    ----------
    signer : str
        Whose they are: ``account NAME``, ``app-only``, or empty where it is not known.
    """

    advice = (
        "Check the four OAuth 1.0a keys (or the bearer token), that they belong to one app, "
        "and that this machine's clock is right: signatures carry the time."
    )
    _of_account = (
        "Its access token may have been revoked, or be another app's: log in as this account again "
        "(`engagement-kit login`). `engagement-kit keys --try` tells which of the keys are "
        "accepted; where none is, look at this machine's clock: signatures carry the time."
    )

    def __init__(
        self, status: int, words: tuple[str, ...] = (), request_key: str = "", signer: str = ""
    ) -> None:
        self.signer = signer
        if signer.startswith("account "):
            self.advice = self._of_account
        super().__init__(status, words, request_key)
        if signer:
            self.args = (f"{signer}: {self.args[0]}",)

    def __reduce__(self) -> tuple[type[AuthenticationFailed], tuple[object, ...]]:  # type: ignore[override]
        """Pickle by parts."""
        return type(self), (self.status, self.words, self.request_key, self.signer)


class AppKeysRefused(AuthenticationFailed):
    """The service does not accept an app's key and secret."""

    advice = (
        "The app's key and secret are not accepted: they don't belong together, or one is mistyped."
    )


class LoginRefused(ApiError):
    """A login ended without an account's keys: a wrong PIN, a No, or too late."""

    advice = "Begin again: a PIN or an answer serves once, and only for some minutes."


class AppNotEnabled(ApiError):
    """The app is not enabled for the Engagement API."""

    advice = "The app id needs an enterprise contract: ask your account manager to enable it."


class ForbiddenTweets(ApiError):
    """403: a user token may only ask for its own account's tweets."""

    advice = (
        "These tweets belong to another account: sign with their owner's keys. Without these there "
        "are only the public metrics of totals, by app-only keys."
    )


class ForbiddenMetrics(ApiError):
    """403: this credential may not ask for these metrics."""

    advice = (
        "Sign with the author's keys: impressions, engagements and all of 28hr and historical "
        "need them."
    )


class WrongAddress(ApiError):
    """404: nothing of the Engagement API lives at this address."""

    advice = (
        "Look at base_url=: the API lives at https://data-api.twitter.com/insights/engagement, "
        "not at api.twitter.com."
    )


class GzipRequired(ApiError):
    """406: something between us and the API removed `Accept-Encoding: gzip`."""

    advice = "A proxy seems to rewrite headers; the kit itself always offers gzip."


class RequestRefused(ApiError):
    """Another 4xx: asking again would not help."""

    advice = "The API refuses this request as it stands; it is kept in the raw store."


class RateLimited(ApiError):
    """429: still refused after all retries."""

    advice = "Wait a minute and run again: what has been answered is not asked twice."


class ServerFault(ApiError):
    """5xx: the service itself failed, after all retries."""

    advice = "Run again later: what has been answered is not asked twice."


class ConnectionBroken(EngagementError):
    """No answer came: a timeout, or a refused or reset connection.

    Attributes
    ----------
    reached
        Whether the request may have got there. False where no connection could be made at all:
        that is no fault of what was asked.
    detail
        The words of the library that tried; a traceback shows them below.
    """

    def __init__(self, *words: object, reached: bool = True, detail: str = "") -> None:
        super().__init__(*words)
        self.reached, self.detail = reached, detail
        if detail:
            self.add_note(f"In detail: {detail}")


class StoreError(EngagementError):
    """A raw store that can't be read or written."""


class NotInStore(StoreError):
    """What was looked for is not there: a store, or a run of it. Nothing was sent or changed."""


class TableError(EngagementError, ValueError):
    """Tables that can't be summed, joined or put together as asked."""


class NoSuchTable(TableError):
    """A table that a result can't give: of no such name, or finer than what was asked."""


class NotWritten(TableError):
    """A file or folder can't be written; what is stored is kept."""


class AccountOverage(UserWarning):
    """A run signs for more accounts than the contract names for a month; those are billed."""


class DamagedAnswer(UserWarning):
    """Stored answers that can't be read. They are set aside, or left out; the text says which."""


class DamagedRecord(UserWarning):
    """What a store kept of a run can't be read; its answers serve all the same."""


class FolderHoldsMore(UserWarning):
    """A new store is made in a folder that holds other files. These are left as they are."""


class LooksPromoted(UserWarning):
    """Tweets whose engagements are more than their organic impressions explain."""


class MissingNumbers(UserWarning):
    """A table came back, and some wanted numbers are not in it. The text counts them."""


class SharedClusters(UserWarning):
    """Clusters with tweets of both compared groups, taken as if each group had its own."""
