"""What models cost: as the world file says, else as LiteLLM's own list has it, which is read from disk."""

import os
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from engine.models.keys import found
from engine.models.local import LOCAL
from engine.models.types import PER, ModelSpec, Price, PriceSource

_FREE = Price(0, 0, 0)
_OPENAI = "openai/"
_OPENAI_BASES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
_LOCAL = ("ollama/", "ollama_chat/")
_INPUT, _OUTPUT = "input_cost_per_token", "output_cost_per_token"
_CACHED, _INTO_CACHE = "cache_read_input_token_cost", "cache_creation_input_token_cost"


def address(spec: ModelSpec, environ: Mapping[str, str]) -> str | None:
    """Where a model is asked: as the world file says, for OpenAI's else as the environment does; None: its provider."""
    if spec.api_base is not None or not spec.model.startswith(_OPENAI):
        return spec.api_base
    return next((environ[name] for name in _OPENAI_BASES if environ.get(name)), None)


def is_local(spec: ModelSpec, environ: Mapping[str, str] | None = None) -> bool:
    """Whether a model runs on this machine, where a token costs nothing; `environ` with what dotenv files add."""
    if spec.model == LOCAL:
        return True
    base = address(spec, found(os.environ) if environ is None else environ)
    if base is None:
        return spec.model.startswith(_LOCAL)
    host = urlsplit(base).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def static_price(spec: ModelSpec, environ: Mapping[str, str] | None = None) -> Price | None:
    """What a model costs, where that is known without LiteLLM's list."""
    return spec.price if spec.price is not None else _FREE if is_local(spec, environ) else None


def priced(library: Any, spec: ModelSpec, environ: Mapping[str, str] | None = None) -> tuple[Price | None, PriceSource]:
    """The price of a model and where it comes from; None if nobody says."""
    static = static_price(spec, environ)
    if static is not None:
        return static, "world file" if spec.price is not None else "local"
    known = _listed(library, spec)
    if known.get(_INPUT) is None or known.get(_OUTPUT) is None:
        return None, "unknown"
    given = micros(known[_INPUT], PER)
    cached = known.get(_CACHED)
    return Price(given, given if cached is None else micros(cached, PER), micros(known[_OUTPUT], PER)), "litellm"


def dearest(library: Any, spec: ModelSpec, environ: Mapping[str, str] | None = None) -> Price | None:
    """What no token costs more than: some providers ask more for long requests, and for what they put into a cache."""
    price, source = priced(library, spec, environ)
    if price is None or source != "litellm":
        return price if price is None else price.dearest
    known = _listed(library, spec)
    given, made = (max(_steps(known, (_INPUT, _INTO_CACHE))), max(_steps(known, (_OUTPUT,))))
    return Price(max(given, price.cached), price.cached, made)


def embeds(library: Any, spec: ModelSpec) -> bool:
    """Whether LiteLLM's list says that a model makes vectors of texts and no answers."""
    return _listed(library, spec).get("mode") == "embedding"


def _steps(known: Mapping[str, Any], bases: tuple[str, ...]) -> list[int]:
    """All prices of a kind: the usual one, and those above so many tokens."""
    return [
        micros(value, PER)
        for name, value in known.items()
        if isinstance(value, int | float)
        and any(name == base or name.startswith((f"{base}_above", f"{base}_priority")) for base in bases)
    ]


def _listed(library: Any, spec: ModelSpec) -> Mapping[str, Any]:
    """What LiteLLM's list says of a model; nothing if it is not in it. Of Ollama's it would ask a server."""
    if spec.model.startswith(_LOCAL):
        return {}
    try:
        return dict(library.get_model_info(spec.model))
    except Exception:  # noqa: BLE001 - not in the list, by an exception that depends on the version
        return {}


def micros(dollars: float, tokens: int) -> int:
    """µUSD for so many tokens at so many dollars each, rounded up."""
    return int((Decimal(repr(dollars)) * 1_000_000 * tokens).to_integral_value(ROUND_CEILING))
