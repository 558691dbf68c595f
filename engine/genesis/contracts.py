"""The four genesis contracts: who may do what to an artifact, by the artifact's controller alone."""

from engine.kernel.access import ALLOWED, Access, NativeContract, Question, Verdict
from engine.kernel.transaction import Transaction

FREEWARE = "genesis_freeware"
SELF_OWNED = "genesis_self_owned"
PRIVATE = "genesis_private"
PUBLIC = "genesis_public"


def freeware(tx: Transaction, question: Question) -> Verdict:
    """Anyone may read and invoke; the rest is the controller's."""
    if question.action in (Access.READ, Access.INVOKE) or question.requester == question.artifact.controller:
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


CONTRACTS: dict[str, NativeContract] = {FREEWARE: freeware, SELF_OWNED: self_owned, PRIVATE: private, PUBLIC: public}
SUMMARIES = {
    FREEWARE: "Anyone may read and invoke; only the controller may write, delete and transfer.",
    SELF_OWNED: "Only the artifact itself and its controller have access.",
    PRIVATE: "Only the controller has access.",
    PUBLIC: "Anyone may do anything.",
}
