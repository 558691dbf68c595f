"""The life of a loan in transactions: paid out, paid back, fallen due, defaulted; debtor and creditor by one door.

Nobody is ever below zero: what is not there is not paid, and who does not pay in time loses the collateral.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.genesis import collateral
from engine.genesis.collateral import ID, must
from engine.genesis.contracts import CLAIM
from engine.kernel import ledger, loans
from engine.kernel.actions import Write, new_artifact
from engine.kernel.entities import SCRIP, Json, SimTime
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.loans import DEFAULTED, IN_DEFAULT, OUTSTANDING, SETTLED, Loan, LoanState, Schedule, Split
from engine.kernel.storage import artifact_size
from engine.kernel.transaction import Transaction

TYPE = "loan"
TERMS = ("rate", "period", "periods", "schedule", "compound", "grace", "late_rate", "early_fee", "recourse", "auto_pay")
"""What is agreed beside the principal and the collateral, by the names of the loan's fields."""


def new_loan(tx: Transaction, lender: str, borrower: str, principal: int, terms: Json) -> Loan | Refusal:
    """Write down a loan: its artifact is the lender's, and so are its bytes. Nothing is paid out here."""
    schedule = Schedule(terms["schedule"])
    metadata = described(lender, borrower, principal, terms, tx.at)
    write = Write("", type=TYPE, access=(CLAIM,), metadata=metadata)
    number = tx.next_id("artifact")
    made = new_artifact(tx, f"{TYPE}.{number}", ID, write, payer=lender)
    if isinstance(made, Refusal):
        return made
    tx.put(tx.state.artifacts, replace(made, controller=lender))
    loan = _row(tx.at, made.id, number, lender, borrower, principal, {**terms, "schedule": schedule})
    tx.put(tx.state.loans, loan)
    return loan


def described(lender: str, borrower: str, principal: int, terms: Json, at: SimTime) -> Json:
    """What the artifact of a loan says, for everybody to read."""
    parties: Json = {"lender": lender, "borrower": borrower, "principal": principal}
    return {**parties, **{name: terms[name] for name in TERMS}, "began_at": at, "status": OUTSTANDING}


def _row(
    at: SimTime, loan_id: str, number: int, lender: str, borrower: str, principal: int, terms: dict[str, Any]
) -> Loan:
    fixed = loans.instalment(terms["schedule"], principal, terms["rate"], terms["periods"])
    loan = Loan(
        id=loan_id,
        number=number,
        lender=lender,
        borrower=borrower,
        principal=principal,
        **terms,
        instalment=fixed,
        began_at=at,
        state=LoanState.CURRENT,
        left=principal,
        base=principal,
        interest=0,
        remainder=0,
        late=0,
        late_remainder=0,
        accrued_at=at,
        fallen=0,
        due_principal=0,
        due_interest=0,
        late_since=None,
        next_at=None,
        collateral=(),
    )
    return loans.standing(loan)


def example(principal: int, terms: Json) -> Loan:
    """A loan on these terms that nobody has taken, to reckon with."""
    return _row(0, "", 0, "", "", principal, {**terms, "schedule": Schedule(terms["schedule"])})


def secured(tx: Transaction, loan: Loan, items: Iterable[Json]) -> Loan:
    """Tell that a loan was made, with what is in custody for it."""
    loan = replace(loan, collateral=tuple(items))
    tx.put(tx.state.loans, loan)
    tx.emit(
        "debt.lent",
        loan.lender,
        loan.borrower,
        loan=loan.id,
        principal=loan.principal,
        **{name: getattr(loan, name) for name in TERMS},
        collateral=[shown(item) for item in loan.collateral],
    )
    return loan


def shown(item: Json) -> Json:
    """A collateral item as people are shown it, without the number of its hold."""
    return {name: value for name, value in item.items() if name != "hold"}


# -- who is paid ---------------------------------------------------------------------------------------------------


def payee(tx: Transaction, loan: Loan) -> str:
    """Who is paid: the principal that controls the claim, or stands behind what controls it.

    Of a claim for sale that is its seller, of one that is itself collateral whoever has pledged it; of an artifact
    without standing its controller. Where nobody is found, the lender.
    """
    row = tx.get(tx.state.artifacts, loan.id)
    for _ in range(10):
        if row is None:
            break
        who = row.controller
        if who == ID:
            pledged = [one.borrower for one in tx.scan(tx.state.pledged, row.id)]
            pledged += [one.maker for one in tx.scan(tx.state.pledged_in_offers, row.id)]
            who = pledged[0] if pledged else who
        elif (escrowed := tx.get(tx.state.escrowed, row.id)) is not None:
            who = escrowed.seller
        if tx.is_principal(who):
            return who
        behind = tx.get(tx.state.artifacts, who)
        row = behind if behind is not row else None
    return loan.lender


# -- paying --------------------------------------------------------------------------------------------------------


def pay(tx: Transaction, loan: Loan, payer: str, money: int, auto: bool = False) -> tuple[Loan, Split] | Refusal:
    """Take up to `money` for a loan that is accrued to now; it is over when nothing is owed any more."""
    after, split = loans.paid(loan, money)
    if not split.total:
        return after, split
    holder = payee(tx, loan)
    parts = (("interest", split.interest), ("principal", split.principal), ("penalty", split.late), ("fee", split.fee))
    for name, amount in parts:
        if amount and (refusal := ledger.transfer(tx, SCRIP, payer, holder, amount, f"{name} {loan.id}")) is not None:
            return refusal
    after = loans.standing(after)
    tx.emit(
        "debt.paid",
        payer,
        holder,
        loan=loan.id,
        borrower=loan.borrower,
        amount=split.total,
        interest=split.interest,
        principal=split.principal,
        late=split.late,
        fee=split.fee,
        left=after.owed,
        auto=auto,
    )
    if after.owed:
        tx.put(tx.state.loans, after)
    else:
        _over(tx, after, holder)
    return after, split


def _over(tx: Transaction, loan: Loan, holder: str) -> None:
    """End a loan that is paid: collateral goes back, the artifact says so and stays."""
    collateral.give_back(tx, loan.collateral, loan.borrower)
    defaulted = loan.state is LoanState.DEFAULTED
    _close(tx, loan, DEFAULTED if defaulted else SETTLED)
    tx.emit("debt.settled", loan.borrower, holder, loan=loan.id, principal=loan.principal)


def _close(tx: Transaction, loan: Loan, status: str) -> None:
    tx.delete(tx.state.loans, loan.id)
    mark(tx, loan.id, status)


def mark(tx: Transaction, loan_id: str, status: str) -> None:
    """Write on a loan's artifact what has become of it; that never takes more bytes than it had."""
    row = tx.get(tx.state.artifacts, loan_id)
    if row is None:
        raise InvariantBroken(f"{loan_id} is outstanding and its artifact is gone")
    metadata = {**row.metadata, "status": status}
    size = artifact_size("", row.interface, metadata)
    if row.disk_hold is not None:
        must(ledger.resize(tx, row.disk_hold, size))
    tx.put(tx.state.artifacts, replace(row, metadata=metadata, size=size, updated_at=tx.at))


# -- falling due ---------------------------------------------------------------------------------------------------


def mature(tx: Transaction, loan_id: str) -> None:
    """Do what time has brought: a payment falls due and is taken if agreed, or grace is over and the loan defaults."""
    loan = tx.get(tx.state.loans, loan_id)
    if loan is None or loan.next_at is None:
        raise InvariantBroken(f"{loan_id} was due but is not there")
    boundary = loan.boundary
    if boundary is not None and boundary <= tx.at:
        loan = loans.fallen_due(loans.accrued(loan, boundary))
    loan = loans.standing(loans.accrued(loan, tx.at))
    tx.put(tx.state.loans, loan)
    loan = collect(tx, loan)
    if not loan.owed or not loan.due:
        return
    since, until = loan.late_since, (loan.late_since or 0) + loan.grace
    if since is not None and until <= tx.at:
        _default(tx, loan)
    elif since == tx.at:
        holder = payee(tx, loan)
        tx.emit("debt.late", loan.borrower, holder, loan=loan.id, due=loan.due, owed=loan.owed, until=until)


def collect(tx: Transaction, loan: Loan) -> Loan:
    """Take what is due from what the borrower has free, where that was agreed."""
    free = ledger.balance(tx, loan.borrower, SCRIP).available
    if not loan.auto_pay or not loan.due or not free:
        return loan
    made = pay(tx, loan, loan.borrower, min(free, loan.due), auto=True)
    if isinstance(made, Refusal):
        raise InvariantBroken(f"{loan.id} could not take what {loan.borrower} has: {made}")
    return made[0]


def _default(tx: Transaction, loan: Loan) -> None:
    """Grace is over: what secures the loan goes to its holder, the rest stays owed (recourse) or is written off."""
    holder, owed, items = payee(tx, loan), loan.owed, loan.collateral
    taken = collateral.seize(tx, items, loan.borrower, holder, owed, f"seized {loan.id}")
    recovered = sum(line["counted"] for line in taken)
    loan = replace(loans.called(loan), state=LoanState.DEFAULTED, late_since=None, next_at=None, collateral=())
    loan, split = loans.paid(loan, recovered)
    claim = loan.owed if loan.recourse else 0
    tx.emit(
        "debt.defaulted",
        loan.borrower,
        holder,
        loan=loan.id,
        owed=owed,
        recovered=recovered,
        principal=loan.left + split.principal,
        claim=claim,
        lost=loan.owed - claim,
        seized=taken,
    )
    if claim:
        tx.put(tx.state.loans, loan)
        mark(tx, loan.id, IN_DEFAULT)
    else:
        _close(tx, loan, DEFAULTED)


def forgive(tx: Transaction, loan: Loan, holder: str) -> None:
    """End a loan because its holder says so: collateral goes back, nothing is owed any more."""
    collateral.give_back(tx, loan.collateral, loan.borrower)
    status = DEFAULTED if loan.state is LoanState.DEFAULTED else SETTLED
    _close(tx, loan, status)
    tx.emit("debt.forgiven", holder, loan.borrower, loan=loan.id, owed=loan.owed)
