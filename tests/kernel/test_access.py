"""Access: contracts decide, whatever goes wrong means no, and what was decided holds while nothing has moved."""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from engine.genesis.contracts import CONTRACTS, FREEWARE, PRIVATE, PUBLIC, SELF_OWNED
from engine.kernel.access import MAX_DEPTH, Access, AccessControl, Question, Ruling, Verdict
from engine.kernel.actions import Invoke, Physics, Read
from engine.kernel.entities import Artifact, Counter, Json
from engine.kernel.errors import Conflict, InvariantBroken, Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Transaction
from tests.engine.genesis.tiny import run

Answer = Callable[[Transaction, Question], Any]
YES = Verdict(True, "")
ALL = set(Access)
FAILED = "contract.failed"


def artifact(artifact_id: str, *access: str, controller: str = "ann", can_execute: bool = False) -> Artifact:
    return Artifact(artifact_id, "data", "ann", controller, access, False, can_execute, 0, 0, 0, 1, None, None, {})


def yes(tx: Transaction, question: Question) -> Verdict:
    return YES


@dataclass
class Runner:
    """Contracts of agents by id, as functions of the test, and the questions that they were asked."""

    contracts: dict[str, Answer] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    async def __call__(self, tx: Transaction, contract: Artifact, question: Question) -> Verdict:
        self.asked.append(question)
        answer = self.contracts[contract.id](tx, question)
        verdict: Verdict = await answer if hasattr(answer, "__await__") else answer
        return verdict


class Court:
    """A state with artifacts under contracts, and the access control that asks them."""

    def __init__(self, contracts: dict[str, Answer] | None = None, cache_size: int = 100) -> None:
        self.state = State()
        self.runner = Runner(contracts or {})
        self.control = AccessControl(CONTRACTS, self.runner, cache_size)
        for contract in contracts or {}:
            self.put(artifact(contract, PRIVATE, can_execute=True))

    def put(self, *rows: Artifact) -> None:
        """Commit artifacts."""
        tx = self.begin()
        for row in rows:
            tx.put(self.state.artifacts, row)
        tx.commit()

    def begin(self) -> Transaction:
        """A transaction now."""
        return self.state.begin(0, ("test",))

    def ask(self, artifact_id: str, action: Access = Access.READ, who: str = "bob", **context: Any) -> Refusal | None:
        """Ask in a transaction of its own."""
        return self.ask_in(self.begin(), artifact_id, action, who, **context)

    def ask_in(
        self, tx: Transaction, artifact_id: str, action: Access = Access.READ, who: str = "bob", **context: Any
    ) -> Refusal | None:
        """Ask in a transaction."""
        row = tx.get(self.state.artifacts, artifact_id)
        assert row is not None
        return run(self.control.refuse(tx, row, action, who, **context))


# -- the genesis contracts -----------------------------------------------------------------------------------------

MAY: dict[tuple[str, str], set[Access]] = {
    (FREEWARE, "controller"): ALL,
    (FREEWARE, "creator"): {Access.READ, Access.INVOKE},
    (FREEWARE, "itself"): {Access.READ, Access.INVOKE},
    (FREEWARE, "stranger"): {Access.READ, Access.INVOKE},
    (SELF_OWNED, "controller"): ALL,
    (SELF_OWNED, "creator"): set(),
    (SELF_OWNED, "itself"): ALL,
    (SELF_OWNED, "stranger"): set(),
    (PRIVATE, "controller"): ALL,
    (PRIVATE, "creator"): set(),
    (PRIVATE, "itself"): set(),
    (PRIVATE, "stranger"): set(),
    (PUBLIC, "controller"): ALL,
    (PUBLIC, "creator"): ALL,
    (PUBLIC, "itself"): ALL,
    (PUBLIC, "stranger"): ALL,
}
ROLES = {"controller": "cid", "creator": "ann", "itself": "data.1", "stranger": "bob"}


@pytest.mark.parametrize("action", Access)
@pytest.mark.parametrize(("contract", "role"), MAY)
def test_a_genesis_contract_allows_each_role_what_it_says(contract: str, role: str, action: Access) -> None:
    court = Court()
    court.put(artifact("data.1", contract, controller="cid"))
    refusal = court.ask("data.1", action, ROLES[role])
    assert (refusal is None) == (action in MAY[contract, role])
    if refusal is not None:
        assert refusal.code == "access_denied"
        assert refusal.message.startswith(f"{ROLES[role]} may not {action} data.1: ")


@pytest.mark.parametrize(
    ("access", "who", "allowed"),
    [
        ((PUBLIC, PRIVATE), "bob", False),
        ((PRIVATE, PUBLIC), "bob", False),
        ((PUBLIC, PRIVATE), "ann", True),
        ((PUBLIC, FREEWARE), "bob", True),
        ((FREEWARE, SELF_OWNED, PUBLIC), "data.1", True),
        ((FREEWARE, SELF_OWNED, PRIVATE), "data.1", False),
    ],
)
def test_all_contracts_of_an_artifact_have_to_agree(access: tuple[str, ...], who: str, allowed: bool) -> None:
    court = Court()
    court.put(artifact("data.1", *access))
    assert (court.ask("data.1", Access.READ, who) is None) == allowed


# -- whatever goes wrong means no ----------------------------------------------------------------------------------


def test_an_artifact_without_a_contract_is_denied_to_its_controller_too() -> None:
    court = Court()
    court.put(artifact("data.1"))
    refusal = court.ask("data.1", Access.READ, "ann")
    assert refusal is not None
    assert (refusal.code, "no access contract" in refusal.message) == ("access_denied", True)


def test_a_contract_that_does_not_exist_denies() -> None:
    court = Court()
    court.put(artifact("data.1", "contract.9"))
    refusal = court.ask("data.1", Access.READ, "ann")
    assert refusal is not None
    assert "contract.9 does not exist" in refusal.message


def test_a_contract_that_is_data_denies_and_is_not_run() -> None:
    court = Court({"contract.1": yes})
    court.put(artifact("contract.1", PRIVATE, can_execute=False), artifact("data.1", "contract.1"))
    refusal = court.ask("data.1")
    assert refusal is not None
    assert "not executable" in refusal.message
    assert court.runner.asked == []


def test_a_contract_that_nothing_here_can_run_denies() -> None:
    court = Court()
    court.control = AccessControl(CONTRACTS)
    court.put(artifact("contract.1", PRIVATE, can_execute=True), artifact("data.1", "contract.1"))
    refusal = court.ask("data.1", Access.READ, "ann")
    assert refusal is not None
    assert "cannot run here" in refusal.message


def erring(tx: Transaction, question: Question) -> Verdict:
    raise ZeroDivisionError("the secret is 42")


NONSENSE: list[Answer] = [
    erring,
    lambda tx, question: None,
    lambda tx, question: True,
    lambda tx, question: {"allowed": True, "reason": ""},
    lambda tx, question: Verdict("no", "a text is true"),  # type: ignore[arg-type]
    lambda tx, question: Verdict(1, ""),  # type: ignore[arg-type]
    lambda tx, question: Verdict(True, None),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_a_contract_that_errs_or_answers_nonsense_denies_and_only_the_operator_is_told_why(answer: Answer) -> None:
    court = Court({"contract.1": answer})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    refusal = court.ask_in(tx, "data.1")
    assert refusal == Refusal("access_denied", "bob may not read data.1: its contract failed")
    (event,) = tx.events
    assert (event.type, event.actor, event.target) == (FAILED, "contract.1", "data.1")
    assert event.data["error"]


def test_what_an_erring_contract_did_is_undone() -> None:
    def meddling(tx: Transaction, question: Question) -> Verdict:
        tx.next_id("meddled")
        tx.emit("meddled", "contract.1")
        raise ValueError

    court = Court({"contract.1": meddling})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    assert court.ask_in(tx, "data.1") is not None
    assert tx.writes == {}
    assert [event.type for event in tx.events] == [FAILED]


def test_a_contract_that_says_no_denies_with_its_reason() -> None:
    court = Court({"contract.1": lambda tx, question: Verdict(False, "on Tuesdays only")})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    assert court.ask_in(tx, "data.1") == Refusal("access_denied", "bob may not read data.1: on Tuesdays only")
    assert tx.events == []


def test_a_reason_is_shortened_and_can_always_be_stored() -> None:
    court = Court({"contract.1": lambda tx, question: Verdict(False, "\ud800" + "x" * 10_000)})
    court.put(artifact("data.1", "contract.1"))
    refusal = court.ask("data.1")
    assert refusal is not None
    assert len(refusal.message) < 300
    assert "?xxx" in refusal.message
    refusal.message.encode()


@pytest.mark.parametrize("broken", [InvariantBroken, Conflict])
def test_a_broken_promise_of_the_kernel_is_not_taken_for_a_contract_that_failed(broken: type[Exception]) -> None:
    def breaking(tx: Transaction, question: Question) -> Verdict:
        raise broken("stop")

    court = Court({"contract.1": breaking})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    tx.get(court.state.counters, "x")
    reads = dict(tx.reads)
    with pytest.raises(broken):
        court.ask_in(tx, "data.1")
    assert reads.items() <= tx.reads.items()


def test_the_failure_of_a_contract_is_told_although_the_action_is_refused_and_rolled_back() -> None:
    court = Court({"contract.1": erring})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    result = run(Physics(court.control, Nothing(), {}).perform(tx, "bob", Read("data.1")))
    assert isinstance(result, Refusal)
    assert [event.type for event in tx.events] == [FAILED]
    assert [event.type for event in tx.commit().events] == [FAILED]


# -- depth and callers ---------------------------------------------------------------------------------------------


class Nothing:
    """Executables of which none runs."""

    async def check(self, tx: Transaction, actor: str, code: str, interface: Json | None) -> Refusal | None:
        return None

    async def read(self, tx: Transaction, program: str) -> Refusal | None:
        return None

    async def invoke(self, call: Any, artifact: Artifact, method: str, args: Json) -> Json | Refusal:
        return {"called_by": call.caller}


def test_contracts_that_ask_one_another_in_a_circle_are_stopped() -> None:
    court = Court()
    refusals: list[Refusal] = []

    async def asking(tx: Transaction, question: Question) -> Verdict:
        row = tx.get(tx.state.artifacts, "data.1")
        assert row is not None
        refusal = await court.control.refuse(tx, row, Access.READ, "contract.1", question.depth + 1)
        if refusal is not None:
            refusals.append(refusal)
        return Verdict(refusal is None, "as the other says")

    court.runner.contracts["contract.1"] = asking
    court.put(artifact("contract.1", PRIVATE, can_execute=True), artifact("data.1", "contract.1"))
    assert court.ask("data.1") is not None
    assert refusals[0].code == "too_deep"
    assert [question.depth for question in court.runner.asked] == list(range(MAX_DEPTH))


def test_contracts_that_invoke_what_they_govern_are_stopped() -> None:
    court = Court()
    physics = Physics(court.control, Nothing(), {})

    async def invoking(tx: Transaction, question: Question) -> Verdict:
        result = await physics.perform(tx, "contract.1", Invoke("tool.1", "look", {}), question.depth + 1)
        return Verdict(not isinstance(result, Refusal), str(result))

    court.runner.contracts["contract.1"] = invoking
    court.put(artifact("contract.1", PRIVATE, can_execute=True), artifact("tool.1", "contract.1", can_execute=True))
    result = run(physics.perform(court.begin(), "bob", Invoke("tool.1", "look", {})))
    assert isinstance(result, Refusal)
    assert len(court.runner.asked) == MAX_DEPTH


@pytest.mark.parametrize(("depth", "allowed"), [(0, True), (MAX_DEPTH - 1, True), (MAX_DEPTH, False)])
def test_a_contract_is_asked_at_most_ten_deep(depth: int, allowed: bool) -> None:
    court = Court({"contract.1": yes})
    court.put(artifact("data.1", "contract.1"), artifact("data.2", PUBLIC))
    assert (court.ask("data.1", depth=depth) is None) == allowed
    assert court.ask("data.2", depth=depth) is None, "a genesis contract asks nobody, so depth is nothing to it"


def test_the_immediate_caller_is_who_the_next_contract_sees() -> None:
    court = Court()
    control = court.control

    async def passing_on(tx: Transaction, question: Question) -> Verdict:
        row = tx.get(tx.state.artifacts, "data.2")
        assert row is not None
        refusal = await control.refuse(tx, row, Access.READ, "contract.1", question.depth + 1)
        return Verdict(refusal is None, "")

    court.runner.contracts.update({"contract.1": passing_on, "contract.2": yes})
    for contract in ("contract.1", "contract.2"):
        court.put(artifact(contract, PRIVATE, can_execute=True))
    court.put(artifact("data.1", "contract.1"), artifact("data.2", "contract.2"))
    assert court.ask("data.1", Access.READ, "bob") is None
    assert [(q.requester, q.artifact.id) for q in court.runner.asked] == [("bob", "data.1"), ("contract.1", "data.2")]


# -- contracts that wait -------------------------------------------------------------------------------------------


class Outside:
    """Something outside that is waited for."""

    def __await__(self) -> Generator[str, bool, bool]:
        return (yield "may it?")


def asking_outside(tx: Transaction, question: Question) -> Awaitable[Verdict]:
    async def wait() -> Verdict:
        return Verdict(await Outside(), "the answer was no")

    return wait()


@pytest.mark.parametrize("answer", [True, False])
def test_a_contract_may_wait_for_an_outside_answer(answer: bool) -> None:
    court = Court({"contract.1": asking_outside})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    work: Any = court.control.refuse(tx, court.state.artifacts.rows["data.1"], Access.READ, "bob")
    assert work.send(None) == "may it?"
    with pytest.raises(StopIteration) as done:
        work.send(answer)
    assert (done.value.value is None) == answer


def test_an_outside_answer_that_fails_means_no() -> None:
    court = Court({"contract.1": asking_outside})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    work: Any = court.control.refuse(tx, court.state.artifacts.rows["data.1"], Access.READ, "bob")
    work.send(None)
    with pytest.raises(StopIteration) as done:
        work.throw(ConnectionError("gone"))
    assert done.value.value.code == "access_denied"
    assert [event.type for event in tx.events] == [FAILED]


def test_a_wait_that_is_given_up_leaves_the_transaction_its_reads() -> None:
    court = Court({"contract.1": asking_outside})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    tx.get(court.state.counters, "mine")
    work: Any = court.control.refuse(tx, court.state.artifacts.rows["data.1"], Access.READ, "bob")
    work.send(None)
    work.close()
    assert (court.state.counters, "mine") in tx.reads


# -- the cache -----------------------------------------------------------------------------------------------------


def reading(tx: Transaction, question: Question) -> Verdict:
    """Allows for as long as the counter `open` is at 1 or is not there, and bob controls one artifact at most."""
    row = tx.get(tx.state.counters, "open")
    mine = tx.scan(tx.state.by_controller, "bob")
    return Verdict((row is None or row.value == 1) and len(mine) <= 1, "closed")


def judged() -> Court:
    """A court that has decided once on what `reading` reads."""
    court = Court({"contract.1": reading})
    court.put(artifact("data.1", "contract.1"))
    assert court.ask("data.1") is None
    assert len(court.runner.asked) == 1
    return court


def test_a_verdict_holds_while_nothing_has_moved() -> None:
    court = judged()
    court.put(artifact("data.5", PUBLIC, controller="cid"))
    assert court.ask("data.1") is None
    assert (len(court.runner.asked), court.control.hits) == (1, 1)


def test_a_verdict_holds_for_its_instant_only_because_a_contract_may_look_at_the_clock() -> None:
    court = Court({"contract.1": lambda tx, question: Verdict(tx.at < 5, "it is too late")})
    court.put(artifact("data.1", "contract.1"))
    assert court.ask_in(court.state.begin(4, ("test",)), "data.1") is None
    assert court.ask_in(court.state.begin(5, ("test",)), "data.1") is not None
    assert court.control.hits == 0


def test_a_no_is_kept_like_a_yes() -> None:
    court = Court({"contract.1": lambda tx, question: Verdict(False, "no")})
    court.put(artifact("data.1", "contract.1"))
    assert court.ask("data.1") == court.ask("data.1")
    assert len(court.runner.asked) == 1


@pytest.mark.parametrize(("action", "who"), [(Access.WRITE, "bob"), (Access.READ, "cid")])
def test_another_question_is_asked_anew(action: Access, who: str) -> None:
    court = judged()
    court.ask("data.1", action, who)
    assert (len(court.runner.asked), court.control.hits) == (2, 0)


def test_a_row_that_the_contract_read_ends_the_verdict() -> None:
    court = judged()
    tx = court.begin()
    tx.put(court.state.counters, Counter("open", 0))
    tx.commit()
    assert court.ask("data.1") is not None
    assert len(court.runner.asked) == 2


def test_a_phantom_in_what_the_contract_scanned_ends_the_verdict() -> None:
    court = judged()
    court.put(artifact("data.5", PUBLIC, controller="bob"), artifact("data.6", PUBLIC, controller="bob"))
    assert court.ask("data.1") is not None
    assert len(court.runner.asked) == 2


def test_the_contract_s_own_change_ends_the_verdict() -> None:
    court = judged()
    court.put(replace(court.state.artifacts.rows["contract.1"], version=2))
    court.ask("data.1")
    assert len(court.runner.asked) == 2


def looks_who_controls(tx: Transaction, question: Question) -> Verdict:
    row = tx.get(tx.state.artifacts, question.artifact.id)
    return Verdict(row is not None and row.controller == "ann", "sold")


def test_the_artifact_s_change_ends_the_verdict_of_a_contract_that_looked_at_it() -> None:
    court = Court({"contract.1": looks_who_controls})
    court.put(artifact("data.1", "contract.1"))
    assert court.ask("data.1") is None
    court.put(artifact("data.1", "contract.1", controller="cid"))
    assert court.ask("data.1") is not None


def test_the_artifact_s_change_is_nothing_to_a_contract_that_did_not_look_at_it() -> None:
    court = Court({"contract.1": lambda tx, question: Ruling(YES)})
    court.put(artifact("data.1", "contract.1"))
    court.ask("data.1")
    court.put(artifact("data.1", "contract.1", controller="cid"))
    court.ask("data.1")
    assert len(court.runner.asked) == 1


def test_a_verdict_is_not_used_against_the_transaction_s_own_writes() -> None:
    court = judged()
    tx = court.begin()
    tx.put(court.state.counters, Counter("open", 0))
    assert court.ask_in(tx, "data.1") is not None
    assert court.control.hits == 0


def test_a_verdict_that_rests_on_own_writes_is_not_kept() -> None:
    court = Court({"contract.1": reading})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    tx.put(court.state.counters, Counter("open", 0))
    assert court.ask_in(tx, "data.1") is not None
    assert court.ask("data.1") is None


def test_a_question_with_a_context_is_kept_for_that_context_alone() -> None:
    court = judged()
    court.ask("data.1", amount=1)
    court.ask("data.1", amount=1)
    court.ask("data.1", amount=2)
    court.ask("data.1")
    assert (len(court.runner.asked), court.control.hits) == (3, 2)


def test_a_context_that_cannot_be_written_down_is_not_kept_for() -> None:
    court = judged()
    court.ask("data.1", amount={1, 2})
    court.ask("data.1", amount={1, 2})
    assert (len(court.runner.asked), court.control.hits) == (3, 0)


def test_a_failure_is_not_kept() -> None:
    court = Court({"contract.1": erring})
    court.put(artifact("data.1", "contract.1"))
    court.ask("data.1")
    court.ask("data.1")
    assert len(court.runner.asked) == 2


@pytest.mark.parametrize("hit", [False, True])
def test_what_the_verdict_rests_on_is_joined_to_the_caller_s_reads(hit: bool) -> None:
    for move in ("row", "bucket", "none"):
        court = Court({"contract.1": reading})
        court.put(artifact("data.1", "contract.1"))
        if hit:
            court.ask("data.1")
        tx = court.begin()
        assert court.ask_in(tx, "data.1") is None
        assert court.control.hits == hit
        other = court.begin()
        if move == "row":
            other.put(court.state.counters, Counter("open", 0))
        elif move == "bucket":
            other.put(court.state.artifacts, artifact("data.7", PUBLIC, controller="bob"))
        else:
            other.put(court.state.counters, Counter("unrelated", 0))
        other.commit()
        assert tx.valid() == (move == "none")


@pytest.mark.parametrize("hit", [False, True])
def test_what_the_caller_scanned_before_stays_as_it_saw_it(hit: bool) -> None:
    court = Court({"contract.1": reading})
    court.put(artifact("data.1", "contract.1"))
    tx = court.begin()
    assert tx.scan(court.state.by_controller, "bob") == []
    court.put(artifact("data.5", PUBLIC, controller="bob"))
    if hit:
        court.ask("data.1")
    court.ask_in(tx, "data.1")
    assert court.control.hits == hit
    assert not tx.valid(), "the verdict saw a world in which the caller's own scan no longer holds"


def test_a_contract_made_in_the_same_transaction_is_no_conflict_with_what_others_do() -> None:
    court = Court({"contract.1": yes})
    tx = court.begin()
    tx.put(court.state.artifacts, artifact("contract.1", PRIVATE, controller="bob", can_execute=True))
    tx.put(court.state.artifacts, artifact("data.1", "contract.1"))
    assert court.ask_in(tx, "data.1") is None
    court.put(artifact("data.9", PUBLIC))
    assert tx.valid()


def test_what_is_kept_is_bounded_and_the_longest_unused_goes_first() -> None:
    court = Court({"contract.1": yes}, cache_size=2)
    court.put(*(artifact(f"data.{n}", "contract.1") for n in (1, 2, 3)))
    for artifact_id in ("data.1", "data.2", "data.1", "data.3"):
        court.ask(artifact_id)
    assert (len(court.runner.asked), court.control.hits) == (3, 1)
    court.ask("data.1")
    assert court.control.hits == 2
    court.ask("data.2")
    assert len(court.runner.asked) == 4
