"""The genesis contracts: who may do what to an artifact, by the artifact's controller alone."""

from engine.kernel.access import ALLOWED, Access, NativeContract, Question, Verdict
from engine.kernel.transaction import Transaction

FREEWARE = "genesis_freeware"
SELF_OWNED = "genesis_self_owned"
PRIVATE = "genesis_private"
PUBLIC = "genesis_public"
CLAIM = "genesis_claim"
_OPEN = (Access.INVOKE, Access.READ)


def freeware(tx: Transaction, question: Question) -> Verdict:
    """Anyone may read and invoke; the rest is the controller's."""
    if question.action in _OPEN or question.requester == question.artifact.controller:
        return ALLOWED
    return Verdict(False, f"it is freeware: read and invoke it; only {question.artifact.controller} may do more")


def self_owned(tx: Transaction, question: Question) -> Verdict:
    """The artifact itself and its controller may do everything, nobody else anything."""
    if question.requester in (question.artifact.id, question.artifact.controller):
        return ALLOWED
    return Verdict(False, f"only it itself and {question.artifact.controller} have access")


def private(tx: Transaction, question: Question) -> Verdict:
    """Everything is the controller's alone."""
    if question.requester == question.artifact.controller:
        return ALLOWED
    return Verdict(False, "it is private")


def public(tx: Transaction, question: Question) -> Verdict:
    """Anyone may do anything."""
    return ALLOWED


def claim(tx: Transaction, question: Question) -> Verdict:
    """Anyone may read; nobody may write; the controller may pass it on, and delete it when nothing is owed on it."""
    if question.action is Access.READ:
        return ALLOWED
    if question.action in (Access.WRITE, Access.INVOKE):
        return Verdict(False, "it says what was agreed, so nobody changes it")
    if question.requester != question.artifact.controller:
        return Verdict(False, f"it is a claim of {question.artifact.controller}'s")
    if question.action is Access.DELETE and tx.get(tx.state.loans, question.artifact.id) is not None:
        return Verdict(False, "money is owed on it; forgive it first")
    return ALLOWED


CONTRACTS: dict[str, NativeContract] = {
    FREEWARE: freeware,
    SELF_OWNED: self_owned,
    PRIVATE: private,
    PUBLIC: public,
    CLAIM: claim,
}
SUMMARIES = {
    FREEWARE: "Anyone may read and invoke; only the controller may write, delete and transfer.",
    SELF_OWNED: "Only the artifact itself and its controller have access.",
    PRIVATE: "Only the controller has access.",
    PUBLIC: "Anyone may do anything.",
    CLAIM: "Anyone may read, nobody write; the controller may transfer it, and delete it when nothing is owed on it.",
}
