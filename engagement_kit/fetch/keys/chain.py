"""Which of the keys that were found count: one app, and the accounts that logged in by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.credentials import UNNAMED, Credentials, UserKeys, by_number
from engagement_kit.fetch.keys.kept import Account, same
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.keys.sources import VARIABLES, Found
from engagement_kit.question.amounts import few

_CONSUMER: Final = ("consumer_key", "consumer_secret")
_TOKEN: Final = ("access_token", "access_token_secret")
_NAME: Final = re.compile(r"\s*@?\w{1,20}\s*")
_HOW_TO: Final = (
    "`engagement-kit login` leads you through it, as ek.ConnectForm() does in a notebook. "
    f"Or set environment variables ({', '.join(names[1] for names in VARIABLES.values())}), "
    "in the environment or a file .env, or pass them to ek.connect, or let it ask (ask=True). "
    'ek.connect("emulator") needs no keys.'
)


def combined(
    founds: Iterable[Found | None],
    account: str = "",
    service: str = "the live API",
    hint: Callable[[], str] = lambda: "",
) -> Credentials:
    """Combine what sources hold: of each part the first counts, and never keys of two apps.

    Parameters
    ----------
    founds
        The sources in their order.
    account
        Who signs where a query names no owner: a name, with "@" or without, or a user id. It may
        name the account of a lone token, of which nothing but a user id is known. Empty: the
        account of the first token, else the one that is kept as the default.
    service
        What the keys are for, in words.
    hint
        Says what else may help, where none are found.

    Returns
    -------
    Credentials
        Complete for at least one kind of request.

    Raises
    ------
    CredentialsMissing
        When there are none, only a part of a pair, or none of `account`.

    Examples
    --------
    >>> combined([Found("a test", {"bearer_token": Secret("abc")})]).kinds
    ('app',)
    """
    there = [one for one in founds if one is not None]
    fits = of_one_app(there)
    parts = {**_pair(_CONSUMER, fits), **_pair(_TOKEN, fits), **_lone("bearer_token", fits)}
    accounts = _accounts(fits)
    passed = [one.trouble for one in there if one.trouble]
    passed += of_other_apps(there)
    passed += _lone_secrets(parts, fits)
    _complete(parts, accounts, passed, service, hint)
    aliases: dict[str, str] = {}
    for name, (one, _) in accounts.items():
        if one.user_id:
            aliases.setdefault(one.user_id, name)
    own = _of_token(parts, aliases, _new_name(account, parts, accounts))
    aliases |= {keys.user_id: name for name, keys in own.items() if keys.user_id}
    kept = {name: one for name, one in accounts.items() if name not in own}
    users = own | {name: one.keys for name, (one, _) in kept.items()}
    return Credentials(
        consumer_key=_value(parts, "consumer_key"),
        consumer_secret=_value(parts, "consumer_secret"),
        users=users,
        account=signing(account, users, aliases) if account else _default(users, own, fits),
        bearer=_value(parts, "bearer_token"),
        found_in=", ".join(dict.fromkeys(one.source for one in _sources(parts, kept))),
        aliases=aliases,
        origins=tuple(_origins(parts, kept, own)),
        passed_over=tuple(passed),
    )


def app_of(founds: Iterable[Found | None]) -> dict[str, Secret]:
    """Give what sources hold of the app's keys: key and secret of one app, or a part of them."""
    return {name: secret for name, (secret, _) in _app(founds).items()}


def source_of_app(founds: Iterable[Found | None]) -> str:
    """Say in words where the app's keys of `app_of` are from."""
    pair = _app(founds)
    return _where(pair, [name for name in _CONSUMER if name in pair])


def _app(founds: Iterable[Found | None]) -> dict[str, tuple[Secret, Found]]:
    return _pair(_CONSUMER, of_one_app([one for one in founds if one is not None]))


_Parts = Mapping[str, tuple[Secret, Found]]
_Accounts = Mapping[str, tuple[Account, Found]]


def _value(parts: _Parts, name: str) -> Secret | None:
    return parts[name][0] if name in parts else None


def _first(name: str, founds: Sequence[Found]) -> tuple[Secret, Found] | None:
    return next(((one.parts[name], one) for one in founds if name in one.parts), None)


def _pair(names: tuple[str, str], founds: Sequence[Found]) -> dict[str, tuple[Secret, Found]]:
    """Take a key and its secret: a given one, that of its own source, else one beside no other."""
    key = _first(names[0], founds)
    if key is not None:
        others = [one for one in founds if one.parts.get(names[0], key[0]) == key[0]]
        by_hand = [one for one in others if one.by_hand]
        named = [one for one in others if names[0] in one.parts]
        founds = [*by_hand, key[1], *named, *others]
    secret = _first(names[1], founds)
    pair = {names[0]: key, names[1]: secret}
    return {name: one for name, one in pair.items() if one is not None}


def _lone(name: str, founds: Sequence[Found]) -> dict[str, tuple[Secret, Found]]:
    found = _first(name, founds)
    return {} if found is None else {name: found}


def _lone_secrets(parts: _Parts, founds: Sequence[Found]) -> Iterable[str]:
    """Say which secrets stand without a key, and were not taken: the key has one beside it."""
    for name, second in (_CONSUMER, _TOKEN):
        for one in founds:
            if second in one.parts and name not in one.parts and one is not parts[second][1]:
                yield f"{one.source}: {second} without {name}"


def of_one_app(founds: Sequence[Found]) -> list[Found]:
    """Leave out sources that have keys of another app than the first that has any."""
    key = _first("consumer_key", founds)
    return [one for one in founds if key is None or one.parts.get("consumer_key", key[0]) == key[0]]


def of_other_apps(founds: Sequence[Found]) -> list[str]:
    """Say which sources `of_one_app` leaves out, in the words of `Credentials.passed_over`."""
    fits = of_one_app(founds)
    return [f"{one.source}: keys of another app" for one in founds if one not in fits]


def _accounts(founds: Sequence[Found]) -> dict[str, tuple[Account, Found]]:
    """List the accounts by name; of one that stands twice, whatever its name, the first counts."""
    accounts: dict[str, tuple[Account, Found]] = {}
    for found in founds:
        for one in found.accounts:
            if not any(same(one, other) for other, _ in accounts.values()):
                accounts[one.name] = one, found
    return accounts


def _new_name(asked: str, parts: _Parts, accounts: _Accounts) -> str:
    """Give a person's word for an account where it may name a lone token; else nothing.

    A number names no account anew, for user ids are numbers; nor does what a key could be.
    """
    name = asked.strip().removeprefix("@")
    taken = any(name.casefold() == one.casefold() for one in accounts)
    is_key = any(one.reveal() in name for one, _ in parts.values())
    return name if _NAME.fullmatch(name) and not (name.isdecimal() or taken or is_key) else ""


def _of_token(parts: _Parts, aliases: Mapping[str, str], new: str) -> dict[str, UserKeys]:
    """Name the account of a lone token: as it is kept, as asked, or by its own user id."""
    token, secret = _value(parts, "access_token"), _value(parts, "access_token_secret")
    if token is None or secret is None:
        return {}
    keys = UserKeys(token, secret)
    return {aliases.get(keys.user_id) or new or keys.user_id or UNNAMED: keys}


def signing(asked: str, users: Mapping[str, object], aliases: Mapping[str, str]) -> str:
    """Find the account that a person named: by its name in any case, or its user id.

    Raises
    ------
    CredentialsMissing
        When there is none.

    Examples
    --------
    >>> signing("@Acme", {"acme": None}, {})
    'acme'
    """
    wanted = asked.strip().removeprefix("@")
    folded = {name.casefold(): name for name in users}
    name = folded.get(wanted.casefold()) or aliases.get(wanted)
    if name is None:
        known = ", ".join(users) or "none"
        # Anything but a name may be a key that stands in the wrong place.
        which = f"account {asked!r}" if _NAME.fullmatch(asked) else "that account"
        msg = f"there are no keys of {which}; accounts with keys: {known}{by_number(users)}"
        raise CredentialsMissing(msg)
    return name


def _default(
    users: Mapping[str, object], own: Mapping[str, object], founds: Sequence[Found]
) -> str:
    """Choose who signs where nobody is named: who has a lone token, the kept default, the first."""
    kept = [one.default for one in founds if one.default in users]
    return next(iter([*own, *kept, *users]), "")


def missing_halves(parts: Collection[str], *, accounts: bool) -> tuple[str, ...]:
    """Name the parts without which others can't sign.

    Parameters
    ----------
    parts
        The names of those that there are.
    accounts
        Whether there are accounts with keys, too.

    Examples
    --------
    >>> missing_halves({"access_token"}, accounts=False)
    ('access_token_secret', 'consumer_key', 'consumer_secret')
    """
    halves = [pair for pair in (_CONSUMER, _TOKEN) if (pair[0] in parts) != (pair[1] in parts)]
    if ("access_token" in parts or accounts) and "consumer_key" not in parts:
        halves.append(_CONSUMER)
    return tuple(dict.fromkeys(one for pair in halves for one in pair if one not in parts))


def _complete(
    parts: _Parts,
    accounts: _Accounts,
    passed: Sequence[str],
    service: str,
    hint: Callable[[], str],
) -> None:
    """Refuse pairs of which one half is missing, and nothing at all."""
    missing = missing_halves(parts, accounts=bool(accounts))
    also = "".join(f" Note: {one}." for one in passed)
    if missing:
        msg = f"keys are incomplete: {', '.join(missing)} missing.{also} {_HOW_TO}"
        raise CredentialsMissing(msg)
    if not parts:
        more = hint()
        msg = f"no keys for {service} were found.{also} {more}{' ' if more else ''}{_HOW_TO}"
        raise CredentialsMissing(msg)


def _sources(parts: _Parts, kept: _Accounts) -> Iterable[Found]:
    """Give the sources of all that counts."""
    yield from (found for _, found in (*parts.values(), *kept.values()))


def _origins(parts: _Parts, kept: _Accounts, own: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Say what was found, and where."""
    if "consumer_key" in parts:
        yield "app", _where(parts, _CONSUMER)
    for name in own:
        yield f"account {name}", _where(parts, _TOKEN)
    by_source: dict[str, list[str]] = {}
    for name, (_, found) in kept.items():
        by_source.setdefault(found.source, []).append(name)
    for source, names in by_source.items():
        yield ("account " if len(names) == 1 else "accounts ") + few(names), source
    if "bearer_token" in parts:
        yield "bearer token", _where(parts, ("bearer_token",))


def _where(parts: _Parts, names: Sequence[str]) -> str:
    """Say where parts stand: the sources, and what they call them."""
    called: dict[str, list[str]] = {}
    for name in names:
        _, found = parts[name]
        called.setdefault(found.source, []).extend(filter(None, [found.names.get(name)]))
    return "; ".join(
        source + (f" ({', '.join(known)})" if known else "") for source, known in called.items()
    )
