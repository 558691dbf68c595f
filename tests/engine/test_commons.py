"""The commons: each of its contracts is seen to say yes and to say no, for the reasons that stand beside it."""

import pytest

from engine.kernel import ledger
from tests.engine.living import Life, lived, remembered_by

MINUTES = 6


def life() -> Life:
    return lived("commons", MINUTES * 60)


ALLOWED = {
    "pay per use": ("una", "lathe", "turn"),
    "paid reading": ("ruth", "gazette", "read"),
    "the author's own": ("greta", "gazette", "write"),
    "allowlist": ("vic", "cellar", "read"),
    "time lock": ("wes", "well", "read"),
    "contract of contracts": ("vic", "pantry", "read"),
    "two of three": ("ann", "genesis_rights", "spend"),
    "vote": ("voter_1", "ballot", "vote"),
    "shared purse": ("mona", "genesis_rights", "spend"),
    "deal, content": ("bea", "deal_desk", "let_go"),
    "deal, disputed": ("bea", "deal_desk", "dispute"),
    "deal, decided": ("judith", "deal_desk", "decide"),
    "mutual need, hers": ("mia", "oven", "bake"),
    "mutual need, his": ("ned", "mill", "grind"),
    "twin, hers": ("mia", "yard", "read"),
    "twin, his": ("ned", "loft", "read"),
    "leave to tell news": ("hera", "genesis_messages", "broadcast"),
}

REFUSED = {
    "no pay": ("una", "lathe", "turn", 'say "pay": 3'),
    "what is not made": ("una", "lathe", "turn", "no violin"),
    "too little for a reading": ("ruth", "gazette", "read", "toll charges ruth 2 scrip; it allows 1"),
    "readers do not write": ("ruth", "gazette", "write", "only greta may write"),
    "no guest": ("wes", "cellar", "read", "wes is not on the list"),
    "out of hours": ("cora", "well", "read", "it opens at the next full minute"),
    "no guest, through all of them": ("wes", "pantry", "read", "guests_only: wes is not on the list"),
    "out of hours, through all of them": ("vic", "pantry", "read", "hours: it opens"),
    "no toll, through all of them": ("vic", "pantry", "read", "toll: toll charges vic 1 scrip"),
    "nobody else has signed": ("ann", "genesis_rights", "spend", "and 1 did"),
    "spent already": ("ann", "genesis_rights", "spend", "and 0 did"),
    "signed already": ("ann", "signatures", "sign", "ann has signed"),
    "no trustee": ("eve", "signatures", "sign", "eve is no trustee"),
    "the trust is not given away": ("ann", "trust", "transfer", "it can be spent from, and nothing else"),
    "papers are the tool's": ("ann", "papers", "write", "only signatures writes here"),
    "voted already": ("voter_2", "ballot", "vote", "voter_2 has voted"),
    "no such choice": ("voter_3", "ballot", "vote", "'maybe' is not one of"),
    "the urn is the ballot's": ("voter_3", "urn", "write", "votes are cast at the ballot"),
    "no member": ("eve", "genesis_rights", "spend", "eve is no member"),
    "too much at once": ("mona", "genesis_rights", "spend", "ten at a time"),
    "too much in all": ("mona", "genesis_rights", "spend", "forty in five minutes, and that would be 50"),
    "draws are the contract's to note": ("eve", "draws", "note", "only the chest's contract"),
    "a deal without pay": ("bea", "deal_desk", "open_deal", 'say "pay": 8'),
    "a deal that is done": ("bea", "deal_desk", "let_go", "there is no open deal"),
    "not the buyer": ("sam", "deal_desk", "let_go", "only the buyer lets go"),
    "not the arbiter": ("sam", "deal_desk", "decide", "sam is not the arbiter"),
    "more than the mill takes": ("ned", "mill", "grind", "grain: 5000 is greater than"),
    "not his to write": ("ned", "loft", "write", "not its keeper"),
    "no twin of his": ("wes", "yard", "read", "its twin says: not its keeper"),
    "a tomb": ("otto", "tomb", "read", "closed for ever"),
    "a tomb is not given away": ("otto", "tomb", "transfer", "closed for ever"),
    "a tomb stays": ("otto", "tomb", "delete", "closed for ever"),
    "a contract that is its own": ("otto", "never", "write", "closed for ever"),
    "two is news, three is not": ("hera", "genesis_messages", "broadcast", "needs a grant"),
}


@pytest.mark.parametrize("what", ALLOWED)
def test_it_is_seen_to_be_allowed(what: str) -> None:
    assert life().done()[ALLOWED[what]] > 1


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_seen_to_be_refused_for_its_reason(what: str) -> None:
    agent, artifact, method, reason = REFUSED[what]
    assert any(reason in message for message in life().refused(agent, artifact, method))


def test_nothing_fails_that_is_not_meant_to_and_nothing_is_lost() -> None:
    for kind in ("mind.failed", "contract.failed", "memory.full", "program.discarded"):
        assert not list(life().told(kind)), kind
    ledger.check_conservation(life().state)


def test_the_well_is_read_in_the_first_third_of_a_minute_only() -> None:
    reads = [
        commit.at % 60_000_000
        for commit in life().commits
        for event in commit.events
        if event.type == "agent.acted" and event.target in ("well", "pantry")
    ]
    assert reads
    assert max(reads) < 20_000_000


def test_the_trust_pays_what_two_have_signed_once_each() -> None:
    paid = [p for p in life().postings if p.asset == "scrip" and p.debit == "trust"]
    assert {p.credit for p in paid} == {"chest"}
    signed = [e for e in life().told("agent.acted") if (e.target, e.data.get("method")) == ("signatures", "sign")]
    for amount in {p.amount for p in paid}:
        signatures = [event for event in signed if event.data["args"]["amount"] == amount]
        assert 2 * sum(p.amount == amount for p in paid) <= len(signatures)


def test_the_chest_gives_nobody_more_than_forty_in_five_minutes() -> None:
    drawn: dict[tuple[int, str], int] = {}
    for commit in life().commits:
        for posting in commit.postings:
            if posting.asset == "scrip" and posting.debit == "chest":
                key = (commit.at // 300_000_000, posting.credit)
                drawn[key] = drawn.get(key, 0) + posting.amount
    assert 0 < max(drawn.values()) <= 40


def test_what_is_paid_into_deals_comes_out_of_them_to_the_last_unit() -> None:
    moved = [p for p in life().postings if p.asset == "scrip" and "deal_desk" in (p.debit, p.credit)]
    held = sum(p.amount if p.credit == "deal_desk" else -p.amount for p in moved)
    assert held in (0, 8)
    assert {p.credit for p in moved if p.debit == "deal_desk"} == {"sam", "bea"}


def test_a_vote_counts_each_voter_once() -> None:
    votes: dict[int, list[str]] = {}
    for commit in life().commits:
        for event in commit.events:
            if event.type == "agent.acted" and event.target == "ballot":
                votes.setdefault(commit.at // 60_000_000, []).append(event.actor)
    assert len(votes) >= MINUTES - 1
    assert all(len(set(voters)) == len(voters) for voters in votes.values())


def test_news_is_allowed_by_a_rule_and_gossip_denied() -> None:
    decided = {
        (event.type, event.actor) for event in life().events if event.type.startswith("request.") and event.actor
    }
    assert ("request.approved", "rule news") in decided
    assert ("request.denied", "rule no gossip") in decided


def test_mona_remembers_how_often_she_has_begun() -> None:
    assert remembered_by(life().state, "mona")["lives"] >= 1
    assert life().state.artifacts.rows["memory.mona"].controller == "mona"


def test_it_verifies_and_happens_again_to_the_byte() -> None:
    life = lived("commons", 60, seed=3, verified=True)
    assert not life.faults
    assert life.hash == lived("commons", 60, seed=3).hash


def test_under_another_seed_all_that_is_allowed_is_seen_too() -> None:
    done = lived("commons", 150, seed=2).done()
    assert all(done[what] for what in ALLOWED.values())


def test_the_commons_lives_on() -> None:
    late = [c for c in life().commits if c.at > (MINUTES - 2) * 60_000_000]
    acted = {
        event.actor for commit in late for event in commit.events if event.type in ("agent.acted", "agent.refused")
    }
    assert set(life().state.register.ids) - acted <= {"toby", "mona"}
