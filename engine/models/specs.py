"""Models of a world file as they are asked."""

from collections.abc import Mapping
from typing import Any

from engine.models.types import ModelSpec, Price
from engine.worldfile.model_schema import ModelSection


def specs(models: Mapping[str, ModelSection]) -> list[ModelSpec]:
    """The models of a world file, in its order."""
    return [_spec(name, section) for name, section in models.items()]


def _spec(name: str, section: ModelSection) -> ModelSpec:
    given: dict[str, Any] = section.model_dump()
    price = section.price
    if price is not None:
        cached = price.input if price.cached is None else price.cached
        given["price"] = Price(price.input, cached, price.output)
    return ModelSpec(name=name, **given)
