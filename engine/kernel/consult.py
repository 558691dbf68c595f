"""Asking a language model from within a step, and what is kept of its answers until the step is over."""

from engine.kernel.ask import ModelQuestion, consulting
from engine.kernel.errors import Refusal
from engine.kernel.models import ModelReply
from engine.kernel.transaction import NEVER, Transaction


async def consult(tx: Transaction, question: ModelQuestion) -> ModelReply | Refusal:
    """What came of a question, once it has been put; a step that is taken again finds what it was answered before."""
    tx.called += 1
    tx.narrow(NEVER)  # what a model says is not said for good
    # Not read through the transaction: nobody but the step itself brings about that it is there.
    known = tx.state.model_replies.rows.get(question.place)
    if known is not None and known.question == question.digest:
        return known
    got: ModelReply | Refusal = await consulting(question)
    return got


def forget(tx: Transaction, asker: str, step: int) -> None:
    """Drop what was kept of the answers of a step, which is over."""
    for row in tx.scan(tx.state.replies_to, asker):
        if row.step <= step:
            tx.delete(tx.state.model_replies, (row.asker, row.step, row.number))
