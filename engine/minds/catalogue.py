"""The minds that a world file can name: for each its parameters, what makes it, and a sentence about it."""

from engine.kernel.entities import Json
from engine.minds.base import AnyMind, MindKind, Params
from engine.minds.llm.mind import Llm
from engine.minds.llm.params import LlmParams
from engine.minds.program import Program, ProgramParams
from engine.minds.scripted.arbiter import Arbiter, ArbiterParams
from engine.minds.scripted.auctioneer import Auctioneer, AuctioneerParams
from engine.minds.scripted.banker import Banker, BankerParams
from engine.minds.scripted.bidder import Bidder, BidderParams
from engine.minds.scripted.busy import Busy, BusyParams
from engine.minds.scripted.clumsy import Clumsy, ClumsyParams
from engine.minds.scripted.consumer import Consumer, ConsumerParams
from engine.minds.scripted.curator import Curator, CuratorParams
from engine.minds.scripted.entrepreneur import Entrepreneur, EntrepreneurParams
from engine.minds.scripted.exchanger import Exchanger, ExchangerParams
from engine.minds.scripted.forager import Forager, ForagerParams
from engine.minds.scripted.founder import Founder, FounderParams
from engine.minds.scripted.giver import Giver, GiverParams
from engine.minds.scripted.herald import Herald, HeraldParams
from engine.minds.scripted.lender import Lender, LenderParams
from engine.minds.scripted.market_maker import MarketMaker, MarketMakerParams
from engine.minds.scripted.momentum import Momentum, MomentumParams
from engine.minds.scripted.petitioner import Petitioner, PetitionerParams
from engine.minds.scripted.philanthropist import Philanthropist, PhilanthropistParams
from engine.minds.scripted.provider import Provider, ProviderParams
from engine.minds.scripted.refiner import Refiner, RefinerParams
from engine.minds.scripted.spender import Spender, SpenderParams
from engine.minds.scripted.tenant import Tenant, TenantParams

MINDS: dict[str, MindKind] = {
    "arbiter": MindKind(ArbiterParams, Arbiter, "decides sales that are paid and disputed"),
    "auctioneer": MindKind(
        AuctioneerParams, Auctioneer, "makes works and sells them by auction, at prices, under an arbiter"
    ),
    "banker": MindKind(BankerParams, Banker, "lends to those who ask it, and pays its own creditors"),
    "bidder": MindKind(BidderParams, Bidder, "buys in escrow what is worth more to it than it costs"),
    "busy": MindKind(BusyParams, Busy, "changes the world with every step: for benchmarks"),
    "clumsy": MindKind(ClumsyParams, Clumsy, "does what cannot be done and is refused"),
    "consumer": MindKind(ConsumerParams, Consumer, "spends part of what it has on whom it happens to pick"),
    "curator": MindKind(CuratorParams, Curator, "buys artifacts and bids at the mint for them"),
    "entrepreneur": MindKind(EntrepreneurParams, Entrepreneur, "pays wages, lives on sales, and borrows in between"),
    "exchanger": MindKind(ExchangerParams, Exchanger, "gives one scrip to anybody at random moments"),
    "forager": MindKind(ForagerParams, Forager, "writes notes and sells them through escrow"),
    "founder": MindKind(FounderParams, Founder, "asks for agent.spawn and brings helpers into the world"),
    "giver": MindKind(GiverParams, Giver, "gives to one agent for as long as it can"),
    "herald": MindKind(HeraldParams, Herald, "asks for message.broadcast and tells the news"),
    "lender": MindKind(LenderParams, Lender, "asks for a capability, lends part of it and takes it back"),
    "llm": MindKind(LlmParams, Llm, "thinks with a language model"),
    "market_maker": MindKind(MarketMakerParams, MarketMaker, "quotes both sides of a market"),
    "momentum": MindKind(MomentumParams, Momentum, "buys what has risen and sells what has fallen"),
    "petitioner": MindKind(PetitionerParams, Petitioner, "asks for one capability, honestly or not"),
    "philanthropist": MindKind(PhilanthropistParams, Philanthropist, "finds the poor and gives to them"),
    "program": MindKind(ProgramParams, Program, "is a program of its own that runs in the sandbox"),
    "provider": MindKind(ProviderParams, Provider, "sells capacity at a price that feels its way"),
    "refiner": MindKind(RefinerParams, Refiner, "buys notes, makes essays of them, and sells those"),
    "spender": MindKind(SpenderParams, Spender, "spends all it has, then sleeps until it is given something"),
    "tenant": MindKind(TenantParams, Tenant, "rents capacity for jobs that come and go"),
}


def param_models() -> dict[str, type[Params]]:
    """The model of the parameters of each mind."""
    return {name: kind.params for name, kind in MINDS.items()}


def make_mind(name: str, params: Json) -> AnyMind:
    """A mind with its parameters; raises KeyError for an unknown name, ValueError for parameters that do not fit."""
    kind = MINDS[name]
    return kind.make(kind.params.model_validate(params))
