"""What would a request meet on its way: proxies, certificates, an answer? Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from engagement_kit.client.health.finding import Finding, note, ok, problem, warning

Trouble = Literal["", "name", "refused", "tls", "proxy", "slow", "other"]

_CAUSE: Final[dict[Trouble, str]] = {
    "name": "its name is not known here",
    "refused": "nobody listens there",
    "tls": "its certificate can't be trusted here",
    "proxy": "the proxy does not let it through",
    "slow": "no answer within {seconds:.0f} s",
    "other": "no answer came",
}
_MEND: Final[dict[Trouble, str]] = {
    "name": "Is the network up, and the address written rightly? Try: nslookup {host}",
    "refused": "Is the address right? Try: curl -I {origin}/",
    "tls": "Behind a company's proxy: REQUESTS_CA_BUNDLE=/path/of/its/certificates.pem",
    "proxy": "Ask whoever runs the proxy to let {host} through, or set HTTPS_PROXY or NO_PROXY.",
    "slow": "A firewall may drop it. Try: curl -I {origin}/",
    "other": "Try: curl -I {origin}/",
}
_START: Final = "Start it: engagement-kit emulator --port {port}; or unset ENGAGEMENT_KIT_BASE_URL"


@dataclass(frozen=True)
class WaySeen:
    """What a request to a service would pass.

    Attributes
    ----------
    origin
        Scheme and host, as in "https://data-api.twitter.com".
    proxy
        The proxy that it would take, without its user; empty where there is none.
    bundle, bundle_from
        The file of certificates that the environment names, and the variable that does.
    bundle_there
        Whether there is such a file or folder.
    """

    origin: str
    proxy: str = ""
    bundle: str = ""
    bundle_from: str = ""
    bundle_there: bool = True


@dataclass(frozen=True)
class ReachSeen:
    """Whether a service answers.

    Attributes
    ----------
    origin
        Scheme and host.
    trouble
        Why no answer came; empty where one came.
    status
        The HTTP status of the answer.
    seconds
        How long it took.
    emulator
        The name of the emulator that answers there; empty where none does.
    own
        Whether the address is of this machine.
    """

    origin: str
    trouble: Trouble = ""
    status: int = 0
    seconds: float = 0.0
    emulator: str = ""
    own: bool = False


def of_way(seen: WaySeen) -> Iterator[Finding]:
    """Judge what a request would pass.

    Examples
    --------
    >>> [one.seen for one in of_way(WaySeen("https://data-api.twitter.com"))]
    ['requests to https://data-api.twitter.com take no proxy, and the usual certificates']
    """
    if not (seen.proxy or seen.bundle):
        yield ok("way", f"requests to {seen.origin} take no proxy, and the usual certificates")
        return
    if seen.proxy:
        what = f"requests to {seen.origin} would go through the proxy {seen.proxy}"
        why = "It sees which host is called; the variables of the environment say so."
        yield note("proxy", what, why, "Not meant? NO_PROXY=" + _host(seen.origin))
    if seen.bundle and seen.bundle_there:
        what = f"certificates are checked against {seen.bundle} ({seen.bundle_from})"
        yield note("certificates", what, "It counts in place of the usual list.")
    elif seen.bundle:
        what = f"{seen.bundle_from} names {seen.bundle}, and there is no such file"
        remedy = f"unset {seen.bundle_from}, or name the file that there is"
        yield problem("certificates", what, "Every request over https fails.", remedy)


def of_reach(seen: ReachSeen) -> Iterator[Finding]:
    """Judge whether a service answers."""
    took = f"answered in {seen.seconds * 1000:.0f} ms"
    if seen.emulator:
        yield ok("service", f"{seen.origin} {took}: {seen.emulator}, invented data")
    elif not seen.trouble and seen.status == 407:
        what = "the proxy asks for a user and a password (407)"
        remedy = "Name them in the address of HTTPS_PROXY, as in http://USER:PASSWORD@HOST:PORT"
        yield problem("service", what, "No request gets through.", remedy)
    elif not seen.trouble and seen.own:
        what = f"{seen.origin} {took}, and is no emulator of the kit"
        why = "What it answers would be taken for the live API's."
        remedy = "Is it a proxy or a test of your own? Else: engagement-kit emulator --port 0"
        yield warning("service", what, why, remedy)
    elif not seen.trouble:
        asked = "a HEAD of its first page, unsigned, which is not billed"
        yield ok("service", f"{seen.origin} {took} ({asked}; status {seen.status})")
    else:
        cause = _CAUSE[seen.trouble].format(seconds=seen.seconds)
        host = _host(seen.origin)
        mend = _MEND[seen.trouble].format(host=host, origin=seen.origin)
        if seen.own:
            port = seen.origin.rpartition(":")[2]
            mend = _START.format(port=port if port.isdecimal() else 8765)
        what = f"{seen.origin} was not reached: {cause}"
        yield problem("service", what, "Nothing can be asked there.", mend)


def _host(origin: str) -> str:
    return origin.partition("://")[2].partition(":")[0]


def of_emulator(trouble: str, served: str) -> Iterator[Finding]:
    """Judge whether an emulator can be started on this machine.

    Parameters
    ----------
    trouble
        What kept it from starting or from answering; empty where nothing did.
    served
        What it said of its clock.
    """
    if not trouble:
        yield ok("emulator", f"it starts on a free port of this machine, and answers: {served}")
        return
    what = f"an emulator can't be started and asked on this machine: {trouble}"
    why = 'ek.connect("emulator"), the demo and the notebooks need it.'
    remedy = (
        "Allow Python to listen on 127.0.0.1: a firewall, a sandbox or a virus scanner forbids it."
    )
    yield problem("emulator", what, why, remedy)


def of_tries(tries: list[tuple[str, str, str]]) -> Iterator[Finding]:
    """Judge what came of trying keys: triples of credential, outcome and what was said."""
    for credential, outcome, said in tries:
        what = f"{credential}: {outcome}. {said}"
        if outcome == "accepted":
            yield ok("keys, tried", what)
        elif outcome == "refused":
            remedy = "Get new ones: engagement-kit login. A clock that is off refuses all keys."
            yield problem("keys, tried", what, "Requests that it signs fail.", remedy)
        else:
            remedy = "Try again: engagement-kit keys --try"
            yield warning("keys, tried", what, "Whether it is accepted is not known.", remedy)
