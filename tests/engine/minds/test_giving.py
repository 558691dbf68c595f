"""Minds that give: giver, spender, philanthropist, exchanger, and the gifts of the comfortable."""

from engine.kernel.actions import Delete, Invoke, Sleep, Write
from engine.kernel.entities import SECOND, Json
from engine.minds.draws import Draws
from engine.minds.scripted import moves
from tests.engine.minds.village import Village, agent, duration, invoked, world


def test_a_giver_gives_while_it_can_and_then_sleeps_until_it_can_again() -> None:
    village = Village(world(agent("ann", "giver", scrip=5, to="bob", amount=3), agent("bob", "giver", to="ann")))
    village.step("ann")
    assert village.scrip("ann") == 2
    assert village.decide("ann").action == Sleep(predicate="balance ann scrip >= 3")


def test_a_giver_wakes_when_it_is_paid() -> None:
    village = Village(world(agent("ann", "giver", scrip=0, to="bob", amount=3), agent("bob", "giver", to="ann")))
    village.step("ann")
    assert village.state.agents.rows["ann"].state == "sleeping"
    village.step("bob")
    assert village.state.agents.rows["ann"].state == "sleeping", "one scrip is not enough"
    village.step("bob")
    village.step("bob")
    assert village.state.agents.rows["ann"].state == "active"


def test_a_spender_spends_until_nothing_is_left_and_then_sleeps() -> None:
    village = Village(world(agent("sue", "spender", scrip=50, wakes_for=20), agent("tim", "spender", scrip=0)))
    for _ in range(20):
        village.step("sue")
        village.pass_time(1)
    assert village.scrip("sue") == 0
    assert village.decide("sue").action == Sleep(predicate="balance sue scrip >= 20")


def test_a_spender_puts_away_what_it_has_bought() -> None:
    village = Village(world(agent("sue", "spender"), agent("tim", "spender")))
    note = village.must("sue", Write("a note", type="note"))["artifact"]
    assert village.decide("sue").action == Delete(note)


def test_a_philanthropist_gives_to_the_poor_who_do_nothing() -> None:
    village = Village(world(agent("flo", "philanthropist", scrip=500, gift=60), agent("sue", "spender", scrip=0)))
    assert isinstance(village.decide("flo").action, Sleep), "the poor who still act help themselves"
    village.make_dormant("sue")
    assert invoked(village.decide("flo").action) == (
        "ledger",
        "transfer",
        {"to": "sue", "amount": 60, "memo": "a new start"},
    )


def test_a_philanthropist_leaves_the_rich_to_themselves() -> None:
    village = Village(world(agent("flo", "philanthropist", scrip=500), agent("max", "spender", scrip=400)))
    village.make_dormant("max")
    assert isinstance(village.decide("flo").action, Sleep)


def test_a_philanthropist_that_has_too_little_waits_for_gifts() -> None:
    flo = agent("flo", "philanthropist", scrip=80, gift=60, keep=50)
    village = Village(world(flo, agent("sue", "spender", scrip=0)))
    assert village.decide("flo").action == Sleep(predicate="balance flo scrip >= 110")


def test_a_gift_revives_a_dormant_agent() -> None:
    village = Village(world(agent("flo", "philanthropist", scrip=500), agent("sue", "spender", scrip=0)))
    village.step("sue")
    village.make_dormant("sue")
    village.step("flo")
    assert village.scrip("sue") == 60
    assert village.state.agents.rows["sue"].state == "active"


def test_the_comfortable_give_half_of_what_they_have_above_the_cause() -> None:
    maker = agent("mia", "momentum", scrip=900, instrument="grain", most=5, comfort=400, cause="flo", whim=10**9)
    village = Village(world(maker, agent("flo", "philanthropist", scrip=100)))
    assert invoked(village.decide("mia").action) == (
        "ledger",
        "transfer",
        {"to": "flo", "amount": 250, "memo": "surplus"},
    )


def test_nobody_gives_to_a_cause_that_is_richer_or_is_not_there() -> None:
    mia = agent("mia", "momentum", scrip=900, instrument="grain", most=5, comfort=400, cause="flo", whim=10**9)
    rich = Village(world(mia, agent("flo", "philanthropist", scrip=1_000)))
    assert isinstance(rich.decide("mia").action, Sleep)
    gone = Village(world(mia, agent("tim", "spender", scrip=0)))
    assert isinstance(gone.decide("mia").action, Sleep)


def test_an_exchanger_gives_one_after_each_wait_and_waits_after_each_gift() -> None:
    village = Village(world(agent("ann", "exchanger", scrip=1), agent("bob", "exchanger", scrip=0)))
    waited: Json = {"ok": {}}
    assert invoked(village.decide("ann", result=waited).action)[2]["to"] == "bob"
    assert isinstance(village.decide("ann", result={"ok": {"to": "bob"}}).action, Sleep)
    assert isinstance(village.decide("ann").action, Sleep), "it begins with a wait, or all would give at time zero"


def test_an_exchanger_with_nothing_takes_its_turn_all_the_same() -> None:
    village = Village(world(agent("ann", "exchanger", scrip=1), agent("bob", "exchanger", scrip=0)))
    assert isinstance(village.decide("bob", result={"ok": {}}).action, Sleep)


def test_an_exchanger_that_is_alone_keeps_what_it_has() -> None:
    village = Village(world(agent("ann", "exchanger", scrip=1)))
    assert isinstance(village.decide("ann", result={"ok": {}}).action, Sleep)


def test_someone_else_is_anybody_but_oneself_equally_often() -> None:
    village = Village(world(*(agent(name, "exchanger", scrip=1) for name in ("ann", "bob", "cyd", "dan"))))
    met = [village.decide("bob", result={"ok": {}}, step=step).action for step in range(900)]
    names = [action.args["to"] for action in met if isinstance(action, Invoke)]
    counts = {name: names.count(name) for name in set(names)}
    assert set(counts) == {"ann", "cyd", "dan"}
    assert all(240 < count < 360 for count in counts.values()), counts


def test_memoryless_waits_have_the_mean_and_the_spread_of_an_exponential() -> None:
    waits = [moves.memoryless(Draws(1, "ann", step), SECOND) for step in range(4_000)]
    mean = sum(waits) / len(waits)
    deviation = (sum((wait - mean) ** 2 for wait in waits) / len(waits)) ** 0.5
    assert abs(mean / SECOND - 1) < 0.05
    assert abs(deviation / mean - 1) < 0.07
    longer = [wait for wait in waits if wait > SECOND]
    assert abs(len(longer) / len(waits) - 0.368) < 0.03
    # Memoryless: who has waited a mean already waits a mean more.
    assert abs(sum(wait - SECOND for wait in longer) / len(longer) / SECOND - 1) < 0.08


def test_the_turns_of_an_exchanger_have_the_mean_that_its_world_says() -> None:
    village = Village(world(agent("ann", "exchanger", pause="4s"), agent("bob", "exchanger")))
    waits = [duration(village.decide("ann", step=step).action) for step in range(2_000)]
    assert abs(sum(waits) / len(waits) / (4 * SECOND) - 1) < 0.07
