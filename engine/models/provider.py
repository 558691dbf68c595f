"""Asks providers through LiteLLM: the only module that imports it, and only the models process imports this one.

LiteLLM takes seconds to import, so nobody who draws a screen may. Its retries, prints, callbacks and look-ups in the
network are off: retries, limits and prices are ours.
"""

import asyncio
import importlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.models.door import PASSAGE, Passage
from engine.models.estimate import input_guess
from engine.models.faults import Fault, Reply
from engine.models.keys import Scrubber
from engine.models.local import LOCAL, LocalServer, by_action, missing
from engine.models.prices import address, dearest, embeds, is_local, micros, priced
from engine.models.quantise import whole
from engine.models.types import Described, Finish, Kind, ModelSpec, Price, PriceSource, Request, ToolCall, Usage

_FINISHES: dict[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool",
    "function_call": "tool",
    "content_filter": "refusal",
    "refusal": "refusal",
}
_BY_STATUS: dict[int, tuple[Kind, str]] = {
    401: ("key", "the key is not accepted"),
    402: ("refused", "the account has no credit"),
    403: ("key", "the key may not use this"),
    404: ("refused", "there is no such model or address there; see model and api_base"),
    408: ("server", "it gave up waiting"),
    409: ("server", "it is in conflict with itself"),
    413: ("refused", "the request is too large"),
    425: ("server", "it is not ready"),
    429: ("rate", "it is asked too often"),
}
_NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError")
_CUT = ("ReadError", "WriteError", "RemoteProtocolError", "CloseError", "ProxyError")
_REMEDY = "set it in the environment or in a .env file"
_NO_KEY_NEEDED = "none"
_OPENAI_KEY = "OPENAI_API_KEY"
_SETTINGS = {
    "drop_params": True,
    "suppress_debug_info": True,
    "num_retries": 0,
    "DEFAULT_MAX_RETRIES": 0,  # what embeddings take instead of none
    "telemetry": False,
    "turn_off_message_logging": True,
    "disable_hf_tokenizer_download": True,
}


class LiteLLM:
    """Every provider that LiteLLM knows."""

    def __init__(self, environ: Mapping[str, str], scrubber: Scrubber) -> None:
        self._environ, self._scrubber = environ, scrubber
        self._prices: dict[ModelSpec, tuple[Price | None, PriceSource]] = {}
        self._local = LocalServer()
        self._library: Any = importlib.import_module("litellm")
        for name, value in _SETTINGS.items():
            setattr(self._library, name, value)
        for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    async def ask(self, spec: ModelSpec, request: Request, seconds: float) -> Reply:
        """The reply, within so many seconds; raises Fault."""
        if spec.model == LOCAL:
            return await self._ask_local(spec, request, seconds)
        arguments = self._text(spec, request, seconds) if request.embed else self._arguments(spec, request, seconds)
        return await self._call(spec, request, seconds, arguments)

    async def _ask_local(self, spec: ModelSpec, request: Request, seconds: float) -> Reply:
        """Ask the model that we serve ourselves; that it is begun first is part of the try."""
        if request.embed:
            raise Fault("refused", f'model = "{LOCAL}" writes text and gives no vectors; name a model of embeddings')
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        try:
            async with asyncio.timeout_at(until):
                served = await self._local.served()
        except TimeoutError as error:
            raise Fault("timeout", f"it was not ready within {seconds:.3g} s") from error
        left = max(0.001, until - clock())
        if request.schema is not None:
            request = replace(request, schema=by_action(request.schema))
        at = self._arguments(replace(spec, model=f"openai/{LOCAL}", api_base=served.base), request, left)
        return await self._call(spec, request, left, at | {"api_key": served.key})

    async def _call(self, spec: ModelSpec, request: Request, seconds: float, arguments: dict[str, Any]) -> Reply:
        call = self._library.aembedding if request.embed else self._library.acompletion
        passage = Passage()
        token = PASSAGE.set(passage)
        try:
            async with asyncio.timeout(seconds):
                response = await call(**arguments)
        except TimeoutError as error:
            raise _timed_out(seconds, passage) from error
        except Exception as error:
            raise self._fault(spec, error, passage, seconds) from error
        finally:
            PASSAGE.reset(token)
        try:
            return (self._vector if request.embed else self._reply)(spec, request, response)
        except (AttributeError, TypeError, ValueError, LookupError) as error:
            raise Fault("malformed", f"its answer is none: {self._words(error)}", charged=True) from error

    def _arguments(self, spec: ModelSpec, request: Request, seconds: float) -> dict[str, Any]:
        temperature = request.temperature if request.temperature is not None else spec.temperature
        messages = [{"role": message.role, "content": message.text} for message in request.messages]
        arguments: dict[str, Any] = {
            "model": spec.model,
            "messages": messages,
            "max_tokens": request.max_tokens or spec.max_tokens,
            "timeout": seconds + 1,  # ours comes first, and is over the whole answer
            "num_retries": 0,
            "max_retries": 0,
            "api_base": spec.api_base,
            "api_key": self._key(spec),
            "temperature": temperature,
        }
        if request.schema is not None:
            shape = {"name": "answer", "schema": request.schema}
            arguments["response_format"] = {"type": "json_schema", "json_schema": shape}
        if request.tools:
            arguments["tools"] = [_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
            arguments["tool_choice"] = "required" if request.must_call else "auto"
            arguments["parallel_tool_calls"] = False
        return {name: value for name, value in arguments.items() if value is not None}

    def _text(self, spec: ModelSpec, request: Request, seconds: float) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": spec.model,
            "input": [message.text for message in request.messages],
            "timeout": seconds + 1,
            "num_retries": 0,
            "max_retries": 0,
            "api_base": spec.api_base,
            "api_key": self._key(spec),
            "encoding_format": "float",
        }
        return {name: value for name, value in arguments.items() if value is not None}

    def _key(self, spec: ModelSpec) -> str | None:
        """The key to send: none of the usual ones goes to an address that a world file names."""
        if spec.api_key_env is None:
            free = spec.api_base is not None or (self._elsewhere(spec) and not self._environ.get(_OPENAI_KEY))
            return _NO_KEY_NEEDED if free else None
        key = self._environ.get(spec.api_key_env)
        if not key:
            raise Fault("key", f"{spec.api_key_env} is not set; {_REMEDY}")
        return key

    def _elsewhere(self, spec: ModelSpec) -> bool:
        """Whether the environment says that it is on this machine; whoever says so may leave the key away."""
        return spec.api_base is None and address(spec, self._environ) is not None and is_local(spec, self._environ)

    def _fault(self, spec: ModelSpec, error: Exception, passage: Passage, seconds: float) -> Fault:
        """What a failure of LiteLLM's means, by what was seen at the door rather than by its many exceptions."""
        if passage.shut_for is not None:
            kind, why = passage.shut_for
            return Fault(kind, why, charged=kind in ("huge", "malformed"))
        status, words = passage.status, self._words(error)
        names = [type(one).__name__ for one in _chain(error)]
        if status is not None and status >= 400:
            kind, lead = _BY_STATUS.get(status, ("server", "it failed") if status >= 500 else ("refused", "it says no"))
            if status == 429 and "insufficient_quota" in words:
                kind, lead = "refused", "the account has no credit"
            return Fault(kind, f"{lead} ({status}): {words}", passage.again)
        if any(name in _NEVER_SENT for name in names):
            base = address(spec, self._environ)
            where = f" at {self._scrubber.line(base)}" if base is not None else ""
            return Fault("connection", f"nobody can be reached{where}: {self._innermost(error)}")
        if "Timeout" in names or "ReadTimeout" in names:
            return _timed_out(seconds, passage)
        if any(name in _CUT for name in names):
            return Fault("connection", f"the connection was cut: {self._innermost(error)}", charged=True)
        if status is not None:
            return Fault("malformed", f"its answer is none: {words}", charged=True)
        if "AuthenticationError" in names or "api_key" in words:
            named = " or ".join(self._key_names(spec))
            return Fault("key", f"{named} is not set; {_REMEDY}" if named else f"there is no key for it: {words}")
        if "LLM Provider NOT provided" in words:
            return Fault("refused", _no_provider(spec))
        return Fault("refused", f"LiteLLM does not take the request: {words}", charged=passage.sent)

    def _words(self, error: Exception) -> str:
        text = str(error)
        _, found, rest = text.partition("Exception - ")
        return self._scrubber.line(rest if found else text.removeprefix("litellm."))

    def _innermost(self, error: Exception) -> str:
        """What the deepest cause says; those above it mostly say that something failed."""
        said = [str(one) for one in _chain(error) if str(one)]
        return self._scrubber.line(said[-1] if said else type(error).__name__)

    def _reply(self, spec: ModelSpec, request: Request, response: Any) -> Reply:
        if not response.choices:
            raise Fault("malformed", "its answer holds nothing", charged=True)
        choice = response.choices[0]
        message = choice.message
        refusal = getattr(message, "refusal", None)
        tools = tuple(
            ToolCall(str(call.function.name or ""), str(call.function.arguments or ""))
            for call in message.tool_calls or ()
            if getattr(call, "function", None) is not None
        )
        text = str(message.content or refusal or "")
        finish: Finish = "refusal" if refusal else "tool" if tools else _FINISHES.get(str(choice.finish_reason), "stop")
        usage = _usage(response, request, text, tools)
        return Reply(text, tools, finish, usage, self._cost(spec, usage, response))

    def _vector(self, spec: ModelSpec, request: Request, response: Any) -> Reply:
        given = response.data[0]["embedding"]
        if not isinstance(given, list):
            raise Fault("malformed", "its answer holds no vector", charged=True)
        usage = _usage(response, request, "", ())
        return Reply("", (), "stop", usage, self._cost(spec, usage, response), whole(given))

    def _cost(self, spec: ModelSpec, usage: Usage, response: Any) -> int | None:
        """µUSD: by LiteLLM where the price is its own, since it knows of steps and of what is written into caches."""
        price, source = self._price(spec)
        if source == "litellm" and not usage.estimated:
            counted = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
            if isinstance(counted, float) and counted > 0:
                return micros(counted, 1)
        return price.cost(usage) if price is not None else None

    def _price(self, spec: ModelSpec) -> tuple[Price | None, PriceSource]:
        """The price of a model, looked up once."""
        if spec not in self._prices:
            self._prices[spec] = priced(self._library, spec, self._environ)
        return self._prices[spec]

    def describe(self, spec: ModelSpec) -> Described:
        """What is known of a model before it is asked."""
        if spec.model == LOCAL:
            price, source = self._price(spec)
            most = price.dearest if price is not None else None
            return Described(spec.name, "", True, price, source, most, missing())
        try:
            self._library.get_llm_provider(spec.model, api_base=spec.api_base)
            problem = ""
        except Exception:  # noqa: BLE001 - of which kind it is depends on the version
            problem = _no_provider(spec)
        names = [] if problem else self._key_names(spec)
        there = all(self._environ.get(name) for name in names)
        price, source = self._price(spec)
        most = dearest(self._library, spec, self._environ)
        return Described(spec.name, " ".join(names), there, price, source, most, problem, embeds(self._library, spec))

    def _key_names(self, spec: ModelSpec) -> list[str]:
        """The variables that hold its key: LiteLLM tells those that are missing, so it is asked with none at hand."""
        if spec.api_key_env is not None:
            return [spec.api_key_env]
        if spec.api_base is not None or (self._elsewhere(spec) and not self._environ.get(_OPENAI_KEY)):
            return []
        environ = importlib.import_module("os").environ
        kept = dict(environ)
        environ.clear()
        try:
            missing = self._library.validate_environment(spec.model)["missing_keys"]
        finally:
            environ.update(kept)
        return [str(name) for name in missing if not str(name).endswith("_BASE")]


def _no_provider(spec: ModelSpec) -> str:
    return f"there is no provider for {spec.model[:60]!r}; write provider/model, e.g. openai/gpt-4o-mini"


def _tool(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _timed_out(seconds: float, passage: Passage) -> Fault:
    return Fault("timeout", f"no whole answer within {seconds:.3g} s", charged=passage.sent)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it came from."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _usage(response: Any, request: Request, text: str, tools: tuple[ToolCall, ...]) -> Usage:
    """The tokens that a provider reports, else what they probably are."""
    told = getattr(response, "usage", None)
    given, made = (int(getattr(told, name, 0) or 0) for name in ("prompt_tokens", "completion_tokens"))
    details = getattr(told, "prompt_tokens_details", None)
    cached = int(getattr(details, "cached_tokens", 0) or 0)
    said = len(text.encode()) + sum(len(call.name) + len(call.arguments.encode()) for call in tools)
    if given > 0 and (made > 0 or not said):
        return Usage(given, made, min(cached, given))
    return Usage(given or input_guess(request), made or -(-said // 3), 0, True)
