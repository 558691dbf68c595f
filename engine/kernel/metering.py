"""What running code costs within one transaction, and whether those who bear it can.

Who acts is known only to the step that is being taken, so a cost can be put on "whoever acts" (an empty name): a
verdict that is kept for later says so too.
"""

from engine.kernel import ledger
from engine.kernel.entities import Usage
from engine.kernel.errors import EcosimError
from engine.kernel.transaction import Transaction

CPU = "cpu_rate"
ACTING = ""
"""Stands for whoever acts."""

Costs = tuple[tuple[str, int], ...]


class OutOfCapacity(EcosimError):
    """What was to be done costs more than its bearer may use now: `needed` in all, of `allocation` per window."""

    def __init__(self, principal: str, needed: int, allocation: int) -> None:
        super().__init__(f"{principal} needs {needed} {CPU} and may use {allocation} per window")
        self.principal = principal
        self.needed = needed
        self.allocation = allocation


class Meter:
    """The costs of one step in CPU-µs, by who bears them; `base` is what the acting agent's action costs besides."""

    __slots__ = (
        "_reads",
        "_scans",
        "_tx",
        "acting",
        "base",
        "charges",
        "measured",
        "overruns",
        "spent",
        "step",
    )

    def __init__(self, tx: Transaction, acting: str, base: int, step: int = 0) -> None:
        self._tx = tx
        self._reads, self._scans = tx.reads, tx.scans
        self.acting = acting
        self.base = base
        self.step = step
        self.overruns = 0  # turns of code that had to be stopped
        self.measured: list[int] = []  # CPU-µs of each turn, where that is what is charged
        self.charges: list[tuple[str, int]] = []
        self.spent: dict[str, int] = {}

    def charge(self, principal: str, amount: int) -> None:
        """Put a cost on a principal; raises OutOfCapacity if it cannot bear it."""
        if amount <= 0:
            return
        self.charges.append((principal, amount))
        who = principal or self.acting
        spent = self.spent.get(who, 0) + amount
        self.spent[who] = spent
        needed = spent + (self.base if who == self.acting else 0)
        free = self.free(who)
        if free is not None and needed > free:
            raise OutOfCapacity(who, needed, ledger.balance(self._tx, who, CPU).available)

    def take(self, principal: str, amount: int) -> None:
        """Put a cost on a principal as far as it can bear it: there is no debt."""
        who = principal or self.acting
        spent = self.spent.get(who, 0)
        free = self.free(who)
        taken = amount if free is None else min(amount, free - spent - (self.base if who == self.acting else 0))
        if taken > 0:
            self.charges.append((principal, taken))
            self.spent[who] = spent + taken

    def free(self, who: str) -> int | None:
        """What a principal may still use now; None where capacity is not counted."""
        tx = self._tx
        inner = tx.reads, tx.scans
        # The transaction rests on this, and no verdict does that is being taken in it meanwhile.
        tx.reads, tx.scans = self._reads, self._scans
        try:
            asset = tx.get(tx.state.assets, CPU)
            if asset is None:
                return None
            return ledger.balance(tx, who, CPU).available - tx.used(who, CPU, asset.window)
        finally:
            tx.reads, tx.scans = inner

    def post(self) -> None:
        """Book what was spent, as far as there is capacity: what was run has been run, whatever came of it."""
        if self.measured:
            self._tx.emit("sandbox.measured", self.acting, "", step=self.step, cpu=self.measured)
        if self._tx.get(self._tx.state.assets, CPU) is None:
            return
        for who, amount in self.spent.items():
            free = self.free(who)
            kept = self.base if who == self.acting else 0
            if free is not None and (paid := min(amount, free - kept)) > 0:
                self._tx.use(Usage(who, CPU, paid))


def meter_of(tx: Transaction) -> Meter:
    """The meter of a transaction, made when the first code runs in it; `close` lets go of it."""
    if tx.meter is None:
        tx.meter = Meter(tx, *tx.acting)
    found: Meter = tx.meter
    return found
