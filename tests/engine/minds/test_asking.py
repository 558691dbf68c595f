"""Minds that need leave: the herald and the founder; and the clumsy one, who is refused."""

from engine.capabilities import requests
from engine.capabilities.requests import Consent
from engine.kernel.actions import Invoke, Sleep
from engine.kernel.entities import SECOND, Json
from engine.kernel.errors import Refusal
from tests.engine.minds.village import Village, agent, duration, invoked, world

MINUTE = 60 * SECOND


def herald() -> Village:
    hal = agent("hal", "herald", uses=2, every="10s", pause="1m")
    return Village(world(hal, agent("ann", "spender", scrip=0)))


def answer(village: Village, request: int, allow: bool) -> None:
    tx = village.state.begin(village.now, ("operator", "test"))
    if allow:
        made = requests.approve(tx, village.policy, request, "operator:kim", Consent())
    else:
        made = requests.deny(tx, village.policy, request, "operator:kim", "not now")
    assert not isinstance(made, Refusal)
    village.machine.commit(tx)


def test_a_herald_asks_first_and_sleeps_until_the_answer() -> None:
    village = herald()
    assert invoked(village.decide("hal").action)[:2] == ("capabilities", "request")
    village.step("hal")
    assert village.decide("hal").action == Sleep(event="@me")


def test_a_herald_that_may_speak_speaks_with_pauses_between() -> None:
    village = herald()
    village.step("hal")
    answer(village, 1, allow=True)
    decision = village.decide("hal")
    assert invoked(decision.action)[:2] == ("messages", "broadcast")
    village.step("hal")
    assert [message.recipient for message in village.state.messages.rows.values()] == ["ann"]
    assert duration(village.decide("hal", result={"ok": {"recipients": 1}}).action) == 10 * SECOND


def test_a_herald_asks_again_a_pause_after_its_uses_are_used_up() -> None:
    village = herald()
    village.step("hal")
    answer(village, 1, allow=True)
    village.step("hal")
    for _ in range(3):  # the pause after the first, the second, and the pause after that
        village.step("hal")
    rest = village.decide("hal", village.memory("hal"), {"ok": {}})
    assert duration(rest.action) == MINUTE
    village.pass_time(60)
    assert invoked(village.decide("hal", rest.memory, {"ok": {}}).action)[:2] == ("capabilities", "request")


def test_each_denial_in_a_row_doubles_the_pause_of_a_herald() -> None:
    village = herald()
    pauses = []
    for request in (1, 2, 3):
        village.step("hal")
        answer(village, request, allow=False)
        village.step("hal")
        pauses.append(village.memory("hal")["until"] - village.now)
        village.now = village.memory("hal")["until"]
    assert pauses == [2 * MINUTE, 4 * MINUTE, 8 * MINUTE]


def test_a_herald_that_is_woken_early_goes_on_waiting() -> None:
    village = herald()
    village.step("hal")
    answer(village, 1, allow=False)
    village.step("hal")
    village.pass_time(30)
    assert duration(village.decide("hal", village.memory("hal")).action) == 90 * SECOND


def founder(approvals: str = "ask", **endowment: int) -> Village:
    fred = agent(
        "fred",
        "founder",
        scrip=1_000,
        helper="forager",
        name="kid",
        params={"words": 6},
        endowment=endowment or {"scrip": 100, "disk": 1_000},
        most=2,
        pause="1m",
    )
    return Village(world(fred, agent("ann", "spender", scrip=0)), approvals)


def kids(village: Village) -> list[str]:
    return [name for name in village.state.register.ids if name.startswith("kid")]


def test_a_founder_asks_for_the_kind_of_helper_that_it_wants() -> None:
    village = founder()
    terms = invoked(village.decide("fred").action)[2]
    assert (terms["verb"], terms["resource"], terms["uses"]) == ("agent.spawn", "forager", 1)
    assert "100 scrip" in terms["reason"]


def test_a_founder_that_may_spawns_a_helper_and_remembers_it() -> None:
    village = founder()
    village.step("fred")
    answer(village, 1, allow=True)
    village.step("fred")
    assert len(kids(village)) == 1
    assert village.scrip(kids(village)[0]) == 100
    village.step("fred")
    assert village.memory("fred")["helpers"] == kids(village)


def test_a_founder_that_is_denied_waits_before_it_asks_again() -> None:
    village = founder()
    village.step("fred")
    answer(village, 1, allow=False)
    village.step("fred")
    assert village.memory("fred")["until"] == 3 * MINUTE
    assert isinstance(village.decide("fred", village.memory("fred")).action, Sleep)
    village.pass_time(180)
    assert invoked(village.decide("fred", village.memory("fred")).action)[0] == "capabilities"


def test_a_founder_stops_at_the_most_helpers_it_wants() -> None:
    village = founder(approvals="allow")
    village.live(3_600)
    assert len(kids(village)) == 2
    assert village.memory("fred")["helpers"] == kids(village)


def test_a_founder_that_cannot_endow_a_helper_waits_until_it_can() -> None:
    village = founder(scrip=600, disk=1_000)
    assert village.decide("fred").action == Sleep(predicate="balance fred scrip >= 1200")


def test_whatever_the_clumsy_one_does_is_refused_and_changes_nothing() -> None:
    diary = {"id": "diary", "owner": "ann", "content": "mine", "access": ["genesis_private"]}
    people = (agent("cal", "clumsy", covets="diary"), agent("ann", "spender", scrip=50))
    village = Village(world(*people, artifacts=[diary]))
    before = {name: dict(village.state.tables[name].rows) for name in ("balances", "artifacts", "orders", "bids")}
    codes = set()
    for step in range(300):
        action = village.decide("cal", step=step).action
        if isinstance(action, Invoke) and action.args.get("verb") == "principal.create":
            continue  # to ask is no blunder: it is answered, with no
        result = village.act("cal", action)
        assert isinstance(result, Refusal), action
        assert result.message
        codes.add(result.code)
    assert len(codes) >= 10, codes
    assert before == {name: village.state.tables[name].rows for name in before}


def test_the_clumsy_one_is_ashamed_for_a_while_after_a_refusal() -> None:
    village = Village(world(agent("cal", "clumsy", covets="ann", pause="7s"), agent("ann", "spender")))
    refused: Json = {"refused": "not_found", "message": "there is none"}
    assert duration(village.decide("cal", result=refused).action) == 7 * SECOND
