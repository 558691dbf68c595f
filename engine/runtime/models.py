"""The language models of a world as its engine asks them, and what they cost."""

import asyncio
from typing import Any

from engine.kernel.budget import LLM
from engine.kernel.errors import EcosimError
from engine.kernel.models import ModelPrice
from engine.models.client import Models
from engine.models.local import LOCAL, missing
from engine.models.prices import is_local, static_price
from engine.models.specs import specs
from engine.models.types import Answer, CallFailed, Described, ModelSpec, Price, Request, Status
from engine.worldfile.schema import World


class ModelsNotReady(EcosimError):
    """A world cannot begin, because its models cannot be asked, or not be paid for."""


class WorldModels:
    """Asks the models of a world, in a process of their own that begins with the first question."""

    def __init__(self, world: World) -> None:
        self.specs = {spec.name: spec for spec in specs(world.models)}
        self._budgeted = LLM in world.assets
        vectors = world.memory.vectors
        self._texts = {spec.name: spec for spec in self.specs.values() if not vectors or spec.name != vectors.model}
        self.breakers: dict[str, Status] = {}
        self._under_way: dict[asyncio.Future[Any] | None, asyncio.Future[Answer | CallFailed]] = {}
        self.client = Models(list(self.specs.values()), self._told)

    def _told(self, status: Status) -> None:
        self.breakers[status.model] = status

    async def ask(self, request: Request) -> Answer | CallFailed:
        """What comes of a request."""
        task = asyncio.current_task()
        future = self._under_way[task] = self.client.complete(request)
        try:
            return await future
        finally:
            del self._under_way[task]

    def stop(self, task: "asyncio.Future[Any]") -> bool:
        """End the request that a task waits for, if it does, which has its outcome soon: with what may be charged."""
        future = self._under_way.get(task)
        if future is not None:
            self.client.stop(future)
        return future is not None

    def start(self) -> None:
        """Start the process, so that the first question does not wait for it."""
        if self._texts:
            self.client.start()

    async def prices(self) -> tuple[ModelPrice, ...]:
        """What the models cost; those of which nobody says it are left out."""
        if all(static_price(spec) is not None for spec in self._texts.values()):
            return tuple(
                _flat(spec, price) for spec in self._texts.values() if (price := static_price(spec)) is not None
            )
        described = await self.client.describe()
        found = (_price(described[name]) for name in self._texts if name in described)
        return tuple(price for price in found if price is not None)

    async def ready(self) -> tuple[ModelPrice, ...]:
        """The same, before a world begins: raises ModelsNotReady if a model cannot be asked or its price is unknown."""
        for spec in self._texts.values():
            if spec.model == LOCAL and (why := missing()):
                raise ModelsNotReady(f"[models.{spec.name}]: {why}")
        if not all(is_local(spec) for spec in self._texts.values()):
            for name, one in (await self.client.describe()).items():
                if name in self._texts:
                    _refuse_unready(self.specs[name], one)
        prices = await self.prices()
        known = {price.model for price in prices}
        unpriced = [name for name in self._texts if name not in known]
        if self._budgeted and unpriced:
            spec = self.specs[unpriced[0]]
            said = f"[models.{spec.name}]: what {spec.model} costs is not known, so no budget can hold"
            remedy = (
                f"say it, in µUSD for a million tokens: --set 'models.{spec.name}.price={{input=150000,output=600000}}'"
            )
            raise ModelsNotReady(f"{said}; {remedy}")
        return prices

    def close(self) -> None:
        """End the process, if it has begun."""
        self.client.close()


def _refuse_unready(spec: ModelSpec, one: Described) -> None:
    if one.problem:
        raise ModelsNotReady(f"[models.{spec.name}]: {one.problem}")
    if one.key and not one.key_found:
        named = " or ".join(one.key.split())
        said = f"[models.{spec.name}]: {spec.model} needs a key, and {named} is not set"
        raise ModelsNotReady(
            f"{said}; set it in the environment or in a .env file, or take another model: --model local"
        )


def _flat(spec: ModelSpec, price: Price) -> ModelPrice:
    source = "world file" if spec.price is not None else "local"
    dearest = max(price.input, price.cached)
    return ModelPrice(spec.name, price.input, price.cached, price.output, dearest, price.output, source)


def _price(one: Described) -> ModelPrice | None:
    if one.price is None or one.dearest is None:
        return None
    price, most = one.price, one.dearest
    return ModelPrice(
        one.name, price.input, price.cached, price.output, max(most.input, most.cached), most.output, one.source
    )
