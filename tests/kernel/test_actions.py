"""Actions: what each does and refuses, who pays for the bytes, and that a refusal leaves nothing behind."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.genesis.contracts import CONTRACTS, FREEWARE, PRIVATE, PUBLIC, SELF_OWNED
from engine.kernel import ledger
from engine.kernel.access import AccessControl
from engine.kernel.actions import (
    ACTIONS,
    MAX_CALL_DEPTH,
    MAX_CONTRACTS,
    Action,
    Call,
    Delete,
    Edit,
    Invoke,
    Noop,
    Physics,
    Read,
    Sleep,
    Transfer,
    Write,
    action_name,
)
from engine.kernel.entities import Artifact, Asset, AssetKind, Escrowed, Json
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.kernel.storage import DISK, MAX_CONTENT, artifact_size
from engine.kernel.transaction import Commit, Transaction
from tests.engine.genesis.tiny import run

QUOTA = 1_000
PRINCIPALS = ("ann", "bob")


class Tools:
    """Executables of the test: `echo` tells who called, `again` calls itself, `spoil` writes and is then refused."""

    async def check(self, tx: Transaction, actor: str, code: str, interface: Json | None) -> Refusal | None:
        return None

    async def read(self, tx: Transaction, program: str) -> Refusal | None:
        return None

    async def invoke(self, call: Call, artifact: Artifact, method: str, args: Json) -> Json | Refusal:
        match method:
            case "echo":
                return {"caller": call.caller, "depth": call.depth, "args": args}
            case "again":
                return await call.physics.perform(call.tx, artifact.id, Invoke(artifact.id, method, args), call.depth)
            case "spoil":
                await call.physics.perform(call.tx, call.caller, Write("half done"), call.depth)
                call.tx.emit("half.done", call.caller)
                return Refusal("spoilt", "it did not work out")
            case "careful":
                refused = await call.physics.perform(call.tx, call.caller, Read("nothing"), call.depth)
                made = await call.physics.perform(call.tx, call.caller, Write("made"), call.depth)
                assert isinstance(refused, Refusal)
                return made
        return Refusal("no_such_method", f"there is no {method}")


class World:
    """Two principals with 1,000 bytes of disk each, the genesis contracts, and a tool."""

    def __init__(self) -> None:
        self.state = State()
        self.physics = Physics(AccessControl(CONTRACTS), Tools(), {"read": 7})
        self.last: Commit
        tx = self.begin()
        tx.put(self.state.assets, Asset(DISK, AssetKind.ALLOCATABLE, "bytes", True, 0, None))
        for contract in CONTRACTS:
            self._put(tx, contract, access=(FREEWARE,), type="contract")
        self._put(tx, "tool", can_execute=True, access=(PUBLIC,))
        for principal in PRINCIPALS:
            self._put(tx, principal, has_standing=True, can_execute=True, type="agent", access=(SELF_OWNED,))
            assert ledger.issue(tx, DISK, principal, QUOTA, "genesis") is None
        self.commit(tx)

    def _put(self, tx: Transaction, artifact_id: str, **facts: Any) -> None:
        common: Json = {"type": "tool", "has_standing": False, "can_execute": False, "interface": None, "metadata": {}}
        common |= {"size": 0, "created_at": 0, "updated_at": 0, "version": 1, "disk_hold": None}
        row = Artifact(id=artifact_id, created_by="genesis", controller=artifact_id, **(common | facts))
        tx.put(self.state.artifacts, row)

    def begin(self) -> Transaction:
        """A transaction now."""
        return self.state.begin(0, ("test",))

    def commit(self, tx: Transaction) -> None:
        """Commit, and check that everything adds up and that each byte is held exactly once."""
        self.last = tx.commit()
        ledger.check_conservation(self.state)
        held = {row.id: row.amount for row in self.state.holds.rows.values()}
        sizes = {r.disk_hold: r.size for r in self.state.artifacts.rows.values() if r.disk_hold is not None}
        assert held == sizes

    def act(self, actor: str, action: Action) -> Json | Refusal:
        """Perform an action and commit it; a refusal has to leave nothing to commit."""
        tx = self.begin()
        result = run(self.physics.perform(tx, actor, action))
        self.commit(tx)
        if isinstance(result, Refusal):
            assert (self.last.changes, self.last.postings, self.last.events) == ((), (), ())
            assert result.code
            assert len(result.message) > 10
        return result

    def ok(self, actor: str, action: Action) -> Json:
        """The result of an action that has to succeed."""
        result = self.act(actor, action)
        assert not isinstance(result, Refusal), result
        return result

    def refused(self, actor: str, action: Action) -> tuple[str, str]:
        """Code and sentence of an action that has to be refused."""
        result = self.act(actor, action)
        assert isinstance(result, Refusal), result
        return result.code, result.message

    def make(self, actor: str, content: str, *access: str, **terms: Any) -> str:
        """Create an artifact."""
        return str(self.ok(actor, Write(content, access=access or (FREEWARE,), **terms))["artifact"])

    def disk(self, principal: str) -> tuple[int, int]:
        """What a principal has free and stored."""
        row = self.state.balances.rows[principal, DISK]
        return row.available, row.held

    def text(self, artifact: str) -> str:
        """The content of an artifact."""
        return self.state.contents.rows[artifact].text


@pytest.fixture
def world() -> World:
    """A small world, fresh for each test."""
    return World()


# -- what each does ------------------------------------------------------------------------------------------------


def test_there_are_eight_actions_and_each_goes_by_its_name() -> None:
    assert list(ACTIONS) == ["read", "write", "edit", "delete", "transfer", "invoke", "sleep", "noop"]
    assert action_name(Noop()) == "noop"


def test_an_action_costs_what_the_tariff_says_and_nothing_if_it_says_nothing(world: World) -> None:
    assert (world.physics.cost(Read("x")), world.physics.cost(Noop())) == (7, 0)


def test_a_write_creates_an_artifact_of_the_one_who_writes(world: World) -> None:
    result = world.ok("ann", Write("hello", type="poem", metadata={"title": "T"}))
    row = world.state.artifacts.rows[result["artifact"]]
    assert result == {"artifact": "poem.1", "size": 5 + len('{"title":"T"}')}
    assert (row.created_by, row.controller, row.version, row.type) == ("ann", "ann", 1, "poem")
    assert (row.has_standing, row.access) == (False, (FREEWARE,))
    assert [event.type for event in world.last.events] == ["artifact.created"]


def test_a_read_tells_content_type_and_version(world: World) -> None:
    made = world.make("ann", "hello")
    assert world.ok("bob", Read(made)) == {"artifact": made, "type": "data", "content": "hello", "version": 1}
    empty = world.make("ann", "")
    assert world.ok("bob", Read(empty))["content"] == ""


def test_an_overwrite_replaces_content_and_nothing_else(world: World) -> None:
    made = world.make("ann", "hello")
    result = world.ok("ann", Write("bye", artifact=made))
    assert result == {"artifact": made, "size": 3, "version": 2}
    row = world.state.artifacts.rows[made]
    assert (world.text(made), row.type, row.access, row.created_by) == ("bye", "data", (FREEWARE,), "ann")


@pytest.mark.parametrize(
    "terms",
    [{"type": "other"}, {"access": (PUBLIC,)}, {"can_execute": True}, {"metadata": {"a": 1}}, {"interface": {}}],
)
def test_an_overwrite_that_would_change_more_than_content_is_refused(world: World, terms: Json) -> None:
    made = world.make("ann", "hello")
    assert world.refused("ann", Write("bye", artifact=made, **terms))[0] == "fixed"
    assert world.text(made) == "hello"


def test_an_edit_replaces_the_one_place(world: World) -> None:
    made = world.make("ann", "one two three")
    assert world.ok("ann", Edit(made, "two", "2"))["version"] == 2
    assert world.text(made) == "one 2 three"


@pytest.mark.parametrize("old", ["", "four", "o", "aa", "one two aaa x"])
def test_an_edit_needs_the_old_text_exactly_once_and_counts_places_that_overlap(world: World, old: str) -> None:
    made = world.make("ann", "one two aaa")
    assert world.refused("ann", Edit(made, old, "X"))[0] == "bad_edit"
    assert world.text(made) == "one two aaa"


def test_a_transfer_changes_the_controller_and_never_the_creator(world: World) -> None:
    made = world.make("ann", "hello")
    assert world.ok("ann", Transfer(made, "bob")) == {"artifact": made, "controller": "bob"}
    row = world.state.artifacts.rows[made]
    assert (row.created_by, row.controller) == ("ann", "bob")
    assert world.refused("ann", Write("mine", artifact=made))[0] == "access_denied"
    world.ok("bob", Transfer(made, "ann"))
    assert [event.data for event in world.last.events] == [{"from": "bob", "to": "ann"}]


def test_an_invocation_is_answered_by_the_code_with_the_immediate_caller(world: World) -> None:
    result = world.ok("ann", Invoke("tool", "echo", {"x": 1}))
    assert result == {"caller": "ann", "depth": 1, "args": {"x": 1}}


def test_nothing_and_sleep_change_nothing(world: World) -> None:
    assert world.ok("ann", Noop()) == {}
    assert world.ok("ann", Sleep(duration=5)) == {}
    assert world.ok("ann", Sleep(event="@me", duration=5)) == {}
    assert world.ok("ann", Sleep(predicate="exists data.1")) == {}
    assert world.ok("ann", Sleep()) == {"until": "stimulus"}
    assert world.last.changes == ()


# -- what each refuses ---------------------------------------------------------------------------------------------

DEEP: Any = []
for _ in range(1_000):
    DEEP = [DEEP]

REFUSED: list[tuple[Action, str]] = [
    (Read("data.9"), "not_found"),
    (Read("x" * 100_000), "not_found"),
    (Read("data.1"), "access_denied"),
    (Write("x", artifact="data.9"), "not_found"),
    (Write("x", artifact=""), "not_found"),
    (Write("x", artifact="data.1"), "access_denied"),
    (Write("x", artifact="data.2"), "access_denied"),
    (Write("x", access=()), "no_contract"),
    (Write("x", access=("contract.9",)), "not_found"),
    (Write("x", access=(FREEWARE,) * (MAX_CONTRACTS + 1)), "too_many_contracts"),
    (Write("x" * (MAX_CONTENT + 1)), "too_large"),
    (Write("x" * (QUOTA + 1)), "disk_full"),
    (Write("x", metadata={"m": "x" * QUOTA}), "disk_full"),
    (Write("x", type=""), "bad_type"),
    (Write("x", type="x" * 1_000), "bad_type"),
    (Write("x", type="\x1b[2J"), "bad_type"),
    (Write("\ud800"), "not_plain"),
    (Write("x", metadata={"m": 2**70}), "not_plain"),
    (Write("x", metadata={"m": DEEP}), "not_plain"),
    (Write("x", interface={"m": object()}), "not_plain"),
    (Write("\ud800", artifact="data.3"), "not_plain"),
    (Write("x" * (MAX_CONTENT + 1), artifact="data.3"), "too_large"),
    (Write("x" * (QUOTA + 1), artifact="data.3"), "disk_full"),
    (Edit("data.9", "x", "y"), "not_found"),
    (Edit("data.2", "x", "y"), "access_denied"),
    (Edit("data.3", "mine", "x" * (QUOTA + 1)), "disk_full"),
    (Edit("data.3", "mine", "\ud800"), "not_plain"),
    (Delete("data.9"), "not_found"),
    (Delete("data.2"), "access_denied"),
    (Delete("bob"), "has_standing"),
    (Transfer("data.9", "bob"), "not_found"),
    (Transfer("data.2", "bob"), "access_denied"),
    (Transfer("data.3", "nobody"), "not_found"),
    (Transfer("data.4", "bob"), "in_escrow"),
    (Write("other", artifact="data.4"), "in_escrow"),
    (Edit("data.4", "for", "not for"), "in_escrow"),
    (Delete("data.4"), "in_escrow"),
    (Invoke("data.9", "echo", {}), "not_found"),
    (Invoke("data.1", "echo", {}), "access_denied"),
    (Invoke("data.2", "echo", {}), "not_executable"),
    (Invoke("tool", "fly", {}), "no_such_method"),
    (Sleep(duration=0), "bad_sleep"),
    (Sleep(duration=-1), "bad_sleep"),
    (Sleep(duration=2**62 + 1), "bad_sleep"),
    (Sleep(duration=10**5_000), "bad_sleep"),
    (Sleep(event="x", predicate="exists data.1"), "bad_sleep"),
    (Sleep(event="x" * 1_000), "bad_sleep"),
    (Sleep(event="\ud800"), "bad_sleep"),
    (Sleep(predicate="when I like"), "bad_predicate"),
    (Sleep(predicate=""), "bad_predicate"),
]


@pytest.mark.parametrize(
    ("action", "code"), REFUSED, ids=[f"{n}-{action_name(action)}-{code}" for n, (action, code) in enumerate(REFUSED)]
)
def test_what_cannot_be_done_is_refused_with_a_code_and_a_sentence(world: World, action: Action, code: str) -> None:
    world.make("bob", "private", PRIVATE)
    world.make("bob", "x")
    world.make("ann", "mine")
    world.make("bob", "for sale", PUBLIC)
    tx = world.begin()
    tx.put(world.state.escrowed, Escrowed("data.4", 1, "bob"))
    world.commit(tx)
    if action == Delete("bob"):
        world.ok("bob", Transfer("bob", "ann"))
    before = dict(world.state.contents.rows), world.disk("ann"), world.disk("bob")
    found, message = world.refused("ann", action)
    assert found == code
    assert len(message) < 1_000
    message.encode()
    assert (dict(world.state.contents.rows), world.disk("ann"), world.disk("bob")) == before


# -- disk ----------------------------------------------------------------------------------------------------------


def test_bytes_are_charged_when_stored_and_freed_when_deleted(world: World) -> None:
    made = world.make("ann", "é" * 100)
    assert world.disk("ann") == (800, 200)
    assert world.ok("ann", Delete(made)) == {"artifact": made, "freed": 200}
    assert world.disk("ann") == (1_000, 0)
    assert made not in world.state.artifacts.rows
    assert made not in world.state.contents.rows


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1_000])
def test_an_overwrite_is_charged_for_its_new_size_only(world: World, size: int) -> None:
    made = world.make("ann", "x" * 100)
    world.ok("ann", Write("y" * size, artifact=made))
    assert world.disk("ann") == (1_000 - size, size)
    world.ok("ann", Write("z" * 7, artifact=made))
    assert world.disk("ann") == (993, 7)


def test_interface_and_metadata_are_charged_too_and_stay_charged(world: World) -> None:
    made = world.make("ann", "x" * 10, metadata={"a": 1}, interface={"tools": []})
    assert world.disk("ann")[1] == artifact_size("x" * 10, {"tools": []}, {"a": 1}) == 10 + 7 + 12
    world.ok("ann", Write("", artifact=made))
    assert world.disk("ann")[1] == 19


def test_who_stored_the_bytes_pays_for_what_others_write_there(world: World) -> None:
    made = world.make("ann", "x" * 10, PUBLIC)
    world.ok("bob", Write("x" * 30, artifact=made))
    assert (world.disk("ann")[1], world.disk("bob")[1]) == (30, 0)


def test_a_gift_stays_on_the_givers_disk_until_its_new_controller_writes_it(world: World) -> None:
    made = world.make("ann", "x" * 100, PUBLIC)
    world.ok("ann", Transfer(made, "bob"))
    assert (world.disk("ann"), world.disk("bob")) == ((900, 100), (1_000, 0))
    world.ok("ann", Write("x" * 150, artifact=made))
    assert (world.disk("ann"), world.disk("bob")) == ((850, 150), (1_000, 0))
    world.ok("bob", Write("x" * 20, artifact=made))
    assert (world.disk("ann"), world.disk("bob")) == ((1_000, 0), (980, 20))
    world.ok("ann", Delete(made))
    assert world.disk("bob") == (1_000, 0)


def test_an_empty_gift_cannot_be_filled_on_the_receivers_disk(world: World) -> None:
    made = world.make("ann", "", PUBLIC)
    world.ok("ann", Transfer(made, "bob"))
    world.ok("ann", Write("x" * 100, artifact=made))
    assert (world.disk("ann"), world.disk("bob")) == ((900, 100), (1_000, 0))


def test_a_full_controller_cannot_take_over_what_it_writes(world: World) -> None:
    world.make("bob", "x" * 950)
    made = world.make("ann", "x" * 51)
    world.ok("ann", Transfer(made, "bob"))
    code, message = world.refused("bob", Write("x" * 51, artifact=made))
    assert (code, "bob has 50 bytes" in message) == ("disk_full", True)
    assert (world.disk("ann"), world.disk("bob")) == ((949, 51), (50, 950))


def test_a_transfer_to_what_has_no_standing_leaves_the_charge_where_it_is(world: World) -> None:
    made = world.make("ann", "x" * 100)
    world.ok("ann", Transfer(made, "tool"))
    assert world.state.artifacts.rows[made].controller == "tool"
    assert world.disk("ann") == (900, 100)


def test_exactly_as_much_as_there_is_can_be_stored(world: World) -> None:
    world.make("ann", "x" * QUOTA)
    assert world.disk("ann") == (0, QUOTA)
    assert world.refused("ann", Write("x"))[0] == "disk_full"
    assert world.ok("ann", Write(""))["size"] == 0


# -- contracts, principals, ids ------------------------------------------------------------------------------------


def test_a_contract_that_governs_something_is_not_deleted_before_that(world: World) -> None:
    contract = world.make("ann", "code", PUBLIC, can_execute=True)
    governed = world.make("bob", "x", PRIVATE, contract)
    code, message = world.refused("ann", Delete(contract))
    assert (code, "1 artifact(s)" in message) == ("referenced", True)
    open_ = world.make("bob", "x", PRIVATE)
    world.ok("bob", Delete(open_))
    assert world.refused("bob", Delete(governed))[0] == "access_denied"  # its contract cannot run here
    assert contract in world.state.artifacts.rows


def test_a_contract_is_deleted_once_it_governs_nothing(world: World) -> None:
    contract = world.make("ann", "code", PUBLIC, can_execute=True)
    world.ok("bob", Delete(contract))
    assert world.refused("ann", Write("x", access=(contract,)))[0] == "not_found"


def test_a_reference_made_while_the_contract_is_being_deleted_is_a_conflict(world: World) -> None:
    contract = world.make("ann", "code", PUBLIC)
    deleting = world.begin()
    assert not isinstance(run(world.physics.perform(deleting, "ann", Delete(contract))), Refusal)
    world.make("bob", "x", contract)
    assert not deleting.valid()


def test_principals_are_never_deleted_not_even_by_themselves(world: World) -> None:
    assert world.refused("ann", Delete("ann"))[0] == "has_standing"


def test_an_id_is_never_given_twice(world: World) -> None:
    first = world.make("ann", "x")
    world.ok("ann", Delete(first))
    second = world.make("ann", "x")
    world.refused("ann", Write("x" * 5_000))
    assert (first, second, world.make("bob", "x")) == ("data.1", "data.2", "data.3")


@pytest.mark.parametrize(
    ("type_", "artifact"),
    [
        ("data", "data.1"),
        ("My Poem!", "my_poem.1"),
        ("../../etc", "etc.1"),
        ("é", "data.1"),
        ("Z" * 80, "z" * 24 + ".1"),
    ],
)
def test_a_given_id_ends_in_a_dot_and_a_number_so_no_id_of_a_world_file_is_like_it(
    world: World, type_: str, artifact: str
) -> None:
    assert world.make("ann", "x", type=type_) == artifact
    assert world.state.artifacts.rows[artifact].type == type_


# -- refusals and depth --------------------------------------------------------------------------------------------


def test_a_refusal_undoes_what_the_code_had_done(world: World) -> None:
    assert world.refused("ann", Invoke("tool", "spoil", {}))[0] == "spoilt"
    assert world.disk("ann") == (1_000, 0)


def test_a_refusal_that_the_code_handles_undoes_only_what_was_refused(world: World) -> None:
    assert world.ok("ann", Invoke("tool", "careful", {}))["artifact"] == "data.1"


def test_calls_go_ten_deep_and_no_deeper(world: World) -> None:
    assert world.refused("ann", Invoke("tool", "again", {}))[0] == "too_deep"
    tx = world.begin()
    for depth, refused in ((MAX_CALL_DEPTH - 1, False), (MAX_CALL_DEPTH, True)):
        result = run(world.physics.perform(tx, "ann", Invoke("tool", "echo", {}), depth))
        assert isinstance(result, Refusal) == refused


# -- any sequence --------------------------------------------------------------------------------------------------

IDS = st.sampled_from([*(f"data.{n}" for n in range(1, 6)), "ann", "bob", "tool", FREEWARE, "nothing"])
TEXTS = st.sampled_from(["", "a", "aa", "é" * 40, "x" * 400, "x" * 1_001])
ANY_ACTION: st.SearchStrategy[Action] = st.one_of(
    st.builds(Write, TEXTS, access=st.sampled_from([(PUBLIC,), (PRIVATE,), (PUBLIC, "data.1"), ()])),
    st.builds(Write, TEXTS, artifact=IDS),
    st.builds(Edit, IDS, st.sampled_from(["a", "é", ""]), TEXTS),
    st.builds(Delete, IDS),
    st.builds(Transfer, IDS, IDS),
    st.builds(Read, IDS),
    st.builds(Invoke, IDS, st.sampled_from(["echo", "spoil", "careful", "again"]), st.just({})),
    st.builds(Sleep, st.none() | st.integers(), st.none() | st.text(max_size=4), st.none() | st.text(max_size=4)),
)


@given(st.lists(st.tuples(st.sampled_from(PRINCIPALS), ANY_ACTION), max_size=25))
def test_any_sequence_keeps_every_byte_accounted_for_and_leaves_nothing_half_done(
    sequence: list[tuple[str, Action]],
) -> None:
    world = World()
    for actor, action in sequence:
        world.act(actor, action)
        stored = {r.id: r.size for r in world.state.artifacts.rows.values()}
        assert sum(stored.values()) == sum(world.disk(p)[1] for p in PRINCIPALS)
        assert set(world.state.contents.rows) <= set(stored)
        for content in world.state.contents.rows.values():
            assert stored[content.id] == len(content.text.encode())
        for row in world.state.artifacts.rows.values():
            assert set(row.access) <= set(stored), "no contract that governs something is ever deleted"
