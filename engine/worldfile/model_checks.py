"""What the schema of models cannot see: names that have to exist, addresses that are none, and secrets."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from engine.worldfile.capability_checks import unfit_lines
from engine.worldfile.model_schema import ModelSection
from engine.worldfile.problems import Finding, KeyPath, meant, nearest, shown
from engine.worldfile.providers import PROVIDERS, has_provider

LOCAL = "local"
"""What `model` says for the one of the extra `local`."""
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_SECRET = re.compile(r"\b(?:sk|pk|gsk|xai|hf|r8)[-_][A-Za-z0-9_\-]{12,}|\bAIza[A-Za-z0-9_\-]{20,}")
_GOES = "put it into the environment or a .env file, and name the variable with `api_key_env`"


def model_findings(models: Mapping[str, ModelSection]) -> Iterator[Finding]:
    """Everything that is wrong with the models of a world."""
    for name, section in models.items():
        path: KeyPath = ("models", name)
        secrets = list(_secrets(section, path))
        yield from secrets
        if not secrets:  # what holds a secret is shown nowhere
            yield from _served(section, path) if section.model == LOCAL else _model(section, path)
            yield from _address(section, path)
        yield from _fallbacks(models, name, path)


def _secrets(section: ModelSection, path: KeyPath) -> Iterator[Finding]:
    """Keys that stand in the file; no message shows them."""
    named = section.api_key_env
    if named is not None and not _VARIABLE.fullmatch(named):
        problem = "must be the name of a variable, not a key"
        yield Finding(
            (*path, "api_key_env"), problem, 'name one such as "OPENAI_API_KEY", and set it in the environment'
        )
    for key, text in (("model", section.model), ("api_base", section.api_base or "")):
        if _SECRET.search(text):
            yield Finding((*path, key), "holds what looks like a key, and a world file holds no secrets", _GOES)
    if section.api_base is not None and "@" in section.api_base:
        problem = "holds a user or a password, and a world file holds no secrets"
        yield Finding((*path, "api_base"), problem, _GOES)


def _served(section: ModelSection, path: KeyPath) -> Iterator[Finding]:
    """The model that we serve ourselves is nowhere else, and asks for no key."""
    for key, value in (("api_base", section.api_base), ("api_key_env", section.api_key_env)):
        if value is not None:
            problem = f'is not for model = "{LOCAL}", which is served on this machine'
            yield Finding((*path, key), problem, "leave it away, or write the model as provider/model")


def _model(section: ModelSection, path: KeyPath) -> Iterator[Finding]:
    if not section.model or section.model != section.model.strip() or " " in section.model:
        problem = f"must be the name of a model, not {shown(section.model)}"
        yield Finding((*path, "model"), problem, 'write provider/model, e.g. "openai/gpt-4o-mini" or "ollama/llama3.2"')
    elif not has_provider(section.model, section.api_base):
        yield Finding(
            (*path, "model"), f"{shown(section.model)} names no provider that LiteLLM knows", _provider(section)
        )
    yield from unfit_lines([((*path, "model"), section.model)])
    if section.tpm is not None and section.max_tokens > section.tpm:
        problem = f"is {section.max_tokens:,}, more than tpm = {section.tpm:,} allows in a minute"
        yield Finding((*path, "max_tokens"), problem, "lower it, or raise tpm")
    if section.timeout > section.deadline:
        problem = "one try may take longer than all tries together"
        yield Finding((*path, "timeout"), problem, "make it at most as long as deadline, or raise deadline")


def _provider(section: ModelSection) -> str:
    """How a model without a known provider was probably meant."""
    prefix, slash, name = section.model.partition("/")
    close = nearest(prefix.lower(), sorted(PROVIDERS)) if slash and name else None
    if close is not None:
        return f'did you mean "{close}/{shown(name)[1:-1]}"?'
    if section.api_base is not None and not slash:
        return f'write provider/model; for a server that speaks as OpenAI\'s do: "openai/{shown(section.model)[1:-1]}"'
    return 'write provider/model, e.g. "openai/gpt-4o-mini" or "ollama/llama3.2"'


def _address(section: ModelSection, path: KeyPath) -> Iterator[Finding]:
    if section.api_base is None:
        return
    problem = f"must be the address of a server, not {shown(section.api_base)}"
    remedy = 'write it like "http://127.0.0.1:8080/v1"'
    try:
        parts = urlsplit(section.api_base)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or any(not char.isprintable() or char.isspace() for char in section.api_base):
        yield Finding((*path, "api_base"), problem, remedy)
    elif parts.query or parts.fragment:
        yield Finding((*path, "api_base"), "must not have a part after ? or #", remedy)


def _fallbacks(models: Mapping[str, ModelSection], name: str, path: KeyPath) -> Iterator[Finding]:
    section = models[name]
    for place, other in enumerate(section.fallbacks):
        here = (*path, "fallbacks", place)
        if other == name:
            yield Finding(here, "a model cannot stand in for itself", "name another model, or none")
        elif other not in models:
            yield Finding(here, f"there is no model {shown(other)}", meant(other, sorted(models), "the models are"))
        elif other in section.fallbacks[:place]:
            yield Finding(here, f"{shown(other)} is there already", "name each model once")
