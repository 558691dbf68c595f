"""The siege: nothing that is tried goes through, nothing is lost, and life goes on."""

from functools import cache

import pytest

from tests.engine.living import Life, lived

ATTACKERS = {
    "looper",
    "bomber",
    "devious",
    "ricochet",
    "switcher",
    "drainer",
    "poisoner",
    "squatter",
    "flooder",
    "logorrhoea",
    "escaper",
    "cyclops",
    "schemer",
    "beggar",
    "robber",
}
THEIR_TOOLS = {"thief"}
VICTIMS = {"vera", "carl", "bella", "purse", "bank", "vault"}
LOGGED = 20_000


@cache
def life() -> Life:
    return lived("siege", 150, verified=True)


FAILED = {
    "endless tool": ("looper", "maze", "walk", "it ran longer than 20 ms"),
    "endless contract": ("looper", "trap", "read", "its contract failed"),
    "endless definition": ("looper", "", "write", "it ran longer than 20 ms"),
    "memory bomb": ("bomber", "bomb", "memory", "its memory limit"),
    "number bomb": ("bomber", "bomb", "numbers", "its memory limit"),
    "recursion": ("bomber", "bomb", "recursion", "RecursionError"),
    "output flood": ("bomber", "bomb", "output", "too large"),
    "print flood": ("bomber", "bomb", "prints", "printed more"),
    "nesting": ("bomber", "bomb", "nesting", "its recursion limit"),
    "calls without end": ("bomber", "bomb", "calls", "more than 50 times"),
    "deputy": ("devious", "purse", "pay", "not devious's"),
    "deputy by a go-between": ("devious", "go_between", "pay", "not go_between's"),
    "grants of others": ("devious", "go_between", "pay", "holds no grant 1"),
    "edit after the look": ("bella", "genesis_escrow", "purchase", "of version"),
    "price after the look": ("bella", "genesis_escrow", "purchase", "more than"),
    "charge without consent": ("carl", "charity", "help", 'say "pay": 3'),
    "a name of the world's": ("squatter", "", "write", "a part of the world"),
    "an id before its time": ("squatter", "note.50", "write", "there is no artifact"),
    "a bank of the world's": ("squatter", "genesis_rights", "create_account", "needs a grant"),
    "broadcast flood": ("flooder", "genesis_messages", "broadcast", "needs a grant"),
    "huge arguments": ("logorrhoea", "genesis_ledger", "transfer", "Field required"),
    "a type with escapes": ("escaper", "", "write", "printable characters"),
    "circle of contracts": ("cyclops", "knot", "read", "through more than 10 contracts"),
    "forking contracts": ("cyclops", "bush", "read", "cpu_rate"),
    "secret of a contract": ("cyclops", "whisper", "read", "its contract failed"),
    "nonsense of a contract": ("cyclops", "babble", "read", "its contract failed"),
    "pattern bomb": ("schemer", "", "write", "pattern is not available"),
    "schema of itself": ("schemer", "", "write", "$ref is not available"),
    "quadratic schema": ("schemer", "", "write", "uniqueItems is not available"),
    "nested schema": ("schemer", "", "write", "nested more than 20"),
    "spawning without leave": ("beggar", "genesis_agents", "spawn", "needs a grant"),
    "drawing without leave": ("beggar", "genesis_rights", "draw", "needs a grant"),
    "a private diary": ("robber", "diary", "read", "it is private"),
    "reading for nothing": ("robber", "almanac", "read", "charges robber 1 scrip"),
    "another's books": ("robber", "books", "write", "only the bank keeps books"),
    "another's contract": ("robber", "paywall", "write", "only vera may do more"),
    "another's tool": ("robber", "press", "transfer", "only vera may do more"),
    "another's mind": ("robber", "vera", "write", "only it itself"),
    "another's account": ("robber", "genesis_rights", "spend", "only it itself and vera"),
    "less than nothing": ("robber", "genesis_ledger", "transfer", "greater than 0"),
    "more than there is": ("robber", "genesis_ledger", "transfer", "1000000 is needed"),
}


@pytest.mark.parametrize("attack", FAILED)
def test_an_attack_is_seen_and_fails_for_its_reason(attack: str) -> None:
    agent, artifact, method, reason = FAILED[attack]
    assert any(reason in message for message in life().refused(agent, artifact, method))


SEEN_THROUGH = [
    ("looper", "maze", "walk"),
    ("looper", "trap", "read"),
    *[("bomber", "bomb", kind) for kind in ("memory", "recursion", "output", "prints", "numbers", "nesting", "calls")],
    ("devious", "purse", "pay"),
    ("devious", "go_between", "pay"),
    ("carl", "charity", "help"),
    ("flooder", "genesis_messages", "broadcast"),
    ("cyclops", "knot", "read"),
    ("cyclops", "bush", "read"),
    ("cyclops", "whisper", "read"),
    ("cyclops", "babble", "read"),
    ("schemer", "", "write"),
    ("squatter", "", "write"),
    ("beggar", "genesis_agents", "spawn"),
    ("beggar", "genesis_rights", "draw"),
    ("robber", "diary", "read"),
    ("robber", "almanac", "read"),
    ("robber", "books", "write"),
    ("robber", "paywall", "write"),
    ("robber", "press", "transfer"),
    ("robber", "almanac", "delete"),
    ("robber", "vera", "write"),
    ("robber", "genesis_rights", "spend"),
]


@pytest.mark.parametrize("what", SEEN_THROUGH)
def test_it_never_goes_through(what: tuple[str, str, str]) -> None:
    assert life().done()[what] == 0


def test_the_books_balance_and_it_happens_again_to_the_byte() -> None:
    assert life().faults == ()


def test_no_attacker_has_scrip_that_was_not_given_to_it() -> None:
    """The mint's price is shared among all agents, some give; a game is played for one; a jewel is bought as seen."""
    given = {"genesis", "ubi", "charged by lucky", "escrow"}
    for posting in life().postings:
        if posting.asset == "scrip" and posting.credit in ATTACKERS | THEIR_TOOLS:
            own = posting.debit in ATTACKERS | THEIR_TOOLS | {"spender", "almoner"}
            banked = posting.debit == "bank" and posting.credit == "thief"
            assert own or banked or posting.reason in given, posting


def test_a_game_takes_one_scrip_and_no_more() -> None:
    games = life().done()[("carl", "lucky", "play")]
    taken = [p.amount for p in life().postings if p.reason in ("charged by lucky", "charged by fees")]
    assert games
    assert taken == [1] * games


def test_the_bank_pays_out_what_was_paid_in() -> None:
    paid = {"carl": 0, "thief": 0}
    for posting in life().postings:
        if posting.asset == "scrip" and "bank" in (posting.debit, posting.credit) and posting.reason != "genesis":
            who = posting.credit if posting.debit == "bank" else posting.debit
            paid[who] += posting.amount if posting.debit == "bank" else -posting.amount
            assert paid[who] <= 0
    assert life().done()[("ricochet", "thief", "start")] > 1


def test_nothing_costs_a_victim_what_it_has_not_done_itself() -> None:
    """Carl was given a contract that others run up costs with; he did not ask for it, so it is not his to pay."""
    assert life().state.artifacts.rows["fees"].controller == "carl"
    for commit in life().commits:
        if commit.cause[0] == "step" and commit.cause[1] in ATTACKERS:
            assert not {usage.principal for usage in commit.usages} & {"vera", "carl", "bella"}


def test_no_attacker_holds_a_capability() -> None:
    assert not list(life().told("grant.given"))
    assert not life().state.grants.rows


def test_a_customer_who_pays_is_let_in_every_time() -> None:
    assert life().done()[("carl", "almanac", "read")] > 5
    assert life().refused("carl", "almanac", "read") == set()
    assert life().refused("carl", "press", "flower") == set()


def test_only_vera_and_her_tools_have_changed_what_is_hers() -> None:
    hers = {"press", "paywall", "front_desk", "almanac", "diary", "purse", "bank", "books", "bank_only", "vault"}
    touched = {
        (event.actor, event.target)
        for event in life().events
        if event.type.startswith("artifact.") and event.target in hers
    }
    assert touched == {("vera", "almanac"), ("bank", "books")}
    rows = life().state.artifacts.rows
    assert {rows[name].controller for name in hers} == {"vera"}


def test_nothing_was_made_that_looks_like_the_world_itself() -> None:
    made = [row for row in life().state.artifacts.rows.values() if row.created_by in ATTACKERS]
    assert made
    assert not [row.id for row in made if row.id.startswith(("genesis", "handbook"))]


def test_a_flood_fills_nobodys_disk_but_its_own() -> None:
    holds = [hold for hold in life().state.holds.rows.values() if hold.purpose == "message"]
    assert {hold.principal for hold in holds} <= {"flooder", "escaper"}


def test_no_event_is_large() -> None:
    assert max(len(str(event.data)) for event in life().events) < LOGGED


def test_secrets_of_contracts_are_told_to_the_operator_alone() -> None:
    assert any("swordfish" in event.data["error"] for event in life().told("contract.failed"))
    others = [event for event in life().events if event.type != "contract.failed"]
    assert not [event for event in others if "swordfish" in str(event.data)]
    assert not [row for row in life().state.inboxes.rows.values() if "swordfish" in str(row.result)]


def test_the_economy_goes_on_all_the_while() -> None:
    late = [commit for commit in life().commits if commit.at > 50_000_000]
    acted = {event.actor for commit in late for event in commit.events if event.type == "agent.acted"}
    citizens = set(life().state.register.ids) - ATTACKERS
    assert citizens - acted <= {"almoner", "spender"}
    assert {"escrow.sold", "exchange.trade", "mint.won", "mint.resolved"} <= {event.type for event in life().events}


def test_no_mind_fails_and_each_attacker_has_tried() -> None:
    assert not list(life().told("mind.failed"))
    tried = {event.actor for event in life().events if event.type in ("agent.acted", "agent.refused")}
    assert tried >= ATTACKERS


def test_under_another_seed_it_is_the_same() -> None:
    other = lived("siege", 40, seed=2)
    assert not [what for what in SEEN_THROUGH if other.done()[what]]
    assert {event.actor for event in other.told("agent.acted")} & VICTIMS
