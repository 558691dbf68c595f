"""Whether the markets of a world can be: of transferable assets, each once, with somebody to take the fees."""

from collections.abc import Iterator

from engine.kernel.entities import SCRIP
from engine.worldfile.groups import members, section_of
from engine.worldfile.problems import Finding, KeyPath, meant, shown
from engine.worldfile.schema import World

_AGENTS_SHOWN = 20


def market_findings(world: World) -> Iterator[Finding]:
    """Everything that is wrong with the exchange."""
    yield from _instruments(world)
    exchange = world.exchange
    for name in exchange.markets:
        if name not in exchange.instruments:
            remedy = meant(name, exchange.instruments, "the instruments are")
            yield Finding(("exchange", "markets", name), f"{shown(name)} is not among the instruments", remedy)
    yield from _earners(world)
    yield from _unclaimed(world)


def _instruments(world: World) -> Iterator[Finding]:
    for place, name in enumerate(world.exchange.instruments):
        path = ("exchange", "instruments", place)
        asset = world.assets.get(name)
        if name == SCRIP:
            yield Finding(path, "scrip is what prices are quoted in", "remove it")
        elif asset is None:
            yield Finding(path, f"there is no asset {shown(name)}", meant(name, tuple(world.assets), "there are"))
        elif not asset.transferable:
            yield Finding(path, f"{name} is not transferable", f"make it so in [assets.{name}] or remove it here")
        if name in world.exchange.instruments[:place]:
            yield Finding(path, f"{name} is in the list already", "remove one of the two")


def _earners(world: World) -> Iterator[Finding]:
    """Fees go to a principal: an agent, or an artifact with standing."""
    named: list[tuple[KeyPath, str | None]] = [(("exchange", "fee_to"), world.exchange.fee_to)]
    named += [(("exchange", "markets", name, "fee_to"), row.fee_to) for name, row in world.exchange.markets.items()]
    for path, name in named:
        yield from principal_findings(world, name, path)


def principal_findings(world: World, name: str | None, path: KeyPath) -> Iterator[Finding]:
    """What keeps the one who is named from holding scrip; nothing if nobody is named."""
    if name is None or section_of(world, name) is not None:
        return
    artifact = next((one for one in world.artifacts if one.id == name), None)
    if artifact is None:
        group = next((agent for agent in world.agents if agent.id == name), None)
        principals = [one.id for one in world.artifacts if one.standing]
        principals += [next(members(agent)) for agent in world.agents[:_AGENTS_SHOWN]]
        remedy = meant(name, principals, "principals are")
        if group is not None:
            remedy = f"name one member, e.g. {next(members(group))}"
        yield Finding(path, f"there is no principal {shown(name)}", remedy)
    elif not artifact.standing:
        yield Finding(path, f"{name} has no standing, so it cannot hold scrip", "set standing = true, or name another")


def _unclaimed(world: World) -> Iterator[Finding]:
    """A fee that is taken has to go to somebody."""
    exchange = world.exchange
    if exchange.fee_to is not None:
        return
    remedy = "name the principal that gets it in fee_to of [exchange], or set it to 0"
    if exchange.listing_fee:
        yield Finding(("exchange", "listing_fee"), "is taken for nobody", remedy)
    for key in ("maker_fee", "taker_fee"):
        rate = getattr(exchange, key)
        if rate:
            yield Finding(("exchange", key), "is taken for nobody", remedy)
        for name, market in exchange.markets.items():
            if getattr(market, key) and market.fee_to is None:
                yield Finding(("exchange", "markets", name, key), "is taken for nobody", remedy)
