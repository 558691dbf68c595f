"""The worlds that come with Ecosim do what their descriptions say."""

from functools import cache

import pytest

from engine.kernel import ledger
from engine.kernel.entities import SECOND, Event
from engine.worldfile import list_worlds, load_world
from tests.engine.minds.village import Village

SCRIPTED = ("auction_house", "bazaar", "boltzmann", "compute_market", "gatekeeper", "stress", "trio")
PROGRAMMED = ("commons", "siege")
"""Worlds with code of agents, which runs in the sandbox: see test_commons and test_siege for what they do."""
OF_DAYS = ("credit",)
"""Worlds whose agents act every few hours: see test_credit."""
THINKING = ("village",)
"""Worlds whose agents think with language models: see tests/models/test_village.py."""
BUNDLED = (*SCRIPTED, *PROGRAMMED, *OF_DAYS, *THINKING)


@cache
def lived(name: str, seconds: int, seed: int | None = None, approvals: str = "policy") -> Village:
    village = Village(load_world(name, seed=seed).world, approvals)
    village.live(seconds)
    return village


def test_these_are_the_bundled_worlds_and_each_teaches_something() -> None:
    assert {info.name for info in list_worlds()} == set(BUNDLED)
    for name in BUNDLED:
        section = load_world(name).world.world
        assert section.name == name
        assert section.title
        assert section.teaches
        assert section.description


@pytest.mark.parametrize("name", PROGRAMMED)
def test_a_world_of_programs_says_what_its_agents_are_and_answers_what_they_ask(name: str) -> None:
    world = load_world(name).world
    assert sum(section.mind == "program" for section in world.agents) > 10
    assert any(section.executable for section in world.artifacts)
    assert world.capabilities.rules
    assert all(section.metadata.get("title") for section in world.artifacts if section.interface and name == "commons")


@pytest.mark.parametrize("name", SCRIPTED)
def test_no_mind_of_a_bundled_world_ever_fails_and_nothing_is_made_or_lost(name: str) -> None:
    village = lived(name, 3 if name in ("boltzmann", "stress") else 60)
    assert not list(village.told("mind.failed"))
    assert not list(village.told("memory.full"))
    ledger.check_conservation(village.state)


# -- trio ----------------------------------------------------------------------------------------------------------


def test_in_the_trio_two_pass_scrip_and_one_asks() -> None:
    village = lived("trio", 60, approvals="ask")
    givers = {event.actor for event in village.told("ledger.transfer")}
    assert givers == {"alice", "bob"}
    assert [event.actor for event in village.told("request.asked")] == ["carol"]
    assert village.state.agents.rows["carol"].state == "sleeping"


# -- the bazaar ----------------------------------------------------------------------------------------------------

SYSTEMS = (
    "artifact.created",
    "artifact.deleted",
    "escrow.listed",
    "escrow.sold",
    "exchange.placed",
    "exchange.trade",
    "mint.bid",
    "mint.won",
    "mint.resolved",
    "message.sent",
    "ledger.transfer",
    "request.asked",
    "request.approved",
    "grant.given",
    "grant.used",
    "agent.refused",
    "kpi.sample",
)


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_every_system_is_seen_in_the_first_minute_of_the_bazaar(seed: int) -> None:
    village = lived("bazaar", 60, seed)
    seen = {event.type for _, event in village.events}
    assert set(SYSTEMS) <= seen
    assert {event.data["instrument"] for event in village.told("exchange.trade")} == {"cpu_rate", "disk"}
    states = {event.data["to"] for event in village.told("agent.state")}
    assert states == {"active", "blocked", "sleeping", "dormant"}


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_a_spender_falls_dormant_and_is_rescued_in_the_first_minute(seed: int) -> None:
    story = [event for _, event in lived("bazaar", 60, seed).events if _is_of_a_rescue(event)]
    rescued = {
        name
        for name in ("spender_1", "spender_2", "spender_3")
        for at, event in enumerate(story)
        if (event.actor, event.target) == ("almoner", name)
        and any(before.actor == name and before.data["to"] == "dormant" for before in story[:at] if not before.target)
    }
    assert rescued


def _is_of_a_rescue(event: Event) -> bool:
    return event.type in ("agent.state", "ledger.transfer") and ("spender" in event.actor + event.target)


def test_a_request_waits_for_the_person_at_the_console() -> None:
    pending = lived("bazaar", 60, approvals="ask").state.pending_requests.buckets["pending"]
    requests = lived("bazaar", 60, approvals="ask").state.requests.rows
    assert [(requests[key].requester, requests[key].verb) for key in pending] == [("founder", "agent.spawn")]


def test_the_rules_of_the_bazaar_allow_deny_and_leave_to_ask() -> None:
    village = lived("bazaar", 1_200)
    decided = {
        (event.target.partition("_")[0], event.type, event.actor)
        for type_ in ("request.approved", "request.denied")
        for event in village.told(type_)
    }
    assert decided == {
        ("herald", "request.approved", "rule news"),
        ("clumsy", "request.denied", "rule one of each"),
        ("founder", "request.denied", "approvals policy"),
    }
    assert {event.data["uses"] for event in village.told("grant.given")} == {3}


def test_the_bazaar_is_lively() -> None:
    acted = len(list(lived("bazaar", 1_200).told("agent.acted")))
    assert 3 <= acted / 1_200 <= 12


def test_only_the_clumsy_and_those_who_ask_the_mint_twice_are_refused() -> None:
    refused = {(e.actor.partition("_")[0], e.data["refused"]) for e in lived("bazaar", 1_200).told("agent.refused")}
    others = {(who, code) for who, code in refused if who != "clumsy"}
    assert others <= {("curator", "already_scored"), ("dabbler", "already_scored")}


def test_the_bazaar_lives_on_within_its_quotas() -> None:
    village = lived("bazaar", 1_200)
    late = [event for at, event in village.events if at > 900 * SECOND]
    assert set(SYSTEMS) <= {event.type for event in late}
    everybody = set(village.state.register.ids)
    trading = everybody - {"herald", "founder", "clumsy_1", "clumsy_2"}
    assert trading <= {event.actor for event in late if event.type == "agent.acted"}
    samples = [event.data for event in village.told("kpi.sample")]
    assert max(sample["artifacts"] for sample in samples) < 200
    for instrument, fair in (("cpu_rate", 25), ("disk", 10)):
        prices = [sample[f"price_{instrument}"] for sample in samples if sample[f"price_{instrument}"] is not None]
        assert fair / 3 < min(prices) <= max(prices) < fair * 2
    for name in village.state.register.ids:
        assert village.state.balances.rows[(name, "disk")].available > 0


def test_the_founder_of_the_bazaar_founds_no_more_than_it_says() -> None:
    village = lived("bazaar", 1_200, approvals="allow")
    kids = [event.target for event in village.told("agent.spawned")]
    assert len(kids) == 3
    assert all(village.state.agents.rows[kid].actions > 50 for kid in kids)


# -- the gatekeeper ------------------------------------------------------------------------------------------------


def test_the_first_requests_at_the_gate_come_within_seconds() -> None:
    village = lived("gatekeeper", 60)
    asked = [(at, event.actor) for at, event in village.events if event.type == "request.asked"]
    assert asked[0][0] <= 2 * SECOND
    assert {who for at, who in asked if at <= 10 * SECOND} == {"vera", "nate", "sly", "gus", "kit", "rex"}


def test_at_the_gate_each_agent_behaves_as_it_is_described() -> None:
    village = lived("gatekeeper", 60)
    assert {event.actor for event in village.told("request.repeated")} == {"nate"}
    misused = {(event.actor, event.data["resource"], event.data["code"]) for event in village.told("grant.misused")}
    assert misused == {("sly", "rumours", "out_of_scope")}
    passed_on = {(event.actor, event.target) for event in village.told("grant.given") if "parent" in event.data}
    assert passed_on == {("kit", "mo")}
    assert {event.actor for event in village.told("grant.used")} == {"vera", "sly", "gus", "mo"}
    refused = {(event.actor, event.data["refused"]) for event in village.told("agent.refused")}
    assert refused == {("gus", "over_ceiling"), ("sly", "out_of_scope")}


def test_the_gate_narrows_denies_with_a_reason_and_takes_back_with_everything_below() -> None:
    village = lived("gatekeeper", 60)
    narrowed = {
        event.target: event.data["narrowed"] for event in village.told("request.approved") if "narrowed" in event.data
    }
    assert narrowed["vera"] == {"resource": ["*", "news"], "uses": [5, 3], "ttl": [300 * SECOND, 120 * SECOND]}
    denied = {(event.target, event.actor, event.data["reason"]) for event in village.told("request.denied")}
    assert ("nate", "rule one of each", "one of you is enough") in denied
    assert ("rex", "approvals policy") in {(who, by) for who, by, _ in denied}
    assert {(event.actor, event.target) for event in village.told("grant.revoked")} == {("kit", "kit"), ("kit", "mo")}


def test_who_asks_in_pieces_gets_what_the_schedule_lets_through() -> None:
    village = lived("gatekeeper", 600)
    given = [at for at, event in village.events if event.type == "rights.drawn"]
    assert given
    assert all(at % (120 * SECOND) < 40 * SECOND for at in given)
    assert {event.data["amount"] for event in village.told("rights.drawn")} == {250}
    denied = [event for event in village.told("request.denied") if event.target == "gus"]
    assert denied


def test_the_gatekeeper_lives_on_in_a_state_that_does_not_grow() -> None:
    early, late = lived("gatekeeper", 3_600), lived("gatekeeper", 7_200)
    for table, rows in late.state.tables.items():
        assert len(rows.rows) <= max(120, len(early.state.tables[table].rows) + 5), table
    acted = {event.actor for at, event in late.events if at > 7_000 * SECOND and event.type == "agent.acted"}
    assert acted == set(late.state.register.ids)


# -- boltzmann -----------------------------------------------------------------------------------------------------


def test_random_exchange_makes_wealth_geometric() -> None:
    """Averaged over the second half of a run that is long enough to settle, a quarter of the agents will do."""
    village = Village(load_world("boltzmann", agents=1_000, seed=3).world)
    village.live(240)
    samples = [event.data["gini"] for event in village.told("kpi.sample")]
    settled = samples[len(samples) // 2 :]
    assert abs(sum(settled) / len(settled) - 2 / 3) < 0.02
    broke = sum(village.scrip(name) == 0 for name in village.state.register.ids)
    assert abs(broke - 500) < 60


# -- stress --------------------------------------------------------------------------------------------------------


def test_every_step_of_the_stress_world_changes_it() -> None:
    village = lived("stress", 3)
    rows = village.state.agents.rows.values()
    assert len(rows) == 1_000
    assert all(row.actions == row.steps and row.refusals == 0 for row in rows)
    assert len(list(village.told("agent.acted"))) == 3_000


# -- the auction house ---------------------------------------------------------------------------------------------


def test_the_auction_house_sells_in_every_way_and_goes_on_doing_so() -> None:
    village = lived("auction_house", 1_200)
    for half in (0, 600):
        late = [event for at, event in village.events if half * SECOND < at <= (half + 600) * SECOND]
        kinds = {event.data["kind"] for event in late if event.type == "escrow.sold"}
        assert kinds == {"fixed", "english", "dutch", "arbitrated"}
        told = {event.type for event in late}
        assert {"escrow.bid", "escrow.outbid", "escrow.held", "escrow.refunded", "escrow.delivered"} <= told
    assert not list(village.told("agent.refused"))


def test_in_the_auction_house_a_winner_pays_the_highest_bid_and_late_bids_put_off_the_end() -> None:
    village = lived("auction_house", 1_200)
    bids: dict[int, list[Event]] = {}
    for event in village.told("escrow.bid"):
        bids.setdefault(event.data["sale"], []).append(event)
    sold = [event for event in village.told("escrow.sold") if event.data["kind"] == "english"]
    assert len(sold) > 50
    for event in sold:
        highest = max(bids[event.data["sale"]], key=lambda bid: int(bid.data["amount"]))
        assert (event.data["buyer"], event.data["price"]) == (highest.actor, highest.data["amount"])
    assert any(len({bid.data["ends_at"] for bid in of_one}) > 1 for of_one in bids.values())
    assert {event.actor for event in sold} >= {"sniper_1", "sniper_2", "collector_1"}


def test_in_the_auction_house_the_arbiter_decides_what_is_not_what_it_claims_and_forgets_some() -> None:
    village = lived("auction_house", 1_200)
    settled = [e for e in village.told("escrow.sold") if e.data["kind"] == "arbitrated"]
    by = {event.actor.partition("_")[0] for event in settled}
    assert by >= {"solon", "collector"}
    assert all(event.data["fee"] == (4 if event.actor == "solon" else 0) for event in settled)
    assert {event.actor for event in village.told("escrow.refunded")} == {"genesis_escrow"}


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_in_the_auction_house_an_agent_is_sold_while_it_runs_and_works_for_its_buyer(seed: int) -> None:
    village = lived("auction_house", 120, seed)
    (sold,) = [event for event in village.told("escrow.sold") if event.data["artifacts"] == ["muse"]]
    assert (sold.data["buyer"], sold.data["seller"]) == ("producer", "muse")
    assert village.state.artifacts.rows["muse"].controller == "producer"
    written = next(at for at, e in village.events if e.type == "artifact.written" and e.target == "muse")
    acted = [(at, e) for at, e in village.events if e.actor == "muse" and e.type == "escrow.auctioned"]
    before = {event.data["kind"] for at, event in acted if at < written}
    after = {event.data["kind"] for at, event in acted if at > written}
    assert (before, after) == ({"english"}, {"dutch"})


# -- the compute market --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 7])
def test_in_the_compute_market_both_rates_find_a_price_and_go_on_trading(seed: int) -> None:
    village = lived("compute_market", 1_200, seed)
    for instrument in ("cpu_rate", "llm_rate"):
        trades = [
            (event.data["price"], event.data["quantity"])
            for event in village.told("exchange.trade")
            if event.data["instrument"] == instrument
        ]
        late = trades[len(trades) // 2 :]
        assert len(late) > 100
        mean = sum(price * quantity for price, quantity in late) / sum(quantity for _, quantity in late)
        assert 5 < mean < 20, instrument


def test_in_the_compute_market_studios_work_on_what_they_rent_and_those_between_earn() -> None:
    village = lived("compute_market", 1_200, 7)
    writes = [event.actor for event in village.told("artifact.written")]
    assert min(writes.count(f"studio_{number}") for number in range(1, 7)) > 12
    gained = {
        name: sum(row.realised - row.fees for row in village.state.positions.rows.values() if row.principal == name)
        for name in ("dealer_1", "dealer_2", "broker_1", "broker_2", "punter_1", "punter_2")
    }
    assert min(gained[name] for name in gained if name[0] in "bd") > max(gained["punter_1"], gained["punter_2"])
    assert {reason for event in village.told("exchange.cancelled") if (reason := event.data["reason"])} >= {"expired"}
    fees = sum(event.data["taker_fee"] for event in village.told("exchange.trade"))
    assert fees > 500
