"""What a client's keys and its contract permit: checked, and counted, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from engagement_kit.answers.store import Store
from engagement_kit.client import contract, signing
from engagement_kit.client.standing import Standing
from engagement_kit.question.contract import Usage
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan


class Permits(Standing):
    """What a client may ask; see `engagement_kit.client.client.Client`."""

    def check_keys(self, plan: Plan) -> None:
        """Make sure that every request of a plan can be signed; `run` does it first.

        It looks at keys alone; at the contract looks `check_contract`.

        Parameters
        ----------
        plan
            A plan of this client's, as `plan` gives it.

        Raises
        ------
        CredentialsMissing
            When one can't, or nobody's keys can ask what is wanted; it says whose are missing.
        """
        signing.check_keys(plan, self.connection.credentials)

    def check_contract(self, plan: Plan) -> None:
        """Make sure that a plan keeps to the contract, as it was counted; `run` counts anew first.

        Parameters
        ----------
        plan
            A plan of this client's, as `plan` gives it.

        Raises
        ------
        AccountsExceeded
            When the plan would sign for more accounts than the contract names, and
            ``overage="stop"`` was given to ``ek.connect``.
        """
        contract.check_contract(plan.usage, self.overage)

    def usage(
        self, plan: Plan | None = None, *, store: str | Path | Store | None = None
    ) -> Usage | None:
        """Count the accounts of the month, those that a plan still signs for among them.

        Parameters
        ----------
        plan
            The plan. Without one: who signed so far, by name in `before`.
        store
            The store from which they are counted; the client's own by default.

        Returns
        -------
        Usage or None
            None where ``ek.connect`` was not told the contract's number of accounts.
        """
        place = self._open(store)
        known = place.known()
        if plan is None:
            return self._of_month(known, ())
        return self._counted(plan, place, known).usage

    def _of_month(self, known: Iterable[Known], names: Iterable[str | None]) -> Usage | None:
        """Count the accounts of the month, some of them by name."""
        if self.contracted is None:
            return None
        where = self.connection.where
        return contract.of_month(
            known, names, now=self.now(), where=where, contracted=self.contracted
        )

    def _counted(self, made: Plan, place: Store, known: Sequence[Known]) -> Plan:
        """Write the accounts of the month into a plan; what it counted before is another's."""
        if self.contracted is None:
            return replace(made, usage=None)
        return contract.counted(made, place, known, now=self.now(), contracted=self.contracted)
