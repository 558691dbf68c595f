"""`genesis_debt`: loans offered, asked for, taken, paid back; a loan is an artifact, so a claim is for sale.

Arithmetic is in `kernel.loans`, custody in `collateral`, the life of a loan in `lending`.
"""

from typing import Any

from engine.genesis import collateral, lending
from engine.genesis.base import Genesis, method
from engine.genesis.debt_looks import LOOKS
from engine.genesis.debt_terms import AcceptArgs, AskArgs, LoanArgs, OfferArgs, OfferIdArgs, PayArgs, TermsArgs
from engine.kernel import ledger, loans
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Json
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.interest import worst
from engine.kernel.loans import Loan, LoanOffer, LoanSide
from engine.kernel.transaction import Transaction
from engine.worldfile.loan_schema import DebtSection

ID = collateral.ID


# -- offers --------------------------------------------------------------------------------------------------------


def _unfit(tx: Transaction, maker: str, args: TermsArgs, settings: DebtSection) -> Refusal | None:
    """Why nobody can offer or ask for a loan like this."""
    if not tx.is_principal(maker):
        return Refusal("no_standing", f"{maker} cannot hold scrip, so it can neither lend nor borrow")
    if args.only == maker:
        return Refusal("bad_offer", "only names you yourself; name somebody else or nobody")
    if args.only is not None and not tx.is_principal(args.only):
        return Refusal("no_standing", f"{args.only} is not a principal, so it can never take this")
    if len(tx.scan(tx.state.loan_offers_of, maker)) >= settings.max_offers:
        return Refusal("too_many_offers", f"{settings.max_offers} offers of yours stand already; withdraw one first")
    options = args.options
    spare = -(-options.grace // args.period) + 1
    most = worst(args.principal, args.rate, args.periods, options.compound, spare, options.late_rate)
    if most > ledger.MAX_AMOUNT:
        return Refusal("too_much", f"more than {ledger.MAX_AMOUNT} could come to be owed on these terms")
    return collateral.sound(tx, args.items())


def _written(call: Call, args: TermsArgs, side: LoanSide, **more: Any) -> LoanOffer:
    """Put an offer down and tell of it."""
    tx = call.tx
    expires_at = None if args.expires_in is None else tx.at + args.expires_in
    offer = LoanOffer(
        id=more["number"],
        maker=call.caller,
        side=side,
        only=args.only or "",
        principal=args.principal,
        terms=args.terms(more["auto_pay"]),
        collateral=more["items"],
        hold=more["hold"],
        made_at=tx.at,
        expires_at=expires_at,
    )
    tx.put(tx.state.loan_offers, offer)
    asked = [lending.shown(item) for item in offer.collateral]
    told: Json = {"offer": offer.id, "side": side, "principal": offer.principal, **offer.terms, "collateral": asked}
    tx.emit("debt.offered", call.caller, offer.only, **told, expires_at=expires_at)
    return offer


def _offer_maker(settings: DebtSection) -> Any:
    async def offer(call: Call, args: OfferArgs) -> Json | Refusal:
        if (refusal := _unfit(call.tx, call.caller, args, settings)) is not None:
            return refusal
        number = call.tx.next_id("loan_offer")
        hold = ledger.reserve(call.tx, SCRIP, call.caller, args.principal, f"loan offer {number}")
        if isinstance(hold, Refusal):
            return hold
        _written(call, args, LoanSide.LEND, number=number, auto_pay=True, items=args.items(), hold=hold.id)
        return {"offer": number, "held": args.principal}

    return offer


def _ask_maker(settings: DebtSection) -> Any:
    async def ask(call: Call, args: AskArgs) -> Json | Refusal:
        if (refusal := _unfit(call.tx, call.caller, args, settings)) is not None:
            return refusal
        number = call.tx.next_id("loan_offer")
        items = await collateral.take(call, call.caller, args.items(), f"collateral of loan offer {number}")
        if isinstance(items, Refusal):
            return items
        _written(call, args, LoanSide.BORROW, number=number, auto_pay=args.auto_pay, items=items, hold=None)
        return {"offer": number}

    return ask


def _accept_maker(settings: DebtSection) -> Any:
    async def accept(call: Call, args: AcceptArgs) -> Json | Refusal:
        tx, caller = call.tx, call.caller
        offer = tx.get(tx.state.loan_offers, args.offer)
        if offer is None:
            return Refusal("not_found", f"there is no offer {args.offer}; see {ID}.offers")
        if not tx.is_principal(caller):
            return Refusal("no_standing", f"{caller} cannot hold scrip, so it can neither lend nor borrow")
        if offer.maker == caller:
            return Refusal("own_offer", f"offer {offer.id} is your own; take it back with {ID}.withdraw")
        if offer.only not in ("", caller):
            return Refusal("not_for_you", f"offer {offer.id} is for {offer.only} only")
        borrower = caller if offer.side is LoanSide.LEND else offer.maker
        if len(tx.scan(tx.state.loans_of, borrower)) >= settings.max_loans:
            return Refusal("too_many_loans", f"{borrower} owes on {settings.max_loans} loans already; that is the most")
        made = await (_borrowed(call, offer, args.auto_pay) if offer.side is LoanSide.LEND else _funded(call, offer))
        if isinstance(made, Refusal):
            return made
        tx.delete(tx.state.loan_offers, offer.id)
        return {"loan": made.id, "principal": made.principal, "next_at": made.next_at}

    return accept


async def _borrowed(call: Call, offer: LoanOffer, auto_pay: bool) -> Loan | Refusal:
    """Money was offered, and the caller takes it."""
    tx, borrower = call.tx, call.caller
    loan = lending.new_loan(tx, offer.maker, borrower, offer.principal, {**offer.terms, "auto_pay": auto_pay})
    if isinstance(loan, Refusal):
        return loan
    if (refusal := collateral.sound(tx, offer.collateral)) is not None:
        return refusal
    items = await collateral.take(call, borrower, offer.collateral, f"collateral of {loan.id}")
    if isinstance(items, Refusal):
        return items
    if offer.hold is None:
        raise InvariantBroken(f"offer {offer.id} lends and holds nothing")
    collateral.must(ledger.post(tx, offer.hold, borrower, offer.principal, f"lent {loan.id}"))
    return lending.secured(tx, loan, items)


async def _funded(call: Call, offer: LoanOffer) -> Loan | Refusal:
    """Money was asked for, and the caller gives it; the collateral is in custody already."""
    tx, lender = call.tx, call.caller
    loan = lending.new_loan(tx, lender, offer.maker, offer.principal, offer.terms)
    if isinstance(loan, Refusal):
        return loan
    refusal = ledger.transfer(tx, SCRIP, lender, offer.maker, offer.principal, f"lent {loan.id}")
    return refusal or lending.secured(tx, loan, offer.collateral)


def end_offer(tx: Transaction, offer: LoanOffer, why: str) -> None:
    """Take an offer back: what was held for it or in custody is its maker's again."""
    if offer.hold is not None:
        collateral.must(ledger.void(tx, offer.hold))
    if offer.side is LoanSide.BORROW:
        collateral.give_back(tx, offer.collateral, offer.maker)
    tx.delete(tx.state.loan_offers, offer.id)
    told: Json = {"offer": offer.id, "side": offer.side, "principal": offer.principal, "why": why}
    tx.emit("debt.withdrawn", offer.maker, offer.only, **told)


def expire(tx: Transaction, number: int) -> None:
    """Take back an offer whose time is over."""
    offer = tx.get(tx.state.loan_offers, number)
    if offer is None:
        raise InvariantBroken(f"loan offer {number} was due but is not there")
    end_offer(tx, offer, "its time is over")


async def _withdraw(call: Call, args: OfferIdArgs) -> Json | Refusal:
    offer = call.tx.get(call.tx.state.loan_offers, args.offer)
    if offer is None or offer.maker != call.caller:
        return Refusal("not_found", f"you have no offer {args.offer} standing")
    end_offer(call.tx, offer, "asked")
    return {"offer": offer.id}


# -- loans ---------------------------------------------------------------------------------------------------------


def _found(tx: Transaction, loan_id: str) -> Loan | Refusal:
    loan = tx.get(tx.state.loans, loan_id)
    if loan is None:
        return Refusal("not_found", f"nothing is owed on {loan_id!r}; see {ID}.my_loans")
    return loans.accrued(loan, tx.at)


async def _pay(call: Call, args: PayArgs) -> Json | Refusal:
    loan = _found(call.tx, args.loan)
    if isinstance(loan, Refusal):
        return loan
    money = loan.due if args.amount is None else args.amount
    if not money:
        return Refusal("nothing_due", f"nothing is due on {loan.id} now; name an amount, or repay all of it")
    return _paid(call, loan, money)


async def _repay(call: Call, args: LoanArgs) -> Json | Refusal:
    loan = _found(call.tx, args.loan)
    return loan if isinstance(loan, Refusal) else _paid(call, loan, loan.payoff)


def _paid(call: Call, loan: Loan, money: int) -> Json | Refusal:
    made = lending.pay(call.tx, loan, call.caller, money)
    if isinstance(made, Refusal):
        return made
    after, split = made
    if not split.total:
        return Refusal("too_little", f"{money} scrip repay nothing of {loan.id} with the fee of {loan.early_fee} bps")
    parts = {"interest": split.interest, "principal": split.principal, "late": split.late, "fee": split.fee}
    return {"loan": loan.id, "paid": split.total, **parts, "owed": after.owed}


async def _collect(call: Call, args: LoanArgs) -> Json | Refusal:
    tx = call.tx
    loan = _found(tx, args.loan)
    if isinstance(loan, Refusal):
        return loan
    if lending.payee(tx, loan) != call.caller:
        return Refusal("not_yours", f"{loan.id} is a claim of {lending.payee(tx, loan)}'s")
    if not loan.auto_pay:
        return Refusal("no_auto_pay", f"{loan.borrower} has not agreed that what is due is taken; ask for it")
    after = lending.collect(tx, loan)
    if after is loan:
        return Refusal("nothing_due", f"{loan.due} is due on {loan.id}, and {loan.borrower} has nothing free for it")
    return {"loan": loan.id, "paid": loan.owed - after.owed, "owed": after.owed}


async def _forgive(call: Call, args: LoanArgs) -> Json | Refusal:
    loan = _found(call.tx, args.loan)
    if isinstance(loan, Refusal):
        return loan
    if lending.payee(call.tx, loan) != call.caller:
        return Refusal("not_yours", f"{loan.id} is a claim of {lending.payee(call.tx, loan)}'s")
    lending.forgive(call.tx, loan, call.caller)
    return {"loan": loan.id, "forgiven": loan.owed}


def make(settings: DebtSection) -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Debt",
        [
            method("offer", OfferArgs, "Offer a loan on your terms; the principal is held.", _offer_maker(settings)),
            method("ask", AskArgs, "Ask for a loan on your terms; the collateral is held.", _ask_maker(settings)),
            method("accept", AcceptArgs, "Take an offer: you borrow, or fund who asks.", _accept_maker(settings)),
            method("withdraw", OfferIdArgs, "Take back an offer of yours.", _withdraw),
            method("pay", PayArgs, "Pay what is due, or up to an amount: the rest is repaid early.", _pay),
            method("repay", LoanArgs, "Repay all of a loan now, with interest to this instant.", _repay),
            method("collect", LoanArgs, "Take what is due to you from what the borrower has free.", _collect),
            method("forgive", LoanArgs, "Give up a claim of yours; collateral goes back.", _forgive),
            *LOOKS,
        ],
    )
