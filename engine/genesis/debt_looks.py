"""What `genesis_debt` tells: offers, one's loans and claims, the state of a loan, and what is to be paid when."""

from typing import Annotated, Literal

from pydantic import Field

from engine.genesis import lending
from engine.genesis.base import Args, method
from engine.genesis.ledger import Id
from engine.kernel import loans
from engine.kernel.actions import Call
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from engine.kernel.loans import Loan, LoanOffer, Payment
from engine.kernel.transaction import Transaction

EXAMINED = 1_000
"""Offers that one look goes through at most."""
MOST = 100
"""Loans of each kind that one look shows at most."""
_Page = Annotated[str, Field(max_length=80)]


class OffersArgs(Args):
    """Arguments of `offers`."""

    side: Literal["lend", "borrow"] | None = None
    after: Annotated[int, Field(description="go on after this offer: `next` of the page before")] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class MyLoansArgs(Args):
    """Arguments of `my_loans`."""

    owing_after: Annotated[_Page, Field(description="go on after this loan: `owing_next` of the page before")] = ""
    owed_after: Annotated[_Page, Field(description="go on after this claim: `owed_next` of the page before")] = ""


class TermsOfArgs(Args):
    """Arguments of `terms`."""

    loan: Id


class PlanArgs(Args):
    """Arguments of `plan`: an offer or a loan."""

    offer: int | None = None
    loan: Id | None = None


def offer_facts(offer: LoanOffer) -> Json:
    """An offer as plain data."""
    return {
        "offer": offer.id,
        "side": offer.side,
        "by": offer.maker,
        "only": offer.only or None,
        "principal": offer.principal,
        **offer.terms,
        "collateral": [lending.shown(item) for item in offer.collateral],
        "expires_at": offer.expires_at,
    }


def loan_facts(tx: Transaction, loan: Loan) -> Json:
    """A loan that is accrued to now as plain data."""
    return {
        "loan": loan.id,
        "state": loan.state.value,
        "lender": loan.lender,
        "borrower": loan.borrower,
        "holder": lending.payee(tx, loan),
        "principal": loan.principal,
        **{name: getattr(loan, name) for name in lending.TERMS},
        "began_at": loan.began_at,
        "owed": loan.owed,
        "left": loan.left,
        "interest": loan.interest,
        "late": loan.late,
        "due": loan.due,
        "payoff": loan.payoff,
        "next_at": loan.next_at,
        "collateral": [lending.shown(item) for item in loan.collateral],
    }


async def _offers(call: Call, args: OffersArgs) -> Json | Refusal:
    tx = call.tx
    found: list[Json] = []
    last = args.after
    page = tx.page(tx.state.loan_offer_ids, args.after, EXAMINED)
    for offer in page:
        if len(found) == args.limit:
            break
        last = offer.id
        if args.side in (None, offer.side):
            found.append(offer_facts(offer))
    whole = len(page) < EXAMINED and (not page or last == page[-1].id)
    return {"offers": found, "next": None if whole else last}


async def _my_loans(call: Call, args: MyLoansArgs) -> Json | Refusal:
    tx = call.tx
    owing = [loans.accrued(one, tx.at) for one in tx.first(tx.state.loans_of, call.caller, MOST, args.owing_after)]
    artifacts = tx.first(tx.state.claims_of, call.caller, MOST, args.owed_after)
    rows = (tx.get(tx.state.loans, one.id) for one in artifacts)
    claims = [loans.accrued(one, tx.at) for one in rows if one is not None]
    return {
        "owing": [_line(one) for one in owing],
        "owed": [_line(one) for one in claims],
        "owing_here": sum(one.owed for one in owing),
        "owed_here": sum(one.owed for one in claims),
        "owing_next": owing[-1].id if len(owing) == MOST else None,
        "owed_next": artifacts[-1].id if len(artifacts) == MOST else None,
    }


def _line(loan: Loan) -> Json:
    who = {"borrower": loan.borrower, "lender": loan.lender}
    sums = {"owed": loan.owed, "due": loan.due, "next_at": loan.next_at}
    return {"loan": loan.id, **who, "state": loan.state.value, "rate": loan.rate, **sums}


async def _terms(call: Call, args: TermsOfArgs) -> Json | Refusal:
    tx = call.tx
    loan = tx.get(tx.state.loans, args.loan)
    if loan is not None:
        return loan_facts(tx, loans.accrued(loan, tx.at))
    row = tx.get(tx.state.artifacts, args.loan)
    if row is None or row.created_by != loans.WRITER:
        return Refusal("not_found", f"{args.loan!r} is no loan that was made here")
    return {"loan": row.id, "state": row.metadata["status"], "holder": row.controller, "owed": 0, **row.metadata}


async def _plan(call: Call, args: PlanArgs) -> Json | Refusal:
    tx = call.tx
    if (args.offer is None) == (args.loan is None):
        return Refusal("bad_arguments", "name an offer or a loan")
    if args.offer is not None:
        offer = tx.get(tx.state.loan_offers, args.offer)
        if offer is None:
            return Refusal("not_found", f"there is no offer {args.offer}")
        begins, loan = tx.at, lending.example(offer.principal, offer.terms)
    else:
        found = tx.get(tx.state.loans, args.loan or "")
        if found is None:
            return Refusal("not_found", f"nothing is owed on {args.loan!r}")
        begins, loan = 0, loans.accrued(found, tx.at)
    lines = loans.plan(loan)
    return {
        "payments": [_payment(line, begins) for line in lines],
        "interest": sum(line.interest for line in lines),
        "total": sum(line.interest + line.principal for line in lines),
    }


def _payment(line: Payment, begins: int) -> Json:
    return {"at": begins + line.at, "interest": line.interest, "principal": line.principal, "left": line.left}


LOOKS = (
    method("offers", OffersArgs, "Loans that are offered and asked for, in order.", _offers),
    method("my_loans", MyLoansArgs, "What you owe, and what is owed to you, a page at a time.", _my_loans),
    method("terms", TermsOfArgs, "The terms of a loan, what is owed on it now, and to whom.", _terms),
    method("plan", PlanArgs, "What is to be paid when on an offer or a loan, and the interest in all.", _plan),
)
